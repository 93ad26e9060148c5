package store

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"cardlink/identity"
	"cardlink/store/contract"
)

func TestIdentityContract(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		db.vault = testVault(t)
		for _, c := range contract.Identity {
			t.Run(c.Name, func(t *testing.T) {
				if err := c.Check(context.Background(), db, db.vault); err != nil {
					t.Error(err)
				}
			})
		}
	})
}

func TestSecretsAreSealedOnDisk(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := context.Background()
		db.vault = testVault(t)
		s, err := identity.NewService(identity.Options{Store: db, Vault: db.vault})
		if err != nil {
			t.Fatal(err)
		}
		tenant, admin, err := s.CreateTenant(ctx, identity.Actor{}, "shop", "")
		if err != nil {
			t.Fatal(err)
		}
		key, err := s.CreateKey(ctx, identity.Actor{}, tenant.ID, admin.ID)
		if err != nil {
			t.Fatal(err)
		}
		var stored string
		if err := db.read.QueryRowContext(ctx, `SELECT secret FROM access_keys WHERE access = $1`, key.Access).Scan(&stored); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(stored, key.Secret) || len(stored) < len(key.Secret)+28 {
			t.Fatalf("the secret lies in the database as %q", stored)
		}
		other := testVault(t)
		db.vault = other
		if _, err := db.AccountByKey(ctx, key.Access); err == nil {
			t.Fatal("a secret opened under another master key")
		}
		o, err := identity.NewService(identity.Options{Store: db, Vault: other})
		if err != nil {
			t.Fatal(err)
		}
		if err := o.CheckVault(ctx); err == nil {
			t.Fatal("CheckVault accepted another master key")
		}
		if err := s.CheckVault(ctx); err != nil {
			t.Fatal(err)
		}
	})
}

func testVault(t *testing.T) *identity.Vault {
	t.Helper()
	key := make([]byte, 32)
	rand.Read(key)
	v, err := identity.NewVault(key)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
