package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardlink/billing"
	"cardlink/event"
)

// books is a small tenant whose books are right: two tasks, four messages, a group and an individual link.
const books = `
INSERT INTO send_tasks (id, uuid, tenant, account, name, tpl_id, tpl_name, sms_tpl_id, sms_sign, app_name, number, kind, state, submissions, sends, first_message, created_ms)
VALUES (1, 'u1', 'a', '', '', 1, '', 1, '', '', '', '', '', 5, 4, 11, 0), (2, 'u2', 'b', '', '', 1, '', 1, '', '', '', '', '', 1, 1, 21, 0);
INSERT INTO messages (id, tenant, task, link, aim_url, phone_ref, recipient, carrier, class, route, home, state, due_ms, expire_ms, owner, tries, attempts, maybe_dup, avoid, segments, channel, code, created_ms, submitted_ms, final_ms)
SELECT v.id, v.tenant, v.task, 0, '', '', '', '', 1, '', '', v.state, 0, 0, 0, 0, 0, 0, '', 1, '', '', 0, 0, 0 FROM (
SELECT 11 AS id, 'a' AS tenant, 1 AS task, 10 AS state UNION ALL SELECT 12, 'a', 1, 10 UNION ALL SELECT 13, 'a', 1, 3 UNION ALL SELECT 14, 'a', 1, 12
UNION ALL SELECT 21, 'b', 2, 0) AS v;
INSERT INTO link_batches (id, last_id, size, tenant, task_id, task_name, user_name, from_send, domain, custom, is_group, tpl_id, tpl_version, tpl_name, signs, quota, created_ms, expire_ms)
VALUES (100, 100, 1, 'a', '', '', '', 0, 's.example.com', 0, 0, 1, 1, '', '', 1, 0, 0), (200, 200, 1, 'a', '', '', '', 0, 's.example.com', 0, 1, 1, 1, '', '', 3, 0, 0);
INSERT INTO links (id, batch, code, cust, cust_key, params, custom_url) VALUES (100, 100, 'one', '', 0, '', ''), (200, 200, 'many', '', 0, '', '');
INSERT INTO link_quota (link_id, issued, grant_from, resolved, quota) VALUES (200, 3, 0, 2, 3);
INSERT INTO resolutions (link_id, ordinal, resolve_id, node, vendor, model, device_ref, reason, at_ms)
VALUES (100, 1, 'r1', 'n', '', '', '', '', 0), (100, 0, 'r0', 'n', '', '', '', 'exhausted', 0), (200, 1, 'r2', 'n', '', '', '', '', 0), (200, 2, 'r3', 'n', '', '', '', '', 0);
`

func auditRows() []billing.Usage {
	at := time.Date(2026, 1, 2, 8, 0, 0, 0, time.UTC)
	var rows []billing.Usage
	for _, m := range []string{"u1_11", "u1_12"} {
		rows = append(rows, billing.Usage{
			Key:  billing.Key{Tenant: "a", Source: event.SourceDispatch, ID: "rcp:" + m + ":final"},
			Item: billing.Item{Meter: billing.AimSend, Kind: billing.Notify}, OccurredAt: at, Hour: at, Segments: 1,
		})
	}
	for _, p := range []struct {
		url     string
		link, n int64
	}{{"s.example.com/one", 100, 1}, {"s.example.com/many", 200, 1}, {"s.example.com/many", 200, 2}} {
		rows = append(rows, billing.Usage{
			Key:  billing.Key{Tenant: "a", Source: event.SourceEdge, ID: fmt.Sprintf("prs:%s:%d", p.url, p.n)},
			Item: billing.Item{Meter: billing.AimParse}, OccurredAt: at, Hour: at, Segments: 1, LinkID: p.link, Ordinal: p.n,
		})
	}
	return rows
}

func TestAuditOfRightBooks(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := context.Background()
		exec(t, db, books)
		audit := func(o AuditOptions) *AuditReport {
			t.Helper()
			r, err := db.Audit(ctx, o)
			if err != nil {
				t.Fatal(err)
			}
			if !r.Clean() {
				t.Errorf("not clean: %v", r.Problems())
			}
			return r
		}
		if r := audit(AuditOptions{}); r.Settled() || r.Tenants[0].Sends.InFlight != 2 || r.Tenants[0].Parses.InFlight != 3 {
			t.Errorf("nothing is billed yet: %+v", r)
		}
		if n, err := db.ApplyUsage(ctx, auditRows()); err != nil || n != 5 {
			t.Fatal(n, err)
		}
		if _, err := newRater(t, db, func() time.Time { return time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC) }).Rate(ctx); err != nil {
			t.Fatal(err)
		}
		r := audit(AuditOptions{})
		want := []TenantAudit{
			{
				Tenant: "a", Messages: MessageAudit{Accepted: 4, Success: 2, Timeout: 1, Ambiguous: 1}, Links: LinkAudit{Links: 2, Resolutions: 3},
				Sends: MeterAudit{Facts: 2, Usage: 2}, Parses: MeterAudit{Facts: 3, Usage: 3}, Hours: HourAudit{Buckets: 2, Rated: 2},
			},
			{Tenant: "b", Messages: MessageAudit{Accepted: 1, Pending: 1}},
		}
		if d := cmp.Diff(want, r.Tenants); d != "" || !r.Settled() || r.Outbox != 2 {
			t.Errorf("settled %v, outbox %d\n%s", r.Settled(), r.Outbox, d)
		}
		if one := audit(AuditOptions{Tenant: "b"}); cmp.Diff(want[1:], one.Tenants) != "" {
			t.Errorf("b alone: %+v", one.Tenants)
		}
		var text bytes.Buffer
		if n, err := r.WriteTo(&text); err != nil || n != int64(text.Len()) || !strings.Contains(text.String(), "billed = successful") {
			t.Errorf("%d, %v\n%s", n, err, text.String())
		}
		b, err := json.Marshal(r)
		if err != nil || !strings.Contains(string(b), `"clean":true,"settled":true`) {
			t.Errorf("%s, %v", b, err)
		}
	})
}

