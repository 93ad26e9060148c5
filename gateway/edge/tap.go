package edge

import (
	"time"

	"github.com/valyala/fasthttp"

	"cardlink/event"
	"cardlink/render"
	"cardlink/shortlink"
)

// tap answers everybody else: the customer's page, the template's page, or the news that the link has ended.
func (s *Server) tap(c *fasthttp.RequestCtx, v *visit, e *shortlink.Entry, d *shortlink.Domain, who client, card bool, now time.Time) {
	k := classify(c, &s.agents)
	s.stats.visits[k].Inc()
	t, verdict := s.o.Resolver.Tappable(s.ctx, e)
	if d.Frozen {
		verdict = shortlink.Revoked
	}
	target := "gone"
	visitor := uint64(0) // of page views and redirects: nothing else is counted by visitor
	shortlink.NewID(&v.id)
	switch {
	case verdict == shortlink.Unavailable:
		s.busy(c, fasthttp.StatusServiceUnavailable, errUnavailable)
		return
	case verdict != shortlink.Resolved && card: // HEAD of a resolution: what a GET would meet, using nothing up
		s.plain(c, fasthttp.StatusGone, errGone)
	case verdict != shortlink.Resolved:
		s.gonePage(c)
	case card:
		target = ""
		c.Response.Header.SetContentType(render.CardType)
		c.Response.Header.SetCanonical(headerCacheControl, valueNoStore)
	case e.Jump() != "":
		target, visitor = "custom_url", tapper(c, e, who)
		h := &c.Response.Header
		v.link = append(v.link[:0], e.Jump()...)
		h.SetCanonical(headerLocation, v.link)
		h.SetCanonical(headerCacheControl, valueNoStore) // never a permanent redirect: it would outlive the link
		c.SetStatusCode(fasthttp.StatusFound)
	default:
		target = "h5"
		set, err := s.programs.of(t)
		if err != nil {
			s.fail(c, "compile a page", err)
			return
		}
		if s.calendar(c, set[render.H5]) { // a part of a page that was opened and recorded before
			return
		}
		visitor = tapper(c, e, who)
		s.fill(c, v, e)
		s.sign(v, &v.id, view{link: e.LinkID(), visitor: visitor, issued: now, target: render.H5, counted: k == human})
		v.body = set[render.H5].Append(v.body[:0], &v.values)
		s.page(c, fasthttp.StatusOK)
		v.policy = append(v.policy[:0], set[render.H5].CSP()...)
		c.Response.Header.SetCanonical(headerCSP, v.policy)
		c.Response.SetBody(v.body)
	}
	if target != "" {
		s.record(c, v, e, who, k, target, visitor, now)
	}
	if now.Nanosecond()&0xF00 == 0 { // one tap of sixteen, chosen by the clock: the histogram has a lock
		s.stats.tapTime.UpdateDuration(now)
	}
}

// tapper is who follows a link: the recipient of an individual one, else a stranger. It is never 0.
func tapper(c *fasthttp.RequestCtx, e *shortlink.Entry, who client) uint64 {
	if visitor := e.Visitor(); visitor != 0 {
		return visitor
	}
	return stranger(who, c.Request.Header.UserAgent())
}

// record hands the fact of a tap, v.id, to the journal. It waits only while the journal's buffer is full: served is recorded.
func (s *Server) record(c *fasthttp.RequestCtx, v *visit, e *shortlink.Entry, who client, k class, target string, visitor uint64, now time.Time) {
	v.click = event.LinkClick{
		RequestID: text(v.id[:]), AimCode: e.Code(), AimURL: e.URL(), TplID: e.TplID(), Target: target, UAClass: classNames[k],
		Bot: k != human && k != unknown, ReferrerHost: text(referrer(&c.Request.Header)), ClickedAt: now.UTC(),
	}
	v.ref = who.ref
	v.click.IPPrefixHash = text(v.ref[:])
	if visitor != 0 {
		shortlink.AppendVisitor(v.who[:0], visitor)
		v.click.VisitorRef = text(v.who[:])
	}
	v.frame = v.click.AppendFrame(v.frame[:0], e.Tenant())
	if _, err := s.o.Journal.Add(v.frame); err != nil {
		s.stats.lost.Inc()
		if s.stats.lost.Get() == 1 {
			s.o.Log.Error("clicks cannot be recorded", "error", err)
		}
	}
}
