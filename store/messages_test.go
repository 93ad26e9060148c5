package store

import (
	"context"
	"testing"

	"cardlink/store/contract"
)

func TestMessagesContract(t *testing.T) {
	for _, c := range contract.Messages {
		t.Run(c.Name, func(t *testing.T) {
			engines(t, func(t *testing.T, db *DB) {
				withTenants(t, db, "a", "b")
				if err := c.Check(context.Background(), db); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

func TestRepliesContract(t *testing.T) {
	for _, c := range contract.Replies {
		t.Run(c.Name, func(t *testing.T) {
			engines(t, func(t *testing.T, db *DB) {
				withTenants(t, db, "a", "b")
				if err := c.Check(context.Background(), db); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}
