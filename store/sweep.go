package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"cardlink/dispatch"
)

// SweepMessages implements dispatch.Queue. A look on a read connection comes first, so that a quiet second costs no write.
func (db *DB) SweepMessages(ctx context.Context, now time.Time, limit int) (dispatch.Tally, error) {
	var tally dispatch.Tally
	var due, stray, old int
	ms := now.UnixMilli()
	err := db.read.QueryRowContext(ctx, `SELECT
		(SELECT COUNT(*) FROM (SELECT 1 FROM messages WHERE state > 0 AND state < 10 AND state IN (2, 3, 4) AND due_ms <= $1 LIMIT 1) AS a),
		(SELECT COUNT(*) FROM (SELECT 1 FROM stray_receipts WHERE kind = 'parked' LIMIT 1) AS b),
		(SELECT COUNT(*) FROM (SELECT 1 FROM stray_receipts WHERE kind = 'orphan' AND at_ms < $2 LIMIT 1) AS c) +
		(SELECT COUNT(*) FROM (SELECT 1 FROM stray_receipts WHERE kind IN ('late', 'conflict') AND at_ms < $3 LIMIT 1) AS d) +
		(SELECT COUNT(*) FROM (SELECT 1 FROM idempotency WHERE created_ms < $4 LIMIT 1) AS e) +
		(SELECT COUNT(*) FROM (SELECT 1 FROM replies WHERE state = 1 AND at_ms < $5 LIMIT 1) AS f) +
		(SELECT COUNT(*) FROM (SELECT 1 FROM sms_replies WHERE at_ms < $6 LIMIT 1) AS g)`,
		ms, now.Add(-orphanLife).UnixMilli(), now.Add(-oddLife).UnixMilli(), now.Add(-idempotencyLife).UnixMilli(),
		now.Add(-dispatch.ReplyRepeat).UnixMilli(), now.Add(-dispatch.ReplyLife).UnixMilli()).Scan(&due, &stray, &old)
	if err != nil {
		return tally, fmt.Errorf("look for work: %w", err)
	}
	if due > 0 {
		if err := db.sweepDue(ctx, now, limit, &tally); err != nil {
			return tally, err
		}
	}
	if stray > 0 {
		if err := db.sweepParked(ctx, now, limit, &tally); err != nil {
			return tally, err
		}
	}
	if old > 0 {
		err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
			for stmt, before := range map[string]time.Time{
				`DELETE FROM stray_receipts WHERE id IN (SELECT id FROM stray_receipts WHERE kind = 'orphan' AND at_ms < $1 LIMIT $2)`:              now.Add(-orphanLife),
				`DELETE FROM stray_receipts WHERE id IN (SELECT id FROM stray_receipts WHERE kind IN ('late', 'conflict') AND at_ms < $1 LIMIT $2)`: now.Add(-oddLife),
				`DELETE FROM idempotency WHERE (tenant, op, ikey) IN (SELECT tenant, op, ikey FROM idempotency WHERE created_ms < $1 LIMIT $2)`:     now.Add(-idempotencyLife),
			} {
				if _, err := tx.ExecContext(ctx, stmt, before.UnixMilli(), limit); err != nil {
					return err
				}
			}
			return db.sweepReplies(ctx, tx, now, limit)
		})
	}
	return tally, err
}

// sweepDue queues doubtful notifications again and times out messages without receipt.
func (db *DB) sweepDue(ctx context.Context, now time.Time, limit int, tally *dispatch.Tally) error {
	var did dispatch.Tally
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		did = dispatch.Tally{}
		res, err := tx.ExecContext(ctx, `UPDATE messages SET state = 0, due_ms = $1, maybe_dup = 1, owner = 0, route = home WHERE id IN (
			SELECT id FROM messages WHERE state > 0 AND state < 10 AND state = 4 AND due_ms <= $1 ORDER BY due_ms LIMIT $2`+db.dialect.forUpdateSkipLocked+`)`,
			now.UnixMilli(), limit)
		if err != nil {
			return fmt.Errorf("queue doubtful messages: %w", err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		did.Resent = int(n)
		rows, err := tx.QueryContext(ctx, `SELECT `+openColumns+` FROM messages m CROSS JOIN send_tasks t
			WHERE m.state > 0 AND m.state < 10 AND m.state IN (2, 3) AND m.due_ms <= $1 AND t.id = m.task ORDER BY m.due_ms LIMIT $2`+db.dialect.lock("m", true),
			now.UnixMilli(), limit)
		late, err := collect(rows, err, "find messages without receipt", scanOpen)
		if err != nil {
			return err
		}
		for i := range late {
			late[i].next = dispatch.Verdict{State: dispatch.TimedOut, Code: dispatch.CodeTimeout}
		}
		return db.finish(ctx, tx, late, now, &did)
	})
	if err != nil {
		return err
	}
	tally.Add(did)
	return nil
}

