package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"cardlink/billing"
	"cardlink/event"
	"cardlink/fault"
)

var _ billing.Store = (*DB)(nil)

// CloseHours implements billing.Store.
func (db *DB) CloseHours(ctx context.Context, before time.Time) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx,
			`UPDATE billing_clock SET closed_before_ms = $1 WHERE id = 1 AND closed_before_ms < $1`, before.UnixMilli())
		return err
	})
}

const bucketColumns = `h.tenant, h.meter, h.kind, h.hour_ms, h.quantity, h.segments, h.rated,
	COALESCE((SELECT CAST(sum(e.quantity) AS BIGINT) FROM usage_hours e WHERE e.tenant = h.tenant AND e.meter = h.meter AND e.kind = h.kind
	          AND e.hour_ms >= h.month_ms AND e.hour_ms < h.hour_ms), 0),
	COALESCE((SELECT CAST(sum(e.segments) AS BIGINT) FROM usage_hours e WHERE e.tenant = h.tenant AND e.meter = h.meter AND e.kind = h.kind
	          AND e.hour_ms >= h.month_ms AND e.hour_ms < h.hour_ms), 0)`

// UnratedBuckets implements billing.Store.
func (db *DB) UnratedBuckets(ctx context.Context, after billing.Cursor, limit int) ([]billing.Bucket, error) {
	from := int64(-1)
	if !after.Hour.IsZero() {
		from = after.Hour.UnixMilli()
	}
	return db.buckets(ctx,
		`SELECT `+bucketColumns+` FROM usage_hours h
		 WHERE h.rated = 0 AND h.hour_ms < (SELECT closed_before_ms FROM billing_clock WHERE id = 1)
		   AND (h.hour_ms, h.tenant, h.meter, h.kind) > (CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT))
		 ORDER BY h.hour_ms, h.tenant, h.meter, h.kind LIMIT $5`, from, after.Tenant, string(after.Meter), after.Kind, limit)
}

// Buckets implements billing.Store.
func (db *DB) Buckets(ctx context.Context, tenant string, from, to time.Time) ([]billing.Bucket, error) {
	return db.buckets(ctx,
		`SELECT `+bucketColumns+` FROM usage_hours h WHERE h.tenant = $1 AND h.hour_ms >= $2 AND h.hour_ms < $3
		 ORDER BY h.hour_ms, h.meter, h.kind`, tenant, from.UnixMilli(), to.UnixMilli())
}

func (db *DB) buckets(ctx context.Context, query string, args ...any) ([]billing.Bucket, error) {
	rows, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list usage hours: %w", err)
	}
	defer rows.Close()
	var out []billing.Bucket
	for rows.Next() {
		var b billing.Bucket
		var hour int64
		if err := rows.Scan(&b.Tenant, &b.Meter, &b.Kind, &hour, &b.Quantity, &b.Segments, &b.Rated, &b.QuantityBefore, &b.SegmentsBefore); err != nil {
			return nil, fmt.Errorf("list usage hours: %w", err)
		}
		b.Hour = time.UnixMilli(hour).UTC()
		out = append(out, b)
	}
	return out, rows.Err()
}

// PostLines implements billing.Store.
func (db *DB) PostLines(ctx context.Context, lines []billing.Line) (posted int, err error) {
	arg, err := json.Marshal(lineRows(lines))
	if err != nil {
		return 0, err
	}
	facts := make(map[bucketKey]event.Record, len(lines))
	for _, l := range lines {
		r, err := l.Record()
		if err != nil {
			return 0, err
		}
		facts[bucketKey{l.Tenant, l.Item, l.Hour.UnixMilli()}] = r
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		news, err := insertLines(ctx, tx, db, string(arg))
		if err != nil {
			return err
		}
		posted = len(news)
		records := make([]event.Record, len(news))
		for i, k := range news {
			records[i] = facts[k]
		}
		if _, err := tx.ExecContext(ctx,
			`UPDATE usage_hours SET rated = 1 WHERE rated = 0 AND (tenant, meter, kind, hour_ms) IN
			 (SELECT value->>0, value->>1, value->>2, CAST(value->>3 AS BIGINT) FROM `+db.dialect.rows("$1")+`)`, string(arg)); err != nil {
			return err
		}
		return db.appendOutbox(ctx, tx, records)
	})
	if err != nil {
		return 0, fmt.Errorf("post lines: %w", err)
	}
	return posted, nil
}

func lineRows(lines []billing.Line) [][13]any {
	rows := make([][13]any, len(lines))
	for i, l := range lines {
		rows[i] = [13]any{l.Tenant, l.Meter, l.Kind, l.Hour.UnixMilli(), l.Revision, l.PlanVersion, l.Quantity,
			l.Exact.StringFixed(6), l.Amount.StringFixed(2), l.Currency, l.Reason, l.RatedAt.UnixMilli(), l.Key}
	}
	return rows
}

