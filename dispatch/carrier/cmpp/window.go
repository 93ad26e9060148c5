package cmpp

import (
	"context"
	"errors"
	"slices"

	"cardlink/dispatch/carrier"
)

// waiter is a caller who waits for slots. Callers bound their number: each blocks.
type waiter struct {
	need  int
	only  *conn      // nil: any connection
	ready chan grant // holds one
}

// grant is the answer to a waiter: a connection with slots, or an error.
type grant struct {
	c   *conn
	err error
}

// reserve takes need slots on one connection: the one with the most free ones, in the order of asking, so that many small parts cannot
// keep a long message waiting for ever.
func (s *Session) reserve(ctx context.Context, need int, only *conn) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, carrier.ErrClosed
	}
	if len(s.waiters) == 0 {
		if c := s.pick(need, only); c != nil {
			c.free -= need
			s.mu.Unlock()
			return c, nil
		}
	}
	if only != nil && !only.up {
		s.mu.Unlock()
		return nil, carrier.ErrLost
	}
	w := &waiter{need: need, only: only, ready: make(chan grant, 1)}
	s.waiters = append(s.waiters, w)
	s.mu.Unlock()
	select {
	case g := <-w.ready:
		return g.c, g.err
	case <-ctx.Done():
	}
	s.mu.Lock()
	if i := slices.Index(s.waiters, w); i >= 0 {
		s.waiters = slices.Delete(s.waiters, i, i+1)
		s.grant() // whoever stood behind
		s.mu.Unlock()
		return nil, ctx.Err()
	}
	s.mu.Unlock()
	if g := <-w.ready; g.err == nil { // both at once: the slots came too late
		s.release(g.c, need)
	}
	return nil, ctx.Err()
}

// pick is the connection that can give need slots, or nil. Under s.mu.
func (s *Session) pick(need int, only *conn) *conn {
	var best *conn
	for _, c := range s.conns {
		if c == nil || !c.up || c.free < need || (only != nil && c != only) {
			continue
		}
		if best == nil || c.free > best.free {
			best = c
		}
	}
	return best
}

// grant serves waiters from the head while there is room. Under s.mu.
func (s *Session) grant() {
	served := 0
	for _, w := range s.waiters {
		switch c := s.pick(w.need, w.only); {
		case s.closed:
			w.ready <- grant{err: carrier.ErrClosed}
		case w.only != nil && !w.only.up:
			w.ready <- grant{err: carrier.ErrLost}
		case c != nil:
			c.free -= w.need
			w.ready <- grant{c: c}
		default:
			s.waiters = slices.Delete(s.waiters, 0, served)
			return
		}
		served++
	}
	s.waiters = slices.Delete(s.waiters, 0, served)
}

// release gives n slots back.
func (s *Session) release(c *conn, n int) {
	s.mu.Lock()
	c.free += n
	if len(s.waiters) > 0 {
		s.grant()
	}
	s.mu.Unlock()
}

// slots implements carrier.Slots.
type slots struct {
	s    *Session
	c    *conn
	n    int
	done bool
}

// Reserve implements carrier.Session.
func (s *Session) Reserve(ctx context.Context, n int) (carrier.Slots, error) {
	n = min(max(n, 1), s.opts.Window)
	c, err := s.reserve(ctx, n, nil)
	if err != nil {
		return nil, err
	}
	return &slots{s: s, c: c, n: n}, nil
}

// Release implements carrier.Slots.
func (r *slots) Release() {
	if !r.done {
		r.done = true
		r.s.release(r.c, r.n)
	}
}

// Submit implements carrier.Slots.
func (r *slots) Submit(ctx context.Context, parts ...*carrier.Part) error {
	if r.done {
		return carrier.ErrLost
	}
	defer r.Release()
	for _, p := range parts {
		if err := r.s.check(p); err != nil {
			return err
		}
	}
	first := min(r.n, len(parts))
	if err := r.c.submit(parts[:first]); err != nil {
		return err
	}
	r.n -= first // those are the parts' now
	for rest := parts[first:]; len(rest) > 0; rest = rest[1:] {
		c, err := r.s.reserve(ctx, 1, r.c)
		if err == nil {
			if err = c.submit(rest[:1]); err != nil {
				r.s.release(c, 1)
			}
		}
		if err != nil {
			for _, p := range rest {
				r.s.result(carrier.Result{Key: p.Key, Class: carrier.NoSession, Code: "unsent", At: r.s.opts.Now()})
			}
			return nil
		}
	}
	return nil
}

// Submit implements carrier.Session.
func (s *Session) Submit(ctx context.Context, p *carrier.Part) error {
	if err := s.check(p); err != nil {
		return err
	}
	one := [1]*carrier.Part{p}
	for {
		c, err := s.reserve(ctx, 1, nil)
		if err != nil {
			return err
		}
		if c.submit(one[:]) == nil {
			return nil
		}
		s.release(c, 1) // lost meanwhile: nothing was written, another connection will do
	}
}

// SubmitParts implements carrier.Session.
func (s *Session) SubmitParts(ctx context.Context, parts []*carrier.Part) error {
	for {
		r, err := s.Reserve(ctx, len(parts))
		if err != nil {
			return err
		}
		if err := r.Submit(ctx, parts...); !errors.Is(err, carrier.ErrLost) {
			return err
		}
	}
}
