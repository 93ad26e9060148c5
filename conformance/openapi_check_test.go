package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cardlink/gateway/api/openapi"
)

// description holds real requests and answers to the OpenAPI document. Answers may hold nothing that the document does not name.
type description struct {
	ops      []openapi.Operation
	doc      map[string]any // as published, for requests
	closed   map[string]any // its objects closed, for answers
	mu       sync.Mutex
	open     *jsonschema.Compiler
	strict   *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

// described is the one description of all tests of this package.
var described = sync.OnceValues(func() (*description, error) {
	d, err := openapi.New()
	if err != nil {
		return nil, err
	}
	c := &description{ops: d.Operations(), compiled: map[string]*jsonschema.Schema{}}
	for _, into := range []*map[string]any{&c.doc, &c.closed} {
		if err := json.Unmarshal(d.JSON(), into); err != nil {
			return nil, err
		}
	}
	openapi.CloseObjects(c.closed)
	if c.open, err = schemaCompiler(c.doc); err == nil {
		c.strict, err = schemaCompiler(c.closed)
	}
	return c, err
})

func schemaCompiler(doc map[string]any) (*jsonschema.Compiler, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.AssertContent()
	return c, c.AddResource("cardlink.json", doc)
}

// operation finds the operation of a call of the API; a literal segment beats a parameter. nil: none is described. The edge's operations, which are of no family,
// are on hosts of their own.
func (d *description) operation(method, path string) *openapi.Operation {
	var found *openapi.Operation
	best := -1
	for i := range d.ops {
		op := &d.ops[i]
		if op.Webhook || op.Family == "" || op.Method != method {
			continue
		}
		have, want := strings.Split(path, "/"), strings.Split(op.Path, "/")
		literals := 0
		if !slices.EqualFunc(have, want, func(h, w string) bool {
			if h == w {
				literals++
				return true
			}
			return h != "" && strings.HasPrefix(w, "{")
		}) {
			continue
		}
		if literals > best {
			best, found = literals, op
		}
	}
	return found
}

// violations are what a call that was answered breaks of the document. Of a refused call only the answer counts. Bodies that are no JSON are not looked into, and
// operations that are not described break nothing: that every one is described is a test of gateway/api.
func (d *description) violations(method, path string, status int, media string, request, response []byte) []string {
	op := d.operation(method, path)
	if op == nil {
		return nil
	}
	var out []string
	here := "/paths/" + escaped(op.Path) + "/" + strings.ToLower(method)
	if status < 300 && len(bytes.TrimSpace(request)) > 0 {
		at := here + "/requestBody/content/application~1json/schema"
		switch known := pointer(d.doc, at) != nil; {
		case known:
			out = append(out, d.check(d.open, at, "request", request, true)...)
		case pointer(d.doc, here+"/requestBody") == nil && method != http.MethodGet && method != http.MethodDelete:
			out = append(out, op.ID+" has a body")
		}
	}
	at := here + "/responses/" + strconv.Itoa(status)
	answer, _ := pointer(d.doc, at).(map[string]any)
	if answer == nil {
		return append(out, fmt.Sprintf("%s: status %d is not described: %s", op.ID, status, response))
	}
	if to, is := answer["$ref"].(string); is {
		at = strings.TrimPrefix(to, "#")
		answer, _ = pointer(d.doc, at).(map[string]any)
	}
	switch described := answer["content"] != nil; {
	case !described && len(response) > 0:
		out = append(out, fmt.Sprintf("%s: %d has a body: %s", op.ID, status, response))
	case described && strings.HasPrefix(media, "application/json"):
		out = append(out, d.check(d.strict, at+"/content/application~1json/schema", fmt.Sprintf("%s: answer %d", op.ID, status), response, false)...)
	}
	return out
}

// check validates bytes against a schema of one of the documents. In a request null is the same as absent.
func (d *description) check(c *jsonschema.Compiler, at, what string, body []byte, nullIsAbsent bool) []string {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return []string{what + ": " + err.Error()}
	}
	if nullIsAbsent {
		v = withoutNulls(v)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	key := fmt.Sprintf("%p %s", c, at)
	s := d.compiled[key]
	if s == nil {
		if s, err = c.Compile("cardlink.json#" + at); err != nil {
			return []string{what + ": " + err.Error()}
		}
		d.compiled[key] = s
	}
	err = s.Validate(v)
	var wrong *jsonschema.ValidationError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		return []string{fmt.Sprintf("%s: %v\nin %.2000s", what, wrong, body)}
	}
	return []string{what + ": " + err.Error()}
}

func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if x == nil {
				delete(v, k)
			} else {
				v[k] = withoutNulls(x)
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutNulls(v[i])
		}
	}
	return v
}

func escaped(s string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(s) }

// pointer follows a JSON pointer; nil if there is nothing.
func pointer(v any, at string) any {
	for key := range strings.SplitSeq(strings.TrimPrefix(at, "/"), "/") {
		m, _ := v.(map[string]any)
		v = m[strings.NewReplacer("~1", "/", "~0", "~").Replace(key)]
	}
	return v
}

// fitsDescription complains about a call that breaks the document.
func fitsDescription(t testing.TB, method, path string, status int, media string, request, response []byte) {
	t.Helper()
	d, err := described()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range d.violations(method, path, status, media, request, response) {
		t.Errorf("%s %s is not as described: %s", method, path, v)
	}
}

// fitsWebhook complains about a push that breaks what the document says of a webhook.
func fitsWebhook(t testing.TB, name string, body []byte) {
	t.Helper()
	fitsSchema(t, "/webhooks/"+name+"/post/requestBody/content/application~1json/schema", body)
}

// fitsSchema complains about JSON of ours that breaks a schema of the document, given by its place there.
func fitsSchema(t testing.TB, at string, body []byte) {
	t.Helper()
	d, err := described()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range d.check(d.strict, at, at, body, false) {
		t.Errorf("not as described: %s", v)
	}
}

// checking is a transport of the SDK that holds every call to the document.
func checking(t testing.TB) *http.Transport {
	inner := &http.Transport{}
	t.Cleanup(inner.CloseIdleConnections)
	outer := &http.Transport{}
	outer.RegisterProtocol("http", checker{t, inner})
	return outer
}

type checker struct {
	t     testing.TB
	inner http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (c checker) RoundTrip(r *http.Request) (*http.Response, error) {
	var request []byte
	if r.Body != nil {
		var err error
		if request, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(request))
	}
	out, err := c.inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response, err := io.ReadAll(out.Body)
	out.Body.Close()
	if err != nil {
		return nil, err
	}
	out.Body = io.NopCloser(bytes.NewReader(response))
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		request = nil
	}
	fitsDescription(c.t, r.Method, r.URL.Path, out.StatusCode, out.Header.Get("Content-Type"), request, response)
	return out, nil
}
