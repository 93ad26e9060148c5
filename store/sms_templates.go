package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"cardlink/dispatch"
	"cardlink/fault"
)

// AddSMSTemplate implements dispatch.Store.
func (db *DB) AddSMSTemplate(ctx context.Context, t dispatch.SMSTemplate) error {
	vars, err := json.Marshal(t.Variables)
	if err != nil {
		return err
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := lockSignature(ctx, tx, t.Tenant, t.SignatureID); err != nil {
			return err
		}
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

// UpdateSMSTemplate implements dispatch.Store.
func (db *DB) UpdateSMSTemplate(ctx context.Context, t dispatch.SMSTemplate) error {
	vars, err := json.Marshal(t.Variables)
	if err != nil {
		return err
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := lockSignature(ctx, tx, t.Tenant, t.SignatureID); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `UPDATE sms_templates SET app_id = $4, signature_id = $5, name = $6, description = $7, kind = $8, content = $9,
				variables = $10, flow_status = $11, review_desc = $12, revision = revision + 1
			WHERE tenant = $1 AND id = $2 AND revision = $3`,
			t.Tenant, t.ID, t.Revision, t.AppID, t.SignatureID, t.Name, t.Description, t.Kind, t.Content, string(vars), t.FlowStatus, t.ReviewDesc)
		if err = oneRow(res, err, dispatch.ErrChanged); errors.Is(err, dispatch.ErrChanged) {
			err = exists(ctx, tx, `SELECT 1 FROM sms_templates WHERE tenant = $1 AND id = $2`, dispatch.ErrChanged, t.Tenant, t.ID)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("update an SMS template: %w", err)
	}
	return nil
}

// DeleteSMSTemplate implements dispatch.Store.
func (db *DB) DeleteSMSTemplate(ctx context.Context, tenant string, id int64) error {
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM sms_templates WHERE tenant = $1 AND id = $2`, tenant, id)
		return oneRow(res, err, dispatch.ErrNoRow)
	})
	if err != nil {
		return fmt.Errorf("delete an SMS template: %w", err)
	}
	return nil
}

const (
	smsTemplateColumns = `t.id, t.tenant, t.app_id, t.signature_id, t.name, t.description, t.kind, t.content, t.variables, t.flow_status, t.review_desc,
	t.created_ms, t.revision, a.name, a.status, n.name, n.status, n.channel_num`
	smsTemplateFrom = ` FROM sms_templates t JOIN sms_signatures n ON n.id = t.signature_id JOIN sms_apps a ON a.id = t.app_id`
)

func scanSMSTemplate(t *dispatch.SMSTemplate) ([]any, func() error) {
	var (
		vars    string
		created int64
	)
	return []any{&t.ID, &t.Tenant, &t.AppID, &t.SignatureID, &t.Name, &t.Description, &t.Kind, &t.Content, &vars, &t.FlowStatus, &t.ReviewDesc,
			&created, &t.Revision, &t.AppName, &t.AppStatus, &t.SignatureName, &t.SignatureStatus, &t.ChannelNumber}, func() error {
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
	c.equal("t.signature_id", f.SignatureID)
	c.equal("t.flow_status", f.FlowStatus)
	c.equal("t.kind", f.Kind)
	c.span("t.created_ms", f.Created)
	return window(ctx, db, smsTemplateColumns, smsTemplateFrom, "t.created_ms DESC, t.id DESC", &c, f.Page, scanSMSTemplate)
}

// PendingSMSTemplates implements dispatch.Store. The state stands in the statement, so that the index of the waiting ones serves it.
func (db *DB) PendingSMSTemplates(ctx context.Context, limit int) ([]dispatch.SMSTemplate, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+smsTemplateColumns+smsTemplateFrom+
		` WHERE t.flow_status = '`+dispatch.FlowReviewing+`' ORDER BY t.created_ms, t.id LIMIT $1`, limit)
	return collect(rows, err, "list SMS templates to review", scanSMSTemplate)
}
