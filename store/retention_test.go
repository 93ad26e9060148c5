package store

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cardlink/videosms"
)

// rowsOf counts a table's rows.
func rowsOf(t *testing.T, db *DB, from string) (n int) {
	t.Helper()
	if err := db.read.QueryRow(`SELECT count(*) FROM ` + from).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// What is old goes whole, what is not final or not old stays, and the books are closed at every step.
func TestRetentionKeepsTheBooksClosed(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := context.Background()
		withTenants(t, db, "a", "b")
		exec(t, db, books)
		exec(t, db, `INSERT INTO submits (id, message, parts, channel, dest_ref, state, code, carrier_id, intent_ms, answered_ms, receipt_ms)
			VALUES (720896, 11, 1, 'ch', 'd', 5, '', 'c', 0, 0, 0), (1376256, 21, 1, 'ch', 'd', 0, '', NULL, 0, 0, 0)`)
		if _, err := db.ApplyUsage(ctx, auditRows()[:4]); err != nil { // the last resolution never came on the books
			t.Fatal(err)
		}
		videoBooks(t, db)
		late := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		var parses, sends, basic int64
		check := func(step string, sweep func(context.Context, time.Time, int) (int, error), before time.Time, limit, want int) {
			t.Helper()
			n, err := sweep(ctx, before, limit)
			if err != nil || n != want {
				t.Errorf("%s: %d rows, %v, want %d", step, n, err, want)
			}
			r, err := db.Audit(ctx, AuditOptions{Tenant: "a"})
			if err != nil || !r.Clean() {
				t.Fatalf("%s: %v, %v", step, err, r.Problems())
			}
			a := r.Tenants[0]
			if sends == 0 {
				sends, parses, basic = a.Sends.Facts, a.Parses.Facts, a.Basic.Facts
			}
			if a.Sends.Facts != sends || a.Parses.Facts != parses || a.Basic.Facts != basic || a.Sends.InFlight != 0 || a.Parses.InFlight != 1 || a.Parses.Unfounded != 0 || a.Basic.Unfounded != 0 {
				t.Errorf("%s: %+v", step, a)
			}
		}
		check("nothing is old", db.SweepSends, time.UnixMilli(0), 9, 0)
		check("not all is final", db.SweepSends, late, 9, 0)
		exec(t, db, `UPDATE messages SET state = 11 WHERE id = 13`)
		check("a task", db.SweepSends, late, 9, 6)
		check("again", db.SweepSends, late, 9, 0)
		if n := rowsOf(t, db, "messages") + rowsOf(t, db, "submits") + rowsOf(t, db, "send_tasks"); n != 3 {
			t.Errorf("%d rows are left of the other tenant, want task, message and submit", n)
		}
		check("links that are not old", db.SweepLinks, time.UnixMilli(0), 9, 0)
		for step := 0; rowsOf(t, db, "link_batches") > 0; step++ { // a row at a time
			n, err := db.SweepLinks(ctx, late, 1)
			if err != nil || n == 0 || step > 20 {
				t.Fatal(step, n, err)
			}
			check(fmt.Sprint("links, step ", step), db.SweepLinks, time.UnixMilli(0), 1, 0)
		}
		if n := rowsOf(t, db, "links") + rowsOf(t, db, "resolutions") + rowsOf(t, db, "link_quota"); n != 0 {
			t.Errorf("%d rows are left of links", n)
		}
		check("videos that wait", db.SweepVideos, late, 9, 0)
		exec(t, db, `UPDATE vms_messages SET state = 11 WHERE state < 10`)
		exec(t, db, `UPDATE vms_tasks SET failed = (SELECT count(*) FROM vms_messages m WHERE m.task = vms_tasks.id AND m.state = 11)`)
		check("videos", db.SweepVideos, late, 9, 8)
		if n := rowsOf(t, db, "vms_messages") + rowsOf(t, db, "vms_values") + rowsOf(t, db, "vms_tasks"); n != 0 {
			t.Errorf("%d rows are left of videos", n)
		}
	})
}

