package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"cardlink/app"
	"cardlink/identity"
)

// administer opens the store for one administrative act and closes it again.
func administer(ctx context.Context, e engines, fn func(*identity.Service, identity.Actor) error) (err error) {
	db, vault, err := app.OpenRecords(ctx, app.Records{Data: e.Data, Database: e.Database, MasterKey: e.MasterKey})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	s, err := identity.NewService(identity.Options{Store: db, Vault: vault})
	if err != nil {
		return err
	}
	if err := s.CheckVault(ctx); err != nil {
		return err
	}
	return fn(s, operator())
}

type tenantCmd struct {
	Create tenantCreateCmd `cmd:"" help:"Create a tenant with an administrator and an access key."`
	List   tenantListCmd   `cmd:"" help:"List tenants."`
}

type tenantCreateCmd struct {
	engines `embed:""`
	Name    string `arg:"" help:"Name of the tenant, unique."`
	Region  string `help:"Name of its project." default:"cn-north-4"`
	JSON    bool   `help:"Print JSON."`
}

// Run creates the tenant and prints its credentials, the secret for the only time.
func (c tenantCreateCmd) Run(ctx context.Context, s streams) error {
	return administer(ctx, c.engines, func(id *identity.Service, by identity.Actor) error {
		t, u, err := id.CreateTenant(ctx, by, c.Name, c.Region)
		if err != nil {
			return err
		}
		k, err := id.CreateKey(ctx, by, t.ID, u.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(s.out, map[string]string{
				"tenant_id": t.ID, "name": t.Name, "project_id": t.Project.ID, "region": t.Project.Name,
				"user": u.Name, "access_key": k.Access, "secret_key": k.Secret,
			})
		}
		_, err = fmt.Fprintf(s.out, "tenant      %s (%s)\nproject     %s (%s)\nuser        %s, administrator\naccess key  %s\nsecret key  %s\n\nKeep the secret key: it is not shown again.\n",
			t.ID, t.Name, t.Project.ID, t.Project.Name, u.Name, k.Access, k.Secret)
		return err
	})
}

type tenantListCmd struct {
	engines `embed:""`
	JSON    bool `help:"Print JSON."`
}

// Run lists all tenants.
func (c tenantListCmd) Run(ctx context.Context, s streams) error {
	return administer(ctx, c.engines, func(id *identity.Service, _ identity.Actor) error {
		type row struct {
			ID       string `json:"tenant_id"`
			Name     string `json:"name"`
			Project  string `json:"project_id"`
			Region   string `json:"region"`
			Disabled bool   `json:"disabled"`
		}
		rows := []row{}
		for after := ""; ; {
			page, err := id.Tenants(ctx, after, 100)
			if err != nil {
				return err
			}
			for _, t := range page {
				rows = append(rows, row{t.ID, t.Name, t.Project.ID, t.Project.Name, t.Disabled})
				after = t.Name
			}
			if len(page) < 100 {
				break
			}
		}
		if c.JSON {
			return writeJSON(s.out, rows)
		}
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "TENANT\tNAME\tPROJECT\tREGION\tDISABLED")
		for _, r := range rows {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%v\n", r.ID, r.Name, r.Project, r.Region, r.Disabled)
		}
		return w.Flush()
	})
}

type keyCmd struct {
	Create  keyCreateCmd  `cmd:"" help:"Create an access key, and its user if it is new."`
	List    keyListCmd    `cmd:"" help:"List a tenant's access keys."`
	Disable keyDisableCmd `cmd:"" help:"Disable an access key; it is refused everywhere within five seconds."`
}

type keyCreateCmd struct {
	engines `embed:""`
	Tenant  string   `help:"Tenant id." required:""`
	User    string   `help:"User name." default:"admin"`
	Policy  []string `help:"Policies of a new user, for example 'KooMessage Development'. Without any it may do nothing."`
	JSON    bool     `help:"Print JSON."`
}

// Run creates the key.
func (c keyCreateCmd) Run(ctx context.Context, s streams) error {
	return administer(ctx, c.engines, func(id *identity.Service, by identity.Actor) error {
		users, err := id.Users(ctx, c.Tenant)
		if err != nil {
			return err
		}
		var uid string
		for _, u := range users {
			if u.Name == c.User {
				uid = u.ID
			}
		}
		if uid == "" {
			u, err := id.CreateUser(ctx, by, identity.NewUser{Tenant: c.Tenant, Name: c.User, Policies: c.Policy})
			if err != nil {
				return err
			}
			uid = u.ID
		} else if len(c.Policy) > 0 {
			return fmt.Errorf("user %s exists; --policy is for new users", c.User)
		}
		k, err := id.CreateKey(ctx, by, c.Tenant, uid)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(s.out, map[string]string{"tenant_id": c.Tenant, "user": c.User, "access_key": k.Access, "secret_key": k.Secret})
		}
		_, err = fmt.Fprintf(s.out, "user        %s\naccess key  %s\nsecret key  %s\n\nKeep the secret key: it is not shown again.\n", c.User, k.Access, k.Secret)
		return err
	})
}

type keyListCmd struct {
	engines `embed:""`
	Tenant  string `help:"Tenant id." required:""`
	JSON    bool   `help:"Print JSON."`
}

// Run lists the keys without their secrets.
func (c keyListCmd) Run(ctx context.Context, s streams) error {
	return administer(ctx, c.engines, func(id *identity.Service, _ identity.Actor) error {
		keys, err := id.Keys(ctx, c.Tenant)
		if err != nil {
			return err
		}
		type row struct {
			Access   string `json:"access_key"`
			User     string `json:"user_id"`
			Disabled bool   `json:"disabled"`
			Created  string `json:"created"`
		}
		rows := make([]row, len(keys))
		for i, k := range keys {
			rows[i] = row{k.Access, k.User, k.Disabled, k.CreatedAt.UTC().Format("2006-01-02T15:04:05Z")}
		}
		if c.JSON {
			return writeJSON(s.out, rows)
		}
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ACCESS KEY\tUSER\tDISABLED\tCREATED")
		for _, r := range rows {
			fmt.Fprintf(w, "%s\t%s\t%v\t%s\n", r.Access, r.User, r.Disabled, r.Created)
		}
		return w.Flush()
	})
}

type keyDisableCmd struct {
	engines `embed:""`
	Tenant  string `help:"Tenant id." required:""`
	Access  string `arg:"" help:"Access key."`
	JSON    bool   `help:"Print JSON."`
}

// Run disables the key.
func (c keyDisableCmd) Run(ctx context.Context, s streams) error {
	return administer(ctx, c.engines, func(id *identity.Service, by identity.Actor) error {
		if err := id.DisableKey(ctx, by, c.Tenant, c.Access); err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(s.out, map[string]any{"access_key": c.Access, "disabled": true})
		}
		_, err := fmt.Fprintf(s.out, "%s is disabled\n", c.Access)
		return err
	})
}
