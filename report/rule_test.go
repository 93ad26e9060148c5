package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardlink/event"
)

var testNow = time.Date(2026, 3, 2, 0, 30, 0, 0, time.UTC)

func encoded(t testing.TB, typ event.Type, at time.Time, data string) []byte {
	t.Helper()
	r, err := event.Encode(event.Fact{ID: "id", Source: "/s", Type: typ, Tenant: "t", Time: at, Data: json.RawMessage(data)}, "k")
	if err != nil {
		t.Fatal(err)
	}
	return r.Value
}

func TestWhatFactsCountAs(t *testing.T) {
	const visitor = `"visitor_ref":"00000000000000ff"`
	today := DayOf(testNow)
	for _, c := range []struct {
		what string
		typ  event.Type
		data string
		want Mark // Key and At are the same for all
	}{
		{"an accepted task", event.TypeSendAccepted, `{"tpl_id":"6","tpl_name":"名","submission_count":7}`, Mark{Day: today, TplID: "6", Name: "名", Counts: Counts{Submitted: 7}}},
		{"a submitted message", event.TypeSendSubmitted, `{"tpl_id":"6"}`, Mark{Day: today, TplID: "6", Counts: Counts{Sent: 1}}},
		{"a delivered message, sent yesterday", event.TypeSendReceipt, `{"tpl_id":"6","final":"success","send_time":"2026-03-01T23:59:59.999Z"}`, Mark{Day: today - 1, TplID: "6", Counts: Counts{Delivered: 1}}},
		{"a delivered message, sent tomorrow", event.TypeSendReceipt, `{"tpl_id":"6","final":"success","send_time":"2026-03-03T00:00:00Z"}`, Mark{Day: today, TplID: "6", Counts: Counts{Delivered: 1}}},
		{"a delivered message, sent in another age", event.TypeSendReceipt, `{"tpl_id":"6","final":"success","send_time":"0001-01-01T00:00:00Z"}`, Mark{Day: today, TplID: "6", Counts: Counts{Delivered: 1}}},
		{"a resolution", event.TypeParseResult, `{"tpl_id":"6","result":"success","vendor":"OPPO",` + visitor + `}`,
			Mark{Day: today, TplID: "6", Vendor: "OPPO", Counts: Counts{Resolved: 1, Exposed: 1}, Seen: Exposed, Visitor: 255}},
		{"a resolution of a send task", event.TypeParseResult, `{"tpl_id":"6","result":"success","from_send":true,"vendor":"OPPO","visitor_ref":"ffffffffffffffff"}`,
			Mark{Day: today, TplID: "6", Vendor: "OPPO", Counts: Counts{Resolved: 1, SendResolved: 1, Exposed: 1}, Seen: Exposed, Visitor: -1}},
		{"a tap that opens the page", event.TypeLinkClick, `{"tpl_id":"6","target":"h5","ua_class":"human",` + visitor + `}`,
			Mark{Day: today, TplID: "6", Vendor: "H5", Counts: Counts{Exposed: 1, Clicked: 1}, Seen: Exposed | Clicked, Visitor: 255}},
		{"a tap that is redirected", event.TypeLinkClick, `{"tpl_id":"6","target":"custom_url","ua_class":"human",` + visitor + `}`,
			Mark{Day: today, TplID: "6", Vendor: "H5", Counts: Counts{Clicked: 1}, Seen: Clicked, Visitor: 255}},
		{"an exposure", event.TypeCardExpose, `{"tpl_id":"6","vendor":"H5","page":1,` + visitor + `}`, Mark{Day: today, TplID: "6", Vendor: "H5", Counts: Counts{Exposed: 1}, Seen: Exposed, Visitor: 255}},
		{"a click", event.TypeCardClick, `{"tpl_id":"6","vendor":"VIVO",` + visitor + `}`, Mark{Day: today, TplID: "6", Vendor: "VIVO", Counts: Counts{Clicked: 1}, Seen: Clicked, Visitor: 255}},
	} {
		got, result := judge(encoded(t, c.typ, testNow, c.data), testNow)
		c.want.Key, c.want.At = Key{"t", "/s", "id"}, testNow
		if diff := cmp.Diff(c.want, got); result != counted || diff != "" {
			t.Errorf("%s: %s %s", c.what, result, diff)
		}
	}
}

