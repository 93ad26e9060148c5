package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"cardlink/callback"
	"cardlink/dispatch"
	"cardlink/dispatch/carrier"
	"cardlink/event"
	"cardlink/fault"
	"cardlink/identity"
	"cardlink/shortlink"
	"cardlink/store/contract"
)

func TestDispatchContract(t *testing.T) {
	for _, c := range contract.Dispatch {
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

// withTenants gives a store a vault and tenants.
func withTenants(t testing.TB, db *DB, tenants ...string) {
	t.Helper()
	v, err := identity.NewVault(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	db.vault = v
	err = db.Write(context.Background(), func(ctx context.Context, tx *sql.Tx) error {
		for _, id := range tenants {
			if _, err := tx.ExecContext(ctx, `INSERT INTO tenants (id, name, project_id, project_name, data_key, created_ms) VALUES ($1, $1, $1, 'p', $2, 0)`,
				id, base64.RawStdEncoding.EncodeToString(v.NewDataKey(id))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// settled makes a task of one linked message and brings it to a final state.
func settled(t *testing.T, db *DB, delivered bool) (msgID string) {
	t.Helper()
	ctx, now := context.Background(), time.UnixMilli(1_767_312_000_000).UTC()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	task := dispatch.SendTask{ID: 1, UUID: "80959fd0-dc23-42e3-9595-59a49ee6cccc", Tenant: "a", Name: "spring", TplID: 600000001, SMSTplID: 10000000, Sign: "示例商城",
		Number: "1069", Kind: dispatch.KindNotify, State: dispatch.TaskSuccess, Submissions: 1, FirstMessage: 7, CreatedAt: now}
	link := shortlink.Link{ID: 5, Tenant: "a", TaskID: task.UUID, FromSend: true, Domain: "s.example.com/a1", Code: "PDiWqc00", TplID: 600000001, TplVersion: 1,
		Signs: []string{"示例商城"}, Limit: 1, CustFlag: "13800138000", CreatedAt: now, ExpireAt: now.Add(time.Hour)}
	_, err := db.CreateSendTask(ctx, task, []shortlink.Link{link}, []dispatch.Message{{ID: 7, Task: 1, Link: 5, AimURL: link.URL(), CustFlag: "13800138000",
		Phone: "+8613800138000", Text: "【示例商城】Mr Secret", Carrier: dispatch.CMCC, Class: dispatch.Notify, Route: "r", Segments: 1, CreatedAt: now, ExpireAt: now.Add(time.Hour)}}, nil)
	must(err)
	owner, err := db.OpenOwner(ctx, "n", now, time.Minute)
	must(err)
	ws, err := db.ClaimMessages(ctx, dispatch.Claim{Owner: owner, Route: "r", Class: dispatch.Notify, Tenants: []string{"a"}, PerTenant: 1, Now: now})
	must(err)
	if len(ws) != 1 || !ws[0].WithLink {
		t.Fatalf("claimed %+v", ws)
	}
	key := dispatch.LedgerKey(7, 1, 1)
	_, err = db.Intend(ctx, owner, now, []dispatch.Intent{{Key: key, Parts: 1, Channel: "ch", Dest: ws[0].Phone, At: now}})
	must(err)
	submitted, err := event.SendSubmitted{TaskID: task.UUID, MsgID: ws[0].MsgID(), CustRef: ws[0].PhoneRef, SubmittedAt: now}.Record("a")
	must(err)
	_, err = db.RecordResults(ctx, dispatch.Record{Owner: owner, Now: now, Outcomes: []dispatch.Outcome{{Key: key, State: dispatch.PartAccepted, CarrierID: "c1", At: now}},
		Transitions: []dispatch.Transition{{ID: 7, To: dispatch.Submitted, Due: now, Route: "r", Try: 1, Attempts: 1, Segments: 1, Channel: "ch", At: now.Add(time.Second), Fact: &submitted}}})
	must(err)
	r := carrier.Receipt{MsgID: "c1", State: "DELIVRD", Final: true, Delivered: true, Dest: "13800138000", At: now}
	if !delivered {
		r.State, r.Delivered, r.Class = "UNDELIV", false, carrier.Dest
	}
	_, err = db.RecordResults(ctx, dispatch.Record{Owner: owner, Now: now.Add(3 * time.Second), Receipts: []dispatch.ChannelReceipt{{Channel: "ch", Receipt: r}}})
	must(err)
	return ws[0].MsgID()
}

// A receipt to the customer names the recipient in clear (api.md §18.1); it is the tenant's alone.
func TestSMSReceipt(t *testing.T) {
	for _, delivered := range []bool{true, false} {
		engines(t, func(t *testing.T, db *DB) {
			withTenants(t, db, "a", "b")
			ctx := context.Background()
			id := settled(t, db, delivered)
			want := callback.SMSReceipt{
				TaskID: "80959fd0-dc23-42e3-9595-59a49ee6cccc", CustFlag: "13800138000", MsgID: id, TplID: "600000001", SMSSign: "示例商城", AimCode: "PDiWqc00",
				AimURL: "s.example.com/a1/PDiWqc00", SendTime: "2026-01-02T00:00:01", ReceiveTime: "2026-01-02T00:00:03", SendStatus: "DELIVRD", SendStatusDesc: "delivered",
				Total: "1", Sequence: "1",
			}
			if !delivered {
				want.SendStatus, want.SendStatusDesc = "UNDELIV", "failed"
			}
			got, err := db.SMSReceipt(ctx, "a", id)
			if err != nil || got != want {
				t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
			}
			for _, c := range [][2]string{{"b", id}, {"a", "x"}, {"a", "80959fd0-dc23-42e3-9595-59a49ee6cccd_7"}, {"a", "80959fd0-dc23-42e3-9595-59a49ee6cccc_8"}} {
				if _, err := db.SMSReceipt(ctx, c[0], c[1]); !fault.Has(err, fault.Parameter) {
					t.Errorf("%v: %v", c, err)
				}
			}
		})
	}
}

// Submitted and final are facts of the outbox, once each, and nothing on disk shows a number or a text.
func TestFactsAndSealing(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		withTenants(t, db, "a")
		ctx := context.Background()
		id := settled(t, db, true)
		if err := db.SaveReplies(ctx, []dispatch.ChannelReply{
			{Channel: "ch", Reply: carrier.Reply{From: "13800138000", To: "1069", Text: "TD", At: time.Now()}}}); err != nil {
			t.Fatal(err)
		}
		ids := map[string]int{}
		rows, err := db.read.Query(`SELECT value FROM outbox`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var v string
			if err := rows.Scan(&v); err != nil {
				t.Fatal(err)
			}
			f, err := event.Decode([]byte(v))
			if err != nil {
				t.Fatal(err)
			}
			ids[f.ID]++
			if strings.Contains(v, "13800138000") {
				t.Errorf("a fact shows a number: %s", v)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if want := map[string]int{"lnk:s.example.com/a1/PDiWqc00": 1, "acc:80959fd0-dc23-42e3-9595-59a49ee6cccc": 1, "snd:" + id: 1, "rcp:" + id + ":final": 1}; !reflect.DeepEqual(ids, want) {
			t.Errorf("facts %v, want %v", ids, want)
		}
		for _, table := range []string{"messages", "submits", "send_tasks", "stray_receipts", "replies", "links"} {
			if got := dump(t, db, table); strings.Contains(got, "13800138000") || strings.Contains(got, "Secret") {
				t.Errorf("table %s shows personal data: %s", table, got)
			}
		}
	})
}

// dump writes a table down.
func dump(t *testing.T, db *DB, table string) string {
	t.Helper()
	rows, err := db.read.Query(`SELECT * FROM ` + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for rows.Next() {
		cells := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&all, cells...)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// The statements of the queue must not walk the tables, which hold years of messages: on SQLite their plans are read.
func TestQueueUsesItsIndexes(t *testing.T) {
	db := open(t, Options{File: filepath.Join(t.TempDir(), "plan.db")})
	for _, c := range []struct{ stmt, want string }{
		{`SELECT id FROM messages WHERE state = 0 AND route = 'r' AND class = 1 AND tenant = 'a' AND due_ms <= 1 ORDER BY due_ms LIMIT 9`, "messages_queued (route=? AND class=? AND tenant=? AND due_ms<?)"},
		{`SELECT MIN(route) FROM messages WHERE state = 0`, "messages_queued"},
		{`SELECT 1 FROM messages WHERE state > 0 AND state < 10 AND state IN (2, 3, 4) AND due_ms <= 1`, "messages_open (state=? AND due_ms<?)"},
		{`SELECT 1 FROM messages WHERE ` + strings.ReplaceAll(orphaned, "$1", "1"), "messages_open (state=?)"},
		{`SELECT s.id FROM json_each('[]') v CROSS JOIN submits s CROSS JOIN messages m WHERE s.channel = v.value->>0 AND s.carrier_id = v.value->>1 AND s.carrier_id IS NOT NULL AND m.id = s.message`,
			"submits_carrier (channel=? AND carrier_id=?)"},
		{`UPDATE submits SET state = 1 FROM (SELECT CAST(value->>0 AS BIGINT) AS skey FROM json_each('[]') AS j) AS v WHERE submits.id = v.skey`, "submits USING INTEGER PRIMARY KEY"},
		{`UPDATE messages SET state = 1 FROM (SELECT CAST(value->>0 AS BIGINT) AS mid FROM json_each('[]') AS j) AS v WHERE messages.id = v.mid`, "messages USING INTEGER PRIMARY KEY"},
	} {
		if got := planOf(t, db, c.stmt); !strings.Contains(got, c.want) || strings.Contains(got, "SCAN messages;") || strings.Contains(got, "SCAN submits;") {
			t.Errorf("%s\nplan %s\nwant %s", c.stmt, got, c.want)
		}
	}
}
