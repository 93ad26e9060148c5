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

	"cardlink/dispatch"
	"cardlink/fault"
)

var _ dispatch.Store = (*DB)(nil)

// AddApp implements dispatch.Store.
func (db *DB) AddApp(ctx context.Context, a dispatch.App) error {
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO sms_apps (id, tenant, name, name_key, status, uplink, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			a.ID, a.Tenant, a.Name, strings.ToLower(a.Name), a.Status, a.UplinkURL, a.CreatedAt.UnixMilli())
		return err
	})
	if isUnique(err) {
		return &fault.Error{Code: fault.Parameter, Field: "app_name", Rule: "exists already", Err: err}
	}
	if err != nil {
		return fmt.Errorf("add an SMS application: %w", err)
	}
	return nil
}

const appColumns = `id, tenant, name, status, uplink, created_ms`

func scanApp(a *dispatch.App) ([]any, func() error) {
	var created int64
	return []any{&a.ID, &a.Tenant, &a.Name, &a.Status, &a.UplinkURL, &created}, func() error {
		a.CreatedAt = fromMilli(created)
		return nil
	}
}

// App implements dispatch.Store.
func (db *DB) App(ctx context.Context, tenant, id string) (dispatch.App, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+appColumns+` FROM sms_apps WHERE tenant = $1 AND id = $2`, tenant, id)
	return only(rows, err, "read an SMS application", scanApp, fault.In(fault.Parameter, "app_id", "does not exist"))
}

// only reads the one row of a query, or says that there is none.
func only[T any](rows *sql.Rows, err error, doing string, scan func(*T) ([]any, func() error), none error) (T, error) {
	all, err := collect(rows, err, doing, scan)
	if err == nil && len(all) == 0 {
		err = none
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return all[0], nil
}

// window counts the rows of a list and reads one page of it. from begins with " FROM".
func window[T any](ctx context.Context, db *DB, columns, from, order string, c *conditions, p dispatch.Page, scan func(*T) ([]any, func() error)) ([]T, int, error) {
	var total int
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*)`+from+c.String(), c.args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count%s: %w", from, err)
	}
	if p.Offset >= total || p.Limit < 1 {
		return nil, total, nil
	}
	n := len(c.args)
	rows, err := db.read.QueryContext(ctx, `SELECT `+columns+from+c.String()+` ORDER BY `+order+
		` LIMIT $`+strconv.Itoa(n+1)+` OFFSET $`+strconv.Itoa(n+2), append(c.args[:n:n], p.Limit, p.Offset)...)
	all, err := collect(rows, err, "list"+from, scan)
	return all, total, err
}

// span adds a range of a column of milliseconds.
func (c *conditions) span(column string, s dispatch.Span) {
	if !s.From.IsZero() {
		c.add(column+" >= ?", s.From.UnixMilli())
	}
	if !s.To.IsZero() {
		c.add(column+" <= ?", s.To.UnixMilli())
	}
}

// equal adds a condition unless the value is empty.
func (c *conditions) equal(column, value string) {
	if value != "" {
		c.add(column+" = ?", value)
	}
}

// part adds "column contains value" unless the value is empty.
func (c *conditions) part(column, value string) {
	if value != "" {
		c.contains(column, value)
	}
}

// Apps implements dispatch.Store.
func (db *DB) Apps(ctx context.Context, tenant string, f dispatch.AppFilter) ([]dispatch.App, int, error) {
	var c conditions
	c.add("tenant = ?", tenant)
	c.part("name", f.Name)
	c.equal("status", f.Status)
	c.span("created_ms", f.Created)
	return window(ctx, db, appColumns, " FROM sms_apps", "created_ms DESC, id DESC", &c, f.Page, scanApp)
}

// AddFile implements dispatch.Store. The content is sealed: licences name people.
func (db *DB) AddFile(ctx context.Context, f dispatch.File) error {
	s, err := db.sealer(ctx, f.Tenant)
	if err != nil {
		return err
	}
	content := s.Seal(string(f.Content))
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO sms_files (id, tenant, name, description, content_type, content, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			f.ID, f.Tenant, f.Name, f.Description, f.ContentType, content, f.CreatedAt.UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("add a signature file: %w", err)
	}
	return nil
}

// HasFile implements dispatch.Store.
func (db *DB) HasFile(ctx context.Context, tenant, id string) (bool, error) {
	var n int
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM sms_files WHERE tenant = $1 AND id = $2`, tenant, id).Scan(&n); err != nil {
		return false, fmt.Errorf("look for a signature file: %w", err)
	}
	return n == 1, nil
}

