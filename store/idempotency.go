package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"cardlink/idempotency"
	"cardlink/identity"
)

var _ idempotency.Store = (*DB)(nil)

// ClaimCall implements idempotency.Store.
func (db *DB) ClaimCall(ctx context.Context, c idempotency.Claim) (got idempotency.Claimed, err error) {
	s, err := db.sealer(ctx, c.Tenant)
	if err != nil {
		return got, err
	}
	ref, sealed := s.Ref(c.Key), ""
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		// Twice: a row that is in the way may be swept or released before it is read.
		for range 2 {
			got, sealed = idempotency.Claimed{}, ""
			res, err := tx.ExecContext(ctx, `INSERT INTO idempotent_calls (tenant, op, key_ref, fingerprint, holder, until_ms, status, kind, answer, created_ms)
				VALUES ($1, $2, $3, $4, $5, $6, 0, '', '', $7) ON CONFLICT (tenant, op, key_ref) DO NOTHING`,
				c.Tenant, c.Op, ref, c.Fingerprint, c.Holder, c.Until.UnixMilli(), c.At.UnixMilli())
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil || n == 1 {
				return err
			}
			got, sealed, err = db.meetCall(ctx, tx, c, ref)
			if !errors.Is(err, sql.ErrNoRows) {
				return err
			}
		}
		got = idempotency.Claimed{State: idempotency.Running, Until: c.At} // others are at it
		return nil
	})
	if err != nil {
		return idempotency.Claimed{}, fmt.Errorf("claim an idempotency key: %w", err)
	}
	if got.State == idempotency.Answered {
		body, err := s.Open(sealed)
		if err != nil {
			return idempotency.Claimed{}, fmt.Errorf("open a kept answer: %w", err)
		}
		got.Answer.Body = []byte(body)
	}
	return got, nil
}

// meetCall reads the row that is in a claim's way and takes it over if it is too old or abandoned.
func (db *DB) meetCall(ctx context.Context, tx *sql.Tx, c idempotency.Claim, ref string) (got idempotency.Claimed, sealed string, err error) {
	var (
		fingerprint, holder string
		until, created      int64
	)
	err = tx.QueryRowContext(ctx, `SELECT fingerprint, holder, until_ms, status, kind, answer, created_ms FROM idempotent_calls c
		WHERE tenant = $1 AND op = $2 AND key_ref = $3`+db.dialect.lock("c", false), c.Tenant, c.Op, ref).
		Scan(&fingerprint, &holder, &until, &got.Answer.Status, &got.Answer.Type, &sealed, &created)
	if err != nil {
		return idempotency.Claimed{}, "", err
	}
	old := created < c.At.Add(-idempotency.Life).UnixMilli()
	switch {
	case old:
		created = c.At.UnixMilli()
	case fingerprint != c.Fingerprint:
		return idempotency.Claimed{State: idempotency.Reused}, "", nil
	case got.Answer.Status != 0:
		got.State = idempotency.Answered
		return got, sealed, nil
	case until > c.At.UnixMilli():
		return idempotency.Claimed{State: idempotency.Running, Until: time.UnixMilli(until)}, "", nil
	}
	_, err = tx.ExecContext(ctx, `UPDATE idempotent_calls SET fingerprint = $1, holder = $2, until_ms = $3, status = 0, kind = '', answer = '', created_ms = $4
		WHERE tenant = $5 AND op = $6 AND key_ref = $7`, c.Fingerprint, c.Holder, c.Until.UnixMilli(), created, c.Tenant, c.Op, ref)
	return idempotency.Claimed{State: idempotency.Fresh, Again: !old}, "", err
}

// AnswerCall implements idempotency.Store.
func (db *DB) AnswerCall(ctx context.Context, c idempotency.Claim, a idempotency.Answer) (kept bool, err error) {
	s, err := db.sealer(ctx, c.Tenant)
	if err != nil {
		return false, err
	}
	sealed := s.Seal(string(a.Body)) // before the transaction: it is the costly part
	n, err := db.endCall(ctx, s, c, `UPDATE idempotent_calls SET status = $5, kind = $6, answer = $7, until_ms = 0
		WHERE tenant = $1 AND op = $2 AND key_ref = $3 AND holder = $4 AND status = 0`, a.Status, a.Type, sealed)
	return n == 1, err
}

// ReleaseCall implements idempotency.Store.
func (db *DB) ReleaseCall(ctx context.Context, c idempotency.Claim, again bool) error {
	s, err := db.sealer(ctx, c.Tenant)
	if err != nil {
		return err
	}
	stmt := `DELETE FROM idempotent_calls WHERE tenant = $1 AND op = $2 AND key_ref = $3 AND holder = $4 AND status = 0`
	if again { // what an earlier call did is as unknown as before
		stmt = `UPDATE idempotent_calls SET until_ms = 0 WHERE tenant = $1 AND op = $2 AND key_ref = $3 AND holder = $4 AND status = 0`
	}
	_, err = db.endCall(ctx, s, c, stmt)
	return err
}

func (db *DB) endCall(ctx context.Context, s identity.Sealer, c idempotency.Claim, stmt string, args ...any) (n int64, err error) {
	args = append([]any{c.Tenant, c.Op, s.Ref(c.Key), c.Holder}, args...)
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, stmt, args...)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("end a call under an idempotency key: %w", err)
	}
	return n, nil
}

// SweepCalls implements idempotency.Store. A look on a read connection comes first, so that a quiet minute costs no write.
func (db *DB) SweepCalls(ctx context.Context, before time.Time, limit int) (swept int, err error) {
	var old int
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM idempotent_calls WHERE created_ms < $1 LIMIT 1) AS a`, before.UnixMilli()).
		Scan(&old); err != nil || old == 0 {
		return 0, err
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM idempotent_calls WHERE (tenant, op, key_ref) IN (
			SELECT tenant, op, key_ref FROM idempotent_calls WHERE created_ms < $1 ORDER BY created_ms LIMIT $2`+db.dialect.forUpdateSkipLocked+`)`,
			before.UnixMilli(), limit)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		swept = int(n)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("sweep idempotency keys: %w", err)
	}
	return swept, nil
}
