package store

import (
	"context"
	"testing"

	"cardlink/store/contract"
)

func TestAccountPortsContract(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		withTenants(t, db, "a", "b", "c")
		for _, c := range contract.AccountPorts {
			t.Run(c.Name, func(t *testing.T) {
				if err := c.Check(context.Background(), db); err != nil {
					t.Error(err)
				}
			})
		}
	})
}

func TestClicksContract(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		for _, c := range contract.Clicks {
			t.Run(c.Name, func(t *testing.T) {
				if err := c.Check(context.Background(), db); err != nil {
					t.Error(err)
				}
			})
		}
		// A click that comes again is there once.
		var rows, billable int
		if err := db.read.QueryRow(`SELECT count(*), CAST(sum(billable) AS BIGINT) FROM sa_clicks WHERE fact_id LIKE '%:e50_'`).Scan(&rows, &billable); err != nil {
			t.Fatal(err)
		}
		if rows != 2 || billable != 1 {
			t.Errorf("%d clicks, %d of them billable; want 2 and 1", rows, billable)
		}
	})
}
