package store

import (
	"context"
	"database/sql"
	"testing"

	"cardlink/event"
	"cardlink/store/contract"
)

// outbox shows the contract the writing side, which is private to the store.
type outbox struct{ *DB }

func (o outbox) Append(ctx context.Context, records []event.Record) error {
	return o.Write(ctx, func(ctx context.Context, tx *sql.Tx) error { return o.appendOutbox(ctx, tx, records) })
}

func TestOutboxKeepsItsContract(t *testing.T) {
	for _, c := range contract.Outbox {
		t.Run(c.Name, func(t *testing.T) {
			engines(t, func(t *testing.T, db *DB) {
				if err := c.Check(t.Context(), outbox{db}); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}
