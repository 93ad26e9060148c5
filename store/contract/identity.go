package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"cardlink/fault"
	"cardlink/identity"
)

// Identity is what identity.Store promises. The vault is the one the store was opened with. Checks make tenants of names of their own,
// so they may share a store, once.
var Identity = []struct {
	Name  string
	Check func(context.Context, identity.Store, *identity.Vault) error
}{
	{"what was never stored is ErrUnknown", func(ctx context.Context, s identity.Store, _ *identity.Vault) error {
		_, err1 := s.Tenant(ctx, "nobody")
		_, err2 := s.AccountByKey(ctx, "nobody")
		_, err3 := s.AccountByUser(ctx, "nobody")
		_, err4 := s.AccountByName(ctx, "nobody", "nobody")
		err5 := s.SetTenantDisabled(ctx, "nobody", true, identity.Entry{})
		err6 := s.SaveUser(ctx, identity.User{Tenant: "nobody", ID: "nobody"}, identity.Entry{})
		err7 := s.SetKeyDisabled(ctx, "nobody", "nobody", true, identity.Entry{})
		for i, err := range []error{err1, err2, err3, err4, err5, err6, err7} {
			if !errors.Is(err, identity.ErrUnknown) {
				return fmt.Errorf("call %d: err = %v, want ErrUnknown", i+1, err)
			}
		}
		return nil
	}},
	{"a tenant, its users and its keys come back as they were stored", func(ctx context.Context, s identity.Store, v *identity.Vault) error {
		h, err := newHouse(ctx, s, v, "round trip")
		if err != nil {
			return err
		}
		got, err := s.Tenant(ctx, h.tenant.ID)
		if err != nil {
			return err
		}
		if err := same("tenant", got, h.tenant); err != nil {
			return err
		}
		users, err := s.Users(ctx, h.tenant.ID)
		if err != nil {
			return err
		}
		if err := same("users", users, []identity.User{h.admin, h.user}); err != nil {
			return err
		}
		keys, err := s.Keys(ctx, h.tenant.ID)
		if err != nil {
			return err
		}
		listed := h.key
		listed.Secret = ""
		return same("keys", keys, []identity.AccessKey{listed})
	}},
	{"a key leads to its user, its tenant, its secret and the user's own policies", func(ctx context.Context, s identity.Store, v *identity.Vault) error {
		h, err := newHouse(ctx, s, v, "lookup")
		if err != nil {
			return err
		}
		a, err := s.AccountByKey(ctx, h.key.Access)
		if err != nil {
			return err
		}
		want := identity.Account{Tenant: h.tenant, User: h.user, Key: h.key, Custom: []identity.Policy{h.policy}}
		if err := same("account by key", a, want); err != nil {
			return err
		}
		want.Key = identity.AccessKey{}
		if a, err = s.AccountByUser(ctx, h.user.ID); err != nil {
			return err
		}
		if err := same("account by user", a, want); err != nil {
			return err
		}
		if a, err = s.AccountByName(ctx, h.tenant.Name, h.user.Name); err != nil {
			return err
		}
		return same("account by name", a, want)
	}},
	{"names are unique: of tenants everywhere, of users within their tenant", func(ctx context.Context, s identity.Store, v *identity.Vault) error {
		h, err := newHouse(ctx, s, v, "unique")
		if err != nil {
			return err
		}
		if _, err := newHouse(ctx, s, v, "unique"); !fault.Has(err, fault.Parameter) {
			return fmt.Errorf("a second tenant of that name: err = %v, want ErrExists", err)
		}
		twin := h.user
		twin.ID = "twin"
		if err := s.AddUser(ctx, twin, identity.Entry{}); !errors.Is(err, identity.ErrExists) {
			return fmt.Errorf("a second user of that name: err = %v, want ErrExists", err)
		}
		_, err = newHouse(ctx, s, v, "unique elsewhere") // its users have the same names
		return err
	}},
	{"a change reaches the next lookup, of its own tenant only", func(ctx context.Context, s identity.Store, v *identity.Vault) error {
		h, err := newHouse(ctx, s, v, "change")
		if err != nil {
			return err
		}
		if err := s.SetKeyDisabled(ctx, "another tenant", h.key.Access, true, identity.Entry{}); !errors.Is(err, identity.ErrUnknown) {
			return fmt.Errorf("another tenant reached the key: %v", err)
		}
		u := h.user
		u.Admin, u.Policies, u.PasswordHash, u.Disabled, u.TokensFrom = true, []string{"KooMessage FullAccess"}, "other", true, h.user.CreatedAt.Add(time.Hour)
		foreign := u
		foreign.Tenant = "another tenant"
		if err := s.SaveUser(ctx, foreign, identity.Entry{}); !errors.Is(err, identity.ErrUnknown) {
			return fmt.Errorf("another tenant reached the user: %v", err)
		}
		if err := errors.Join(
			s.SetKeyDisabled(ctx, h.tenant.ID, h.key.Access, true, identity.Entry{}),
			s.SaveUser(ctx, u, identity.Entry{}),
			s.SetTenantDisabled(ctx, h.tenant.ID, true, identity.Entry{}),
		); err != nil {
			return err
		}
		a, err := s.AccountByKey(ctx, h.key.Access)
		if err != nil {
			return err
		}
		want := identity.Account{Tenant: h.tenant, User: u, Key: h.key}
		want.Tenant.Disabled, want.Key.Disabled = true, true
		return same("account", a, want)
	}},
	{"a policy is replaced by one of its name", func(ctx context.Context, s identity.Store, v *identity.Vault) error {
		h, err := newHouse(ctx, s, v, "policies")
		if err != nil {
			return err
		}
		next := identity.Policy{Name: h.policy.Name, Statements: []identity.Statement{{Effect: identity.Deny, Actions: []string{"kooMessage:*"}}}}
		if err := s.SavePolicy(ctx, h.tenant.ID, next, identity.Entry{}); err != nil {
			return err
		}
		got, err := s.Policies(ctx, h.tenant.ID)
		if err != nil {
			return err
		}
		return same("policies", got, []identity.Policy{next})
	}},
	{"tenants are listed by name, in pages", func(ctx context.Context, s identity.Store, v *identity.Vault) error {
		for _, name := range []string{"~list b", "~list a", "~list c"} {
			if _, err := newHouse(ctx, s, v, name); err != nil {
				return err
			}
		}
		first, err := s.Tenants(ctx, "~list", 2)
		if err != nil {
			return err
		}
		rest, err := s.Tenants(ctx, "~list b", 2)
		if err != nil {
			return err
		}
		var names []string
		for _, t := range append(first, rest...) {
			names = append(names, t.Name)
		}
		return same("names", names, []string{"~list a", "~list b", "~list c"})
	}},
	{"of all who use a signature at once, one is first", func(ctx context.Context, s identity.Store, _ *identity.Vault) error {
		made := time.Unix(1_700_000_000, 0)
		var wg sync.WaitGroup
		fresh := make([]bool, 20)
		errs := make([]error, len(fresh))
		for i := range fresh {
			wg.Go(func() { fresh[i], errs[i] = s.UseSignature(ctx, made, 1<<62+5, time.Time{}) })
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
		n := 0
		for _, f := range fresh {
			if f {
				n++
			}
		}
		if n != 1 {
			return fmt.Errorf("%d of %d were first", n, len(fresh))
		}
		return nil
	}},
	{"a signature is forgotten when it is too old, and not before", func(ctx context.Context, s identity.Store, _ *identity.Vault) error {
		made := time.Unix(1_600_000_000, 0)
		use := func(at time.Time, sig int64, forget time.Time, want bool) error {
			fresh, err := s.UseSignature(ctx, at, sig, forget)
			if err != nil {
				return err
			}
			if fresh != want {
				return fmt.Errorf("signature %d of %v: first use = %v, want %v", sig, at.UTC(), fresh, want)
			}
			return nil
		}
		for _, step := range []func() error{
			func() error { return use(made, 1, time.Time{}, true) },
			func() error { return use(made.Add(time.Second), 1, time.Time{}, true) }, // another second, another signature
			func() error { return use(made, 2, made, true) },                         // forgets what is older than made: nothing
			func() error { return use(made, 1, time.Time{}, false) },
			func() error { return use(made.Add(time.Second), 2, made.Add(time.Second), true) },
			func() error { return use(made.Add(time.Second), 1, time.Time{}, false) },
			func() error { return use(made, 1, time.Time{}, true) },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	}},
	{"the audit log holds every change, newest first, in pages", func(ctx context.Context, s identity.Store, v *identity.Vault) error {
		h, err := newHouse(ctx, s, v, "audit")
		if err != nil {
			return err
		}
		e := identity.Entry{
			Tenant: h.tenant.ID, At: time.UnixMilli(1_700_000_000_123).UTC(), Actor: "AK", Action: "Authenticate", Object: "o", Remote: "192.0.2.1", Outcome: "no",
		}
		if err := s.AddAuditEntry(ctx, e); err != nil {
			return err
		}
		newest, err := s.AuditEntries(ctx, h.tenant.ID, 0, 2)
		if err != nil {
			return err
		}
		if len(newest) != 2 {
			return fmt.Errorf("%d entries, want 2", len(newest))
		}
		e.ID = newest[0].ID
		if err := same("newest entry", newest[0], e); err != nil {
			return err
		}
		older, err := s.AuditEntries(ctx, h.tenant.ID, newest[1].ID, 100)
		if err != nil {
			return err
		}
		var actions []string
		for _, e := range append(newest, older...) {
			actions = append(actions, e.Action)
		}
		return same("actions", actions, []string{"Authenticate", "AddKey", "AddUser", "SavePolicy", "AddTenant"})
	}},
	{"a change that is refused leaves no entry", func(ctx context.Context, s identity.Store, v *identity.Vault) error {
		h, err := newHouse(ctx, s, v, "refused")
		if err != nil {
			return err
		}
		if err := s.AddUser(ctx, h.user, identity.Entry{Tenant: h.tenant.ID, Action: "again"}); err == nil {
			return errors.New("the same user was stored twice")
		}
		all, err := s.AuditEntries(ctx, h.tenant.ID, 0, 100)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(e identity.Entry) bool { return e.Action == "again" }) {
			return errors.New("the log tells of a change that did not happen")
		}
		return nil
	}},
}

// house is a tenant with an administrator, a user, the user's key and policy.
type house struct {
	tenant      identity.Tenant
	admin, user identity.User
	key         identity.AccessKey
	policy      identity.Policy
}

func newHouse(ctx context.Context, s identity.Store, v *identity.Vault, name string) (house, error) {
	at := time.UnixMilli(1_750_000_000_001).UTC()
	id := "tenant of " + name
	h := house{
		tenant: identity.Tenant{
			ID: id, Name: name, Project: identity.Project{ID: "project of " + name, Name: "cn-north-4"}, CreatedAt: at, DataKey: v.NewDataKey(id),
		},
		admin:  identity.User{ID: "admin of " + name, Tenant: id, Name: "admin", Admin: true, CreatedAt: at},
		policy: identity.Policy{Name: "no deletes", Statements: []identity.Statement{{Effect: identity.Deny, Actions: []string{"*:delete"}}}},
	}
	h.user = identity.User{
		ID: "user of " + name, Tenant: id, Name: "user", Policies: []string{"KooMessage Development", h.policy.Name},
		PasswordHash: "hash", TokensFrom: at.Add(-time.Hour), CreatedAt: at,
	}
	h.key = identity.AccessKey{Access: "AK " + name, Secret: "secret of " + name, User: h.user.ID, Tenant: id, CreatedAt: at}
	entry := func(action string) identity.Entry {
		return identity.Entry{Tenant: id, At: at, Actor: "operator", Action: action, Outcome: "ok"}
	}
	for _, step := range []func() error{
		func() error { return s.AddTenant(ctx, h.tenant, h.admin, entry("AddTenant")) },
		func() error { return s.SavePolicy(ctx, id, h.policy, entry("SavePolicy")) },
		func() error { return s.AddUser(ctx, h.user, entry("AddUser")) },
		func() error { return s.AddKey(ctx, h.key, entry("AddKey")) },
	} {
		if err := step(); err != nil {
			return house{}, err
		}
	}
	return h, nil
}
