package store

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"cardlink/store/contract"
)

func TestWaitingContract(t *testing.T) {
	for _, c := range contract.Waiting {
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

// What is asked with sends must cost what waits, not what there is.
func TestWaitingUsesItsIndexes(t *testing.T) {
	db := open(t, Options{File: filepath.Join(t.TempDir(), "plan.db")})
	for stmt, want := range map[string]string{
		`SELECT COUNT(*) FROM (SELECT 1 AS one FROM messages WHERE state = 0 AND tenant = 'a' LIMIT 9) AS a`:     "messages_waiting (tenant=?)",
		`SELECT COUNT(*) FROM (SELECT 1 AS one FROM vms_messages WHERE state = 0 AND tenant = 'a' LIMIT 9) AS a`: "vms_messages_tenant (tenant=? AND state=?)",
	} {
		if plan := planOf(t, db, stmt); !strings.Contains(plan, want) {
			t.Errorf("%s\nplan %s\nwant %s", stmt, plan, want)
		}
	}
}
