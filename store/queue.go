package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"cardlink/dispatch"
	"cardlink/identity"
)

var _ dispatch.Queue = (*DB)(nil)

// Statements on messages spell their state out ("state = 0", "state > 0 AND state < 10"): the partial indexes are used only then.

// lock ends a SELECT that locks rows of one table for this transaction; on SQLite the writer is alone.
func (d dialect) lock(table string, skip bool) string {
	switch {
	case d.forUpdateSkipLocked == "":
		return ""
	case skip:
		return " FOR UPDATE OF " + table + " SKIP LOCKED"
	}
	return " FOR UPDATE OF " + table
}

// OpenOwner implements dispatch.Queue.
func (db *DB) OpenOwner(ctx context.Context, node string, now time.Time, ttl time.Duration) (int64, error) {
	owner, err := db.LeaseIDs(ctx, "dispatch_owners", 1, 1)
	if err != nil {
		return 0, err
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		// A day is kept of what is dead, so that nobody's clock makes a live worker vanish.
		if _, err := tx.ExecContext(ctx, `DELETE FROM dispatch_owners WHERE node = $1 OR until_ms < $2`, node, now.Add(-24*time.Hour).UnixMilli()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO dispatch_owners (id, node, until_ms) VALUES ($1, $2, $3)`, owner, node, now.Add(ttl).UnixMilli())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("register dispatcher %s: %w", node, err)
	}
	return owner, nil
}

// RenewOwner implements dispatch.Queue.
func (db *DB) RenewOwner(ctx context.Context, owner int64, now time.Time, ttl time.Duration) (held bool, err error) {
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE dispatch_owners SET until_ms = $1 WHERE id = $2 AND until_ms >= $3`,
			now.Add(ttl).UnixMilli(), owner, now.UnixMilli())
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		held = n == 1
		return err
	})
	return held, err
}

