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
	"github.com/cespare/xxhash/v2"
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

// Errors of Find.
var (
	ErrUnknown = errors.New("no such link")
	ErrLimited = errors.New("too many unknown codes from this client")
)

// Resolver answers visitors of links from memory, and from the store where memory does not know. It owns the quota of this node.
//
// What it promises, whatever dies when: a link is never resolved more often than its limit, on any number of nodes; a resolution that
// was answered has its fact in the journal or in the store; what a dead node held unused is free again when it has come back.
type Resolver struct {
	o       ResolverOptions
	key     [32]byte
	cache   *ristretto.Cache[uint64, *Entry]
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

type flight struct {
	done chan struct{}
	e    *Entry
	err  error
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

// Domain finds the domain of a visitor: the host with the longest registered path prefix of path, and what is left of path as the code.
// path begins with "/". ok is false if nobody serves that address. It does not allocate.
func (r *Resolver) Domain(host, path []byte) (d *Domain, code []byte, ok bool) {
	all := *r.domains.Load()
	var buf [maxDomain + 8]byte
	key := appendHost(buf[:0], host)
	if key == nil || len(path) < 2 {
		return nil, nil, false
	}
	hostEnd := len(key)
	// The code is what follows the last slash; the levels before it belong to the domain.
	cut := len(path) - 1
	for path[cut] != '/' {
		cut--
	}
	code = path[cut+1:]
	if len(key)+cut > cap(buf) {
		return nil, nil, false
	}
	key = append(key, path[:cut]...)
	if d = all[string(key)]; d != nil {
		return d, code, true
	}
	// A request for a port may be meant for the host without it.
	for i := hostEnd - 1; i >= 0; i-- {
		if c := key[i]; c == ':' {
			key = append(key[:i], path[:cut]...)
			if d = all[string(key)]; d != nil {
				return d, code, true
			}
			break
		} else if c < '0' || c > '9' {
			break
		}
	}
	if r.o.AnyHost && cut == 0 {
		return anyHost, code, true
	}
	return nil, nil, false
}

// anyHost stands for hosts that are not registered; its name is empty.
var anyHost = &Domain{Generation: Standard}

// appendHost appends host in lower case without a final dot; nil if it is empty or too long for any domain.
func appendHost(dst, host []byte) []byte {
	if len(host) == 0 || len(host) > maxDomain {
		return nil
	}
	for _, c := range host {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	if dst[len(dst)-1] == '.' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// Find gives the link of a code on a domain that Domain found. client identifies who asks, for the budget of unknown codes. The error is
// ErrUnknown, ErrLimited, or what kept the store from answering. It does not allocate if the link is in memory.
func (r *Resolver) Find(ctx context.Context, d *Domain, code []byte, client uint64) (*Entry, error) {
	key, lk, ok := r.linkKey(d, code)
	if !ok {
		return nil, ErrUnknown
	}
	if e, hit := r.cache.Get(key); hit && e.at(d, code) {
		return e, nil
	}
	nowMs := r.o.Now().UnixMilli()
	if r.unknown.has(key, nowMs) {
		r.stats.unknownHits.Inc()
		return nil, ErrUnknown
	}
	if !r.budget.allows(client, nowMs) {
		r.stats.limited.Inc()
		return nil, ErrLimited
	}
	if lk.Code != "" {
		lk.Code = string(code) // it lived in the request
	}
	e, err := r.look(ctx, key, lk)
	if err == nil && !e.at(d, code) {
		err = ErrUnknown // a link of another domain, or of another code length
	}
	if errors.Is(err, ErrUnknown) {
		r.unknown.add(key, nowMs)
		r.budget.charge(client, nowMs)
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// linkKey gives the cache key and the store key of a code. Ids are below 2^60, so the top bit tells custom codes apart.
func (r *Resolver) linkKey(d *Domain, code []byte) (key uint64, lk LinkKey, ok bool) {
	if d.Generation == Standard {
		id, err := r.o.Codec.ParseCode(code)
		return uint64(id), LinkKey{ID: id}, err == nil && id > 0
	}
	if !IsCustom(code) {
		return 0, lk, false
	}
	return customKey(d.Name, text(code)), LinkKey{Domain: d.Name, Code: text(code)}, true
}

func customKey(domain, code string) uint64 {
	var h xxhash.Digest
	h.Reset()
	_, _ = h.WriteString(domain)
	_, _ = h.WriteString("/")
	_, _ = h.WriteString(code)
	return h.Sum64() | 1<<63
}

// at reports whether e is the link of code on d: a hash may have met another, and a standard code of another length names the same id.
func (e *Entry) at(d *Domain, code []byte) bool {
	n := len(e.url) - len(code)
	if n < 1 || e.url[n-1] != '/' || e.url[n:] != string(code) {
		return false
	}
	return d.Name == "" || e.url[:n-1] == d.Name
}

// look reads a link from the store, once for all who ask at the same time.
func (r *Resolver) look(ctx context.Context, key uint64, lk LinkKey) (*Entry, error) {
	r.flightMu.Lock()
	if f := r.flights[key]; f != nil {
		r.flightMu.Unlock()
		select {
		case <-f.done:
			return f.e, f.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	f := &flight{done: make(chan struct{})}
	r.flights[key] = f
	r.flightMu.Unlock()
	f.e, f.err = r.read(ctx, key, lk)
	r.flightMu.Lock()
	delete(r.flights, key)
	r.flightMu.Unlock()
	close(f.done)
	return f.e, f.err
}

func (r *Resolver) read(ctx context.Context, key uint64, lk LinkKey) (*Entry, error) {
	r.stats.misses.Inc()
	l, err := r.finds.ask(ctx, lk)
	if err != nil {
		return nil, fmt.Errorf("find a link: %w", err)
	}
	if l == nil {
		return nil, ErrUnknown
	}
	slot := r.slots.slot(l.TplID, l.TplVersion)
	st, err := r.slots.current(ctx, slot, r.o.Now().UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("load the template of a link: %w", err)
	}
	var params []string
	if st.template != nil && len(st.template.Params) > 0 {
		params = make([]string, len(st.template.Params))
		for i, p := range st.template.Params {
			params[i] = l.Params[p.Bare()]
		}
	}
	e, cost := newEntry(l, slot, params)
	r.cache.Set(key, e, cost)
	return e, nil
}

// findLinks answers a batch of look-ups; nil stands for an unknown link.
func (r *Resolver) findLinks(ctx context.Context, keys []LinkKey) ([]*Link, error) {
	links, err := r.o.Store.FindLinks(ctx, keys)
	if err != nil {
		return nil, err
	}
	byKey := make(map[LinkKey]*Link, len(links))
	for i := range links {
		l := &links[i]
		if l.Custom {
			byKey[LinkKey{Domain: l.Domain, Code: l.Code}] = l
		} else {
			byKey[LinkKey{ID: l.ID}] = l
		}
	}
	found := make([]*Link, len(keys))
	for i, k := range keys {
		found[i] = byKey[k]
	}
	return found, nil
}

// loadDomains reads all domains into a new snapshot.
func (r *Resolver) loadDomains(ctx context.Context) error {
	ds, err := r.o.Store.Domains(ctx, "")
	if err != nil {
		return err
	}
	all := make(map[string]*Domain, len(ds))
	for i := range ds {
		all[ds[i].Name] = &ds[i]
	}
	r.domains.Store(&all)
	return nil
}
