package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// engines runs a test body on a fresh, migrated SQLite store and, when CARDLINK_TEST_POSTGRES holds an address, on a fresh PostgreSQL
// schema as well. With CI=true a missing PostgreSQL is a failure.
func engines(t *testing.T, body func(t *testing.T, db *DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		body(t, open(t, Options{File: filepath.Join(t.TempDir(), "test.db")}))
	})
	t.Run("postgres", func(t *testing.T) {
		address := os.Getenv("CARDLINK_TEST_POSTGRES")
		if address == "" {
			if os.Getenv("CI") == "true" {
				t.Fatal("CARDLINK_TEST_POSTGRES is not set; `make test` starts PostgreSQL and sets it")
			}
			t.Skip("CARDLINK_TEST_POSTGRES is not set; `make services` starts PostgreSQL and prints it")
		}
		body(t, open(t, Options{URL: freshSchema(t, address)}))
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

// freshSchema gives each test a schema of its own in the database at address, dropped at the end.
func freshSchema(t *testing.T, address string) string {
	t.Helper()
	admin, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	schema := "t_" + strings.ToLower(rand.Text())
	if _, err := admin.Exec("CREATE SCHEMA " + schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Error(err)
		}
		admin.Close()
	})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(fmt.Errorf("CARDLINK_TEST_POSTGRES: %w", err))
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}
