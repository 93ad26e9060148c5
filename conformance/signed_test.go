package conformance

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cardlink/identity"
)

// signed calls an extension of the API that the SDK does not know.
func signed(t testing.TB, s *server, a account, method, target string, body []byte, headers ...string) answer {
	t.Helper()
	return signedAt(t, s, a, time.Now(), method, target, body, headers...)
}

func signedAt(t testing.TB, s *server, a account, at time.Time, method, target string, body []byte, headers ...string) answer {
	t.Helper()
	u, err := url.Parse(s.API + target)
	if err != nil {
		t.Fatal(err)
	}
	in := identity.Signing{Access: a.AccessKey, Secret: a.SecretKey, At: at, Method: method, Path: u.EscapedPath(), Query: u.RawQuery, Body: body}
	for i := 0; i+1 < len(headers); i += 2 {
		in.Headers = append(in.Headers, [2]string{headers[i], headers[i+1]})
	}
	date, auth, err := identity.Sign(in)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(method, u.String(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range in.Headers {
		req.Header.Add(h[0], h[1])
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Sdk-Date", date)
	req.Header.Set("Authorization", auth)
	return do(t, req)
}

func do(t testing.TB, req *http.Request) answer {
	t.Helper()
	r, err := noRedirect.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, ours := range []string{"/v1/", "/v3/", "/x/v1/"} {
		if strings.HasPrefix(req.URL.Path, ours) {
			fitsDescription(t, req.Method, req.URL.Path, r.StatusCode, r.Header.Get("Content-Type"), nil, b)
		}
	}
	return answer{r.StatusCode, r.Header, string(b)}
}