// CloseOwner implements dispatch.Queue.
func (db *DB) CloseOwner(ctx context.Context, owner int64) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM dispatch_owners WHERE id = $1`, owner)
		return err
	})
}

// QueuedRoutes implements dispatch.Queue. It hops through the index from route to route.
func (db *DB) QueuedRoutes(ctx context.Context) ([]string, error) {
	rows, err := db.read.QueryContext(ctx, `WITH RECURSIVE hop(route) AS (
			SELECT MIN(route) FROM messages WHERE state = 0
			UNION ALL
			SELECT (SELECT MIN(m.route) FROM messages m WHERE m.state = 0 AND m.route > hop.route) FROM hop WHERE hop.route IS NOT NULL)
		SELECT route FROM hop WHERE route IS NOT NULL`)
	return collect(rows, err, "find queued routes", func(s *string) ([]any, func() error) {
		return []any{s}, func() error { return nil }
	})
}

// DueTenants implements dispatch.Queue. It hops through the index from tenant to tenant, so its cost is the number of tenants, not of
// messages. A tenant whose messages are all due later is left out.
func (db *DB) DueTenants(ctx context.Context, route string, class dispatch.Class, after string, now time.Time, limit int) ([]string, error) {
	scan := func(after string, limit int) ([]string, error) {
		rows, err := db.read.QueryContext(ctx, `WITH RECURSIVE hop(tenant) AS (
				SELECT MIN(tenant) FROM messages WHERE state = 0 AND route = $1 AND class = $2 AND tenant > $3
				UNION ALL
				SELECT (SELECT MIN(m.tenant) FROM messages m WHERE m.state = 0 AND m.route = $1 AND m.class = $2 AND m.tenant > hop.tenant)
				FROM hop WHERE hop.tenant IS NOT NULL)
			SELECT tenant FROM hop WHERE tenant IS NOT NULL AND EXISTS (
				SELECT 1 FROM messages m WHERE m.state = 0 AND m.route = $1 AND m.class = $2 AND m.tenant = hop.tenant AND m.due_ms <= $4)
			LIMIT $5`, route, int64(class), after, now.UnixMilli(), limit)
		return collect(rows, err, "find due tenants", func(s *string) ([]any, func() error) {
			return []any{s}, func() error { return nil }
		})
	}
	first, err := scan(after, limit)
	if err != nil || len(first) == limit || after == "" {
		return first, err
	}
	rest, err := scan("", limit-len(first))
	for i, t := range rest { // the circle closes where it began
		if t > after {
			rest = rest[:i]
			break
		}
	}
	return append(first, rest...), err
}

// ClaimMessages implements dispatch.Queue.
func (db *DB) ClaimMessages(ctx context.Context, c dispatch.Claim) ([]dispatch.Waiting, error) {
	sealers := make(map[string]identity.Sealer, len(c.Tenants))
	for _, t := range c.Tenants {
		s, err := db.sealer(ctx, t)
		if err != nil {
			return nil, err
		}
		sealers[t] = s
	}
	var claimed []dispatch.Waiting
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		claimed = nil
		for _, tenant := range c.Tenants {
			ws, err := db.claimTenant(ctx, tx, c, tenant)
			if err != nil {
				return err
			}
			claimed = append(claimed, ws...)
		}
		return db.fillTasks(ctx, tx, claimed)
	})
	if err != nil {
		return nil, fmt.Errorf("claim messages: %w", err)
	}
	for i := range claimed {
		to, err := openRecipient(sealers[claimed[i].Tenant], claimed[i].Text)
		if err != nil {
			return nil, fmt.Errorf("message %d: %w", claimed[i].ID, err)
		}
		claimed[i].Phone, claimed[i].Text = to.phone, to.text
	}
	return claimed, nil
}

// claimTenant claims for one tenant; Text is still the sealed recipient.
func (db *DB) claimTenant(ctx context.Context, tx *sql.Tx, c dispatch.Claim, tenant string) ([]dispatch.Waiting, error) {
	rows, err := tx.QueryContext(ctx, `UPDATE messages SET state = 1, owner = $1, due_ms = $2 WHERE id IN (
			SELECT id FROM messages WHERE state = 0 AND route = $3 AND class = $4 AND tenant = $5 AND due_ms <= $2 ORDER BY due_ms LIMIT $6`+
		db.dialect.forUpdateSkipLocked+`)
		RETURNING id, tenant, task, phone_ref, recipient, carrier, class, route, home, segments, tries, attempts, maybe_dup, avoid, expire_ms, link`,
		c.Owner, c.Now.UnixMilli(), c.Route, int64(c.Class), tenant, c.PerTenant)
	ws, err := collect(rows, err, "claim", func(w *dispatch.Waiting) ([]any, func() error) {
		var expire, link int64
		return []any{&w.ID, &w.Tenant, &w.Task, &w.PhoneRef, &w.Text, &w.Carrier, &w.Class, &w.Route, &w.Home, &w.Segments, &w.Tries, &w.Attempts,
				(*flagInt)(&w.MaybeDup), &w.Avoid, &expire, &link}, func() error {
				w.ExpireAt, w.WithLink = fromMilli(expire), link != 0
				return nil
			}
	})
	// RETURNING keeps no order; ids do.
	slices.SortFunc(ws, func(a, b dispatch.Waiting) int { return cmp.Compare(a.ID, b.ID) })
	return ws, err
}

// fillTasks adds what the messages share with their tasks.
func (db *DB) fillTasks(ctx context.Context, tx *sql.Tx, ws []dispatch.Waiting) error {
	if len(ws) == 0 {
		return nil
	}
	byTask := make(map[int64]*dispatch.SendTask)
	var want []int64
	for i := range ws {
		if byTask[ws[i].Task] == nil {
			byTask[ws[i].Task] = &dispatch.SendTask{}
			want = append(want, ws[i].Task)
		}
	}
	rows, err := tx.QueryContext(ctx, `SELECT t.id, t.uuid, t.kind, t.number, t.sms_tpl_id, t.sms_sign, t.tpl_id, t.request FROM send_tasks t
		WHERE t.id IN (SELECT CAST(value->>0 AS BIGINT) FROM `+db.dialect.rows("$1")+`)`, ids(want))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var t dispatch.SendTask
		if err := rows.Scan(&t.ID, &t.UUID, &t.Kind, &t.Number, &t.SMSTplID, &t.Sign, &t.TplID, &t.Request); err != nil {
			return err
		}
		*byTask[t.ID] = t
	}
	for i := range ws {
		t, w := byTask[ws[i].Task], &ws[i]
		w.TaskUUID, w.Request, w.Kind, w.Number, w.SMSTplID, w.Sign, w.TplID = t.UUID, t.Request, t.Kind, t.Number, t.SMSTplID, t.Sign, t.TplID
	}
	return rows.Err()
}

// ReleaseMessages implements dispatch.Queue.
func (db *DB) ReleaseMessages(ctx context.Context, owner int64, messages []dispatch.Held) error {
	var rows rowBatch
	for _, m := range messages {
		rows.begin()
		rows.int(m.ID).int(int64(m.Tries)).end()
	}
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE messages SET state = 0, owner = 0, route = home, tries = v.tries
			FROM (SELECT CAST(value->>0 AS BIGINT) AS mid, CAST(value->>1 AS INTEGER) AS tries FROM `+db.dialect.rows("$1")+`) AS v
			WHERE messages.id = v.mid AND messages.state = 1 AND messages.owner = $2`, rows.arg(), owner)
		return err
	})
}
