package store

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cardlink/billing"
	"cardlink/callback"
	"cardlink/dispatch"
	"cardlink/dispatch/carrier"
	"cardlink/event"
	"cardlink/store/contract"
)

func TestMessagesContract(t *testing.T) {
	for _, c := range contract.Messages {
		t.Run(c.Name, func(t *testing.T) {
			engines(t, func(t *testing.T, db *DB) {
				withTenants(t, db, "a", "b")
				if err := c.Check(context.Background(), db); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

func TestRepliesContract(t *testing.T) {
	for _, c := range contract.Replies {
		t.Run(c.Name, func(t *testing.T) {
			engines(t, func(t *testing.T, db *DB) {
				withTenants(t, db, "a", "b")
				if err := c.Check(context.Background(), db); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// What is asked every second or for every batch must not walk tables that hold years.
func TestRepliesAndBlacklistUseTheirIndexes(t *testing.T) {
	db := open(t, Options{File: filepath.Join(t.TempDir(), "plan.db")})
	for _, c := range []struct{ stmt, want string }{
		{`SELECT m.id FROM json_each('[]') v CROSS JOIN messages m CROSS JOIN sms_blacklist b WHERE m.id = v.value->>0 AND m.state = 1 AND m.owner = 1 AND m.class = 2
			AND b.tenant = m.tenant AND b.phone_ref = m.phone_ref`, "b USING COVERING INDEX sqlite_autoindex_sms_blacklist_1 (tenant=? AND phone_ref=?)"},
		{`SELECT id FROM replies WHERE state <> 1 AND state = 0 ORDER BY id LIMIT 9`, "replies_unread (state=?)"},
		{`SELECT 1 FROM replies WHERE state = 1 AND at_ms < 5 LIMIT 1`, "replies_age (at_ms<?)"},
		{`SELECT 1 FROM sms_replies WHERE at_ms < 5 LIMIT 1`, "sms_replies_age (at_ms<?)"},
		{`SELECT n.tenant FROM sms_signatures n WHERE n.channel_num <> '' AND n.channel_num IN (SELECT value->>0 FROM json_each('[]')) ORDER BY n.channel_num DESC`, "sms_signatures_number (channel_num=?)"},
		{`SELECT m.tenant FROM json_each('[]') v CROSS JOIN messages m CROSS JOIN send_tasks t WHERE m.tenant = v.value->>0 AND m.phone_ref = v.value->>1 AND t.id = m.task
			AND t.number = '1' AND m.submitted_ms > 0`, "messages_phone (tenant=? AND phone_ref=?)"},
	} {
		if plan := planOf(t, db, c.stmt); !strings.Contains(plan, c.want) {
			t.Errorf("%s\nplan %s\nwant %s", c.stmt, plan, c.want)
		}
	}
}

// A message without a link: its receipt names request, sign and extend and no card; its facts do the same; the books balance; nothing shows who got or wrote it.
func TestPlainMessageFromReceiptToBooks(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		withTenants(t, db, "a")
		ctx, now := context.Background(), time.UnixMilli(1_767_312_000_000).UTC()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		const request, second = "80959fd0-dc23-42e3-9595-59a49ee6cccc", "80959fd0-dc23-42e3-9595-59a49ee6cccd"
		blank := dispatch.SendTask{Request: request, Tenant: "a", Name: "spring", Sign: "示例商城", Number: "1069", Kind: dispatch.KindPromotion, State: dispatch.TaskSuccess,
			Plain: true, Extend: "for Mr Secret", Submissions: 1, Sends: 1, CreatedAt: now}
		var tasks []dispatch.SendTask
		var messages []dispatch.Message
		for i, uuid := range []string{request, second} {
			task := blank
			task.ID, task.UUID, task.SMSTplID, task.FirstMessage = int64(i+1), uuid, int64(10000000+i), int64(7+i)
			phone := fmt.Sprint("+861380013800", i)
			tasks = append(tasks, task)
			messages = append(messages, dispatch.Message{ID: task.FirstMessage, Task: task.ID, CustFlag: phone, Phone: phone, Text: "【示例商城】Mr Secret", Carrier: dispatch.CMCC,
				Class: dispatch.Marketing, Route: "r", Segments: 1, CreatedAt: now, ExpireAt: now.Add(time.Hour)})
		}
		must(db.CreateMessages(ctx, tasks, messages, nil))
		owner, err := db.OpenOwner(ctx, "n", now, time.Minute)
		must(err)
		ws, err := db.ClaimMessages(ctx, dispatch.Claim{Owner: owner, Route: "r", Class: dispatch.Marketing, Tenants: []string{"a"}, PerTenant: 9, Now: now})
		must(err)
		// The first is delivered, the second wants no marketing.
		_, err = db.AddToBlacklist(ctx, "a", []string{messages[1].Phone}, dispatch.BlockedByReply, now)
		must(err)
		key := dispatch.LedgerKey(7, 1, 1)
		got, err := db.Intend(ctx, owner, now, []dispatch.Intent{{Key: key, Parts: 1, Channel: "ch", Dest: ws[0].Phone, At: now}, {Key: dispatch.LedgerKey(8, 1, 1), Parts: 1, Channel: "ch", Dest: ws[1].Phone, At: now}})
		must(err)
		if got[7] != dispatch.Admitted || got[8] != dispatch.Blocked {
			t.Fatalf("admissions %v", got)
		}
		failed, err := event.SendReceipt{TaskID: ws[1].Request, MsgID: ws[1].MsgID(), Final: event.FinalFail, Code: dispatch.CodeBlocked, SendTime: now, ReceiveTime: now}.Record("a")
		must(err)
		_, err = db.RecordResults(ctx, dispatch.Record{Owner: owner, Now: now, Outcomes: []dispatch.Outcome{{Key: key, State: dispatch.PartAccepted, CarrierID: "c1", At: now}},
			Transitions: []dispatch.Transition{
				{ID: 7, To: dispatch.Submitted, Due: now, Route: "r", Try: 1, Attempts: 1, Segments: 1, Channel: "ch", At: now},
				{ID: 8, To: dispatch.Failed, Due: now, Route: "r", Try: 1, Segments: 1, Channel: "ch", Code: dispatch.CodeBlocked, At: now, Fact: &failed},
			}})
		must(err)
		_, err = db.RecordResults(ctx, dispatch.Record{Owner: owner, Now: now.Add(time.Second), Receipts: []dispatch.ChannelReceipt{
			{Channel: "ch", Receipt: carrier.Receipt{MsgID: "c1", State: "DELIVRD", Final: true, Delivered: true, Dest: "13800138000", At: now}}}})
		must(err)

		want := callback.SMSReceipt{TaskID: request, CustFlag: messages[0].Phone, MsgID: request + "_7", SMSSign: "示例商城", SendTime: "2026-01-02T00:00:00", ReceiveTime: "2026-01-02T00:00:01",
			SendStatus: "DELIVRD", SendStatusDesc: "delivered", Total: "1", Sequence: "1", Extend: "for Mr Secret"}
		r, err := db.SMSReceipt(ctx, "a", want.MsgID)
		if err != nil || r != want {
			t.Errorf("%v\n got %+v\nwant %+v", err, r, want)
		}
		want.MsgID, want.CustFlag, want.ReceiveTime = second+"_8", messages[1].Phone, "2026-01-02T00:00:00"
		want.SendStatus, want.SendStatusDesc = dispatch.CodeBlocked, "the recipient wants no marketing"
		if r, err = db.SMSReceipt(ctx, "a", want.MsgID); err != nil || r != want {
			t.Errorf("%v\n got %+v\nwant %+v", err, r, want)
		}

		_, records, err := db.OutboxBatch(ctx, 10)
		must(err)
		billed := 0
		for _, rec := range records {
			f, err := event.Decode(rec.Value)
			must(err)
			var d event.SendReceipt
			must(json.Unmarshal(f.Data, &d))
			if f.Type != event.TypeSendReceipt || d.TaskID != request || d.TplID != "" {
				t.Errorf("fact %s %s", f.Type, f.Data)
			}
			if d.Final == event.FinalSuccess {
				billed++
				_, err := db.ApplyUsage(ctx, []billing.Usage{{Key: billing.Key{Tenant: "a", Source: f.Source, ID: f.ID}, Item: billing.Item{Meter: billing.AimSend, Kind: billing.Marketing},
					OccurredAt: now, Hour: now, Segments: 1}})
				must(err)
			}
		}
		report, err := db.Audit(ctx, AuditOptions{})
		must(err)
		if billed != 1 || !report.Clean() || !report.Settled() || report.Tenants[0].Messages != (MessageAudit{Accepted: 2, Success: 1, Fail: 1}) || report.Tenants[0].Sends != (MeterAudit{Facts: 1, Usage: 1}) {
			t.Errorf("%d billed; %v, %+v", billed, report.Problems(), report.Tenants)
		}

		must(numbered(ctx, db))
		must(db.SaveReplies(ctx, []dispatch.ChannelReply{{Channel: "ch", Reply: carrier.Reply{From: "13800138000", To: "1069", Text: "Mr Secret", At: now}}}))
		unread, err := db.UnreadReplies(ctx, 1, 1)
		must(err)
		_, err = db.SettleReplies(ctx, now, []dispatch.Settlement{{Deliveries: []int64{unread[0].ID}, Reply: &dispatch.Reply{
			UID: "u", Tenant: "a", AppID: "app", From: messages[0].Phone, To: "1069", Text: "Mr Secret", OptOut: true, Complete: true, At: now}}})
		must(err)
		for _, table := range []string{"messages", "send_tasks", "replies", "sms_replies", "sms_blacklist", "callback_deliveries", "outbox"} {
			if got := dump(t, db, table); strings.Contains(got, "1380013800") || strings.Contains(got, "Secret") || got == "" {
				t.Errorf("table %s shows personal data, or nothing: %s", table, got)
			}
		}
	})
}

// numbered gives tenant "a" an application with a reply address.
func numbered(ctx context.Context, db *DB) error {
	return db.AddApp(ctx, dispatch.App{ID: "app", Tenant: "a", Name: "shop", UplinkURL: "https://up.example.com/"})
}
