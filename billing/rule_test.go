package billing

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardlink/event"
)

var noon = time.Date(2026, 1, 2, 12, 10, 0, 0, time.UTC)

func receipt(mod func(*event.SendReceipt)) event.Record {
	d := event.SendReceipt{MsgID: "m1", Final: event.FinalSuccess, SMSKind: Notify, Segments: 2, ReceiveTime: noon}
	if mod != nil {
		mod(&d)
	}
	r, err := d.Record("t1")
	if err != nil {
		panic(err)
	}
	return r
}

func parse(mod func(*event.ParseResult)) event.Record {
	d := event.ParseResult{ResolveID: "r1", AimURL: "s.example.com/abc", LinkID: 7, Ordinal: 3, Result: event.ResultSuccess, ParsedAt: noon}
	if mod != nil {
		mod(&d)
	}
	r, err := d.Record("t1")
	if err != nil {
		panic(err)
	}
	return r
}

func basic(final string) event.Record {
	r, err := event.BasicReceipt{TaskID: "v1", CustRef: "c1", Final: final, RTime: noon}.Record("t1")
	if err != nil {
		panic(err)
	}
	return r
}

func menuClick(surface, action string) event.Record {
	r, err := event.MenuClick{EventID: "e1", PubID: "p1", DeviceRef: "d1", Surface: surface, ActionType: action, ClickedAt: noon}.Record("t1")
	if err != nil {
		panic(err)
	}
	return r
}

func TestJudge(t *testing.T) {
	hour := noon.Truncate(time.Hour)
	sent := Usage{
		Key: Key{"t1", event.SourceDispatch, "rcp:m1:final"}, Item: Item{AimSend, Notify}, OccurredAt: noon, Hour: hour, Segments: 2,
	}
	marketing := sent
	marketing.Kind = Marketing
	late := sent
	late.OccurredAt, late.Hour = noon.Add(-3*time.Hour), hour.Add(-time.Hour)
	parsed := Usage{
		Key: Key{"t1", event.SourceEdge, "prs:s.example.com/abc:3"}, Item: Item{Meter: AimParse}, OccurredAt: noon, Hour: hour, Segments: 1,
		LinkID: 7, Ordinal: 3,
	}
	click, _ := event.LinkClick{RequestID: "q", ClickedAt: noon}.Record("t1")
	video := Usage{Key: Key{"t1", event.SourceDispatch, "bas:v1:c1:final"}, Item: Item{Meter: AimBasicSend}, OccurredAt: noon, Hour: hour, Segments: 1}
	jump := Usage{Key: Key{"t1", event.SourceEdge, "mnu:p1:d1:e1"}, Item: Item{Meter: MenuClick}, OccurredAt: noon, Hour: hour, Segments: 1}
	swap := func(r event.Record, was, is string) event.Record {
		r.Value = []byte(strings.Replace(string(r.Value), was, is, 1))
		return r
	}
	for _, c := range []struct {
		name   string
		record event.Record
		want   *Usage
		reason string
	}{
		{"delivered", receipt(nil), &sent, ""},
		{"delivered, marketing", receipt(func(d *event.SendReceipt) { d.SMSKind = Marketing }), &marketing, ""},
		{"delivered three hours ago", receipt(func(d *event.SendReceipt) { d.ReceiveTime = late.OccurredAt }), &late, ""},
		{"failed", receipt(func(d *event.SendReceipt) { d.Final = event.FinalFail }), nil, ""},
		{"timed out", receipt(func(d *event.SendReceipt) { d.Final = event.FinalTimeout }), nil, ""},
		{"unknown final", receipt(func(d *event.SendReceipt) { d.Final = "maybe" }), nil, reasonBadData},
		{"unknown kind", receipt(func(d *event.SendReceipt) { d.SMSKind = "x" }), nil, reasonBadData},
		{"id of another message", swap(receipt(nil), "rcp:m1", "rcp:m2"), nil, reasonBadData},
		{"parsed", parse(nil), &parsed, ""},
		{"repeat", parse(func(d *event.ParseResult) { d.Repeat = true }), nil, ""},
		{"refused", parse(func(d *event.ParseResult) { d.Result = event.ResultFail }), nil, ""},
		{"no ordinal", parse(func(d *event.ParseResult) { d.Ordinal = 0 }), nil, reasonBadData},
		{"click", click, nil, ""},
		{"video message delivered", basic(event.FinalSuccess), &video, ""},
		{"video message failed", basic(event.FinalFail), nil, ""},
		{"video message of unknown end", basic("x"), nil, reasonBadData},
		{"video message with another id", swap(basic(event.FinalSuccess), "bas:v1", "bas:v2"), nil, reasonBadData},
		{"menu item that jumps", menuClick(event.SurfaceCustomMenu, "OPEN_URL"), &jump, ""},
		{"home page menu that jumps", menuClick(event.SurfacePortalMenu, "CALLING"), &jump, ""},
		{"menu item that opens items", menuClick(event.SurfaceCustomMenu, "OPEN_SUBMENU"), nil, ""},
		{"logo", menuClick(event.SurfaceBrandArea, "OPEN_PORTAL"), nil, ""},
		{"quick app on the home page", menuClick(event.SurfacePortal, "OPEN_QUICK"), nil, ""},
		{"unknown surface", menuClick("roof", "OPEN_URL"), nil, reasonBadData},
		{"not JSON", event.Record{Value: []byte("{")}, nil, reasonUndecodable},
		{"no tenant", swap(receipt(nil), `"subject":"t1"`, `"subject":""`), nil, reasonNoTenant},
		{"five minutes ahead", receipt(func(d *event.SendReceipt) { d.ReceiveTime = noon.Add(aheadLimit + 1) }), nil, reasonFuture},
		{"a tenant no engine can store", swap(receipt(nil), `"subject":"t1"`, `"subject":"t\u0000"`), nil, reasonBadData},
		{"data of another shape", swap(receipt(nil), `"data":{`, `"data":[{`), nil, reasonUndecodable},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, reason, billable := judge(c.record.Value, noon)
			if reason != c.reason || billable != (c.want != nil) {
				t.Fatalf("reason %q, billable %v", reason, billable)
			}
			if c.want != nil {
				if d := cmp.Diff(*c.want, u); d != "" {
					t.Error(d)
				}
			}
		})
	}
}

// FuzzJudge: outside bytes never panic, and what is billable can be stored.
func FuzzJudge(f *testing.F) {
	f.Add(receipt(nil).Value)
	f.Add(parse(nil).Value)
	f.Add([]byte(`{"specversion":"1.0","id":"x","source":"s","type":"aim.send.receipt.v1","subject":"t","time":"2026-01-02T00:00:00Z","data":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		u, reason, billable := judge(b, noon)
		if billable && (reason != "" || u.Tenant == "" || u.Hour.After(u.OccurredAt) && u.Hour.After(OldestOpen(noon)) || !storable(u.Key)) {
			t.Fatalf("%+v %q", u, reason)
		}
	})
}
