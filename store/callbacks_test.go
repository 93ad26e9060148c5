package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cardlink/callback"
	"cardlink/identity"
	"cardlink/store/contract"
)

func TestCallbackContract(t *testing.T) {
	for _, c := range contract.Callbacks {
		t.Run(c.Name, func(t *testing.T) {
			engines(t, func(t *testing.T, db *DB) {
				if err := c.Check(context.Background(), db); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// Senders on several nodes never hold the same row at the same time.
func TestClaimsNeverOverlap(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx, now := context.Background(), time.UnixMilli(1_767_312_000_000)
		if _, err := db.PutEndpoint(ctx, callback.Endpoint{ID: "e", Tenant: "a", URL: "https://example.com", CreatedAt: now}); err != nil {
			t.Fatal(err)
		}
		var news []callback.News
		for i := range 300 {
			news = append(news, callback.News{Tenant: "a", FactID: strconv.Itoa(i), Kind: callback.KindSMS, Data: []byte("{}")})
		}
		if n, err := db.Enqueue(ctx, news, now); err != nil || n != 300 {
			t.Fatal(n, err)
		}
		var mu sync.Mutex
		seen := map[string]int{}
		var wg sync.WaitGroup
		for node := range 4 {
			wg.Go(func() {
				for range 30 {
					c, err := db.Claim(ctx, "a", callback.Single, strconv.Itoa(node), now, time.Minute, 7)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					for _, p := range c.Pushes {
						seen[p.Items[0].FactID]++
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if len(seen) != 300 {
			t.Errorf("%d rows were claimed, want 300", len(seen))
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("row %s was claimed %d times", id, n)
			}
		}
	})
}

func TestCallbackSecretsAreSealed(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx, now := context.Background(), time.UnixMilli(1_767_312_000_000)
		master := make([]byte, 32)
		rand.Read(master)
		vault, err := identity.NewVault(master)
		if err != nil {
			t.Fatal(err)
		}
		db.vault = vault
		if err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO tenants (id, name, project_id, project_name, data_key, created_ms) VALUES ('a', 'a', 'p', 'p', $1, 0)`,
				base64.RawStdEncoding.EncodeToString(vault.NewDataKey("a")))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if s, err := db.Signing(ctx, "a"); err != nil || s != (callback.Signing{}) {
			t.Fatalf("unset signing: %+v, %v", s, err)
		}
		want := callback.Signing{Mode: callback.AccessKey, Access: "AK", Secret: "very secret"}
		if err := db.PutSigning(ctx, "a", want, now); err != nil {
			t.Fatal(err)
		}
		if s, err := db.Signing(ctx, "a"); err != nil || s != want {
			t.Fatalf("%+v, %v", s, err)
		}
		var raw string
		if err := db.read.QueryRowContext(ctx, `SELECT secret FROM callback_signing`).Scan(&raw); err != nil || raw == "" || strings.Contains(raw, "secret") {
			t.Fatalf("at rest: %q, %v", raw, err)
		}
		if err := db.PutSigning(ctx, "a", callback.Signing{}, now); err != nil {
			t.Fatal(err)
		}
		if s, err := db.Signing(ctx, "a"); err != nil || s != (callback.Signing{}) {
			t.Fatalf("ended signing: %+v, %v", s, err)
		}
	})
}
