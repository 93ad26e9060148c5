package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"cardlink/app"
	"cardlink/dispatch"
	"cardlink/identity"
)

type smsAppCmd struct {
	List    smsAppListCmd    `cmd:"" help:"List a tenant's SMS applications."`
	Suspend smsAppSuspendCmd `cmd:"" help:"Stop an SMS application: it takes no sends; what is queued goes out."`
	Resume  smsAppResumeCmd  `cmd:"" help:"Take a suspended SMS application back into service."`
}

type smsAppListCmd struct {
	engines `embed:""`
	Tenant  string `help:"Tenant id." required:""`
	JSON    bool   `help:"Print JSON."`
}

// smsAppJSON is an application as the commands print it.
type smsAppJSON struct {
	ID     string `json:"app_id"`
	Name   string `json:"app_name"`
	Status string `json:"status"`
	Tenant string `json:"tenant_id"`
}

// Run lists the newest 1000.
func (c smsAppListCmd) Run(ctx context.Context, s streams) error {
	return inOffice(ctx, c.engines, func(o *app.Office, _ identity.Actor) error {
		list, _, err := o.Sends().ListApps(ctx, c.Tenant, dispatch.AppFilter{Page: dispatch.Page{Limit: 1000}})
		if err != nil {
			return err
		}
		rows := make([]smsAppJSON, len(list))
		for i, a := range list {
			rows[i] = smsAppJSON{a.ID, a.Name, a.Status, a.Tenant}
		}
		if c.JSON {
			return writeJSON(s.out, rows)
		}
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tNAME\tSTATUS")
		for _, r := range rows {
			fmt.Fprintf(w, "%s\t%s\t%s\n", r.ID, r.Name, r.Status)
		}
		return w.Flush()
	})
}

// smsAppFlags are what both verbs take.
type smsAppFlags struct {
	engines `embed:""`
	ID      string `arg:"" help:"Id of the application."`
	Tenant  string `help:"Tenant id." required:""`
	Words   string `help:"Why; it stands in the audit log."`
	JSON    bool   `help:"Print JSON."`
}

type smsAppSuspendCmd struct{ smsAppFlags }

type smsAppResumeCmd struct{ smsAppFlags }

// Run suspends.
func (c smsAppSuspendCmd) Run(ctx context.Context, s streams) error { return c.set(ctx, s, true) }

// Run resumes.
func (c smsAppResumeCmd) Run(ctx context.Context, s streams) error { return c.set(ctx, s, false) }

func (c smsAppFlags) set(ctx context.Context, s streams, suspended bool) error {
	return inOffice(ctx, c.engines, func(o *app.Office, by identity.Actor) error {
		a, err := o.Sends().SuspendApp(ctx, c.Tenant, c.ID, suspended)
		if err != nil {
			return err
		}
		if err := o.Identity().Record(ctx, by, c.Tenant, "SetSmsAppStatus", dispatch.AppAct(a, c.Words)); err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(s.out, smsAppJSON{a.ID, a.Name, a.Status, a.Tenant})
		}
		_, err = fmt.Fprintf(s.out, "%s %s: %s\n", a.ID, a.Name, a.Status)
		return err
	})
}
