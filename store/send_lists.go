package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"cardlink/dispatch"
)

const taskColumns = `t.id, t.uuid, t.tenant, t.account, t.name, t.tpl_id, t.tpl_name, t.sms_tpl_id, t.sms_sign, t.app_name, t.number, t.kind, t.state,
	t.submissions, t.sends, t.first_message, t.created_ms`

func scanTask(t *dispatch.SendTask) ([]any, func() error) {
	var created int64
	return []any{&t.ID, &t.UUID, &t.Tenant, &t.Account, &t.Name, &t.TplID, &t.TplName, &t.SMSTplID, &t.Sign, &t.AppName, &t.Number, &t.Kind, &t.State,
			&t.Submissions, &t.Sends, &t.FirstMessage, &created}, func() error {
			t.CreatedAt = fromMilli(created)
			return nil
		}
}

// SendTasks implements dispatch.Store.
func (db *DB) SendTasks(ctx context.Context, tenant string, f dispatch.TaskFilter) ([]dispatch.SendTask, int, error) {
	var c conditions
	c.add("t.tenant = ? AND t.plain = 0", tenant)
	c.equal("t.uuid", f.TaskID)
	c.part("t.name", f.Name)
	c.part("t.tpl_name", f.TplName)
	if f.TplID != 0 {
		c.add("t.tpl_id = ?", f.TplID)
	}
	c.equal("t.state", f.State)
	c.span("t.created_ms", f.Created)
	tasks, total, err := window(ctx, db, taskColumns, " FROM send_tasks t", "t.created_ms DESC, t.id DESC", &c, f.Page, scanTask)
	if err != nil || len(tasks) == 0 {
		return nil, total, err
	}
	return tasks, total, db.countTasks(ctx, tasks)
}

// countTasks fills what has happened to the messages and links of tasks so far.
func (db *DB) countTasks(ctx context.Context, tasks []dispatch.SendTask) error {
	var rows rowBatch
	for i := range tasks {
		rows.begin()
		rows.int(int64(i)).int(tasks[i].FirstMessage).int(tasks[i].FirstMessage + int64(tasks[i].Submissions)).end()
	}
	res, err := db.read.QueryContext(ctx, `SELECT v.n, SUM(CASE WHEN m.state = 10 THEN 1 ELSE 0 END), COUNT(r.ordinal)
		FROM (SELECT CAST(value->>0 AS BIGINT) AS n, CAST(value->>1 AS BIGINT) AS low, CAST(value->>2 AS BIGINT) AS high FROM `+db.dialect.rows("$1")+`) AS v
		CROSS JOIN messages m LEFT JOIN resolutions r ON r.link_id = m.link AND r.ordinal = 1
		WHERE m.id >= v.low AND m.id < v.high GROUP BY v.n`, rows.arg())
	if err != nil {
		return fmt.Errorf("count the messages of tasks: %w", err)
	}
	defer res.Close()
	for res.Next() {
		var n, succeeded, resolved int
		if err := res.Scan(&n, &succeeded, &resolved); err != nil {
			return err
		}
		tasks[n].Succeeded, tasks[n].Resolved = succeeded, resolved
	}
	return res.Err()
}

// sentMs is when a message went to its carrier; until then, when it was accepted.
const sentMs = "CASE WHEN m.submitted_ms > m.created_ms THEN m.submitted_ms ELSE m.created_ms END"

// longestWait is longer than any message waits for its carrier.
const longestWait = 8 * 24 * time.Hour

