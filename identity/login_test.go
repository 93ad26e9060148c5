package identity_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"cardlink/fault"
	"cardlink/identity"
)

const password = "correct horse"

func (h *house) withPassword(t testing.TB) *house {
	t.Helper()
	if err := h.SetPassword(context.Background(), operator, h.tenant.ID, h.admin.ID, password); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) login(t testing.TB) identity.Session {
	t.Helper()
	s, err := h.Login(context.Background(), identity.Login{Domain: "shop", User: "admin", Password: password, Remote: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func withToken(token string) identity.Credential {
	return request{method: "POST", path: "/", headers: map[string][]string{"X-Auth-Token": {token}}}.credential()
}

func TestTokens(t *testing.T) {
	h := newHouse(t).withPassword(t)
	ctx := context.Background()
	s := h.login(t)
	if len(s.Token) > 2000 || !s.Expires.Equal(h.clock.Now().Add(24*time.Hour)) {
		t.Fatalf("a token of %d characters until %v", len(s.Token), s.Expires)
	}
	for name, node := range map[string]*identity.Service{"the node that issued it": h.Service, "another node, or this one restarted": h.node(t, h.store)} {
		for range 2 { // a token may be used as often as one likes
			p, err := node.Identify(ctx, withToken(s.Token))
			if err != nil || p.Tenant != h.tenant.ID || p.UserName != "admin" || !p.Admin {
				t.Fatalf("%s: %+v, %v", name, p, err)
			}
		}
	}
	h.clock.add(24*time.Hour - time.Millisecond)
	if _, err := h.Identify(ctx, withToken(s.Token)); err != nil {
		t.Fatal(err)
	}
	h.clock.add(time.Millisecond)
	_, err := h.Identify(ctx, withToken(s.Token))
	wantCode(t, err, fault.TokenExpired)
}

func TestForgedTokens(t *testing.T) {
	h := newHouse(t).withPassword(t)
	good := h.login(t).Token
	parts := strings.Split(good, ".")
	another := newHouse(t).withPassword(t).login(t).Token
	for name, token := range map[string]string{
		"of another installation": another,
		"longer life":             strings.Join([]string{parts[0], parts[1], "z" + parts[2], parts[3]}, "."),
		"another user":            strings.Join([]string{strings.Repeat("0", 32), parts[1], parts[2], parts[3]}, "."),
		"no MAC":                  strings.Join(parts[:3], "."),
		"an empty MAC":            strings.Join(parts[:3], ".") + ".",
		"a MAC of zeros":          strings.Join(parts[:3], ".") + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 32)),
		"a bit more":              good + "A",
		"nothing":                 ".",
		"far too long":            strings.Repeat("a.", 2000),
	} {
		_, err := h.Identify(context.Background(), withToken(token))
		if got := fault.Of(err); err == nil || got.Code != fault.Unauthorized {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatEndsAToken(t *testing.T) {
	ctx := context.Background()
	for name, end := range map[string]func(*house) error{
		"the user is disabled":   func(h *house) error { return h.SetUserDisabled(ctx, operator, h.tenant.ID, h.admin.ID, true) },
		"the tenant is disabled": func(h *house) error { return h.SetTenantDisabled(ctx, operator, h.tenant.ID, true) },
		"a new password": func(h *house) error {
			h.clock.add(time.Millisecond)
			return h.SetPassword(ctx, operator, h.tenant.ID, h.admin.ID, "another one")
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t).withPassword(t)
			other := h.node(t, h.store)
			token := withToken(h.login(t).Token)
			if _, err := other.Identify(ctx, token); err != nil {
				t.Fatal(err)
			}
			if err := end(h); err != nil {
				t.Fatal(err)
			}
			_, err := h.Identify(ctx, token)
			wantCode(t, err, fault.Unauthorized)
			h.clock.add(5 * time.Second)
			_, err = other.Identify(ctx, token)
			wantCode(t, err, fault.Unauthorized)
		})
	}
}

func TestLoginRefusals(t *testing.T) {
	h := newHouse(t).withPassword(t)
	ctx := context.Background()
	silent, err := h.CreateUser(ctx, operator, identity.NewUser{Tenant: h.tenant.ID, Name: "silent"})
	if err != nil {
		t.Fatal(err)
	}
	off, err := h.CreateUser(ctx, operator, identity.NewUser{Tenant: h.tenant.ID, Name: "off", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.SetUserDisabled(ctx, operator, h.tenant.ID, off.ID, true); err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	for name, in := range map[string]identity.Login{
		"a wrong password":         {Domain: "shop", User: "admin", Password: "wrong horse"},
		"an unknown user":          {Domain: "shop", User: "nobody", Password: password},
		"an unknown domain":        {Domain: "nowhere", User: "admin", Password: password},
		"a user without password":  {Domain: "shop", User: silent.Name, Password: password},
		"the decoy's own password": {Domain: "shop", User: "nobody", Password: " "},
		"a disabled user":          {Domain: "shop", User: off.Name, Password: password},
	} {
		_, err := h.Login(ctx, in)
		if got := fault.Of(err); err == nil || got.Code != fault.Unauthorized {
			t.Errorf("%s: %v", name, err)
			continue
		}
		texts[fault.Of(err).Text(fault.English)] = true
	}
	if len(texts) != 1 {
		t.Errorf("the answers tell which part was wrong: %v", texts)
	}
	for _, in := range []identity.Login{{User: "a", Password: "b"}, {Domain: "a", Password: "b"}, {Domain: "a", User: "b"}, {Domain: "a", User: "b", Password: strings.Repeat("x", 129)}} {
		_, err := h.Login(ctx, in)
		wantCode(t, err, fault.Parameter)
	}
	_, err = h.Login(ctx, identity.Login{Domain: "shop", User: "admin", Password: password, Project: "someone else's"})
	wantCode(t, err, fault.Unauthorized)
	if _, err := h.Login(ctx, identity.Login{Domain: "shop", User: "admin", Password: password, Project: h.tenant.Project.ID}); err != nil {
		t.Error(err)
	}
}

func TestPasswordGuessingIsSlowedDown(t *testing.T) {
	h := newHouse(t).withPassword(t)
	ctx := context.Background()
	try := func(pw, remote string) error {
		_, err := h.Login(ctx, identity.Login{Domain: "shop", User: "admin", Password: pw, Remote: remote})
		return err
	}
	for range 200 { // good logins cost nothing
		if err := try(password, "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 10 {
		if err := try("wrong horse", "192.0.2.1"); fault.Of(err).Code != fault.Unauthorized {
			t.Fatalf("attempt %d: %v", i, err)
		}
	}
	wantCode(t, try("wrong horse", "192.0.2.1"), fault.Throttled)
	wantCode(t, try(password, "192.0.2.1"), fault.Throttled) // or the answer would tell a guesser that this one was right
	if err := try(password, "198.51.100.9"); err != nil {
		t.Fatalf("somebody else's guesses locked the user out: %v", err)
	}
	h.clock.add(time.Minute)
	if err := try(password, "192.0.2.1"); err != nil {
		t.Fatalf("a minute later: %v", err)
	}
	// Another 64-bit IPv6 network is another attacker; an address in the same one is not.
	for range 10 {
		_ = try("wrong horse", "2001:db8::1")
	}
	wantCode(t, try(password, "2001:db8::ffff"), fault.Throttled)
	if err := try(password, "2001:db8:0:1::1"); err != nil {
		t.Fatal(err)
	}
}

func TestProjectsNamed(t *testing.T) {
	own := identity.Project{ID: "p", Name: "cn-north-4"}
	for name, want := range map[string]string{"": "cn-north-4", "cn-north-4": "cn-north-4", "ap-southeast-3": "ap-southeast-3", "la-south-2": "la-south-2", "mine": "", "CN-NORTH-4": ""} {
		got := identity.ProjectsNamed(own, name)
		switch {
		case want == "" && len(got) == 0:
		case len(got) == 1 && got[0] == identity.Project{ID: "p", Name: want}:
		default:
			t.Errorf("%q: %+v, want %q", name, got, want)
		}
	}
}
