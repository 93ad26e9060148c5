package cmpp

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"cardlink/dispatch/carrier"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// field draws a value that a fixed field can give back: no zeros, no spaces at its ends.
func field(t *rapid.T, name string, width int) []byte {
	return bytes.Trim(rapid.SliceOfN(rapid.ByteRange(' ', '~'), 0, width).Draw(t, name), " ")
}

func drawSubmit(t *rapid.T, v Version) Submit {
	l := v.layout()
	u8 := rapid.Uint8()
	s := Submit{
		MsgID: MsgID(rapid.Uint64().Draw(t, "id")), Total: u8.Draw(t, "total"), Number: u8.Draw(t, "number"), Report: u8.Draw(t, "report"),
		Level: u8.Draw(t, "level"), Service: field(t, "service", 10), FeeUser: u8.Draw(t, "feeuser"), FeeTerminal: field(t, "feeterminal", l.number),
		PID: u8.Draw(t, "pid"), UDHI: u8.Draw(t, "udhi"), Format: u8.Draw(t, "format"), Src: field(t, "src", 6), FeeType: field(t, "feetype", 2),
		FeeCode: field(t, "feecode", 6), ValidTime: field(t, "valid", 17), AtTime: field(t, "at", 17), Source: field(t, "source", 21),
		Content: rapid.SliceOfN(rapid.Byte(), 0, MaxContent).Draw(t, "content"),
	}
	for range rapid.IntRange(1, MaxDest).Draw(t, "n") {
		s.Dest = append(s.Dest, field(t, "dest", l.number))
	}
	if l.typed {
		s.FeeTerminalType, s.DestType, s.LinkID = u8.Draw(t, "feetermtype"), u8.Draw(t, "desttype"), field(t, "link", l.tail)
	}
	return s
}

var versions = rapid.SampledFrom([]Version{V20, V21, V30})

func TestSubmitRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := versions.Draw(t, "version")
		s := drawSubmit(t, v)
		pdu, err := AppendSubmit([]byte("before"), v, 7, &s)
		if err != nil {
			t.Fatal(err)
		}
		pdu = pdu[len("before"):]
		if size := map[bool]int{false: 138 + 21*len(s.Dest), true: 163 + 32*len(s.Dest)}[v == V30] + len(s.Content); len(pdu) != size {
			t.Fatalf("%d bytes, want %d", len(pdu), size)
		}
		h, body, err := NewReader(bytes.NewReader(pdu)).Next()
		if err != nil || h != (Header{uint32(len(pdu)), CmdSubmit, 7}) {
			t.Fatal(h, err)
		}
		var back Submit
		if err := ParseSubmit(v, body, &back); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(s, back, cmp.Comparer(bytes.Equal)); d != "" {
			t.Fatal(d)
		}
	})
}

func TestDeliverRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := versions.Draw(t, "version")
		l := v.layout()
		u8 := rapid.Uint8()
		d := Deliver{
			MsgID: MsgID(rapid.Uint64().Draw(t, "id")), Dest: field(t, "dest", 21), Service: field(t, "service", 10), PID: u8.Draw(t, "pid"),
			UDHI: u8.Draw(t, "udhi"), Format: u8.Draw(t, "format"), Src: field(t, "src", l.number), Report: u8.Draw(t, "report"),
			Content: rapid.SliceOfN(rapid.Byte(), 0, 255).Draw(t, "content"),
		}
		if l.typed {
			d.SrcType, d.LinkID = u8.Draw(t, "srctype"), field(t, "link", l.tail)
		}
		pdu, err := AppendDeliver(nil, v, 7, &d)
		if err != nil {
			t.Fatal(err)
		}
		var back Deliver
		if err := ParseDeliver(v, pdu[HeaderLen:], &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d, back, cmp.Comparer(bytes.Equal)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestReportRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.SampledFrom([]int{ShortNumber, LongNumber}).Draw(t, "width")
		r := Report{
			MsgID: MsgID(rapid.Uint64().Draw(t, "id")), Stat: field(t, "stat", 7), Submitted: field(t, "submitted", 10),
			Done: field(t, "done", 10), Dest: field(t, "dest", width), SMSC: rapid.Uint32().Draw(t, "smsc"),
		}
		back, err := ParseReport(must(AppendReport(nil, width, &r)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, back, cmp.Comparer(bytes.Equal)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestResponsesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := versions.Draw(t, "version")
		most := uint32(255)
		if v == V30 {
			most = 1<<32 - 1
		}
		id, result := MsgID(rapid.Uint64().Draw(t, "id")), rapid.Uint32Range(0, most).Draw(t, "result")
		if r, err := ParseSubmitResp(AppendSubmitResp(nil, v, 1, SubmitResp{id, result})[HeaderLen:]); err != nil || r != (SubmitResp{id, result}) {
			t.Fatal(r, err)
		}
		if r, err := ParseDeliverResp(AppendDeliverResp(nil, v, 1, DeliverResp{id, result})[HeaderLen:]); err != nil || r != (DeliverResp{id, result}) {
			t.Fatal(r, err)
		}
		if r, err := ParseCancelResp(AppendCancelResp(nil, v, 1, result)[HeaderLen:]); err != nil || r != result {
			t.Fatal(r, err)
		}
		if r, err := ParseCancel(AppendCancel(nil, 1, id)[HeaderLen:]); err != nil || r != id {
			t.Fatal(r, err)
		}
	})
}

func TestEncodersRefuseWhatDoesNotFit(t *testing.T) {
	long := bytes.Repeat([]byte("1"), 33)
	for name, change := range map[string]func(*Submit){
		"service":       func(s *Submit) { s.Service = long },
		"source":        func(s *Submit) { s.Source = long },
		"no dest":       func(s *Submit) { s.Dest = nil },
		"100 dests":     func(s *Submit) { s.Dest = make([][]byte, 100) },
		"dest":          func(s *Submit) { s.Dest = [][]byte{long} },
		"content":       func(s *Submit) { s.Content = make([]byte, 141) },
		"ascii content": func(s *Submit) { s.Format, s.Content = 0, make([]byte, 160) },
		"spid":          func(s *Submit) { s.Src = long },
	} {
		s := vecSubmit
		change(&s)
		for _, v := range []Version{V20, V30} {
			if b, err := AppendSubmit([]byte("x"), v, 1, &s); !errors.Is(err, ErrField) || string(b) != "x" {
				t.Errorf("%s: %v, %d bytes appended", name, err, len(b)-1)
			}
		}
	}
	if _, err := AppendConnect(nil, 1, Connect{SourceAddr: "9012345"}); !errors.Is(err, ErrField) {
		t.Error(err)
	}
	if _, err := AppendDeliver(nil, V20, 1, &Deliver{Src: long}); !errors.Is(err, ErrField) {
		t.Error(err)
	}
	if _, err := AppendReport(nil, ShortNumber, &Report{Dest: long}); !errors.Is(err, ErrField) {
		t.Error(err)
	}
}

func TestReportsOfOddLength(t *testing.T) {
	f := func(n int, stat, done, dest string) {
		t.Helper()
		r, err := ParseReport(vecReport60[:n])
		if err != nil || r.MsgID != vecMsgID || string(r.Stat) != stat || string(r.Done) != done || string(r.Dest) != dest {
			t.Errorf("%d bytes: %+v %v", n, r, err)
		}
	}
	f(60, "DELIVRD", "2603040507", "13800138000")
	f(56, "DELIVRD", "2603040507", "13800138000")
	f(35, "DELIVRD", "2603040507", "")
	f(34, "DELIVRD", "", "")
	f(15, "DELIVRD", "", "")
	if _, err := ParseReport(vecReport60[:14]); !errors.Is(err, ErrBody) {
		t.Error(err)
	}
	if r, err := ParseReport(append(vecReport60[:60:60], make([]byte, 10)...)); err != nil || r.SMSC != 7 {
		t.Errorf("70 bytes: %+v %v", r, err)
	}
}