// sweepParked gives parked receipts another chance: the submit's row may have come from another node at the same moment; after AdoptAfter a
// receipt may belong to the one doubtful message of its channel and number, whose answer was lost; after ParkLimit it is an orphan.
func (db *DB) sweepParked(ctx context.Context, now time.Time, limit int, tally *dispatch.Tally) error {
	var did dispatch.Tally
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		did = dispatch.Tally{}
		rows, err := tx.QueryContext(ctx, `DELETE FROM stray_receipts WHERE id IN (
				SELECT p.id FROM stray_receipts p WHERE p.kind = 'parked' AND EXISTS (
					SELECT 1 FROM submits s WHERE s.channel = p.channel AND s.carrier_id = p.carrier_id AND s.carrier_id IS NOT NULL) LIMIT $1)
			RETURNING `+strayColumns, limit)
		known, err := collect(rows, err, "match parked receipts", scanStray)
		if err != nil {
			return err
		}
		adopted, err := db.adopt(ctx, tx, now, limit)
		if err != nil {
			return err
		}
		did.Adopted = len(adopted)
		if err := db.applyReceipts(ctx, tx, append(known, adopted...), nil, now, &did); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `UPDATE stray_receipts SET kind = 'orphan' WHERE kind = 'parked' AND at_ms < $1`, now.Add(-dispatch.ParkLimit).UnixMilli())
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		did.Orphan = int(n)
		return err
	})
	if err != nil {
		return fmt.Errorf("sweep parked receipts: %w", err)
	}
	tally.Add(did)
	return nil
}

// adopt finds parked receipts that can only be about one ambiguous part, and gives that part the receipt's id.
func (db *DB) adopt(ctx context.Context, tx *sql.Tx, now time.Time, limit int) ([]receipt, error) {
	rows, err := tx.QueryContext(ctx, `SELECT p.id, MIN(s.id), COUNT(*) FROM (
			SELECT id, channel, dest_ref FROM stray_receipts WHERE kind = 'parked' AND at_ms <= $1 AND dest_ref <> '' ORDER BY at_ms LIMIT $2) AS p
		CROSS JOIN messages m CROSS JOIN submits s
		WHERE m.state > 0 AND m.state < 10 AND m.state IN (3, 4) AND m.channel = p.channel
			AND s.id >= m.id * 65536 AND s.id < (m.id + 1) * 65536 AND s.state = 4 AND s.channel = p.channel AND s.dest_ref = p.dest_ref
		GROUP BY p.id`, now.Add(-dispatch.AdoptAfter).UnixMilli(), limit)
	type match struct{ stray, key, count int64 }
	matches, err := collect(rows, err, "find ambiguous parts of receipts", func(m *match) ([]any, func() error) {
		return []any{&m.stray, &m.key, &m.count}, func() error { return nil }
	})
	if err != nil {
		return nil, err
	}
	var out []receipt
	used := make(map[int64]bool)
	for _, m := range matches {
		if m.count != 1 || used[m.key] { // two messages to one number: which is it?
			continue
		}
		used[m.key] = true
		rows, err := tx.QueryContext(ctx, `DELETE FROM stray_receipts WHERE id = $1 RETURNING `+strayColumns, m.stray)
		got, err := collect(rows, err, "adopt a receipt", scanStray)
		if err != nil {
			return nil, err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE submits SET state = 1, carrier_id = $1 WHERE id = $2`, got[0].carrierID, m.key); err != nil {
			return nil, err
		}
		out = append(out, got...)
	}
	return out, nil
}
