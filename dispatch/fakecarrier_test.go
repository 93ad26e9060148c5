package dispatch_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"cardlink/dispatch"
	"cardlink/dispatch/carrier"
)

// fakeCarrier is a carrier's truth: what it accepted and what it will report. It outlives the sessions that are opened to it.
type fakeCarrier struct {
	mu           sync.Mutex
	rnd          *rand.Rand
	faults       int // per cent of submits that do not go well, and of receipts that are late, early or repeated
	window       int
	latency      time.Duration
	session      *fakeSession
	seq          int
	parts        map[uint64]int // accepted, by key
	times        []time.Time    // of writes
	classes      map[carrier.Class]int
	wg           sync.WaitGroup
	stop         chan struct{}
	acknowledged atomic.Int64  // receipts
	prompt       bool          // receipts come within 50 ms
	hold         chan struct{} // no answer before it is closed; nil: none is held
}

func newFakeCarrier(seed uint64, faults int) *fakeCarrier {
	return &fakeCarrier{
		rnd: rand.New(rand.NewPCG(seed, seed)), faults: faults, window: 16, latency: 20 * time.Millisecond, parts: make(map[uint64]int),
		classes: make(map[carrier.Class]int), stop: make(chan struct{}),
	}
}

// wrote counts the parts that were written to it.
func (c *fakeCarrier) wrote() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.times)
}

// close ends the carrier's own goroutines.
func (c *fakeCarrier) close() {
	close(c.stop)
	c.wg.Wait()
}

// copies counts how often a message was accepted in whole.
func (c *fakeCarrier) copies(message int64, parts int) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for try := 1; try < 256; try++ {
		whole := true
		for p := 1; p <= parts; p++ {
			whole = whole && c.parts[dispatch.LedgerKey(message, try, p)] > 0
		}
		if whole {
			n++
		}
	}
	return n
}

func (c *fakeCarrier) dial(_ dispatch.Channel, h carrier.Handler) (carrier.Session, error) {
	return &fakeSession{c: c, h: h, slots: make(chan struct{}, c.window), ended: make(chan struct{})}, nil
}

type fakeSession struct {
	c     *fakeCarrier
	h     carrier.Handler
	slots chan struct{}
	ended chan struct{}
	wg    sync.WaitGroup
}

func (s *fakeSession) Run(ctx context.Context) error {
	s.c.mu.Lock()
	s.c.session = s
	s.c.mu.Unlock()
	<-ctx.Done()
	s.c.mu.Lock()
	s.c.session = nil
	s.c.mu.Unlock()
	close(s.ended)
	s.wg.Wait()
	return nil
}

func (s *fakeSession) Up() int {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if s.c.session == s {
		return 1
	}
	return 0
}

func (s *fakeSession) Submit(context.Context, *carrier.Part) error { return errors.New("unused") }
func (s *fakeSession) SubmitParts(context.Context, []*carrier.Part) error {
	return errors.New("unused")
}

func (s *fakeSession) Reserve(ctx context.Context, n int) (carrier.Slots, error) {
	for i := range n {
		select {
		case s.slots <- struct{}{}:
		case <-ctx.Done():
			for range i {
				<-s.slots
			}
			return nil, ctx.Err()
		case <-s.ended:
			return nil, carrier.ErrClosed
		}
	}
	return &fakeSlots{s, n}, nil
}

type fakeSlots struct {
	s *fakeSession
	n int
}

func (f *fakeSlots) Release() {
	for range f.n {
		<-f.s.slots
	}
	f.n = 0
}

func (f *fakeSlots) Submit(_ context.Context, parts ...*carrier.Part) error {
	c := f.s.c
	c.mu.Lock()
	lost := c.session != f.s || c.rnd.IntN(100) < c.faults/10
	for range parts {
		if !lost {
			c.times = append(c.times, time.Now())
		}
	}
	c.mu.Unlock()
	if lost {
		f.Release()
		return carrier.ErrLost
	}
	f.n -= len(parts)
	for _, p := range parts {
		f.s.wg.Add(1)
		go f.s.answer(*p)
	}
	return nil
}

// answer decides about a part as carriers do.
func (s *fakeSession) answer(p carrier.Part) {
	defer s.wg.Done()
	c := s.c
	c.mu.Lock()
	class := carrier.OK
	if c.rnd.IntN(100) < c.faults {
		class = []carrier.Class{carrier.Flow, carrier.Temp, carrier.Route, carrier.Dest, carrier.Ambig, carrier.Ambig}[c.rnd.IntN(6)]
	}
	c.classes[class]++
	accepted := class == carrier.OK || class == carrier.Ambig && c.rnd.IntN(2) == 0
	c.seq++
	id := strconv.Itoa(c.seq)
	if accepted {
		c.parts[p.Key]++
	}
	delay := time.Duration(c.rnd.Int64N(int64(c.latency))) + time.Millisecond
	c.mu.Unlock()
	if accepted {
		c.report(id, p.Dest)
	}
	r := carrier.Result{Key: p.Key, Class: class, Code: class.String()}
	if class == carrier.OK {
		r.Code, r.MsgID = "0", id
	}
	if c.hold != nil {
		select {
		case <-c.hold:
		case <-s.ended:
		}
	}
	select {
	case <-time.After(delay):
	case <-s.ended: // the answer is lost with the link
		r.Class, r.Code, r.MsgID = carrier.Ambig, "lost", ""
	}
	<-s.slots
	r.At = time.Now()
	s.h.Submitted(r)
}

// report delivers a receipt some time later, sometimes twice, sometimes never, until a session has acknowledged it.
func (c *fakeCarrier) report(id, dest string) {
	c.mu.Lock()
	delay := time.Duration(c.rnd.Int64N(int64(15 * time.Second)))
	if c.prompt {
		delay /= 300
	}
	times := 1
	r := carrier.Receipt{MsgID: id, State: "DELIVRD", Final: true, Delivered: true, Dest: dest}
	if c.rnd.IntN(100) < c.faults {
		switch c.rnd.IntN(4) {
		case 0:
			delay = 0 // before the response
		case 1:
			times = 2
		case 2:
			times = 0
		case 3:
			r.State, r.Delivered, r.Class = "UNDELIV", false, carrier.Dest
		}
	}
	c.mu.Unlock()
	for range times {
		c.wg.Go(func() {
			for wait := delay; ; wait = 2 * time.Second {
				if wait > 0 { // timers that are due when they are made crash the race detector of Go 1.26 in testing/synctest
					select {
					case <-time.After(wait):
					case <-c.stop:
						return
					}
				}
				c.mu.Lock()
				s := c.session
				c.mu.Unlock()
				if s == nil {
					continue
				}
				done := make(chan error, 1)
				one := r
				one.At = time.Now()
				s.h.Receipt(one, func(err error) { done <- err })
				if <-done == nil {
					c.acknowledged.Add(1)
					return
				}
			}
		})
	}
}
