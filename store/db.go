// Package store keeps what the rooms promise to keep: it implements every room's storage contract on SQLite and on
// PostgreSQL with one set of statements (dialect.go holds what differs), applies migrations and groups commits.
//
// It refuses to know rules: what may be stored is decided in the rooms, what is stored is sealed here (phone numbers and other
// personal values pass through the vault on their way in and out, so no other room ever sees a sealed value or a clear one on disk).
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
	_ "modernc.org/sqlite"             // driver "sqlite"

	"cardlink/identity"
)

// Options say where records live. The zero value is not usable: one of File and URL is required.
type Options struct {
	File string // SQLite database file; its folder must exist
	URL  string // postgres://… ; wins over File
	Log  *slog.Logger
	// Vault seals personal data. Without one (migrate, version) methods that touch personal data fail.
	Vault *identity.Vault
	// ReadConns bounds concurrent readers (default 8). Readers beyond it wait, bounded by their context.
	ReadConns int
	// WriteConns bounds concurrent write transactions on PostgreSQL (default 8); SQLite has one writer by nature.
	WriteConns int
}

// DB is an open store. Its methods are safe for concurrent use.
type DB struct {
	log     *slog.Logger
	vault   *identity.Vault
	dialect dialect
	read    *sql.DB
	write   *sql.DB
	writer  *groupWriter // SQLite only; nil on PostgreSQL, whose server groups commits itself
}

// Open opens the database, creating the SQLite file if it is missing. It does not migrate; call Migrate.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.ReadConns <= 0 {
		o.ReadConns = 8
	}
	if o.WriteConns <= 0 {
		o.WriteConns = 8
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	db := &DB{log: o.Log, vault: o.Vault}
	switch {
	case o.URL != "":
		if !strings.HasPrefix(o.URL, "postgres://") && !strings.HasPrefix(o.URL, "postgresql://") {
			return nil, errors.New("store: the database address must begin with postgres://")
		}
		pool, err := sql.Open("pgx", o.URL)
		if err != nil {
			return nil, fmt.Errorf("open PostgreSQL: %w", err)
		}
		pool.SetMaxOpenConns(o.ReadConns + o.WriteConns)
		pool.SetMaxIdleConns(o.ReadConns + o.WriteConns)
		pool.SetConnMaxIdleTime(5 * time.Minute)
		db.dialect, db.read, db.write = postgres, pool, pool
	case o.File != "":
		if err := db.openSQLite(o); err != nil {
			return nil, err
		}
	default:
		return nil, errors.New("store: neither a SQLite file nor a PostgreSQL address is given")
	}
	pingCtx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := db.write.PingContext(pingCtx); err != nil {
		return nil, errors.Join(fmt.Errorf("reach the database: %w", err), db.Close())
	}
	return db, nil
}

func (db *DB) openSQLite(o Options) error {
	file, err := filepath.Abs(o.File)
	if err != nil {
		return fmt.Errorf("open SQLite: %w", err)
	}
	// synchronous=FULL: a commit is on disk before it is reported. busy_timeout covers other processes (audit, backup).
	dsn := func(extra ...string) string {
		q := url.Values{"_pragma": append([]string{
			"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)", "foreign_keys(1)",
			"cache_size(-65536)", "mmap_size(268435456)", "temp_store(MEMORY)",
		}, extra...)}
		return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + q.Encode()
	}
	w, err := sql.Open("sqlite", dsn()+"&_txlock=immediate")
	if err != nil {
		return fmt.Errorf("open SQLite: %w", err)
	}
	w.SetMaxOpenConns(1)
	w.SetMaxIdleConns(1)
	w.SetConnMaxLifetime(0)
	r, err := sql.Open("sqlite", dsn("query_only(1)"))
	if err != nil {
		return errors.Join(fmt.Errorf("open SQLite: %w", err), w.Close())
	}
	r.SetMaxOpenConns(o.ReadConns)
	r.SetMaxIdleConns(o.ReadConns)
	db.dialect, db.read, db.write = sqlite, r, w
	db.writer = newGroupWriter(w)
	return nil
}

// Close waits for writes in flight and closes the connections.
func (db *DB) Close() error {
	if db.writer != nil {
		db.writer.close()
	}
	if db.read == db.write {
		return db.write.Close()
	}
	return errors.Join(db.read.Close(), db.write.Close())
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.read.PingContext(ctx) }

// Engine names the engine: "sqlite" or "postgres".
func (db *DB) Engine() string { return db.dialect.name }

// Write runs fn in a transaction and returns when that transaction is durable, or with fn's error and nothing changed.
// On SQLite the transactions of concurrent callers share one commit (group.go); fn must therefore touch only the tx it is
// given, do no I/O of its own and be quick. On PostgreSQL a serialization failure or deadlock repeats fn up to 5 times, so fn must
// be safe to run again: assign its results, do not append to them.
func (db *DB) Write(ctx context.Context, fn func(ctx context.Context, tx *sql.Tx) error) error {
	if db.writer != nil {
		return db.writer.do(ctx, fn)
	}
	return retrySerialization(ctx, func() error { return runTx(ctx, db.write, fn) })
}

func runTx(ctx context.Context, pool *sql.DB, fn func(ctx context.Context, tx *sql.Tx) error) error {
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := fn(ctx, tx); err != nil {
		return errors.Join(err, ignoreTxDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func ignoreTxDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}
