package edge

import (
	"github.com/valyala/fasthttp"

	"cardlink/render"
	"cardlink/shortlink"
)

// Header names and values as bytes, since the append-style setters of fasthttp take bytes. None of them is ever written to.
var (
	headerNosniff      = []byte("X-Content-Type-Options")
	headerReferrer     = []byte("Referrer-Policy")
	headerRobots       = []byte("X-Robots-Tag")
	headerCSP          = []byte("Content-Security-Policy")
	headerContentType  = []byte("Content-Type")
	headerCacheControl = []byte("Cache-Control")
	headerLocation     = []byte("Location")
	headerResolveID    = []byte("X-Aim-Resolve-Id")
	headerRepeat       = []byte("X-Aim-Repeat")
	headerRetryAfter   = []byte("Retry-After")
	headerETag         = []byte("Etag")
	headerVary         = []byte("Vary")
	headerDisposition  = []byte("Content-Disposition")

	valueNosniff    = []byte("nosniff")
	valueNoReferrer = []byte("no-referrer")
	valueNoIndex    = []byte("noindex, nofollow")
	valueNoStore    = []byte("private, no-store")
	valueDay        = []byte("public, max-age=86400")
	valueJSON       = []byte("application/json")
	valueText       = []byte("text/plain; charset=utf-8")
	valueHTML       = []byte("text/html; charset=utf-8")
	valueICS        = []byte(render.CalendarType)
	valueEvent      = []byte(`attachment; filename="event.ics"`)
	valueTrue       = []byte("true")
	valueOne        = []byte("1")
	valueAccept     = []byte("Accept")
	valueCSP        = []byte(render.ErrorCSP)
)

// The bodies of refusals (docs/handset.md). They tell a handset what to do and a guesser nothing.
var (
	errNotFound    = []byte(`{"error":"not_found"}`)
	errGone        = []byte(`{"error":"gone"}`)
	errSign        = []byte(`{"error":"sign_mismatch"}`)
	errVendor      = []byte(`{"error":"vendor_not_supported"}`)
	errLimited     = []byte(`{"error":"too_many_requests"}`)
	errUnavailable = []byte(`{"error":"unavailable"}`)
	errBody        = []byte(`{"error":"bad_request"}`)
	errMethod      = []byte(`{"error":"method_not_allowed"}`)
	errTooLarge    = []byte(`{"error":"too_large"}`)
	errInternal    = []byte(`{"error":"internal"}`)
)

// refusal is the answer to an attempt that got no card. Used up, expired, revoked and disabled look alike.
func refusal(v shortlink.Verdict) (status int, body []byte) {
	switch v {
	case shortlink.SignMismatch:
		return fasthttp.StatusForbidden, errSign
	case shortlink.VendorUnsupported, shortlink.VendorNotApproved:
		return fasthttp.StatusNotAcceptable, errVendor
	case shortlink.Unavailable:
		return fasthttp.StatusServiceUnavailable, errUnavailable
	default:
		return fasthttp.StatusGone, errGone
	}
}

// notFound is the answer to an address nobody has, as JSON or as a page.
func (s *Server) notFound(c *fasthttp.RequestCtx, json bool) {
	s.stats.unknown.Inc()
	if json {
		s.plain(c, fasthttp.StatusNotFound, errNotFound)
		return
	}
	s.page(c, fasthttp.StatusNotFound)
	c.Response.SetBodyRaw(s.programs.lost[s.o.Language&1])
}

// gonePage is what a person sees of a link that has ended.
func (s *Server) gonePage(c *fasthttp.RequestCtx) {
	s.page(c, fasthttp.StatusGone)
	c.Response.SetBodyRaw(s.programs.gone[s.o.Language&1])
}

// page sets what all pages have in common. The policy is that of the error pages; a card's page has its own.
func (s *Server) page(c *fasthttp.RequestCtx, status int) {
	h := &c.Response.Header
	h.SetCanonical(headerContentType, valueHTML)
	h.SetCanonical(headerCacheControl, valueNoStore)
	h.SetCanonical(headerCSP, valueCSP)
	h.SetCanonical(headerRobots, valueNoIndex)
	c.SetStatusCode(status)
}

// calendar answers with a calendar entry of a page, if the request asks for one.
func (s *Server) calendar(c *fasthttp.RequestCtx, page *render.Program) bool {
	if len(c.URI().QueryString()) == 0 {
		return false
	}
	id := c.QueryArgs().Peek(render.CalendarQuery)
	if len(id) == 0 {
		return false
	}
	file := page.Calendar(id)
	if file == "" {
		return false // whoever made the address up sees the page
	}
	h := &c.Response.Header
	h.SetCanonical(headerContentType, valueICS)
	h.SetCanonical(headerDisposition, valueEvent)
	h.SetCanonical(headerCacheControl, valueNoStore)
	h.SetCanonical(headerRobots, valueNoIndex)
	c.Response.SetBodyString(file)
	return true
}

// busy asks the visitor to come back in a second.
func (s *Server) busy(c *fasthttp.RequestCtx, status int, body []byte) {
	s.plain(c, status, body)
	c.Response.Header.SetCanonical(headerRetryAfter, valueOne)
}
