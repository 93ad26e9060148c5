package shortlink

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Sizes and times of leases.
const (
	minWant     = 64      // ordinals a node first asks for
	maxWant     = 1 << 14 // and asks for at most, doubling with every lease that lasts less than quickLease
	sparesFrom  = 256     // leases of this size and used quickly have their successor fetched when half of them is gone
	quickLease  = time.Second
	idleLease   = 30 * time.Second // a lease nobody took from goes back
	dryFor      = 2 * time.Second  // how long an exhausted link is taken for exhausted; other nodes may give ordinals back
	maxRounds   = 64               // leases a taker may lose to others before it gives up
	leaseShards = 64
	maxLeases   = 1 << 16 // links with a lease in memory; beyond it another link's lease is given back early
)

// errCrowded is what a taker gets that lost every race for a new lease.
var errCrowded = errors.New("too many takers for one link")

// lease is a range of a group link's ordinals that this node may hand out. Units are taken by adding to next; a taker that passes last has
// nothing. To close a lease is to move next beyond last, which gives the closer what was left and every later taker nothing.
type lease struct {
	first, last int64
	next        atomic.Int64
	usedMs      atomic.Int64 // last take
	bornMs      int64
	want        int64
	dryUntilMs  int64  // set on an empty lease: nothing was left
	spare       *lease // the lease to go on with, fetched early; guarded by the shard's lock
}

func newLease(g Grant, want, nowMs int64) *lease {
	l := &lease{first: g.First, last: g.Last, bornMs: nowMs, want: want}
	l.usedMs.Store(nowMs)
	l.next.Store(g.First)
	return l
}

// hotHalf reports whether n is the middle of a large lease that is being used up quickly.
func (l *lease) hotHalf(n, nowMs int64) bool {
	size := l.last - l.first + 1
	return size >= sparesFrom && n == l.first+size/2 && nowMs-l.bornMs < quickLease.Milliseconds()
}

func (l *lease) take() (ordinal int64, ok bool) {
	if l.next.Load() > l.last { // keeps next from growing without end under a flood
		return 0, false
	}
	n := l.next.Add(1) - 1
	return n, n <= l.last
}

// close ends the lease and reports what was left of it.
func (l *lease) close() (from int64, left bool) {
	from = l.next.Swap(l.last + 1)
	return from, from <= l.last
}

// leases are the open leases of a node by link. Losing one is safe: its ordinals are found unused when the node is released.
type leases struct {
	asks   *coalescer[Ask, Grant]
	give   func(ctx context.Context, tails []Tail) error
	log    *slog.Logger
	shards [leaseShards]leaseShard

	mu    sync.Mutex
	tails []Tail // to be given back; bounded by maxTails, beyond it ordinals stay unused until the node is released
}

const maxTails = 1 << 14

type leaseShard struct {
	mu    sync.RWMutex
	open  map[int64]*lease
	fills map[int64]*fill // one request to the store per link
}

// fill is a request for a lease on its way; done is closed when err is set or the lease is open.
type fill struct {
	done chan struct{}
	err  error
}

func newLeases(asks *coalescer[Ask, Grant], give func(context.Context, []Tail) error, log *slog.Logger) *leases {
	ls := &leases{asks: asks, give: give, log: log}
	for i := range ls.shards {
		ls.shards[i].open = make(map[int64]*lease)
		ls.shards[i].fills = make(map[int64]*fill)
	}
	return ls
}

func (ls *leases) shard(link int64) *leaseShard {
	return &ls.shards[uint64(link)*0x9e3779b97f4a7c15>>58]
}

// take gives one ordinal of a link, from memory if it can. ok is false if the link is exhausted.
func (ls *leases) take(ctx context.Context, link, limit int64, now func() time.Time) (ordinal int64, ok bool, err error) {
	s := ls.shard(link)
	for range maxRounds {
		nowMs := now().UnixMilli()
		s.mu.RLock()
		l := s.open[link]
		s.mu.RUnlock()
		if l != nil {
			if n, ok := l.take(); ok {
				l.usedMs.Store(nowMs)
				if l.hotHalf(n, nowMs) {
					ls.fetchSpare(ctx, s, link, limit, l, now) // one taker waits so that the others need not
				}
				return n, true, nil
			}
			if nowMs < l.dryUntilMs {
				return 0, false, nil
			}
		}
		if err := ls.refill(ctx, s, link, limit, l, now); err != nil {
			return 0, false, err
		}
	}
	return 0, false, errCrowded
}

