package conformance

import (
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	koomessage "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/region"
)

// TestContract holds every operation to its row: it works through the unmodified SDK, refuses what is missing or out of range and the ids of others with
// the documented code, and asks for its right.
func TestContract(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		w := newWorld(t, e)
		rows := operations()
		t.Run("through the SDK", func(t *testing.T) {
			c := sdk(t, w.s, w.own.account)
			for _, op := range rows {
				t.Run(op.name, func(t *testing.T) { w.succeeds(t, c, &op) })
			}
		})
		t.Run("refusals", func(t *testing.T) {
			for _, op := range rows {
				t.Run(op.name, func(t *testing.T) { w.refuses(t, &op) })
			}
		})
		t.Run("rights", func(t *testing.T) {
			for _, op := range rows {
				t.Run(op.name, func(t *testing.T) { w.needsRight(t, &op) })
			}
		})
	})
}

// regionAddress is where TestRegionMode listens: the SDK reads the variable of a region once in a process, so a repeated test must be found at the same place.
var regionAddress = "127.0.0.1:0"

// TestRegionMode: the same methods with a region, no endpoint and no project: two environment variables lead the SDK here (api.md §2.2).
func TestRegionMode(t *testing.T) {
	w := newWorld(t, engine{name: "one machine"})
	to, err := url.Parse(w.s.API)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", regionAddress)
	if err != nil {
		t.Fatal(err)
	}
	regionAddress = ln.Addr().String()
	front := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }})
	_ = front.Listener.Close() // ours takes its place
	front.Listener = ln
	front.StartTLS()
	defer front.Close()
	t.Setenv("HUAWEICLOUD_SDK_REGION_KOOMESSAGE_CN_NORTH_4", front.URL)
	t.Setenv("HUAWEICLOUD_SDK_IAM_ENDPOINT", front.URL)
	at, err := region.SafeValueOf("cn-north-4")
	if err != nil {
		t.Fatal(err)
	}
	cred, err := basic.NewCredentialsBuilder().WithAk(w.own.AccessKey).WithSk(w.own.SecretKey).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: front.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}}
	h, err := koomessage.KooMessageClientBuilder().WithRegion(at).WithCredential(cred).
		WithHttpConfig(config.DefaultHttpConfig().WithHttpTransport(transport)).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	c := koomessage.NewKooMessageClient(h)
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) { w.succeeds(t, c, &op) })
	}
}

// succeeds makes the call through the SDK and looks at its answer.
func (w *world) succeeds(t *testing.T, c *koomessage.KooMessageClient, op *operation) {
	t.Helper()
	args := op.args(t, w)
	got, err := callSDK(c, op.name, args)
	if err != nil {
		t.Fatalf("%v\nof %v", err, args)
	}
	if got["httpStatusCode"] != nil && got["httpStatusCode"] != 200.0 {
		t.Errorf("status %v", got["httpStatusCode"])
	}
	if op.check != nil {
		op.check(t, w, clone(args).(J), got)
	}
}

// refusal is an error answer.
type refusal struct {
	Code    string `json:"error_code"`
	Msg     string `json:"error_msg"`
	Message string `json:"error_message"`
}

// refusedWith checks the form of a refusal (api.md §3.5) and its code; an empty code means any documented one.
func refusedWith(t testing.TB, r answer, status int, code, names string) {
	t.Helper()
	var got refusal
	if err := json.Unmarshal([]byte(r.Body), &got); err != nil || got.Code == "" || got.Msg == "" || r.Header.Get("X-Request-Id") == "" {
		t.Fatalf("not a refusal: %d %q (%v), X-Request-Id %q", r.Status, r.Body, err, r.Header.Get("X-Request-Id"))
	}
	if r.Status != status || (code != "" && got.Code != code) {
		t.Errorf("%d %s; want %d %s", r.Status, r.Body, status, code)
	}
	if got.Message != "" && got.Message != got.Msg {
		t.Errorf("two messages: %s", r.Body)
	}
	if names != "" && !strings.Contains(got.Msg, names) {
		t.Errorf("%q does not name %s", got.Msg, names)
	}
}

func (w *world) refuses(t *testing.T, op *operation) {
	if len(op.lacks) == 0 && op.noneLacks == "" || len(op.beyond) == 0 && op.noneBeyond == "" || len(op.ids) == 0 && op.noneIDs == "" {
		t.Fatal("the row lacks a missing member, a value out of range or an id of another tenant")
	}
	args := op.args(t, w)
	who := w.own.account
	for _, c := range op.lacks {
		t.Run("without "+c.path, func(t *testing.T) {
			name := last(c.path)
			if c.code != anyParameter {
				name = "" // a specific code says it
			}
			refusedWith(t, w.raw(t, who, op.name, at(args, c.path, absent)), 400, c.code, name)
			if strings.HasPrefix(c.path, "body.") && !op.multipart() {
				refusedWith(t, w.raw(t, who, op.name, at(args, c.path, nil)), 400, c.code, name) // null is absent (api.md §3.1)
			}
		})
	}
	for _, c := range op.beyond {
		t.Run("beyond "+c.path, func(t *testing.T) {
			name := last(c.path)
			if c.code != anyParameter {
				name = ""
			}
			value := c.value
			if file, isFile := value.(func(testing.TB, *world) string); isFile {
				value = file(t, w)
			}
			refusedWith(t, w.raw(t, who, op.name, at(args, c.path, value)), 400, c.code, name)
		})
	}
	for _, s := range op.ids {
		t.Run("foreign "+s.path, func(t *testing.T) {
			r := w.raw(t, who, op.name, at(args, s.path, w.foreignID(s)))
			if s.code == "" {
				if r.Status != 200 || strings.Contains(r.Body, w.foreign.name) {
					t.Fatalf("a filter by another tenant's id: %d %s", r.Status, r.Body)
				}
				return
			}
			code := s.code
			if s.owned != "" {
				code = s.owned
			}
			refusedWith(t, r, 400, code, "")
		})
	}
}

// foreignID is the other tenant's id for a slot.
func (w *world) foreignID(s slot) string {
	if s.kind == "authorization" {
		return w.foreign.ids["OTHER"] + ":media/" + w.foreign.ids["OTHER"]
	}
	return w.foreign.ids[s.kind]
}

// needsRight: a caller without the right is refused, and one whose request is wrong besides learns nothing more.
func (w *world) needsRight(t *testing.T, op *operation) {
	args := op.args(t, w)
	refusedWith(t, w.raw(t, w.nobody, op.name, args), 403, "APIGW.0302", "")
	if op.name == "AddCallBack" { // for administrators alone (api.md §2.4)
		refusedWith(t, w.raw(t, w.full, op.name, args), 403, "APIGW.0302", "")
	}
	bad := w.own.account
	bad.SecretKey = "not the secret"
	refusedWith(t, w.raw(t, bad, op.name, args), 401, "APIGW.0301", "")
}
