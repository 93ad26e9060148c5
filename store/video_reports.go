package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"cardlink/callback"
	"cardlink/dispatch"
	"cardlink/event"
	"cardlink/identity"
	"cardlink/videosms"
)

// videoRow is a locked message with what its facts need. was… is how it was read.
type videoRow struct {
	id, task, tplID            int64
	tenant, uuid, ref, carrier string
	frames                     int
	bytes                      int64
	created, expire            int64
	state, tries               int
	maybeDup                   bool
	holder, carrierID, code    string
	due, submitted, final      int64
	wasState                   int
	wasSubmitted               int64
	stored                     bool
}

// lockVideos reads messages and holds them until the transaction ends, in the order of their ids, so that two transactions cannot wait for each other.
func (db *DB) lockVideos(ctx context.Context, tx *sql.Tx, list []int64) (map[int64]*videoRow, error) {
	rows, err := tx.QueryContext(ctx, `SELECT m.id, m.task, t.tpl_id, m.tenant, t.uuid, m.phone_ref, m.carrier, t.frames, t.bytes, m.created_ms, m.expire_ms, m.state,
			m.tries, m.maybe_dup, m.holder, m.carrier_id, m.code, m.due_ms, m.submitted_ms, m.final_ms
		FROM vms_messages m JOIN vms_tasks t ON t.id = m.task
		WHERE m.id IN (SELECT CAST(value->>0 AS BIGINT) FROM `+db.dialect.rows("$1")+`) ORDER BY m.id`+db.dialect.lock("m", false), ids(list))
	all, err := collect(rows, err, "lock video messages", func(p **videoRow) ([]any, func() error) {
		m := &videoRow{}
		*p = m
		return []any{&m.id, &m.task, &m.tplID, &m.tenant, &m.uuid, &m.ref, &m.carrier, &m.frames, &m.bytes, &m.created, &m.expire, &m.state,
				&m.tries, (*flagInt)(&m.maybeDup), &m.holder, &m.carrierID, &m.code, &m.due, &m.submitted, &m.final}, func() error {
				m.wasState, m.wasSubmitted = m.state, m.submitted
				return nil
			}
	})
	if err != nil {
		return nil, err
	}
	out := make(map[int64]*videoRow, len(all))
	for _, m := range all {
		out[m.id] = m
	}
	return out, nil
}

// taskCount is what a transaction adds to a task's counters.
type taskCount struct {
	task                                int64
	submitted, success, failed, timeout int64
	sent                                int64
}

// storeVideos writes changed messages, which may be listed twice, with the counters of their tasks and the facts of the changes.
func (db *DB) storeVideos(ctx context.Context, tx *sql.Tx, changed []*videoRow) error {
	var rows rowBatch
	var facts []event.Record
	counts := map[int64]*taskCount{}
	slices.SortFunc(changed, func(a, b *videoRow) int { return cmp.Compare(a.id, b.id) })
	for _, m := range changed {
		if m.stored {
			continue
		}
		m.stored = true
		rows.begin()
		rows.int(m.id).int(int64(m.state)).int(int64(bit(m.maybeDup))).text(m.holder).text(m.carrierID).text(m.code).int(m.due).int(m.submitted).int(m.final).end()
		c := counts[m.task]
		if c == nil {
			c = &taskCount{task: m.task}
			counts[m.task] = c
		}
		some, err := m.facts(c)
		if err != nil {
			return err
		}
		facts = append(facts, some...)
	}
	if rows.n == 0 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `UPDATE vms_messages SET state = CAST(value->>1 AS INTEGER), maybe_dup = CAST(value->>2 AS INTEGER), holder = value->>3,
			carrier_id = value->>4, code = value->>5, due_ms = CAST(value->>6 AS BIGINT), submitted_ms = CAST(value->>7 AS BIGINT), final_ms = CAST(value->>8 AS BIGINT)
		FROM `+db.dialect.rows("$1")+` WHERE vms_messages.id = CAST(value->>0 AS BIGINT)`, rows.arg()); err != nil {
		return fmt.Errorf("change %d video messages: %w", rows.n, err)
	}
	if err := db.countVideos(ctx, tx, counts); err != nil {
		return err
	}
	return db.appendOutbox(ctx, tx, facts)
}

