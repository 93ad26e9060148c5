package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp/fasthttputil"

	"cardlink/identity"
	"cardlink/store"
)

// iamHouse is the face over a real store with one tenant, reached through memory.
type iamHouse struct {
	identity *identity.Service
	tenant   identity.Tenant
	admin    identity.User
	key      identity.AccessKey
	client   *http.Client
}

func newIAMHouse(t *testing.T) *iamHouse {
	t.Helper()
	ctx := context.Background()
	master := make([]byte, 32)
	rand.Read(master)
	vault, err := identity.NewVault(master)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(ctx, store.Options{File: filepath.Join(t.TempDir(), "iam.db"), Vault: vault})
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
	h := &iamHouse{}
	if h.identity, err = identity.NewService(identity.Options{Store: db, Vault: vault, PasswordRounds: 10}); err != nil {
		t.Fatal(err)
	}
	if h.tenant, h.admin, err = h.identity.CreateTenant(ctx, identity.Actor{}, "shop", "cn-north-4"); err != nil {
		t.Fatal(err)
	}
	if h.key, err = h.identity.CreateKey(ctx, identity.Actor{}, h.tenant.ID, h.admin.ID); err != nil {
		t.Fatal(err)
	}
	ln := fasthttputil.NewInmemoryListener()
	face := New(Options{}, h.identity, Rooms{Identity: h.identity})
	served := make(chan error, 1)
	go func() { served <- face.Serve(ln) }()
	h.client = &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return ln.Dial() }}}
	t.Cleanup(func() {
		h.client.CloseIdleConnections()
		if err := errors.Join(face.Shutdown(ctx), <-served); err != nil {
			t.Error(err)
		}
	})
	return h
}

// call sends a request; with a key it is signed, over the host and the content type too.
func (h *iamHouse) call(t *testing.T, k *identity.AccessKey, method, target, body string, headers ...string) (*http.Response, map[string]any) {
	t.Helper()
	r, err := http.NewRequest(method, "http://koo.example.com"+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if k != nil {
		date, auth, err := identity.Sign(identity.Signing{
			Access: k.Access, Secret: k.Secret, At: time.Now(), Method: method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Host: "koo.example.com",
			Headers: [][2]string{{"Content-Type", "application/json"}}, Body: []byte(body),
		})
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Sdk-Date", date)
		r.Header.Set("Authorization", auth)
	}
	resp, err := h.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Header.Get("X-Request-Id") == "" {
		t.Errorf("%s %s: no X-Request-Id", method, target)
	}
	var out map[string]any
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&out); err != nil {
		t.Fatalf("%s %s: %v in %s", method, target, err, raw)
	}
	return resp, out
}

func TestListProjects(t *testing.T) {
	h := newIAMHouse(t)
	for name, want := range map[string]string{"?name=cn-north-4": "cn-north-4", "": "cn-north-4", "?name=ap-southeast-1": "ap-southeast-1"} {
		resp, out := h.call(t, &h.key, "GET", "/v3/projects"+name, "")
		list, _ := out["projects"].([]any)
		if resp.StatusCode != 200 || len(list) != 1 {
			t.Fatalf("%s: %d %v, want exactly one project", name, resp.StatusCode, out)
		}
		if p := list[0].(map[string]any); p["id"] != h.tenant.Project.ID || p["name"] != want || p["domain_id"] != h.tenant.ID {
			t.Errorf("%s: %v", name, p)
		}
	}
	if resp, out := h.call(t, &h.key, "GET", "/v3/projects?name=mine", ""); resp.StatusCode != 200 || len(out["projects"].([]any)) != 0 {
		t.Errorf("a project nobody has: %v", out)
	}
	wrong := h.key
	wrong.Secret = "wrong"
	resp, out := h.call(t, &wrong, "GET", "/v3/projects", "")
	if resp.StatusCode != 401 || out["error_code"] != "APIGW.0301" || out["request_id"] != resp.Header.Get("X-Request-Id") ||
		out["error_msg"] != "Incorrect IAM authentication information: verify aksk signature fail" {
		t.Errorf("a wrong secret: %d %v", resp.StatusCode, out)
	}
	if resp, _ := h.call(t, nil, "GET", "/v3/projects", ""); resp.StatusCode != 401 {
		t.Errorf("no credential: %d", resp.StatusCode)
	}
	if resp, out := h.call(t, &h.key, "GET", "/v3/projects", "", "X-Project-Id", strings.Repeat("0", 32)); resp.StatusCode != 403 || out["error_code"] != "APIGW.0302" {
		t.Errorf("a foreign project: %d %v", resp.StatusCode, out)
	}
}

