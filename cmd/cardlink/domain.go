package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"cardlink/app"
	"cardlink/identity"
	"cardlink/shortlink"
)

type domainCmd struct {
	Add      domainAddCmd    `cmd:"" help:"Register a short-link domain for all tenants, or for one."`
	List     domainListCmd   `cmd:"" help:"List short-link domains."`
	Freeze   domainFreezeCmd `cmd:"" help:"Freeze a domain: it takes no new links and its links answer as gone."`
	Unfreeze domainThawCmd   `cmd:"" help:"Take a frozen domain back into service."`
	Jump     jumpCmd         `cmd:"" help:"Manage the hosts a tenant's links may jump to."`
}

type domainAddCmd struct {
	engines    `embed:""`
	Name       string `arg:"" help:"s.example.com, or with up to two path levels: s.example.com/a1."`
	Generation string `help:"1 = standard codes, 2 = custom codes; it cannot be changed later." enum:"1,2" default:"1"`
	Tenant     string `help:"Only for this tenant; without it every tenant may use the domain."`
	JSON       bool   `help:"Print JSON."`
}

// Run registers the domain, approved.
func (c domainAddCmd) Run(ctx context.Context, s streams) error {
	return inOffice(ctx, c.engines, func(o *app.Office, by identity.Actor) error {
		if err := o.Links().RegisterDomain(ctx, shortlink.Domain{Name: c.Name, Tenant: c.Tenant, Generation: c.Generation}); err != nil {
			return err
		}
		return told(ctx, o, by, s, c.JSON, c.Tenant, "RegisterDomain", c.Name)
	})
}

// told notes an act in the audit log and says it to the operator.
func told(ctx context.Context, o *app.Office, by identity.Actor, s streams, asJSON bool, tenant, action, object string) error {
	if err := o.Identity().Record(ctx, by, tenant, action, object); err != nil {
		return err
	}
	if asJSON {
		return writeJSON(s.out, map[string]string{"action": action, "object": object, "tenant_id": tenant})
	}
	_, err := fmt.Fprintf(s.out, "%s %s: done\n", action, object)
	return err
}

type domainListCmd struct {
	engines `embed:""`
	Tenant  string `help:"Only what this tenant may use."`
	JSON    bool   `help:"Print JSON."`
}

// Run lists domains.
func (c domainListCmd) Run(ctx context.Context, s streams) error {
	return inOffice(ctx, c.engines, func(o *app.Office, _ identity.Actor) error {
		list, err := o.Links().Domains(ctx, c.Tenant)
		if err != nil {
			return err
		}
		type row struct {
			Domain     string `json:"domain"`
			Tenant     string `json:"tenant_id,omitempty"`
			Generation string `json:"generation_type"`
			State      string `json:"state"`
			Frozen     bool   `json:"frozen"`
		}
		rows := make([]row, len(list))
		for i, d := range list {
			rows[i] = row{d.Name, d.Tenant, d.Generation, d.State, d.Frozen}
		}
		if c.JSON {
			return writeJSON(s.out, rows)
		}
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "DOMAIN\tTENANT\tCODES\tSTATE\tFROZEN")
		for _, r := range rows {
			codes := "standard"
			if r.Generation == shortlink.Custom {
				codes = "custom"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%v\n", r.Domain, r.Tenant, codes, r.State, r.Frozen)
		}
		return w.Flush()
	})
}

type domainFreezeCmd struct {
	engines `embed:""`
	Name    string `arg:"" help:"The domain."`
	Words   string `help:"Why; its tenant reads it." required:""`
	JSON    bool   `help:"Print JSON."`
}

// Run freezes the domain.
func (c domainFreezeCmd) Run(ctx context.Context, s streams) error {
	return inOffice(ctx, c.engines, func(o *app.Office, by identity.Actor) error {
		if err := o.Links().ReviewDomain(ctx, c.Name, false, c.Words); err != nil {
			return err
		}
		return told(ctx, o, by, s, c.JSON, "", "FreezeDomain", c.Name)
	})
}

type domainThawCmd struct {
	engines `embed:""`
	Name    string `arg:"" help:"The domain."`
	JSON    bool   `help:"Print JSON."`
}

// Run takes the domain back into service.
func (c domainThawCmd) Run(ctx context.Context, s streams) error {
	return inOffice(ctx, c.engines, func(o *app.Office, by identity.Actor) error {
		if err := o.Links().ReviewDomain(ctx, c.Name, true, ""); err != nil {
			return err
		}
		return told(ctx, o, by, s, c.JSON, "", "UnfreezeDomain", c.Name)
	})
}

type jumpCmd struct {
	Add    jumpAddCmd    `cmd:"" help:"Allow a host, or every host below one: *.example.com."`
	Remove jumpRemoveCmd `cmd:"" help:"Take a host off the list."`
	List   jumpListCmd   `cmd:"" help:"List a tenant's hosts."`
}

type jumpFlags struct {
	engines `embed:""`
	Tenant  string `help:"Tenant id." required:""`
	Host    string `arg:"" help:"shop.example.com or *.example.com."`
	JSON    bool   `help:"Print JSON."`
}

type jumpAddCmd struct{ jumpFlags }

// Run allows the host.
func (c jumpAddCmd) Run(ctx context.Context, s streams) error {
	return inOffice(ctx, c.engines, func(o *app.Office, by identity.Actor) error {
		if _, err := o.Links().RegisterJump(ctx, c.Tenant, c.Host); err != nil {
			return err
		}
		return told(ctx, o, by, s, c.JSON, c.Tenant, "RegisterJumpDomain", c.Host)
	})
}

type jumpRemoveCmd struct{ jumpFlags }

// Run takes the host off the list.
func (c jumpRemoveCmd) Run(ctx context.Context, s streams) error {
	return inOffice(ctx, c.engines, func(o *app.Office, by identity.Actor) error {
		if err := o.Links().DeleteJump(ctx, c.Tenant, c.Host); err != nil {
			return err
		}
		return told(ctx, o, by, s, c.JSON, c.Tenant, "DeleteJumpDomain", c.Host)
	})
}

type jumpListCmd struct {
	engines `embed:""`
	Tenant  string `help:"Tenant id." required:""`
	JSON    bool   `help:"Print JSON."`
}

// Run lists the hosts.
func (c jumpListCmd) Run(ctx context.Context, s streams) error {
	return inOffice(ctx, c.engines, func(o *app.Office, _ identity.Actor) error {
		list, err := o.Links().Jumps(ctx, c.Tenant)
		if err != nil {
			return err
		}
		type row struct {
			Host  string `json:"host"`
			State string `json:"state"`
		}
		rows := make([]row, len(list))
		for i, j := range list {
			rows[i] = row{j.Host, j.State}
		}
		if c.JSON {
			return writeJSON(s.out, rows)
		}
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "HOST\tSTATE")
		for _, r := range rows {
			fmt.Fprintf(w, "%s\t%s\n", r.Host, r.State)
		}
		return w.Flush()
	})
}