// facts counts what has become true of the message and tells it.
func (m *videoRow) facts(c *taskCount) (out []event.Record, err error) {
	if m.submitted > 0 && m.wasSubmitted == 0 {
		c.submitted++
		if c.sent == 0 || m.submitted < c.sent {
			c.sent = m.submitted
		}
		r, err := event.BasicSubmitted{TaskID: m.uuid, CustRef: m.ref, Carrier: m.carrier, TplID: fmt.Sprint(m.tplID), Frames: m.frames, Bytes: m.bytes,
			ExpiresAt: fromMilli(m.expire), SubmittedAt: fromMilli(m.submitted)}.Record(m.tenant)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	if m.state < videoSuccess || m.wasState >= videoSuccess {
		return out, nil
	}
	d := event.BasicReceipt{TaskID: m.uuid, CustRef: m.ref, Carrier: m.carrier, TplID: fmt.Sprint(m.tplID), Code: m.code,
		STime: fromMilli(max(m.created, m.submitted)), RTime: fromMilli(m.final)}
	switch m.state {
	case videoSuccess:
		d.Final = event.FinalSuccess
		c.success++
	case videoFail:
		d.Final = event.FinalFail
		c.failed++
	default:
		d.Final = event.FinalTimeout
		c.timeout++
	}
	r, err := d.Record(m.tenant)
	return append(out, r), err
}

func (db *DB) countVideos(ctx context.Context, tx *sql.Tx, counts map[int64]*taskCount) error {
	var rows rowBatch
	for _, c := range counts {
		if *c == (taskCount{task: c.task}) {
			continue
		}
		rows.begin()
		rows.int(c.task).int(c.submitted).int(c.success).int(c.failed).int(c.timeout).int(c.sent).end()
	}
	if rows.n == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `UPDATE vms_tasks SET submitted = submitted + CAST(value->>1 AS INTEGER), success = success + CAST(value->>2 AS INTEGER),
			failed = failed + CAST(value->>3 AS INTEGER), timeout = timeout + CAST(value->>4 AS INTEGER),
			sent_ms = CASE WHEN sent_ms = 0 THEN CAST(value->>5 AS BIGINT) ELSE sent_ms END
		FROM `+db.dialect.rows("$1")+` WHERE vms_tasks.id = CAST(value->>0 AS BIGINT)`, rows.arg())
	if err != nil {
		return fmt.Errorf("count video messages: %w", err)
	}
	return nil
}

// ReportVideo implements videosms.Store.
func (db *DB) ReportVideo(ctx context.Context, rs []videosms.Report, now time.Time) (tally videosms.Tally, err error) {
	type named struct {
		uuid string
		id   int64
	}
	names := make([]named, len(rs))
	var list []int64
	for i := range rs {
		if uuid, id, err := dispatch.ParseMsgID(rs[i].ID); err == nil {
			names[i] = named{uuid, id}
			list = append(list, id)
		}
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		tally = videosms.Tally{}
		rows, err := db.lockVideos(ctx, tx, list)
		if err != nil {
			return err
		}
		var changed []*videoRow
		for i := range rs {
			m := rows[names[i].id]
			if m == nil || m.uuid != names[i].uuid || m.tries == 0 {
				tally.Unmatched++
				continue
			}
			if m.report(&rs[i], &tally) {
				changed = append(changed, m)
			}
		}
		return db.storeVideos(ctx, tx, changed)
	})
	if err != nil {
		return videosms.Tally{}, fmt.Errorf("apply %d video reports: %w", len(rs), err)
	}
	return tally, nil
}

// report applies a final report and says whether it changed the message. A report may overtake the answer to the submit: then it is what proves that the carrier
// took the message.
func (m *videoRow) report(r *videosms.Report, tally *videosms.Tally) bool {
	to := videoFail
	if r.Delivered {
		to = videoSuccess
	}
	switch {
	case m.state == videoTimeout:
		tally.Late++
		return false
	case m.state >= videoSuccess && m.state == to && m.code == r.Code:
		tally.Duplicate++
		return false
	case m.state >= videoSuccess:
		tally.Conflict++
		return false
	}
	tally.Applied++
	at := max(r.At.UnixMilli(), m.created)
	if m.submitted == 0 {
		m.submitted = at
	}
	if m.carrierID == "" {
		m.carrierID = r.CarrierID
	}
	m.state, m.code, m.final, m.holder = to, r.Code, max(at, m.submitted), ""
	return true
}

// uplinkWindow is how far back an answer without a message id looks for the message.
const uplinkWindow = 7 * 24 * time.Hour

