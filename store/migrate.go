package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// Migration files are named NNNN_what.sql and only go up: a deployment goes back by restoring its backup. {{id}} and {{autoid}} stand
// for the engine's 64-bit primary key, given by us or by the engine. A file that has landed is never edited; changes are new files.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrate brings the database to the newest version and returns the versions it applied. A database that a newer program has migrated is refused: what this one would
// write there may be wrong. Two nodes may call it at once
// on PostgreSQL: goose holds a session lock.
func (db *DB) Migrate(ctx context.Context) ([]int64, error) {
	p, err := db.goose()
	if err != nil {
		return nil, err
	}
	if at, newest, err := p.GetVersions(ctx); err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	} else if at > newest {
		return nil, fmt.Errorf("the database is at schema version %d and this program knows %d: a newer program has migrated it; run that one, or restore the backup from before", at, newest)
	}
	durable, err := db.hurry(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	results, err := p.Up(ctx)
	if err := errors.Join(err, durable(ctx)); err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	applied := make([]int64, 0, len(results))
	for _, r := range results {
		applied = append(applied, r.Source.Version)
	}
	return applied, nil
}

// hurry lets the migrations of an empty SQLite database wait for the disk once, at the end, instead of at every step: until then there is nothing to lose. durable
// ends it; what was migrated is on disk when it returns.
func (db *DB) hurry(ctx context.Context, p *goose.Provider) (durable func(context.Context) error, err error) {
	durable = func(context.Context) error { return nil }
	if db.dialect.name == postgres.name {
		return durable, nil
	}
	if at, _, err := p.GetVersions(ctx); err != nil || at > 0 {
		return durable, err
	}
	// The writer is one connection, so what is set here holds for the migrations.
	if _, err := db.write.ExecContext(ctx, `PRAGMA synchronous = OFF`); err != nil {
		return durable, err
	}
	return func(ctx context.Context) error {
		_, err := db.write.ExecContext(context.WithoutCancel(ctx), `PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)`)
		return err
	}, nil
}

// SchemaVersion is the version the database is at and the newest this program knows.
func (db *DB) SchemaVersion(ctx context.Context) (at, newest int64, err error) {
	p, err := db.goose()
	if err != nil {
		return 0, 0, err
	}
	return p.GetVersions(ctx)
}

func (db *DB) goose() (*goose.Provider, error) {
	files, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	migrations := make([]*goose.Migration, 0, len(files))
	for _, f := range files {
		number, _, ok := strings.Cut(f.Name(), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if !ok || err != nil {
			return nil, fmt.Errorf("migration %q is not named NNNN_what.sql", f.Name())
		}
		text, err := migrationFiles.ReadFile(path.Join("migrations", f.Name()))
		if err != nil {
			return nil, err
		}
		stmts := db.dialect.expand(string(text))
		migrations = append(migrations, goose.NewGoMigration(version, &goose.GoFunc{
			RunTx: func(ctx context.Context, tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, stmts)
				return err
			},
		}, nil))
	}
	d := goose.DialectSQLite3
	opts := []goose.ProviderOption{goose.WithGoMigrations(migrations...), goose.WithDisableGlobalRegistry(true)}
	if db.dialect.name == postgres.name {
		d = goose.DialectPostgres
		locker, err := newSessionLocker()
		if err != nil {
			return nil, err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(d, db.write, nil, opts...)
	if err != nil {
		return nil, errors.Join(errors.New("prepare migrations"), err)
	}
	return p, nil
}
