package edge

import (
	"bytes"
	"errors"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"cardlink/event"
	"cardlink/render"
	"cardlink/shortlink"
)

// visit carries the buffers of one answer. Visits are pooled: a tap and a resolution from memory allocate nothing.
type visit struct {
	attempt shortlink.Attempt
	values  render.Values
	click   event.LinkClick
	id      [36]byte
	body    []byte // the answer
	link    []byte
	origin  []byte
	expire  []byte
	sign    []byte
	frame   []byte
	ref     [16]byte // hex of the visitor's address block
}

type visitPool struct{ pool sync.Pool }

func (p *visitPool) get() *visit {
	if v, ok := p.pool.Get().(*visit); ok {
		return v
	}
	return &visit{}
}

// keepBytes is the largest buffer that goes back into the pool.
const keepBytes = 256 << 10

func (p *visitPool) put(v *visit) {
	v.attempt.Reset()
	v.values, v.click = render.Values{}, event.LinkClick{}
	if cap(v.body) > keepBytes {
		v.body = nil
	}
	p.pool.Put(v)
}

// visit answers a short link. path begins with the slash before the code's domain levels.
func (s *Server) visit(c *fasthttp.RequestCtx, path []byte, card bool) {
	start := s.o.Now()
	v := s.visits.get()
	defer s.visits.put(v)
	c.Response.Header.SetCanonical(headerVary, valueAccept)
	d, code, ok := s.o.Resolver.Domain(c.Host(), path)
	if !ok {
		s.notFound(c, card)
		return
	}
	who := s.client(c)
	e, err := s.o.Resolver.Find(s.ctx, d, code, who.id)
	switch {
	case errors.Is(err, shortlink.ErrUnknown):
		s.notFound(c, card)
		return
	case errors.Is(err, shortlink.ErrLimited):
		s.busy(c, fasthttp.StatusTooManyRequests, errLimited)
		return
	case err != nil:
		s.fail(c, "find a link", err)
		return
	}
	if card && !c.IsHead() {
		s.resolve(c, v, e, d)
		s.stats.resolveTime.UpdateDuration(start)
	} else {
		s.tap(c, v, e, d, who, card, start)
	}
}

// fail answers what the engines behind us are to blame for.
func (s *Server) fail(c *fasthttp.RequestCtx, what string, err error) {
	s.stats.failures.Inc()
	s.o.Log.Error("visit failed", "step", what, "error", err)
	s.busy(c, fasthttp.StatusServiceUnavailable, errUnavailable)
}

var (
	acceptJSON = []byte("application/json")
	acceptCard = []byte(render.CardType)
	acceptHTML = []byte("text/html")
)

// wantsCard reports whether the request is a resolution: it asks for JSON or for a card and not for a page.
func wantsCard(c *fasthttp.RequestCtx) bool {
	a := c.Request.Header.Peek(fasthttp.HeaderAccept)
	return (bytes.Contains(a, acceptCard) || bytes.Contains(a, acceptJSON)) && !bytes.Contains(a, acceptHTML)
}

// resolve answers a handset's message app.
func (s *Server) resolve(c *fasthttp.RequestCtx, v *visit, e *shortlink.Entry, d *shortlink.Domain) {
	a := &v.attempt
	a.Vendor = -1
	target, known := render.TargetOf(told(c, "X-AIM-Vendor", "vendor"))
	if known {
		a.Vendor = int(target)
	}
	a.Device = told(c, "X-AIM-Device", "device")
	v.sign = appendSign(v.sign[:0], told(c, "X-AIM-Sign", "sign"))
	a.Sign = v.sign
	a.Model = told(c, "X-AIM-Model", "model")
	a.Model = a.Model[:min(len(a.Model), 64)]
	if d.Frozen {
		s.plain(c, fasthttp.StatusGone, errGone)
		return
	}
	// The program is looked at before anything is used up: a vendor without one gets no card.
	var program *render.Program
	if t, verdict := s.o.Resolver.Tappable(s.ctx, e); verdict == shortlink.Resolved && known {
		set, err := s.programs.of(t)
		if err != nil {
			s.fail(c, "compile a card", err)
			return
		}
		program = set[target]
		a.NoCard = program == nil
	}
	verdict := s.o.Resolver.Resolve(s.ctx, e, a)
	if verdict == shortlink.Resolved && program == nil {
		verdict = shortlink.Unavailable // the template came back to life between two looks
	}
	if verdict != shortlink.Resolved {
		status, body := refusal(verdict)
		if verdict == shortlink.Unavailable {
			s.busy(c, status, body)
			return
		}
		s.plain(c, status, body)
		return
	}
	s.fill(c, v, e)
	v.values.ResolveID = text(a.ID[:])
	v.body = program.Append(v.body[:0], &v.values)
	h := &c.Response.Header
	h.SetContentType(program.ContentType())
	h.SetCanonical(headerCacheControl, valueNoStore)
	h.SetCanonical(headerResolveID, a.ID[:])
	if a.Repeat {
		h.SetCanonical(headerRepeat, valueTrue)
	}
	c.Response.SetBody(v.body)
}

// told is what a handset says in a header, or in the query for those that cannot set headers.
func told(c *fasthttp.RequestCtx, header, query string) []byte {
	if v := c.Request.Header.Peek(header); len(v) > 0 {
		return v
	}
	return c.QueryArgs().Peek(query)
}

// appendSign undoes percent-encoding, which carries other than Latin letters through a header, and takes the brackets off: 【sign】 or [sign].
func appendSign(dst, sign []byte) []byte {
	for i := 0; i < len(sign); i++ {
		if sign[i] == '%' && i+2 < len(sign) {
			hi, lo := unhex(sign[i+1]), unhex(sign[i+2])
			if hi < 16 && lo < 16 {
				dst = append(dst, hi<<4|lo)
				i += 2
				continue
			}
		}
		dst = append(dst, sign[i])
	}
	if bytes.HasPrefix(dst, []byte("【")) && bytes.HasSuffix(dst, []byte("】")) {
		return append(dst[:0], dst[len("【"):len(dst)-len("】")]...)
	}
	if len(dst) > 1 && dst[0] == '[' && dst[len(dst)-1] == ']' {
		return append(dst[:0], dst[1:len(dst)-1]...)
	}
	return dst
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// fill sets the values that a card and a page have in common.
func (s *Server) fill(c *fasthttp.RequestCtx, v *visit, e *shortlink.Entry) {
	v.link = append(append(append(v.link[:0], s.scheme...), "://"...), e.URL()...)
	v.values.Link = text(v.link)
	if v.values.Origin = s.origin; s.origin == "" {
		v.origin = append(append(v.origin[:0], "https://"...), c.Host()...)
		v.values.Origin = text(v.origin)
	}
	v.expire = time.UnixMilli(e.ExpireMs()).UTC().AppendFormat(v.expire[:0], time.RFC3339)
	v.values.Expire = text(v.expire)
	v.values.Params = e.Params()
}

// tap answers everybody else: the customer's page, the template's page, or the news that the link has ended.
func (s *Server) tap(c *fasthttp.RequestCtx, v *visit, e *shortlink.Entry, d *shortlink.Domain, who client, card bool, now time.Time) {
	k := classify(c)
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
		h.SetCanonical(headerRobots, valueNoIndex)
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
	s.stats.tapTime.UpdateDuration(now)
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
