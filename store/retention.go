package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"cardlink/billing"
	"cardlink/event"
	"cardlink/videosms"
)

// Sweeps for package retention: each deletes what is older than a moment in one short transaction, some limit rows, and says how many. What was billable is counted into
// swept_facts in the same transaction, so that the books stay closed. Usage, the ledger and the audit log are kept for ever and have no sweep.

// countSwept adds to swept_facts. facts selects tenant and the usage row's fact_id (NULL: not on the books) of every billable fact that is about to be deleted.
func countSwept(ctx context.Context, tx *sql.Tx, meter billing.Meter, facts string, args ...any) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO swept_facts (tenant, meter, facts, billed)
		SELECT tenant, '`+string(meter)+`', count(*), count(booked) FROM (`+facts+`) AS f WHERE true GROUP BY tenant
		ON CONFLICT (tenant, meter) DO UPDATE SET facts = swept_facts.facts + excluded.facts, billed = swept_facts.billed + excluded.billed`, args...)
	if err != nil {
		return fmt.Errorf("count what is swept: %w", err)
	}
	return nil
}

// span is a thing to sweep with the ids first to last of what belongs to it.
type span struct {
	id, first, last int64
	rows            int
}

// oldest picks the oldest things of a query with the columns of span, which has $1 = before and $2 = limit: until they have limit rows together, at least one.
func oldest(ctx context.Context, db *DB, query string, before time.Time, limit int) ([]span, error) {
	rows, err := db.read.QueryContext(ctx, query, before.UnixMilli(), limit)
	found, err := collect(rows, err, "look for what is old", func(s *span) ([]any, func() error) {
		return []any{&s.id, &s.first, &s.last, &s.rows}, func() error { return nil }
	})
	if err != nil {
		return nil, err
	}
	n := 0
	for i := range found {
		if n += found[i].rows; n >= limit {
			return found[:i+1], nil
		}
	}
	return found, nil
}

// deletions runs statements and adds up the rows they delete.
func deletions(ctx context.Context, tx *sql.Tx, n *int, stmts []string, args ...any) error {
	for _, stmt := range stmts {
		res, err := tx.ExecContext(ctx, stmt, args...)
		if err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
		gone, err := res.RowsAffected()
		if err != nil {
			return err
		}
		*n += int(gone)
	}
	return nil
}

// SweepSends forgets send tasks accepted before a moment, each whole: its messages and their submits. A task with a message that is not final stays.
func (db *DB) SweepSends(ctx context.Context, before time.Time, limit int) (n int, err error) {
	tasks, err := oldest(ctx, db, `SELECT t.id, t.first_message, t.first_message + t.submissions - 1, 1 + t.sends FROM send_tasks t WHERE t.created_ms < $1 AND NOT EXISTS (
		SELECT 1 FROM messages m WHERE m.id >= t.first_message AND m.id < t.first_message + t.submissions AND m.task = t.id AND m.state < 10)
		ORDER BY t.created_ms, t.id LIMIT $2`, before, limit)
	if err != nil || len(tasks) == 0 {
		return 0, err
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		n = 0
		for _, t := range tasks {
			if err := countSwept(ctx, tx, billing.AimSend, `SELECT m.tenant AS tenant, u.fact_id AS booked FROM messages m JOIN send_tasks t ON t.id = m.task
				LEFT JOIN usage_facts u ON u.tenant = m.tenant AND u.source = '`+event.SourceDispatch+`' AND u.fact_id = 'rcp:' || t.uuid || '_' || CAST(m.id AS TEXT) || ':final'
				WHERE m.id >= $1 AND m.id <= $2 AND m.task = $3 AND m.state = 10`, t.first, t.last, t.id); err != nil {
				return err
			}
			if err := deletions(ctx, tx, &n, []string{`DELETE FROM submits WHERE id >= $1 AND id < $2`}, t.first<<16, (t.last+1)<<16); err != nil {
				return err
			}
			if err := deletions(ctx, tx, &n, []string{`DELETE FROM messages WHERE id >= $1 AND id <= $2 AND task = $3`}, t.first, t.last, t.id); err != nil {
				return err
			}
			if err := deletions(ctx, tx, &n, []string{`DELETE FROM send_tasks WHERE id = $1`}, t.id); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// SweepVideos forgets send tasks of video messages accepted before a moment, each whole: its messages and values. A task with a message that is not final stays.
func (db *DB) SweepVideos(ctx context.Context, before time.Time, limit int) (n int, err error) {
	tasks, err := oldest(ctx, db, `SELECT t.id, t.id, t.id + t.total - 1, 1 + t.total FROM vms_tasks t WHERE t.created_ms < $1 AND NOT EXISTS (
		SELECT 1 FROM vms_messages m WHERE m.id >= t.id AND m.id < t.id + t.total AND m.state < 10)
		ORDER BY t.created_ms, t.id LIMIT $2`, before, limit)
	if err != nil || len(tasks) == 0 {
		return 0, err
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		n = 0
		for _, t := range tasks {
			if err := countSwept(ctx, tx, billing.AimBasicSend, `SELECT m.tenant AS tenant, u.fact_id AS booked FROM vms_messages m JOIN vms_tasks t ON t.id = m.task
				LEFT JOIN usage_facts u ON u.tenant = m.tenant AND u.source = '`+event.SourceDispatch+`' AND u.fact_id = 'bas:' || t.uuid || ':' || m.phone_ref || ':final'
				WHERE m.id >= $1 AND m.id <= $2 AND m.state = 10`, t.first, t.last); err != nil {
				return err
			}
			if err := deletions(ctx, tx, &n, []string{`DELETE FROM vms_messages WHERE id >= $1 AND id <= $2`}, t.first, t.last); err != nil {
				return err
			}
			if err := deletions(ctx, tx, &n, []string{`DELETE FROM vms_values WHERE task = $1`, `DELETE FROM vms_tasks WHERE id = $1`}, t.id); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// SweepLinks forgets links that expired before a moment, with their resolutions, quotas and leases. A custom code stays taken for ever, as a row of its own
// (custom_codes): whoever kept the address must not meet another one's card there. Of a group link with more resolutions than limit, that many go at a time.
func (db *DB) SweepLinks(ctx context.Context, before time.Time, limit int) (n int, err error) {
	batches, err := oldest(ctx, db, `SELECT b.id, b.id, b.last_id, b.size FROM link_batches b WHERE b.expire_ms < $1 ORDER BY b.expire_ms, b.id LIMIT $2`, before, limit)
	if err != nil {
		return 0, err
	}
	for _, b := range batches {
		gone, err := db.sweepBatch(ctx, b, limit)
		if n += gone; err != nil || n >= limit {
			return n, err
		}
	}
	return n, nil
}

func (db *DB) sweepBatch(ctx context.Context, b span, limit int) (n int, err error) {
	const some = `SELECT r.id FROM resolutions r WHERE r.link_id >= $1 AND r.link_id <= $2 ORDER BY r.link_id, r.ordinal LIMIT $3`
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		n = 0
		if err := countSwept(ctx, tx, billing.AimParse, `SELECT b.tenant AS tenant, u.fact_id AS booked
			FROM resolutions r JOIN links l ON l.id = r.link_id JOIN link_batches b ON b.id = l.batch
			LEFT JOIN usage_facts u ON u.tenant = b.tenant AND u.source = '`+event.SourceEdge+`' AND u.fact_id = 'prs:' || b.domain || '/' || l.code || ':' || CAST(r.ordinal AS TEXT)
			WHERE r.ordinal > 0 AND r.id IN (`+some+`)`, b.first, b.last, limit); err != nil {
			return err
		}
		if err := deletions(ctx, tx, &n, []string{`DELETE FROM resolutions WHERE id IN (` + some + `)`}, b.first, b.last, limit); err != nil {
			return err
		}
		// The counters go with the first resolutions: afterwards they would tell of rows that are gone.
		of := ` WHERE link_id >= $1 AND link_id <= $2`
		stmts := []string{`DELETE FROM link_quota` + of, `DELETE FROM link_leases` + of, `DELETE FROM link_revocations` + of}
		if n < limit {
			stmts = append(stmts, `DELETE FROM links WHERE id >= $1 AND id <= $2`, `DELETE FROM link_batches WHERE id >= $1 AND id <= $2`)
		}
		return deletions(ctx, tx, &n, stmts, b.first, b.last)
	})
	return n, err
}

// SweepClicks forgets taps on service accounts.
func (db *DB) SweepClicks(ctx context.Context, before time.Time, limit int) (n int, err error) {
	const some = `SELECT tenant, fact_id FROM sa_clicks WHERE clicked_ms < $1 ORDER BY clicked_ms, tenant, fact_id LIMIT $2`
	if found, err := db.any(ctx, `FROM sa_clicks WHERE clicked_ms < $1`, before.UnixMilli()); err != nil || !found {
		return 0, err
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		n = 0
		if err := countSwept(ctx, tx, billing.MenuClick, `SELECT c.tenant AS tenant, u.fact_id AS booked FROM sa_clicks c
			LEFT JOIN usage_facts u ON u.tenant = c.tenant AND u.source = '`+event.SourceEdge+`' AND u.fact_id = c.fact_id
			WHERE c.billable = 1 AND (c.tenant, c.fact_id) IN (`+some+`)`, before.UnixMilli(), limit); err != nil {
			return err
		}
		return deletions(ctx, tx, &n, []string{`DELETE FROM sa_clicks WHERE (tenant, fact_id) IN (` + some + `)`}, before.UnixMilli(), limit)
	})
	return n, err
}

// SweepRevocations forgets that links were revoked, once every edge knows: the link itself stays revoked.
func (db *DB) SweepRevocations(ctx context.Context, before time.Time, limit int) (int, error) {
	return db.deleteRows(ctx, "link_revocations", "link_id", "at_ms < $1", limit, before.UnixMilli())
}

// SweepVideoUplinks forgets answers of handsets to video messages.
func (db *DB) SweepVideoUplinks(ctx context.Context, before time.Time, limit int) (int, error) {
	return db.deleteRows(ctx, "vms_uplinks", "id", "at_ms < $1", limit, before.UnixMilli())
}

// SweepPreviews forgets drafts whose preview ended before a moment.
func (db *DB) SweepPreviews(ctx context.Context, before time.Time, limit int) (int, error) {
	return db.deleteRows(ctx, "template_previews", "id", "expires_ms < $1", limit, before.UnixMilli())
}

// any reports whether a FROM … WHERE finds a row.
func (db *DB) any(ctx context.Context, from string, args ...any) (bool, error) {
	var n int
	err := db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 AS one `+from+` LIMIT 1) AS x`, args...).Scan(&n)
	return n > 0, err
}

