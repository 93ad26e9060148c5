package callback

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// SenderOptions configure a Sender. Store, Facts and Holder are required.
type SenderOptions struct {
	Store   Store
	Facts   Facts
	Holder  string // this node's name, the same after a restart: what it had claimed when it died is sent again at once
	Targets Targets
	Sign    SignFunc // for tenants that chose access-key signatures; nil = such pushes fail and stay in the queue

	Timeout     time.Duration  // of one attempt; default 10 s
	PerEndpoint int            // attempts at one address at a time, at most; default 32
	Total       int            // attempts at a time, at most; default 1024
	Poll        time.Duration  // how often to look at the queue without being woken; default 1 s
	Drain       time.Duration  // how long attempts in flight may take after the stop; default 5 s
	KeepDone    time.Duration  // how long a delivered row stands against repeated facts; default 24 h
	KeepDead    time.Duration  // how long a dead letter can be replayed; default 30 days
	RootCAs     *x509.CertPool // nil = the system's

	Transport http.RoundTripper // nil = the guarded one; tests put their own
	Now       func() time.Time  // default time.Now
	Random    func() float64    // jitter in [0, 1); default math/rand/v2
	Log       *slog.Logger
	Metrics   *metrics.Set
}

func (o *SenderOptions) defaults() {
	set := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	set(&o.Timeout, 10*time.Second)
	set(&o.Poll, time.Second)
	set(&o.Drain, 5*time.Second)
	set(&o.KeepDone, 24*time.Hour)
	set(&o.KeepDead, 30*24*time.Hour)
	if o.PerEndpoint <= 0 {
		o.PerEndpoint = 32
	}
	if o.Total <= 0 {
		o.Total = 1024
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = metrics.NewSet()
	}
}

// Sender delivers what is in the queue. Each address has a lane of its own (lane.go): a slow or broken address narrows its lane and leaves the
// others alone.
type Sender struct {
	o      SenderOptions
	poster poster
	woken  chan struct{} // one token: "look now"
	slots  chan struct{} // attempts under way on this node
	lease  time.Duration

	mu    sync.Mutex
	lanes map[laneKey]*lane // one per address that ever had work here; bounded by the number of addresses

	delivered, again, dead, recordFailures *metrics.Counter
	took                                   *metrics.Histogram
}

// NewSender builds a sender; run it with Run.
func NewSender(o SenderOptions) (*Sender, error) {
	if o.Store == nil || o.Facts == nil || o.Holder == "" {
		return nil, errors.New("callback: a sender needs a store, facts and a holder name")
	}
	o.defaults()
	g, err := newGuard(o.Targets)
	if err != nil {
		return nil, err
	}
	client := newClient(g, o.RootCAs, o.PerEndpoint, o.Total)
	if o.Transport != nil {
		client.Transport = o.Transport
	}
	m := o.Metrics
	s := &Sender{
		o:      o,
		poster: poster{client, o.Timeout, o.Sign, o.Now},
		woken:  make(chan struct{}, 1),
		slots:  make(chan struct{}, o.Total),
		// A lane buffers pushes for at most half of this before it starts them; then the attempt and its record have to fit as well.
		lease:          4*o.Timeout + time.Minute,
		lanes:          map[laneKey]*lane{},
		delivered:      m.GetOrCreateCounter(`cardlink_callback_items_total{result="delivered"}`),
		again:          m.GetOrCreateCounter(`cardlink_callback_items_total{result="again"}`),
		dead:           m.GetOrCreateCounter(`cardlink_callback_items_total{result="dead"}`),
		recordFailures: m.GetOrCreateCounter(`cardlink_callback_record_failures_total`),
		took:           m.GetOrCreateHistogram(`cardlink_callback_attempt_seconds`),
	}
	m.GetOrCreateGauge(`cardlink_callback_attempts_in_flight`, func() float64 { return float64(len(s.slots)) })
	return s, nil
}

// Wake makes the sender look at the queue now. It never blocks.
func (s *Sender) Wake() {
	select {
	case s.woken <- struct{}{}:
	default: // it has been told already
	}
}

