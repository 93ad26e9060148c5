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
		target = "custom_url"
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
		s.fill(c, v, e)
		v.body = set[render.H5].Append(v.body[:0], &v.values)
		s.page(c, fasthttp.StatusOK)
		c.Response.SetBody(v.body)
	}
	if target != "" {
		s.record(c, v, e, who, k, target, now)
	}
	if now.Nanosecond()&0xF00 == 0 { // one tap of sixteen, chosen by the clock: the histogram has a lock
		s.stats.tapTime.UpdateDuration(now)
	}
}

// record hands the fact of a tap to the journal. It waits only while the journal's buffer is full: served is recorded.
func (s *Server) record(c *fasthttp.RequestCtx, v *visit, e *shortlink.Entry, who client, k class, target string, now time.Time) {
	shortlink.NewID(&v.id)
	v.click = event.LinkClick{
		RequestID: text(v.id[:]), AimCode: e.Code(), AimURL: e.URL(), TplID: e.TplID(), Target: target, UAClass: classNames[k],
		Bot: k != human && k != unknown, ReferrerHost: text(referrer(&c.Request.Header)), ClickedAt: now.UTC(),
	}
	v.ref = who.ref
	v.click.IPPrefixHash = text(v.ref[:])
	v.frame = v.click.AppendFrame(v.frame[:0], e.Tenant())
	if _, err := s.o.Journal.Add(v.frame); err != nil {
		s.stats.lost.Inc()
		if s.stats.lost.Get() == 1 {
			s.o.Log.Error("clicks cannot be recorded", "error", err)
		}
	}
}
