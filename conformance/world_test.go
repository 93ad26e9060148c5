package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cardlink/identity"
)

// world is a running server with two tenants that have one of everything, and callers of different rights.
type world struct {
	s       *server
	e       engine
	data    string
	own     party // whose requests are made
	foreign party // whose objects must stay untouched
	// operator reviews; nobody has no right at all; full has FullAccess but is no administrator.
	operator, nobody, full account
	ops                    map[string]*operation
	dir                    string
	serial                 atomic.Int64
}

// party is a tenant and the ids of its objects by kind.
type party struct {
	account
	name string
	ids  map[string]string
}

// newWorld starts a server and fills it through the API.
func newWorld(t testing.TB, e engine) *world {
	w := &world{e: e, data: t.TempDir(), dir: t.TempDir(), ops: map[string]*operation{}}
	rows := operations()
	for i := range rows {
		w.ops[rows[i].name] = &rows[i]
	}
	w.own.account = newAccount(t, e, w.data, "Example Mall")
	w.foreign.account = newAccount(t, e, w.data, "Other Shop")
	w.operator = newKey(t, e, w.data, w.own.Tenant, "operator", "Cardlink Operator")
	w.nobody = newKey(t, e, w.data, w.own.Tenant, "nobody")
	w.full = newKey(t, e, w.data, w.own.Tenant, "full", "KooMessage FullAccess")
	carrier := newCarrier(t)
	w.s = start(t, e, w.data, "--channels", carrier.channels(), "--allow-any-jump", "--callback-allow-private", "--video-simulator", "--api-rate=-1", "--api-write-rate=-1", "--api-failure-rate=-1")
	w.own.name, w.foreign.name = "示例商城", "别家商城"
	w.fill(t, &w.own)
	w.fill(t, &w.foreign)
	return w
}

// newKey makes a user with the given policies and a key of its own.
func newKey(t testing.TB, e engine, data, tenant, user string, policies ...string) account {
	t.Helper()
	args := []string{"key", "create", "--tenant", tenant, "--user", user, "--json"}
	for _, p := range policies {
		args = append(args, "--policy", p)
	}
	var a account
	out := command(t, append(args, storeFlags(e, data)...)...)
	if err := json.Unmarshal(out, &a); err != nil || a.AccessKey == "" {
		t.Fatalf("key create printed %q: %v", out, err)
	}
	a.Tenant = tenant
	return a
}

// next is a number that no test has used.
func (w *world) next() int64 { return w.serial.Add(1) }

// unique is a short name that no test has used.
func (w *world) unique(prefix string) string { return fmt.Sprintf("%s%d", prefix, w.next()) }

// raw makes a call without the SDK, so that it can be wrong in ways the SDK prevents.
func (w *world) raw(t testing.TB, who account, name string, args J) answer {
	t.Helper()
	op := w.ops[name]
	if op.multipart() {
		return w.rawUpload(t, who, op, args)
	}
	var body []byte
	if b, given := args["body"]; given {
		var err error
		if body, err = json.Marshal(b); err != nil {
			t.Fatal(err)
		}
	}
	return signed(t, w.s, who, op.def.Method, op.target(args), body, "X-Nonce", w.unique("n"))
}

func (w *world) rawUpload(t testing.TB, who account, op *operation, args J) answer {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	body, _ := args["body"].(J)
	for _, name := range keys(body) {
		v := fmt.Sprint(body[name])
		if name != "file" {
			continue
		}
		content, err := os.ReadFile(v)
		if err != nil {
			t.Fatal(err)
		}
		part, err := form.CreateFormFile(name, filepath.Base(v))
		if err == nil {
			_, err = part.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range keys(body) {
		if name != "file" {
			if err := form.WriteField(name, fmt.Sprint(body[name])); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	target := op.target(args)
	path, query, _ := strings.Cut(target, "?")
	headers := [][2]string{{"X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD"}, {"X-Nonce", w.unique("n")}}
	date, auth, err := identity.Sign(identity.Signing{
		Access: who.AccessKey, Secret: who.SecretKey, At: time.Now(), Method: op.def.Method, Path: path, Query: query, Headers: headers,
	})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(op.def.Method, w.s.API+target, &b)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		req.Header.Set(h[0], h[1])
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("X-Sdk-Date", date)
	req.Header.Set("Authorization", auth)
	return do(t, req)
}

// must makes a call that has to succeed and returns its answer.
func (w *world) must(t testing.TB, who account, name string, args J) J {
	t.Helper()
	r := w.raw(t, who, name, args)
	if r.Status != 200 {
		t.Fatalf("%s: %d %s\nof %v", name, r.Status, r.Body, args)
	}
	var got J
	if r.Body != "" {
		if err := json.Unmarshal([]byte(r.Body), &got); err != nil {
			t.Fatalf("%s: %v in %s", name, err, r.Body)
		}
	}
	return got
}

// file writes bytes to a file of the test and returns its path.
func (w *world) file(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(w.dir, w.unique("f")+"-"+name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// fileOf is a file as the value of a row: it is written when the row is used.
func fileOf(name string, content []byte) func(testing.TB, *world) string {
	return func(t testing.TB, w *world) string { return w.file(t, name, content) }
}

// review is the operator's decision.
func (w *world) review(t testing.TB, kind, id string, pass bool) {
	t.Helper()
	body, err := json.Marshal(J{"kind": kind, "id": id, "tenant_id": w.own.Tenant, "pass": pass, "words": "by the book"})
	if err != nil {
		t.Fatal(err)
	}
	r := signed(t, w.s, w.operator, http.MethodPost, "/x/v1/reviews", body, "X-Nonce", w.unique("n"))
	if r.Status != 200 {
		t.Fatalf("review of %s %s: %d %s", kind, id, r.Status, r.Body)
	}
}
