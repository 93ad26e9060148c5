package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cardlink/dispatch"
	"cardlink/fault"
)

var _ dispatch.Store = (*DB)(nil)

// AddApp implements dispatch.Store.
func (db *DB) AddApp(ctx context.Context, a dispatch.App) error {
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO sms_apps (id, tenant, name, name_key, status, uplink, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			a.ID, a.Tenant, a.Name, strings.ToLower(a.Name), a.Status, a.UplinkURL, a.CreatedAt.UnixMilli())
		return err
	})
	if isUnique(err) {
		return &fault.Error{Code: fault.Parameter, Field: "app_name", Rule: "exists already", Err: err}
	}
	if err != nil {
		return fmt.Errorf("add an SMS application: %w", err)
	}
	return nil
}

// UpdateApp implements dispatch.Store.
func (db *DB) UpdateApp(ctx context.Context, a dispatch.App) error {
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE sms_apps SET name = $3, name_key = $4, uplink = $5 WHERE tenant = $1 AND id = $2`,
			a.Tenant, a.ID, a.Name, strings.ToLower(a.Name), a.UplinkURL)
		if err := oneRow(res, err, dispatch.ErrNoRow); err != nil {
			return err
		}
		return moveReplyAddress(ctx, tx, a)
	})
	if isUnique(err) {
		return &fault.Error{Code: fault.Parameter, Field: "app_name", Rule: "exists already", Err: err}
	}
	if err != nil {
		return fmt.Errorf("update an SMS application: %w", err)
	}
	return nil
}

// SetAppStatus implements dispatch.Store.
func (db *DB) SetAppStatus(ctx context.Context, tenant, id, status string) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE sms_apps SET status = $3 WHERE tenant = $1 AND id = $2`, tenant, id, status)
		return oneRow(res, err, dispatch.ErrNoRow)
	})
}

// oneRow says what a statement that must touch one row did not find.
func oneRow(res sql.Result, err, none error) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		err = none
	}
	return err
}

const appColumns = `id, tenant, name, status, uplink, created_ms`

func scanApp(a *dispatch.App) ([]any, func() error) {
	var created int64
	return []any{&a.ID, &a.Tenant, &a.Name, &a.Status, &a.UplinkURL, &created}, func() error {
		a.CreatedAt = fromMilli(created)
		return nil
	}
}

// App implements dispatch.Store.
func (db *DB) App(ctx context.Context, tenant, id string) (dispatch.App, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+appColumns+` FROM sms_apps WHERE tenant = $1 AND id = $2`, tenant, id)
	return only(rows, err, "read an SMS application", scanApp, dispatch.ErrNoRow)
}

// only reads the one row of a query, or says that there is none.
func only[T any](rows *sql.Rows, err error, doing string, scan func(*T) ([]any, func() error), none error) (T, error) {
	all, err := collect(rows, err, doing, scan)
	if err == nil && len(all) == 0 {
		err = none
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return all[0], nil
}

// window counts the rows of a list and reads one page of it. from begins with " FROM".
func window[T any](ctx context.Context, db *DB, columns, from, order string, c *conditions, p dispatch.Page, scan func(*T) ([]any, func() error)) ([]T, int, error) {
	var total int
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*)`+from+c.String(), c.args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count%s: %w", from, err)
	}
	if p.Offset >= total || p.Limit < 1 {
		return nil, total, nil
	}
	n := len(c.args)
	rows, err := db.read.QueryContext(ctx, `SELECT `+columns+from+c.String()+` ORDER BY `+order+
		` LIMIT $`+strconv.Itoa(n+1)+` OFFSET $`+strconv.Itoa(n+2), append(c.args[:n:n], p.Limit, p.Offset)...)
	all, err := collect(rows, err, "list"+from, scan)
	return all, total, err
}

// span adds a range of a column of milliseconds.
func (c *conditions) span(column string, s dispatch.Span) {
	if !s.From.IsZero() {
		c.add(column+" >= ?", s.From.UnixMilli())
	}
	if !s.To.IsZero() {
		c.add(column+" <= ?", s.To.UnixMilli())
	}
}

// equal adds a condition unless the value is empty.
func (c *conditions) equal(column, value string) {
	if value != "" {
		c.add(column+" = ?", value)
	}
}

// part adds "column contains value" unless the value is empty.
func (c *conditions) part(column, value string) {
	if value != "" {
		c.contains(column, value)
	}
}

// Apps implements dispatch.Store.
func (db *DB) Apps(ctx context.Context, tenant string, f dispatch.AppFilter) ([]dispatch.App, int, error) {
	var c conditions
	c.add("tenant = ?", tenant)
	c.part("name", f.Name)
	c.equal("status", f.Status)
	c.span("created_ms", f.Created)
	return window(ctx, db, appColumns, " FROM sms_apps", "created_ms DESC, id DESC", &c, f.Page, scanApp)
}

// Idempotent implements dispatch.Store.
func (db *DB) Idempotent(ctx context.Context, tenant, op, key string) (dispatch.Idempotent, bool, error) {
	s, err := db.sealer(ctx, tenant)
	if err != nil {
		return dispatch.Idempotent{}, false, err
	}
	kept := dispatch.Idempotent{Key: key}
	var answer string
	err = db.read.QueryRowContext(ctx, `SELECT body_hash, answer FROM idempotency WHERE tenant = $1 AND op = $2 AND ikey = $3`, tenant, op, key).
		Scan(&kept.BodyHash, &answer)
	if errors.Is(err, sql.ErrNoRows) {
		return dispatch.Idempotent{}, false, nil
	}
	if err != nil {
		return dispatch.Idempotent{}, false, fmt.Errorf("read a kept answer: %w", err)
	}
	clear, err := s.Open(answer)
	kept.Answer = []byte(clear)
	return kept, err == nil, err
}

// idempotencyLife is how long answers are kept (api.md D-41).
const idempotencyLife = 72 * time.Hour
