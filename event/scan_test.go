package event

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestReadParseResultReadsWhatWasWritten(t *testing.T) {
	s := texts()
	fast := 0
	rapid.Check(t, func(t *rapid.T) {
		d := ParseResult{
			ResolveID: s.Draw(t, "id"), TaskID: s.Draw(t, "task"), AimCode: s.Draw(t, "code"), AimURL: s.Draw(t, "url"), AimCodeType: s.Draw(t, "type"),
			LinkID: rapid.Int64().Draw(t, "link"), Ordinal: rapid.Int64().Draw(t, "ordinal"), Repeat: rapid.Bool().Draw(t, "repeat"), Vendor: s.Draw(t, "vendor"),
			Model: s.Draw(t, "model"), TplID: s.Draw(t, "tpl"), TplVersion: rapid.Int().Draw(t, "version"), Result: s.Draw(t, "result"), Reason: s.Draw(t, "reason"),
			DeviceRef: s.Draw(t, "device"), Node: s.Draw(t, "node"), VisitorRef: s.Draw(t, "visitor"), FromSend: rapid.Bool().Draw(t, "from send"),
			ParsedAt: times().Draw(t, "at"),
		}
		if rapid.Bool().Draw(t, "plain") {
			d.ResolveID, d.TaskID, d.AimCode, d.AimURL, d.AimCodeType, d.Vendor, d.Model = "r", "t", "c", "u/c", "group", "OPPO", rapid.SampledFrom([]string{"", "字,}"}).Draw(t, "m")
			d.TplID, d.Result, d.Reason, d.DeviceRef, d.Node = "6", "success", "", "ab", "n\",1}"[:1]
			d.VisitorRef = rapid.SampledFrom([]string{"", "77aa"}).Draw(t, "v")
		}
		value := d.AppendValue(nil, "tenant")
		// The general encoder's view of the same value, which replaces bytes that are no text.
		f, err := Decode(value)
		if err != nil {
			t.Fatal(err)
		}
		var want ParseResult
		if err := json.Unmarshal(f.Data, &want); err != nil {
			t.Fatal(err)
		}
		got, err := ReadParseResult(value)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s\n%s", value, diff)
		}
		if _, ok := scanParseResult(value); ok {
			fast++
		}
	})
	if fast == 0 {
		t.Error("no value took the short way")
	}
}

func TestReadParseResultRefusesOthers(t *testing.T) {
	c := LinkClick{RequestID: "r", AimURL: "u", ClickedAt: time.Now()}
	if _, err := ReadParseResult(c.AppendValue(nil, "t")); err == nil {
		t.Error("a click was read as a parse result")
	}
	if _, err := ReadParseResult([]byte("{")); err == nil {
		t.Error("half an object was read")
	}
}

// The short way must never read what encoding/json reads otherwise.
func FuzzReadParseResult(f *testing.F) {
	d := ParseResult{ResolveID: "r", AimURL: "s/c", Vendor: "OPPO", Model: "m", Result: ResultFail, Reason: "expired", DeviceRef: "d", ParsedAt: time.Unix(1, 0).UTC()}
	f.Add(d.AppendValue(nil, "tenant"))
	f.Fuzz(func(t *testing.T, value []byte) {
		got, ok := scanParseResult(value)
		if !ok || !json.Valid(value) {
			return
		}
		var want struct {
			Data ParseResult `json:"data"`
		}
		if err := json.Unmarshal(value, &want); err != nil || strings.Count(string(value), `"data":`) > 1 {
			return
		}
		if diff := cmp.Diff(want.Data, got); diff != "" && utf8OK(value) {
			t.Fatalf("%s\n%s", value, diff)
		}
	})
}

func utf8OK(b []byte) bool { return strings.ToValidUTF8(string(b), "") == string(b) }

func BenchmarkReadParseResult(b *testing.B) {
	d := ParseResult{ResolveID: "29ae28ea-0300-4da1-8e54-6c91319fcccc", AimURL: "s.example.com/PDARc6xy", AimCodeType: "group", Vendor: "HUAWEI", Result: ResultSuccess, ParsedAt: time.Now().UTC()}
	value := d.AppendValue(nil, "tenant")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadParseResult(value); err != nil {
			b.Fatal(err)
		}
	}
}
