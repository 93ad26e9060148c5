package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"cardlink/fault"
	"cardlink/identity"
)

// Limits of the face (api.md §2.1, D-55).
const (
	signedBody = 12 << 20 // bytes of a body that is signed
	tokenBody  = 32 << 20 // bytes of a body that comes with a token
)

// identifier turns a request's credential into a caller. *identity.Service is the one engine.
type identifier interface {
	// Identify checks the credential of a request; a refusal is a *fault.Error of Unauthorized, TokenExpired or Forbidden.
	Identify(ctx context.Context, in identity.Credential) (identity.Principal, error)
	// Allowed reports whether the caller may perform an action ("kooMessage:devTemplate:create", "te_admin").
	Allowed(p identity.Principal, action string) bool
}

// Options configure the face.
type Options struct {
	Log      *slog.Logger
	Language fault.Language
	Timeout  time.Duration // of one call into the rooms; default 30 s
	Now      func() time.Time
}

// Server is the API face. Build it with New, run it with Serve, stop it with Shutdown.
type Server struct {
	log    *slog.Logger
	lang   fault.Language
	limit  time.Duration
	now    func() time.Time
	who    identifier
	routes []route
	http   *fasthttp.Server
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
	s := &Server{now: o.Now, log: o.Log, lang: o.Language, limit: o.Timeout, who: who, routes: routes(d)}
	s.http = &fasthttp.Server{
		Handler:            s.serve,
		Name:               "cardlink",
		ReadTimeout:        30 * time.Second,
		WriteTimeout:       30 * time.Second,
		IdleTimeout:        90 * time.Second,
		MaxRequestBodySize: tokenBody,
		Concurrency:        4096, // connections; one more is answered 503 by the server
		NoDefaultDate:      false,
		CloseOnShutdown:    true,
		Logger:             quiet{},
		ErrorHandler:       s.refuse,
	}
	return s
}

// Serve answers requests on ln until Shutdown.
func (s *Server) Serve(ln net.Listener) error { return s.http.Serve(ln) }

// Shutdown stops accepting, waits for calls in flight until ctx ends, and returns.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.ShutdownWithContext(ctx) }

type quiet struct{}

func (quiet) Printf(string, ...any) {}

func (s *Server) serve(c *fasthttp.RequestCtx) {
	start := time.Now()
	id := uuid.NewString()
	c.Response.Header.Set("X-Request-Id", id)
	var (
		err error
		rt  *route
		who identity.Principal
	)
	func() {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		rt, who, err = s.call(c, id)
	}()
	if err != nil {
		s.fail(c, rt, id, err)
	}
	op := "-"
	if rt != nil {
		op = rt.op
	}
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("id", id), slog.String("op", op), slog.String("tenant", who.Tenant), slog.String("user", who.UserName),
		slog.Int("status", c.Response.StatusCode()), slog.Int("bytes_in", len(c.Request.Body())), slog.Int("bytes_out", len(c.Response.Body())),
		slog.Duration("took", time.Since(start)),
	}
	if err != nil {
		f := fault.Of(err)
		attrs = append(attrs, slog.String("code", string(f.Code)))
		if f.Status() >= 500 {
			level = slog.LevelError
			attrs = append(attrs, slog.String("error", err.Error()))
		}
	}
	s.log.LogAttrs(c, level, "api", attrs...)
}

// call runs the pipeline: route, identify, authorise, handle, encode.
func (s *Server) call(c *fasthttp.RequestCtx, id string) (*route, identity.Principal, error) {
	var who identity.Principal
	rt, params, ok := match(s.routes, string(c.Method()), string(c.Path()))
	if !ok {
		return nil, who, fault.Newf(fault.NoRoute, "no API answers %s %s", c.Method(), c.Path())
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.limit)
	defer cancel()
	if rt.action != public {
		var err error
		if who, err = s.who.Identify(ctx, credential(c, rt)); err != nil {
			return rt, who, err
		}
		if rt.action != "" && !s.who.Allowed(who, rt.action) {
			return rt, who, fault.Newf(fault.Forbidden, "policy does not allow %s", rt.action)
		}
		if len(c.Request.Header.Peek("X-Auth-Token")) == 0 && len(c.Request.Body()) > signedBody {
			return rt, who, fault.Newf(fault.BodyTooLarge, "a signed request body is at most %d bytes; use a token for larger ones", signedBody)
		}
	}
	out, err := rt.handle(ctx, &Request{RequestCtx: c, Principal: who, RequestID: id, params: params, at: s.now()})
	if err != nil {
		return rt, who, err
	}
	if out == nil || out == any(written) {
		return rt, who, nil
	}
	body, err := encode(out)
	if err != nil {
		return rt, who, fmt.Errorf("encode the answer of %s: %w", rt.op, err)
	}
	c.SetContentType("application/json")
	c.SetBody(body)
	return rt, who, nil
}

// fail writes the error body of the route's family. Text that is not one of our faults never leaves.
func (s *Server) fail(c *fasthttp.RequestCtx, rt *route, id string, err error) {
	f := fault.Of(err)
	if errors.Is(err, context.DeadlineExceeded) {
		f = &fault.Error{Code: fault.Internal, Err: err}
	}
	text := f.Text(s.lang)
	body := map[string]string{"error_code": string(f.Code), "error_msg": text}
	switch {
	case rt == nil || f.Status() == 401 || f.Status() == 403 || f.Status() == 413 || f.Status() == 429 || rt.family == gateway || rt.family == iam:
		body["request_id"] = id
	case rt.family == aim:
		body["error_message"] = text
	}
	c.Response.ResetBody()
	c.SetStatusCode(f.Status())
	c.SetContentType("application/json")
	b, _ := json.Marshal(body) // a map of strings cannot fail
	c.SetBody(b)
}

// refuse answers what fasthttp could not read as a request.
func (s *Server) refuse(c *fasthttp.RequestCtx, err error) {
	id := uuid.NewString()
	c.Response.Header.Set("X-Request-Id", id)
	f := fault.New(fault.Parameter, "the request could not be read as HTTP")
	if errors.Is(err, fasthttp.ErrBodyTooLarge) {
		f = fault.Newf(fault.BodyTooLarge, "the request body is at most %d bytes", tokenBody)
	}
	s.fail(c, nil, id, f)
}