// AddSignature implements dispatch.Store.
func (db *DB) AddSignature(ctx context.Context, n dispatch.Signature) error {
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO sms_signatures (id, tenant, app_id, name, kind, source, involved_third, file_id, power_file_id,
				apply_desc, source_title, status, review_desc, channel_num, created_ms)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
			n.ID, n.Tenant, n.AppID, n.Name, n.Kind, n.Source, n.InvolvedThird, n.FileID, n.PowerFileID, n.ApplyDesc, n.SourceTitle, n.Status,
			n.ReviewDesc, n.ChannelNumber, n.CreatedAt.UnixMilli())
		return err
	})
	if isUnique(err) {
		return fault.Wrap(fault.SignatureExists, err)
	}
	if err != nil {
		return fmt.Errorf("add a signature: %w", err)
	}
	return nil
}

const (
	signatureColumns = `n.id, n.tenant, n.app_id, a.name, n.name, n.kind, n.source, n.involved_third, n.file_id, n.power_file_id, n.apply_desc,
	n.source_title, n.status, n.review_desc, n.channel_num, n.created_ms`
	signatureFrom = ` FROM sms_signatures n JOIN sms_apps a ON a.id = n.app_id`
)

func scanSignature(n *dispatch.Signature) ([]any, func() error) {
	var created int64
	return []any{&n.ID, &n.Tenant, &n.AppID, &n.AppName, &n.Name, &n.Kind, &n.Source, &n.InvolvedThird, &n.FileID, &n.PowerFileID, &n.ApplyDesc,
			&n.SourceTitle, &n.Status, &n.ReviewDesc, &n.ChannelNumber, &created}, func() error {
			n.CreatedAt = fromMilli(created)
			return nil
		}
}

// Signature implements dispatch.Store.
func (db *DB) Signature(ctx context.Context, tenant, id string) (dispatch.Signature, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+signatureColumns+signatureFrom+` WHERE n.tenant = $1 AND n.id = $2`, tenant, id)
	return only(rows, err, "read a signature", scanSignature, fault.In(fault.Parameter, "signature_id", "does not exist"))
}

// Signatures implements dispatch.Store.
func (db *DB) Signatures(ctx context.Context, tenant string, f dispatch.SignatureFilter) ([]dispatch.Signature, int, error) {
	var c conditions
	c.add("n.tenant = ?", tenant)
	c.equal("n.id", f.ID)
	c.part("n.name", f.Name)
	c.part("a.name", f.AppName)
	c.equal("n.kind", f.Kind)
	c.equal("n.status", f.Status)
	c.span("n.created_ms", f.Created)
	return window(ctx, db, signatureColumns, signatureFrom, "n.created_ms DESC, n.id DESC", &c, f.Page, scanSignature)
}

