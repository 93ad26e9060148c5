package store

import (
	"context"
	"path/filepath"
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
