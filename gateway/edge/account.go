package edge

import (
	"bytes"
	"context"
	"errors"
	"strconv"

	"github.com/VictoriaMetrics/metrics"
	"github.com/cespare/xxhash/v2"
	"github.com/valyala/fasthttp"

	"cardlink/event"
	"cardlink/fault"
	"cardlink/serviceaccount"
	"cardlink/shortlink"
)

// Clicks takes the clicks on service accounts. *serviceaccount.ClickLog implements it.
type Clicks interface {
	// Record returns nil when the click is as durable as its kind has to be.
	Record(ctx context.Context, tenant string, d event.MenuClick) error
}

// accountFace is the part of the edge that shows service accounts and counts what is tapped on them.
type accountFace struct {
	s      *Server
	cache  *accounts
	misses budget // look-ups of accounts and pictures that do not exist
	clicks budget // clicks of one address block
	taps   taps
	stats  accountStats
}

// What one address block may do. Many handsets share the block of a mobile carrier's gateway, so clicks are bounded far above what people do.
const (
	missBurst, missInterval   = 100, 100 // unknown ids; one more every 100 ms
	clickBurst, clickInterval = 1000, 5  // clicks; 200 a second
)

func newAccountFace(s *Server) *accountFace {
	f := &accountFace{s: s, cache: newAccounts(s.o.Accounts)}
	f.misses.burst, f.misses.interval = missBurst, missInterval
	f.clicks.burst, f.clicks.interval = clickBurst, clickInterval
	f.stats.register(s.o.Metrics)
	return f
}

type accountStats struct {
	pages, menus, media     *metrics.Counter
	billed, free, collapsed *metrics.Counter
	refused, robots, lost   *metrics.Counter
}

func (t *accountStats) register(set *metrics.Set) {
	t.pages = set.NewCounter(`cardlink_edge_requests_total{kind="account_page"}`)
	t.menus = set.NewCounter(`cardlink_edge_requests_total{kind="account_menu"}`)
	t.media = set.NewCounter(`cardlink_edge_requests_total{kind="account_media"}`)
	t.billed = set.NewCounter(`cardlink_menu_clicks_total{result="billable"}`)
	t.free = set.NewCounter(`cardlink_menu_clicks_total{result="free"}`)
	t.collapsed = set.NewCounter(`cardlink_menu_clicks_total{result="double_tap"}`)
	t.robots = set.NewCounter(`cardlink_menu_clicks_total{result="robot"}`)
	t.refused = set.NewCounter(`cardlink_menu_clicks_total{result="limited"}`)
	t.lost = set.NewCounter(`cardlink_edge_facts_lost_total{fact="menu_click"}`) // reads 0
}

const idLength = 32

// The addresses of service accounts. An id is 32 characters, longer than any code, so they take no address from short links.
var (
	prefixAccount = []byte("/sa/")
	prefixMedia   = []byte("/media/")
	prefixClick   = []byte("/m/")
	suffixMenu    = []byte("/menu")
)

// cutID cuts a prefix and an id off a path.
func cutID(path, prefix []byte) (id string, rest []byte, ok bool) {
	if len(path) < len(prefix)+idLength || !bytes.HasPrefix(path, prefix) {
		return "", nil, false
	}
	raw := path[len(prefix) : len(prefix)+idLength]
	for _, c := range raw {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return "", nil, false
		}
	}
	return string(raw), path[len(prefix)+idLength:], true
}

// serve answers a GET or HEAD of an address of service accounts; it reports false for any other address, untouched.
func (f *accountFace) serve(c *fasthttp.RequestCtx, path []byte) bool {
	if id, rest, ok := cutID(path, prefixClick); ok && len(rest) > 1 && rest[0] == '/' {
		f.tap(c, id, string(rest[1:]))
		return true
	}
	if id, rest, ok := cutID(path, prefixAccount); ok {
		switch {
		case len(rest) == 0:
			f.home(c, id)
			return true
		case bytes.Equal(rest, suffixMenu):
			f.menu(c, id)
			return true
		}
	}
	if id, rest, ok := cutID(path, prefixMedia); ok && len(rest) == 0 {
		f.media(c, id)
		return true
	}
	return false
}

