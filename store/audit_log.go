package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"cardlink/fault"
	"cardlink/identity"
)

// UseSignature implements identity.Store.
func (db *DB) UseSignature(ctx context.Context, made time.Time, signature int64, forget time.Time) (fresh bool, err error) {
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if !forget.IsZero() {
			if _, err := tx.ExecContext(ctx, `DELETE FROM used_signatures WHERE made_s < $1`, forget.Unix()); err != nil {
				return err
			}
		}
		res, err := tx.ExecContext(ctx,
			`INSERT INTO used_signatures (made_s, signature) VALUES ($1, $2) ON CONFLICT (made_s, signature) DO NOTHING`, made.Unix(), signature)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		fresh = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("remember a signature: %w", err)
	}
	return fresh, nil
}

// AddAuditEntry implements identity.Store.
func (db *DB) AddAuditEntry(ctx context.Context, e identity.Entry) error {
	return db.audited(ctx, e, func(context.Context, *sql.Tx) error { return nil })
}

// audited runs fn and appends e in one transaction.
func (db *DB) audited(ctx context.Context, e identity.Entry, fn func(context.Context, *sql.Tx) error) error {
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx,
			`INSERT INTO audit_log (tenant, at_ms, actor, action, object, remote, outcome) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			e.Tenant, e.At.UnixMilli(), e.Actor, e.Action, e.Object, e.Remote, e.Outcome)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s %s: %w", e.Action, e.Object, err)
	}
	return nil
}

// AuditEntries implements identity.Store.
func (db *DB) AuditEntries(ctx context.Context, tenant string, before int64, limit int) ([]identity.Entry, error) {
	rows, err := db.read.QueryContext(ctx,
		`SELECT id, tenant, at_ms, actor, action, object, remote, outcome FROM audit_log
		 WHERE tenant = $1 AND (CAST($2 AS BIGINT) = 0 OR id < CAST($2 AS BIGINT)) ORDER BY id DESC LIMIT $3`, tenant, before, limit)
	return collect(rows, err, "list the audit log", func(e *identity.Entry) ([]any, func() error) {
		var at int64
		return []any{&e.ID, &e.Tenant, &at, &e.Actor, &e.Action, &e.Object, &e.Remote, &e.Outcome}, func() error {
			e.At = time.UnixMilli(at).UTC()
			return nil
		}
	})
}

// collect reads all rows of a query that was bounded by its caller. scan gives the destinations of one value's columns and what is to be
// done once they are filled.
func collect[T any](rows *sql.Rows, err error, doing string, scan func(*T) (into []any, finish func() error)) ([]T, error) {
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var v T
		into, finish := scan(&v)
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("%s: %w", doing, err)
		}
		if err := finish(); err != nil {
			return nil, fmt.Errorf("%s: %w", doing, err)
		}
		all = append(all, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	return all, nil
}

// flagInt reads an INTEGER column of 0 or 1 into a bool.
type flagInt bool

// Scan implements sql.Scanner.
func (f *flagInt) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a flag column holds a %T", v)
	}
	*f = n != 0
	return nil
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// milli is Unix milliseconds, 0 for the zero time.
func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMilli(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// taken turns a violated key into what identity calls it.
func taken(err error) error {
	if isUnique(err) {
		return &fault.Error{Code: identity.ErrExists.Code, Field: identity.ErrExists.Field, Rule: identity.ErrExists.Rule, Err: err}
	}
	return err
}

func unknown(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return identity.ErrUnknown
	}
	return err
}

// one demands that a change met its row.
func one(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return identity.ErrUnknown
	}
	return err
}
