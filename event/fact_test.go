package event

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files")

var at = time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.FixedZone("UTC+8", 8*3600))

// facts is one of each kind, as in docs/events.md.
func facts(t *testing.T) map[string]Record {
	t.Helper()
	made := map[string]Record{}
	add := func(name string, r Record, err error) {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		made[name] = r
	}
	const tenant = "t-7f3a"
	r, err := LinkCreated{
		TaskID: "rt-1001", AimCode: "Ab3xY9Qz", AimURL: "s.example.com/Ab3xY9Qz", AimCodeType: "individual", TplID: "600000001",
		TplVersion: 2, ResolvingTimes: 1, ExpireAt: at.AddDate(0, 0, 30).UTC(),
	}.Record(tenant, at)
	add("link-created", r, err)
	r, err = SendAccepted{
		TaskID: "st-2001", TplID: "600000001", TplName: "秋季会员日", SMSTplID: "sms-9", SMSKind: "marketing", SubmissionCount: 100, SendCount: 99, AcceptedAt: at.UTC(),
	}.Record(tenant)
	add("send-accepted", r, err)
	r, err = SendSubmitted{
		TaskID: "st-2001", MsgID: "m-3001", CustRef: "c1d2e3f4", Carrier: "cmcc", SMSKind: "marketing", Segments: 2, Channel: "cmpp-1",
		SMSTplID: "sms-9", Sign: "示例商城", TplID: "600000001", WithLink: true, SubmittedAt: at.UTC(),
	}.Record(tenant)
	add("send-submitted", r, err)
	r, err = SendReceipt{
		TaskID: "st-2001", MsgID: "m-3001", Final: FinalSuccess, Code: "DELIVRD", Carrier: "cmcc", SMSKind: "marketing", Segments: 2,
		SendTime: at.UTC(), ReceiveTime: at.Add(3 * time.Second).UTC(), Channel: "cmpp-1", TplID: "600000001", SMSTplID: "sms-9",
	}.Record(tenant)
	add("send-receipt", r, err)
	parsed := ParseResult{
		ResolveID: "rs-4001", TaskID: "rt-1001", AimCode: "Ab3xY9Qz", AimURL: "s.example.com/Ab3xY9Qz", AimCodeType: "individual",
		LinkID: 81, Ordinal: 1, Vendor: "HUAWEI", Model: "P60", TplID: "600000001", TplVersion: 2, Result: ResultSuccess,
		DeviceRef: "d0e1", Node: "edge-1", VisitorRef: "77aa88bb99cc0011", FromSend: true, ParsedAt: at.UTC(),
	}
	r, err = parsed.Record(tenant)
	add("parse-result", r, err)
	parsed.Result, parsed.Reason, parsed.Ordinal = ResultFail, "expired", 0
	r, err = parsed.Record(tenant)
	add("parse-result-fail", r, err)
	r, err = LinkClick{
		RequestID: "rq-5001", AimCode: "Ab3xY9Qz", AimURL: "s.example.com/Ab3xY9Qz", TplID: "600000001", Target: "h5",
		UAClass: "human", IPPrefixHash: "9f8e", VisitorRef: "77aa88bb99cc0011", ReferrerHost: "www.example.org", ClickedAt: at.UTC(),
	}.Record(tenant)
	add("link-click", r, err)
	r, err = MenuClick{
		EventID: "ce-1", PubID: "5467ec75eb974f508cee2cee10a7cccc", MenuID: "b1323ef35b8f4ee3a6767fa5b6cbcccc", MenuVersion: 3, ItemPath: "2.1", Level: 2,
		Surface: SurfaceCustomMenu, ActionType: "OPEN_URL", Vendor: "HUAWEI", DeviceRef: "d0e1", ClickedAt: at.UTC(),
	}.Record(tenant)
	add("menu-click", r, err)
	r, err = BasicSubmitted{
		TaskID: "vt-6001", CustRef: "c1d2e3f4", Carrier: "cmcc", TplID: "800000001", Frames: 3, Bytes: 40960, ExpiresAt: at.Add(72 * time.Hour).UTC(), SubmittedAt: at.UTC(),
	}.Record(tenant)
	add("basic-submitted", r, err)
	r, err = BasicReceipt{
		TaskID: "vt-6001", CustRef: "c1d2e3f4", Carrier: "cmcc", TplID: "800000001", Final: FinalSuccess, Code: "DELIVRD", STime: at.UTC(), RTime: at.Add(3 * time.Second).UTC(),
	}.Record(tenant)
	add("basic-receipt", r, err)
	r, err = CardExpose{
		ResolveID: "rs-4001", ClientSeq: 1, AimCode: "Ab3xY9Qz", AimURL: "s.example.com/Ab3xY9Qz", TplID: "600000001", Vendor: "HUAWEI",
		DeviceRef: "d0e1", Page: 1, Implied: true, VisitorRef: "77aa88bb99cc0011", ExposedAt: at.UTC(),
	}.Record(tenant)
	add("card-expose", r, err)
	r, err = CardClick{
		ResolveID: "rs-4001", ClientSeq: 2, AimURL: "s.example.com/Ab3xY9Qz", TplID: "600000001", Vendor: "HUAWEI",
		PositionNumber: 3, PageOrder: 1, ActionType: "OPEN_URL", DeviceRef: "d0e1", VisitorRef: "77aa88bb99cc0011", ClickedAt: at.UTC(),
	}.Record(tenant)
	add("card-click", r, err)
	r, err = TemplateAudit{
		TplID: "600000001", Version: 2, Sequence: 5, TplState: 1, AuditState: 2, AuditDesc: "通过",
		PerVendor: []VendorState{{"HUAWEI", 1}, {"XIAOMI", 2}},
	}.Record(tenant, at)
	add("template-audit", r, err)
	r, err = HourRated{
		Meter: "aim_send", Kind: "marketing", Hour: "2026-01-02T03:00:00Z", PlanVersion: "2026-01", Quantity: 9412, Amount: "423.54",
		Currency: "CNY", Revision: 0,
	}.Record(tenant, at)
	add("hour-rated", r, err)
	return made
}

