// Package ops is the operator's face: liveness, readiness, metrics and profiles, on an address of its own that is loopback by default. It knows nothing of tenants
// and shows nothing of them.
package ops

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/pprofhandler"
)

// Check is one condition of readiness: a role that must be up, an engine that must answer.
type Check struct {
	Name string
	// Ready returns nil when the condition holds; its text is shown to the operator.
	Ready func(ctx context.Context) error
}

// Options configure the face.
type Options struct {
	Checks  []Check
	Metrics []*metrics.Set
	// Info is shown at /: addresses, version, roles.
	Info any
	// CheckTimeout bounds each readiness check; default 2 s.
	CheckTimeout time.Duration
}

// Server is the operator's face.
type Server struct {
	o        Options
	stopping atomic.Bool
	http     *fasthttp.Server
}

// New builds the face.
func New(o Options) *Server {
	if o.CheckTimeout <= 0 {
		o.CheckTimeout = 2 * time.Second
	}
	s := &Server{o: o}
	s.http = &fasthttp.Server{
		Handler: s.serve, Name: "cardlink", Concurrency: 256, MaxRequestBodySize: 4 << 10,
		ReadTimeout: 10 * time.Second, WriteTimeout: 2 * time.Minute, IdleTimeout: time.Minute, // profiles take their time
		CloseOnShutdown: true, Logger: quiet{}, ErrorHandler: refuse,
	}
	return s
}

// Serve answers on ln until Shutdown.
func (s *Server) Serve(ln net.Listener) error { return s.http.Serve(ln) }

// Unready makes /readyz fail from now on: the first step of a shutdown, so that balancers turn away before doors close.
func (s *Server) Unready() { s.stopping.Store(true) }

// Shutdown stops accepting and waits for answers in flight until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.ShutdownWithContext(ctx) }

type quiet struct{}

func (quiet) Printf(string, ...any) {}

// refuse answers what fasthttp could not read as a request. A connection that ended, or was given up, before it brought anything is closed without a word: a scraper that
// opens connections ahead of need would take an answer to nothing for the one to the request that it is just sending.
func refuse(c *fasthttp.RequestCtx, err error) {
	if _, bare := err.(*net.OpError); bare && len(c.Request.Header.RawHeaders()) == 0 { //nolint:errorlint // wrapped is what ends within a request
		_ = c.Conn().Close()
		return
	}
	c.Error("the request cannot be read", fasthttp.StatusBadRequest)
}

func (s *Server) serve(c *fasthttp.RequestCtx) {
	defer func() {
		if p := recover(); p != nil {
			c.Response.ResetBody()
			c.SetStatusCode(fasthttp.StatusInternalServerError)
		}
	}()
	switch path := string(c.Path()); {
	case !c.IsGet() && !c.IsHead():
		c.SetStatusCode(fasthttp.StatusMethodNotAllowed)
	case path == "/healthz":
		c.SetBodyString("alive\n")
	case path == "/readyz":
		s.ready(c)
	case path == "/metrics":
		c.SetContentType("text/plain; version=0.0.4; charset=utf-8")
		s.writeMetrics(c)
	case path == "/":
		writeJSON(c, s.o.Info)
	case len(path) >= 13 && path[:13] == "/debug/pprof/":
		pprofhandler.PprofHandler(c)
	default:
		c.SetStatusCode(fasthttp.StatusNotFound)
	}
}

func (s *Server) ready(c *fasthttp.RequestCtx) {
	type line struct {
		Name  string `json:"name"`
		Ready bool   `json:"ready"`
		Why   string `json:"why,omitempty"`
	}
	all := !s.stopping.Load()
	lines := make([]line, 0, len(s.o.Checks)+1)
	if !all {
		lines = append(lines, line{Name: "process", Why: "shutting down"})
	}
	for _, check := range s.o.Checks {
		ctx, cancel := context.WithTimeout(context.Background(), s.o.CheckTimeout)
		err := check.Ready(ctx)
		cancel()
		l := line{Name: check.Name, Ready: err == nil}
		if err != nil {
			l.Why, all = err.Error(), false
		}
		lines = append(lines, l)
	}
	if !all {
		c.SetStatusCode(fasthttp.StatusServiceUnavailable)
	}
	writeJSON(c, map[string]any{"ready": all, "checks": lines})
}

func (s *Server) writeMetrics(w io.Writer) {
	for _, set := range s.o.Metrics {
		set.WritePrometheus(w)
	}
	metrics.WriteProcessMetrics(w)
}

func writeJSON(c *fasthttp.RequestCtx, v any) {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		b = fmt.Appendf(nil, `{"error":%q}`, err.Error())
	}
	c.SetContentType("application/json")
	c.SetBody(append(b, '\n'))
}
