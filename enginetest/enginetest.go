// Package enginetest tells tests where the real engines of this test run are, and gives each test a place of its own on them. It is for tests only: no package
// of the product imports it. It refuses to start an engine, which is what scripts/services is for.
package enginetest

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Redis is the address of a Redis server, as redis.ParseURL reads it. All tests share its keys.
func Redis(tb testing.TB) string {
	tb.Helper()
	return address(tb, "CARDLINK_TEST_REDIS")
}

// Kafka is host:port of an Apache Kafka broker. All tests share its topics.
func Kafka(tb testing.TB) string {
	tb.Helper()
	return address(tb, "CARDLINK_TEST_KAFKA")
}

// Postgres is the address of a new and empty schema in PostgreSQL, which is dropped when the test ends.
func Postgres(tb testing.TB) string {
	tb.Helper()
	return Schema(tb, address(tb, "CARDLINK_TEST_POSTGRES"), "t_"+strings.ToLower(rand.Text()))
}

// Schema makes a schema in the database at server and returns its address. It is dropped when the test ends.
func Schema(tb testing.TB, server, name string) string {
	tb.Helper()
	u, err := url.Parse(server)
	if err != nil {
		tb.Fatal("the address of PostgreSQL is no URL") // which may hold a password
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := admin.Exec("CREATE SCHEMA " + name); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		defer func() { _ = admin.Close() }()
		// A statement that a killed server left running still takes its locks: it and the drop may then wait for one another, and PostgreSQL gives one of them up.
		_, err := admin.Exec("DROP SCHEMA " + name + " CASCADE")
		for begun := time.Now(); isDeadlock(err) && time.Since(begun) < time.Minute; {
			_, err = admin.Exec("DROP SCHEMA " + name + " CASCADE")
		}
		if err != nil {
			tb.Error(err)
		}
	})
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// Address is host:port of a loopback address that a test may listen on, let go of and listen on again. Systems give ports from 32768 on to whoever asks for any;
// this one is below, so that nobody gets it in between.
func Address(tb testing.TB) string {
	tb.Helper()
	for range 1000 {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10_000+mrand.IntN(10_000)))
		if err != nil {
			continue // taken
		}
		if err := ln.Close(); err != nil {
			tb.Fatal(err)
		}
		return ln.Addr().String()
	}
	tb.Fatal("no free port between 10000 and 20000")
	return ""
}

// isDeadlock reports whether PostgreSQL ended a statement so that others can go on.
func isDeadlock(err error) bool {
	var e interface{ SQLState() string }
	return errors.As(err, &e) && e.SQLState() == "40P01"
}

// address reads an address that scripts/services printed. Without it a test is skipped, except in continuous integration, where every engine has to be there.
func address(tb testing.TB, name string) string {
	tb.Helper()
	v := os.Getenv(name)
	if v == "" {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("%s is not set; `make test` starts the engine and sets it", name)
		}
		tb.Skipf("%s is not set; `make services` starts the engine and prints its address", name)
	}
	return v
}
