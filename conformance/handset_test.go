package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// answer is what a handset or a browser got.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

func fetch(t testing.TB, url string, headers ...string) answer {
	t.Helper()
	a, err := tryFetch(url, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func tryFetch(url string, headers ...string) (answer, error) {
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return answer{}, err
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	r, err := noRedirect.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return answer{r.StatusCode, r.Header, string(b)}, err
}

// resolve asks for the card behind a link as a vendor's message app does.
func resolve(t testing.TB, s *server, code, vendor, device string) answer {
	t.Helper()
	a, err := tryResolve(s, code, vendor, device)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func tryResolve(s *server, code, vendor, device string) (answer, error) {
	return tryFetch(s.Edge+"/"+code, "Accept", "application/json", "X-AIM-Vendor", vendor, "X-AIM-Device", device, "X-AIM-Sign", pathEscape(sign))
}

// pathEscape makes a signature fit a header: percent-encoded UTF-8 (docs/handset.md).
func pathEscape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

// browse opens a link as a phone's browser does.
func browse(t testing.TB, s *server, code string) answer {
	t.Helper()
	return fetch(t, s.Edge+"/"+code, "Accept", "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document",
		"User-Agent", "Mozilla/5.0 (Linux; Android 14; ALN-AL00) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36")
}

// card checks that an answer is a card of the vendor that holds every wanted text.
func card(t testing.TB, a answer, vendor string, want ...string) {
	t.Helper()
	var v map[string]any
	if a.Status != 200 || json.Unmarshal([]byte(a.Body), &v) != nil {
		t.Fatalf("%s: %d %s", vendor, a.Status, a.Body)
	}
	fitsSchema(t, "/components/schemas/Card", []byte(a.Body))
	for _, w := range append(want, vendor) {
		if !strings.Contains(a.Body, w) {
			t.Errorf("the card for %s does not show %q: %s", vendor, w, a.Body)
		}
	}
}
