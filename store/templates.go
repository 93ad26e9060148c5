package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cardlink/event"
	"cardlink/templates"
)

var _ templates.Store = (*DB)(nil)

// AddTemplate stores a new template with its first version.
func (db *DB) AddTemplate(ctx context.Context, t *templates.Template, uses []string, facts []event.Record) error {
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		r, err := templateRow(t)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx,
			`INSERT INTO templates (id, tenant, version, name, has_param, active, state, disable_desc, disabled_ms, audit_seq, created_ms, updated_ms, pending)
			 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			t.ID, t.Tenant, t.Version, t.Name, r.hasParam, r.active, t.State, t.DisableDesc, millis(t.DisabledAt), t.AuditSeq,
			millis(t.CreatedAt), millis(t.UpdatedAt), r.pending); err != nil {
			return err
		}
		if err := addVersion(ctx, tx, db, t, r, uses); err != nil {
			return err
		}
		return db.appendOutbox(ctx, tx, facts)
	})
	if isUnique(err) {
		return templates.ErrExists
	}
	return err
}

// templateRowText is a template's parts as columns.
type templateRowText struct {
	body, warnings, factories, active string
	hasParam, pending                 int
}

func templateRow(t *templates.Template) (r templateRowText, err error) {
	body, err1 := json.Marshal(t.Content())
	warnings, err2 := json.Marshal(t.Warnings)
	factories, err3 := json.Marshal(t.Factories)
	if err := errors.Join(err1, err2, err3); err != nil {
		return r, fmt.Errorf("encode template %d: %w", t.ID, err)
	}
	var active []string
	pending := 0
	for _, f := range t.Factories {
		if f.State == templates.VendorActive {
			active = append(active, string(f.Vendor))
		}
		if f.Pending && !t.Public() {
			pending = 1
		}
	}
	r = templateRowText{body: string(body), warnings: string(warnings), factories: string(factories), active: strings.Join(active, " "), pending: pending}
	if len(t.Params) > 0 {
		r.hasParam = 1
	}
	return r, nil
}

func addVersion(ctx context.Context, tx *sql.Tx, db *DB, t *templates.Template, r templateRowText, uses []string) error {
	if _, err := tx.ExecContext(ctx,
		`INSERT INTO template_versions (tpl_id, version, body, warnings, factories, audit, audit_desc) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		t.ID, t.Version, r.body, r.warnings, r.factories, t.Audit, t.AuditDesc); err != nil {
		return err
	}
	if len(uses) == 0 {
		return nil
	}
	// Rows are copied from materials, not from the argument: what is gone, or another tenant's, is not inserted and its absence is noticed.
	res, err := tx.ExecContext(ctx,
		`INSERT INTO template_materials (tpl_id, version, resource_id)
		 SELECT CAST($1 AS BIGINT), CAST($2 AS INTEGER), m.resource_id FROM materials m
		 WHERE m.tenant = $3 AND m.resource_id IN (SELECT value->>0 FROM `+db.dialect.rows("$4")+`)`,
		t.ID, t.Version, t.Tenant, jsonColumn(uses))
	if isForeignKey(err) {
		return templates.ErrMaterialGone
	}
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || int(n) != len(uses) {
		return errors.Join(err, templates.ErrMaterialGone)
	}
	return nil
}

const templateColumns = `t.id, t.tenant, t.state, t.disable_desc, t.disabled_ms, t.audit_seq, t.created_ms, t.updated_ms,
	v.version, v.body, v.warnings, v.factories, v.audit, v.audit_desc`

type scanner interface{ Scan(dest ...any) error }

func scanTemplate(row scanner) (*templates.Template, error) {
	var (
		t                          templates.Template
		disabled, created, updated int64
		body, warnings, factories  string
		draft                      templates.Draft
	)
	err := row.Scan(&t.ID, &t.Tenant, &t.State, &t.DisableDesc, &disabled, &t.AuditSeq, &created, &updated,
		&t.Version, &body, &warnings, &factories, &t.Audit, &t.AuditDesc)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, templates.ErrUnknown
	}
	if err != nil {
		return nil, err
	}
	if err := errors.Join(json.Unmarshal([]byte(body), &draft), json.Unmarshal([]byte(warnings), &t.Warnings),
		json.Unmarshal([]byte(factories), &t.Factories)); err != nil {
		return nil, fmt.Errorf("decode template %d version %d: %w", t.ID, t.Version, err)
	}
	t.SetContent(draft)
	t.DisabledAt, t.CreatedAt, t.UpdatedAt = fromMillis(disabled), fromMillis(created), fromMillis(updated)
	return &t, nil
}

// millis is a time as stored; the zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Template reads one version of a template; version 0 is the newest.
func (db *DB) Template(ctx context.Context, id int64, version int) (*templates.Template, error) {
	return scanTemplate(db.read.QueryRowContext(ctx,
		`SELECT `+templateColumns+` FROM templates t
		 JOIN template_versions v ON v.tpl_id = t.id AND v.version = CASE CAST($2 AS INTEGER) WHEN 0 THEN t.version ELSE CAST($2 AS INTEGER) END
		 WHERE t.id = $1 AND t.deleted_ms = 0`, id, version))
}

// ListTemplates gives one window of the newest versions, newest first.
func (db *DB) ListTemplates(ctx context.Context, f templates.Filter) (list []*templates.Template, total int, err error) {
	if !f.Private && !f.Public {
		return nil, 0, nil
	}
	c := templateConditions(f)
	if err := db.read.QueryRowContext(ctx, `SELECT count(*) FROM templates t`+c.String(), c.args...).Scan(&total); err != nil {
		return nil, 0, err
	}
	if f.Offset >= total || f.Limit <= 0 {
		return nil, total, nil
	}
	rows, err := db.read.QueryContext(ctx,
		`SELECT `+templateColumns+` FROM templates t JOIN template_versions v ON v.tpl_id = t.id AND v.version = t.version`+c.String()+
			` ORDER BY t.created_ms DESC, t.id DESC LIMIT `+strconv.Itoa(f.Limit)+` OFFSET `+strconv.Itoa(f.Offset), c.args...)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		t, err := scanTemplate(rows)
		if err != nil {
			return nil, 0, err
		}
		list = append(list, t)
	}
	return list, total, rows.Err()
}

