package store

import (
	"context"

	"cardlink/dispatch"
	"cardlink/serviceaccount"
)

const (
	pubColumns    = `p.id, p.tenant, p.body, p.pending, p.frozen, p.version, p.approve_state, p.reason, p.creator, p.online_ms, p.oper_ms, p.created_ms`
	menuColumns   = `m.id, m.pub_id, m.tenant, m.body, m.pending, p.frozen, m.version, m.approve_state, m.reason, m.creator, m.online_ms, m.oper_ms, m.created_ms`
	portalColumns = `h.id, h.pub_id, h.tenant, h.body, h.pending, p.frozen, h.version, h.approve_state, h.reason, h.creator, h.online_ms, h.oper_ms, h.created_ms`

	accountColumns = pubColumns + `, ` + menuColumns + `, ` + portalColumns
	accountFrom    = ` FROM sa_pubs p JOIN sa_menus m ON m.pub_id = p.id JOIN sa_portals h ON h.pub_id = p.id`
)

func scanLife(l *serviceaccount.Life) ([]any, func()) {
	var online, oper, created int64
	return []any{(*flagInt)(&l.Frozen), &l.Version, &l.ApproveState, &l.Reason, &l.Creator, &online, &oper, &created}, func() {
		l.OnlineAt, l.OperAt, l.CreatedAt = fromMillis(online), fromMillis(oper), fromMillis(created)
	}
}

func scanPub(p *serviceaccount.Pub) ([]any, func() error) {
	var r revised
	life, finish := scanLife(&p.Life)
	return append([]any{&p.ID, &p.Tenant, &r.body, &r.pending}, life...), func() error {
		finish()
		return r.into(&p.PubContent, &p.Pending)
	}
}

func scanMenu(m *serviceaccount.Menu) ([]any, func() error) {
	var r revised
	life, finish := scanLife(&m.Life)
	return append([]any{&m.ID, &m.PubID, &m.Tenant, &r.body, &r.pending}, life...), func() error {
		finish()
		return r.into(&m.MenuContent, &m.Pending)
	}
}

func scanPortal(h *serviceaccount.Portal) ([]any, func() error) {
	var r revised
	life, finish := scanLife(&h.Life)
	return append([]any{&h.ID, &h.PubID, &h.Tenant, &r.body, &r.pending}, life...), func() error {
		finish()
		return r.into(&h.PortalContent, &h.Pending)
	}
}

func scanAccount(a *serviceaccount.Account) ([]any, func() error) {
	pub, finishPub := scanPub(&a.Pub)
	menu, finishMenu := scanMenu(&a.Menu)
	portal, finishPortal := scanPortal(&a.Portal)
	return append(append(pub, menu...), portal...), func() error {
		for _, finish := range []func() error{finishPub, finishMenu, finishPortal} {
			if err := finish(); err != nil {
				return err
			}
		}
		return nil
	}
}

// accountWhere selects the one account that a reference names.
func accountWhere(ref serviceaccount.Ref) (where string, args []any) {
	var c conditions
	switch ref.Kind {
	case serviceaccount.KindMenu:
		c.add("m.id = ?", ref.ID)
	case serviceaccount.KindPortal:
		c.add("h.id = ?", ref.ID)
	default:
		c.add("p.id = ?", ref.ID)
	}
	c.equal("p.tenant", ref.Tenant)
	return c.String(), c.args
}

// Account implements serviceaccount.PubStore.
func (db *DB) Account(ctx context.Context, ref serviceaccount.Ref) (serviceaccount.Account, error) {
	where, args := accountWhere(ref)
	rows, err := db.read.QueryContext(ctx, `SELECT `+accountColumns+accountFrom+where, args...)
	return only(rows, err, "read a service account", scanAccount, serviceaccount.ErrUnknown)
}

// life adds the conditions on the state and the time of coming into force of what alias names.
func (c *conditions) life(alias string, state int, online serviceaccount.Online) {
	switch state {
	case 0:
	case serviceaccount.StateFrozen:
		c.add("p.frozen = 1")
	case serviceaccount.StateEffective:
		c.add("p.frozen = 0 AND " + alias + ".version > 0")
	case serviceaccount.StateNotEffective:
		c.add("p.frozen = 0 AND " + alias + ".version = 0")
	default:
		c.add("1 = 0")
	}
	if !online.From.IsZero() || !online.To.IsZero() {
		c.add(alias + ".online_ms > 0")
		c.span(alias+".online_ms", dispatch.Span(online))
	}
}

// ListPubs implements serviceaccount.PubStore.
func (db *DB) ListPubs(ctx context.Context, f serviceaccount.PubFilter) ([]serviceaccount.Pub, int, error) {
	var c conditions
	c.add("p.tenant = ?", f.Tenant)
	c.part("p.name", f.Name)
	c.life("p", f.State, f.Online)
	if f.ApproveState != 0 {
		c.add("p.approve_state = ?", f.ApproveState)
	}
	if f.Industry != 0 {
		c.add("p.industry = ?", f.Industry)
	}
	return window(ctx, db, pubColumns, ` FROM sa_pubs p`, `p.created_ms DESC, p.id DESC`, &c, dispatch.Page(f.Window), scanPub)
}

// ListMenus implements serviceaccount.PubStore.
func (db *DB) ListMenus(ctx context.Context, f serviceaccount.MenuFilter) ([]serviceaccount.ListedMenu, int, error) {
	var c conditions
	c.add("m.tenant = ?", f.Tenant)
	c.equal("m.id", f.ID)
	c.equal("m.pub_id", f.PubID)
	c.part("p.name", f.PubName)
	c.part("m.names", f.Name)
	c.life("m", f.State, f.Online)
	return window(ctx, db, menuColumns+`, p.body`, ` FROM sa_menus m JOIN sa_pubs p ON p.id = m.pub_id`, `m.created_ms DESC, m.id DESC`, &c, dispatch.Page(f.Window),
		func(m *serviceaccount.ListedMenu) ([]any, func() error) {
			into, finish := scanMenu(&m.Menu)
			var pub revised
			return append(into, &pub.body), func() error {
				var content serviceaccount.PubContent
				if err := pub.into(&content, nil); err != nil {
					return err
				}
				m.PubName, m.LogoImg = content.Name, content.LogoImg
				return finish()
			}
		})
}

// ListPortals implements serviceaccount.PubStore.
func (db *DB) ListPortals(ctx context.Context, f serviceaccount.PortalFilter) ([]serviceaccount.ListedPortal, int, error) {
	var c conditions
	c.add("h.tenant = ?", f.Tenant)
	c.part("p.name", f.PubName)
	c.life("h", f.State, f.Online)
	return window(ctx, db, portalColumns+`, p.name`, ` FROM sa_portals h JOIN sa_pubs p ON p.id = h.pub_id`, `h.created_ms DESC, h.id DESC`, &c, dispatch.Page(f.Window),
		func(h *serviceaccount.ListedPortal) ([]any, func() error) {
			into, finish := scanPortal(&h.Portal)
			return append(into, &h.PubName), finish
		})
}
