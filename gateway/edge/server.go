package edge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/valyala/fasthttp"

	"cardlink/event/journal"
	"cardlink/fault"
	"cardlink/previewlink"
	"cardlink/render"
	"cardlink/shortlink"
	"cardlink/templates"
)

// Options configure the face. Resolver, Journal, Catalogue, Templates, Materials and ClientKey are required.
type Options struct {
	Resolver  *shortlink.Resolver
	Journal   Journal
	Catalogue *templates.Catalogue
	Rules     *render.Rules // what stands in for what a vendor lacks; nil: the built-in rules
	Templates shortlink.TemplateLoader
	Materials Materials
	// Origin is the public base URL of the edge, "https://s.example.com": where cards and pages find their materials. Its scheme is also the
	// scheme of links. Empty: https on the host of the request.
	Origin string
	// ClientKey, 32 bytes, keys the hashes of visitors' address blocks.
	ClientKey []byte
	// Proxies are the address ranges whose X-Forwarded-For is believed; from anybody else it is ignored.
	Proxies []netip.Prefix
	// BeaconKey, 32 bytes, signs what beacons may speak for. It must be the same on all nodes and over restarts.
	BeaconKey []byte
	// Accounts shows service accounts, whose clicks go to Clicks. Nil: there are none, and their addresses are unknown ones.
	Accounts Accounts
	Clicks   Clicks
	// DeviceKey, 32 bytes, keys the references of devices that report clicks: the resolver's key, so that a device has one reference. Required with Accounts.
	DeviceKey []byte
	// Previews opens the names of previews: /p/{name} is a template on every vendor with its example values, /v/{name} the frames of a video message. Whoever has the
	// address sees them. Nil: these addresses are unknown ones, as /p/{tpl_id} is but for cards of the gallery.
	Previews    *previewlink.Addresses
	Videos      Videos         // the templates of video messages. Nil: /v/… are unknown addresses
	Drafts      Drafts         // previews of drafts at /p/{token}. Nil: these addresses are unknown ones
	Language    fault.Language // of the error pages
	Concurrency int            // connections at once; one more is answered 503. Default 65,536
	Now         func() time.Time
	Log         *slog.Logger
	Metrics     *metrics.Set // nil: none
}

// Journal takes the facts of clicks. *journal.Journal implements it.
type Journal interface {
	Add(rec []byte) (journal.Position, error)
}

// Materials opens the pictures and videos of cards. *templates.Materials implements it.
type Materials interface {
	Open(ctx context.Context, id string) (*templates.Stored, error)
}

// Server is the edge. Build it with New, run it with Serve, stop it with Shutdown.
type Server struct {
	o        Options
	origin   string
	scheme   string
	key      [32]byte
	device   [32]byte
	accounts *accountFace // nil: none
	agents   agentMemo
	clients  clientMemo
	programs *programs
	previews *previews
	videos   videoMemo
	visits   visitPool
	beacons  budget
	recent   recent
	stats    stats
	ctx      context.Context // of calls into the rooms; ends with Shutdown
	cancel   context.CancelFunc
	http     *fasthttp.Server
}

// Limits of the server. A request is a line and some headers; whoever needs longer than this is not a handset.
const (
	readTimeout  = 5 * time.Second
	writeTimeout = 30 * time.Second // a video over a slow radio link
	idleTimeout  = 60 * time.Second
	headerBytes  = 8 << 10
	bodyBytes    = 1 << 10 // of a report of a click; all other bodies are refused
)

