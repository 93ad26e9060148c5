package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"testing"

	"cardlink/identity"
	"cardlink/store/contract"
)

func TestDispatchContract(t *testing.T) {
	for _, c := range contract.Dispatch {
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

// withTenants gives a store a vault and tenants.
func withTenants(t testing.TB, db *DB, tenants ...string) {
	t.Helper()
	v, err := identity.NewVault(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	db.vault = v
	err = db.Write(context.Background(), func(ctx context.Context, tx *sql.Tx) error {
		for _, id := range tenants {
			if _, err := tx.ExecContext(ctx, `INSERT INTO tenants (id, name, project_id, project_name, data_key, created_ms) VALUES ($1, $1, $1, 'p', $2, 0)`,
				id, base64.RawStdEncoding.EncodeToString(v.NewDataKey(id))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
