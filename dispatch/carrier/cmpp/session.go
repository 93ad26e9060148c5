package cmpp

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"cardlink/dispatch/carrier"
)

// Session is a client of one account. It implements carrier.Session; results of SubmitParts that could not be written any more reach the
// handler from the caller's own goroutine, all others from the session's.
type Session struct {
	opts    Options
	handler carrier.Handler
	meters  meters
	asked   atomic.Uint32 // the version to ask for; lowered once by Downgrade

	mu      sync.Mutex // locked before a conn's mu, never after it
	conns   []*conn    // by index; nil or not up while there is none
	status  []ConnStatus
	waiters []*waiter
	started bool
	closed  bool // no more submits
}

var _ carrier.Session = (*Session)(nil)

// ConnStatus is what one of the connections is doing, for people.
type ConnStatus struct {
	State   string    // "idle", "connecting", "up", "draining", "waiting" (before it tries again)
	Since   time.Time // of State
	Version Version   // spoken; when up or draining
	Pending int       // unanswered submits
	Error   string    // why it last failed, until it is up again
}

// New makes a session that reports to h. Run starts it.
func New(o Options, h carrier.Handler) (*Session, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("cmpp options: %w", err)
	}
	o = o.withDefaults()
	o.Log = o.Log.With("channel", o.Name)
	s := &Session{opts: o, handler: h, conns: make([]*conn, o.Connections), status: make([]ConnStatus, o.Connections)}
	for i := range s.status {
		s.status[i].State = "idle"
	}
	s.asked.Store(uint32(o.Version))
	s.meters = newMeters(o.Metrics, o.Name)
	return s, nil
}

// Run implements carrier.Session. It always returns nil: what goes wrong with a connection is logged, shown by Status and tried again.
func (s *Session) Run(ctx context.Context) error {
	s.mu.Lock()
	if s.started {
		s.mu.Unlock()
		return errors.New("cmpp: Run called twice")
	}
	s.started = true
	s.mu.Unlock()
	stop := context.AfterFunc(ctx, s.close)
	defer stop()
	var all sync.WaitGroup
	for i := range s.opts.Connections {
		all.Go(func() { s.keep(ctx, i) })
	}
	all.Wait()
	s.close()
	return nil
}

// close refuses submits from now on, those waiting included.
func (s *Session) close() {
	s.mu.Lock()
	s.closed = true
	s.grant()
	s.mu.Unlock()
}

// keep holds connection i until ctx ends.
func (s *Session) keep(ctx context.Context, i int) {
	var b backoff
	log := s.opts.Log.With("connection", i)
	for ctx.Err() == nil {
		s.set(i, func(st *ConnStatus) { st.State = "connecting" })
		c, err := s.connect(ctx, i)
		if err == nil {
			log.Info("carrier connection up", "version", c.version.String())
			start := time.Now()
			err = c.serve(ctx)
			if time.Since(start) >= steady {
				b.reset()
			}
		}
		if ctx.Err() != nil {
			break
		}
		if s.downgrade(err) {
			log.Warn("gateway does not speak the version asked for, going on with 2.0")
			continue
		}
		wait := b.next(err)
		log.Warn("carrier connection failed", "error", err, "retry_in", wait.Round(time.Millisecond))
		s.set(i, func(st *ConnStatus) { st.State, st.Error = "waiting", err.Error() })
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
		}
	}
	s.set(i, func(st *ConnStatus) { *st = ConnStatus{State: "idle"} })
}

// downgrade reports whether err is the gateway's "version too high" and 2.0 has not been tried.
func (s *Session) downgrade(err error) bool {
	refused := (*loginError)(nil)
	return errors.As(err, &refused) && refused.status == ConnectVersion && s.opts.Downgrade && s.asked.Swap(uint32(V20)) != uint32(V20)
}

// set changes the status of connection i.
func (s *Session) set(i int, change func(*ConnStatus)) {
	s.mu.Lock()
	change(&s.status[i])
	s.status[i].Since = s.opts.Now()
	s.mu.Unlock()
}

// up makes c available.
func (s *Session) up(c *conn) {
	s.mu.Lock()
	s.conns[c.index] = c
	c.up, c.free = true, s.opts.Window
	s.status[c.index] = ConnStatus{State: "up", Since: s.opts.Now(), Version: c.version}
	s.meters.up.Inc()
	s.grant()
	s.mu.Unlock()
}

// down makes c unavailable and lets go of those who wait for it alone.
func (s *Session) down(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !c.up {
		return
	}
	c.up = false
	s.meters.up.Dec()
	kept := s.waiters[:0]
	for _, w := range s.waiters {
		if w.only == c {
			w.ready <- grant{err: carrier.ErrLost}
			continue
		}
		kept = append(kept, w)
	}
	clear(s.waiters[len(kept):])
	s.waiters = kept
	s.grant()
}

// Up implements carrier.Session.
func (s *Session) Up() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		if c != nil && c.up {
			n++
		}
	}
	return n
}

// Status tells what each connection is doing.
func (s *Session) Status() []ConnStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := append([]ConnStatus(nil), s.status...)
	for i, c := range s.conns {
		if c != nil && c.up {
			c.mu.Lock()
			all[i].Pending = c.waiting
			c.mu.Unlock()
		}
	}
	return all
}

// result hands a result up and counts it.
func (s *Session) result(r carrier.Result) {
	s.meters.results[r.Class].Inc()
	s.handler.Submitted(r)
}