// insertLines returns the buckets of the lines that did not exist.
func insertLines(ctx context.Context, tx *sql.Tx, db *DB, arg string) ([]bucketKey, error) {
	rows, err := tx.QueryContext(ctx,
		`INSERT INTO rated_lines (tenant, meter, kind, hour_ms, revision, plan_version, quantity, exact, amount, currency, reason, rated_ms, order_key)
		 SELECT value->>0, value->>1, value->>2, CAST(value->>3 AS BIGINT), CAST(value->>4 AS INTEGER), value->>5, CAST(value->>6 AS BIGINT),
		        value->>7, value->>8, value->>9, value->>10, CAST(value->>11 AS BIGINT), value->>12
		 FROM `+db.dialect.rows("$1")+` WHERE true
		 ON CONFLICT (tenant, meter, kind, hour_ms, revision) DO NOTHING RETURNING tenant, meter, kind, hour_ms`, arg)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var news []bucketKey
	for rows.Next() {
		var k bucketKey
		if err := rows.Scan(&k.tenant, &k.Meter, &k.Kind, &k.hour); err != nil {
			return nil, err
		}
		news = append(news, k)
	}
	return news, rows.Err()
}

// Correct implements billing.Store.
func (db *DB) Correct(ctx context.Context, l billing.Line) (done billing.Line, err error) {
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		// The bucket's row is locked (PostgreSQL), so that two corrections get two revisions.
		lock := ""
		if db.dialect.name == postgres.name {
			lock = " FOR UPDATE"
		}
		var rated bool
		err := tx.QueryRowContext(ctx,
			`SELECT rated FROM usage_hours WHERE tenant = $1 AND meter = $2 AND kind = $3 AND hour_ms = $4`+lock,
			l.Tenant, string(l.Meter), l.Kind, l.Hour.UnixMilli()).Scan(&rated)
		if errors.Is(err, sql.ErrNoRows) || err == nil && !rated {
			return fault.Inf(fault.Parameter, "hour", "%s of %s is not on the ledger", l.Item, l.Hour.Format(time.RFC3339))
		}
		if err != nil {
			return err
		}
		if l.Key != "" {
			rows, err := tx.QueryContext(ctx, `SELECT `+lineColumns+` FROM rated_lines WHERE tenant = $1 AND order_key = $2 AND order_key <> ''`, l.Tenant, l.Key)
			kept, err := collect(rows, err, "look for a correction", scanLine(l.Tenant))
			if err != nil {
				return err
			}
			if len(kept) > 0 {
				done, err = kept[0].Again(l)
				return err
			}
		}
		done = l
		if err := tx.QueryRowContext(ctx,
			`SELECT max(revision) + 1, max(currency) FROM rated_lines WHERE tenant = $1 AND meter = $2 AND kind = $3 AND hour_ms = $4`,
			l.Tenant, string(l.Meter), l.Kind, l.Hour.UnixMilli()).Scan(&done.Revision, &done.Currency); err != nil {
			return err
		}
		arg, err := json.Marshal(lineRows([]billing.Line{done}))
		if err != nil {
			return err
		}
		if news, err := insertLines(ctx, tx, db, string(arg)); err != nil || len(news) != 1 {
			return errors.Join(err, fmt.Errorf("%d correction lines written, want 1", len(news)))
		}
		r, err := done.Record()
		if err != nil {
			return err
		}
		return db.appendOutbox(ctx, tx, []event.Record{r})
	})
	if isUnique(err) { // another hour's correction took the key at this moment
		err = fault.KeyReused()
	}
	if err != nil {
		return billing.Line{}, fmt.Errorf("correct: %w", err)
	}
	return done, nil
}

const lineColumns = `meter, kind, hour_ms, revision, plan_version, quantity, exact, amount, currency, reason, rated_ms, order_key`

func scanLine(tenant string) func(*billing.Line) ([]any, func() error) {
	return func(l *billing.Line) ([]any, func() error) {
		var hour, rated int64
		var exact, amount string
		return []any{&l.Meter, &l.Kind, &hour, &l.Revision, &l.PlanVersion, &l.Quantity, &exact, &amount, &l.Currency, &l.Reason, &rated, &l.Key}, func() error {
			var err1, err2 error
			l.Exact, err1 = decimal.NewFromString(exact)
			l.Amount, err2 = decimal.NewFromString(amount)
			l.Tenant, l.Hour, l.RatedAt = tenant, time.UnixMilli(hour).UTC(), time.UnixMilli(rated).UTC()
			return errors.Join(err1, err2)
		}
	}
}

// Lines implements billing.Store.
func (db *DB) Lines(ctx context.Context, tenant string, from, to time.Time) ([]billing.Line, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+lineColumns+` FROM rated_lines
		WHERE tenant = $1 AND hour_ms >= $2 AND hour_ms < $3 ORDER BY hour_ms, meter, kind, revision`, tenant, from.UnixMilli(), to.UnixMilli())
	return collect(rows, err, "list ledger lines", scanLine(tenant))
}

// Corrections implements billing.Store.
func (db *DB) Corrections(ctx context.Context, tenant string, from, to time.Time, limit int) ([]billing.Line, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+lineColumns+` FROM rated_lines
		WHERE tenant = $1 AND hour_ms >= $2 AND hour_ms < $3 AND revision > 0 ORDER BY hour_ms DESC, meter, kind, revision DESC LIMIT $4`,
		tenant, from.UnixMilli(), to.UnixMilli(), limit)
	return collect(rows, err, "list corrections", scanLine(tenant))
}
