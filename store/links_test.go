package store

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"testing"

	"cardlink/identity"
	"cardlink/store/contract"
)

// newTenant puts a tenant with a data key into db and returns its id.
func newTenant(t testing.TB, db *DB) string {
	t.Helper()
	if db.vault == nil {
		master := make([]byte, 32)
		rand.Read(master)
		var err error
		if db.vault, err = identity.NewVault(master); err != nil {
			t.Fatal(err)
		}
	}
	id := make([]byte, 16)
	rand.Read(id)
	tenant := hex.EncodeToString(id)
	if _, err := db.write.ExecContext(context.Background(), `INSERT INTO tenants (id, name, project_id, project_name, data_key, created_ms) VALUES ($1, $1, $1, '', $2, 0)`,
		tenant, base64.RawStdEncoding.EncodeToString(db.vault.NewDataKey(tenant))); err != nil {
		t.Fatal(err)
	}
	return tenant
}

func TestLinksContract(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		for _, c := range contract.Links {
			t.Run(c.Name, func(t *testing.T) {
				if err := c.Check(context.Background(), db, newTenant(t, db)); err != nil {
					t.Error(err)
				}
			})
		}
	})
}

func TestQuotaContract(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		for _, c := range contract.Quota {
			t.Run(c.Name, func(t *testing.T) {
				if err := c.Check(context.Background(), db, newTenant(t, db)); err != nil {
					t.Error(err)
				}
			})
		}
	})
}
