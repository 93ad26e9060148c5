package identity_test

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	sdk "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"
	"pgregory.net/rapid"

	"cardlink/fault"
	"cardlink/identity"
)

func wantCode(t testing.TB, err error, code fault.Code) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code {
		t.Fatalf("err = %v, want %s", err, code)
	}
}

func TestIdentifyASignedRequest(t *testing.T) {
	h := newHouse(t)
	got, err := h.Identify(context.Background(), h.get(t, h.key).credential())
	want := identity.Principal{
		Tenant: h.tenant.ID, Project: h.tenant.Project.ID, UserID: h.admin.ID, UserName: "admin", Admin: true,
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(identity.Principal{}), cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Fatalf("err %v, principal (-want +got):\n%s", err, diff)
	}
}

// The SDK's own signer and ours agree on requests nobody thought of.
func TestTheSDKsSignaturesVerify(t *testing.T) {
	h := newHouse(t)
	text := rapid.StringMatching(`[ -~é测试]{0,12}`)
	rapid.Check(t, func(rt *rapid.T) {
		segment := rapid.StringMatching(`[a-zA-Z0-9 ._~测-]{1,8}`)
		path := "/v1/" + strings.Join(rapid.SliceOfN(segment, 1, 3).Draw(rt, "path"), "/")
		b := sdk.NewHttpRequestBuilder().WithEndpoint("https://koo.example.com").WithMethod("GET").WithPath(path).
			AddHeaderParam("X-Sdk-Date", h.clock.Now().UTC().Format("20060102T150405Z")).
			AddHeaderParam("X-Project-Id", h.tenant.Project.ID).AddHeaderParam("User-Agent", "huaweicloud-usdk-go/3.0").
			AddHeaderParam("Content-Type", "application/json").AddHeaderParam("X-Extra", text.Draw(rt, "extra"))
		wire := url.Values{}
		for k, vs := range rapid.MapOfN(rapid.StringMatching(`[a-z_]{1,8}`), rapid.SliceOfN(text, 1, 3), 0, 3).Draw(rt, "query") {
			b.AddQueryParam(k, reflect.ValueOf(vs))
			wire[k] = vs
		}
		r := b.Build()
		signed, err := signer.Sign(r, h.key.Access, h.key.Secret)
		if err != nil {
			rt.Fatal(err)
		}
		headers := map[string][]string{}
		for k, v := range r.GetHeaderParams() {
			headers[k] = []string{v}
		}
		for k, v := range signed {
			headers[k] = []string{v}
		}
		in := request{
			method: "GET", path: (&url.URL{Path: path}).EscapedPath(), query: wire.Encode(), host: "koo.example.com", headers: headers, safe: true,
		}
		if _, err := h.Identify(context.Background(), in.credential()); err != nil {
			rt.Fatalf("%s?%s: %v", in.path, in.query, err)
		}
	})
}

// What Sign made Identify accepts; change one byte of what was signed and it does not.
func TestAnyChangedByteIsRefused(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	alnum := rapid.StringMatching(`[a-z0-9]{1,10}`)
	rapid.Check(t, func(rt *rapid.T) {
		r := h.signed(t, h.key, rapid.SampledFrom([]string{"GET", "POST", "PUT", "DELETE"}).Draw(rt, "method"),
			"/v1/"+alnum.Draw(rt, "path"), alnum.Draw(rt, "key")+"="+alnum.Draw(rt, "value"), alnum.Draw(rt, "body"),
			[2]string{"x-nonce", alnum.Draw(rt, "nonce")}, [2]string{"content-type", "application/json"})
		r.safe = true // the same request is drawn twice now and then
		if _, err := h.Identify(ctx, r.credential()); err != nil {
			rt.Fatalf("as signed: %v", err)
		}
		// flip changes one letter or digit to another.
		flip := func(s string) string {
			for {
				i := rapid.IntRange(0, len(s)-1).Draw(rt, "at")
				c := rapid.SampledFrom([]byte("abcdefghijklmnopqrstuvwxyz0123456789")).Draw(rt, "to")
				if s[i] != c && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= '0' && s[i] <= '9') {
					return s[:i] + string(c) + s[i+1:]
				}
			}
		}
		bad := r
		bad.headers = maps.Clone(r.headers)
		change := rapid.SampledFrom([]string{"method", "path", "query", "body", "date", "nonce", "type", "signature", "key"}).Draw(rt, "change")
		switch change {
		case "method":
			bad.method = "PATCH"
		case "path":
			bad.path = "/v1/" + flip(r.path[4:])
		case "query":
			bad.query = flip(r.query)
		case "body":
			bad.body = flip(r.body)
		case "date":
			bad.headers["X-Sdk-Date"] = []string{"20260102T030406Z"}
		case "nonce":
			bad.headers["X-Nonce"] = []string{flip(r.headers["X-Nonce"][0])}
		case "type":
			bad.headers["Content-Type"] = []string{"text/json"}
		case "signature":
			auth := r.headers["Authorization"][0]
			at := strings.Index(auth, "Signature=") + len("Signature=")
			bad.headers["Authorization"] = []string{auth[:at] + flip(auth[at:])}
		case "key":
			bad.headers["Authorization"] = []string{strings.Replace(r.headers["Authorization"][0], h.key.Access, "A"+h.key.Access[1:]+"A", 1)}
		}
		_, err := h.Identify(ctx, bad.credential())
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.Unauthorized {
			rt.Fatalf("with %s changed: err = %v", change, err)
		}
	})
}