// The bytes of every fact are the contract with its consumers: they are reviewed like code.
func TestFactsGolden(t *testing.T) {
	for name, r := range facts(t) {
		file := filepath.Join("testdata", name+".golden")
		got := []byte(r.Topic + "\n" + string(r.Key) + "\n" + string(r.Value) + "\n")
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-update accepts):\n%s", name, diff)
		}
	}
}

// The manual shows what is sent: every golden value stands in it.
func TestManualShowsEveryFact(t *testing.T) {
	manual, err := os.ReadFile(filepath.Join("..", "docs", "events.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for i, part := range strings.Split(string(manual), "```") {
		if i%2 == 0 || !strings.HasPrefix(part, "json\n") {
			continue
		}
		var v any
		if err := json.Unmarshal([]byte(strings.TrimPrefix(part, "json\n")), &v); err != nil {
			t.Errorf("an example is not JSON: %v\n%s", err, part)
			continue
		}
		compact, _ := json.Marshal(v)
		shown[string(compact)] = true
	}
	for name, r := range facts(t) {
		var v any
		if err := json.Unmarshal(r.Value, &v); err != nil {
			t.Fatal(err)
		}
		compact, _ := json.Marshal(v)
		if !shown[string(compact)] {
			t.Errorf("docs/events.md does not show %s as it is sent: %s", name, r.Value)
		}
	}
	for _, topic := range Topics() {
		if !strings.Contains(string(manual), "`"+topic+"`") {
			t.Errorf("docs/events.md does not name %s", topic)
		}
	}
}

func TestDecodeReturnsWhatWasEncoded(t *testing.T) {
	for name, r := range facts(t) {
		f, err := Decode(r.Value)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if f.Tenant != "t-7f3a" || TopicOf(f.Type) != r.Topic || f.Time.Location() != time.UTC {
			t.Errorf("%s: %+v on %s", name, f, r.Topic)
		}
		again, err := Encode(f, string(r.Key))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(r, again); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestIDsAreDerivedFromTheFact(t *testing.T) {
	ids := map[string]string{
		"link-created": "lnk:s.example.com/Ab3xY9Qz", "send-accepted": "acc:st-2001", "send-submitted": "snd:m-3001", "send-receipt": "rcp:m-3001:final",
		"parse-result": "prs:s.example.com/Ab3xY9Qz:1", "parse-result-fail": "prf:rs-4001", "link-click": "clk:rq-5001",
		"card-expose": "exp:rs-4001:1", "card-click": "cck:rs-4001:2",
		"menu-click": "mnu:5467ec75eb974f508cee2cee10a7cccc:d0e1:ce-1", "basic-submitted": "bsn:vt-6001:c1d2e3f4", "basic-receipt": "bas:vt-6001:c1d2e3f4:final",
		"template-audit": "tpl:600000001:2:5", "hour-rated": "rat:t-7f3a:aim_send.marketing:2026-01-02T03:00:00Z:0",
	}
	for name, r := range facts(t) {
		f, err := Decode(r.Value)
		if err != nil || f.ID != ids[name] {
			t.Errorf("%s: id %q, want %q; %v", name, f.ID, ids[name], err)
		}
	}
	repeat := ParseResult{ResolveID: "rs-2", AimURL: "s/x", Ordinal: 1, Result: ResultSuccess, Repeat: true}
	if got := repeat.ID(); got != "prf:rs-2" {
		t.Errorf("a repeat has id %q: it would hide the billable one", got)
	}
}

func TestUnknownTypesGoToQuarantine(t *testing.T) {
	if got := TopicOf("somebody.elses.v1"); got != TopicQuarantine {
		t.Errorf("got %s", got)
	}
}

func TestDecodeRefusesIncompleteEnvelopes(t *testing.T) {
	good := map[string]any{
		"specversion": "1.0", "id": "x", "source": "/s", "type": "t", "subject": "tenant", "time": "2026-01-02T03:04:05Z", "data": map[string]any{},
	}
	encode := func(change func(map[string]any)) []byte {
		m := map[string]any{}
		maps.Copy(m, good)
		change(m)
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if _, err := Decode(encode(func(map[string]any) {})); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	for _, member := range []string{"specversion", "id", "source", "type", "time"} {
		if f, err := Decode(encode(func(m map[string]any) { delete(m, member) })); err == nil {
			t.Errorf("without %s: %+v", member, f)
		}
	}
	if _, err := Decode(encode(func(m map[string]any) { m["specversion"] = "0.3" })); err == nil {
		t.Error("specversion 0.3 was taken for 1.0")
	}
	if f, err := Decode(encode(func(m map[string]any) { delete(m, "subject") })); err != nil || f.Tenant != "" {
		t.Errorf("without tenant: %+v, %v; the consumer quarantines it", f, err)
	}
	for _, b := range []string{"", "null", "[]", `"x"`, "{", `{"time":"yesterday"}`} {
		if f, err := Decode([]byte(b)); err == nil {
			t.Errorf("%q: %+v", b, f)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"specversion":"1.0","id":"prs:a/b:1","source":"/aim-gw/edge","type":"aim.parse.result.v1","subject":"t","time":"2026-01-02T03:04:05Z","datacontenttype":"application/json","data":{"result":"success"}}`))
	f.Add([]byte(`{"specversion":"1.0","id":"x","source":"s","type":"t","time":"0001-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		fact, err := Decode(b)
		if err != nil {
			return
		}
		r, err := Encode(fact, "k")
		if err != nil {
			t.Fatalf("what was decoded cannot be encoded: %v", err)
		}
		again, err := Decode(r.Value)
		if err != nil || again.ID != fact.ID || again.Source != fact.Source || again.Type != fact.Type || again.Tenant != fact.Tenant || !again.Time.Equal(fact.Time) {
			t.Fatalf("%+v became %+v, %v", fact, again, err)
		}
	})
}
