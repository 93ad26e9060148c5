package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"cardlink/event"
)

// maxFact bounds a fact's value in bytes, well below what a Kafka broker takes by default (1 MiB per batch): a fact that Kafka would refuse for
// ever must not get into the outbox, where all later ones would wait behind it.
const maxFact = 512 << 10

// appendOutbox writes facts in tx: they become true with it. Every store method that changes what consumers were promised calls it. A fact
// above maxFact fails the transaction.
func (db *DB) appendOutbox(ctx context.Context, tx *sql.Tx, records []event.Record) error {
	if len(records) == 0 {
		return nil
	}
	rows := make([][3]string, len(records))
	for i, r := range records {
		if len(r.Key)+len(r.Value) > maxFact {
			return fmt.Errorf("append to the outbox: a fact of %d bytes for %s, the limit is %d", len(r.Value), r.Topic, maxFact)
		}
		rows[i] = [3]string{r.Topic, string(r.Key), string(r.Value)}
	}
	arg, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	if _, err = tx.ExecContext(ctx,
		`INSERT INTO outbox (topic, pkey, value)
		 SELECT value->>0, value->>1, value->>2 FROM `+db.dialect.rows("$1"), string(arg)); err != nil {
		return fmt.Errorf("append %d facts to the outbox: %w", len(records), err)
	}
	return nil
}

// outboxBytes bounds the values of one OutboxBatch, beyond its first row.
const outboxBytes = 4 << 20

// OutboxBatch returns the oldest rows of the outbox in the order of their ids: at most max, and fewer once their values pass 4 MiB. The
// outbox belongs to all tenants; the facts name theirs.
//
// On PostgreSQL a transaction that took its ids early may commit late: its rows then appear below ids that were already forgotten. They are
// found by a later call all the same, since nothing but the rows themselves says how far the outbox was read.
func (db *DB) OutboxBatch(ctx context.Context, max int) (ids []int64, recs []event.Record, err error) {
	rows, err := db.read.QueryContext(ctx, `SELECT id, topic, pkey, value FROM outbox ORDER BY id LIMIT $1`, max)
	if err != nil {
		return nil, nil, fmt.Errorf("read the outbox: %w", err)
	}
	defer rows.Close()
	for size := 0; size < outboxBytes && rows.Next(); {
		var id int64
		var r event.Record
		if err := rows.Scan(&id, &r.Topic, &r.Key, &r.Value); err != nil {
			return nil, nil, fmt.Errorf("read the outbox: %w", err)
		}
		ids, recs = append(ids, id), append(recs, r)
		size += len(r.Value)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, fmt.Errorf("read the outbox: %w", err)
	}
	return ids, recs, nil
}

// ForgetOutbox deletes exactly these rows, durably; rows that are gone already are no error.
func (db *DB) ForgetOutbox(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	rows := make([][1]int64, len(ids)) // rows are arrays: both engines read their fields by ->>
	for i, id := range ids {
		rows[i][0] = id
	}
	arg, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx,
			`DELETE FROM outbox WHERE id IN (SELECT CAST(value->>0 AS BIGINT) FROM `+db.dialect.rows("$1")+`)`, string(arg))
		return err
	})
	if err != nil {
		return fmt.Errorf("forget %d rows of the outbox: %w", len(ids), err)
	}
	return nil
}

// OutboxDepth counts the rows of the outbox. It reads all of them, so call it every few seconds at most.
func (db *DB) OutboxDepth(ctx context.Context) (n int64, err error) {
	if err := db.read.QueryRowContext(ctx, `SELECT count(*) FROM outbox`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the outbox: %w", err)
	}
	return n, nil
}