func TestRefusals(t *testing.T) {
	h := newHouse(t)
	cases := map[string]struct {
		make func() request
		code fault.Code
		says string
	}{
		"no credential": {func() request { return request{method: "GET", path: "/", headers: map[string][]string{}} }, fault.Unauthorized, "neither"},
		"an unknown key": {func() request {
			k := h.key
			k.Access = "AAAAAAAAAAAAAAAAAAAA"
			return h.get(t, k)
		}, fault.Unauthorized, "verify aksk signature fail"},
		"a wrong secret": {func() request {
			k := h.key
			k.Secret = "wrong"
			return h.get(t, k)
		}, fault.Unauthorized, "verify aksk signature fail"},
		"an unknown key signed with the decoy": {func() request {
			return h.get(t, identity.AccessKey{Access: "AAAAAAAAAAAAAAAAAAAA", Secret: strings.Repeat("0", 40)})
		}, fault.Unauthorized, "verify aksk signature fail"},
		"another algorithm": {func() request {
			r := h.get(t, h.key)
			r.headers["Authorization"][0] = strings.Replace(r.headers["Authorization"][0], "SDK-HMAC-SHA256", "SDK-HMAC-SM3", 1)
			return r
		}, fault.Unauthorized, "not supported"},
		"an old date":  {func() request { return at(h, -15*time.Minute-time.Second, func() request { return h.get(t, h.key) }) }, fault.Unauthorized, "15 minutes"},
		"a later date": {func() request { return at(h, 15*time.Minute+time.Second, func() request { return h.get(t, h.key) }) }, fault.Unauthorized, "15 minutes"},
		"two dates": {func() request {
			r := h.get(t, h.key)
			r.headers["X-Sdk-Date"] = append(r.headers["X-Sdk-Date"], r.headers["X-Sdk-Date"][0])
			return r
		}, fault.Unauthorized, "one X-Sdk-Date"},
		"a date that is not signed": {func() request {
			r := h.get(t, h.key)
			r.headers["Authorization"][0] = strings.Replace(r.headers["Authorization"][0], "x-sdk-date", "x-nonce", 1)
			return r
		}, fault.Unauthorized, "one X-Sdk-Date"},
		"a body hash that is not the body's": {func() request {
			return h.signed(t, h.key, "GET", "/", "", "body", [2]string{"X-Sdk-Content-Sha256", strings.Repeat("0", 64)})
		}, fault.Unauthorized, "not the hash"},
		"an unsigned body that is no upload": {func() request {
			return h.signed(t, h.key, "POST", "/", "", "body", [2]string{"X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD"}, [2]string{"Content-Type", "application/json"})
		}, fault.Unauthorized, "multipart"},
		"an unsigned body whose header is not signed": {func() request {
			r := h.signed(t, h.key, "POST", "/", "", "")
			r.headers["X-Sdk-Content-Sha256"] = []string{"UNSIGNED-PAYLOAD"}
			r.headers["Content-Type"] = []string{"multipart/form-data; boundary=x"}
			return r
		}, fault.Unauthorized, "multipart"},
		"a path that is not encoded": {func() request {
			r := h.get(t, h.key)
			r.path = "/%zz"
			return r
		}, fault.Unauthorized, "percent-encoded"},
		"another tenant's project": {func() request {
			return h.signed(t, h.key, "GET", "/", "", "", [2]string{"X-Project-Id", strings.Repeat("0", 32)})
		}, fault.Forbidden, "X-Project-Id"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := h.Identify(context.Background(), c.make().credential())
			wantCode(t, err, c.code)
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v does not say %q", err, c.says)
			}
		})
	}
}

func at(h *house, d time.Duration, f func() request) request {
	h.clock.add(d)
	defer h.clock.add(-d)
	return f()
}

func TestWindowAndHashesThatAreRight(t *testing.T) {
	h := newHouse(t)
	for name, r := range map[string]request{
		"15 minutes old":   at(h, -15*time.Minute, func() request { return h.get(t, h.key) }),
		"15 minutes early": at(h, 15*time.Minute, func() request { return h.get(t, h.key) }),
		"the body's hash": h.signed(t, h.key, "POST", "/", "", "",
			[2]string{"X-Sdk-Content-Sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}),
		"an upload": h.signed(t, h.key, "POST", "/v1/aim-sa/media/upload", "", "--x",
			[2]string{"X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD"}, [2]string{"Content-Type", "multipart/form-data; boundary=x"}),
		"its own project": h.signed(t, h.key, "GET", "/", "", "", [2]string{"X-Project-Id", h.tenant.Project.ID}),
	} {
		if _, err := h.Identify(context.Background(), r.credential()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
