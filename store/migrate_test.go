package store

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// After the hurried migrations of an empty database every commit waits for the disk again.
func TestMigratedSQLiteIsDurable(t *testing.T) {
	db, err := Open(context.Background(), Options{File: filepath.Join(t.TempDir(), "a.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for range 2 {
		if _, err := db.Migrate(context.Background()); err != nil {
			t.Fatal(err)
		}
		var level int
		if err := db.write.QueryRow(`PRAGMA synchronous`).Scan(&level); err != nil || level != 2 {
			t.Fatalf("synchronous = %d, %v; want 2 (FULL)", level, err)
		}
	}
}

// A program does not touch records of which it does not know the form.
func TestNewerSchemaIsRefused(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		if _, err := db.write.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)`); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Migrate(context.Background()); err == nil || !strings.Contains(err.Error(), "9999") || !strings.Contains(err.Error(), "newer program") {
			t.Fatalf("error %v", err)
		}
	})
}
