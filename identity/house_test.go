package identity_test

import (
	"context"
	"crypto/rand"
	"net/textproto"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"cardlink/identity"
	"cardlink/store"
)

// house is a service on a real store with one tenant, at a time that tests move by hand.
type house struct {
	*identity.Service
	store  *store.DB
	vault  *identity.Vault
	tenant identity.Tenant
	admin  identity.User
	key    identity.AccessKey
	clock  *clock
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newHouse(t testing.TB) *house {
	t.Helper()
	ctx := context.Background()
	master := make([]byte, 32)
	rand.Read(master)
	vault, err := identity.NewVault(master)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(ctx, store.Options{File: filepath.Join(t.TempDir(), "identity.db"), Vault: vault})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	h := &house{store: db, vault: vault, clock: &clock{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	h.Service = h.node(t, db)
	if h.tenant, h.admin, err = h.CreateTenant(ctx, operator, "shop", ""); err != nil {
		t.Fatal(err)
	}
	h.key = h.newKey(t, h.admin)
	return h
}

// node is another service on the same store, as another process would be.
func (h *house) node(t testing.TB, s identity.Store) *identity.Service {
	t.Helper()
	n, err := identity.NewService(identity.Options{Store: s, Vault: h.vault, Now: h.clock.Now, PasswordRounds: 10})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (h *house) newKey(t testing.TB, u identity.User) identity.AccessKey {
	t.Helper()
	k, err := h.CreateKey(context.Background(), operator, u.Tenant, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var operator = identity.Actor{}

// request is a request as it travels, before it becomes a Credential.
type request struct {
	method, path, query, host string
	headers                   map[string][]string // canonical names
	body                      string
	safe                      bool
}

func (r request) credential() identity.Credential {
	return identity.Credential{
		Method: r.method, Path: r.path, Query: r.query, Host: r.host, Body: []byte(r.body), Remote: "192.0.2.7", Safe: r.safe,
		Header: func(name string) []string { return r.headers[textproto.CanonicalMIMEHeaderKey(name)] },
	}
}

// signed makes a request that is signed with k at the house's time, covering the given headers.
func (h *house) signed(t testing.TB, k identity.AccessKey, method, path, query, body string, headers ...[2]string) request {
	t.Helper()
	date, auth, err := identity.Sign(identity.Signing{
		Access: k.Access, Secret: k.Secret, At: h.clock.Now(), Method: method, Path: path, Query: query, Headers: headers, Body: []byte(body),
	})
	if err != nil {
		t.Fatal(err)
	}
	r := request{
		method: method, path: path, query: query, host: "api.example.com", body: body, safe: method == "GET",
		headers: map[string][]string{"X-Sdk-Date": {date}, "Authorization": {auth}},
	}
	for _, kv := range headers {
		name := textproto.CanonicalMIMEHeaderKey(kv[0])
		r.headers[name] = append(r.headers[name], kv[1])
	}
	return r
}

func (h *house) post(t testing.TB, k identity.AccessKey) request {
	return h.signed(t, k, "POST", "/v1/aim/resolve-tasks", "", `{"tpl_id":"600000001"}`+"\n")
}

func (h *house) get(t testing.TB, k identity.AccessKey) request {
	return h.signed(t, k, "GET", "/v1/aim/templates", "limit=10", "")
}
