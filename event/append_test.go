package event

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sameFact decodes both encodings and compares what a consumer would see.
func sameFact[D any](t *rapid.T, want Record, frame, value []byte) {
	got, err := ParseRecord(frame)
	if err != nil {
		t.Fatal(err)
	}
	if got.Topic != want.Topic || string(got.Key) != string(want.Key) || string(got.Value) != string(value) {
		t.Fatalf("frame differs:\n got %s %q %s\nwant %s %q %s", got.Topic, got.Key, got.Value, want.Topic, want.Key, value)
	}
	a, err := Decode(want.Value)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Decode(value)
	if err != nil {
		t.Fatalf("%v in %s", err, value)
	}
	var da, db D
	if err := json.Unmarshal(a.Data, &da); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b.Data, &db); err != nil {
		t.Fatal(err)
	}
	a.Data, b.Data = nil, nil
	if d := cmp.Diff(a, b); d != "" {
		t.Fatalf("envelope: %s", d)
	}
	if d := cmp.Diff(da, db); d != "" {
		t.Fatalf("data: %s", d)
	}
}

// texts draws plain, hostile and invalid strings.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(), rapid.Just(""), rapid.Just("a\"b\\c\n\x00\x7f\u2028<&>"), rapid.Just("\xff\xc3(\xed\xa0\x80"), rapid.Just("示例商城😀"),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	)
}

func times() *rapid.Generator[time.Time] {
	return rapid.Map(rapid.Int64Range(1, 4_000_000_000_000_000_000), func(ns int64) time.Time { return time.Unix(0, ns).UTC() })
}

func TestAppendedParseResultEqualsItsRecord(t *testing.T) {
	s := texts()
	rapid.Check(t, func(t *rapid.T) {
		d := ParseResult{
			ResolveID: s.Draw(t, "id"), TaskID: s.Draw(t, "task"), AimCode: s.Draw(t, "code"),
			AimURL:      rapid.StringMatching(`[a-z.]{1,20}/[A-Za-z0-9]{3,10}`).Draw(t, "url"), // keys are bytes of the record, valid by construction
			AimCodeType: s.Draw(t, "type"), LinkID: rapid.Int64().Draw(t, "link"), Ordinal: rapid.Int64().Draw(t, "ordinal"),
			Repeat: rapid.Bool().Draw(t, "repeat"), Vendor: s.Draw(t, "vendor"), Model: s.Draw(t, "model"), TplID: s.Draw(t, "tpl"),
			TplVersion: rapid.Int().Draw(t, "version"), Result: rapid.SampledFrom([]string{ResultSuccess, ResultFail}).Draw(t, "result"),
			Reason: s.Draw(t, "reason"), DeviceRef: s.Draw(t, "device"), Node: s.Draw(t, "node"),
			VisitorRef: s.Draw(t, "visitor"), FromSend: rapid.Bool().Draw(t, "from send"), ParsedAt: times().Draw(t, "at"),
		}
		want, err := d.Record("tenant")
		if err != nil {
			t.Fatal(err)
		}
		sameFact[ParseResult](t, want, d.AppendFrame(nil, "tenant"), d.AppendValue(nil, "tenant"))
	})
}

func TestAppendedLinkClickEqualsItsRecord(t *testing.T) {
	s := texts()
	rapid.Check(t, func(t *rapid.T) {
		d := LinkClick{
			RequestID: s.Draw(t, "id"), AimCode: s.Draw(t, "code"), AimURL: rapid.StringMatching(`[a-z.]{1,20}/[A-Za-z0-9]{3,10}`).Draw(t, "url"),
			TplID: s.Draw(t, "tpl"), Target: s.Draw(t, "target"), UAClass: s.Draw(t, "class"), Bot: rapid.Bool().Draw(t, "bot"),
			IPPrefixHash: s.Draw(t, "ip"), VisitorRef: s.Draw(t, "visitor"), ReferrerHost: s.Draw(t, "referrer"), ClickedAt: times().Draw(t, "at"),
		}
		want, err := d.Record("tenant")
		if err != nil {
			t.Fatal(err)
		}
		sameFact[LinkClick](t, want, d.AppendFrame(nil, "tenant"), d.AppendValue(nil, "tenant"))
	})
}