// Each kind of wrong is found, under its own name, and nothing else is.
func TestAuditFindsWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name, damage string
		problem      string // empty = unsettled, but no contradiction
	}{
		{"a message vanished", `DELETE FROM messages WHERE id = 14`, "accepted"},
		{"a message too many, one too few elsewhere", `UPDATE send_tasks SET sends = sends + 1 WHERE id = 1; UPDATE send_tasks SET sends = sends - 1 WHERE id = 2`, "accepted"},
		{"a message in a state nobody knows", `UPDATE messages SET state = 7 WHERE id = 14`, "accepted"},
		{"billed and then failed", `UPDATE messages SET state = 11 WHERE id = 12`, "not delivered"},
		{"billed under another tenant", `UPDATE messages SET tenant = 'b', task = 2 WHERE id = 12; UPDATE send_tasks SET sends = 3 WHERE id = 1; UPDATE send_tasks SET sends = 2 WHERE id = 2`, "not delivered"},
		{"resolved beyond the quota", `UPDATE resolutions SET ordinal = 2 WHERE link_id = 100 AND ordinal = 1`, "beyond a link's quota"},
		{"a counter that lies", `UPDATE link_quota SET resolved = 1 WHERE link_id = 200`, "counters disagree"},
		{"more issued than there is", `UPDATE link_quota SET issued = 4 WHERE link_id = 200`, "counters disagree"},
		{"a message billed twice", `INSERT INTO usage_facts (tenant, source, fact_id, meter, kind, hour_ms, occurred_ms, segments, link_id, ordinal)
			SELECT tenant, 'elsewhere', fact_id, meter, kind, hour_ms, occurred_ms, segments, link_id, ordinal FROM usage_facts WHERE fact_id = 'rcp:u1_11:final';
			UPDATE usage_hours SET quantity = 3, segments = 3 WHERE meter = 'aim_send'; UPDATE rated_lines SET quantity = 3 WHERE meter = 'aim_send'`, "billed twice"},
		{"an hour that is not its facts", `UPDATE usage_hours SET quantity = 1, segments = 1 WHERE meter = 'aim_send'; UPDATE rated_lines SET quantity = 1 WHERE meter = 'aim_send'`, "sum of their facts"},
		{"a line that is not its hour", `UPDATE rated_lines SET quantity = 9 WHERE meter = 'aim_parse'`, "line disagrees"},
		{"a line without its hour", `UPDATE rated_lines SET hour_ms = 0 WHERE meter = 'aim_parse'; UPDATE usage_hours SET rated = 0 WHERE meter = 'aim_parse'`, "line disagrees"},
		{"a resolution on its way", `INSERT INTO resolutions (link_id, ordinal, resolve_id, node, vendor, model, device_ref, reason, at_ms)
			VALUES (200, 3, 'r4', 'n', '', '', '', '', 0); UPDATE link_quota SET resolved = 3 WHERE link_id = 200`, ""},
		{"a journal that is not applied yet", `DELETE FROM resolutions WHERE link_id = 200 AND ordinal = 2; UPDATE link_quota SET resolved = 1 WHERE link_id = 200`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			engines(t, func(t *testing.T, db *DB) {
				ctx := context.Background()
				exec(t, db, books)
				if _, err := db.ApplyUsage(ctx, auditRows()); err != nil {
					t.Fatal(err)
				}
				if _, err := newRater(t, db, func() time.Time { return time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC) }).Rate(ctx); err != nil {
					t.Fatal(err)
				}
				exec(t, db, c.damage)
				r, err := db.Audit(ctx, AuditOptions{})
				if err != nil {
					t.Fatal(err)
				}
				problems := r.Problems()
				if c.problem == "" {
					if len(problems) != 0 || r.Settled() {
						t.Errorf("problems %v, settled %v; want none and not settled", problems, r.Settled())
					}
					return
				}
				if len(problems) == 0 || r.Clean() {
					t.Fatal("nothing was found")
				}
				for _, p := range problems {
					if !strings.Contains(p, c.problem) {
						t.Errorf("found %q, want only %q", p, c.problem)
					}
				}
			})
		})
	}
}

func exec(t *testing.T, db *DB, script string) {
	t.Helper()
	for stmt := range strings.SplitSeq(script, ";") {
		if strings.TrimSpace(stmt) == "" {
			continue
		}
		if err := db.Write(context.Background(), func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, stmt)
			return err
		}); err != nil {
			t.Fatalf("%s: %v", stmt, err)
		}
	}
}
