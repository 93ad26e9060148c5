package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"cardlink/dispatch"
	"cardlink/dispatch/carrier"
	"cardlink/event"
)

// receipt is a receipt whose number has been hashed.
type receipt struct {
	channel, carrierID, state, dest string
	class                           carrier.Class
	final, delivered                bool
	at                              int64
}

// Kinds of stray receipts.
const (
	strayParked   = "parked"   // nobody knows the id yet
	strayOrphan   = "orphan"   // nobody knew it in time, or the number was another
	strayLate     = "late"     // the message had timed out
	strayConflict = "conflict" // another final state was there first
)

// How long stray receipts are kept for people to look at.
const (
	orphanLife = 72 * time.Hour
	oddLife    = 30 * 24 * time.Hour // conflicts and late ones: they are rare, and questions about them come with the bill
)

func (db *DB) hashReceipts(ctx context.Context, in []dispatch.ChannelReceipt) ([]receipt, error) {
	if len(in) == 0 {
		return nil, nil
	}
	s, err := db.carrierSealer(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]receipt, len(in))
	for i := range in {
		r := &in[i]
		out[i] = receipt{r.Channel, r.MsgID, r.State, destRef(s, r.Dest), r.Class, r.Final, r.Delivered, r.At.UnixMilli()}
	}
	return out, nil
}

