package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"cardlink/serviceaccount"
)

// putChanges writes lines of the change log in tx: new ones are added and get their ids, of the others the verdict is written, if they have none yet. A second
// change of a thing that has one in review is serviceaccount.ErrWaiting; a verdict on a line that has one is serviceaccount.ErrDecided.
// Since the id is written into the line, a transaction that may run again needs fresh lines each time.
func putChanges(ctx context.Context, tx *sql.Tx, lines []*serviceaccount.Change) error {
	for _, l := range lines {
		if l.ID != 0 {
			res, err := tx.ExecContext(ctx, `UPDATE sa_changes SET verdict = $2, words = $3, decided_ms = $4 WHERE id = $1 AND verdict = 1`,
				l.ID, l.Verdict, l.Words, millis(l.DecidedAt))
			if err != nil {
				return fmt.Errorf("write a verdict: %w", err)
			}
			if n, err := res.RowsAffected(); err != nil || n != 1 {
				return errors.Join(err, serviceaccount.ErrDecided)
			}
			continue
		}
		err := tx.QueryRowContext(ctx,
			`INSERT INTO sa_changes (tenant, kind, object_id, pub_id, user_id, reason, at_ms, old_body, new_body, verdict, words, decided_ms, urged, urged_ms)
			 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0) RETURNING id`,
			l.Tenant, l.Kind, l.ObjectID, l.PubID, l.User, l.Reason, millis(l.At), string(l.Before), string(l.After), l.Verdict, l.Words, millis(l.DecidedAt)).Scan(&l.ID)
		if isUnique(err) {
			return serviceaccount.ErrWaiting
		}
		if err != nil {
			return fmt.Errorf("write the change log: %w", err)
		}
	}
	return nil
}

const (
	changeColumns = `c.id, c.tenant, c.kind, c.object_id, c.pub_id, COALESCE(p.name, ''), c.user_id, c.reason, c.at_ms, c.old_body, c.new_body, c.verdict, c.words,
	c.decided_ms, c.urged, c.urged_ms`
	changeFrom = ` FROM sa_changes c LEFT JOIN sa_pubs p ON p.id = c.pub_id`
)

func scanChange(c *serviceaccount.Change) ([]any, func() error) {
	var (
		before, after      string
		at, decided, urged int64
	)
	return []any{&c.ID, &c.Tenant, &c.Kind, &c.ObjectID, &c.PubID, &c.PubName, &c.User, &c.Reason, &at, &before, &after, &c.Verdict, &c.Words, &decided, &c.Urged, &urged}, func() error {
		c.At, c.DecidedAt, c.UrgedAt = fromMillis(at), fromMillis(decided), fromMillis(urged)
		if before != "" {
			c.Before = []byte(before)
		}
		if after != "" {
			c.After = []byte(after)
		}
		return nil
	}
}

// Change implements serviceaccount.PubStore.
func (db *DB) Change(ctx context.Context, id int64) (serviceaccount.Change, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+changeColumns+changeFrom+` WHERE c.id = $1`, id)
	return only(rows, err, "read a change", scanChange, serviceaccount.ErrUnknown)
}

// Changes implements serviceaccount.PubStore.
func (db *DB) Changes(ctx context.Context, tenant, pubID string, limit int) ([]serviceaccount.Change, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+changeColumns+changeFrom+` WHERE c.tenant = $1 AND c.pub_id = $2 ORDER BY c.id DESC LIMIT $3`, tenant, pubID, limit)
	return collect(rows, err, "read the change log", scanChange)
}

// PendingChanges implements serviceaccount.PubStore.
func (db *DB) PendingChanges(ctx context.Context, kind string, limit int) ([]serviceaccount.Change, error) {
	var c conditions
	c.add("c.verdict = 1")
	c.equal("c.kind", kind)
	rows, err := db.read.QueryContext(ctx, `SELECT `+changeColumns+changeFrom+c.String()+` ORDER BY c.id LIMIT `+strconv.Itoa(max(limit, 0)), c.args...)
	return collect(rows, err, "read the changes in review", scanChange)
}

// UrgeChange implements serviceaccount.PubStore.
func (db *DB) UrgeChange(ctx context.Context, tenant, objectID string, at time.Time) (id int64, err error) {
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx,
			`UPDATE sa_changes SET urged = urged + 1, urged_ms = $3 WHERE id = (SELECT MAX(id) FROM sa_changes WHERE object_id = $2 AND tenant = $1) RETURNING id`,
			tenant, objectID, millis(at)).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return serviceaccount.ErrUnknown
		}
		return err
	})
	return id, err
}
