package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"cardlink/callback"
)

var _ callback.Store = (*DB)(nil)

// States of callback_deliveries.
const (
	deliveryWaiting = 0
	deliveryDone    = 1
	deliveryDead    = 2
)

const endpointColumns = `id, tenant, url_type, url, remark, disabled, created_ms`

func scanEndpoint(row interface{ Scan(...any) error }) (e callback.Endpoint, err error) {
	var created int64
	err = row.Scan(&e.ID, &e.Tenant, &e.URLType, &e.URL, &e.Remark, &e.Disabled, &created)
	e.CreatedAt = time.UnixMilli(created).UTC()
	return e, err
}

// PutEndpoint implements callback.Store.
func (db *DB) PutEndpoint(ctx context.Context, e callback.Endpoint) (out callback.Endpoint, err error) {
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		out, err = putEndpoint(ctx, tx, e)
		return err
	})
	if err != nil {
		return callback.Endpoint{}, fmt.Errorf("put a callback address: %w", err)
	}
	return out, nil
}

func putEndpoint(ctx context.Context, tx *sql.Tx, e callback.Endpoint) (callback.Endpoint, error) {
	return scanEndpoint(tx.QueryRowContext(ctx,
		`INSERT INTO callbacks (id, tenant, url_type, url, remark, disabled, created_ms, updated_ms) VALUES ($1, $2, $3, $4, $5, '', $6, $6)
		 ON CONFLICT (tenant, url_type) DO UPDATE SET url = excluded.url, remark = excluded.remark, disabled = '', updated_ms = excluded.updated_ms
		 RETURNING `+endpointColumns, e.ID, e.Tenant, int(e.URLType), e.URL, e.Remark, e.CreatedAt.UnixMilli()))
}

// Endpoints implements callback.Store.
func (db *DB) Endpoints(ctx context.Context, tenant string) ([]callback.Endpoint, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+endpointColumns+` FROM callbacks WHERE tenant = $1 ORDER BY url_type`, tenant)
	if err != nil {
		return nil, fmt.Errorf("list callback addresses: %w", err)
	}
	defer rows.Close()
	var out []callback.Endpoint
	for rows.Next() {
		e, err := scanEndpoint(rows)
		if err != nil {
			return nil, fmt.Errorf("list callback addresses: %w", err)
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// Disable implements callback.Store.
func (db *DB) Disable(ctx context.Context, id, url, reason string, now time.Time) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE callbacks SET disabled = $3, updated_ms = $4 WHERE id = $1 AND url = $2`, id, url, reason, now.UnixMilli())
		return err
	})
}

// PutSigning implements callback.Store.
func (db *DB) PutSigning(ctx context.Context, tenant string, s callback.Signing, now time.Time) error {
	sealed := ""
	if s.Secret != "" {
		box, err := db.sealer(ctx, tenant)
		if err != nil {
			return err
		}
		sealed = box.Seal(s.Secret)
	}
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx,
			`INSERT INTO callback_signing (tenant, mode, access, secret, updated_ms) VALUES ($1, $2, $3, $4, $5)
			 ON CONFLICT (tenant) DO UPDATE SET mode = excluded.mode, access = excluded.access, secret = excluded.secret, updated_ms = excluded.updated_ms`,
			tenant, string(s.Mode), s.Access, sealed, now.UnixMilli())
		return err
	})
}

// Signing implements callback.Store.
func (db *DB) Signing(ctx context.Context, tenant string) (callback.Signing, error) {
	var s callback.Signing
	var sealed string
	err := db.read.QueryRowContext(ctx, `SELECT mode, access, secret FROM callback_signing WHERE tenant = $1`, tenant).Scan(&s.Mode, &s.Access, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return callback.Signing{}, nil
	}
	if err == nil && sealed != "" {
		box, err := db.sealer(ctx, tenant)
		if err != nil {
			return callback.Signing{}, err
		}
		if s.Secret, err = box.Open(sealed); err != nil {
			return callback.Signing{}, fmt.Errorf("open the callback secret: %w", err)
		}
	}
	if err != nil {
		return callback.Signing{}, fmt.Errorf("read callback signing: %w", err)
	}
	return s, nil
}
