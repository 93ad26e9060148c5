package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"cardlink/callback"
	"cardlink/dispatch"
	"cardlink/videosms"
)

var _ videosms.Store = (*DB)(nil)

// AddVideoTemplate implements videosms.Store.
func (db *DB) AddVideoTemplate(ctx context.Context, t *videosms.Template) error {
	frames, err1 := json.Marshal(t.Frames)
	vars, err2 := json.Marshal(t.Vars)
	states, err3 := json.Marshal(t.Carriers)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	valid := int64(0)
	if !t.ValidTo.IsZero() {
		valid = t.ValidTo.UnixMilli()
	}
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO vms_templates (id, tenant, name, title, sign, frames, vars, has_param, size, remarks, callback_url, draft,
				waiting, state, audit_desc, carriers, audit_seq, valid_ms, created_ms)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
			t.ID, t.Tenant, t.Name, t.Title, t.Sign, string(frames), string(vars), bit(len(t.Vars) > 0), t.Size, t.Remarks, t.CallbackURL, bit(t.Draft),
			waiting(t), int(t.State), t.AuditDesc, string(states), t.Sequence, valid, t.CreatedAt.UnixMilli()); err != nil {
			return err
		}
		if t.CallbackURL == "" {
			return nil
		}
		e := callback.Endpoint{ID: uuid.NewString(), Tenant: t.Tenant, URLType: callback.URLType(t.ID), URL: t.CallbackURL, CreatedAt: t.CreatedAt}
		if _, err := putEndpoint(ctx, tx, e); err != nil {
			return fmt.Errorf("put the address of a video template: %w", err)
		}
		return db.queueVideoState(ctx, tx, t, t.CreatedAt)
	})
}

// waiting counts the carriers that have to speak about a template.
func waiting(t *videosms.Template) (n int) {
	for _, c := range t.Carriers {
		if c.State == videosms.InReview && !t.Draft {
			n++
		}
	}
	return n
}

// queueVideoState tells a template's own address what has become of it.
func (db *DB) queueVideoState(ctx context.Context, tx *sql.Tx, t *videosms.Template, now time.Time) error {
	if t.CallbackURL == "" || t.Draft {
		return nil
	}
	n, err := callback.VideoTemplateNews(t.Tenant, t.ID, t.Sequence, videoStates(t))
	if err != nil {
		return err
	}
	var rows rowBatch
	deliveryRow(&rows, &n, n.To)
	if _, err = db.queueDeliveries(ctx, tx, &rows, now); err != nil {
		return fmt.Errorf("queue the state of a video template: %w", err)
	}
	return nil
}

// videoStates is a template as its callback shows it.
func videoStates(t *videosms.Template) callback.VideoStates {
	s := callback.VideoStates{
		TplID: strconv.FormatInt(t.ID, 10), ValidTime: "0", AuditState: int(t.State), AuditDesc: t.AuditDesc, PreviewURL: t.PreviewURL, TplName: t.Name,
		Title: t.Title, TplSign: t.Sign, CreateTime: t.CreatedAt.UTC().Format(time.RFC3339), RestTags: t.RestTag(),
		StatusDetail: make([]callback.VideoCarrier, len(t.Carriers)), VarInfo: make([]callback.VideoVar, len(t.Vars)),
	}
	if t.State == videosms.Usable {
		s.TplSize = t.Size
	}
	if !t.ValidTo.IsZero() {
		s.ValidTime = t.ValidTo.UTC().Format(time.RFC3339)
	}
	for i, c := range t.Carriers {
		s.StatusDetail[i] = callback.VideoCarrier{Carrier: c.Carrier, Status: int(c.State), Desc: c.Desc}
	}
	for i, v := range t.Vars {
		s.VarInfo[i] = callback.VideoVar{Name: "#" + v.Name + "#", Type: v.Type}
	}
	return s
}

const videoTemplateColumns = `id, tenant, name, title, sign, frames, vars, size, remarks, callback_url, draft, state, audit_desc, carriers, audit_seq, valid_ms, created_ms`