func TestCreateToken(t *testing.T) {
	h := newIAMHouse(t)
	if err := h.identity.SetPassword(context.Background(), identity.Actor{}, h.tenant.ID, h.admin.ID, "correct horse"); err != nil {
		t.Fatal(err)
	}
	body := func(password, scope string) string {
		return `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"admin","password":"` + password +
			`","domain":{"name":"shop"}}}},"scope":` + scope + `}}`
	}
	for _, scope := range []string{`{"project":{"name":"cn-north-4"}}`, `{"project":{"id":"` + h.tenant.Project.ID + `"}}`, `null`} {
		resp, out := h.call(t, nil, "POST", "/v3/auth/tokens", body("correct horse", scope))
		token := resp.Header.Get("X-Subject-Token")
		if resp.StatusCode != 201 || token == "" || len(token) > 2000 {
			t.Fatalf("scope %s: %d %v, token %q", scope, resp.StatusCode, out, token)
		}
		info := out["token"].(map[string]any)
		expires, err := time.Parse("2006-01-02T15:04:05.000000Z", info["expires_at"].(string))
		if life := time.Until(expires); err != nil || life < 24*time.Hour-time.Minute || life > 24*time.Hour {
			t.Errorf("expires_at %v: %v from now, %v", info["expires_at"], life, err)
		}
		if p := info["project"].(map[string]any); p["id"] != h.tenant.Project.ID || p["domain"].(map[string]any)["name"] != "shop" {
			t.Errorf("project %v", p)
		}
		if u := info["user"].(map[string]any); u["id"] != h.admin.ID || u["name"] != "admin" || u["domain"].(map[string]any)["id"] != h.tenant.ID {
			t.Errorf("user %v", u)
		}
		if resp, out := h.call(t, nil, "GET", "/v3/projects", "", "X-Auth-Token", token); resp.StatusCode != 200 {
			t.Errorf("the token is refused: %v", out)
		}
		if resp, _ := h.call(t, nil, "GET", "/v3/projects", "", "X-Auth-Token", token+"A"); resp.StatusCode != 401 {
			t.Errorf("a longer token: %d", resp.StatusCode)
		}
	}
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"a wrong password": {body("wrong horse", `null`), 401},
		"another project":  {body("correct horse", `{"project":{"id":"x"}}`), 401},
		"a domain scope":   {body("correct horse", `{"domain":{"name":"shop"}}`), 400},
		"another method":   {`{"auth":{"identity":{"methods":["token"]}}}`, 400},
		"no user":          {`{"auth":{}}`, 400},
		"no JSON":          {`{`, 400},
		"nothing":          {``, 400},
	} {
		resp, out := h.call(t, nil, "POST", "/v3/auth/tokens", c.body)
		if resp.StatusCode != c.want || out["error_code"] == "" || out["error_msg"] == "" || resp.Header.Get("X-Subject-Token") != "" {
			t.Errorf("%s: %d %v, want %d", name, resp.StatusCode, out, c.want)
		}
	}
}

// Each operation asks for the right that the table of identity gives it.
func TestRoutesAskForTheDocumentedRights(t *testing.T) {
	for _, rt := range routes(Rooms{}) {
		if !strings.HasPrefix(rt.path, "/v1/") {
			continue
		}
		if want, ok := identity.ActionOf(rt.op); !ok || rt.action != want {
			t.Errorf("%s asks for %q, want %q", rt.op, rt.action, want)
		}
	}
}

func TestWhatIsSafeToRepeat(t *testing.T) {
	for _, c := range []struct {
		method, action string
		want           bool
	}{
		{"GET", "kooMessage:devTemplate:list", true},
		{"GET", "", true},
		{"POST", "kooMessage:devSendTask:list", true},
		{"POST", "kooMessage:devMobileCapability:check", true},
		{"POST", "kooMessage:devSendTask:create", false},
		{"DELETE", "kooMessage:devTemplate:delete", false},
		{"POST", "te_admin", false},
		{"POST", "", false},
	} {
		if got := (&route{method: c.method, action: c.action}).safe(); got != c.want {
			t.Errorf("%s %s: %v", c.method, c.action, got)
		}
	}
}