// AddVideoUplinks implements videosms.Store.
func (db *DB) AddVideoUplinks(ctx context.Context, us []videosms.Uplink, now time.Time) (tally videosms.Tally, err error) {
	var rows rowBatch
	optOuts := map[string]optOut{} // by ref of the uplink
	for i := range us {
		m, err := db.answered(ctx, &us[i], now)
		if err != nil {
			return tally, err
		}
		if m.id == 0 {
			tally.Unmatched++
			continue
		}
		s, err := db.sealer(ctx, m.tenant)
		if err != nil {
			return tally, err
		}
		sum := sha256.Sum256([]byte(us[i].Ref))
		ref := hex.EncodeToString(sum[:16])
		if dispatch.OptsOut(us[i].Content) {
			phone, err := s.Open(m.recipient)
			if err != nil {
				return tally, fmt.Errorf("open a recipient: %w", err)
			}
			optOuts[ref] = optOut{s, m.tenant, phone}
		}
		rows.begin()
		rows.text(ref).text(m.tenant).int(m.id).text(s.Seal(us[i].Content)).int(us[i].At.UnixMilli()).end()
	}
	if rows.n == 0 {
		return tally, nil
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		tally.Applied, tally.Duplicate = 0, 0
		res, err := tx.QueryContext(ctx, `INSERT INTO vms_uplinks (ref, tenant, message, content, at_ms)
			SELECT value->>0, value->>1, CAST(value->>2 AS BIGINT), value->>3, CAST(value->>4 AS BIGINT) FROM `+db.dialect.rows("$1")+`
			WHERE true ON CONFLICT (ref) DO NOTHING RETURNING id, ref, tenant`, rows.arg())
		type added struct {
			id          int64
			ref, tenant string
		}
		list, err := collect(res, err, "keep answers", func(a *added) ([]any, func() error) {
			return []any{&a.id, &a.ref, &a.tenant}, func() error { return nil }
		})
		if err != nil {
			return err
		}
		tally.Applied, tally.Duplicate = len(list), rows.n-len(list)
		var news rowBatch
		for _, a := range list {
			n := callback.VideoUplinkNews(a.tenant, a.id)
			deliveryRow(&news, &n, callback.VideoUplink)
			if o, ok := optOuts[a.ref]; ok {
				if _, err := db.block(ctx, tx, o.sealer, o.tenant, []string{o.phone}, dispatch.BlockedByReply, now); err != nil {
					return err
				}
			}
		}
		if news.n == 0 {
			return nil
		}
		_, err = db.queueDeliveries(ctx, tx, &news, now)
		return err
	})
	if err != nil {
		return videosms.Tally{}, fmt.Errorf("keep %d answers: %w", rows.n, err)
	}
	return tally, nil
}

// optOut is a number that wants no more marketing of a tenant.
type optOut struct {
	sealer        identity.Sealer
	tenant, phone string
}

// answeredMessage is the message that an answer is for; id is 0 if there is none.
type answeredMessage struct {
	id                int64
	tenant, recipient string
}

// answered finds the message that an answer is for: the one it names, or the newest that was sent to its number.
func (db *DB) answered(ctx context.Context, u *videosms.Uplink, now time.Time) (m answeredMessage, err error) {
	row := func(query string, args ...any) error {
		err := db.read.QueryRowContext(ctx, query, args...).Scan(&m.id, &m.tenant, &m.recipient)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	}
	switch {
	case u.ID != "":
		uuid, message, wrong := dispatch.ParseMsgID(u.ID)
		if wrong != nil {
			return m, nil //nolint:nilerr // nobody's id: no message
		}
		err = row(`SELECT m.id, m.tenant, m.recipient FROM vms_messages m JOIN vms_tasks t ON t.id = m.task WHERE m.id = $1 AND t.uuid = $2 AND m.tries > 0`, message, uuid)
	case u.From != "":
		s, e := db.carrierSealer(ctx)
		if e != nil {
			return m, e
		}
		err = row(`SELECT id, tenant, recipient FROM vms_messages WHERE dest_ref = $1 AND tries > 0 AND created_ms >= $2 ORDER BY id DESC LIMIT 1`,
			destRef(s, u.From), now.Add(-uplinkWindow).UnixMilli())
	}
	if err != nil {
		return m, fmt.Errorf("find the message of an answer: %w", err)
	}
	return m, nil
}