// New builds the face.
func New(o Options) (*Server, error) {
	var errs []error
	if o.Resolver == nil || o.Journal == nil || o.Catalogue == nil || o.Templates == nil || o.Materials == nil {
		errs = append(errs, errors.New("edge: Resolver, Journal, Catalogue, Templates and Materials are required"))
	}
	if o.Accounts != nil && (o.Clicks == nil || len(o.DeviceKey) != 32) {
		errs = append(errs, errors.New("edge: Accounts need Clicks and a DeviceKey of 32 bytes"))
	}
	if len(o.ClientKey) != 32 || len(o.BeaconKey) != 32 {
		errs = append(errs, fmt.Errorf("edge: the client key and the beacon key must be 32 bytes, not %d and %d", len(o.ClientKey), len(o.BeaconKey)))
	}
	scheme, rest, found := strings.Cut(o.Origin, "://")
	if o.Origin != "" && (!found || rest == "" || strings.HasSuffix(rest, "/") || (scheme != "http" && scheme != "https")) {
		errs = append(errs, fmt.Errorf("edge: the origin %q must be http(s)://host without a trailing slash", o.Origin))
	}
	if o.Rules == nil {
		rules, err := render.LoadRules(nil, nil)
		o.Rules, errs = rules, append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if o.Origin == "" {
		scheme = "https"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = metrics.NewSet()
	}
	if o.Concurrency <= 0 {
		o.Concurrency = 1 << 16
	}
	s := &Server{o: o, origin: o.Origin, scheme: scheme, programs: newPrograms(o.Catalogue, o.Rules, o.Origin)}
	s.previews = newPreviews(s)
	copy(s.key[:], o.ClientKey)
	copy(s.device[:], o.DeviceKey)
	s.beacons.burst, s.beacons.interval = beaconBurst, beaconInterval
	s.stats.register(o.Metrics)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if o.Accounts != nil {
		s.accounts = newAccountFace(s)
	}
	s.http = &fasthttp.Server{
		Handler: s.serve, ErrorHandler: s.refuse, Logger: quiet{},
		NoDefaultServerHeader: true, NoDefaultContentType: true, DisablePreParseMultipartForm: true,
		ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		ReadBufferSize: headerBytes, MaxRequestBodySize: bodyBytes, Concurrency: o.Concurrency, CloseOnShutdown: true,
	}
	return s, nil
}

// Serve answers visitors on ln until Shutdown.
func (s *Server) Serve(ln net.Listener) error { return s.http.Serve(ln) }

// Shutdown stops accepting, waits for the visits in flight until ctx ends, and returns. Close the resolver after it.
func (s *Server) Shutdown(ctx context.Context) error {
	defer s.cancel()
	return s.http.ShutdownWithContext(ctx)
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}

// serve is every route on one screen.
func (s *Server) serve(c *fasthttp.RequestCtx) {
	defer s.recover(c)
	h := &c.Response.Header
	h.SetCanonical(headerReferrer, valueNoReferrer)
	if !c.IsGet() && !c.IsHead() {
		s.post(c)
		return
	}
	if hasBody(&c.Request.Header) {
		// A body has no meaning here, and one whose length is told in two ways is how requests are smuggled.
		c.SetConnectionClose()
		s.plain(c, fasthttp.StatusBadRequest, errBody)
		return
	}
	visited := false
	switch path := c.Path(); {
	case len(path) > 3 && path[1] == 'r' && path[2] == '/':
		s.visit(c, path[2:], true)
		visited = true
	case s.accounts != nil && len(path) > idLength && s.accounts.serve(c, path): // no code is as long
	case len(path) > 3 && path[1] == 'm' && path[2] == '/':
		s.material(c, string(path))
	case len(path) > 3 && path[1] == 'p' && path[2] == '/':
		s.preview(c, string(path[3:]))
	case len(path) > 3 && path[1] == 'v' && path[2] == '/':
		s.video(c, string(path[3:]))
	case string(path) == "/robots.txt":
		s.stats.other.Inc()
		h.SetCanonical(headerContentType, valueText)
		h.SetCanonical(headerCacheControl, valueDay)
		c.SetBodyString("User-agent: *\nDisallow: /\n")
	case string(path) == "/favicon.ico":
		s.stats.other.Inc()
		h.SetCanonical(headerCacheControl, valueDay)
		c.SetStatusCode(fasthttp.StatusNoContent)
	case len(path) > 3 && path[1] == 'e' && path[2] == '/':
		if kind, token, ok := cutBeacon(path); ok {
			s.beacon(c, kind, token)
		} else {
			s.notFound(c, false)
		}
	default:
		s.visit(c, path, wantsCard(c))
		visited = true
	}
	if c.Response.StatusCode() == fasthttp.StatusFound {
		return // nothing to sniff, and nobody may store it
	}
	h.SetCanonical(headerNosniff, valueNosniff)
	if visited {
		h.SetCanonical(headerVary, valueAccept)
	}
}

// post answers what is neither GET nor HEAD: a beacon, a report of a click, or nothing we do.
func (s *Server) post(c *fasthttp.RequestCtx) {
	c.Response.Header.SetCanonical(headerNosniff, valueNosniff)
	if kind, token, ok := cutBeacon(c.Path()); ok && c.IsPost() {
		// What a beacon says is in its address. A browser sends a word with it, which is read and not looked at; one whose length is told in two ways is refused.
		if bytes.Contains(bytes.ToLower(c.Request.Header.RawHeaders()), wordEncoding) {
			c.SetConnectionClose()
			s.plain(c, fasthttp.StatusBadRequest, errBody)
			return
		}
		s.beacon(c, kind, token)
		return
	}
	if s.accounts == nil {
		s.refuse(c, fasthttp.ErrGetOnly)
		return
	}
	s.accounts.post(c)
}

// hasBody reports whether a request announced a body, even an empty one in chunks, of which the parser leaves nothing but a length of 0.
func hasBody(h *fasthttp.RequestHeader) bool {
	switch n := h.ContentLength(); {
	case n > 0 || n == -1:
		return true
	case n == 0:
		return bytes.Contains(bytes.ToLower(h.RawHeaders()), []byte("transfer-encoding"))
	}
	return false // -2: no length was told
}

// recover turns a panic of one visit into a 500 for that visitor.
func (s *Server) recover(c *fasthttp.RequestCtx) {
	p := recover()
	if p == nil {
		return
	}
	s.stats.panics.Inc()
	s.o.Log.Error("panic while answering a visitor", "panic", p, "stack", string(debug.Stack()))
	c.Response.Reset()
	c.SetConnectionClose()
	s.plain(c, fasthttp.StatusInternalServerError, errInternal)
}

// silent reports whether a connection ended, or was given up, before it brought anything. A browser opens some before it needs them: an answer to nothing would be taken for the
// answer to the request that it is just sending, so such a connection is closed without a word. What ends within a request comes wrapped, or after its headers.
func silent(c *fasthttp.RequestCtx, err error) bool {
	_, bare := err.(*net.OpError) //nolint:errorlint // wrapped is another case
	return bare && len(c.Request.Header.RawHeaders()) == 0
}

// refuse answers what fasthttp could not read as a request, or would not.
func (s *Server) refuse(c *fasthttp.RequestCtx, err error) {
	if silent(c, err) {
		_ = c.Conn().Close()
		return
	}
	s.stats.malformed.Inc()
	c.SetConnectionClose()
	var small *fasthttp.ErrSmallBuffer
	switch {
	case errors.Is(err, fasthttp.ErrGetOnly):
		c.Response.Header.Set("Allow", "GET, HEAD")
		s.plain(c, fasthttp.StatusMethodNotAllowed, errMethod)
	case errors.As(err, &small):
		s.plain(c, fasthttp.StatusRequestHeaderFieldsTooLarge, errTooLarge)
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		s.plain(c, fasthttp.StatusRequestEntityTooLarge, errTooLarge)
	default:
		s.plain(c, fasthttp.StatusBadRequest, errBody)
	}
}

// plain answers with one of the error bodies of docs/handset.md.
func (s *Server) plain(c *fasthttp.RequestCtx, status int, body []byte) {
	c.Response.Header.SetCanonical(headerContentType, valueJSON)
	c.Response.Header.SetCanonical(headerCacheControl, valueNoStore)
	c.SetStatusCode(status)
	c.Response.SetBodyRaw(body)
}