func scanVideoTemplate(p **videosms.Template) ([]any, func() error) {
	t := &videosms.Template{}
	*p = t
	var frames, vars, states []byte
	var valid, created int64
	return []any{&t.ID, &t.Tenant, &t.Name, &t.Title, &t.Sign, &frames, &vars, &t.Size, &t.Remarks, &t.CallbackURL, (*flagInt)(&t.Draft), &t.State, &t.AuditDesc,
			&states, &t.Sequence, &valid, &created}, func() error {
			t.CreatedAt = fromMilli(created)
			if valid > 0 {
				t.ValidTo = fromMilli(valid)
			}
			return errors.Join(json.Unmarshal(frames, &t.Frames), json.Unmarshal(vars, &t.Vars), json.Unmarshal(states, &t.Carriers))
		}
}

// VideoTemplate implements videosms.Store and videosms.Queue.
func (db *DB) VideoTemplate(ctx context.Context, id int64) (*videosms.Template, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+videoTemplateColumns+` FROM vms_templates WHERE id = $1`, id)
	return only(rows, err, "read a video template", scanVideoTemplate, videosms.ErrUnknown)
}

// VideoTemplates implements videosms.Store.
func (db *DB) VideoTemplates(ctx context.Context, tenant string, f videosms.TemplateFilter) ([]*videosms.Template, int, error) {
	var c conditions
	c.add("tenant = ?", tenant)
	if f.ID != 0 {
		c.add("id = ?", f.ID)
	}
	c.part("name", f.Name)
	if f.HasParam != nil {
		c.add("has_param = ?", bit(*f.HasParam))
	}
	c.span("created_ms", dispatch.Span(f.Created))
	return window(ctx, db, videoTemplateColumns, " FROM vms_templates", "created_ms DESC, id DESC", &c, dispatch.Page(f.Page), scanVideoTemplate)
}

// PendingVideoTemplates implements videosms.Store.
func (db *DB) PendingVideoTemplates(ctx context.Context, now time.Time, limit int) ([]*videosms.Template, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+videoTemplateColumns+` FROM vms_templates
		WHERE waiting > 0 AND (valid_ms = 0 OR valid_ms > $1) ORDER BY created_ms, id LIMIT $2`, now.UnixMilli(), limit)
	return collect(rows, err, "list pending video templates", scanVideoTemplate)
}

// OutdatedVideoTemplates implements videosms.Store.
func (db *DB) OutdatedVideoTemplates(ctx context.Context, now time.Time, limit int) ([]*videosms.Template, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+videoTemplateColumns+` FROM vms_templates
		WHERE state <> 5 AND valid_ms > 0 AND valid_ms <= $1 ORDER BY valid_ms, id LIMIT $2`, now.UnixMilli(), limit)
	return collect(rows, err, "list outdated video templates", scanVideoTemplate)
}

// ChangeVideoTemplate implements videosms.Store.
func (db *DB) ChangeVideoTemplate(ctx context.Context, tenant string, id int64, now time.Time, alter func(*videosms.Template) error) (t *videosms.Template, err error) {
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT `+videoTemplateColumns+` FROM vms_templates WHERE id = $1 AND tenant = $2`+db.dialect.lock("vms_templates", false), id, tenant)
		if t, err = only(rows, err, "read a video template", scanVideoTemplate, videosms.ErrUnknown); err != nil {
			return err
		}
		if err := alter(t); err != nil {
			return err
		}
		states, err := json.Marshal(t.Carriers)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE vms_templates SET draft = $2, waiting = $3, state = $4, audit_desc = $5, carriers = $6, audit_seq = $7
			WHERE id = $1`, id, bit(t.Draft), waiting(t), int(t.State), t.AuditDesc, string(states), t.Sequence); err != nil {
			return fmt.Errorf("change a video template: %w", err)
		}
		return db.queueVideoState(ctx, tx, t, now)
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}