// SendDetails implements dispatch.Store.
func (db *DB) SendDetails(ctx context.Context, tenant string, f dispatch.DetailFilter) ([]dispatch.Detail, int, error) {
	s, err := db.sealer(ctx, tenant)
	if err != nil {
		return nil, 0, err
	}
	var c conditions
	c.add("m.tenant = ? AND t.plain = 0", tenant)
	if f.TaskID != "" {
		var first, last int64
		err := db.read.QueryRowContext(ctx, `SELECT first_message, first_message + submissions FROM send_tasks WHERE uuid = $1 AND tenant = $2`, f.TaskID, tenant).
			Scan(&first, &last)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, 0, nil
		}
		if err != nil {
			return nil, 0, fmt.Errorf("find a send task: %w", err)
		}
		c.add("m.id >= ?", first)
		c.add("m.id < ?", last)
	}
	if f.TplID != 0 {
		c.add("t.tpl_id = ?", f.TplID)
	}
	c.equal("t.sms_sign", f.Sign)
	if f.CustFlag != "" {
		c.add("m.phone_ref = ?", s.Ref(f.CustFlag))
	}
	c.span(sentMs, f.Sent)
	// The same once more, coarser, for the index on the time of acceptance.
	accepted := f.Sent
	if !accepted.From.IsZero() {
		accepted.From = accepted.From.Add(-longestWait)
	}
	c.span("m.created_ms", accepted)
	scan := func(d *dispatch.Detail) ([]any, func() error) {
		var (
			id, created, submitted, final int64
			state                         dispatch.State
			sealed, uuid, code            string
		)
		return []any{&id, &uuid, &d.TaskName, &d.TplID, &d.TplName, &sealed, &state, &created, &submitted, &final, &code}, func() error {
			r, err := openRecipient(s, sealed)
			d.MsgID, d.TaskID, d.CustFlag, d.Phone = dispatch.MsgID(uuid, id), uuid, r.flag, r.phone
			d.Status, d.SentAt = dispatch.SendSending, fromMilli(max(created, submitted))
			switch state {
			case dispatch.Succeeded:
				d.Status, d.ReceivedAt = dispatch.SendSuccess, fromMilli(final)
			case dispatch.Failed, dispatch.TimedOut:
				d.Status, d.ReceivedAt, d.Code = dispatch.SendFail, fromMilli(final), code
			}
			return err
		}
	}
	return window(ctx, db, `m.id, t.uuid, t.name, t.tpl_id, t.tpl_name, m.recipient, m.state, m.created_ms, m.submitted_ms, m.final_ms, m.code`,
		` FROM messages m JOIN send_tasks t ON t.id = m.task`, "m.created_ms DESC, m.id DESC", &c, f.Page, scan)
}

// Uncertain implements dispatch.Store.
func (db *DB) Uncertain(ctx context.Context, tenant string, limit int) ([]dispatch.Uncertain, error) {
	var c conditions
	c.add("m.state > 0 AND m.state < 10 AND m.state IN (3, 4)")
	c.equal("m.tenant", tenant)
	c.args = append(c.args, limit)
	rows, err := db.read.QueryContext(ctx, `SELECT m.id, t.uuid, m.tenant, m.channel, m.class, m.submitted_ms, m.state, m.maybe_dup
		FROM messages m JOIN send_tasks t ON t.id = m.task`+c.String()+fmt.Sprintf(` ORDER BY m.due_ms, m.id LIMIT $%d`, len(c.args)), c.args...)
	return collect(rows, err, "list ambiguous messages", func(u *dispatch.Uncertain) ([]any, func() error) {
		var (
			id, since int64
			uuid      string
			state     dispatch.State
		)
		return []any{&id, &uuid, &u.Tenant, &u.Channel, &u.Class, &since, &state, (*flagInt)(&u.MaybeDup)}, func() error {
			u.MsgID, u.Since, u.Resend = dispatch.MsgID(uuid, id), fromMilli(since), state == dispatch.DoubtfulUp
			return nil
		}
	})
}

// Books implements dispatch.Store.
func (db *DB) Books(ctx context.Context, tenant string) (b dispatch.Books, err error) {
	var c conditions
	c.add("1 = 1")
	c.equal("tenant", tenant)
	// One statement, so that both sides are of one moment.
	rows, err := db.read.QueryContext(ctx, `SELECT -1, COALESCE(SUM(sends), 0) FROM send_tasks`+c.String()+
		` UNION ALL SELECT state, COUNT(*) FROM messages`+c.String()+` GROUP BY state`, c.args...)
	if err != nil {
		return b, fmt.Errorf("count messages: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var state dispatch.State
		var n int64
		if err := rows.Scan(&state, &n); err != nil {
			return b, err
		}
		switch state {
		case -1:
			b.Accepted = n
		case dispatch.Queued, dispatch.Claimed:
			b.Pending += n
		case dispatch.Submitted:
			b.Submitted = n
		case dispatch.Doubtful, dispatch.DoubtfulUp:
			b.Ambiguous += n
		case dispatch.Succeeded:
			b.Succeeded = n
		case dispatch.Failed:
			b.Failed = n
		case dispatch.TimedOut:
			b.TimedOut = n
		}
	}
	return b, rows.Err()
}
