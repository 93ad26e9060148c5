package store

import (
	"context"
	"strings"
	"testing"

	"cardlink/serviceaccount"
	"cardlink/store/contract"
)

func TestAccountsContract(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		withTenants(t, db, "a", "b")
		for _, c := range contract.Accounts {
			t.Run(c.Name, func(t *testing.T) {
				if err := c.Check(context.Background(), db); err != nil {
					t.Error(err)
				}
			})
		}
	})
}

// What a licence shows is nobody's business who has the disk.
func TestLettersAreSealed(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		withTenants(t, db, "a")
		ctx := context.Background()
		m := serviceaccount.Media{ID: "x", Tenant: "a", FileType: serviceaccount.FileOther, Digest: "d", Size: 12}
		if err := db.AddMedia(ctx, m, []byte("Zhang San, 1"), 100); err != nil {
			t.Fatal(err)
		}
		var content string
		if err := db.read.QueryRowContext(ctx, `SELECT content FROM sa_media WHERE id = 'x'`).Scan(&content); err != nil {
			t.Fatal(err)
		}
		if content == "" || strings.Contains(content, "Zhang") {
			t.Errorf("kept as %q", content)
		}
		m.Tenant = "b"
		if _, err := db.MediaContent(ctx, m); err == nil {
			t.Error("another tenant read it")
		}
	})
}
