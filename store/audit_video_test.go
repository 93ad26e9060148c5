package store

import (
	"context"
	"strings"
	"testing"
	"time"

	"cardlink/billing"
	"cardlink/dispatch"
	"cardlink/event"
	"cardlink/videosms"
)

// videoBooks is a task of six messages: one in each place, and its bill.
func videoBooks(t *testing.T, db *DB) {
	t.Helper()
	ctx, now := context.Background(), time.Date(2026, 1, 2, 8, 0, 0, 0, time.UTC)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	task := &videosms.Task{ID: 1, UUID: "80959fd0-dc23-42e3-9595-59a49ee6cccc", Tenant: "a", Total: 6, CreatedAt: now, ExpireAt: now.Add(time.Hour)}
	var ms []videosms.Message
	for i := range 6 {
		ms = append(ms, videosms.Message{ID: int64(1 + i), Phone: "+861310000000" + string(rune('1'+i)), Carrier: "cucc"})
	}
	ms[5].Failed = videosms.CodeNotApproved
	must(db.AddVideoTask(ctx, task, ms, []videosms.Values{{}}))
	ws, _, err := db.ClaimVideo(ctx, videosms.Claim{Holder: "n", Now: now, Lease: time.Minute, Limit: 4})
	must(err)
	_, err = db.IntendVideo(ctx, "n", ws, now.Add(time.Minute))
	must(err)
	must(db.SettleVideo(ctx, []videosms.Result{
		{ID: 1, Try: 1, Verdict: videosms.Taken, Due: now}, {ID: 2, Try: 1, Verdict: videosms.Taken, Due: now}, {ID: 3, Try: 1, Verdict: videosms.Unknown, Due: now.Add(time.Hour)},
	}, now))
	_, err = db.ReportVideo(ctx, []videosms.Report{{ID: dispatch.MsgID(task.UUID, 1), Delivered: true, Code: "DELIVRD", At: now}}, now)
	must(err)
	n, err := db.TimeOutVideo(ctx, now, 10)
	if err != nil || n != 1 {
		t.Fatal(n, err)
	}
	_, recs, err := db.OutboxBatch(ctx, 100)
	must(err)
	var usage []billing.Usage
	for _, r := range recs {
		f, err := event.Decode(r.Value)
		must(err)
		if strings.Contains(string(f.Data), `"final":"success"`) {
			usage = append(usage, billing.Usage{Key: billing.Key{Tenant: "a", Source: f.Source, ID: f.ID}, Item: billing.Item{Meter: billing.AimBasicSend},
				OccurredAt: now, Hour: now, Segments: 1})
		}
	}
	if n, err := db.ApplyUsage(ctx, usage); err != nil || n != 1 {
		t.Fatal(n, err)
	}
}

func TestAuditOfVideoMessages(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		withTenants(t, db, "a")
		videoBooks(t, db)
		r, err := db.Audit(context.Background(), AuditOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Tenants) != 1 || !r.Clean() || !r.Settled() {
			t.Fatalf("problems %v, settled %v of %+v", r.Problems(), r.Settled(), r.Tenants)
		}
		if got, want := r.Tenants[0].Videos, (MessageAudit{Accepted: 6, Pending: 1, Ambiguous: 2, Success: 1, Fail: 1, Timeout: 1}); got != want {
			t.Errorf("messages %+v, want %+v", got, want)
		}
		if got, want := r.Tenants[0].Basic, (MeterAudit{Facts: 1, Usage: 1}); got != want {
			t.Errorf("bill %+v, want %+v", got, want)
		}
		var text strings.Builder
		if _, err := r.WriteTo(&text); err != nil || !strings.Contains(text.String(), "video messages") {
			t.Errorf("%v\n%s", err, text.String())
		}
	})
}

func TestAuditFindsWrongVideoMessages(t *testing.T) {
	for name, c := range map[string]struct{ damage, problem string }{
		"one vanished":               {`DELETE FROM vms_messages WHERE id = 5`, "video messages were accepted"},
		"a state nobody knows":       {`UPDATE vms_messages SET state = 7 WHERE id = 5`, "video messages were accepted"},
		"a counter that lies":        {`UPDATE vms_tasks SET success = 2`, "1 tasks disagree"},
		"sent that was never sent":   {`UPDATE vms_tasks SET submitted = 5`, "1 tasks disagree"},
		"billed and not delivered":   {`UPDATE vms_messages SET state = 11 WHERE id = 1; UPDATE vms_tasks SET success = 0, failed = 2`, "billed that were not delivered"},
		"delivered and not yet sent": {`UPDATE vms_messages SET state = 10 WHERE id = 5; UPDATE vms_tasks SET success = 2`, ""},
		"billed twice": {`INSERT INTO usage_facts (tenant, source, fact_id, meter, kind, hour_ms, occurred_ms, segments, link_id, ordinal)
			SELECT tenant, 'elsewhere', fact_id, meter, kind, hour_ms, occurred_ms, segments, link_id, ordinal FROM usage_facts;
			UPDATE usage_hours SET quantity = 2, segments = 2`, "billed twice"},
	} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, db *DB) {
				withTenants(t, db, "a")
				videoBooks(t, db)
				exec(t, db, c.damage)
				r, err := db.Audit(context.Background(), AuditOptions{})
				if err != nil {
					t.Fatal(err)
				}
				problems := strings.Join(r.Problems(), "\n")
				if c.problem == "" {
					if problems != "" || r.Settled() {
						t.Errorf("problems %q, settled %v; want none and not settled", problems, r.Settled())
					}
					return
				}
				if !strings.Contains(problems, c.problem) || strings.Count(problems, "\n") > 0 {
					t.Errorf("found %q, want only %q", problems, c.problem)
				}
			})
		})
	}
}
