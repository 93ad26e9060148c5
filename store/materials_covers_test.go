package store

import (
	"context"
	"testing"

	"cardlink/store/contract"
)

func TestCoversContract(t *testing.T) {
	for _, c := range contract.Covers {
		t.Run(c.Name, func(t *testing.T) {
			engines(t, func(t *testing.T, db *DB) {
				if err := c.Check(context.Background(), db); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}
