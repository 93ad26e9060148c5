package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"cardlink/callback"
	"cardlink/dispatch"
	"cardlink/event"
	"cardlink/fault"
	"cardlink/videosms"
)

// States of vms_messages.
const (
	videoQueued    = 0
	videoClaimed   = 1
	videoIntended  = 2
	videoTaken     = 3
	videoAmbiguous = 4
	videoSuccess   = 10
	videoFail      = 11
	videoTimeout   = 12
)

// AddVideoTask implements videosms.Store.
func (db *DB) AddVideoTask(ctx context.Context, t *videosms.Task, ms []videosms.Message, vs []videosms.Values) error {
	s, err := db.sealer(ctx, t.Tenant)
	if err != nil {
		return err
	}
	carriers, err := db.carrierSealer(ctx)
	if err != nil {
		return err
	}
	var values, rows rowBatch
	for i, v := range vs {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		values.begin()
		values.int(int64(i)).text(s.Seal(string(b))).end()
	}
	var facts []event.Record
	for i := range ms {
		m := &ms[i]
		ref, state, final := s.Ref(m.Phone), videoQueued, int64(0)
		if m.Failed != "" {
			state, final = videoFail, t.CreatedAt.UnixMilli()
			t.Failed++
			r, err := event.BasicReceipt{TaskID: t.UUID, CustRef: ref, Carrier: m.Carrier, TplID: fmt.Sprint(t.TplID), Final: event.FinalFail, Code: m.Failed,
				STime: t.CreatedAt, RTime: t.CreatedAt}.Record(t.Tenant)
			if err != nil {
				return err
			}
			facts = append(facts, r)
		}
		rows.begin()
		rows.int(m.ID).int(int64(m.Values)).text(ref).text(destRef(carriers, m.Phone)).text(s.Seal(m.Phone)).text(m.Carrier).int(int64(state)).text(m.Failed).
			int(final).end()
	}
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO vms_tasks (id, uuid, tenant, operator, name, tpl_id, tpl_name, frames, bytes, exdata, total, submitted, success,
				failed, timeout, created_ms, sent_ms, expire_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, $12, 0, $13, 0, $14)`,
			t.ID, t.UUID, t.Tenant, t.Operator, t.Name, t.TplID, t.TplName, t.Frames, t.Bytes, t.Exdata, t.Total, t.Failed, t.CreatedAt.UnixMilli(),
			t.ExpireAt.UnixMilli()); err != nil {
			return fmt.Errorf("insert a video task: %w", err)
		}
		if values.n > 0 {
			if _, err := tx.ExecContext(ctx, `INSERT INTO vms_values (task, n, sealed)
				SELECT CAST($2 AS BIGINT), CAST(value->>0 AS INTEGER), value->>1 FROM `+db.dialect.rows("$1"), values.arg(), t.ID); err != nil {
				return fmt.Errorf("insert values of a video task: %w", err)
			}
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO vms_messages (id, tenant, task, vals, phone_ref, dest_ref, recipient, carrier, state, due_ms, expire_ms, holder,
				tries, maybe_dup, carrier_id, code, created_ms, submitted_ms, final_ms)
			SELECT CAST(value->>0 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST(value->>1 AS INTEGER), value->>2, value->>3, value->>4, value->>5,
				CAST(value->>6 AS INTEGER), CAST($4 AS BIGINT), CAST($5 AS BIGINT), '', 0, 0, '', value->>7, CAST($4 AS BIGINT), 0, CAST(value->>8 AS BIGINT)
			FROM `+db.dialect.rows("$1"), rows.arg(), t.Tenant, t.ID, t.CreatedAt.UnixMilli(), t.ExpireAt.UnixMilli()); err != nil {
			return fmt.Errorf("queue %d video messages: %w", rows.n, err)
		}
		return db.appendOutbox(ctx, tx, facts)
	})
}

const videoTaskColumns = `id, uuid, tenant, operator, name, tpl_id, tpl_name, frames, bytes, exdata, total, submitted, success, failed, timeout, created_ms, sent_ms, expire_ms`

func scanVideoTask(t *videosms.Task) ([]any, func() error) {
	var created, sent, expire int64
	return []any{&t.ID, &t.UUID, &t.Tenant, &t.Operator, &t.Name, &t.TplID, &t.TplName, &t.Frames, &t.Bytes, &t.Exdata, &t.Total, &t.Submitted, &t.Success,
			&t.Failed, &t.Timeout, &created, &sent, &expire}, func() error {
			t.CreatedAt, t.SentAt, t.ExpireAt = fromMilli(created), fromMilli(sent), fromMilli(expire)
			return nil
		}
}

