package edge

import (
	"errors"
	"sync"

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
	expose  event.CardExpose
	touch   event.CardClick
	signer  signer
	id      [36]byte // of the request; of the view a beacon is about
	body    []byte   // the answer
	policy  []byte   // of a page
	link    []byte
	origin  []byte
	expire  []byte
	sign    []byte
	frame   []byte
	ref     [16]byte // hex of the visitor's address block
	who     [16]byte // hex of the visitor
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
	v.values, v.click, v.expose, v.touch = render.Values{}, event.LinkClick{}, event.CardExpose{}, event.CardClick{}
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
		s.resolve(c, v, e, d, who, start)
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
