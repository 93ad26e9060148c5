package callback

import (
	"context"
	"time"
)

// laneKey names an address.
type laneKey struct {
	tenant string
	t      URLType
}

// lane is the way to one address. It widens by one attempt with every success and halves with every failure, and after failures in a row it
// rests for a growing while: an address that hangs holds one slot of the node, not all of them.
type lane struct {
	key    laneKey
	signal chan struct{} // one token: "there is more"

	// Guarded by Sender.mu.
	running bool
	rest    time.Time // not before this

	// Used by the running lane alone.
	width    int // attempts at a time
	failures int // in a row
}

const (
	firstWidth  = 4
	patience    = 3                      // failures in a row after which the lane rests
	shortRest   = 100 * time.Millisecond // doubled with each further failure
	longestRest = 30 * time.Second
	fullClaim   = 256         // pushes
	slow        = time.Second // an address that takes longer gets slowWidth at most, so that few of them cannot fill the node
	slowWidth   = 8
)

func (s *Sender) restOf(k laneKey) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.lanes[k]; l != nil {
		return l.rest
	}
	return time.Time{}
}

// start runs the lane of k, or tells the running one that there is more.
func (s *Sender) start(ctx context.Context, r *run, k laneKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lanes[k]
	if l == nil {
		l = &lane{key: k, width: firstWidth, signal: make(chan struct{}, 1)}
		s.lanes[k] = l
	}
	if l.running {
		select {
		case l.signal <- struct{}{}:
		default:
		}
		return
	}
	l.running = true
	r.lanes.Go(func() { s.drive(ctx, r, l) })
}

// leave ends a lane's run; it refuses if there is more, unless the lane must end anyway.
func (s *Sender) leave(l *lane, must bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-l.signal:
		if !must {
			return false
		}
	default:
	}
	l.running = false
	return true
}

// batch is a claim that is being worked off.
type batch struct {
	Claim
	signing Signing
	until   time.Time // after this a push must not be started any more: others may claim it soon
	limit   int       // pushes asked for
	err     error
}

type job struct {
	Push
	from *batch
}

// drive works the lane's rows off until none is due, the address needs a rest or ctx ends.
func (s *Sender) drive(ctx context.Context, r *run, l *lane) {
	var (
		queue    []job
		inFlight int
		claiming bool
		empty    bool // the last claim found less than it asked for
		resting  bool
		claimed  = make(chan *batch, 1)
		ended    = make(chan attempt, s.o.PerEndpoint)
	)
	for {
		stop := resting || ctx.Err() != nil
		for !stop && len(queue) > 0 && inFlight < l.width {
			if s.o.Now().After(queue[0].from.until) {
				queue = queue[1:] // its lease ends soon; it comes back by itself
				continue
			}
			select {
			case s.slots <- struct{}{}: // full: Total attempts are under way on this node
			case <-ctx.Done():
				stop = true
				continue
			}
			j := queue[0]
			queue = queue[1:]
			inFlight++
			go func() { // owned by this loop: it does not return before inFlight is 0
				a := s.deliver(r, j)
				<-s.slots
				ended <- a
			}()
		}
		if !stop && !claiming && !empty && len(queue) < 2*l.width {
			claiming = true
			limit := min(8*l.width, fullClaim)
			go func() { claimed <- s.claim(ctx, l.key, limit) }()
		}
		if inFlight == 0 && !claiming && (stop || len(queue) == 0) {
			s.giveBack(r.hard, queue)
			if queue = nil; s.leave(l, stop) {
				return
			}
			empty = false
			continue
		}
		select {
		case <-l.signal:
			empty = false
		case b := <-claimed:
			claiming = false
			if b.err != nil && ctx.Err() == nil {
				s.o.Log.Error("callback: could not claim deliveries", "error", b.err)
			}
			empty = len(b.Pushes) < b.limit
			for _, p := range b.Pushes {
				queue = append(queue, job{p, b})
			}
		case a := <-ended:
			inFlight--
			resting = s.adjust(l, a) || resting
		}
	}
}

// adjust fits the lane's width to the attempt and reports whether the lane has to rest now.
func (s *Sender) adjust(l *lane, a attempt) (rest bool) {
	if a.ok {
		l.failures = 0
		switch {
		case a.took < slow:
			l.width = min(l.width+1, s.o.PerEndpoint)
		case l.width > slowWidth:
			l.width--
		default:
			l.width = min(l.width+1, slowWidth, s.o.PerEndpoint)
		}
		return false
	}
	l.failures++
	l.width = max(l.width/2, 1)
	if l.failures < patience && !a.busy {
		return false
	}
	pause := min(shortRest<<min(l.failures, 10), longestRest)
	if a.busy {
		pause = max(pause, a.pause)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l.rest = s.o.Now().Add(pause)
	return true
}

func (s *Sender) claim(ctx context.Context, k laneKey, limit int) *batch {
	b := &batch{limit: limit}
	now := s.o.Now()
	b.until = now.Add(s.lease / 2)
	if b.signing, b.err = s.o.Store.Signing(ctx, k.tenant); b.err != nil {
		return b
	}
	b.Claim, b.err = s.o.Store.Claim(ctx, k.tenant, k.t, s.o.Holder, now, s.lease, limit)
	return b
}

func (s *Sender) giveBack(ctx context.Context, queue []job) {
	var items []Item
	for _, j := range queue {
		items = append(items, j.Items...)
	}
	if len(items) == 0 {
		return
	}
	if err := s.o.Store.GiveBack(ctx, items, s.o.Now()); err != nil && ctx.Err() == nil {
		s.o.Log.Error("callback: could not give claims back; their lease ends by itself", "error", err, "count", len(items))
	}
}

// deliver makes one attempt and hands its outcome to the recorder.
func (s *Sender) deliver(r *run, j job) attempt {
	ctx, start := r.hard, s.o.Now()
	body, failed, err := payload(ctx, s.o.Facts, j.from.Endpoint, j.Push)
	a := attempt{ok: true}
	switch {
	case ctx.Err() != nil:
		return a // abandoned before anything was sent; it stays claimed
	case err != nil:
		a = attempt{text: "the body could not be made"}
		s.o.Log.Error("callback: body could not be made", "tenant", j.from.Endpoint.Tenant, "push", j.ID, "error", err)
	case body != nil:
		a = s.poster.post(ctx, j.from.Endpoint, j.from.signing, j.ID, j.Kind.contentType(), body)
		a.took = s.o.Now().Sub(start)
		s.took.Update(a.took.Seconds())
	}
	if ctx.Err() != nil && !a.ok {
		return a // nobody knows whether it arrived: it stays claimed, and whoever releases the claim sends it again
	}
	out := laneResult{results: make([]Result, 0, len(j.Items))}
	if a.gone {
		out.gone = &j.from.Endpoint
	}
	random := s.o.Random() // once per push: its items stay together
	for _, it := range j.Items {
		b := a
		if err := failed[it.ID]; err != nil {
			b = attempt{text: "the receipt could not be read"}
			s.o.Log.Error("callback: receipt could not be read", "tenant", j.from.Endpoint.Tenant, "fact", it.FactID, "error", err)
		}
		out.results = append(out.results, s.verdict(it, b, random))
	}
	select {
	case r.results <- out: // first: a known outcome that is not recorded would be a second delivery, even when the time is up by now
		return a
	default:
	}
	select {
	case r.results <- out:
	case <-ctx.Done(): // the store does not take records and the time is up: unknown, as above
	}
	return a
}
