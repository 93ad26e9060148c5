package main

import (
	"context"
	"errors"
	"fmt"

	"cardlink/app"
)

type migrateCmd struct {
	engines `embed:""`
	JSON    bool `help:"Print JSON."`
}

// Run applies the migrations that are missing. A server does so by itself when it starts; this is for those who want it as a step of its own.
func (c migrateCmd) Run(ctx context.Context, s streams) (err error) {
	db, _, err := app.OpenRecords(ctx, app.Records{Data: c.Data, Database: c.Database, MasterKey: c.MasterKey})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	at, newest, err := db.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(s.out, map[string]any{"engine": db.Engine(), "version": at, "newest": newest})
	}
	_, err = fmt.Fprintf(s.out, "%s is at schema version %d (newest %d)\n", db.Engine(), at, newest)
	return err
}