// PendingTemplates lists the newest versions on which a vendor has yet to decide, of all tenants, oldest first.
func (db *DB) PendingTemplates(ctx context.Context, limit int) (list []*templates.Template, err error) {
	rows, err := db.read.QueryContext(ctx,
		`SELECT `+templateColumns+` FROM templates t JOIN template_versions v ON v.tpl_id = t.id AND v.version = t.version
		 WHERE t.pending = 1 AND t.deleted_ms = 0 ORDER BY t.updated_ms, t.id LIMIT $1`, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		t, err := scanTemplate(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, rows.Err()
}

func templateConditions(f templates.Filter) (c conditions) {
	switch {
	case f.Private && f.Public:
		c.add("t.tenant IN (?, '')", f.Tenant)
	case f.Private:
		c.add("t.tenant = ?", f.Tenant)
	default:
		c.add("t.tenant = ''")
	}
	c.add("t.deleted_ms = 0")
	if f.ID != 0 {
		c.add("t.id = ?", f.ID)
	}
	if f.Name != "" {
		c.contains("t.name", f.Name)
	}
	if f.HasParam != nil {
		n := 0
		if *f.HasParam {
			n = 1
		}
		c.add("t.has_param = ?", n)
	}
	if len(f.Vendors) > 0 {
		var oneOf []string
		var names []any
		for _, v := range f.Vendors {
			oneOf = append(oneOf, "replace(t.active, CAST(? AS TEXT), '') <> t.active")
			names = append(names, string(v))
		}
		c.add("("+strings.Join(oneOf, " OR ")+")", names...)
	}
	if !f.Begin.IsZero() {
		c.add("t.created_ms >= ?", f.Begin.UnixMilli())
	}
	if !f.End.IsZero() {
		c.add("t.created_ms <= ?", f.End.UnixMilli())
	}
	return c
}

// ChangeTemplate lets change alter the newest version of a template in one transaction.
func (db *DB) ChangeTemplate(ctx context.Context, tenant string, id int64,
	change func(*templates.Template) ([]string, []event.Record, error)) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		t, err := lockTemplate(ctx, tx, tenant, id)
		if err != nil {
			return err
		}
		version := t.Version
		uses, facts, err := change(t)
		if err != nil {
			return err
		}
		r, err := templateRow(t)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx,
			`UPDATE templates SET version = $2, name = $3, has_param = $4, active = $5, state = $6, disable_desc = $7, disabled_ms = $8,
			   audit_seq = $9, updated_ms = $10, pending = $11 WHERE id = $1`,
			id, t.Version, t.Name, r.hasParam, r.active, t.State, t.DisableDesc, millis(t.DisabledAt), t.AuditSeq, millis(t.UpdatedAt), r.pending); err != nil {
			return err
		}
		if t.Version != version {
			err = addVersion(ctx, tx, db, t, r, uses)
		} else {
			_, err = tx.ExecContext(ctx,
				`UPDATE template_versions SET warnings = $3, factories = $4, audit = $5, audit_desc = $6 WHERE tpl_id = $1 AND version = $2`,
				id, version, r.warnings, r.factories, t.Audit, t.AuditDesc)
		}
		if err != nil {
			return err
		}
		return db.appendOutbox(ctx, tx, facts)
	})
}

// lockTemplate reads the newest version and keeps other changes of the template out until tx ends: on PostgreSQL by the row lock of an update that
// changes nothing, on SQLite by nature.
func lockTemplate(ctx context.Context, tx *sql.Tx, tenant string, id int64) (*templates.Template, error) {
	if _, err := tx.ExecContext(ctx, `UPDATE templates SET updated_ms = updated_ms WHERE id = $1 AND tenant = $2`, id, tenant); err != nil {
		return nil, err
	}
	return scanTemplate(tx.QueryRowContext(ctx,
		`SELECT `+templateColumns+` FROM templates t JOIN template_versions v ON v.tpl_id = t.id AND v.version = t.version
		 WHERE t.id = $1 AND t.tenant = $2 AND t.deleted_ms = 0`, id, tenant))
}

// maxLinkLife is longer than any link lives: batches created before it need not be looked at.
const maxLinkLife = 181 * 24 * time.Hour

// DeleteTemplate forgets a template that has no live links. Its rows stay, marked, so that reports can still name it.
func (db *DB) DeleteTemplate(ctx context.Context, tenant string, id int64, now time.Time, check func(*templates.Template) error) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		t, err := lockTemplate(ctx, tx, tenant, id)
		if err != nil {
			return err
		}
		if err := check(t); err != nil {
			return err
		}
		var live int
		if err := tx.QueryRowContext(ctx,
			`SELECT count(*) FROM (SELECT 1 FROM link_batches WHERE tenant = $1 AND created_ms > $2 AND tpl_id = $3 AND expire_ms > $4 LIMIT 1) AS b`,
			tenant, now.Add(-maxLinkLife).UnixMilli(), id, now.UnixMilli()).Scan(&live); err != nil {
			return err
		}
		if live > 0 {
			return templates.ErrInUse
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM template_materials WHERE tpl_id = $1`, id); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE templates SET deleted_ms = $2 WHERE id = $1`, id, now.UnixMilli())
		return err
	})
}
