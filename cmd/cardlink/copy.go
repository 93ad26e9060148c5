package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cardlink/app"
	"cardlink/store"
)

type copyCmd struct {
	Data      string `help:"Data folder whose SQLite database is copied." default:"./data" type:"path" env:"CARDLINK_DATA"`
	MasterKey string `help:"Master key: 64 hex digits, or a file that holds them; the one in the data folder by default." env:"CARDLINK_MASTER_KEY"`
	To        string `help:"PostgreSQL address (postgres://…) of an empty database." required:""`
	Unsettled bool   `help:"Copy although facts are still on their way to the bill; those on the old Kafka alone will not be billed."`
	JSON      bool   `help:"Print JSON."`
}

// Run copies a one-machine deployment's records to PostgreSQL. Nothing is taken out of the SQLite database, so a start without --database goes back.
func (c copyCmd) Run(ctx context.Context, s streams) (err error) {
	from, _, err := app.OpenRecords(ctx, app.Records{Data: c.Data, MasterKey: c.MasterKey})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	books, err := from.Audit(ctx, store.AuditOptions{})
	switch {
	case err != nil:
		return err
	case !books.Clean():
		return errors.New("the books do not add up, and a copy would not mend them: cardlink audit says where")
	case !books.Settled() && !c.Unsettled:
		return errors.New("facts are still on their way to the bill: start the server, wait for cardlink audit --settled --wait 1m, and stop it before you copy")
	}
	to, _, err := app.OpenRecords(ctx, app.Records{Data: c.Data, Database: c.To, MasterKey: c.MasterKey})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	bar := progress(s.err)
	copied, err := from.CopyTo(ctx, to, time.Now(), func(done, total int64) { bar("rows", int(done), int(total)) })
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(s.out, copied)
	}
	_, err = fmt.Fprintf(s.out, "copied %d rows of %d tables\nstart with --database and the same --data and master key; the SQLite file is as it was\n", copied.Rows, copied.Tables)
	return err
}
