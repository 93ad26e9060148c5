package cmpp

import (
	"bytes"
	"testing"
)

func TestCodecDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	buf := make([]byte, 0, 4<<10)
	f := func(name string, do func()) {
		t.Helper()
		do() // grow what is kept
		if n := testing.AllocsPerRun(1000, do); n != 0 {
			t.Errorf("%s: %v allocs, want 0", name, n)
		}
	}
	resp := AppendSubmitResp(nil, V30, 1, SubmitResp{MsgID: vecMsgID})[HeaderLen:]
	for _, v := range []Version{V20, V30} {
		submit := must(AppendSubmit(nil, v, 1, &vecSubmit))[HeaderLen:]
		deliver := must(AppendDeliver(nil, v, 1, vecDeliver.with(0, 1, vecReport71)))[HeaderLen:]
		var s Submit
		var d Deliver
		f("AppendSubmit", func() { buf, _ = AppendSubmit(buf[:0], v, 1, &vecSubmit) })
		f("ParseSubmit", func() { _ = ParseSubmit(v, submit, &s) })
		f("AppendSubmitResp", func() { buf = AppendSubmitResp(buf[:0], v, 1, SubmitResp{MsgID: vecMsgID}) })
		f("ParseSubmitResp", func() { _, _ = ParseSubmitResp(resp) })
		f("ParseDeliver and ParseReport", func() {
			_ = ParseDeliver(v, deliver, &d)
			_, _ = ParseReport(d.Content)
		})
		f("AppendDeliverResp", func() { buf = AppendDeliverResp(buf[:0], v, 1, DeliverResp{MsgID: vecMsgID}) })
	}
	stream := must(AppendDeliver(nil, V30, 1, vecDeliver.with(0, 1, vecReport71)))
	in := bytes.NewReader(stream)
	r := NewReader(in)
	f("Reader.Next", func() {
		in.Reset(stream)
		_, _, _ = r.Next()
	})
	f("ResultClass and StatOf", func() {
		ResultClass(V30, 8)
		StatOf("DELIVRD")
		StatOf("IB:0100")
	})
}

func BenchmarkAppendSubmit(b *testing.B) {
	for _, v := range []Version{V20, V30} {
		b.Run(v.String(), func(b *testing.B) {
			buf := make([]byte, 0, 512)
			b.ReportAllocs()
			for b.Loop() {
				buf, _ = AppendSubmit(buf[:0], v, 1, &vecSubmit)
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}

func BenchmarkParseSubmit(b *testing.B) {
	body := must(AppendSubmit(nil, V30, 1, &vecSubmit))[HeaderLen:]
	var s Submit
	b.ReportAllocs()
	for b.Loop() {
		_ = ParseSubmit(V30, body, &s)
	}
}

func BenchmarkParseReceipt(b *testing.B) {
	body := must(AppendDeliver(nil, V30, 1, vecDeliver.with(0, 1, vecReport71)))[HeaderLen:]
	var d Deliver
	b.ReportAllocs()
	for b.Loop() {
		_ = ParseDeliver(V30, body, &d)
		_, _ = ParseReport(d.Content)
	}
}