func TestAppendedBeaconFactsEqualTheirRecords(t *testing.T) {
	s := texts()
	rapid.Check(t, func(t *rapid.T) {
		url := rapid.StringMatching(`[a-z.]{1,20}/[A-Za-z0-9]{3,10}`).Draw(t, "url")
		x := CardExpose{
			ResolveID: s.Draw(t, "id"), ClientSeq: rapid.Int64().Draw(t, "seq"), AimCode: s.Draw(t, "code"), AimURL: url, TplID: s.Draw(t, "tpl"), Vendor: s.Draw(t, "vendor"),
			DeviceRef: s.Draw(t, "device"), Page: rapid.Int().Draw(t, "page"), Implied: rapid.Bool().Draw(t, "implied"), VisitorRef: s.Draw(t, "visitor"), ExposedAt: times().Draw(t, "at"),
		}
		want, err := x.Record("tenant")
		if err != nil {
			t.Fatal(err)
		}
		sameFact[CardExpose](t, want, x.AppendFrame(nil, "tenant"), x.AppendFrame(nil, "tenant")[2+len(url):])
		c := CardClick{
			ResolveID: x.ResolveID, ClientSeq: x.ClientSeq, AimURL: url, TplID: x.TplID, Vendor: x.Vendor, PositionNumber: rapid.Int().Draw(t, "position"), PageOrder: x.Page,
			ActionType: s.Draw(t, "action"), DeviceRef: x.DeviceRef, VisitorRef: x.VisitorRef, ClickedAt: x.ExposedAt,
		}
		if want, err = c.Record("tenant"); err != nil {
			t.Fatal(err)
		}
		sameFact[CardClick](t, want, c.AppendFrame(nil, "tenant"), c.AppendFrame(nil, "tenant")[2+len(url):])
	})
}

func TestAppendedLinkCreatedEqualsItsRecord(t *testing.T) {
	s := texts()
	rapid.Check(t, func(t *rapid.T) {
		d := LinkCreated{
			TaskID: s.Draw(t, "task"), AimCode: s.Draw(t, "code"), AimURL: s.Draw(t, "url"), AimCodeType: s.Draw(t, "type"), TplID: s.Draw(t, "tpl"),
			TplVersion: rapid.Int().Draw(t, "version"), ResolvingTimes: rapid.Int64().Draw(t, "times"), ExpireAt: times().Draw(t, "expire"),
		}
		at := times().Draw(t, "at")
		want, err := d.Record("tenant", at)
		if err != nil {
			t.Fatal(err)
		}
		value := d.AppendValue(nil, "tenant", at)
		sameFact[LinkCreated](t, want, AppendRecord(nil, TopicLink, []byte(d.AimURL), value), value)
	})
}

func TestAppendingFactsDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	at := time.Unix(1_767_323_045, 123_000_000)
	p := &ParseResult{ResolveID: "29ae28ea-0300-4da1-8e54-6c91319fcccc", AimURL: "s.example.com/PDARc6xy", Vendor: "HUAWEI", Result: ResultSuccess, ParsedAt: at}
	c := &LinkClick{RequestID: "29ae28ea-0300-4da1-8e54-6c91319fcccc", AimURL: "s.example.com/PDARc6xy", Target: "h5", ClickedAt: at}
	x := &CardExpose{ResolveID: p.ResolveID, AimURL: p.AimURL, Vendor: VendorH5, Implied: true, VisitorRef: "77aa88bb99cc0011", ExposedAt: at}
	k := &CardClick{ResolveID: p.ResolveID, AimURL: p.AimURL, Vendor: VendorH5, ActionType: "OPEN_URL", VisitorRef: "77aa88bb99cc0011", ClickedAt: at}
	buf := make([]byte, 0, 4<<10)
	if n := testing.AllocsPerRun(1000, func() {
		buf = p.AppendFrame(buf[:0], "tenant")
		buf = c.AppendFrame(buf[:0], "tenant")
		buf = x.AppendFrame(buf[:0], "tenant")
		buf = k.AppendFrame(buf[:0], "tenant")
	}); n != 0 {
		t.Fatalf("%v allocations, want 0", n)
	}
}

func BenchmarkAppendParseResult(b *testing.B) {
	p := &ParseResult{ResolveID: "29ae28ea-0300-4da1-8e54-6c91319fcccc", AimURL: "s.example.com/PDARc6xy", Vendor: "HUAWEI", Result: ResultSuccess, ParsedAt: time.Now()}
	buf := make([]byte, 0, 4<<10)
	b.ReportAllocs()
	for b.Loop() {
		buf = p.AppendFrame(buf[:0], "tenant")
	}
}
