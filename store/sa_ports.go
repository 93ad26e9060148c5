package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"cardlink/dispatch"
	"cardlink/serviceaccount"
)

var _ serviceaccount.PortStore = (*DB)(nil)

// AddPort implements serviceaccount.PortStore.
func (db *DB) AddPort(ctx context.Context, p serviceaccount.Port, c serviceaccount.Change) error {
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO sa_ports (id, tenant, number, port_type, signs, check_signs, files, approve_state, bindings, created_ms)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)`,
			p.ID, p.Tenant, p.Number, int(p.Type), strings.Join(p.Signs, "\n"), oneIf(p.CheckSigns), strings.Join(p.Files, "\n"), p.ApproveState, millis(p.CreatedAt)); err != nil {
			return err
		}
		line := c // a repeated transaction writes a new line
		return putChanges(ctx, tx, []*serviceaccount.Change{&line})
	})
	if isUnique(err) {
		return serviceaccount.ErrPortTaken
	}
	if err != nil {
		return fmt.Errorf("add a port: %w", err)
	}
	return nil
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

const portColumns = `p.id, p.tenant, p.number, p.port_type, p.signs, p.check_signs, p.files, p.approve_state, p.created_ms`

func scanPort(p *serviceaccount.Port) ([]any, func() error) {
	var (
		signs, files string
		check        int
		created      int64
	)
	return []any{&p.ID, &p.Tenant, &p.Number, &p.Type, &signs, &check, &files, &p.ApproveState, &created}, func() error {
		p.Signs, p.Files, p.CheckSigns, p.CreatedAt = strings.Split(signs, "\n"), strings.Split(files, "\n"), check == 1, fromMillis(created)
		return nil
	}
}

// Port implements serviceaccount.PortStore.
func (db *DB) Port(ctx context.Context, tenant, id string) (serviceaccount.Port, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+portColumns+` FROM sa_ports p WHERE p.tenant = $1 AND p.id = $2`, tenant, id)
	p, err := only(rows, err, "read a port", scanPort, serviceaccount.ErrUnknown)
	if err != nil {
		return p, err
	}
	list := []serviceaccount.Port{p}
	err = db.addPortPubs(ctx, tenant, list)
	return list[0], err
}

func portConditions(tenant string, f serviceaccount.PortFilter) *conditions {
	c := &conditions{}
	c.add("p.tenant = ?", tenant)
	c.equal("p.number", f.Number)
	if f.Type != 0 {
		c.add("p.port_type = ?", int(f.Type))
	}
	return c
}

// Ports implements serviceaccount.PortStore.
func (db *DB) Ports(ctx context.Context, tenant string, f serviceaccount.PortFilter) ([]serviceaccount.Port, int, error) {
	c := portConditions(tenant, f)
	c.part("p.signs", f.Sign)
	if f.Bound != nil {
		if *f.Bound {
			c.add("p.bindings > 0")
		} else {
			c.add("p.bindings = 0")
		}
	}
	c.span("p.created_ms", dispatch.Span{From: f.From, To: f.To})
	list, total, err := window(ctx, db, portColumns, ` FROM sa_ports p`, "p.created_ms DESC, p.id DESC", c, dispatch.Page{Offset: f.Offset, Limit: f.Limit}, scanPort)
	if err == nil {
		err = db.addPortPubs(ctx, tenant, list)
	}
	return list, total, err
}

// addPortPubs fills in the accounts that ports are bound to.
func (db *DB) addPortPubs(ctx context.Context, tenant string, ports []serviceaccount.Port) error {
	if len(ports) == 0 {
		return nil
	}
	places := make(map[string]int, len(ports))
	ids := make([]string, len(ports))
	for i := range ports {
		places[ports[i].ID], ids[i] = i, ports[i].ID
	}
	rows, err := db.read.QueryContext(ctx, `SELECT b.port_id, b.pub_id, a.name, a.remark FROM `+db.dialect.rows("$1")+`
		JOIN sa_bindings b ON b.port_id = value->>0 JOIN sa_pubs a ON a.id = b.pub_id
		WHERE b.tenant = $2 ORDER BY b.created_ms DESC, b.id DESC`, jsonColumn(ids), tenant)
	if err != nil {
		return fmt.Errorf("read the accounts of ports: %w", err)
	}
	defer rows.Close()
	seen := map[[2]string]bool{}
	for rows.Next() {
		var port, pub string
		var a serviceaccount.PortPub
		if err := rows.Scan(&port, &pub, &a.Name, &a.Remark); err != nil {
			return fmt.Errorf("read the accounts of ports: %w", err)
		}
		if key := [2]string{port, pub}; !seen[key] {
			seen[key] = true
			p := &ports[places[port]]
			p.Pubs = append(p.Pubs, a)
		}
	}
	return rows.Err()
}

// DecidePort implements serviceaccount.PortStore.
func (db *DB) DecidePort(ctx context.Context, c serviceaccount.Change) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := putChanges(ctx, tx, []*serviceaccount.Change{&c}); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `UPDATE sa_ports SET approve_state = $1 WHERE tenant = $2 AND id = $3`, c.Verdict, c.Tenant, c.ObjectID)
		if err != nil {
			return fmt.Errorf("decide about a port: %w", err)
		}
		return affected(res)
	})
}

// affected is ErrUnknown unless a statement changed a row.
func affected(res sql.Result) error {
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		err = serviceaccount.ErrUnknown
	}
	return err
}

// DeletePort implements serviceaccount.PortStore.
func (db *DB) DeletePort(ctx context.Context, tenant, id string, c serviceaccount.Change) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var bindings int
		err := tx.QueryRowContext(ctx, `UPDATE sa_ports SET bindings = bindings WHERE tenant = $1 AND id = $2 RETURNING bindings`, tenant, id).Scan(&bindings)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return serviceaccount.ErrUnknown
		case err != nil:
			return fmt.Errorf("delete a port: %w", err)
		case bindings > 0:
			return serviceaccount.ErrPortBound
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM sa_ports WHERE id = $1`, id); err != nil {
			return fmt.Errorf("delete a port: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `UPDATE sa_changes SET verdict = 3, words = 'deleted', decided_ms = $1 WHERE object_id = $2 AND verdict = 1`,
			millis(c.At), id); err != nil {
			return fmt.Errorf("end the review of a port: %w", err)
		}
		line := c
		return putChanges(ctx, tx, []*serviceaccount.Change{&line})
	})
}

