package dispatch

import (
	"context"
	"errors"
	"hash/maphash"
	"time"

	"cardlink/dispatch/carrier"
)

// flight is a message in the worker's memory.
type flight struct {
	Waiting
	temps, flows int       // answers of these classes on its present channel
	flowing      time.Time // since when

	lane    *lane // of the try that is out, nil otherwise
	parts   []carrier.Part
	results []carrier.Result
	left    int // parts without a result
}

// lane is one channel at work: intend writes intents and hands batches to submit, which paces and writes them. While a batch is being
// submitted the next one's intents are written; at most three batches are out (two, and one in the hand of each).
type lane struct {
	w       *Worker
	channel Channel
	session carrier.Session
	pacer   *pacer
	breaker breaker
	picker  picker
	routes  []string // routes[0] is pinned to this channel and served first
	turn    int
	wake    chan struct{}
	ready   chan []*flight
	stats   laneStats
}

func (l *lane) serve(route string) {
	l.routes = append(l.routes, route)
	if l.w.queues[route] == nil {
		l.w.queues[route] = &fairQueue{}
	}
}

// batch is how many messages get their intents at once: 50 ms of the rate, so that a crash leaves few messages in doubt; at most 100.
func (l *lane) batch() int { return min(100, max(1, l.channel.Rate/20)) }

// take removes the next messages from memory, in the order of fairness.
func (l *lane) take(most int) (fs []*flight) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	for len(fs) < most {
		var waits [Classes]bool
		for _, r := range l.routes {
			for c := range l.w.queues[r].classes {
				waits[c] = waits[c] || l.w.queues[r].classes[c].count > 0
			}
		}
		class, ok := l.picker.pick(waits)
		if !ok {
			return fs
		}
		if f := l.w.queues[l.routes[0]].pop(class, l.w.o.Weight); f != nil {
			fs = append(fs, f)
			continue
		}
		for range l.routes[1:] {
			l.turn++
			if f := l.w.queues[l.routes[1+l.turn%(len(l.routes)-1)]].pop(class, l.w.o.Weight); f != nil {
				fs = append(fs, f)
				break
			}
		}
	}
	return fs
}

// intend writes the intents of batch after batch until ctx ends.
func (l *lane) intend(ctx context.Context) {
	defer close(l.ready)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		var fs []*flight
		if room := l.breaker.room(l.w.now(), l.batch()); room > 0 && l.session.Up() > 0 {
			fs = l.take(room)
		}
		if len(fs) == 0 {
			select {
			case <-ctx.Done():
			case <-l.wake:
			case <-tick.C: // a session came up, a breaker closed
			}
			continue
		}
		if fs = l.prepare(ctx, fs); len(fs) > 0 {
			l.breaker.probe()
			l.ready <- fs // submit empties it even after ctx ended
		}
	}
}

// prepare cuts the texts and makes the intents durable. Messages that cannot be sent fail; if the store cannot write, all go back to memory.
func (l *lane) prepare(ctx context.Context, fs []*flight) []*flight {
	now := l.w.now()
	intents := make([]Intent, 0, len(fs)+8)
	kept := fs[:0]
	for _, f := range fs {
		if !now.Before(f.ExpireAt) {
			l.w.tell(item{lane: l, flight: f, code: codeExpired})
			continue
		}
		if !l.cut(f) {
			l.w.tell(item{lane: l, flight: f, code: codeTooLong})
			continue
		}
		for i := range f.parts {
			intents = append(intents, Intent{Key: f.parts[i].Key, Parts: len(f.parts), Channel: l.channel.Name, Dest: f.Phone, At: now})
		}
		kept = append(kept, f)
	}
	if len(kept) == 0 {
		return nil
	}
	admitted, err := l.w.o.Store.Intend(ctx, l.w.owner.Load(), now, intents)
	if err != nil {
		for i := len(kept) - 1; i >= 0; i-- {
			l.w.enqueue(kept[i], true) // under the next try number: perhaps the store has this one
		}
		if ctx.Err() == nil {
			l.w.log.Error("write intents", "channel", l.channel.Name, "error", err)
			_ = sleep(ctx, 200*time.Millisecond) // only ends early with ctx
		}
		return nil
	}
	mine := kept[:0]
	for _, f := range kept {
		switch admitted[f.ID] {
		case Admitted:
			mine = append(mine, f)
		case Blocked:
			l.w.tell(item{lane: l, flight: f, code: CodeBlocked})
		default:
			l.w.stats.fenced.Inc() // another worker has it now
		}
	}
	return mine
}

