package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"text/tabwriter"
	"time"

	"cardlink/app"
	"cardlink/identity"
	"cardlink/review"
)

// inOffice opens the rooms for one administrative act and closes them again.
func inOffice(ctx context.Context, e engines, fn func(*app.Office, identity.Actor) error) (err error) {
	office, err := app.OpenOffice(ctx, app.Records{Data: e.Data, Database: e.Database, MasterKey: e.MasterKey})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, office.Close()) }()
	return fn(office, operator())
}

// operator is who sits at the command line.
func operator() identity.Actor {
	who := "operator"
	if u, err := user.Current(); err == nil {
		who = u.Username
	}
	return identity.Actor{Name: who, Remote: "command line"}
}

type reviewCmd struct {
	List    reviewListCmd    `cmd:"" help:"List what waits for a verdict: templates, signatures, texts, domains and the rest, oldest first."`
	Approve reviewApproveCmd `cmd:"" help:"Approve something, for all vendors or for one."`
	Reject  reviewRejectCmd  `cmd:"" help:"Reject something, also what was approved before."`
}

type reviewListCmd struct {
	engines `embed:""`
	Kind    string `help:"Only this kind: template, signature, sms_template, domain, …"`
	Limit   int    `help:"At most this many of a kind." default:"100"`
	JSON    bool   `help:"Print JSON."`
}

// Run lists what waits.
func (c reviewListCmd) Run(ctx context.Context, s streams) error {
	return inOffice(ctx, c.engines, func(o *app.Office, _ identity.Actor) error {
		items, err := o.Reviews().Pending(ctx, c.Kind, min(max(c.Limit, 1), 1000))
		if err != nil {
			return err
		}
		if c.JSON {
			type row struct {
				Kind   string    `json:"kind"`
				ID     string    `json:"id"`
				Part   string    `json:"part,omitempty"`
				Tenant string    `json:"tenant_id"`
				Title  string    `json:"title"`
				Detail string    `json:"detail,omitempty"`
				Since  time.Time `json:"since"`
			}
			rows := make([]row, len(items))
			for i, it := range items {
				rows[i] = row{it.Kind, it.ID, it.Part, it.Tenant, it.Title, it.Detail, it.Since}
			}
			return writeJSON(s.out, rows)
		}
		if len(items) == 0 {
			_, err := fmt.Fprintln(s.out, "Nothing waits for review.")
			return err
		}
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "KIND\tID\tFOR\tTENANT\tSINCE\tTITLE")
		for _, it := range items {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", it.Kind, it.ID, it.Part, it.Tenant, it.Since.UTC().Format("2006-01-02 15:04"), it.Title)
		}
		return w.Flush()
	})
}

// verdictFlags are what both verdicts take.
type verdictFlags struct {
	engines `embed:""`
	Kind    string `arg:"" help:"What it is: template, signature, sms_template, domain, …"`
	ID      string `arg:"" help:"Its id, as 'cardlink review list' shows it."`
	Part    string `help:"Only for this vendor or carrier." placeholder:"VENDOR"`
	Tenant  string `help:"Tenant id; needed for what is unique within a tenant only, and found by itself for what waits."`
	JSON    bool   `help:"Print JSON."`
}

type reviewApproveCmd struct {
	verdictFlags
	Words string `help:"Words to the tenant."`
}

type reviewRejectCmd struct {
	verdictFlags
	Words string `help:"What is wrong and what to change; the tenant reads it." required:""`
}

// Run approves.
func (c reviewApproveCmd) Run(ctx context.Context, s streams) error {
	return c.decide(ctx, s, true, c.Words)
}

// Run rejects.
func (c reviewRejectCmd) Run(ctx context.Context, s streams) error {
	return c.decide(ctx, s, false, c.Words)
}

func (c verdictFlags) decide(ctx context.Context, s streams, pass bool, words string) error {
	return inOffice(ctx, c.engines, func(o *app.Office, by identity.Actor) error {
		d := review.Decision{Kind: c.Kind, Tenant: c.Tenant, ID: c.ID, Part: c.Part, Pass: pass, Words: words}
		if d.Tenant == "" {
			items, err := o.Reviews().Pending(ctx, c.Kind, 1000)
			if err != nil {
				return err
			}
			for _, it := range items {
				if it.ID == c.ID {
					d.Tenant = it.Tenant
				}
			}
		}
		if err := o.Reviews().Decide(ctx, by, d); err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(s.out, map[string]any{"kind": d.Kind, "id": d.ID, "part": d.Part, "tenant_id": d.Tenant, "pass": pass})
		}
		verb := "Rejected"
		if pass {
			verb = "Approved"
		}
		_, err := fmt.Fprintf(s.out, "%s: %s %s\n", verb, d.Kind, d.ID)
		return err
	})
}
