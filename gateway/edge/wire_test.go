package edge

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// listen serves the house on a port of its own until the test ends.
func (h *house) listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	done := make(chan error, 1)
	go func() { done <- h.server.Serve(ln) }()
	t.Cleanup(func() {
		must(t, h.server.Shutdown(context.Background()))
		must(t, <-done)
	})
	return ln
}

// raw sends bytes to a listening edge and returns the answer up to the end of the connection.
func raw(t *testing.T, ln net.Listener, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", ln.Addr().String())
	must(t, err)
	defer conn.Close()
	must(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = conn.Write([]byte(request))
	must(t, err)
	b, _ := io.ReadAll(conn) // a reset after the answer is as good as an end
	return string(b)
}

func TestRequestsThatAreNone(t *testing.T) {
	h := newHouse(t, nil)
	ln := h.listen(t)
	link := h.link(5, nil)
	start := "GET " + link + " HTTP/1.1\r\nHost: s.example.com\r\n"
	for name, c := range map[string]struct{ request, want string }{
		"two lengths":      {start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},
		"a body":           {start + "Content-Length: 2\r\n\r\nhi", "HTTP/1.1 400"},
		"POST":             {"POST " + link + " HTTP/1.1\r\nHost: s.example.com\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405"},
		"a huge header":    {start + "X: " + strings.Repeat("a", 9000) + "\r\n\r\n", "HTTP/1.1 431"},
		"two hosts":        {start + "Host: other\r\n\r\n", "HTTP/1.1 400"},
		"not HTTP":         {"\x16\x03\x01 hello\r\n\r\n", "HTTP/1.1 400"},
		"an ordinary one":  {start + "Connection: close\r\n\r\n", "HTTP/1.1 200"},
		"an old client":    {"GET " + link + " HTTP/1.0\r\nHost: s.example.com\r\n\r\n", "HTTP/1.1 200"},
		"no host":          {"GET " + link + " HTTP/1.0\r\n\r\n", "HTTP/1.1 404"},
		"encoded traverse": {"GET /..%2f..%2fetc/passwd HTTP/1.1\r\nHost: s.example.com\r\nConnection: close\r\n\r\n", "HTTP/1.1 404"},
	} {
		t.Run(name, func(t *testing.T) {
			got := raw(t, ln, c.request)
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("answer %.200q, want %s", got, c.want)
			}
			if strings.Count(got, "HTTP/1.1 ") != 1 {
				t.Errorf("more than one answer: %.600q", got)
			}
		})
	}
}

// A connection on which nothing was asked is closed without an answer, which a browser would take for that to its next request.
func TestConnectionsThatBringNothing(t *testing.T) {
	h := newHouse(t, nil)
	h.server.http.ReadTimeout = 20 * time.Millisecond
	ln := h.listen(t)
	if got := raw(t, ln, ""); got != "" {
		t.Errorf("nothing was asked and answered by %q", got)
	}
	if n := h.server.stats.malformed.Get(); n != 0 {
		t.Errorf("%d malformed requests are counted, none was made", n)
	}
}
