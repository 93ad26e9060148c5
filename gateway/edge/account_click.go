package edge

import (
	"bytes"
	"net/url"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/valyala/fasthttp"

	"cardlink/event"
	"cardlink/serviceaccount"
	"cardlink/shortlink"
)

// tap follows an item of the marketing menu for somebody on the home page. Where it leads is what the approved menu says, whatever the request says. The tap is a
// click if a person's browser came from one of our pages; it is followed in any case.
func (f *accountFace) tap(c *fasthttp.RequestCtx, id, path string) {
	a := f.find(c, id, false)
	if a == nil {
		return
	}
	item, level := a.Menu.Item(path)
	if item == nil || !a.Menu.Live() || !a.Portal.Live() {
		f.s.notFound(c, false)
		return
	}
	k := classify(c, &f.s.agents)
	f.s.stats.visits[k].Inc()
	if k == human && ourPage(&c.Request.Header) {
		var eventID [36]byte
		shortlink.NewID(&eventID)
		f.record(c, a, click{
			MenuClick: event.MenuClick{
				EventID: string(eventID[:]), ItemPath: path, Level: level, Surface: event.SurfacePortalMenu, ActionType: item.ActionType, DeviceRef: f.pageDevice(c, a.Pub.Tenant),
			},
			touched: path,
		})
	} else {
		f.stats.robots.Inc()
	}
	if target := jumpTarget(item); target != "" {
		h := &c.Response.Header
		h.SetCanonical(headerLocation, []byte(target))
		h.SetCanonical(headerCacheControl, valueNoStore) // never permanent: menus change
		c.SetStatusCode(fasthttp.StatusFound)
		return
	}
	body, err := itemPage(&a.Account, item, path, languageOf(c, &a.Account))
	if err != nil {
		f.s.fail(c, "draw the page of a menu item", err)
		return
	}
	f.page(c, body)
}

// ourPage reports whether a navigation comes from a page of this host, as far as the browser tells. A link to an item on somebody else's page leads on, and is not paid for.
func ourPage(h *fasthttp.RequestHeader) bool {
	site := h.Peek("Sec-Fetch-Site")
	return len(site) == 0 || string(site) == "same-origin"
}

// jumpTarget is where an item of OPEN_URL leads, "" for any other item. It is checked again, whatever was stored: a redirect must be to a web page.
func jumpTarget(item *serviceaccount.MenuItem) string {
	if item.ActionType != serviceaccount.OpenURL {
		return ""
	}
	return webAddress(item.Content)
}

// webAddress is an absolute http or https address in ASCII, or "".
func webAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}

// pageDevice is what a visitor of a page is known by, having no token: a keyed hash of address and agent.
func (f *accountFace) pageDevice(c *fasthttp.RequestCtx, tenant string) string {
	addr := peer(c.RemoteAddr())
	if len(f.s.o.Proxies) > 0 && f.s.trusts(addr) {
		addr = f.s.forwarded(c, addr)
	}
	return serviceaccount.DeviceRef(f.s.key[:], tenant, "page\x00"+addr.String()+"\x00"+string(c.Request.Header.UserAgent()))
}

// click is a fact about to be recorded, and what was touched for it.
type click struct {
	event.MenuClick
	touched string
}

// outcome is what became of a click.
type outcome uint8

const (
	recorded outcome = iota
	doubled          // part of another one
	limited          // this address block clicks too much, or the edge cannot tell double taps apart any more
	failed           // the disk did not take it; nothing is billed
)

// record writes a click, unless it is a double tap or the client's budget is spent.
func (f *accountFace) record(c *fasthttp.RequestCtx, a *account, k click) outcome {
	now := f.s.o.Now()
	if !f.clicks.take(f.s.client(c).id, now.UnixMilli()) {
		f.stats.refused.Inc()
		return limited
	}
	key := tapKey(a.Pub.ID, k)
	switch f.taps.claim(key, now.UnixMilli()) {
	case repeated:
		f.stats.collapsed.Inc()
		return doubled
	case crowded:
		f.stats.refused.Inc()
		return limited
	}
	k.PubID, k.MenuID, k.MenuVersion, k.ClickedAt = a.Pub.ID, a.Menu.ID, a.Menu.Version, now.UTC().Truncate(time.Millisecond)
	if err := f.s.o.Clicks.Record(f.s.ctx, a.Pub.Tenant, k.MenuClick); err != nil {
		f.taps.release(key)
		f.stats.lost.Inc()
		if f.stats.lost.Get() == 1 {
			f.s.o.Log.Error("clicks on service accounts cannot be recorded", "error", err)
		}
		return failed
	}
	if serviceaccount.Billable(k.Surface, k.ActionType) {
		f.stats.billed.Inc()
	} else {
		f.stats.free.Inc()
	}
	return recorded
}

// tapKey is what makes two taps the same: account, device, surface and what was touched. The reference of the device is a keyed hash, so nobody can make keys collide.
func tapKey(pubID string, k click) uint64 {
	var d xxhash.Digest
	d.Reset()
	for _, s := range [...]string{pubID, k.DeviceRef, k.Surface, k.touched} {
		_, _ = d.WriteString(s) // never fails
		_, _ = d.Write([]byte{0})
	}
	return d.Sum64()
}

// libraries are words that name the HTTP library of a message app. A scanner uses them as well, which is why a page does not accept them.
var libraries = [...][]byte{[]byte("okhttp"), []byte("httpclient"), []byte("java")}

// robot reports whether a report of clicks comes from something that looks at links for others.
func (f *accountFace) robot(h *fasthttp.RequestHeader) bool {
	if looksAhead(h) {
		return true
	}
	agent := bytes.ToLower(h.UserAgent())
	for _, word := range libraries {
		agent = bytes.ReplaceAll(agent, word, nil)
	}
	k := classifyAgent(agent)
	return k == scanner || k == preview
}
