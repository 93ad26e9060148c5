package dispatch

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"cardlink/dispatch/carrier"
)

// Options configure a Worker. Store, Node and Dial are required.
type Options struct {
	Store Queue
	// Node names this process among those that share the store; it must not change over restarts and not be used twice at once.
	Node     string
	Channels []Channel
	// Dial makes the session of a channel; it must not connect yet. The worker runs it.
	Dial func(Channel, carrier.Handler) (carrier.Session, error)
	// Budget shares the channels' rates; default a MemoryBudget.
	Budget Budget
	// Nodes is told every few seconds how many workers share the store; nil = nobody asks.
	Nodes func(n int)
	// Delivered is called when replies were queued for their applications; it must not block. nil = nobody asks.
	Delivered func()
	// Weight is a tenant's share of a channel, at least 1; nil = equal shares.
	Weight func(tenant string) int
	// Memory bounds the messages held per route and class; default 2000. Those beyond it wait in the store.
	Memory int
	// Poll is how often the store is asked for due messages when nobody calls Wake; default 250 ms.
	Poll time.Duration
	// Grace bounds the writing of last results when Run ends; default 10 s.
	Grace   time.Duration
	Now     func() time.Time
	Log     *slog.Logger
	Metrics *metrics.Set
}

// Worker takes queued messages to the carriers and brings their answers home. One Run per Worker.
type Worker struct {
	o     Options
	log   *slog.Logger
	now   func() time.Time
	lanes []*lane
	loads []load // what the loader asks for
	owner atomic.Int64
	woken chan struct{}
	heard chan struct{} // one token: replies were saved
	items chan item     // to the recorder; a full channel makes the sessions' readers wait
	gone  chan struct{} // closed when the recorder has returned
	stats stats
	seed  maphash.Seed
	refs  [1024]atomic.Uint32 // concatenation references by hash of the number: consecutive for one handset

	mu      sync.Mutex // guards what follows
	queues  map[string]*fairQueue
	flights map[int64]*flight // tries that are out
}

// load is one question to the store.
type load struct {
	route string
	class Class
	after string // the tenant asked for last
}

// ownerLife is how long a registration lasts without renewal: a crashed node's messages are taken over after it.
const ownerLife = 20 * time.Second

