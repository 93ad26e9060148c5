package identity_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cardlink/fault"
	"cardlink/identity"
)

func TestCreatedIdentifiers(t *testing.T) {
	h := newHouse(t)
	for what, c := range map[string]struct{ got, form string }{
		"tenant":  {h.tenant.ID, `^[0-9a-f]{32}$`},
		"project": {h.tenant.Project.ID, `^[0-9a-f]{32}$`},
		"user":    {h.admin.ID, `^[0-9a-f]{32}$`},
		"access":  {h.key.Access, `^[A-Z0-9]{20}$`},
		"secret":  {h.key.Secret, `^[A-Za-z0-9]{40}$`},
	} {
		if !regexp.MustCompile(c.form).MatchString(c.got) {
			t.Errorf("%s %q does not match %s", what, c.got, c.form)
		}
	}
	keys, err := h.Keys(context.Background(), h.tenant.ID)
	if err != nil || len(keys) != 1 || keys[0].Secret != "" {
		t.Errorf("keys %+v, %v: want one, without its secret", keys, err)
	}
}

// A key that is disabled works nowhere 5 seconds later, and not here from now on.
func TestRevocationTakesSeconds(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	other := h.node(t, h.store)
	for _, n := range []*identity.Service{h.Service, other} {
		if _, err := n.Identify(ctx, h.get(t, h.key).credential()); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.DisableKey(ctx, operator, h.tenant.ID, h.key.Access); err != nil {
		t.Fatal(err)
	}
	_, err := h.Identify(ctx, h.get(t, h.key).credential())
	wantCode(t, err, fault.Unauthorized)
	h.clock.add(5 * time.Second)
	_, err = other.Identify(ctx, h.get(t, h.key).credential())
	wantCode(t, err, fault.Unauthorized)
	if err := h.EnableKey(ctx, operator, h.tenant.ID, h.key.Access); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Identify(ctx, h.get(t, h.key).credential()); err != nil {
		t.Fatal(err)
	}
}

func TestRightsFollowTheUser(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	noDeletes, err := identity.ParsePolicy("no deletes", []byte(`{"Statement":[{"Effect":"Deny","Action":["*:delete"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.SavePolicy(ctx, operator, h.tenant.ID, noDeletes); err != nil {
		t.Fatal(err)
	}
	u, err := h.CreateUser(ctx, operator, identity.NewUser{Tenant: h.tenant.ID, Name: "api-user", Policies: []string{"KooMessage Development"}})
	if err != nil {
		t.Fatal(err)
	}
	k := h.newKey(t, u)
	may := func(action string) bool {
		p, err := h.Identify(ctx, h.get(t, k).credential())
		if err != nil {
			t.Fatal(err)
		}
		return h.Allowed(p, action)
	}
	const create, remove = "kooMessage:devTemplate:create", "kooMessage:devTemplate:delete"
	if !may(create) || !may(remove) || may(identity.TeAdmin) {
		t.Fatal("Development creates and deletes templates, and is no administrator")
	}
	if err := h.SetRights(ctx, operator, h.tenant.ID, u.ID, false, []string{"KooMessage Development", "no deletes"}); err != nil {
		t.Fatal(err)
	}
	if !may(create) || may(remove) {
		t.Fatal("the tenant's own policy denies deleting")
	}
	if err := h.SetRights(ctx, operator, h.tenant.ID, u.ID, true, nil); err != nil {
		t.Fatal(err)
	}
	if !may(remove) || !may(identity.TeAdmin) {
		t.Fatal("an administrator may do everything")
	}
	if err := h.SetRights(ctx, operator, h.tenant.ID, u.ID, false, []string{"no such policy"}); !fault.Has(err, fault.Parameter) {
		t.Fatalf("err = %v", err)
	}
}

func TestAdministrationStaysInItsTenant(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	other, _, err := h.CreateTenant(ctx, operator, "other", "cn-east-3")
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"a key":       h.DisableKey(ctx, operator, other.ID, h.key.Access),
		"a user":      h.SetUserDisabled(ctx, operator, other.ID, h.admin.ID, true),
		"a password":  h.SetPassword(ctx, operator, other.ID, h.admin.ID, password),
		"rights":      h.SetRights(ctx, operator, other.ID, h.admin.ID, false, nil),
		"a new key":   keyErr(h.CreateKey(ctx, operator, other.ID, h.admin.ID)),
		"no tenant":   userErr(h.CreateUser(ctx, operator, identity.NewUser{Tenant: "none", Name: "x"})),
		"its switch":  h.SetTenantDisabled(ctx, operator, "none", true),
		"a bad name":  userErr(h.CreateUser(ctx, operator, identity.NewUser{Tenant: other.ID, Name: " x"})),
		"a bad word":  userErr(h.CreateUser(ctx, operator, identity.NewUser{Tenant: other.ID, Name: "x", Password: "short"})),
		"a taken one": userErr(h.CreateUser(ctx, operator, identity.NewUser{Tenant: other.ID, Name: "admin"})),
	} {
		if !fault.Has(err, fault.Parameter) {
			t.Errorf("%s: err = %v, want a Parameter fault", name, err)
		}
	}
	if _, err := h.Identify(ctx, h.get(t, h.key).credential()); err != nil {
		t.Errorf("another tenant's administration reached us: %v", err)
	}
}

func keyErr(_ identity.AccessKey, err error) error { return err }
func userErr(_ identity.User, err error) error     { return err }

func TestAuditLog(t *testing.T) {
	h := newHouse(t).withPassword(t)
	ctx := context.Background()
	by := identity.Actor{Name: "admin", Remote: "192.0.2.1"}
	k, err := h.CreateKey(ctx, by, h.tenant.ID, h.admin.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.DisableKey(ctx, by, h.tenant.ID, k.Access); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		_, err = h.Identify(ctx, h.get(t, k).credential())
		wantCode(t, err, fault.Unauthorized)
	}
	all, err := h.Entries(ctx, h.tenant.ID, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range slices.Backward(all) {
		lines = append(lines, strings.Join([]string{e.Actor, e.Action, e.Object, e.Remote, e.Outcome}, " "))
		for _, secret := range []string{k.Secret, h.key.Secret, password} {
			if strings.Contains(lines[len(lines)-1], secret) {
				t.Errorf("a secret in the log: %s", lines[len(lines)-1])
			}
		}
	}
	refused := k.Access + " Authenticate " + h.admin.ID + " 192.0.2.7 Incorrect IAM authentication information: the access key, its user or its tenant is disabled"
	want := []string{
		"operator CreateTenant shop  ok", "operator CreateKey " + h.key.Access + "  ok", "operator SetPassword admin  ok",
		"admin CreateKey " + k.Access + " 192.0.2.1 ok", "admin DisableKey " + k.Access + " 192.0.2.1 ok",
		refused, refused, refused, refused, refused, // and no more: 50 refusals must not be 50 writes
	}
	if !slices.Equal(lines, want) {
		t.Errorf("log:\n%s\nwant:\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}
