package relay

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"cardlink/event"
)

// Store is the outbox as the relay sees it. Package store implements it; store/contract.Outbox says what that means.
type Store interface {
	// OutboxBatch returns the oldest rows, in the order of their ids, at most max of them and none if the outbox is empty. ids[i] is recs[i]'s.
	OutboxBatch(ctx context.Context, max int) (ids []int64, recs []event.Record, err error)
	// ForgetOutbox deletes exactly these rows. Rows that are gone already are no error.
	ForgetOutbox(ctx context.Context, ids []int64) error
	// OutboxDepth counts the rows.
	OutboxDepth(ctx context.Context) (int64, error)
	// Hold makes holder the holder of a name until now+ttl, if it already is or if nobody is, and reports whether it is.
	Hold(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (bool, error)
}

// OutboxOptions describe an Outbox relay. Store, Sink and Node are required.
type OutboxOptions struct {
	Store Store
	Sink  event.Sink
	Node  string // this process's name, unlike any other's
	// Batch bounds the rows of one round; default 1,000.
	Batch int
	// Poll is how often an empty outbox is looked at; default 20 ms. Wake shortens it.
	Poll time.Duration
	// Lease is how long the outbox stays this node's after it was last heard of; default 10 s. It is renewed each third of it.
	Lease   time.Duration
	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: silent
	Metrics *metrics.Set     // nil: none
}

// Outbox moves the facts of the outbox table to Kafka.
//
// Guarantee: every row that was committed reaches Kafka at least once, and rows of one key in the order of their ids. The steps, in this order:
//
//  1. Hold the lease: one node relays. A second one that believes so for a moment (a process that was stopped for longer than its lease)
//     causes duplicates, nothing else.
//  2. Read the oldest rows, in the order of their ids.
//  3. Write them to the sink and wait until all are acknowledged. On an error nothing is forgotten: the same rows are read again after
//     a pause, and no later row overtakes them.
//  4. Forget exactly the rows that were written. A crash before this repeats them; consumers know facts by their ids.
//
// While Kafka is away the outbox grows and everything else goes on; its depth is in cardlink_outbox_rows.
type Outbox struct {
	o        OutboxOptions
	wake     chan struct{} // holds one token
	depth    atomic.Int64
	shipped  *metrics.Counter
	failures *metrics.Counter
}

const (
	leaseName  = "outbox-relay"
	depthEvery = 15 * time.Second
	shipLimit  = 30 * time.Second // for one round, database and Kafka together
)

// NewOutbox makes the relay; Run works it.
func NewOutbox(o OutboxOptions) (*Outbox, error) {
	if o.Store == nil || o.Sink == nil || o.Node == "" {
		return nil, errors.New("outbox relay: store, sink and node are required")
	}
	if o.Batch <= 0 {
		o.Batch = 1000
	}
	if o.Poll <= 0 {
		o.Poll = 20 * time.Millisecond
	}
	if o.Lease <= 0 {
		o.Lease = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = metrics.NewSet()
	}
	r := &Outbox{o: o, wake: make(chan struct{}, 1)}
	r.shipped = o.Metrics.GetOrCreateCounter("cardlink_outbox_relayed_total")
	r.failures = o.Metrics.GetOrCreateCounter("cardlink_outbox_failures_total")
	o.Metrics.GetOrCreateGauge("cardlink_outbox_rows", func() float64 { return float64(r.depth.Load()) })
	return r, nil
}

// Wake tells that rows were committed. It never blocks; whoever writes the outbox may call it, but need not.
func (r *Outbox) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run relays until ctx ends and returns nil then: failures are waited out. At the end it gives the lease back.
func (r *Outbox) Run(ctx context.Context) error {
	trouble := outage{log: r.o.Log, what: "relaying the outbox"}
	var renewed, measured time.Time
	var pause backoff
	for ctx.Err() == nil {
		now := r.o.Now()
		if now.Sub(renewed) >= r.o.Lease/3 {
			held, err := r.hold(ctx, now, r.o.Lease)
			if err != nil {
				r.fail(ctx, &trouble, err)
				renewed = time.Time{}
				sleep(ctx, pause.next(), nil)
				continue
			}
			if !held { // another node relays
				renewed = time.Time{}
				r.depth.Store(0) // it shows the depth, so that sums over nodes are right
				sleep(ctx, r.o.Lease/3, nil)
				continue
			}
			renewed = now
		}
		if now.Sub(measured) >= depthEvery {
			if n, err := r.o.Store.OutboxDepth(ctx); err == nil {
				r.depth.Store(n)
				measured = now
			}
		}
		n, err := r.ship(ctx)
		if err == nil { // between two counts
			r.depth.Store(max(0, r.depth.Load()-int64(n)))
		}
		switch {
		case err != nil:
			r.fail(ctx, &trouble, err)
			sleep(ctx, pause.next(), nil)
			continue
		case n < r.o.Batch: // that was all
			sleep(ctx, r.o.Poll, r.wake)
		}
		trouble.succeeded(r.o.Now())
		pause = backoff{}
	}
	if !renewed.IsZero() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if _, err := r.hold(last, r.o.Now(), -time.Millisecond); err != nil {
			r.o.Log.Warn("outbox relay: the lease is not given back and runs out by itself", "err", err)
		}
	}
	return nil
}

func (r *Outbox) hold(ctx context.Context, now time.Time, ttl time.Duration) (bool, error) {
	return r.o.Store.Hold(ctx, leaseName, r.o.Node, now, ttl)
}

func (r *Outbox) fail(ctx context.Context, trouble *outage, err error) {
	if ctx.Err() != nil {
		return
	}
	r.failures.Inc()
	trouble.failed(r.o.Now(), err)
}

// ship moves one batch and returns its size.
func (r *Outbox) ship(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, shipLimit)
	defer cancel()
	ids, recs, err := r.o.Store.OutboxBatch(ctx, r.o.Batch)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	if err := r.o.Sink.Write(ctx, recs); err != nil {
		return 0, err
	}
	// What Kafka has acknowledged is forgotten even if we are asked to stop just now: it saves a repeat.
	last, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	if err := r.o.Store.ForgetOutbox(last, ids); err != nil {
		return 0, err
	}
	r.shipped.Add(len(ids))
	return len(ids), nil
}
