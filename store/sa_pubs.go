package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"cardlink/serviceaccount"
)

var _ serviceaccount.PubStore = (*DB)(nil)

// AddAccount implements serviceaccount.PubStore.
func (db *DB) AddAccount(ctx context.Context, e *serviceaccount.Edit) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		p, m, h := &e.Pub, &e.Menu, &e.Portal
		for _, l := range e.Lines {
			l.ID = 0 // given by a run of this function that came to nothing
		}
		if err := takeName(ctx, tx, p); err != nil {
			return err
		}
		r, err := accountRow(&e.Account)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx,
			`INSERT INTO sa_pubs (id, tenant, name, name_key, remark, industry, pending_key, pending_remark, body, pending, frozen, version, approve_state, reason, creator,
			   online_ms, oper_ms, created_ms)
			 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
			p.ID, p.Tenant, p.Name, r.nameKey, p.Remark, p.Industry, r.pendingKey, r.pendingRemark, r.pub.body, r.pub.pending, bit(p.Frozen), p.Version, p.ApproveState,
			p.Reason, p.Creator, millis(p.OnlineAt), millis(p.OperAt), millis(p.CreatedAt)); err != nil {
			return fmt.Errorf("add a service account: %w", err)
		}
		if _, err := tx.ExecContext(ctx,
			`INSERT INTO sa_menus (id, pub_id, tenant, names, body, pending, version, approve_state, reason, creator, online_ms, oper_ms, created_ms)
			 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			m.ID, p.ID, p.Tenant, r.names, r.menu.body, r.menu.pending, m.Version, m.ApproveState, m.Reason, m.Creator, millis(m.OnlineAt), millis(m.OperAt),
			millis(m.CreatedAt)); err != nil {
			return fmt.Errorf("add the menu of a service account: %w", err)
		}
		if _, err := tx.ExecContext(ctx,
			`INSERT INTO sa_portals (id, pub_id, tenant, body, pending, version, approve_state, reason, creator, online_ms, oper_ms, created_ms)
			 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			h.ID, p.ID, p.Tenant, r.portal.body, r.portal.pending, h.Version, h.ApproveState, h.Reason, h.Creator, millis(h.OnlineAt), millis(h.OperAt),
			millis(h.CreatedAt)); err != nil {
			return fmt.Errorf("add the portal of a service account: %w", err)
		}
		return putChanges(ctx, tx, e.Lines)
	})
}

// ChangeAccount implements serviceaccount.PubStore.
func (db *DB) ChangeAccount(ctx context.Context, ref serviceaccount.Ref, change func(*serviceaccount.Edit) error) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		a, err := lockAccount(ctx, tx, ref)
		if err != nil {
			return err
		}
		e := &serviceaccount.Edit{Account: a}
		if err := change(e); err != nil {
			return err
		}
		if err := takeName(ctx, tx, &e.Pub); err != nil {
			return err
		}
		r, err := accountRow(&e.Account)
		if err != nil {
			return err
		}
		p, m, h := &e.Pub, &e.Menu, &e.Portal
		_, err1 := tx.ExecContext(ctx,
			`UPDATE sa_pubs SET name = $2, name_key = $3, remark = $4, industry = $5, pending_key = $6, pending_remark = $7, body = $8, pending = $9, frozen = $10,
			   version = $11, approve_state = $12, reason = $13, online_ms = $14, oper_ms = $15 WHERE id = $1`,
			p.ID, p.Name, r.nameKey, p.Remark, p.Industry, r.pendingKey, r.pendingRemark, r.pub.body, r.pub.pending, bit(p.Frozen), p.Version, p.ApproveState, p.Reason,
			millis(p.OnlineAt), millis(p.OperAt))
		_, err2 := tx.ExecContext(ctx,
			`UPDATE sa_menus SET names = $2, body = $3, pending = $4, version = $5, approve_state = $6, reason = $7, online_ms = $8, oper_ms = $9 WHERE id = $1`,
			m.ID, r.names, r.menu.body, r.menu.pending, m.Version, m.ApproveState, m.Reason, millis(m.OnlineAt), millis(m.OperAt))
		_, err3 := tx.ExecContext(ctx,
			`UPDATE sa_portals SET body = $2, pending = $3, version = $4, approve_state = $5, reason = $6, online_ms = $7, oper_ms = $8 WHERE id = $1`,
			h.ID, r.portal.body, r.portal.pending, h.Version, h.ApproveState, h.Reason, millis(h.OnlineAt), millis(h.OperAt))
		if err := errors.Join(err1, err2, err3); err != nil {
			return fmt.Errorf("change a service account: %w", err)
		}
		return putChanges(ctx, tx, e.Lines)
	})
}

// lockAccount reads an account and keeps other changes of it out until tx ends: on PostgreSQL by the row lock of an update that changes nothing, on SQLite by
// nature.
func lockAccount(ctx context.Context, tx *sql.Tx, ref serviceaccount.Ref) (serviceaccount.Account, error) {
	where, arg := accountWhere(ref)
	if _, err := tx.ExecContext(ctx, `UPDATE sa_pubs SET oper_ms = oper_ms WHERE id IN (SELECT p.id`+accountFrom+where+`)`, arg...); err != nil {
		return serviceaccount.Account{}, fmt.Errorf("lock a service account: %w", err)
	}
	rows, err := tx.QueryContext(ctx, `SELECT `+accountColumns+accountFrom+where, arg...)
	return only(rows, err, "read a service account", scanAccount, serviceaccount.ErrUnknown)
}

// takeName checks the names that an account holds, in force and in review, against all others, under the lock of the one name that can be new: the one in review, or,
// when there is none, the one in force.
func takeName(ctx context.Context, tx *sql.Tx, p *serviceaccount.Pub) error {
	wanted := p.Pending
	if wanted == nil {
		if p.Version == 0 {
			return nil // rejected before it was ever in force: it holds no name
		}
		wanted = &p.PubContent
	}
	key := serviceaccount.NameKey(wanted.Name)
	if _, err := tx.ExecContext(ctx,
		`INSERT INTO sa_pub_names (name_key) VALUES ($1) ON CONFLICT (name_key) DO UPDATE SET name_key = sa_pub_names.name_key`, key); err != nil {
		return fmt.Errorf("lock the name of a service account: %w", err)
	}
	var foreign, twins int
	if err := tx.QueryRowContext(ctx,
		`SELECT COALESCE(SUM(CASE WHEN tenant <> $2 THEN 1 ELSE 0 END), 0),
		        COALESCE(SUM(CASE WHEN tenant = $2 AND ((version > 0 AND name_key = $3 AND remark = $4) OR (pending_key = $3 AND pending_remark = $4)) THEN 1 ELSE 0 END), 0)
		 FROM sa_pubs WHERE id <> $1 AND ((version > 0 AND name_key = $3) OR pending_key = $3)`,
		p.ID, p.Tenant, key, wanted.Remark).Scan(&foreign, &twins); err != nil {
		return fmt.Errorf("look at the name of a service account: %w", err)
	}
	switch {
	case foreign > 0:
		return serviceaccount.ErrNameTaken
	case twins > 0:
		return serviceaccount.ErrRemarkTaken
	}
	return nil
}

// revised is a content with the revision that waits for its verdict, as columns.
type revised struct{ body, pending string }

func revisedRow[T any](content T, pending *T) (r revised, err error) {
	body, err1 := json.Marshal(content)
	r.body = string(body)
	if pending == nil {
		return r, err1
	}
	next, err2 := json.Marshal(pending)
	r.pending = string(next)
	return r, errors.Join(err1, err2)
}

func (r revised) into(content, pending any) error {
	if r.pending != "" {
		if err := json.Unmarshal([]byte(r.pending), pending); err != nil {
			return fmt.Errorf("decode a revision: %w", err)
		}
	}
	if err := json.Unmarshal([]byte(r.body), content); err != nil {
		return fmt.Errorf("decode a content: %w", err)
	}
	return nil
}

// accountText is an account's parts as columns.
type accountText struct {
	nameKey, pendingKey, pendingRemark, names string
	pub, menu, portal                         revised
}

func accountRow(a *serviceaccount.Account) (r accountText, err error) {
	var err1, err2, err3 error
	r.pub, err1 = revisedRow(a.Pub.PubContent, a.Pub.Pending)
	r.portal, err2 = revisedRow(a.Portal.PortalContent, a.Portal.Pending)
	r.menu, err3 = revisedRow(a.Menu.MenuContent, a.Menu.Pending)
	r.nameKey = serviceaccount.NameKey(a.Pub.Name)
	if p := a.Pub.Pending; p != nil {
		r.pendingKey, r.pendingRemark = serviceaccount.NameKey(p.Name), p.Remark
	}
	names := make([]string, len(a.Menu.Items))
	for i, it := range a.Menu.Items {
		names[i] = it.Name
	}
	r.names = strings.Join(names, "\n")
	return r, errors.Join(err1, err2, err3)
}
