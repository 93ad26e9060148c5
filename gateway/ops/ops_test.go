package ops

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

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
