package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cardlink/enginetest"

	"github.com/google/go-cmp/cmp"
)

// bothEngines are a SQLite and a PostgreSQL database, fresh and migrated.
func bothEngines(t *testing.T) (from, to *DB) {
	t.Helper()
	return open(t, Options{File: filepath.Join(t.TempDir(), "from.db")}), open(t, Options{URL: enginetest.Postgres(t)})
}

type column struct{ name, kind string }

// columnsOf lists the tables of a SQLite database and their columns.
func columnsOf(t *testing.T, db *DB) (tables []string, columns map[string][]column) {
	t.Helper()
	columns = map[string][]column{}
	rows, err := db.read.Query(`SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'goose_db_version' ORDER BY m.rowid, c.cid`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var table string
		var c column
		if err := rows.Scan(&table, &c.name, &c.kind); err != nil {
			t.Fatal(err)
		}
		if columns[table] == nil {
			tables = append(tables, table)
		}
		columns[table] = append(columns[table], c)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return tables, columns
}

// fillAll puts rows into every table: keys and references have the same values, so they fit together.
func fillAll(t *testing.T, db *DB) (rows int64) {
	t.Helper()
	tables, columns := columnsOf(t, db)
	for _, table := range tables {
		for i := range 3 {
			var names, places []string
			var values []any
			for _, c := range columns[table] {
				names = append(names, c.name)
				places = append(places, fmt.Sprintf("$%d", len(places)+1))
				switch {
				case strings.HasSuffix(c.name, "_ms"), !strings.HasPrefix(c.kind, "TEXT"):
					values = append(values, i+7)
				default:
					values = append(values, fmt.Sprintf("值\"%d\\\n\t'", i))
				}
			}
			if _, err := db.write.Exec(`INSERT INTO `+table+` (`+strings.Join(names, ", ")+`) VALUES (`+strings.Join(places, ", ")+`)`, values...); err != nil {
				t.Fatalf("%s: %v", table, err)
			}
		}
		var n int64
		if err := db.read.QueryRow(`SELECT COUNT(*) FROM ` + table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		rows += n
	}
	return rows
}

// dumpTable is a table's rows as text, in an order that both engines share.
func dumpTable(t *testing.T, db *DB, table string, columns []column) (all []string) {
	t.Helper()
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	rows, err := db.read.Query(`SELECT ` + strings.Join(names, ", ") + ` FROM ` + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%q", values))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// Every row of every table arrives as it was, also those of tables that are still to be invented, and the keys go on where they stopped.
func TestCopy(t *testing.T) {
	from, to := bothEngines(t)
	want := fillAll(t, from)
	ctx := context.Background()
	// The highest key was given to a row that is gone: it must not be given again.
	if _, err := from.write.Exec(`INSERT INTO outbox (id, topic, pkey, value) VALUES (41, 'a', 'b', 'c')`); err != nil {
		t.Fatal(err)
	}
	if _, err := from.write.Exec(`DELETE FROM outbox WHERE id = 41`); err != nil {
		t.Fatal(err)
	}
	var done, total int64
	c, err := from.CopyTo(ctx, to, time.Now(), func(d, all int64) {
		if d < done {
			t.Errorf("%d rows after %d", d, done)
		}
		done, total = d, all
	})
	if err != nil {
		t.Fatal(err)
	}
	tables, columns := columnsOf(t, from)
	if c.Rows != want || c.Tables != len(tables) || done != want || total != want {
		t.Errorf("copied %+v, told %d of %d, want %d rows of %d tables", c, done, total, want, len(tables))
	}
	for _, table := range tables {
		if diff := cmp.Diff(dumpTable(t, from, table, columns[table]), dumpTable(t, to, table, columns[table])); diff != "" {
			t.Errorf("%s (-was +is)\n%s", table, diff)
		}
	}
	var id int64
	if err := to.write.QueryRow(`INSERT INTO outbox (topic, pkey, value) VALUES ('a', 'b', 'c') RETURNING id`).Scan(&id); err != nil || id != 42 {
		t.Errorf("the next key is %d (%v), want 42", id, err)
	}

	if _, err := from.CopyTo(ctx, to, time.Now(), nil); !errors.Is(err, ErrInUse) {
		t.Errorf("a second copy: %v", err)
	}
}

// Somebody who works on either side is not run over, and a refused copy changes nothing.
func TestCopyRefusesDatabasesInUse(t *testing.T) {
	from, to := bothEngines(t)
	ctx, now := context.Background(), time.Now()
	if _, err := from.CopyTo(ctx, to, now, nil); err == nil {
		t.Error("an empty database was copied")
	}
	fillAll(t, from)
	if _, err := from.write.Exec(`INSERT INTO dispatch_owners (id, node, until_ms) VALUES (99, 'n1', $1)`, now.Add(time.Second).UnixMilli()); err != nil {
		t.Fatal(err)
	}
	if _, err := from.CopyTo(ctx, to, now, nil); !errors.Is(err, ErrInUse) {
		t.Errorf("with a dispatcher: %v", err)
	}
	tx, err := to.write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(`LOCK TABLE tenants IN ROW EXCLUSIVE MODE`); err != nil { // what an INSERT takes
		t.Fatal(err)
	}
	if _, err := from.CopyTo(ctx, to, now.Add(2*time.Second), nil); !errors.Is(err, ErrInUse) {
		t.Errorf("beside a writer: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if c, err := from.CopyTo(ctx, to, now.Add(2*time.Second), nil); err != nil || c.Rows == 0 {
		t.Errorf("after them: %+v, %v", c, err)
	}
	if _, err := to.CopyTo(ctx, from, now, nil); err == nil {
		t.Error("a copy back was taken")
	}
}
