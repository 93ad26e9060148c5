package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"cardlink/event"
)

// appendOutbox writes facts in tx: they become true with it. Every store method that changes what consumers were promised calls it.
func (db *DB) appendOutbox(ctx context.Context, tx *sql.Tx, records []event.Record) error {
	if len(records) == 0 {
		return nil
	}
	rows := make([][3]string, len(records))
	for i, r := range records {
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
