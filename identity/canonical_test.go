package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// vectors are the four of api.md §2.1, equal for the SDK's signer and an independent implementation.
var vectors = []struct {
	name, method, path, query, host, signed, hash, signature string
	headers                                                  map[string][]string
	body                                                     string
}{
	{
		name: "query with repeats and UTF-8", method: "GET", path: "/v1/aim/templates", host: "ignored.example.com",
		query:   "tpl_name=" + url.QueryEscape("测试 a+b&c") + "&limit=10&factory_type=OPPO&factory_type=HUAWEI",
		headers: sdkHeaders, signed: "user-agent;x-project-id;x-sdk-date",
		hash:      "5020b3759797e5528026cf8f1e5a7396056c0ec6fb427c93b426bf844cc11d89",
		signature: "e0a1db671bf66a3c63a408e0d9ef7317f4e84826b1454a6460e83e3421fa518e",
	},
	{
		name: "JSON body with its newline", method: "POST", path: "/v1/aim/callbacks",
		body:    `{"callback_url":"https://hook.example.com/a?b=1&c=2","url_type":0}` + "\n",
		headers: sdkHeaders, signed: "user-agent;x-project-id;x-sdk-date",
		hash:      "510e52fb5878828f4d662a58fd25a6b6b4d9b556ee222ad8b166a718b198563d",
		signature: "20a7a3aea2a991c66a8fa2d63259f56a545e9e12b8c4b1624d74d4e1b3514955",
	},
	{
		name: "multipart", method: "POST", path: "/v1/aim-sa/media/upload", body: "--b\r\nanything",
		headers: with(sdkHeaders, "X-Sdk-Content-Sha256", unsigned, "Content-Type", "multipart/form-data; boundary=b"),
		signed:  "user-agent;x-project-id;x-sdk-content-sha256;x-sdk-date",
		hash:    "f3c1f9a53ac67d301b34572078cd49b2078ccf64c782f04b5f29e27282ec2e8d", signature: "b6bd71480f86d7863442768313aa2b6c4e62c9cc46fc9ef89ed8b2051ec81572",
	},
	{
		name: "signed host, no agent, no project", method: "GET", path: "/v1/aim/callbacks", host: "koo.example.com",
		headers: map[string][]string{"X-Sdk-Date": {"20260102T030405Z"}}, signed: "host;x-sdk-date",
		hash:      "a5c9d116184e079df32b37dd3a2aec81dcc865616f27d34eb5fb71d9b5130ce4",
		signature: "7748b021cd933b704a38fcab42b52895477c18126b0ec3c382fb2b7736103b4e",
	},
}

const (
	vectorAccess  = "AKEXAMPLE"
	vectorSecret  = "SKEXAMPLE"
	vectorProject = "0123456789abcdef0123456789abcdef"
	vectorDate    = "20260102T030405Z"
)

var sdkHeaders = map[string][]string{
	"X-Sdk-Date": {vectorDate}, "X-Project-Id": {vectorProject}, "User-Agent": {"huaweicloud-usdk-go/3.0"},
}

func with(h map[string][]string, pairs ...string) map[string][]string {
	out := maps.Clone(h)
	for p := range slices.Chunk(pairs, 2) {
		out[p[0]] = []string{p[1]}
	}
	return out
}

func headerOf(h map[string][]string) func(string) []string {
	return func(name string) []string {
		for k, v := range h {
			if strings.EqualFold(k, name) {
				return v
			}
		}
		return nil
	}
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			c := Credential{Method: v.method, Path: v.path, Query: v.query, Host: v.host, Header: headerOf(v.headers), Body: []byte(v.body)}
			auth, err := parseAuthorization("SDK-HMAC-SHA256 Access=" + vectorAccess + ", SignedHeaders=" + v.signed + ", Signature=" + v.signature)
			if err != nil {
				t.Fatal(err)
			}
			hash, err := bodyHash(c, auth)
			if err != nil {
				t.Fatal(err)
			}
			text, err := canonical(c, v.signed, hash)
			if err != nil {
				t.Fatal(err)
			}
			if got := sha256.Sum256([]byte(text)); hex.EncodeToString(got[:]) != v.hash {
				t.Errorf("canonical request hashes to %x, want %s:\n%s", got, v.hash, text)
			}
			if got := hex.EncodeToString(signature(vectorSecret, vectorDate, text)); got != v.signature {
				t.Errorf("signature %s, want %s", got, v.signature)
			}
		})
	}
}

func TestCanonicalPath(t *testing.T) {
	for raw, want := range map[string]string{
		"":                  "/",
		"/":                 "/",
		"/v1/aim":           "/v1/aim/",
		"/v1/aim/":          "/v1/aim/",
		"/a%20b/%E6%B5%8B":  "/a%20b/%E6%B5%8B/",
		"/a b/测":            "/a%20b/%E6%B5%8B/",
		"/a%2fb":            "/a/b/",
		"/a+b*c(d)~e-f_g.h": "/a%2Bb%2Ac%28d%29~e-f_g.h/",
	} {
		if got, err := canonicalPath(raw); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", raw, got, err, want)
		}
	}
	for _, raw := range []string{"/%", "/%2", "/%zz", "/a%g0"} {
		if got, err := canonicalPath(raw); err == nil {
			t.Errorf("%q: %q, want an error", raw, got)
		}
	}
}