const (
	bindingColumns = `b.id, b.tenant, b.pub_id, a.name, a.remark, b.signs, b.areas, b.created_ms, ` + portColumns
	bindingFrom    = ` FROM sa_bindings b JOIN sa_ports p ON p.id = b.port_id JOIN sa_pubs a ON a.id = b.pub_id`
)

func scanBinding(b *serviceaccount.Binding) ([]any, func() error) {
	var (
		signs, areas string
		created      int64
	)
	port, finish := scanPort(&b.Port)
	return append([]any{&b.ID, &b.Tenant, &b.PubID, &b.PubName, &b.PubRemark, &signs, &areas, &created}, port...), func() error {
		b.Signs, b.Areas, b.CreatedAt = strings.Split(signs, "\n"), strings.Split(areas, ","), fromMillis(created)
		return finish()
	}
}

// AddBinding implements serviceaccount.PortStore. Counting the binding on its port comes first: it locks the port.
func (db *DB) AddBinding(ctx context.Context, b serviceaccount.Binding, c serviceaccount.Change, agree func(serviceaccount.Port, []serviceaccount.Binding) error) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `UPDATE sa_ports AS p SET bindings = bindings + 1 WHERE tenant = $1 AND id = $2 RETURNING `+
			strings.ReplaceAll(portColumns, "p.", ""), b.Tenant, b.Port.ID)
		p, err := only(rows, err, "bind a port", scanPort, serviceaccount.ErrUnknown)
		if err != nil {
			return err
		}
		rows, err = tx.QueryContext(ctx, `SELECT `+bindingColumns+bindingFrom+` WHERE b.port_id = $1`, b.Port.ID)
		others, err := collect(rows, err, "read the bindings of a port", scanBinding)
		if err != nil {
			return err
		}
		if err := agree(p, others); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO sa_bindings (id, tenant, port_id, pub_id, signs, areas, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			b.ID, b.Tenant, b.Port.ID, b.PubID, strings.Join(b.Signs, "\n"), strings.Join(b.Areas, ","), millis(b.CreatedAt)); err != nil {
			return fmt.Errorf("bind a port: %w", err)
		}
		line := c
		return putChanges(ctx, tx, []*serviceaccount.Change{&line})
	})
}

// Binding implements serviceaccount.PortStore.
func (db *DB) Binding(ctx context.Context, tenant, id string) (serviceaccount.Binding, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+bindingColumns+bindingFrom+` WHERE b.tenant = $1 AND b.id = $2`, tenant, id)
	return only(rows, err, "read a binding", scanBinding, serviceaccount.ErrUnknown)
}

// Bindings implements serviceaccount.PortStore.
func (db *DB) Bindings(ctx context.Context, tenant string, f serviceaccount.PortFilter) ([]serviceaccount.Binding, int, error) {
	c := portConditions(tenant, f)
	c.add("b.tenant = ?", tenant)
	c.part("b.signs", f.Sign)
	c.part("a.name", f.PubName)
	c.span("b.created_ms", dispatch.Span{From: f.From, To: f.To})
	return window(ctx, db, bindingColumns, bindingFrom, "b.created_ms DESC, b.id DESC", c, dispatch.Page{Offset: f.Offset, Limit: f.Limit}, scanBinding)
}

// DeleteBinding implements serviceaccount.PortStore.
func (db *DB) DeleteBinding(ctx context.Context, tenant, id string, c serviceaccount.Change) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var port string
		err := tx.QueryRowContext(ctx, `DELETE FROM sa_bindings WHERE tenant = $1 AND id = $2 RETURNING port_id`, tenant, id).Scan(&port)
		if errors.Is(err, sql.ErrNoRows) {
			return serviceaccount.ErrUnknown
		}
		if err != nil {
			return fmt.Errorf("unbind a port: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `UPDATE sa_ports SET bindings = bindings - 1 WHERE id = $1`, port); err != nil {
			return fmt.Errorf("unbind a port: %w", err)
		}
		line := c
		return putChanges(ctx, tx, []*serviceaccount.Change{&line})
	})
}