// Run delivers until ctx ends. Then it starts nothing more, gives back what it had claimed but not begun, waits up to Drain for attempts in
// flight, records them and returns nil. What it could not record is sent again by whoever starts next, with retry set.
func (s *Sender) Run(ctx context.Context) error {
	if c, ok := s.poster.client.Transport.(*http.Transport); ok {
		defer c.CloseIdleConnections()
	}
	s.reclaim(ctx)

	// Attempts outlive ctx by Drain.
	hard, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	stopping := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(s.o.Drain)
		defer timer.Stop()
		select {
		case <-timer.C:
			abandon()
		case <-hard.Done():
		}
	})
	defer stopping()

	// Recording outlives the attempts: an outcome that is known but not recorded would be a second delivery.
	books, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()

	var lanes, recorder sync.WaitGroup
	results := make(chan laneResult, s.o.Total) // full: the attempts that want to report wait
	recorder.Go(func() { s.record(books, results) })
	lanes.Go(func() { s.housekeeping(ctx) })
	s.coordinate(ctx, &run{hard: hard, lanes: &lanes, results: results})
	lanes.Wait()
	close(results)
	last := time.AfterFunc(s.o.Drain, giveUp)
	defer last.Stop()
	recorder.Wait()
	return nil
}

// reclaim lets go of what this node had claimed when it died.
func (s *Sender) reclaim(ctx context.Context) {
	n, err := s.o.Store.Release(ctx, s.o.Holder, s.o.Now())
	if err != nil { // the leases end by themselves
		s.o.Log.Error("callback: could not release old claims", "error", err)
	} else if n > 0 {
		s.o.Log.Info("callback: attempts of the last run are unknown and will be repeated", "count", n)
	}
}

// run is what belongs to one call of Run.
type run struct {
	hard    context.Context // of attempts; ends Drain after ctx
	lanes   *sync.WaitGroup
	results chan<- laneResult
}

// coordinate starts the lanes that have work: at once when woken, else when the next row is due.
func (s *Sender) coordinate(ctx context.Context, r *run) {
	timer := time.NewTimer(s.o.Poll)
	defer timer.Stop()
	for first := true; ; first = false { // the first look is at once, without a timer: one that is due when it is made crashes the race detector of Go 1.26 in testing/synctest
		wake := false
		if !first {
			select {
			case <-ctx.Done():
				return
			case <-s.woken:
				wake = true
			case <-timer.C:
			}
		}
		wait := s.o.Poll
		due, err := s.o.Store.Due(ctx)
		if err != nil && ctx.Err() == nil {
			s.o.Log.Error("callback: could not read the queue; trying again", "error", err, "wait", wait)
		}
		now := s.o.Now()
		for _, d := range due {
			k, at := laneKey{d.Tenant, d.URLType}, d.Next
			if rest := s.restOf(k); rest.After(at) {
				at = rest
			} else if d.URLType.Batches() && wake {
				at = at.Add(-Linger) // there may be a full batch before its time
			}
			if !at.After(now) {
				s.start(ctx, r, k)
			}
			if at = later(at, d.Next); at.After(now) {
				wait = min(wait, at.Sub(now))
			}
		}
		timer.Reset(max(wait, time.Millisecond))
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Bounds of one step of housekeeping, so that it never holds the writer for long.
const (
	houseEvery = time.Minute // doubled up to idleEvery while there is nothing to do
	idleEvery  = 10 * time.Minute
	houseRows  = 1000
	houseSteps = 100 // per turn
)

// housekeeping gives up rows of disabled addresses and forgets what is over.
func (s *Sender) housekeeping(ctx context.Context) {
	wait := houseEvery
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		wait = min(2*wait, idleEvery)
		now := s.o.Now()
		for range houseSteps {
			buried, err1 := s.o.Store.BuryDisabled(ctx, now, houseRows)
			purged, err2 := s.o.Store.Purge(ctx, now.Add(-s.o.KeepDone), now.Add(-s.o.KeepDead), houseRows)
			s.dead.Add(buried)
			if buried+purged > 0 {
				wait = houseEvery
			}
			if err := errors.Join(err1, err2); err != nil {
				if ctx.Err() == nil {
					s.o.Log.Error("callback: housekeeping failed", "error", err)
				}
				break
			}
			if buried < houseRows && purged < houseRows {
				break
			}
		}
		timer.Reset(wait)
	}
}
