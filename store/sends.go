package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cardlink/callback"
	"cardlink/dispatch"
	"cardlink/event"
	"cardlink/fault"
	"cardlink/identity"
	"cardlink/shortlink"
)

var _ callback.Facts = (*DB)(nil)

// CreateSendTask implements dispatch.Store.
func (db *DB) CreateSendTask(ctx context.Context, t dispatch.SendTask, links []shortlink.Link, messages []dispatch.Message, keep *dispatch.Keep) (taken []int, err error) {
	s, err := db.sealer(ctx, t.Tenant)
	if err != nil {
		return nil, err
	}
	sealed := make([]string, len(messages)) // before the transaction: it is the costly part
	for i := range messages {
		if sealed[i], err = sealRecipient(s, &messages[i]); err != nil {
			return nil, err
		}
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		taken = nil
		if len(links) > 0 {
			var err error
			if taken, err = db.insertLinks(ctx, tx, links, s); err != nil {
				return err
			}
		}
		if keep != nil {
			if err := keepAnswer(ctx, tx, s, t, keep, taken); err != nil {
				return err
			}
		}
		if err := db.insertMessages(ctx, tx, t, messages, sealed, taken, s); err != nil {
			return err
		}
		sends, state := len(messages)-len(taken), t.State
		if sends == 0 {
			state = dispatch.TaskFailed
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO send_tasks (id, uuid, tenant, account, name, tpl_id, tpl_name, sms_tpl_id, sms_sign, app_name, number, kind, state,
				submissions, sends, first_message, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
			t.ID, t.UUID, t.Tenant, t.Account, t.Name, t.TplID, t.TplName, t.SMSTplID, t.Sign, t.AppName, t.Number, t.Kind, state,
			t.Submissions, sends, t.FirstMessage, t.CreatedAt.UnixMilli())
		if err != nil {
			return fmt.Errorf("insert a send task: %w", err)
		}
		fact, err := event.SendAccepted{
			TaskID: t.UUID, TplID: strconv.FormatInt(t.TplID, 10), TplName: t.TplName, SMSTplID: strconv.FormatInt(t.SMSTplID, 10), SMSKind: dispatch.SMSKind(t.Kind),
			SubmissionCount: t.Submissions, SendCount: sends, AcceptedAt: t.CreatedAt.UTC(),
		}.Record(t.Tenant)
		if err != nil {
			return err
		}
		return db.appendOutbox(ctx, tx, []event.Record{fact})
	})
	return taken, err
}

func keepAnswer(ctx context.Context, tx *sql.Tx, s identity.Sealer, t dispatch.SendTask, keep *dispatch.Keep, taken []int) error {
	answer, err := keep.Answer(taken)
	if err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO idempotency (tenant, op, ikey, body_hash, answer, created_ms) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT DO NOTHING`, t.Tenant, "send-tasks", keep.Key, keep.BodyHash, s.Seal(string(answer)), t.CreatedAt.UnixMilli())
	if err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		err = dispatch.ErrRepeated
	}
	return err
}

// insertMessages queues messages, except those whose link was taken.
func (db *DB) insertMessages(ctx context.Context, tx *sql.Tx, t dispatch.SendTask, messages []dispatch.Message, sealed []string, taken []int, s identity.Sealer) error {
	var rows rowBatch
	for i := range messages {
		if len(taken) > 0 && taken[0] == i {
			taken = taken[1:]
			continue
		}
		m := &messages[i]
		rows.begin()
		rows.int(m.ID).int(m.Link).text(m.AimURL).text(s.Ref(m.Phone)).text(sealed[i]).text(m.Carrier).int(int64(m.Class)).text(m.Route).
			int(int64(m.Segments)).int(m.ExpireAt.UnixMilli()).end()
	}
	if rows.n == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO messages (id, tenant, task, link, aim_url, phone_ref, recipient, carrier, class, route, home, state, due_ms, expire_ms, owner,
			tries, attempts, maybe_dup, avoid, segments, channel, code, created_ms, submitted_ms, final_ms)
		SELECT CAST(value->>0 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST(value->>1 AS BIGINT), value->>2, value->>3, value->>4, value->>5,
			CAST(value->>6 AS INTEGER), value->>7, value->>7, 0, CAST($4 AS BIGINT), CAST(value->>9 AS BIGINT), 0,
			0, 0, 0, '', CAST(value->>8 AS INTEGER), '', '', CAST($4 AS BIGINT), 0, 0
		FROM `+db.dialect.rows("$1"), rows.arg(), t.Tenant, t.ID, t.CreatedAt.UnixMilli())
	if err != nil {
		return fmt.Errorf("queue %d messages: %w", rows.n, err)
	}
	return nil
}

