package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cardlink/app"
	"cardlink/store"
)

type auditCmd struct {
	engines `embed:""`
	Tenant  string        `help:"Only this tenant."`
	Settled bool          `help:"Fail if facts are still on their way to the bill."`
	Wait    time.Duration `help:"With --settled: wait up to this long for a running server to settle."`
	JSON    bool          `help:"Print JSON."`
}

// Run proves the books. It may run beside a server. The exit code is 1 if something does not add up.
func (c auditCmd) Run(ctx context.Context, s streams) (err error) {
	db, _, err := app.OpenRecords(ctx, app.Records{Data: c.Data, Database: c.Database, MasterKey: c.MasterKey})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	deadline := time.Now().Add(c.Wait)
	var r *store.AuditReport
	for {
		if r, err = db.Audit(ctx, store.AuditOptions{Tenant: c.Tenant}); err != nil {
			return err
		}
		if !c.Settled || r.Settled() || !r.Clean() || time.Now().After(deadline) {
			break
		}
		pause := time.NewTimer(250 * time.Millisecond)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		}
	}
	if c.JSON {
		err = writeJSON(s.out, r)
	} else {
		_, err = r.WriteTo(s.out)
	}
	switch {
	case err != nil:
		return err
	case !r.Clean():
		for _, p := range r.Problems() {
			fmt.Fprintln(s.err, "audit:", p)
		}
		return errReported
	case c.Settled && !r.Settled():
		fmt.Fprintln(s.err, "audit: clean, but facts are still on their way to the bill; is the server running? (--wait 30s gives it time)")
		return errReported
	}
	return nil
}
