package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"cardlink/dispatch"
	"cardlink/event"
)

// RecordResults implements dispatch.Queue. One transaction: results of parts → messages and their facts → early receipts that now have a
// submit → receipts → messages they settle and their facts.
func (db *DB) RecordResults(ctx context.Context, r dispatch.Record) (dispatch.Tally, error) {
	receipts, err := db.hashReceipts(ctx, r.Receipts)
	if err != nil {
		return dispatch.Tally{}, err
	}
	var outcomes, moves rowBatch
	accepted := false
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		accepted = accepted || o.State == dispatch.PartAccepted
		outcomes.begin()
		outcomes.int(int64(o.Key)).int(int64(o.State)).text(o.Code).text(o.CarrierID).int(o.At.UnixMilli()).end()
	}
	facts := make(map[int64]*event.Record, len(r.Transitions))
	long := make(map[int64]bool) // submitted messages of several parts: a part's receipt may have come before the last answer
	for i := range r.Transitions {
		t := &r.Transitions[i]
		moves.begin()
		moves.int(t.ID).int(int64(t.To)).int(t.Due.UnixMilli()).text(t.Route).int(int64(t.Try)).int(int64(t.Attempts)).int(int64(bit(t.MaybeDup))).text(t.Avoid).
			int(int64(t.Segments)).text(t.Channel).text(t.Code).int(t.At.UnixMilli()).end()
		facts[t.ID] = t.Fact
		if t.To == dispatch.Submitted && t.Segments > 1 {
			long[t.ID] = true
		}
	}
	outcomeArg, moveArg := outcomes.arg(), moves.arg()

	var tally dispatch.Tally
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		tally = dispatch.Tally{}
		if outcomes.n > 0 {
			// A part that was taken for ambiguous may still get its answer.
			if _, err := tx.ExecContext(ctx, `UPDATE submits SET state = v.state, code = v.code, carrier_id = NULLIF(v.carrier, ''), answered_ms = v.at
				FROM (SELECT CAST(value->>0 AS BIGINT) AS skey, CAST(value->>1 AS INTEGER) AS state, value->>2 AS code, value->>3 AS carrier,
					CAST(value->>4 AS BIGINT) AS at FROM `+db.dialect.rows("$1")+`) AS v
				WHERE submits.id = v.skey AND submits.state IN (0, 4)`, outcomeArg); err != nil {
				return fmt.Errorf("record %d outcomes: %w", outcomes.n, err)
			}
		}
		var settle []settleKey
		if moves.n > 0 {
			moved, err := db.move(ctx, tx, moveArg, r.Owner)
			if err != nil {
				return err
			}
			records := make([]event.Record, 0, len(moved))
			for _, m := range moved {
				if f := facts[m.id]; f != nil {
					records = append(records, *f)
				}
				if long[m.id] {
					settle = append(settle, settleKey{m.id, m.tries})
				}
				countMove(&tally, m.state)
			}
			if err := db.appendOutbox(ctx, tx, records); err != nil {
				return err
			}
		}
		all := receipts
		if accepted {
			early, err := db.unpark(ctx, tx, outcomeArg)
			if err != nil {
				return err
			}
			all = slices.Concat(early, receipts)
		}
		return db.applyReceipts(ctx, tx, all, settle, r.Now, &tally)
	})
	return tally, err
}

func countMove(t *dispatch.Tally, to dispatch.State) {
	switch to {
	case dispatch.Submitted:
		t.Submitted++
	case dispatch.Failed:
		t.Failed++
	case dispatch.Doubtful, dispatch.DoubtfulUp:
		t.Doubtful++
	case dispatch.Queued:
		t.Requeued++
	}
}

type movedMessage struct {
	id    int64
	state dispatch.State
	tries int
}

// move applies transitions to messages that the owner holds, and late acceptances to doubtful ones. It returns those it met.
func (db *DB) move(ctx context.Context, tx *sql.Tx, arg string, owner int64) ([]movedMessage, error) {
	rows, err := tx.QueryContext(ctx, `UPDATE messages SET state = v.state, due_ms = v.due, route = v.route, owner = 0, tries = v.tries, attempts = v.attempts,
			maybe_dup = v.dup, avoid = v.avoid, segments = v.segments, channel = v.channel, code = v.code,
			submitted_ms = CASE WHEN v.state = 2 THEN v.at ELSE messages.submitted_ms END,
			final_ms = CASE WHEN v.state >= 10 THEN v.at ELSE 0 END
		FROM (SELECT CAST(value->>0 AS BIGINT) AS mid, CAST(value->>1 AS INTEGER) AS state, CAST(value->>2 AS BIGINT) AS due, value->>3 AS route,
			CAST(value->>4 AS INTEGER) AS tries, CAST(value->>5 AS INTEGER) AS attempts, CAST(value->>6 AS INTEGER) AS dup, value->>7 AS avoid,
			CAST(value->>8 AS INTEGER) AS segments, value->>9 AS channel, value->>10 AS code, CAST(value->>11 AS BIGINT) AS at
			FROM `+db.dialect.rows("$1")+`) AS v
		WHERE messages.id = v.mid AND (messages.state = 1 AND messages.owner = $2 OR messages.state IN (3, 4) AND v.state = 2 AND messages.tries <= v.tries)
		RETURNING messages.id, messages.state, messages.tries`, arg, owner)
	return collect(rows, err, "move messages", func(m *movedMessage) ([]any, func() error) {
		return []any{&m.id, &m.state, &m.tries}, func() error { return nil }
	})
}