// unpark takes the parked receipts of parts that have just been accepted. The parameter is that of the outcomes.
func (db *DB) unpark(ctx context.Context, tx *sql.Tx, outcomes string) ([]receipt, error) {
	var parked int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM stray_receipts WHERE kind = 'parked' LIMIT 1) AS x`).Scan(&parked); err != nil || parked == 0 {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, `DELETE FROM stray_receipts WHERE kind = 'parked' AND id IN (
			SELECT p.id FROM (SELECT CAST(value->>0 AS BIGINT) AS skey FROM `+db.dialect.rows("$1")+`) AS v
			CROSS JOIN submits s CROSS JOIN stray_receipts p
			WHERE s.id = v.skey AND s.carrier_id IS NOT NULL AND p.channel = s.channel AND p.carrier_id = s.carrier_id)
		RETURNING `+strayColumns, outcomes)
	return collect(rows, err, "unpark receipts", scanStray)
}

const strayColumns = `channel, carrier_id, state, class, delivered, dest_ref, at_ms`

func scanStray(r *receipt) ([]any, func() error) {
	return []any{&r.channel, &r.carrierID, &r.state, &r.class, (*flagInt)(&r.delivered), &r.dest, &r.at}, func() error {
		r.final = true // only final receipts are parked
		return nil
	}
}

// settleKey is a try of a message whose parts are to be looked at.
type settleKey struct {
	message int64
	try     int
}

// submitRow is a part that a receipt may be about.
type submitRow struct {
	n, key, message     int64
	parts               int
	state               dispatch.PartState
	code, dest          string
	messageState, tries int
}

// applyReceipts gives receipts to the parts they are about and settles their messages and those of extra, with their facts. Messages are locked
// on the way, so that two nodes with a part's receipt each see one another.
func (db *DB) applyReceipts(ctx context.Context, tx *sql.Tx, receipts []receipt, extra []settleKey, now time.Time, tally *dispatch.Tally) error {
	found, err := db.findSubmits(ctx, tx, receipts)
	if err != nil {
		return err
	}
	var updates, strays rowBatch
	stray := func(kind string, r *receipt) {
		strays.begin()
		strays.text(kind).text(r.channel).text(r.carrierID).text(r.state).int(int64(r.class)).int(int64(bit(r.delivered))).text(r.dest).int(r.at).end()
	}
	applied := make(map[int64]dispatch.Settled) // parts that this batch settles
	settle := extra
	for i := range receipts {
		r := &receipts[i]
		if !r.final {
			tally.Intermediate++
			continue
		}
		part := meant(found[i], r)
		switch {
		case len(found[i]) == 0:
			tally.Parked++
			stray(strayParked, r)
			continue
		case part == nil:
			tally.Mismatch++
			stray(strayOrphan, r)
			continue
		}
		to := dispatch.PartUndelivered
		if r.delivered {
			to = dispatch.PartDelivered
		}
		was, code := part.state, part.code
		if a, ok := applied[part.key]; ok {
			was, code = a.State, a.Code
		}
		if was == dispatch.PartDelivered || was == dispatch.PartUndelivered {
			if was == to && code == r.state {
				tally.Duplicate++
			} else {
				tally.Conflict++
				stray(strayConflict, r)
			}
			continue
		}
		applied[part.key] = dispatch.Settled{State: to, Code: r.state, Class: r.class}
		updates.begin()
		updates.int(part.key).int(int64(to)).text(r.state).int(r.at).end()
		if dispatch.State(part.messageState) == dispatch.TimedOut {
			tally.Late++
			stray(strayLate, r)
			continue
		}
		_, try, _ := dispatch.SplitKey(uint64(part.key))
		settle = append(settle, settleKey{part.message, try})
	}
	if updates.n > 0 {
		if _, err := tx.ExecContext(ctx, `UPDATE submits SET state = v.state, code = v.code, receipt_ms = v.at
			FROM (SELECT CAST(value->>0 AS BIGINT) AS skey, CAST(value->>1 AS INTEGER) AS state, value->>2 AS code, CAST(value->>3 AS BIGINT) AS at
				FROM `+db.dialect.rows("$1")+`) AS v
			WHERE submits.id = v.skey`, updates.arg()); err != nil {
			return fmt.Errorf("apply %d receipts: %w", updates.n, err)
		}
	}
	if strays.n > 0 {
		if _, err := tx.ExecContext(ctx, `INSERT INTO stray_receipts (kind, channel, carrier_id, state, class, delivered, dest_ref, at_ms)
			SELECT value->>0, value->>1, value->>2, value->>3, CAST(value->>4 AS INTEGER), CAST(value->>5 AS INTEGER), value->>6, CAST(value->>7 AS BIGINT)
			FROM `+db.dialect.rows("$1"), strays.arg()); err != nil {
			return fmt.Errorf("keep %d stray receipts: %w", strays.n, err)
		}
	}
	return db.settle(ctx, tx, settle, applied, now, tally)
}

// meant is the newest part that has the receipt's number; ids are used again within a year, and resellers mix them up.
func meant(parts []submitRow, r *receipt) *submitRow {
	for i := range parts {
		if r.dest == "" || parts[i].dest == r.dest {
			return &parts[i]
		}
	}
	return nil
}

// findSubmits looks up the parts that receipts may be about, newest first, and locks their messages.
func (db *DB) findSubmits(ctx context.Context, tx *sql.Tx, receipts []receipt) (map[int][]submitRow, error) {
	var rows rowBatch
	for i := range receipts {
		if receipts[i].final {
			rows.begin()
			rows.int(int64(i)).text(receipts[i].channel).text(receipts[i].carrierID).end()
		}
	}
	if rows.n == 0 {
		return nil, nil
	}
	res, err := tx.QueryContext(ctx, `SELECT v.n, s.id, s.message, s.parts, s.state, s.code, s.dest_ref, m.state, m.tries
		FROM (SELECT CAST(value->>0 AS BIGINT) AS n, value->>1 AS channel, value->>2 AS carrier FROM `+db.dialect.rows("$1")+`) AS v
		CROSS JOIN submits s CROSS JOIN messages m
		WHERE s.channel = v.channel AND s.carrier_id = v.carrier AND s.carrier_id IS NOT NULL AND m.id = s.message
		ORDER BY s.id DESC`+db.dialect.lock("m", false), rows.arg())
	all, err := collect(res, err, "find submits", func(r *submitRow) ([]any, func() error) {
		return []any{&r.n, &r.key, &r.message, &r.parts, &r.state, &r.code, &r.dest, &r.messageState, &r.tries}, func() error { return nil }
	})
	if err != nil {
		return nil, err
	}
	found := make(map[int][]submitRow, len(all))
	for _, r := range all {
		found[int(r.n)] = append(found[int(r.n)], r)
	}
	return found, nil
}

// openMessage is a message that may be settled, with what its facts need.
type openMessage struct {
	id                        int64
	tenant, uuid, request     string
	carrier, kind             string
	state                     dispatch.State
	tries, attempts, segments int
	channel                   string
	submitted, expire         time.Time
	tplID, smsTplID           int64
	parts                     map[int][]dispatch.Settled // by try
	next                      dispatch.Verdict
}

const openColumns = `m.id, m.tenant, t.uuid, t.request, m.carrier, t.kind, m.state, m.tries, m.attempts, m.segments, m.channel, m.submitted_ms, m.expire_ms, t.tpl_id, t.sms_tpl_id`

func scanOpen(m *openMessage) ([]any, func() error) {
	var submitted, expire int64
	return []any{&m.id, &m.tenant, &m.uuid, &m.request, &m.carrier, &m.kind, &m.state, &m.tries, &m.attempts, &m.segments, &m.channel, &submitted, &expire,
			&m.tplID, &m.smsTplID}, func() error {
			m.submitted, m.expire = fromMilli(submitted), fromMilli(expire)
			return nil
		}
}

// settle decides messages by the parts of the tries that something happened to. A message is decided by its last try; an earlier try
// counts only if all of it was delivered, because then the handset has the text. Messages in a worker's hands (claimed) are left alone: that try
// decides.
func (db *DB) settle(ctx context.Context, tx *sql.Tx, keys []settleKey, applied map[int64]dispatch.Settled, now time.Time, tally *dispatch.Tally) error {
	if len(keys) == 0 {
		return nil
	}
	want := make([]int64, 0, len(keys))
	tries := make(map[int64][]int, len(keys))
	for _, k := range keys {
		if tries[k.message] == nil {
			want = append(want, k.message)
		}
		tries[k.message] = append(tries[k.message], k.try)
	}
	rows, err := tx.QueryContext(ctx, `SELECT `+openColumns+` FROM (SELECT CAST(value->>0 AS BIGINT) AS mid FROM `+db.dialect.rows("$1")+`) AS v
		CROSS JOIN messages m CROSS JOIN send_tasks t WHERE m.id = v.mid AND t.id = m.task AND m.state IN (0, 2, 3, 4)`+db.dialect.lock("m", false), ids(want))
	open, err := collect(rows, err, "read messages to settle", scanOpen)
	if err != nil {
		return err
	}
	if err := db.loadParts(ctx, tx, open, tries, applied); err != nil {
		return err
	}
	decided := open[:0]
	for i := range open {
		m := &open[i]
		m.next = dispatch.Verdict{State: dispatch.Submitted}
		for _, try := range tries[m.id] {
			v := dispatch.Settle(m.parts[try], m.attempts, now, m.expire)
			if v.State == dispatch.Succeeded || v.State != dispatch.Submitted && try == m.tries && m.state != dispatch.Queued && m.next.State != dispatch.Succeeded {
				m.next = v
			}
		}
		if m.next.State != dispatch.Submitted {
			decided = append(decided, *m)
		}
	}
	return db.finish(ctx, tx, decided, now, tally)
}

// loadParts fills the parts of the tries of messages. A try of one part is known from the batch alone.
func (db *DB) loadParts(ctx context.Context, tx *sql.Tx, open []openMessage, tries map[int64][]int, applied map[int64]dispatch.Settled) error {
	var ranges rowBatch
	byID := make(map[int64]*openMessage, len(open))
	for i := range open {
		m := &open[i]
		m.parts = make(map[int][]dispatch.Settled, 1)
		byID[m.id] = m
		for _, try := range tries[m.id] {
			low := int64(dispatch.LedgerKey(m.id, try, 0))
			if a, ok := applied[low+1]; ok && m.segments == 1 && try == m.tries {
				m.parts[try] = []dispatch.Settled{a}
				continue
			}
			if m.parts[try] == nil {
				m.parts[try] = []dispatch.Settled{}
				ranges.begin()
				ranges.int(low).end()
			}
		}
	}
	if ranges.n == 0 {
		return nil
	}
	rows, err := tx.QueryContext(ctx, `SELECT s.id, s.state, s.code FROM (SELECT CAST(value->>0 AS BIGINT) AS low FROM `+db.dialect.rows("$1")+`) AS v
		CROSS JOIN submits s WHERE s.id > v.low AND s.id < v.low + 256 ORDER BY s.id`, ranges.arg())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key int64
		p := dispatch.Settled{Class: carrier.Dest} // a failure of an earlier batch: its class is not kept, and DEST is final
		if err := rows.Scan(&key, &p.State, &p.Code); err != nil {
			return err
		}
		if a, ok := applied[key]; ok {
			p = a
		}
		id, try, _ := dispatch.SplitKey(uint64(key))
		byID[id].parts[try] = append(byID[id].parts[try], p)
	}
	return rows.Err()
}

// finish writes decided messages and the facts of those that are final.
func (db *DB) finish(ctx context.Context, tx *sql.Tx, decided []openMessage, now time.Time, tally *dispatch.Tally) error {
	if len(decided) == 0 {
		return nil
	}
	var rows rowBatch
	records := make([]event.Record, 0, len(decided))
	for i := range decided {
		m := &decided[i]
		due, final := now, now.UnixMilli()
		word := event.FinalSuccess
		switch m.next.State {
		case dispatch.Succeeded:
			tally.Succeeded++
		case dispatch.Failed:
			word = event.FinalFail
			tally.Failed++
		case dispatch.TimedOut:
			word = event.FinalTimeout
			tally.TimedOut++
		case dispatch.Queued:
			due, final = now.Add(time.Second), 0
			tally.Requeued++
		}
		rows.begin()
		rows.int(m.id).int(int64(m.next.State)).text(m.next.Code).int(due.UnixMilli()).int(final).end()
		if m.next.State == dispatch.Queued {
			continue
		}
		sent := m.submitted
		if sent.IsZero() {
			sent = now
		}
		fact, err := event.SendReceipt{
			TaskID: m.request, MsgID: dispatch.MsgID(m.uuid, m.id), Final: word, Code: m.next.Code, Carrier: m.carrier, SMSKind: dispatch.SMSKind(m.kind),
			Segments: m.segments, SendTime: sent, ReceiveTime: now.UTC(), Channel: m.channel, TplID: wireID(m.tplID),
			SMSTplID: wireID(m.smsTplID),
		}.Record(m.tenant)
		if err != nil {
			return err
		}
		records = append(records, fact)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE messages SET state = v.state, code = v.code, due_ms = v.due, final_ms = v.final, route = messages.home, owner = 0
		FROM (SELECT CAST(value->>0 AS BIGINT) AS mid, CAST(value->>1 AS INTEGER) AS state, value->>2 AS code, CAST(value->>3 AS BIGINT) AS due,
			CAST(value->>4 AS BIGINT) AS final FROM `+db.dialect.rows("$1")+`) AS v
		WHERE messages.id = v.mid`, rows.arg()); err != nil {
		return fmt.Errorf("settle %d messages: %w", len(decided), err)
	}
	return db.appendOutbox(ctx, tx, records)
}