// NewWorker checks the options and makes the channels' sessions without connecting.
func NewWorker(o Options) (*Worker, error) {
	if o.Store == nil || o.Node == "" || o.Dial == nil {
		return nil, errors.New("dispatch: a store, a node name and a dialler are required")
	}
	if err := validateChannels(o.Channels); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Budget == nil {
		o.Budget = NewMemoryBudget(nil)
	}
	if o.Memory <= 0 {
		o.Memory = 2000
	}
	if o.Poll <= 0 {
		o.Poll = 250 * time.Millisecond
	}
	if o.Grace <= 0 {
		o.Grace = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	w := &Worker{
		o: o, log: o.Log, now: o.Now, woken: make(chan struct{}, 1), heard: make(chan struct{}, 1), items: make(chan item, 2048), gone: make(chan struct{}),
		queues: make(map[string]*fairQueue), flights: make(map[int64]*flight), seed: maphash.MakeSeed(),
	}
	w.stats.init(o.Metrics, w)
	for _, c := range o.Channels {
		l := &lane{w: w, channel: c, pacer: newPacer(&c, o.Budget), wake: make(chan struct{}, 1), ready: make(chan []*flight, 1)}
		l.stats.init(o.Metrics, c.Name)
		s, err := o.Dial(c, laneHandler{l})
		if err != nil {
			return nil, fmt.Errorf("channel %s: %w", c.Name, err)
		}
		l.session = s
		l.serve(pinnedRoute(c.Name))
		w.lanes = append(w.lanes, l)
	}
	w.assign()
	return w, nil
}

// assign gives every lane the routes it serves: its carriers', and those of carriers that no channel with its number serves.
func (w *Worker) assign() {
	for _, l := range w.lanes {
		for _, kind := range []string{KindNotify, KindPromotion} {
			if !l.channel.carries(SMSKind(kind)) {
				continue
			}
			for _, network := range []string{CMCC, CUCC, CTCC, Unknown} {
				meant := slices.ContainsFunc(w.lanes, func(o *lane) bool {
					return o.channel.Number == l.channel.Number && o.channel.carries(SMSKind(kind)) && o.channel.serves(network)
				})
				if l.channel.serves(network) || !meant {
					l.serve(homeRoute(l.channel.Number, kind, network))
				}
			}
		}
	}
	for route := range w.queues {
		for class := range Class(Classes) {
			w.loads = append(w.loads, load{route: route, class: class})
		}
	}
	slices.SortFunc(w.loads, func(a, b load) int { return int(a.class) - int(b.class) })
}

// Wake tells the worker that messages were queued. It does not block.
func (w *Worker) Wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

// Up reports, by channel name, how many connections are logged in.
func (w *Worker) Up() map[string]int {
	up := make(map[string]int, len(w.lanes))
	for _, l := range w.lanes {
		up[l.channel.Name] = l.session.Up()
	}
	return up
}

// Run works until ctx ends. Then, in this order: nothing new is claimed → what is claimed and not intended is given back → intents that
// were not written are marked unsent → sessions drain, unanswered parts become ambiguous → all of that is on disk → the registration ends.
// A crash at any point leaves rows from which RecoverMessages makes the same (docs/dispatch.md).
func (w *Worker) Run(ctx context.Context) error {
	if err := w.register(ctx); err != nil {
		return err
	}
	sessions, stopSessions := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSessions()
	last, giveUp := context.WithCancel(context.WithoutCancel(ctx)) // the recorder's store calls outlive ctx by Grace
	defer giveUp()
	quit := make(chan struct{})

	var running, submitting, connected sync.WaitGroup
	for _, l := range w.lanes {
		connected.Go(func() {
			if err := l.session.Run(sessions); err != nil && !errors.Is(err, context.Canceled) {
				l.w.log.Error("carrier session ended", "channel", l.channel.Name, "error", err)
			}
		})
		submitting.Go(func() { l.submit(ctx) })
		running.Go(func() { l.intend(ctx) })
	}
	go w.record(last, quit)
	running.Go(func() { w.load(ctx) })
	running.Go(func() { w.keep(ctx) })
	running.Go(func() { w.readReplies(ctx) })

	<-ctx.Done()
	grace := time.AfterFunc(w.o.Grace, giveUp)
	defer grace.Stop()
	running.Wait()
	submitting.Wait()
	stopSessions()
	connected.Wait()
	close(quit)
	<-w.gone
	return w.release(last)
}

// register opens an owner and takes over what earlier workers of this node, or dead ones, left.
func (w *Worker) register(ctx context.Context) error {
	owner, err := w.o.Store.OpenOwner(ctx, w.o.Node, w.now(), ownerLife)
	if err != nil {
		return fmt.Errorf("register the dispatcher: %w", err)
	}
	w.owner.Store(owner)
	for {
		t, err := w.o.Store.RecoverMessages(ctx, w.now(), 500)
		if err != nil {
			return fmt.Errorf("recover messages: %w", err)
		}
		w.stats.count(t)
		if t.Requeued+t.Doubtful == 0 {
			return nil
		}
		w.log.Info("took over messages of an earlier worker", "queued", t.Requeued, "ambiguous", t.Doubtful)
	}
}

// release gives back what is in memory.
func (w *Worker) release(ctx context.Context) error {
	w.mu.Lock()
	var held []Held
	for _, q := range w.queues {
		for _, f := range q.drain() {
			held = append(held, Held{f.ID, f.Tries})
		}
	}
	w.mu.Unlock()
	if len(held) > 0 {
		if err := w.o.Store.ReleaseMessages(ctx, w.owner.Load(), held); err != nil {
			return fmt.Errorf("give back %d messages: %w", len(held), err)
		}
	}
	if err := w.o.Store.CloseOwner(ctx, w.owner.Load()); err != nil {
		return fmt.Errorf("deregister the dispatcher: %w", err)
	}
	return nil
}

// enqueue puts a claimed message where its lanes look for it.
func (w *Worker) enqueue(f *flight, front bool) {
	w.mu.Lock()
	q := w.queues[f.Route]
	if q == nil { // a channel of an earlier configuration
		f.Route = f.Home
		if q = w.queues[f.Home]; q == nil {
			q = &fairQueue{}
			w.queues[f.Home] = q
		}
	}
	if front {
		q.pushFront(f)
	} else {
		q.push(f)
	}
	w.mu.Unlock()
}

// wakeLanes tells the lanes of a route that messages wait.
func (w *Worker) wakeLanes(route string) {
	for _, l := range w.lanes {
		if slices.Contains(l.routes, route) {
			select {
			case l.wake <- struct{}{}:
			default:
			}
		}
	}
}
