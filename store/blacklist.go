package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"cardlink/dispatch"
	"cardlink/identity"
)

// Blacklist implements dispatch.OptOutStore.
func (db *DB) Blacklist(ctx context.Context, tenant string, f dispatch.BlacklistFilter) ([]dispatch.BlacklistEntry, int, error) {
	s, err := db.sealer(ctx, tenant)
	if err != nil {
		return nil, 0, err
	}
	var c conditions
	c.add("b.tenant = ?", tenant)
	if f.Phone != "" {
		c.add("b.phone_ref = ?", s.Ref(f.Phone))
	}
	c.equal("b.source", f.Source)
	c.span("b.created_ms", f.Added)
	return window(ctx, db, `b.phone, b.source, b.created_ms`, " FROM sms_blacklist b", "b.created_ms DESC, b.phone_ref DESC", &c, f.Page,
		func(e *dispatch.BlacklistEntry) ([]any, func() error) {
			var at int64
			return []any{&e.Phone, &e.Source, &at}, func() (err error) {
				e.AddedAt = fromMilli(at)
				if e.Phone, err = s.Open(e.Phone); err != nil {
					err = fmt.Errorf("open a number of the blacklist: %w", err)
				}
				return err
			}
		})
}

// AddToBlacklist implements dispatch.OptOutStore.
func (db *DB) AddToBlacklist(ctx context.Context, tenant string, phones []string, source string, now time.Time) (added int, err error) {
	s, err := db.sealer(ctx, tenant)
	if err != nil {
		return 0, err
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		added, err = db.block(ctx, tx, s, tenant, phones, source, now)
		return err
	})
	return added, err
}

// block puts numbers on a blacklist and counts those that were not on it.
func (db *DB) block(ctx context.Context, tx *sql.Tx, s identity.Sealer, tenant string, phones []string, source string, now time.Time) (int, error) {
	var rows rowBatch
	for _, p := range phones {
		rows.begin()
		rows.text(s.Ref(p)).text(s.Seal(p)).end()
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO sms_blacklist (tenant, phone_ref, phone, source, created_ms)
		SELECT CAST($2 AS TEXT), value->>0, value->>1, CAST($3 AS TEXT), CAST($4 AS BIGINT) FROM `+db.dialect.rows("$1")+`
		WHERE true ON CONFLICT DO NOTHING`, rows.arg(), tenant, source, now.UnixMilli())
	if err != nil {
		return 0, fmt.Errorf("add to the blacklist: %w", err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// RemoveFromBlacklist implements dispatch.OptOutStore.
func (db *DB) RemoveFromBlacklist(ctx context.Context, tenant string, phones []string) (removed int, err error) {
	s, err := db.sealer(ctx, tenant)
	if err != nil {
		return 0, err
	}
	var rows rowBatch
	for _, p := range phones {
		rows.begin()
		rows.text(s.Ref(p)).end()
	}
	return db.changed(ctx, `DELETE FROM sms_blacklist WHERE tenant = $1 AND phone_ref IN (SELECT value->>0 FROM `+db.dialect.rows("$2")+`)`, tenant, rows.arg())
}
