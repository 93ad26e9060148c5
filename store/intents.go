package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"cardlink/dispatch"
)

// Intend implements dispatch.Queue. The blacklist is read in the transaction of the intents: what was put on it before is not written.
func (db *DB) Intend(ctx context.Context, owner int64, now time.Time, intents []dispatch.Intent) (map[int64]dispatch.Admission, error) {
	s, err := db.carrierSealer(ctx)
	if err != nil {
		return nil, err
	}
	var rows, messages rowBatch
	last := int64(-1)
	for i := range intents {
		in := &intents[i]
		message, _, _ := dispatch.SplitKey(in.Key)
		rows.begin()
		rows.int(int64(in.Key)).int(message).int(int64(in.Parts)).text(in.Channel).text(destRef(s, in.Dest)).int(in.At.UnixMilli()).end()
		if message != last { // parts of a message are neighbours
			last = message
			messages.begin()
			messages.int(message).end()
		}
	}
	arg, messageArg := rows.arg(), messages.arg()
	var admitted map[int64]dispatch.Admission
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		admitted = make(map[int64]dispatch.Admission, messages.n)
		if err := db.blocked(ctx, tx, messageArg, owner, admitted); err != nil {
			return err
		}
		blocked := "[]"
		if len(admitted) > 0 {
			var b rowBatch
			for id := range admitted {
				b.begin()
				b.int(id).end()
			}
			blocked = b.arg()
		}
		// CROSS JOIN: SQLite then looks each message up by its key instead of walking the table.
		res, err := tx.QueryContext(ctx, `INSERT INTO submits (id, message, parts, channel, dest_ref, state, code, intent_ms, answered_ms, receipt_ms)
			SELECT v.skey, v.mid, v.parts, v.channel, v.dest, 0, '', v.at, 0, 0
			FROM (SELECT CAST(value->>0 AS BIGINT) AS skey, CAST(value->>1 AS BIGINT) AS mid, CAST(value->>2 AS INTEGER) AS parts, value->>3 AS channel,
				value->>4 AS dest, CAST(value->>5 AS BIGINT) AS at FROM `+db.dialect.rows("$1")+`) AS v
			CROSS JOIN messages m WHERE m.id = v.mid AND m.state = 1 AND m.owner = $2
				AND v.mid NOT IN (SELECT CAST(value->>0 AS BIGINT) FROM `+db.dialect.rows("$3")+`)
			RETURNING message`, arg, owner, blocked)
		if err != nil {
			return err
		}
		defer res.Close()
		for res.Next() {
			var id int64
			if err := res.Scan(&id); err != nil {
				return err
			}
			admitted[id] = dispatch.Admitted
		}
		return res.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("write %d intents: %w", len(intents), err)
	}
	return admitted, nil
}

// blocked finds the owner's marketing to numbers that want none. messages is the parameter of a batch of ids.
func (db *DB) blocked(ctx context.Context, tx *sql.Tx, messages string, owner int64, into map[int64]dispatch.Admission) error {
	rows, err := tx.QueryContext(ctx, `SELECT m.id FROM (SELECT CAST(value->>0 AS BIGINT) AS mid FROM `+db.dialect.rows("$1")+`) AS v
		CROSS JOIN messages m CROSS JOIN sms_blacklist b
		WHERE m.id = v.mid AND m.state = 1 AND m.owner = $2 AND m.class = $3 AND b.tenant = m.tenant AND b.phone_ref = m.phone_ref`,
		messages, owner, int(dispatch.Marketing))
	ids, err := collect(rows, err, "look into the blacklist", func(id *int64) ([]any, func() error) {
		return []any{id}, func() error { return nil }
	})
	for _, id := range ids {
		into[id] = dispatch.Blocked
	}
	return err
}

// LiveOwners implements dispatch.Queue.
func (db *DB) LiveOwners(ctx context.Context, now time.Time) (n int, err error) {
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM dispatch_owners WHERE until_ms >= $1`, now.UnixMilli()).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the dispatchers: %w", err)
	}
	return n, nil
}