// The simple sweeps: so many at once, the oldest, and what is billable is counted.
func TestRetentionByAge(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := context.Background()
		for n := range 5 {
			exec(t, db, fmt.Sprintf(`INSERT INTO sa_clicks (tenant, fact_id, pub_id, menu_id, menu_version, item_path, surface, action_type, vendor, device_ref, billable, clicked_ms)
				VALUES ('a', 'f%d', 'p', 'm', 1, '1', 's', 'x', 'v', 'd', %d, %d)`, n, n%2, n))
			exec(t, db, fmt.Sprintf(`INSERT INTO link_revocations (link_id, at_ms) VALUES (%d, %d)`, n, n))
			exec(t, db, fmt.Sprintf(`INSERT INTO vms_uplinks (ref, tenant, message, content, at_ms) VALUES ('r%d', 'a', 1, '', %d)`, n, n))
			exec(t, db, fmt.Sprintf(`INSERT INTO template_previews (id, tenant, body, created_ms, expires_ms) VALUES ('i%d', 'a', '', 0, %d)`, n, n))
		}
		for table, sweep := range map[string]func(context.Context, time.Time, int) (int, error){
			"sa_clicks": db.SweepClicks, "link_revocations": db.SweepRevocations, "vms_uplinks": db.SweepVideoUplinks, "template_previews": db.SweepPreviews,
		} {
			for _, want := range []int{3, 1, 0} {
				if n, err := sweep(ctx, time.UnixMilli(4), 3); err != nil || n != want {
					t.Errorf("%s: %d rows, %v, want %d", table, n, err, want)
				}
			}
			if n := rowsOf(t, db, table); n != 1 {
				t.Errorf("%s: %d rows are left", table, n)
			}
		}
		r, err := db.Audit(ctx, AuditOptions{})
		if err != nil || r.Tenants[0].Clicks != (MeterAudit{Facts: 2, InFlight: 2}) {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestRetentionUsesItsIndexes(t *testing.T) {
	db := open(t, Options{File: filepath.Join(t.TempDir(), "plan.db")})
	for stmt, want := range map[string]string{
		`SELECT 1 FROM send_tasks t WHERE t.created_ms < 5 ORDER BY t.created_ms, t.id LIMIT 9`:            "send_tasks_age",
		`SELECT 1 FROM vms_tasks t WHERE t.created_ms < 5 ORDER BY t.created_ms, t.id LIMIT 9`:             "vms_tasks_age",
		`SELECT 1 FROM link_batches b WHERE b.expire_ms < 5 ORDER BY b.expire_ms, b.id LIMIT 9`:            "link_batches_expiry",
		`SELECT 1 FROM sa_clicks WHERE clicked_ms < 5 ORDER BY clicked_ms, tenant, fact_id LIMIT 9`:        "sa_clicks_age",
		`SELECT 1 FROM vms_uplinks WHERE at_ms < 5 LIMIT 9`:                                                "vms_uplinks_age",
		`SELECT digest FROM sa_media WHERE digest <> '' AND digest IN (SELECT value FROM json_each('[]'))`: "sa_media_digest",
	} {
		if plan := planOf(t, db, stmt); !strings.Contains(plan, want) {
			t.Errorf("%s\nplan %s\nwant %s", stmt, plan, want)
		}
	}
}

// The contents that sweeps of blobs must leave alone: of every template's frames, and of accounts' public pictures.
func TestKnownContents(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := context.Background()
		withTenants(t, db, "a", "b")
		one, two := strings.Repeat("ab", 32), strings.Repeat("cd", 32)
		tpl := &videosms.Template{ID: 800000001, Tenant: "a", CreatedAt: time.UnixMilli(0), Frames: []videosms.Frame{{Elements: []videosms.Element{{Type: "txt", Text: two}}},
			{Elements: []videosms.Element{{Type: "jpg", Media: &videosms.Media{Digest: one}}, {Type: "png", Var: "p_1"}}}}}
		if err := db.AddVideoTemplate(ctx, tpl); err != nil {
			t.Fatal(err)
		}
		if got, err := db.VideoDigests(ctx); err != nil || len(got) != 1 || !got[one] {
			t.Errorf("%v, %v", got, err)
		}
		exec(t, db, `INSERT INTO sa_media (id, tenant, file_type, file_name, content_type, size, width, height, digest, content, created_ms)
			VALUES ('1', 'a', '', '', '', 1, 1, 1, '`+two+`', '', 0), ('2', 'a', '', '', '', 1, 1, 1, '', 'sealed', 0)`)
		if got, err := db.KnownAccountMedia(ctx, []string{one, two}); err != nil || len(got) != 1 || !got[two] {
			t.Errorf("%v, %v", got, err)
		}
	})
}
