package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// ErrInUse says that a copy was refused because of what one of the databases holds. The error's text says what to do.
var ErrInUse = errors.New("database in use")

// Copied is the result of a copy.
type Copied struct {
	Tables int   `json:"tables"`
	Rows   int64 `json:"rows"`
}

// CopyTo copies all records of a SQLite database to a PostgreSQL database of the same schema version that holds no tenant yet. What it holds is replaced: migrations put
// first rows into some tables. Sealed values stay sealed, so both need the same master key.
//
// It is one transaction there and one snapshot here, during which nobody can write here: on an error nothing has changed on either side. A server must not run
// on this database meanwhile nor afterwards; beside a dispatcher, alive or killed a moment ago, the copy is refused with ErrInUse. progress (nil: nobody asks) is told the
// rows copied so far and the rows there are.
func (db *DB) CopyTo(ctx context.Context, to *DB, now time.Time, progress func(done, total int64)) (c Copied, err error) {
	if db.dialect.name != sqlite.name || to.dialect.name != postgres.name {
		return c, errors.New("store: copies go from SQLite to PostgreSQL")
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	for _, d := range []*DB{db, to} {
		if at, newest, err := d.SchemaVersion(ctx); err != nil {
			return c, err
		} else if at != newest {
			return c, fmt.Errorf("copy: the %s database is at schema version %d, not %d; migrate it first", d.Engine(), at, newest)
		}
	}
	// The one connection that writes begins its transactions as a writer, so no other can.
	from, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return c, fmt.Errorf("copy: %w", err)
	}
	defer func() { err = errors.Join(err, ignoreDone(from.Rollback())) }()
	tables, total, err := copyPlan(ctx, from, now)
	if err != nil {
		return c, err
	}
	conn, err := to.write.Conn(ctx)
	if err != nil {
		return c, fmt.Errorf("copy: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	err = conn.Raw(func(driver any) error {
		return pgx.BeginFunc(ctx, driver.(*stdlib.Conn).Conn(), func(tx pgx.Tx) error { //nolint:errcheck // the pool was opened with this driver
			if err := clearCopy(ctx, tx, tables); err != nil {
				return err
			}
			for i := range tables {
				n, err := tables[i].copy(ctx, from, tx, func(n int64) { progress(c.Rows+n, total) })
				if err != nil {
					return fmt.Errorf("copy %s: %w", tables[i].name, err)
				}
				c.Rows += n
				c.Tables++
			}
			return nil
		})
	})
	if err != nil {
		return Copied{}, err
	}
	progress(total, total)
	return c, nil
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// copyTable is a table of the copy, after all that it refers to.
type copyTable struct {
	name    string
	columns []string
	rows    int64
	last    int64 // the highest key the engine ever gave; 0 if it gives none
}

// copyPlan lists the tables in the order in which they were made, which is one in which they can be filled.
func copyPlan(ctx context.Context, from *sql.Tx, now time.Time) (tables []copyTable, total int64, err error) {
	var live, tenants int
	if err := from.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM dispatch_owners WHERE until_ms >= $1), (SELECT COUNT(*) FROM tenants)`,
		now.UnixMilli()).Scan(&live, &tenants); err != nil {
		return nil, 0, fmt.Errorf("copy: %w", err)
	}
	if tenants == 0 {
		return nil, 0, errors.New("the SQLite database holds no tenant, so there is nothing to copy; is the data folder the right one?")
	}
	if live > 0 {
		return nil, 0, fmt.Errorf("%w: a dispatcher works on the SQLite database, or did until it was killed moments ago; stop the server, wait half a minute if it was killed, and try again", ErrInUse)
	}
	rows, err := from.QueryContext(ctx, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version' ORDER BY rowid`)
	tables, err = collect(rows, err, "list tables", func(t *copyTable) ([]any, func() error) {
		return []any{&t.name}, func() error { return nil }
	})
	if err != nil {
		return nil, 0, err
	}
	for i := range tables {
		t := &tables[i]
		rows, err := from.QueryContext(ctx, `SELECT name FROM pragma_table_info($1) ORDER BY cid`, t.name)
		t.columns, err = collect(rows, err, "list columns", func(s *string) ([]any, func() error) {
			return []any{s}, func() error { return nil }
		})
		if err != nil {
			return nil, 0, err
		}
		err = from.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM `+quoted(t.name)+`), COALESCE((SELECT seq FROM sqlite_sequence WHERE name = $1), 0)`, t.name).Scan(&t.rows, &t.last)
		if err != nil {
			return nil, 0, fmt.Errorf("copy: count %s: %w", t.name, err)
		}
		total += t.rows
	}
	return tables, total, nil
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// clearCopy makes room in a database that nobody uses yet.
func clearCopy(ctx context.Context, tx pgx.Tx, tables []copyTable) error {
	names := make([]string, len(tables))
	for i := range tables {
		names[i] = quoted(tables[i].name)
	}
	// Nobody else can register a tenant until the copy is committed.
	if _, err := tx.Exec(ctx, `LOCK TABLE `+strings.Join(names, ", ")+` IN ACCESS EXCLUSIVE MODE NOWAIT`); err != nil {
		return fmt.Errorf("%w: somebody works on the PostgreSQL database: %w", ErrInUse, err)
	}
	var tenants int
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM tenants`).Scan(&tenants); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	if tenants > 0 {
		return fmt.Errorf("%w: the PostgreSQL database has %d tenants already; copy to an empty one", ErrInUse, tenants)
	}
	if _, err := tx.Exec(ctx, `TRUNCATE `+strings.Join(names, ", ")); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	return nil
}

// copy moves a table's rows in a stream, so a table may be larger than memory, and makes the engine go on counting where the other one stopped.
func (t *copyTable) copy(ctx context.Context, from *sql.Tx, to pgx.Tx, progress func(int64)) (n int64, err error) {
	columns := make([]string, len(t.columns))
	for i, c := range t.columns {
		columns[i] = quoted(c)
	}
	rows, err := from.QueryContext(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM `+quoted(t.name)) //nolint:rowserrcheck // copySource.Err, which CopyFrom asks
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	source := &copySource{rows: rows, values: make([]any, len(columns)), into: make([]any, len(columns)), progress: progress}
	for i := range source.values {
		source.into[i] = &source.values[i]
	}
	if n, err = to.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, source); err != nil {
		return 0, err
	}
	if n != t.rows {
		return 0, fmt.Errorf("%d of %d rows arrived", n, t.rows)
	}
	if t.last > 0 {
		if _, err := to.Exec(ctx, `SELECT setval(pg_get_serial_sequence($1, 'id'), $2)`, quoted(t.name), t.last); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// copySource hands SQLite's rows to PostgreSQL's COPY.
type copySource struct {
	rows         *sql.Rows
	values, into []any // into points at values
	done         int64
	progress     func(int64)
	err          error
}

func (s *copySource) Next() bool {
	if s.err != nil || !s.rows.Next() {
		return false
	}
	s.err = s.rows.Scan(s.into...)
	if s.done++; s.done%1000 == 0 {
		s.progress(s.done)
	}
	return true
}

func (s *copySource) Values() ([]any, error) { return s.values, s.err }

func (s *copySource) Err() error { return errors.Join(s.err, s.rows.Err()) }
