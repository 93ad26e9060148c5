package api

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/valyala/fasthttp"

	"cardlink/fault"
	"cardlink/idempotency"
	"cardlink/identity"
)

// Bounds of the face (api.md §2.1, D-55).
const (
	signedBody  = 12 << 20 // bytes of a body that is signed
	tokenBody   = 32 << 20 // bytes of a body that comes with a token
	publicBody  = 64 << 10 // bytes of a body that comes with neither: a login
	headerBytes = 16 << 10 // request line and headers together; a token alone may have 2,000
	connections = 4096     // one more is answered 503 by the server
)

// identifier turns a request's credential into a caller. *identity.Service is the one engine.
type identifier interface {
	// Identify checks the credential of a request; a refusal is a *fault.Error of Unauthorized, TokenExpired or Forbidden.
	Identify(ctx context.Context, in identity.Credential) (identity.Principal, error)
	// Allowed reports whether the caller may perform an action ("kooMessage:devTemplate:create", "te_admin").
	Allowed(p identity.Principal, action string) bool
}

// Options configure the face. The zero value serves without limits per tenant and without idempotency keys.
type Options struct {
	Log      *slog.Logger
	Language fault.Language
	Timeout  time.Duration // of one call into the rooms; default 30 s. An idempotency key's lease must be longer
	Now      func() time.Time
	Limits   Limits
	Budget   Budget              // keeps the tenants' budgets; default: in this process
	Keys     *idempotency.Keeper // default: Idempotency-Key is ignored, except by CreateAimSendTask
	Proxies  []netip.Prefix      // proxies whose X-Forwarded-For is believed
	Metrics  *metrics.Set        // default: none
}

// Server is the API face. Build it with New, run it with Serve, stop it with Shutdown.
type Server struct {
	log     *slog.Logger
	lang    fault.Language
	limit   time.Duration
	now     func() time.Time
	who     identifier
	routes  table
	proxies []netip.Prefix
	keys    *idempotency.Keeper
	flights *flights
	guesses *guessGuard
	tenants tenantLimiter
	gauges  measures
	http    *fasthttp.Server
}

// New builds the face over the rooms in d.
func New(o Options, who identifier, d Rooms) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Budget == nil {
		o.Budget = NewMemoryBudget(o.Now)
	}
	if o.Metrics == nil {
		o.Metrics = metrics.NewSet()
	}
	limits := o.Limits.filled()
	s := &Server{
		now: o.Now, log: o.Log, lang: o.Language, limit: o.Timeout, who: who, routes: newTable(routes(d)), proxies: o.Proxies, keys: o.Keys,
		flights: newFlights(limits.Calls, limits.Patience), guesses: newGuessGuard(limits.Failures), tenants: newTenantLimiter(&limits, o.Budget, o.Metrics),
	}
	s.gauges = newMeasures(o.Metrics, s.flights)
	s.http = &fasthttp.Server{
		Handler:              s.serve,
		Name:                 "cardlink",
		ReadTimeout:          30 * time.Second,
		WriteTimeout:         30 * time.Second,
		IdleTimeout:          90 * time.Second,
		ReadBufferSize:       headerBytes,
		MaxRequestBodySize:   tokenBody,
		HeaderReceived:       bodyBound,
		Concurrency:          connections,
		NoDefaultContentType: true, // an empty body has none
		CloseOnShutdown:      true,
		Logger:               quiet{},
		ErrorHandler:         s.refuse,
		// A signature may cover a multipart body, so its bytes are kept as they came.
		DisablePreParseMultipartForm: true,
	}
	return s
}

// Serve answers requests on ln until Shutdown.
func (s *Server) Serve(ln net.Listener) error { return s.http.Serve(ln) }

// Shutdown stops accepting, waits for calls in flight until ctx ends, and returns.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.ShutdownWithContext(ctx) }

// bodyBound keeps who shows no credential at all from making us read more than a login.
func bodyBound(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	if len(h.Peek("Authorization")) == 0 && len(h.Peek("X-Auth-Token")) == 0 {
		return fasthttp.RequestConfig{MaxRequestBodySize: 1 << 20}
	}
	return fasthttp.RequestConfig{}
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
