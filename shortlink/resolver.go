package shortlink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/dgraph-io/ristretto/v2"
)

// ResolverOptions configure a Resolver. Store, Journal, Templates, Codec, Node and DeviceKey are required.
type ResolverOptions struct {
	Store     EdgeStore
	Journal   Journal
	Templates TemplateLoader
	Codec     *Codec
	// Node names this edge for ever: leases and journal positions are kept under it. No two running edges may share a name.
	Node string
	// DeviceKey, 32 bytes, keys the references of devices. It must stay the same over restarts and on all nodes.
	DeviceKey []byte
	// Measure appends to dst what whoever draws a link's card wants to keep of its values, a word for each (render.Measures). It is asked once for each link
	// that comes into the cache; nil: nothing is kept.
	Measure func(dst []uint32, values []string) []uint32
	// RequireSign refuses attempts that do not tell the signature of their SMS. By default a handset may leave it out; one it tells must match.
	RequireSign bool
	// AnyHost serves standard codes on hosts that are not registered domains, whatever domain the link was made on.
	AnyHost         bool
	CacheBytes      int64         // memory for links, about; default 256 MiB
	Devices         int           // repeats remembered, about 64 bytes each; default 262,144
	UnknownBurst    int           // unknown codes a client may ask for at once; default 100
	UnknownInterval time.Duration // and one more each; default 100 ms
	StoreTimeout    time.Duration // of one call of the store; default 5 s
	Now             func() time.Time
	Log             *slog.Logger
	Metrics         *metrics.Set // nil: none
}