// refill replaces the used-up lease old (or none) of a link by a new one, or waits for whoever does.
func (ls *leases) refill(ctx context.Context, s *leaseShard, link, limit int64, old *lease, now func() time.Time) error {
	s.mu.Lock()
	if s.open[link] != old { // somebody was faster
		s.mu.Unlock()
		return nil
	}
	if f := s.fills[link]; f != nil {
		s.mu.Unlock()
		select {
		case <-f.done:
			return f.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if old != nil && old.spare != nil {
		nowMs := now().UnixMilli()
		old.spare.bornMs = nowMs
		old.spare.usedMs.Store(nowMs)
		s.open[link] = old.spare
		s.mu.Unlock()
		return nil
	}
	f := &fill{done: make(chan struct{})}
	s.fills[link] = f
	s.mu.Unlock()

	want := nextWant(old, now().UnixMilli())
	g, err := ls.asks.ask(ctx, Ask{LinkID: link, Limit: limit, Want: want})

	s.mu.Lock()
	delete(s.fills, link)
	if err == nil {
		nowMs := now().UnixMilli()
		l := newLease(g, want, nowMs)
		if g.First == 0 {
			l = newLease(Grant{1, 0}, want, nowMs)
			l.dryUntilMs = nowMs + dryFor.Milliseconds()
		}
		if s.open[link] == nil && len(s.open) >= maxLeases/leaseShards {
			for id, other := range s.open { // an arbitrary one makes room
				delete(s.open, id)
				ls.retire(id, other)
				break
			}
		}
		s.open[link] = l
	}
	s.mu.Unlock()
	f.err = err
	close(f.done)
	return err
}

// nextWant is how much to ask for after old: twice as much if old was used up quickly.
func nextWant(old *lease, nowMs int64) int64 {
	switch {
	case old == nil || old.want == 0:
		return minWant
	case nowMs-old.bornMs < quickLease.Milliseconds():
		return min(2*old.want, maxWant)
	}
	return old.want
}

// fetchSpare leases the successor of l before l is used up. Whoever needs a lease meanwhile waits for this one. A failure is left to
// the next refill to report.
func (ls *leases) fetchSpare(ctx context.Context, s *leaseShard, link, limit int64, l *lease, now func() time.Time) {
	s.mu.Lock()
	if s.open[link] != l || s.fills[link] != nil || l.spare != nil {
		s.mu.Unlock()
		return
	}
	f := &fill{done: make(chan struct{})}
	s.fills[link] = f
	s.mu.Unlock()
	want := nextWant(l, now().UnixMilli())
	g, err := ls.asks.ask(ctx, Ask{LinkID: link, Limit: limit, Want: want})
	s.mu.Lock()
	delete(s.fills, link)
	if err == nil && g.First > 0 {
		spare := newLease(g, want, now().UnixMilli())
		if s.open[link] == l {
			l.spare = spare
		} else {
			ls.retire(link, spare)
		}
	}
	s.mu.Unlock()
	close(f.done)
}

// retire closes a lease that was taken out of the map, and its spare, and notes what was left of them.
func (ls *leases) retire(link int64, l *lease) {
	if l.spare != nil {
		ls.retire(link, l.spare)
	}
	from, left := l.close()
	if !left {
		return
	}
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if len(ls.tails) < maxTails {
		ls.tails = append(ls.tails, Tail{LinkID: link, First: l.first, From: from, Last: l.last})
	}
}

// tend gives idle leases back.
func (ls *leases) tend(ctx context.Context, now time.Time) error {
	cut := now.Add(-idleLease).UnixMilli()
	for i := range ls.shards {
		s := &ls.shards[i]
		s.mu.Lock()
		for id, l := range s.open {
			if l.usedMs.Load() < cut && l.dryUntilMs < now.UnixMilli() {
				delete(s.open, id)
				ls.retire(id, l)
			}
		}
		s.mu.Unlock()
	}
	for {
		ls.mu.Lock()
		n := min(len(ls.tails), 500)
		tails := ls.tails[:n:n]
		ls.tails = ls.tails[n:]
		ls.mu.Unlock()
		if n == 0 {
			return nil
		}
		if err := ls.give(ctx, tails); err != nil {
			return err // these stay unused until the node is released
		}
	}
}