// ReviewSignature implements dispatch.Store.
func (db *DB) ReviewSignature(ctx context.Context, n dispatch.Signature) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE sms_signatures SET status = $1, review_desc = $2, channel_num = $3 WHERE tenant = $4 AND id = $5`,
			n.Status, n.ReviewDesc, n.ChannelNumber, n.Tenant, n.ID)
		return err
	})
}

// AddSMSTemplate implements dispatch.Store.
func (db *DB) AddSMSTemplate(ctx context.Context, t dispatch.SMSTemplate) error {
	vars, err := json.Marshal(t.Variables)
	if err != nil {
		return err
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO sms_templates (id, tenant, app_id, signature_id, name, description, kind, content, variables, flow_status,
				review_desc, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			t.ID, t.Tenant, t.AppID, t.SignatureID, t.Name, t.Description, t.Kind, t.Content, string(vars), t.FlowStatus, t.ReviewDesc,
			t.CreatedAt.UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("add an SMS template: %w", err)
	}
	return nil
}

const (
	smsTemplateColumns = `t.id, t.tenant, t.app_id, t.signature_id, t.name, t.description, t.kind, t.content, t.variables, t.flow_status, t.review_desc,
	t.created_ms, a.name, n.name, n.status, n.channel_num`
	smsTemplateFrom = ` FROM sms_templates t JOIN sms_signatures n ON n.id = t.signature_id JOIN sms_apps a ON a.id = t.app_id`
)

func scanSMSTemplate(t *dispatch.SMSTemplate) ([]any, func() error) {
	var (
		vars    string
		created int64
	)
	return []any{&t.ID, &t.Tenant, &t.AppID, &t.SignatureID, &t.Name, &t.Description, &t.Kind, &t.Content, &vars, &t.FlowStatus, &t.ReviewDesc,
			&created, &t.AppName, &t.SignatureName, &t.SignatureStatus, &t.ChannelNumber}, func() error {
			t.CreatedAt = fromMilli(created)
			return json.Unmarshal([]byte(vars), &t.Variables)
		}
}

// SMSTemplate implements dispatch.Store. The tenant is for the caller to compare: a foreign template has a code of its own.
func (db *DB) SMSTemplate(ctx context.Context, id int64) (dispatch.SMSTemplate, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+smsTemplateColumns+smsTemplateFrom+` WHERE t.id = $1`, id)
	return only(rows, err, "read an SMS template", scanSMSTemplate, fault.New(fault.UnknownSMSTemplate, ""))
}

// SMSTemplates implements dispatch.Store.
func (db *DB) SMSTemplates(ctx context.Context, tenant string, f dispatch.SMSTemplateFilter) ([]dispatch.SMSTemplate, int, error) {
	var c conditions
	c.add("t.tenant = ?", tenant)
	if f.ID != 0 {
		c.add("t.id = ?", f.ID)
	}
	c.part("t.name", f.Name)
	c.part("a.name", f.AppName)
	c.equal("t.flow_status", f.FlowStatus)
	c.equal("t.kind", f.Kind)
	c.span("t.created_ms", f.Created)
	return window(ctx, db, smsTemplateColumns, smsTemplateFrom, "t.created_ms DESC, t.id DESC", &c, f.Page, scanSMSTemplate)
}

// ReviewSMSTemplate implements dispatch.Store.
func (db *DB) ReviewSMSTemplate(ctx context.Context, t dispatch.SMSTemplate) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE sms_templates SET flow_status = $1, review_desc = $2 WHERE tenant = $3 AND id = $4`,
			t.FlowStatus, t.ReviewDesc, t.Tenant, t.ID)
		return err
	})
}

// Idempotent implements dispatch.Store.
func (db *DB) Idempotent(ctx context.Context, tenant, op, key string) (dispatch.Idempotent, bool, error) {
	s, err := db.sealer(ctx, tenant)
	if err != nil {
		return dispatch.Idempotent{}, false, err
	}
	kept := dispatch.Idempotent{Key: key}
	var answer string
	err = db.read.QueryRowContext(ctx, `SELECT body_hash, answer FROM idempotency WHERE tenant = $1 AND op = $2 AND ikey = $3`, tenant, op, key).
		Scan(&kept.BodyHash, &answer)
	if errors.Is(err, sql.ErrNoRows) {
		return dispatch.Idempotent{}, false, nil
	}
	if err != nil {
		return dispatch.Idempotent{}, false, fmt.Errorf("read a kept answer: %w", err)
	}
	clear, err := s.Open(answer)
	kept.Answer = []byte(clear)
	return kept, err == nil, err
}

// idempotencyLife is how long answers are kept (api.md D-41).
const idempotencyLife = 72 * time.Hour
