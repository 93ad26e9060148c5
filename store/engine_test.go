package store

import (
	"context"
	"path/filepath"
	"testing"

	"cardlink/enginetest"
)

// engines runs a test body on a fresh, migrated SQLite store and, when CARDLINK_TEST_POSTGRES holds an address, on a fresh PostgreSQL
// schema as well. With CI=true a missing PostgreSQL is a failure.
func engines(t *testing.T, body func(t *testing.T, db *DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		body(t, open(t, Options{File: filepath.Join(t.TempDir(), "test.db")}))
	})
	t.Run("postgres", func(t *testing.T) {
		body(t, open(t, Options{URL: enginetest.Postgres(t)}))
	})
}

func open(t *testing.T, o Options) *DB {
	t.Helper()
	db, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return db
}
