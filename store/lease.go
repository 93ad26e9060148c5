package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// LeaseIDs takes a block of n consecutive ids of a sequence and returns the first; ids start at from. A block belongs to its taker for
// ever: after a crash the unused rest is simply skipped.
func (db *DB) LeaseIDs(ctx context.Context, sequence string, from, n int64) (first int64, err error) {
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return tx.QueryRowContext(ctx,
			`INSERT INTO id_blocks (name, next) VALUES ($1, CAST($2 AS BIGINT) + CAST($3 AS BIGINT))
			 ON CONFLICT (name) DO UPDATE SET next = id_blocks.next + CAST($3 AS BIGINT)
			 RETURNING next - CAST($3 AS BIGINT)`, sequence, from, n).Scan(&first)
	})
	if err != nil {
		return 0, fmt.Errorf("lease %d ids of %s: %w", n, sequence, err)
	}
	return first, nil
}

// Hold makes holder the holder of name until now+ttl, if it already is or if nobody is. It reports whether holder holds it.
// Callers renew well before ttl ends and stop working when they cannot.
func (db *DB) Hold(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (held bool, err error) {
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx,
			`INSERT INTO leases (name, holder, until_ms) VALUES ($1, $2, $3)
			 ON CONFLICT (name) DO UPDATE SET holder = $2, until_ms = $3
			 WHERE leases.holder = $2 OR leases.until_ms < $4`,
			name, holder, now.Add(ttl).UnixMilli(), now.UnixMilli())
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		held = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("hold %s: %w", name, err)
	}
	return held, nil
}
