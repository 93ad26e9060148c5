package callback

import (
	"context"
	"errors"
	"testing"
	"time"

	"cardlink/event"
)

// known is Facts from maps.
type known struct {
	sms   map[string]SMSReceipt
	flags map[int64]string

	replies map[string]SMSReply
}

func (k known) SMSReceipt(_ context.Context, tenant, msgID string) (SMSReceipt, error) {
	r, ok := k.sms[tenant+"/"+msgID]
	if !ok {
		return r, errors.New("no such message")
	}
	return r, nil
}

func (k known) SMSReply(_ context.Context, tenant, id string) (SMSReply, error) {
	r, ok := k.replies[tenant+"/"+id]
	if !ok {
		return r, errors.New("no such reply")
	}
	return r, nil
}

func (k known) CustFlag(_ context.Context, tenant string, link int64) (string, error) {
	f, ok := k.flags[link]
	if !ok {
		return "", errors.New("no such link")
	}
	return f, nil
}

// What customers read, letter for letter (api.md §18.1, §18.2).
func TestPayloads(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	facts := known{
		sms: map[string]SMSReceipt{
			"t/m1": {
				TaskID: "task", CustFlag: "13100000000", MsgID: "m1", TplID: "600000001", SMSSign: "示例<商城>", AimCode: "abc", AimURL: "s.example.com/abc",
				SendTime: "2026-01-02T03:04:05", ReceiveTime: "2026-01-02T03:04:09", SendStatus: "DELIVRD", SendStatusDesc: "delivered", Total: "1", Sequence: "1",
			},
			"t/m2": {MsgID: "m2", SendStatus: "UNDELIV", Total: "2", Sequence: "1", Extend: "e"},
		},
		flags: map[int64]string{7: "customer \"7\""},
	}
	item := func(id int64, attempts int, value []byte, err error) (Kind, Item) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		n, ok, err := newsOf(value)
		if err != nil || !ok || n.Tenant != "t" {
			t.Fatalf("newsOf = %+v, %v, %v", n, ok, err)
		}
		return n.Kind, Item{ID: id, FactID: n.FactID, Data: n.Data, Attempts: attempts}
	}
	receipt := func(msg string) ([]byte, error) {
		r, err := event.SendReceipt{MsgID: msg, Final: event.FinalFail, ReceiveTime: at}.Record("t")
		return r.Value, err
	}
	sms := func(id int64, msg string, attempts int) Item {
		v, err := receipt(msg)
		_, it := item(id, attempts, v, err)
		return it
	}
	parse, err := event.ParseResult{
		TaskID: "task", AimCode: "abc", AimURL: "s.example.com/abc", LinkID: 7, Ordinal: 1, TplID: "600000001", Result: event.ResultSuccess, ParsedAt: at,
	}.Record("t")
	_, parsed := item(3, 2, parse.Value, err)
	audit, err := event.TemplateAudit{
		TplID: "600000001", Version: 1, Sequence: 4, TplState: 1, AuditState: 2, AuditDesc: "fine",
		PerVendor: []event.VendorState{{Vendor: "HUAWEI", State: 1}, {Vendor: "xiaomi", State: 2}, {Vendor: "oppo", State: 0}, {Vendor: "Vivo", State: 1}},
	}.Record("t", at)
	_, audited := item(4, 1, audit.Value, err)

	const m1 = `{\"task_id\":\"task\",\"cust_flag\":\"13100000000\",\"msg_id\":\"m1\",\"tpl_id\":\"600000001\",\"sms_sign\":\"示例<商城>\",\"aim_code\":\"abc\",\"aim_url\":\"s.example.com/abc\",\"send_time\":\"2026-01-02T03:04:05\",\"receive_time\":\"2026-01-02T03:04:09\",\"send_status\":\"DELIVRD\",\"send_status_desc\":\"delivered\",\"total\":\"1\",\"sequence\":\"1\"}`
	const m2 = `{\"task_id\":\"\",\"cust_flag\":\"\",\"msg_id\":\"m2\",\"tpl_id\":\"\",\"sms_sign\":\"\",\"aim_code\":\"\",\"aim_url\":\"\",\"send_time\":\"\",\"receive_time\":\"\",\"send_status\":\"UNDELIV\",\"send_status_desc\":\"\",\"total\":\"2\",\"sequence\":\"1\",\"extend\":\"e\"}`
	for _, c := range []struct {
		name string
		t    URLType
		push Push
		want string
		lost []int64
	}{
		{"one message receipt", Single, Push{"id", KindSMS, []Item{sms(1, "m1", 1)}},
			`{"request_id":"id","domain_id":"t","callback_type":"sms","body":"` + m1 + `","retry":false}`, nil},
		{"a batch, one of them repeated", Batched, Push{"id", KindSMS, []Item{sms(1, "m1", 1), sms(2, "m2", 2)}},
			`{"request_id":"id","domain_id":"t","callback_type":"sms","body":"[` + m1 + `,` + m2 + `]","retry":true}`, nil},
		{"a batch of one is an array too", Batched, Push{"id", KindSMS, []Item{sms(2, "m2", 1)}},
			`{"request_id":"id","domain_id":"t","callback_type":"sms","body":"[` + m2 + `]","retry":false}`, nil},
		{"a resolution", Single, Push{"id", KindShortLink, []Item{parsed}},
			`{"request_id":"id","domain_id":"t","callback_type":"shortchain","body":"{\"task_id\":\"task\",\"cust_flag\":\"customer \\\"7\\\"\",\"tpl_id\":\"600000001\",\"aim_url\":\"s.example.com/abc\",\"aim_code\":\"abc\",\"status\":0,\"describe\":\"success\"}","retry":true}`, nil},
		{"a template", TemplateStatus, Push{"id", KindTemplate, []Item{audited}},
			`{"tpl_id":"600000001","tpl_state":1,"audit_state":2,"factory_info":[{"factory_type":"HuaWei","state":1},{"factory_type":"XiaoMi","state":2},{"factory_type":"OPPO","state":0},{"factory_type":"VIVO","state":1}],"audit_desc":"fine"}`, nil},
		{"an unreadable receipt does not hold up its batch", Batched, Push{"id", KindSMS, []Item{sms(1, "lost", 1), sms(2, "m2", 1)}},
			`{"request_id":"id","domain_id":"t","callback_type":"sms","body":"[` + m2 + `]","retry":false}`, []int64{1}},
		{"nothing readable, nothing sent", Single, Push{"id", KindSMS, []Item{sms(1, "lost", 1)}}, "", []int64{1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			body, failed, err := payload(context.Background(), facts, Endpoint{Tenant: "t", URLType: c.t}, c.push)
			if err != nil || string(body) != c.want {
				t.Errorf("%v\n got %s\nwant %s", err, body, c.want)
			}
			if len(failed) != len(c.lost) {
				t.Errorf("failed = %v, want %v", failed, c.lost)
			}
			for _, id := range c.lost {
				if failed[id] == nil {
					t.Errorf("item %d did not fail", id)
				}
			}
		})
	}
}

