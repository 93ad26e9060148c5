package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cardlink/callback"
)

// Finish implements callback.Store.
func (db *DB) Finish(ctx context.Context, rs []callback.Result, now time.Time) error {
	if len(rs) == 0 {
		return nil
	}
	rows := make([][5]any, len(rs))
	for i, r := range rs {
		state := map[callback.Verdict]int{callback.Delivered: deliveryDone, callback.Again: deliveryWaiting, callback.Dead: deliveryDead}[r.Verdict]
		rows[i] = [5]any{r.Item.ID, r.Item.Attempts, state, r.Next.UnixMilli(), r.Text}
	}
	arg, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx,
			`UPDATE callback_deliveries SET state = CAST(value->>2 AS INTEGER), result = value->>4, claimed_by = '',
			        next_ms = CASE WHEN CAST(value->>2 AS INTEGER) = 0 THEN CAST(value->>3 AS BIGINT) ELSE next_ms END,
			        ended_ms = CASE WHEN CAST(value->>2 AS INTEGER) = 0 THEN 0 ELSE CAST($2 AS BIGINT) END
			 FROM `+db.dialect.rows("$1")+`
			 WHERE callback_deliveries.id = CAST(value->>0 AS BIGINT)
			   AND (state = 0 AND attempts = CAST(value->>1 AS INTEGER) OR state <> 1 AND CAST(value->>2 AS INTEGER) = 1)`,
			string(arg), now.UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("record %d attempts: %w", len(rs), err)
	}
	return nil
}

// GiveBack implements callback.Store.
func (db *DB) GiveBack(ctx context.Context, items []callback.Item, now time.Time) error {
	rows := make([][2]int64, len(items))
	for i, it := range items {
		rows[i] = [2]int64{it.ID, int64(it.Attempts)}
	}
	arg, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx,
			`UPDATE callback_deliveries SET attempts = attempts - 1, tries = tries - 1, next_ms = $2, claimed_by = ''
			 FROM `+db.dialect.rows("$1")+`
			 WHERE callback_deliveries.id = CAST(value->>0 AS BIGINT) AND state = 0 AND attempts = CAST(value->>1 AS INTEGER)`, string(arg), now.UnixMilli())
		return err
	})
}

// Release implements callback.Store.
func (db *DB) Release(ctx context.Context, holder string, now time.Time) (n int, err error) {
	return db.changed(ctx, `UPDATE callback_deliveries SET next_ms = $2, claimed_by = '' WHERE state = 0 AND claimed_by = $1 AND claimed_by <> ''`,
		holder, now.UnixMilli())
}

// BuryDisabled implements callback.Store.
func (db *DB) BuryDisabled(ctx context.Context, now time.Time, limit int) (int, error) {
	return db.changed(ctx,
		`UPDATE callback_deliveries SET state = 2, ended_ms = $1, claimed_by = '', result = 'the address is disabled' WHERE id IN (
		   SELECT d.id FROM callbacks c JOIN callback_deliveries d ON d.tenant = c.tenant AND d.url_type = c.url_type
		   WHERE c.disabled <> '' AND d.state = 0 LIMIT $2)`, now.UnixMilli(), limit)
}

// Purge implements callback.Store.
func (db *DB) Purge(ctx context.Context, delivered, dead time.Time, limit int) (int, error) {
	n := 0
	for state, before := range map[int]time.Time{deliveryDone: delivered, deliveryDead: dead} {
		gone, err := db.changed(ctx,
			`DELETE FROM callback_deliveries WHERE id IN (
			   SELECT id FROM callback_deliveries WHERE state <> 0 AND state = $1 AND ended_ms < $2 LIMIT $3)`, state, before.UnixMilli(), limit-n)
		if n += gone; err != nil {
			return n, err
		}
	}
	return n, nil
}

// DeadLetters implements callback.Store.
func (db *DB) DeadLetters(ctx context.Context, tenant string, limit int) ([]callback.DeadLetter, error) {
	rows, err := db.read.QueryContext(ctx,
		`SELECT id, url_type, kind, fact_id, attempts, result, ended_ms FROM callback_deliveries
		 WHERE tenant = $1 AND state = 2 ORDER BY ended_ms DESC, id DESC LIMIT $2`, tenant, limit)
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	defer rows.Close()
	var out []callback.DeadLetter
	for rows.Next() {
		var d callback.DeadLetter
		var died int64
		if err := rows.Scan(&d.ID, &d.URLType, &d.Kind, &d.FactID, &d.Attempts, &d.Result, &died); err != nil {
			return nil, fmt.Errorf("list dead letters: %w", err)
		}
		d.DiedAt = time.UnixMilli(died).UTC()
		out = append(out, d)
	}
	return out, rows.Err()
}

// replayRows bounds how many rows one transaction of a replay touches.
const replayRows = 5000

// Replay implements callback.Store.
func (db *DB) Replay(ctx context.Context, tenant string, t callback.URLType, ids []int64, now time.Time) (n int, err error) {
	where := ""
	if len(ids) > 0 {
		texts := make([]string, len(ids))
		for i, id := range ids {
			texts[i] = strconv.FormatInt(id, 10)
		}
		where = ` AND id IN (` + strings.Join(texts, ",") + `)` // numbers only
	}
	for {
		part, err := db.changed(ctx,
			`UPDATE callback_deliveries SET state = 0, tries = 0, next_ms = $3, ended_ms = 0 WHERE id IN (
			   SELECT id FROM callback_deliveries WHERE tenant = $1 AND url_type = $2 AND state = 2`+where+` LIMIT $4)`,
			tenant, int(t), now.UnixMilli(), replayRows)
		if n += part; err != nil || part < replayRows {
			return n, err
		}
	}
}

// changed runs one statement and counts the rows it touched.
func (db *DB) changed(ctx context.Context, stmt string, args ...any) (n int, err error) {
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, stmt, args...)
		if err != nil {
			return err
		}
		affected, err := res.RowsAffected()
		n = int(affected)
		return err
	})
	return n, err
}