func TestCanonicalQuery(t *testing.T) {
	for raw, want := range map[string]string{
		"":                    "",
		"b=2&a=1":             "a=1&b=2",
		"a=2&a=1&a=10":        "a=1&a=10&a=2",
		"flag":                "flag=",
		"flag=&x":             "flag=&x=",
		"q=a+b&r=a%2Bb":       "q=a%20b&r=a%2Bb",
		"k=a=b":               "k=a%3Db",
		"%61=1&A=2":           "A=2&a=1",
		"a=1&&b=2&":           "a=1&b=2",
		"a%20b=%e6%b5%8b;c=d": "a%20b=%E6%B5%8B%3Bc%3Dd",
	} {
		if got, err := canonicalQuery(raw); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", raw, got, err, want)
		}
	}
}

// The order of parameters on the wire does not matter, and net/url agrees about what they mean.
func TestCanonicalQueryIgnoresOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := url.Values(rapid.MapOf(rapid.StringN(1, 8, -1), rapid.SliceOfN(rapid.String(), 1, 3)).Draw(t, "values"))
		parts := strings.Split(values.Encode(), "&")
		shuffled := rapid.Permutation(parts).Draw(t, "order")
		one, err1 := canonicalQuery(values.Encode())
		two, err2 := canonicalQuery(strings.Join(shuffled, "&"))
		if err1 != nil || err2 != nil || one != two {
			t.Fatalf("%q (%v) and %q (%v)", one, err1, two, err2)
		}
		back, err := url.ParseQuery(one)
		if err != nil || len(back) != len(values) {
			t.Fatalf("%q reads back as %v, %v", one, back, err)
		}
	})
}

func TestCanonicalHeaders(t *testing.T) {
	c := Credential{Method: "get", Path: "/", Host: "h.example.com", Header: headerOf(map[string][]string{
		"X-Tag": {"c ", "  a", "b"}, "Content-Type": {"application/json"},
	})}
	got, err := canonical(c, "Host;content-type;x-absent;x-tag", "HASH")
	want := "GET\n/\n\nhost:h.example.com\ncontent-type:application/json\nx-tag:a\nx-tag:b\nx-tag:c\n\nHost;content-type;x-absent;x-tag\nHASH"
	if err != nil || got != want {
		t.Fatalf("got %q, %v\nwant %q", got, err, want)
	}
}

func FuzzCanonicalQuery(f *testing.F) {
	for _, s := range []string{"", "a=1&b=2", "%", "a=%zz", "+&+=+", "a=1&a=2&&=x", vectors[0].query} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		once, err := canonicalQuery(raw)
		if err != nil {
			return
		}
		twice, err := canonicalQuery(once)
		if err != nil || twice != once {
			t.Fatalf("%q → %q → %q, %v: the canonical form is not its own", raw, once, twice, err)
		}
	})
}

func FuzzParseAuthorization(f *testing.F) {
	good := "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=" + strings.Repeat("0f", 32)
	for _, s := range []string{"", good, strings.ReplaceAll(good, ", ", ","), "SDK-HMAC-SM3 Access=a", "SDK-HMAC-SHA256 Access=a,Access=b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := parseAuthorization(s)
		if err != nil {
			return
		}
		again, err := parseAuthorization(algorithm + " Access=" + a.access + ",SignedHeaders=" + a.headers + ",Signature=" + hex.EncodeToString(a.mac[:]))
		if err != nil || again != a {
			t.Fatalf("%q reads as %+v, which reads as %+v, %v", s, a, again, err)
		}
	})
}

func TestParseAuthorizationRefuses(t *testing.T) {
	sig := strings.Repeat("0f", 32)
	for name, s := range map[string]string{
		"another algorithm":   "V11-HMAC-SHA256 Credential=AK/20260102/r/s, SignedHeaders=a, Signature=" + sig,
		"no algorithm":        "Access=AK, SignedHeaders=a, Signature=" + sig,
		"a part missing":      "SDK-HMAC-SHA256 Access=AK, Signature=" + sig,
		"a part twice":        "SDK-HMAC-SHA256 Access=AK, Access=AK, SignedHeaders=a, Signature=" + sig,
		"a part unknown":      "SDK-HMAC-SHA256 Access=AK, SignedHeaders=a, Nonce=1, Signature=" + sig,
		"a short signature":   "SDK-HMAC-SHA256 Access=AK, SignedHeaders=a, Signature=" + sig[2:],
		"a long signature":    "SDK-HMAC-SHA256 Access=AK, SignedHeaders=a, Signature=" + sig + "00",
		"upper-case hex":      "SDK-HMAC-SHA256 Access=AK, SignedHeaders=a, Signature=" + strings.ToUpper(sig),
		"no hex":              "SDK-HMAC-SHA256 Access=AK, SignedHeaders=a, Signature=" + strings.Repeat("xy", 32),
		"an odd key":          "SDK-HMAC-SHA256 Access=A'K, SignedHeaders=a, Signature=" + sig,
		"a very long key":     "SDK-HMAC-SHA256 Access=" + strings.Repeat("A", 65) + ", SignedHeaders=a, Signature=" + sig,
		"very many headers":   "SDK-HMAC-SHA256 Access=AK, SignedHeaders=" + strings.Repeat("a;", 64) + "a, Signature=" + sig,
		"a very long header":  "SDK-HMAC-SHA256 Access=AK, SignedHeaders=" + strings.Repeat("a", 5000) + ", Signature=" + sig,
		"nothing in its part": "SDK-HMAC-SHA256 Access=, SignedHeaders=a, Signature=" + sig,
	} {
		if a, err := parseAuthorization(s); err == nil {
			t.Errorf("%s: accepted as %+v", name, a)
		}
	}
}
