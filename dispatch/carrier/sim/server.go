package sim

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"cardlink/dispatch/carrier"
	"cardlink/dispatch/carrier/cmpp"
)

// Server is a carrier. Start opens it, Close ends it.
type Server struct {
	opts     Options
	ln       net.Listener
	accounts map[string]*account
	faults   atomic.Pointer[Faults]
	inbox    *inbox
	schedule *schedule
	ids      ids
	count    counters
	pending  atomic.Int64 // deliveries scheduled, ready or unanswered
	stop     chan struct{}
	running  sync.WaitGroup

	mu     sync.Mutex
	conns  map[*conn]struct{}
	closed bool
}

// Start listens and serves until Close.
func Start(o Options) (*Server, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("carrier simulator: %w", err)
	}
	o = o.withDefaults()
	s := &Server{opts: o, ln: o.Listener, accounts: map[string]*account{}, inbox: newInbox(o.Keep, o.OnMessage), stop: make(chan struct{}),
		conns: map[*conn]struct{}{}}
	s.schedule = newSchedule(s.due)
	s.faults.Store(&o.Faults)
	for id, secret := range o.Accounts {
		a := &account{id: id, secret: secret, srv: s}
		if o.Rate > 0 {
			a.limit = newLimit(o.Rate)
		}
		s.accounts[id] = a
	}
	if s.ln == nil {
		ln, err := net.Listen("tcp", o.Addr)
		if err != nil {
			return nil, fmt.Errorf("carrier simulator: %w", err)
		}
		s.ln = ln
	}
	s.running.Go(s.accept)
	s.running.Go(func() { s.schedule.run(s.stop) })
	return s, nil
}

// Addr is where it listens.
func (s *Server) Addr() string { return s.ln.Addr().String() }

// SetFaults changes what goes wrong from now on. Counts of …After go on.
func (s *Server) SetFaults(f Faults) { s.faults.Store(&f) }

// Accepted is the latest messages, oldest first, as far as Options.Keep goes.
func (s *Server) Accepted() []Message { return s.inbox.all() }

// Reply sends a text from a handset to an account's access number, in as many parts as it takes.
func (s *Server) Reply(account, from, to, text string) error {
	a := s.accounts[account]
	if a == nil {
		return fmt.Errorf("carrier simulator: no account %q", account)
	}
	if len(from) > cmpp.ShortNumber || len(to) > cmpp.ShortNumber {
		return fmt.Errorf("carrier simulator: numbers have at most %d digits", cmpp.ShortNumber)
	}
	now := time.Now()
	segments, err := carrier.Encoding{}.Split(text, uint16(now.UnixNano()))
	if err != nil {
		return err
	}
	for _, g := range segments {
		r := &receipt{account: a, id: s.ids.take(now, 1), dest: from, source: to, at: now, content: append([]byte{}, g.Content...), format: g.Format}
		if g.UDH {
			r.udhi = 1
		}
		s.pending.Add(1)
		a.deliver(r)
	}
	return nil
}

// Drop closes all connections, as a network that goes away does.
func (s *Server) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.nc.Close()
	}
}

// Close stops listening, drops the connections and waits for its goroutines. Deliveries under way are forgotten.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	err := s.ln.Close()
	close(s.stop)
	s.Drop()
	s.running.Wait()
	return err
}

// Run serves until ctx ends: Start has begun already, this only waits and closes.
func (s *Server) Run(ctx context.Context) error {
	<-ctx.Done()
	return s.Close()
}

// accept takes connections.
func (s *Server) accept() {
	for {
		nc, err := s.ln.Accept()
		if err != nil {
			select {
			case <-s.stop:
				return
			case <-time.After(10 * time.Millisecond): // out of descriptors, perhaps
			}
			continue
		}
		c := &conn{srv: s, nc: nc, out: cmpp.NewOutbox(outboxLimit), deliveries: map[uint32]sentDelivery{}}
		c.in = cmpp.NewReader(c)
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			nc.Close()
			continue
		}
		s.conns[c] = struct{}{}
		s.running.Go(func() {
			c.serve()
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
		})
		s.mu.Unlock()
	}
}

// due does what the schedule planned.
func (s *Server) due(e *event) {
	if e.receipt != nil {
		e.receipt.account.deliver(e.receipt)
		return
	}
	e.conn.unanswered.Add(-1)
	if e.conn.answer(e.answer) != nil {
		e.conn.nc.Close()
	}
}

// ids makes message ids: the time, a gateway code that carries the sequence's overflow, and the sequence.
type ids struct{ n atomic.Uint32 }

// take is the first of n ids in a row.
func (i *ids) take(now time.Time, n int) cmpp.MsgID {
	last := i.n.Add(uint32(n))
	first := last - uint32(n)
	return cmpp.NewMsgID(now.UTC().Add(8*time.Hour), 100000+first>>16, uint16(first))
}