// videoTaskStatus is videosms.Task.Status in SQL.
const videoTaskStatus = `CASE WHEN success + failed + timeout = total THEN
		CASE WHEN success > 0 THEN 'sending_complete' WHEN submitted > 0 THEN 'sending_failed' ELSE 'submit_failed' END
	WHEN success + failed + timeout + submitted = 0 THEN 'submit_success' ELSE 'processing' END`

// VideoTasks implements videosms.Store.
func (db *DB) VideoTasks(ctx context.Context, tenant string, f videosms.TaskFilter) ([]videosms.Task, int, error) {
	var c conditions
	c.add("tenant = ?", tenant)
	c.equal("uuid", f.ID)
	c.part("name", f.Name)
	c.part("tpl_name", f.TplName)
	c.equal("operator", f.Operator)
	c.equal(videoTaskStatus, string(f.Status))
	if f.TplID != 0 {
		c.add("tpl_id = ?", f.TplID)
	}
	c.span("created_ms", dispatch.Span(f.Created))
	if s := f.Sent; !s.From.IsZero() || !s.To.IsZero() {
		c.add("sent_ms > 0")
		c.span("sent_ms", dispatch.Span(s))
	}
	return window(ctx, db, videoTaskColumns, " FROM vms_tasks", "created_ms DESC, id DESC", &c, dispatch.Page(f.Page), scanVideoTask)
}

// VideoReport implements callback.VideoFacts.
func (db *DB) VideoReport(ctx context.Context, tenant, taskID, custRef string) (callback.VideoReport, error) {
	s, err := db.sealer(ctx, tenant)
	if err != nil {
		return callback.VideoReport{}, err
	}
	r := callback.VideoReport{TaskID: taskID, Status: 1, Desc: "fail"}
	var sealed string
	var state int
	var created, submitted, final int64
	err = db.read.QueryRowContext(ctx, `SELECT m.recipient, m.state, m.code, m.created_ms, m.submitted_ms, m.final_ms
		FROM vms_messages m JOIN vms_tasks t ON t.id = m.task WHERE t.uuid = $1 AND m.tenant = $2 AND m.phone_ref = $3`, taskID, tenant, custRef).
		Scan(&sealed, &state, &r.Code, &created, &submitted, &final)
	if errors.Is(err, sql.ErrNoRows) {
		return callback.VideoReport{}, fault.New(fault.Parameter, "video message does not exist")
	}
	if err != nil {
		return callback.VideoReport{}, fmt.Errorf("read a video message: %w", err)
	}
	switch {
	case state == videoSuccess:
		r.Status, r.Desc = 0, "success"
	case state < videoSuccess:
		return callback.VideoReport{}, fmt.Errorf("a video message of task %s is not final", taskID)
	}
	phone, err := s.Open(sealed)
	if err != nil {
		return callback.VideoReport{}, fmt.Errorf("open a recipient: %w", err)
	}
	r.Mobile = strings.TrimPrefix(phone, "+86")
	r.STime, r.RTime = callback.VideoTime(fromMilli(max(created, submitted))), callback.VideoTime(fromMilli(final))
	return r, nil
}

// VideoAnswer implements callback.VideoFacts.
func (db *DB) VideoAnswer(ctx context.Context, tenant string, id int64) (callback.VideoAnswer, error) {
	s, err := db.sealer(ctx, tenant)
	if err != nil {
		return callback.VideoAnswer{}, err
	}
	var a callback.VideoAnswer
	var phone, content string
	var at int64
	err = db.read.QueryRowContext(ctx, `SELECT t.uuid, m.recipient, u.content, u.at_ms
		FROM vms_uplinks u JOIN vms_messages m ON m.id = u.message JOIN vms_tasks t ON t.id = m.task WHERE u.id = $1 AND u.tenant = $2`, id, tenant).
		Scan(&a.TaskID, &phone, &content, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return callback.VideoAnswer{}, fault.New(fault.Parameter, "answer does not exist")
	}
	if err != nil {
		return callback.VideoAnswer{}, fmt.Errorf("read an answer: %w", err)
	}
	clear, err1 := s.Open(phone)
	text, err2 := s.Open(content)
	if err := errors.Join(err1, err2); err != nil {
		return callback.VideoAnswer{}, fmt.Errorf("open an answer: %w", err)
	}
	a.Mobile, a.Content, a.RTime = strings.TrimPrefix(clear, "+86"), text, callback.VideoTime(time.UnixMilli(at))
	return a, nil
}