func TestWhatFactsDoNotCount(t *testing.T) {
	good := `{"tpl_id":"6","result":"success","vendor":"OPPO"}`
	for _, c := range []struct {
		what  string
		value []byte
		want  outcome
	}{
		{"a repeat", encoded(t, event.TypeParseResult, testNow, `{"tpl_id":"6","result":"success","repeat":true,"vendor":"OPPO"}`), free},
		{"a refused resolution", encoded(t, event.TypeParseResult, testNow, `{"tpl_id":"6","result":"fail","vendor":"OPPO"}`), free},
		{"a tap on a link that has ended", encoded(t, event.TypeLinkClick, testNow, `{"tpl_id":"6","target":"gone","ua_class":"human"}`), free},
		{"a robot's page view", encoded(t, event.TypeLinkClick, testNow, `{"tpl_id":"6","target":"h5","ua_class":"scanner"}`), free},
		{"a redirect of a robot", encoded(t, event.TypeLinkClick, testNow, `{"tpl_id":"6","target":"custom_url","ua_class":"preview"}`), free},
		{"an implied exposure", encoded(t, event.TypeCardExpose, testNow, `{"tpl_id":"6","vendor":"OPPO","page":1,"implied":true}`), free},
		{"the second page of a card", encoded(t, event.TypeCardExpose, testNow, `{"tpl_id":"6","vendor":"OPPO","page":2}`), free},
		{"a message that was not delivered", encoded(t, event.TypeSendReceipt, testNow, `{"tpl_id":"6","final":"timeout"}`), free},
		{"a message without a card", encoded(t, event.TypeSendSubmitted, testNow, `{"tpl_id":"0"}`), free},
		{"a message without a template", encoded(t, event.TypeSendReceipt, testNow, `{"final":"success"}`), free},
		{"a new link", encoded(t, event.TypeLinkCreated, testNow, `{"tpl_id":"6"}`), free},
		{"somebody else's fact", encoded(t, "aim.other.v1", testNow, `{"tpl_id":"6"}`), free},
		{"the oldest that counts", encoded(t, event.TypeParseResult, testNow.Add(-MaxAge), good), counted},
		{"an older one", encoded(t, event.TypeParseResult, testNow.Add(-MaxAge-time.Millisecond), good), late},
		{"one from a clock ahead of ours", encoded(t, event.TypeParseResult, testNow.Add(aheadLimit), good), counted},
		{"one from the future", encoded(t, event.TypeParseResult, testNow.Add(aheadLimit+time.Second), good), unreadable},
		{"no JSON", []byte("{"), unreadable},
		{"no fact", []byte("{}"), unreadable},
		{"no tenant", []byte(strings.Replace(string(encoded(t, event.TypeParseResult, testNow, good)), `"subject":"t"`, `"subject":""`, 1)), unreadable},
		{"data of a wrong type", encoded(t, event.TypeParseResult, testNow, `{"tpl_id":6}`), unreadable},
		{"a resolution by no vendor", encoded(t, event.TypeParseResult, testNow, `{"tpl_id":"6","result":"success"}`), unreadable},
		{"fewer than no numbers", encoded(t, event.TypeSendAccepted, testNow, `{"tpl_id":"6","submission_count":-1}`), unreadable},
		{"a NUL that PostgreSQL would refuse for ever", encoded(t, event.TypeParseResult, testNow, `{"tpl_id":"6\u0000","result":"success","vendor":"OPPO"}`), unreadable},
		{"an id without end", encoded(t, event.TypeParseResult, testNow, `{"tpl_id":"`+strings.Repeat("6", 33)+`","result":"success","vendor":"OPPO"}`), unreadable},
	} {
		if _, got := judge(c.value, testNow); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// Facts without a visitor_ref tell visitors apart by device, else by link.
func TestVisitorsWithoutAReference(t *testing.T) {
	of := func(data string) int64 {
		m, result := judge(encoded(t, event.TypeParseResult, testNow, `{"tpl_id":"6","result":"success","vendor":"OPPO",`+data+`}`), testNow)
		if result != counted {
			t.Fatal(data, result)
		}
		return m.Visitor
	}
	device := of(`"device_ref":"d1","aim_url":"s/1"`)
	if device != of(`"device_ref":"d1","aim_url":"s/2"`) || device == of(`"device_ref":"d2","aim_url":"s/1"`) {
		t.Error("a device is a visitor")
	}
	if link := of(`"aim_url":"s/1"`); link != of(`"aim_url":"s/1"`) || link == of(`"aim_url":"s/2"`) || link == device {
		t.Error("without a device a link is a visitor")
	}
}

func TestDays(t *testing.T) {
	for _, c := range []struct {
		at    string
		day   Day
		month int
	}{{"1970-01-01T00:00:00Z", 0, 197001}, {"1969-12-31T23:59:59Z", -1, 196912}, {"2026-03-02T00:30:00+08:00", 20513, 202603}, {"2024-02-29T23:59:59.999Z", 19782, 202402}} {
		at, err := time.Parse(time.RFC3339Nano, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if d := DayOf(at); d != c.day || d.Month() != c.month || DayOf(d.Time()) != d {
			t.Errorf("%s: day %d of month %d", c.at, d, d.Month())
		}
	}
}

func TestDigestsTellKeysApart(t *testing.T) {
	seen := map[[2]int64]string{}
	for _, k := range []Key{{"a", "b", "c"}, {"ab", "", "c"}, {"", "ab", "c"}, {"a", "bc", ""}, {"a", "b", "c\x00"}, {"b", "b", "c"}, {"a", "b", ""}} {
		d := k.Digest()
		if other, twice := seen[d]; twice || d != k.Digest() {
			t.Errorf("%q and %s have one digest", k, other)
		}
		seen[d] = fmt.Sprintf("%q", k)
	}
}

// Whatever a record holds, it is judged, and what counts can be stored and counts something.
func FuzzJudge(f *testing.F) {
	f.Add(encoded(f, event.TypeParseResult, testNow, `{"tpl_id":"6","result":"success","vendor":"OPPO","visitor_ref":"00000000000000ff"}`))
	f.Add(encoded(f, event.TypeSendReceipt, testNow, `{"tpl_id":"6","final":"success","send_time":"2026-03-01T23:59:59Z"}`))
	f.Add(encoded(f, event.TypeSendAccepted, testNow, `{"tpl_id":"6","tpl_name":"n","submission_count":1}`))
	f.Add([]byte(`{"id":"x","time":"9999-12-31T23:59:59Z"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, result := judge(b, testNow)
		if result != counted {
			return
		}
		if m.Tenant == "" || m.TplID == "" || !storable(&m) || m.Day < DayOf(testNow)-60 || m.Day > DayOf(testNow)+1 || (m.Seen != Nobody) != (m.Vendor != "") {
			t.Fatalf("%+v", m)
		}
	})
}

func BenchmarkJudge(b *testing.B) {
	d := event.ParseResult{ResolveID: "29ae28ea-0300-4da1-8e54-6c91319fcccc", AimURL: "s.example.com/PDARc6xy", AimCodeType: "group", Vendor: "HUAWEI", TplID: "600000001",
		Result: event.ResultSuccess, Ordinal: 1, VisitorRef: "77aa88bb99cc0011", ParsedAt: testNow}
	value := d.AppendValue(nil, "tenant")
	b.ReportAllocs()
	for b.Loop() {
		judge(value, testNow)
	}
}