// recipient is what is sealed of a message as one value.
type recipient struct{ flag, phone, text string }

func sealRecipient(s identity.Sealer, m *dispatch.Message) (string, error) {
	if strings.ContainsRune(m.CustFlag, 0) || strings.ContainsRune(m.Phone, 0) {
		return "", errors.New("a recipient holds a NUL")
	}
	return s.Seal(m.CustFlag + "\x00" + m.Phone + "\x00" + m.Text), nil
}

func openRecipient(s identity.Sealer, sealed string) (recipient, error) {
	clear, err := s.Open(sealed)
	if err != nil {
		return recipient{}, fmt.Errorf("open a recipient: %w", err)
	}
	flag, rest, ok1 := strings.Cut(clear, "\x00")
	phone, text, ok2 := strings.Cut(rest, "\x00")
	if !ok1 || !ok2 {
		return recipient{}, errors.New("a recipient is damaged")
	}
	return recipient{flag, phone, text}, nil
}

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
	c.add("t.tenant = ?", tenant)
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

// SendDetails implements dispatch.Store.
func (db *DB) SendDetails(ctx context.Context, tenant string, f dispatch.DetailFilter) ([]dispatch.Detail, int, error) {
	s, err := db.sealer(ctx, tenant)
	if err != nil {
		return nil, 0, err
	}
	var c conditions
	c.add("m.tenant = ?", tenant)
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
	c.span("m.created_ms", f.Created)
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

// SMSReceipt implements callback.Facts.
func (db *DB) SMSReceipt(ctx context.Context, tenant, msgID string) (callback.SMSReceipt, error) {
	none := fault.New(fault.Parameter, "message does not exist: "+msgID)
	uuid, id, err := dispatch.ParseMsgID(msgID)
	if err != nil {
		return callback.SMSReceipt{}, none
	}
	s, err := db.sealer(ctx, tenant)
	if err != nil {
		return callback.SMSReceipt{}, err
	}
	var (
		r                    callback.SMSReceipt
		state                dispatch.State
		sealed, code         string
		tplID                int64
		segments             int
		sent, created, final int64
	)
	err = db.read.QueryRowContext(ctx, `SELECT t.tpl_id, t.sms_sign, m.aim_url, m.recipient, m.state, m.code, m.segments, m.submitted_ms, m.created_ms, m.final_ms
		FROM messages m JOIN send_tasks t ON t.id = m.task WHERE m.id = $1 AND m.tenant = $2 AND t.uuid = $3`, id, tenant, uuid).
		Scan(&tplID, &r.SMSSign, &r.AimURL, &sealed, &state, &code, &segments, &sent, &created, &final)
	if errors.Is(err, sql.ErrNoRows) {
		return callback.SMSReceipt{}, none
	}
	if err != nil {
		return callback.SMSReceipt{}, fmt.Errorf("read a message: %w", err)
	}
	to, err := openRecipient(s, sealed)
	if err != nil {
		return callback.SMSReceipt{}, err
	}
	r.TaskID, r.MsgID, r.CustFlag, r.TplID = uuid, msgID, to.flag, fmt.Sprint(tplID)
	r.AimCode = r.AimURL[strings.LastIndexByte(r.AimURL, '/')+1:]
	r.SendTime, r.ReceiveTime = noZone(max(sent, created)), noZone(final)
	r.Total, r.Sequence = fmt.Sprint(segments), "1"
	switch state {
	case dispatch.Succeeded:
		r.SendStatus, r.SendStatusDesc = "DELIVRD", "delivered"
	case dispatch.Failed:
		r.SendStatus, r.SendStatusDesc = code, "failed"
	case dispatch.TimedOut:
		r.SendStatus, r.SendStatusDesc = code, "no receipt within 72 hours"
	default:
		return callback.SMSReceipt{}, fmt.Errorf("message %s is not final", msgID)
	}
	return r, nil
}

// noZone is the callbacks' form of a time (api.md §18.1).
func noZone(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05") }
