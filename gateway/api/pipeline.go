package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"cardlink/fault"
	"cardlink/identity"
)

// serve answers one request, whatever happens, and writes its line to the access log.
func (s *Server) serve(c *fasthttp.RequestCtx) {
	start := time.Now()
	id := uuid.NewString()
	c.Response.Header.Set("X-Request-Id", id)
	c.Response.Header.Set("Cache-Control", "no-store")
	var met meeting
	err := s.guarded(c, id, &met)
	if err != nil {
		s.fail(c, met.route, id, err)
	}
	op := "-"
	if met.route != nil {
		op = met.route.op
	}
	took := time.Since(start)
	s.gauges.served(op, c.Response.StatusCode(), took)
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("id", id), slog.String("op", op), slog.String("tenant", met.who.Tenant), slog.String("user", met.who.UserName),
		slog.Int("status", c.Response.StatusCode()), slog.Int("bytes_in", len(c.Request.Body())), slog.Int("bytes_out", len(c.Response.Body())),
		slog.Duration("took", took),
	}
	if err != nil {
		f := fault.Of(err)
		attrs = append(attrs, slog.String("code", string(f.Code)))
		if c.Response.StatusCode() >= 500 {
			level = slog.LevelError
			attrs = append(attrs, slog.String("error", err.Error()))
		}
	}
	s.log.LogAttrs(c, level, "api", attrs...)
}

// meeting is what is known of a call, also if it panics.
type meeting struct {
	route *route // nil if there is none
	who   identity.Principal
}

// guarded makes an error of a panic.
func (s *Server) guarded(c *fasthttp.RequestCtx, id string, met *meeting) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return s.call(c, id, met)
}

// call is the pipeline: route, take a place, identify, authorise, spend the tenant's budget, check what every operation checks, run. What costs least comes first, and
// nothing is read of a body whose sender is unknown.
func (s *Server) call(c *fasthttp.RequestCtx, id string, met *meeting) error {
	method := string(c.Method())
	rt, params, allow := s.routes.match(method, string(c.Path()))
	switch {
	case rt != nil:
	case allow == "":
		return fault.Newf(fault.NoRoute, "no API answers %s %s", printable(method, 16), printable(string(c.Path()), 200))
	case method == fasthttp.MethodOptions:
		c.Response.Header.Set("Allow", allow)
		c.SetStatusCode(fasthttp.StatusNoContent)
		return nil
	default:
		c.Response.Header.Set("Allow", allow)
		return fault.MethodNotAllowed(printable(method, 16), allow)
	}
	met.route = rt
	if !s.flights.enter() {
		s.gauges.busy.Inc()
		return fault.Busy()
	}
	defer s.flights.leave()
	ctx, cancel := context.WithTimeout(context.Background(), s.limit)
	defer cancel()
	r := &Request{RequestCtx: c, RequestID: id, params: params, at: s.now(), remote: remote(c, s.proxies)}
	if err := checkSize(c, rt); err != nil {
		return err
	}
	if rt.action != public {
		who, err := s.identify(ctx, r, rt)
		if err != nil {
			return err
		}
		met.who, r.Principal = who, who
		if rt.action != "" && !s.who.Allowed(who, rt.action) {
			return fault.Newf(fault.Forbidden, "policy does not allow %s", rt.action)
		}
		if !s.flights.board(who.Tenant) {
			return fault.New(fault.Throttled, "")
		}
		defer s.flights.alight(who.Tenant)
		if err := s.tenants.spendCall(ctx, c, who.Tenant, rt.safe()); err != nil {
			return err
		}
		if l := s.tenants.limits.of(who.Tenant).Recipients; !l.none() {
			r.spend = func(n int) error { return s.tenants.spend(ctx, c, who.Tenant, classRecipients, l, n) }
		}
	}
	if err := checkText(r, rt); err != nil {
		return err
	}
	if err := checkMedia(c, rt); err != nil {
		return err
	}
	return s.once(ctx, rt, r, func() error { return s.run(ctx, rt, r) })
}

// run serves the operation and answers, also for a failure: what is answered is what may be kept.
func (s *Server) run(ctx context.Context, rt *route, r *Request) error {
	out, err := rt.handle(ctx, r)
	if err == nil && out != nil && out != any(written) {
		var body []byte
		if body, err = encode(out); err != nil {
			err = fmt.Errorf("encode the answer of %s: %w", rt.op, err)
		} else {
			r.SetContentType(mediaJSON)
			r.SetBody(body)
		}
	}
	if err != nil {
		s.fail(r.RequestCtx, rt, r.RequestID, err)
	}
	return err
}

