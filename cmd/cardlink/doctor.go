package main

import (
	"context"
	"fmt"

	"cardlink/app"
)

// doctorCmd takes the options of serve, so that it examines what serve would run with.
type doctorCmd struct {
	engines  `embed:""`
	Channels jsonList[app.Channel] `help:"Carrier accounts, as for serve." env:"CARDLINK_CHANNELS"`
	JSON     bool                  `help:"Print JSON."`
}

// Run examines and exits with 1 if something is wrong.
func (c doctorCmd) Run(ctx context.Context, s streams) error {
	found := app.Doctor(ctx, app.Options{Data: c.Data, Database: c.Database, KafkaBrokers: c.KafkaBrokers, Redis: c.Redis, MasterKey: c.MasterKey, Channels: c.Channels})
	bad := false
	for _, f := range found {
		bad = bad || !f.OK
	}
	if c.JSON {
		if err := writeJSON(s.out, found); err != nil {
			return err
		}
	} else {
		for _, f := range found {
			mark := "ok  "
			if !f.OK {
				mark = "BAD "
			}
			fmt.Fprintf(s.out, "%s %-16s %s\n", mark, f.What, f.Says)
			if f.Do != "" {
				fmt.Fprintf(s.out, "     %-16s → %s\n", "", f.Do)
			}
		}
	}
	if bad {
		return errReported
	}
	return nil
}