func TestWhatCustomersAreNotTold(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	record := func(r event.Record, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return r.Value
	}
	for name, value := range map[string][]byte{
		"repeat":           record(event.ParseResult{AimURL: "u", Ordinal: 1, Repeat: true, Result: event.ResultSuccess, ParsedAt: at}.Record("t")),
		"refused":          record(event.ParseResult{AimURL: "u", Result: event.ResultFail, ParsedAt: at}.Record("t")),
		"submitted":        record(event.SendSubmitted{MsgID: "m", SubmittedAt: at}.Record("t")),
		"click":            record(event.LinkClick{RequestID: "r", ClickedAt: at}.Record("t")),
		"review has begun": record(event.TemplateAudit{TplID: "600000001", AuditState: 1}.Record("t", at)),
	} {
		if n, ok, err := newsOf(value); ok || err != nil {
			t.Errorf("%s: %+v, %v, %v", name, n, ok, err)
		}
	}
	for _, value := range []string{"", "{", `{"specversion":"1.0","id":"x","source":"s","type":"aim.send.receipt.v1","subject":"","time":"2026-01-02T00:00:00Z","data":{}}`} {
		if _, ok, err := newsOf([]byte(value)); ok || err == nil {
			t.Errorf("%q was read", value)
		}
	}
}
