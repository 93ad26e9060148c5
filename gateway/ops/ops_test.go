package ops

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/valyala/fasthttp/fasthttputil"
)

func TestFace(t *testing.T) {
	set := metrics.NewSet()
	set.NewCounter("cardlink_test_total").Inc()
	var down error
	s := New(Options{
		Checks:  []Check{{"store", func(context.Context) error { return down }}},
		Metrics: []*metrics.Set{set}, Info: map[string]string{"version": "x"},
	})
	ln := fasthttputil.NewInmemoryListener()
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	client := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return ln.Dial() }}}
	get := func(path string, status int, holds string) {
		t.Helper()
		r, err := client.Get("http://ops" + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != status || !strings.Contains(string(b), holds) {
			t.Fatalf("%s: %d %q %v; want %d with %q", path, r.StatusCode, b, err, status, holds)
		}
	}
	get("/healthz", 200, "alive")
	get("/readyz", 200, `"ready": true`)
	get("/metrics", 200, "cardlink_test_total 1")
	get("/", 200, `"version": "x"`)
	get("/nothing", 404, "")
	down = errors.New("no answer from the database")
	get("/readyz", 503, "no answer from the database")
	down = nil
	s.Unready()
	get("/readyz", 503, "shutting down")
	get("/healthz", 200, "alive")
	client.CloseIdleConnections()
	if err := s.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := <-served; err != nil {
		t.Fatal(err)
	}
}

// A connection on which nothing was asked is closed without an answer, which a scraper would take for that to its next request; what is no request is refused.
func TestConnectionsThatBringNothing(t *testing.T) {
	for _, c := range []struct {
		sent, answer string
		patience     time.Duration
	}{{"", "", 20 * time.Millisecond}, {"no request\r\n\r\n", "HTTP/1.1 400 ", time.Minute}} {
		s := New(Options{})
		s.http.ReadTimeout = c.patience
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- s.Serve(ln) }()
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, err1 := conn.Write([]byte(c.sent))
		err2 := conn.SetDeadline(time.Now().Add(2 * time.Minute))
		got, err3 := io.ReadAll(conn)
		if err := errors.Join(err1, err2, err3, conn.Close()); err != nil || !strings.HasPrefix(string(got), c.answer) || c.answer == "" && len(got) > 0 {
			t.Errorf("%q is answered by %q (%v)", c.sent, got, err)
		}
		if err := errors.Join(s.Shutdown(context.Background()), <-served); err != nil {
			t.Error(err)
		}
	}
}