// find looks an account up and answers for itself if that gives none; json says how.
func (f *accountFace) find(c *fasthttp.RequestCtx, id string, json bool) *account {
	a, err := f.cache.find(f.s.ctx, id, &f.misses, f.s.client(c).id, f.s.o.Now())
	switch {
	case err == nil:
		return a
	case errors.Is(err, serviceaccount.ErrUnknown):
		f.s.notFound(c, json)
	case errors.Is(err, shortlink.ErrLimited):
		f.s.busy(c, fasthttp.StatusTooManyRequests, errLimited)
	default:
		f.s.fail(c, "read a service account", err)
	}
	return nil
}

// home shows an account's home page.
func (f *accountFace) home(c *fasthttp.RequestCtx, id string) {
	f.stats.pages.Inc()
	a := f.find(c, id, wantsCard(c))
	if a == nil {
		return
	}
	if !a.Portal.Live() {
		f.s.notFound(c, wantsCard(c))
		return
	}
	body, err := a.page(languageOf(c, &a.Account))
	if err != nil {
		f.s.fail(c, "draw a home page", err)
		return
	}
	f.page(c, body)
}

// page sends one of this face's pages.
func (f *accountFace) page(c *fasthttp.RequestCtx, body []byte) {
	f.s.page(c, fasthttp.StatusOK)
	h := &c.Response.Header
	h.SetCanonical(headerCSP, accountCSP)
	h.SetCanonical(headerVary, valueAcceptLanguage)
	c.Response.SetBodyRaw(body)
}

var valueAcceptLanguage = []byte("Accept-Language")

// menu tells a handset an account's menu.
func (f *accountFace) menu(c *fasthttp.RequestCtx, id string) {
	f.stats.menus.Inc()
	a := f.find(c, id, true)
	if a == nil {
		return
	}
	if !a.Menu.Live() {
		f.s.notFound(c, true)
		return
	}
	body, err := menuJSON(&a.Account)
	if err != nil {
		f.s.fail(c, "tell a menu", err)
		return
	}
	etag := []byte(`"` + strconv.FormatUint(xxhash.Sum64(body), 36) + `"`)
	h := &c.Response.Header
	h.SetCanonical(headerContentType, valueJSON)
	h.Set("Cache-Control", "private, max-age=10")
	h.SetCanonical(headerETag, etag)
	if bytes.Equal(c.Request.Header.Peek("If-None-Match"), etag) {
		c.SetStatusCode(fasthttp.StatusNotModified)
		return
	}
	c.Response.SetBodyRaw(body)
}

// media serves a picture of an account.
func (f *accountFace) media(c *fasthttp.RequestCtx, id string) {
	f.stats.media.Inc()
	who, now := f.s.client(c).id, f.s.o.Now().UnixMilli()
	if !f.misses.allows(who, now) {
		f.s.busy(c, fasthttp.StatusTooManyRequests, errLimited)
		return
	}
	q := c.QueryArgs()
	m, err := f.s.o.Accounts.OpenMedia(f.s.ctx, id, string(q.Peek("expires")), string(q.Peek("sign")))
	switch {
	case errors.Is(err, serviceaccount.ErrUnknown):
		f.misses.take(who, now)
		f.s.notFound(c, false)
		return
	case err != nil:
		f.s.fail(c, "open a picture", err)
		return
	}
	h := &c.Response.Header
	h.SetCanonical(headerETag, []byte(m.ETag))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox") // a picture opened by itself runs nothing
	h.SetContentType(m.ContentType)
	if h.Set("Cache-Control", serviceaccount.MediaCacheControl); m.Private {
		h.SetCanonical(headerCacheControl, valueNoStore)
	}
	if string(c.Request.Header.Peek("If-None-Match")) == m.ETag {
		_ = m.Body.Close()
		c.SetStatusCode(fasthttp.StatusNotModified)
		return
	}
	c.Response.SetBodyStream(m.Body, int(m.Size)) // the server closes it
}

// languageOf is the language a page is shown in: the visitor's, if it is one of ours, else the account's own.
func languageOf(c *fasthttp.RequestCtx, a *serviceaccount.Account) fault.Language {
	for tag := range bytes.SplitSeq(c.Request.Header.Peek(fasthttp.HeaderAcceptLanguage), []byte{','}) {
		tag = bytes.TrimSpace(tag)
		switch {
		case len(tag) >= 2 && (tag[0]|' ') == 'z' && (tag[1]|' ') == 'h':
			return fault.Chinese
		case len(tag) >= 2 && (tag[0]|' ') == 'e' && (tag[1]|' ') == 'n':
			return fault.English
		}
	}
	if hasHan(a.Pub.Name + a.Pub.Abstract + a.Portal.Summary) {
		return fault.Chinese
	}
	return fault.English
}
