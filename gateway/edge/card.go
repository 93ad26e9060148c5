package edge

import (
	"bytes"
	"time"

	"github.com/valyala/fasthttp"

	"cardlink/render"
	"cardlink/shortlink"
)

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
func (s *Server) resolve(c *fasthttp.RequestCtx, v *visit, e *shortlink.Entry, d *shortlink.Domain, who client, now time.Time) {
	a := &v.attempt
	a.Vendor = -1
	target, host, known := render.TargetFor(s.o.Catalogue, told(c, "X-AIM-Vendor", "vendor"))
	if known {
		a.Vendor = int(host) // a guest needs its host's approval and counts as its host's
	}
	a.Device = told(c, "X-AIM-Device", "device")
	v.sign = appendSign(v.sign[:0], told(c, "X-AIM-Sign", "sign"))
	a.Sign = v.sign
	a.Model = told(c, "X-AIM-Model", "model")
	a.Model = a.Model[:min(len(a.Model), 64)]
	if len(a.Device) == 0 && e.Group() {
		a.Client = stranger(who, c.Request.Header.UserAgent())
	}
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
	s.sign(v, &a.ID, view{link: e.LinkID(), visitor: a.Visitor, issued: now, target: target, counted: true})
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

// sign gives a card or page the token of its beacons.
func (s *Server) sign(v *visit, id *[36]byte, w view) {
	w.setUUID(id)
	v.values.Beacon = text(v.signer.sign(s.o.BeaconKey, &w))
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
	if s.origin == "" { // else the programs have it
		v.origin = append(append(v.origin[:0], "https://"...), c.Host()...)
		v.values.Origin = text(v.origin)
	}
	v.expire = time.UnixMilli(e.ExpireMs()).UTC().AppendFormat(v.expire[:0], time.RFC3339)
	v.values.Expire = text(v.expire)
	v.values.Params, v.values.Measures = e.Params(), e.Measures()
}