// identify says who calls. A network from which too many credentials were refused is turned away unread.
func (s *Server) identify(ctx context.Context, r *Request, rt *route) (identity.Principal, error) {
	h := &r.Request.Header
	at := s.guesses.of(r.remote, string(h.Peek("Authorization")), string(h.Peek("X-Auth-Token")))
	if wait, held := s.guesses.held(at, r.at); held {
		s.gauges.guesses.Inc()
		r.Response.Header.Set("Retry-After", seconds(max(wait, time.Second)))
		return identity.Principal{}, fault.Said("", "too many refused credentials came from your network; slow down", "来自您网络的认证失败次数过多，请稍后重试").Coded(fault.Throttled)
	}
	who, err := s.who.Identify(ctx, credential(r.RequestCtx, rt, r.remote))
	switch {
	case err == nil:
		s.guesses.passed(at, r.at)
	case fault.Has(err, fault.Unauthorized):
		s.guesses.failed(at, r.at)
	}
	return who, err
}

// checkSize holds bodies to the bound of their credential.
func checkSize(c *fasthttp.RequestCtx, rt *route) error {
	most, n := signedBody, len(c.Request.Body())
	switch {
	case rt.action == public:
		most = publicBody
	case len(c.Request.Header.Peek("X-Auth-Token")) > 0 && len(c.Request.Header.Peek("Authorization")) == 0:
		most = tokenBody
	}
	if n <= most {
		return nil
	}
	if most == signedBody {
		return fault.Newf(fault.BodyTooLarge, "a signed request body is at most %d bytes; use a token for larger ones", signedBody)
	}
	return fault.Newf(fault.BodyTooLarge, "the request body is at most %d bytes", most)
}

// checkText refuses what no store can keep or compare as text: invalid UTF-8 and U+0000, in the path's parameters and the query.
func checkText(r *Request, rt *route) error {
	bad := func(b []byte) bool { return bytes.IndexByte(b, 0) >= 0 || !utf8.Valid(b) }
	refuse := func(name string) error {
		return fault.Said(name, "must be UTF-8 text without the character U+0000", "须为合法的UTF-8文本且不含字符U+0000")
	}
	for i, name := 0, rt.path; i < len(r.params); i++ {
		_, rest, found := strings.Cut(name, "{")
		if !found {
			break
		}
		if param, after, _ := strings.Cut(rest, "}"); bad([]byte(r.params[i])) {
			return refuse(param)
		} else {
			name = after
		}
	}
	for name, value := range r.QueryArgs().All() {
		if bad(name) || bad(value) {
			return refuse(printable(string(name), 64))
		}
	}
	return nil
}

// The media types of requests and answers.
const (
	mediaJSON      = "application/json"
	mediaForm      = "application/x-www-form-urlencoded"
	mediaMultipart = "multipart/form-data"
	mediaUnknown   = "application/octet-stream" // what some libraries send for a caller that named none
)

// checkMedia holds bodies to the operation's Content-Type (api.md §3.1). It is ignored on GET and DELETE and on an empty body; a JSON body may come without.
func checkMedia(c *fasthttp.RequestCtx, rt *route) error {
	if rt.method == fasthttp.MethodGet || rt.method == fasthttp.MethodDelete || len(c.Request.Body()) == 0 {
		return nil
	}
	media, parameters, _ := strings.Cut(string(c.Request.Header.ContentType()), ";")
	media = strings.ToLower(strings.TrimSpace(media))
	if rt.uploads() {
		if media != mediaMultipart {
			return fault.MediaType(mediaMultipart)
		}
		return nil
	}
	switch {
	case media == "" || media == mediaUnknown || media == mediaJSON || media == "text/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json"):
	case media == mediaForm && rt.op == "UpdatePubInfo": // published as one of its types; the body is read as JSON
	default:
		return fault.MediaType(mediaJSON)
	}
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(p, "=")
		value = strings.Trim(strings.TrimSpace(value), `"`)
		if strings.EqualFold(strings.TrimSpace(name), "charset") && !strings.EqualFold(value, "utf-8") && !strings.EqualFold(value, "utf8") {
			return fault.MediaType(mediaJSON + "; charset=utf-8")
		}
	}
	return nil
}

// printable is a caller's text, cut and without what has no place in a message.
func printable(s string, most int) string {
	s = strings.ToValidUTF8(s[:min(len(s), most)], "")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// timedOut reports whether a call ended because its time was up.
func timedOut(err error) bool {
	var f *fault.Error
	return errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &f)
}
