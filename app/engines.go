package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"cardlink/identity"
	"cardlink/store"
)

// Records say where a deployment keeps its records and secrets: what every command that opens the store needs.
type Records struct {
	Data      string // folder; created if missing
	Database  string // postgres://…; empty: SQLite in Data
	MasterKey string // 64 hex digits or a file; empty: master.key in Data
	Log       *slog.Logger
}

// databaseFile is the SQLite database's name in the data folder.
const databaseFile = "cardlink.db"

// OpenRecords opens the vault and the store and brings the schema up to date.
func OpenRecords(ctx context.Context, r Records) (*store.DB, *identity.Vault, error) {
	db, vault, _, err := openRecords(ctx, r)
	return db, vault, err
}

func openRecords(ctx context.Context, r Records) (_ *store.DB, _ *identity.Vault, master []byte, err error) {
	if err := os.MkdirAll(r.Data, 0o700); err != nil {
		return nil, nil, nil, fmt.Errorf("data folder: %w", err)
	}
	master, err = identity.LoadMasterKey(r.Data, r.MasterKey)
	if err != nil {
		return nil, nil, nil, err
	}
	vault, err := identity.NewVault(master)
	if err != nil {
		return nil, nil, nil, err
	}
	db, err := store.Open(ctx, store.Options{File: filepath.Join(r.Data, databaseFile), URL: r.Database, Log: r.Log, Vault: vault})
	if err != nil {
		return nil, nil, nil, err
	}
	if _, err := db.Migrate(ctx); err != nil {
		return nil, nil, nil, errors.Join(err, db.Close())
	}
	return db, vault, master, nil
}