// RecoverMessages implements dispatch.Queue.
func (db *DB) RecoverMessages(ctx context.Context, now time.Time, limit int) (dispatch.Tally, error) {
	var tally dispatch.Tally
	var lost int
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM messages WHERE `+orphaned+` LIMIT 1) AS x`, now.UnixMilli()).Scan(&lost); err != nil || lost == 0 {
		return tally, err
	}
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		tally = dispatch.Tally{}
		rows, err := tx.QueryContext(ctx, `SELECT id, class, tries, attempts, maybe_dup, expire_ms FROM messages WHERE `+orphaned+
			` ORDER BY due_ms LIMIT $2`+db.dialect.forUpdateSkipLocked, now.UnixMilli(), limit)
		found, err := collect(rows, err, "find messages of dead workers", func(m *lostMessage) ([]any, func() error) {
			var expire int64
			return []any{&m.id, &m.class, &m.decided, &m.attempts, (*flagInt)(&m.dup), &expire}, func() error {
				m.expire, m.tries = fromMilli(expire), m.decided
				return nil
			}
		})
		if err != nil || len(found) == 0 {
			return err
		}
		byID := make(map[int64]*lostMessage, len(found))
		want := make([]int64, len(found))
		for i := range found {
			byID[found[i].id], want[i] = &found[i], found[i].id
		}
		if err := db.lastTries(ctx, tx, want, byID); err != nil {
			return err
		}
		var moves, doubts rowBatch
		for i := range found {
			m := &found[i]
			to, due := dispatch.Queued, now
			if m.open {
				m.attempts++
				to, due = dispatch.Doubt(m.class, m.dup, m.attempts, now, m.expire)
				for _, key := range m.keys {
					doubts.begin()
					doubts.int(key).end()
				}
			}
			moves.begin()
			moves.int(m.id).int(int64(to)).int(due.UnixMilli()).int(int64(m.tries)).int(int64(m.attempts)).text(m.channel).end()
			countMove(&tally, to)
		}
		if doubts.n > 0 {
			if _, err := tx.ExecContext(ctx, `UPDATE submits SET state = 4, code = 'crash', answered_ms = $2
				WHERE state = 0 AND id IN (SELECT CAST(value->>0 AS BIGINT) FROM `+db.dialect.rows("$1")+`)`, doubts.arg(), now.UnixMilli()); err != nil {
				return fmt.Errorf("mark parts ambiguous: %w", err)
			}
		}
		_, err = tx.ExecContext(ctx, `UPDATE messages SET state = v.state, due_ms = v.due, tries = v.tries, attempts = v.attempts, owner = 0, route = home,
				channel = CASE WHEN v.channel = '' THEN messages.channel ELSE v.channel END,
				submitted_ms = CASE WHEN v.state IN (3, 4) THEN CAST($2 AS BIGINT) ELSE messages.submitted_ms END
			FROM (SELECT CAST(value->>0 AS BIGINT) AS mid, CAST(value->>1 AS INTEGER) AS state, CAST(value->>2 AS BIGINT) AS due, CAST(value->>3 AS INTEGER) AS tries,
				CAST(value->>4 AS INTEGER) AS attempts, value->>5 AS channel FROM `+db.dialect.rows("$1")+`) AS v
			WHERE messages.id = v.mid AND messages.state = 1`, moves.arg(), now.UnixMilli())
		return err
	})
	if err != nil {
		return dispatch.Tally{}, fmt.Errorf("recover messages: %w", err)
	}
	return tally, nil
}

// orphaned are claimed messages whose worker is gone; $1 is now.
const orphaned = `state > 0 AND state < 10 AND state = 1 AND owner NOT IN (SELECT o.id FROM dispatch_owners o WHERE o.until_ms >= $1)`

type lostMessage struct {
	id              int64
	class           dispatch.Class
	tries, attempts int // tries the ledger knows of
	decided         int // tries that the message has moved on from
	dup             bool
	expire          time.Time

	open    bool // the last undecided try has parts that were perhaps written and not answered
	keys    []int64
	channel string
}

// lastTries reads the last undecided try of each message from the ledger.
func (db *DB) lastTries(ctx context.Context, tx *sql.Tx, want []int64, byID map[int64]*lostMessage) error {
	rows, err := tx.QueryContext(ctx, `SELECT s.id, s.state, s.channel FROM (SELECT CAST(value->>0 AS BIGINT) AS mid FROM `+db.dialect.rows("$1")+`) AS v
		CROSS JOIN submits s WHERE s.id >= v.mid * 65536 AND s.id < (v.mid + 1) * 65536 ORDER BY s.id`, ids(want))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			key     int64
			state   dispatch.PartState
			channel string
		)
		if err := rows.Scan(&key, &state, &channel); err != nil {
			return err
		}
		id, try, _ := dispatch.SplitKey(uint64(key))
		m := byID[id]
		if try <= m.decided { // the message moved on after it
			continue
		}
		if try > m.tries { // rows come in the order of tries
			m.open, m.keys = false, m.keys[:0]
		}
		m.tries, m.channel = try, channel
		m.keys = append(m.keys, key)
		if state == dispatch.PartIntent || state == dispatch.PartAmbiguous {
			m.open = true
		}
	}
	return rows.Err()
}