// VideoDigests gives the digests of all contents that templates of video messages hold. It reads every template: it is for a sweep that comes once a day.
func (db *DB) VideoDigests(ctx context.Context) (map[string]bool, error) {
	out := make(map[string]bool)
	for after, last := int64(0), int64(-1); after != last; {
		last = after
		rows, err := db.read.QueryContext(ctx, `SELECT id, frames FROM vms_templates WHERE id > $1 ORDER BY id LIMIT 500`, after)
		type row struct {
			id     int64
			frames string
		}
		page, err := collect(rows, err, "read the contents of video templates", func(r *row) ([]any, func() error) {
			return []any{&r.id, &r.frames}, func() error { return nil }
		})
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			var frames []videosms.Frame
			if err := json.Unmarshal([]byte(r.frames), &frames); err != nil {
				return nil, fmt.Errorf("video template %d: %w", r.id, err)
			}
			for _, f := range frames {
				for _, e := range f.Elements {
					if e.Media != nil {
						out[e.Media.Digest] = true
					}
				}
			}
			after = r.id
		}
	}
	return out, nil
}

// KnownAccountMedia reports which of the digests are contents of service accounts' pictures.
func (db *DB) KnownAccountMedia(ctx context.Context, digests []string) (map[string]bool, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT digest FROM sa_media WHERE digest <> '' AND digest IN (SELECT value->>0 FROM `+db.dialect.rows("$1")+`)`, jsonColumn(digests))
	list, err := collect(rows, err, "look for pictures of service accounts", func(s *string) ([]any, func() error) {
		return []any{s}, func() error { return nil }
	})
	known := make(map[string]bool, len(list))
	for _, d := range list {
		known[d] = true
	}
	return known, err
}