// cut makes the parts of the next try.
func (l *lane) cut(f *flight) bool {
	ref := l.w.refs[maphash.String(l.w.seed, f.Phone)%uint64(len(l.w.refs))].Add(1)
	segments, err := l.channel.Encoding.Split(f.Text, uint16(ref))
	if err != nil {
		return false
	}
	f.Tries++
	f.Segments = len(segments)
	f.parts = make([]carrier.Part, len(segments))
	for i, s := range segments {
		p := s.Part()
		p.Key = LedgerKey(f.ID, f.Tries, i+1)
		p.Source, p.Dest = l.channel.Number, f.Phone[1:]
		p.Notify, p.Expire = f.Class != Marketing, f.ExpireAt
		f.parts[i] = p
	}
	return true
}

// submit writes batch after batch until intend has returned; after ctx ended what is left is marked unsent.
func (l *lane) submit(ctx context.Context) {
	for fs := range l.ready {
		for _, f := range fs {
			if err := l.send(ctx, f); err != nil {
				l.breaker.cancel()
				it := item{lane: l, flight: f, unsent: true}
				if errors.Is(err, carrier.ErrInvalid) {
					l.w.log.Error("the carrier's protocol cannot carry a message", "channel", l.channel.Name, "msg_id", f.MsgID(), "error", err)
					it.code = "INVALID"
				}
				l.w.tell(it)
			}
		}
	}
}

// reserveLimit is how long a message waits for a window slot before it goes back: its intent must not stay open while a link is down.
const reserveLimit = 5 * time.Second

// send writes one message: slots first, then the rate, then the bytes, so that the moment the rate allows is the moment of writing. An error
// means that nothing was written.
func (l *lane) send(ctx context.Context, f *flight) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	held, cancel := context.WithTimeout(ctx, reserveLimit)
	defer cancel()
	slots, err := l.session.Reserve(held, len(f.parts))
	if err != nil {
		return err
	}
	if err := l.pacer.wait(ctx, len(f.parts)); err != nil {
		slots.Release()
		return err
	}
	parts := make([]*carrier.Part, len(f.parts))
	for i := range f.parts {
		parts[i] = &f.parts[i]
	}
	l.w.mu.Lock() // known before the bytes go: the answer may be faster than Submit's return
	f.lane, f.left, f.results = l, len(parts), make([]carrier.Result, 0, len(parts))
	l.w.flights[f.ID] = f
	l.w.mu.Unlock()
	if err := slots.Submit(ctx, parts...); err != nil {
		l.w.mu.Lock()
		delete(l.w.flights, f.ID)
		f.lane = nil
		l.w.mu.Unlock()
		return err
	}
	l.stats.submitted.Add(len(parts))
	return nil
}

// laneHandler is what a channel's session tells things to.
type laneHandler struct{ l *lane }

// Submitted implements carrier.Handler.
func (h laneHandler) Submitted(r carrier.Result) {
	l := h.l
	now := l.w.now()
	l.stats.class(r.Class).Inc()
	if r.Class == carrier.Flow {
		l.pacer.flow(now)
	}
	if l.breaker.observe(r.Class, now) {
		l.w.log.Error("channel is kept free of messages", "channel", l.channel.Name, "class", r.Class.String(), "code", r.Code)
	}
	l.w.tell(item{lane: l, result: r})
}

// Receipt implements carrier.Handler.
func (h laneHandler) Receipt(r carrier.Receipt, done func(error)) {
	h.l.w.tell(item{lane: h.l, receipt: &r, done: done})
}

// Reply implements carrier.Handler.
func (h laneHandler) Reply(r carrier.Reply, done func(error)) {
	h.l.w.tell(item{lane: h.l, reply: &r, done: done})
}