// Fields padded with spaces read as if padded with zeros.
func TestSpacesArePadding(t *testing.T) {
	pdu := must(AppendDeliver(nil, V20, 1, vecDeliver.with(0, 0, nil)))
	copy(pdu[HeaderLen+8:], "1069001234           ")
	var d Deliver
	if err := ParseDeliver(V20, pdu[HeaderLen:], &d); err != nil || string(d.Dest) != "1069001234" {
		t.Errorf("%q %v", d.Dest, err)
	}
}

func TestTimes(t *testing.T) {
	moment := time.Date(2026, 3, 3, 21, 6, 7, 0, time.UTC) // the gateway's 4 March 05:06:07
	if got := Timestamp(moment); got != 304050607 {
		t.Error(got)
	}
	if got := string(AppendReportTime(nil, moment)); got != "2603040506" {
		t.Error(got)
	}
	if got := string(AppendValidTime(nil, moment)); got != "260304050607032+" {
		t.Error(got)
	}
}

func TestClasses(t *testing.T) {
	for result, want := range map[uint32][2]carrier.Class{ // 2.0, 3.0
		0: {carrier.OK, carrier.OK}, 1: {carrier.Bug, carrier.Bug}, 2: {carrier.Bug, carrier.Bug}, 3: {carrier.Bug, carrier.Bug},
		4: {carrier.Bug, carrier.Bug}, 5: {carrier.Config, carrier.Config}, 6: {carrier.Content, carrier.Content}, 7: {carrier.Config, carrier.Config},
		8: {carrier.Flow, carrier.Flow}, 9: {carrier.Temp, carrier.Route}, 10: {carrier.Config, carrier.Config}, 11: {carrier.Config, carrier.Config},
		12: {carrier.Config, carrier.Config}, 13: {carrier.Dest, carrier.Dest}, 14: {carrier.Temp, carrier.Temp}, 150: {carrier.Temp, carrier.Temp},
		1 << 31: {carrier.Temp, carrier.Temp},
	} {
		if got := [2]carrier.Class{ResultClass(V20, result), ResultClass(V30, result)}; got != want {
			t.Errorf("result %d: %v, want %v", result, got, want)
		}
	}
	for status, want := range map[uint32]carrier.Class{
		0: carrier.OK, 1: carrier.Bug, 2: carrier.Config, 3: carrier.Config, 4: carrier.NoSession, 5: carrier.NoSession, 99: carrier.NoSession,
	} {
		if got := ConnectClass(status); got != want {
			t.Errorf("status %d: %v, want %v", status, got, want)
		}
	}
	for word, want := range map[string]Stat{
		"DELIVRD": {true, true, carrier.OK}, "ACCEPTD": {false, false, carrier.OK}, "EXPIRED": {true, false, carrier.Dest},
		"REJECTD": {true, false, carrier.Content}, "UNKNOWN": {true, false, carrier.Temp}, "MK:0001": {true, false, carrier.Dest},
		"IB:0008": {true, false, carrier.Flow}, "IB:0169": {true, false, carrier.Temp}, "MA:0001": {true, false, carrier.Dest},
		"MA:0002": {true, false, carrier.Ambig}, "MB:0069": {true, false, carrier.Temp}, "MK:0115": {true, false, carrier.Content},
		"NP:1243": {true, false, carrier.Route}, "DB:0141": {true, false, carrier.Dest}, "WHAT": {true, false, carrier.Temp}, "": {true, false, carrier.Temp},
	} {
		if got := StatOf(word); got != want {
			t.Errorf("%q: %+v, want %+v", word, got, want)
		}
	}
}

func TestCommandNames(t *testing.T) {
	if got := fmt.Sprint(CmdSubmit, " ", CmdSubmit|Response, " ", Command(0x99)); got != "SUBMIT SUBMIT_RESP 0x00000099" {
		t.Error(got)
	}
}
