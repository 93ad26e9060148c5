package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"

	"cardlink/enginetest"
	"cardlink/identity"
	"cardlink/store"
)

// face is a server of some routes, reached through memory.
type face struct {
	t      testing.TB
	server *Server
	ln     *fasthttputil.InmemoryListener
	client fasthttp.Client
}

// newFace serves routes to callers who are who they say in X-Test-Tenant; "nobody" is refused and "weak" has no right.
func newFace(t testing.TB, o Options, routes ...route) *face {
	t.Helper()
	f := &face{t: t, server: New(o, sayers{}, Rooms{}), ln: fasthttputil.NewInmemoryListener()}
	f.server.routes = newTable(routes)
	done := make(chan error, 1)
	go func() { done <- f.server.Serve(f.ln) }()
	t.Cleanup(func() {
		if err := f.server.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		<-done
	})
	f.client = fasthttp.Client{Dial: func(string) (net.Conn, error) { return f.ln.Dial() }, NoDefaultUserAgentHeader: true, MaxIdemponentCallAttempts: 1}
	return f
}

type sayers struct{}

func (sayers) Identify(_ context.Context, c identity.Credential) (identity.Principal, error) {
	tenant := "a"
	if said := c.Header("X-Test-Tenant"); len(said) > 0 {
		tenant = said[0]
	}
	if tenant == "nobody" {
		return identity.Principal{}, errNobody
	}
	return identity.Principal{Tenant: tenant, UserName: "u"}, nil
}

func (sayers) Allowed(p identity.Principal, _ string) bool { return p.Tenant != "weak" }

// told is an answer; Body has its JSON, Raw its bytes.
type told struct {
	Status int
	Header map[string]string
	Body   map[string]any
	Raw    string
}

// call sends a request; headers are name, value, name, value …
func (f *face) call(method, target, body string, headers ...string) told {
	f.t.Helper()
	var in fasthttp.Request
	var out fasthttp.Response
	out.Header.SetNoDefaultContentType(true)
	in.Header.SetMethod(method)
	in.SetRequestURI("http://api" + target)
	in.Header.SetNoDefaultContentType(true)
	for i := 0; i < len(headers); i += 2 {
		in.Header.Add(headers[i], headers[i+1])
	}
	in.SetBodyString(body)
	if err := f.client.DoTimeout(&in, &out, time.Minute); err != nil {
		f.t.Fatalf("%s %s: %v", method, target, err)
	}
	return f.told(&out)
}

// raw sends bytes as they are and reads one answer.
func (f *face) raw(text string) told {
	f.t.Helper()
	c, err := f.ln.Dial()
	if err != nil {
		f.t.Fatal(err)
	}
	defer c.Close()
	go c.Write([]byte(text)) // the server may answer and close before it has read all
	var out fasthttp.Response
	if err := out.Read(bufio.NewReader(c)); err != nil {
		f.t.Fatalf("%.60q: %v", text, err)
	}
	return f.told(&out)
}

func (f *face) told(out *fasthttp.Response) told {
	f.t.Helper()
	a := told{Status: out.StatusCode(), Header: map[string]string{}, Raw: string(out.Body())}
	for k, v := range out.Header.All() {
		a.Header[string(k)] = string(v)
	}
	if a.Header["X-Request-Id"] == "" {
		f.t.Errorf("no X-Request-Id: %d %s", a.Status, a.Raw)
	}
	if a.Raw != "" {
		if a.Header["Content-Type"] != "application/json" {
			f.t.Errorf("Content-Type %q of %d %s", a.Header["Content-Type"], a.Status, a.Raw)
		}
		if err := json.Unmarshal([]byte(a.Raw), &a.Body); err != nil {
			f.t.Errorf("%v in %s", err, a.Raw)
		}
	}
	if a.Status >= 400 {
		for _, name := range []string{"error_code", "error_msg"} {
			if s, _ := a.Body[name].(string); s == "" {
				f.t.Errorf("no %s: %d %s", name, a.Status, a.Raw)
			}
		}
	}
	return a
}

// refused checks status, code and a part of the message.
func (a told) refused(t testing.TB, what string, status int, code, says string) {
	t.Helper()
	msg, _ := a.Body["error_msg"].(string)
	if a.Status != status || a.Body["error_code"] != code || !strings.Contains(msg, says) {
		t.Errorf("%s: %d %s; want %d %s saying %q", what, a.Status, a.Raw, status, code, says)
	}
}

// eachStore runs a test on a migrated store of each engine, with the tenants "a" and "b".
func eachStore(t *testing.T, body func(t *testing.T, db *store.DB)) {
	run := func(t *testing.T, o store.Options) {
		ctx := context.Background()
		vault, err := identity.NewVault(make([]byte, 32))
		if err != nil {
			t.Fatal(err)
		}
		o.Vault = vault
		db, err := store.Open(ctx, o)
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
		for _, id := range []string{"a", "b"} {
			if err := db.AddTenant(ctx, identity.Tenant{ID: id, Name: id, Project: identity.Project{ID: id, Name: "cn-north-4"}, DataKey: vault.NewDataKey(id)},
				identity.User{ID: id, Tenant: id, Name: "u"}, identity.Entry{}); err != nil {
				t.Fatal(err)
			}
		}
		body(t, db)
	}
	t.Run("sqlite", func(t *testing.T) { run(t, store.Options{File: filepath.Join(t.TempDir(), "api.db")}) })
	t.Run("postgres", func(t *testing.T) {
		run(t, store.Options{URL: enginetest.Postgres(t)})
	})
}

// A connection on which nothing was asked is closed without an answer, which a client would take for that to its next request.
func TestConnectionsThatBringNothing(t *testing.T) {
	s := New(Options{}, sayers{}, Rooms{})
	s.http.ReadTimeout = 20 * time.Millisecond
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	defer func() {
		if err := errors.Join(s.Shutdown(context.Background()), <-done); err != nil {
			t.Error(err)
		}
	}()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(c); err != nil || len(got) > 0 {
		t.Errorf("nothing was asked and answered by %q (%v)", got, err)
	}
}