func (o *ResolverOptions) defaults() error {
	if o.CacheBytes <= 0 {
		o.CacheBytes = 256 << 20
	}
	if o.Devices <= 0 {
		o.Devices = 1 << 18
	}
	if o.UnknownBurst <= 0 {
		o.UnknownBurst = 100
	}
	if o.UnknownInterval <= 0 {
		o.UnknownInterval = 100 * time.Millisecond
	}
	if o.StoreTimeout <= 0 {
		o.StoreTimeout = 5 * time.Second
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
	var errs []error
	if o.Store == nil || o.Journal == nil || o.Templates == nil || o.Codec == nil || o.Node == "" {
		errs = append(errs, errors.New("shortlink: Store, Journal, Templates, Codec and Node are required"))
	}
	if len(o.DeviceKey) != 32 {
		errs = append(errs, fmt.Errorf("shortlink: the device key must be 32 bytes, not %d", len(o.DeviceKey)))
	}
	return errors.Join(errs...)
}

// Resolver answers visitors of links from memory, and from the store where memory does not know. It owns the quota of this node.
//
// What it promises, whatever dies when: a link is never resolved more often than its limit, on any number of nodes; a resolution that
// was answered has its fact in the journal or in the store; what a dead node held unused is free again when it has come back.
type Resolver struct {
	o       ResolverOptions
	key     [32]byte
	cache   *ristretto.Cache[uint64, *Entry]
	front   front
	slots   *templateSlots
	domains atomic.Pointer[map[string]*Domain]
	unknown unknowns
	budget  missBudget
	repeats *repeats
	stripes [4096]sync.Mutex // by link and device: of two equal attempts the second sees what the first did

	finds  *coalescer[LinkKey, *Link]
	takes  *coalescer[takeAsk, Taken]
	asks   *coalescer[Ask, Grant]
	leases *leases

	flightMu sync.Mutex
	flights  map[uint64]*flight // one look-up per key

	applier *applier
	taken   takenMark
	doubt   atomic.Bool // an Append failed: an ordinal may turn up as used after the journal was read

	cancel context.CancelFunc // ends the background work
	work   sync.WaitGroup
	once   sync.Once
	stats  resolverStats
}

// OpenResolver brings the node up to date and starts the resolver. In this order: everything in the journal is applied to the store; facts
// of individual resolutions that the journal misses are written again; the leases of the former life are given back; then visitors may come.
func OpenResolver(ctx context.Context, o ResolverOptions) (*Resolver, error) {
	if err := o.defaults(); err != nil {
		return nil, err
	}
	r := &Resolver{o: o, repeats: newRepeats(o.Devices), flights: make(map[uint64]*flight)}
	copy(r.key[:], o.DeviceKey)
	r.budget.interval, r.budget.burst = max(1, o.UnknownInterval.Milliseconds()), int64(o.UnknownBurst)
	r.slots = newTemplateSlots(o.Templates, o.Log, o.Now)
	r.stats.register(o.Metrics, r)
	r.applier = newApplier(o.Store, o.Journal, o.Node, o.Log, &r.taken)
	if err := r.recover(ctx); err != nil {
		return nil, err
	}
	var err error
	r.cache, err = ristretto.NewCache(&ristretto.Config[uint64, *Entry]{
		NumCounters: max(10_000, o.CacheBytes/entryOverhead*4), MaxCost: o.CacheBytes, BufferItems: 64, IgnoreInternalCost: true,
	})
	if err != nil {
		return nil, fmt.Errorf("shortlink: %w", err)
	}
	r.finds = newCoalescer(2, 256, o.StoreTimeout, r.findLinks)
	r.takes = newCoalescer(1, 512, o.StoreTimeout, r.takeOnes)
	r.asks = newCoalescer(1, 256, o.StoreTimeout, func(ctx context.Context, asks []Ask) ([]Grant, error) { return o.Store.LeaseQuota(ctx, o.Node, asks) })
	r.leases = newLeases(r.asks, func(ctx context.Context, tails []Tail) error { return o.Store.ReturnQuota(ctx, o.Node, tails) }, o.Log)
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.cancel = cancel
	for _, run := range []func(context.Context){r.applier.run, r.slots.run, r.tend} {
		r.work.Go(func() { run(background) })
	}
	return r, nil
}

// recover is OpenResolver's first half.
func (r *Resolver) recover(ctx context.Context) error {
	if err := r.applier.open(ctx); err != nil {
		return fmt.Errorf("apply the journal of node %s: %w", r.o.Node, err)
	}
	r.taken.row = r.applier.state.Journaled
	if err := r.rewrite(ctx); err != nil {
		return fmt.Errorf("write missing facts of node %s: %w", r.o.Node, err)
	}
	if err := r.o.Store.ReleaseNode(ctx, r.o.Node); err != nil {
		return err
	}
	if err := r.loadDomains(ctx); err != nil {
		return err
	}
	recent, err := r.o.Store.RecentDevices(ctx, r.o.Now().Add(-RepeatWindow), r.o.Devices)
	if err != nil {
		return err
	}
	for i := len(recent) - 1; i >= 0; i-- { // oldest first
		d := &recent[i]
		if len(d.ResolveID) == 36 {
			a, b := repeatKey(d.LinkID, []byte(d.DeviceRef))
			r.repeats.add(a, b, d.At.UnixMilli(), (*[36]byte)([]byte(d.ResolveID)))
		}
	}
	return nil
}

// Close stops the background work, applies the rest of the journal and gives the leases back. Nobody may resolve any more; the journal and
// the store must still be open. If the fate of a record in the journal is unknown, the leases stay with the node until it starts again and
// reads what the journal has kept.
func (r *Resolver) Close(ctx context.Context) (err error) {
	r.once.Do(func() {
		r.cancel()
		r.work.Wait()
		r.finds.stop()
		r.takes.stop()
		r.asks.stop()
		r.cache.Close()
		if err = r.applier.drain(ctx); err == nil && !r.doubt.Load() {
			err = r.o.Store.ReleaseNode(ctx, r.o.Node)
		}
	})
	return err
}

// Applied is up to where the journal is applied to the store: what lies before it may be truncated as far as this reader is concerned.
func (r *Resolver) Applied() Position { return r.applier.position() }
