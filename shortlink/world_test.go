package shortlink

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"cardlink/event"
	"cardlink/event/journal"
	"cardlink/templates"
)

// The world of the resolver's tests: a store and journals that live in memory, outlive resolvers, and can be told to fail.

// memStore is EdgeStore, written for clearness: a map of who has which ordinal.
type memStore struct {
	mu       sync.Mutex
	links    map[int64]Link
	domains  []Domain
	rows     []memRow
	have     map[memKey]int // into rows
	issued   map[int64]int64
	leases   map[memKey]memLease
	nodes    map[string]NodeState
	revoked  []int64
	failNext int           // calls to fail before they do anything
	hideNext int           // calls that do their work and report failure
	reads    int           // FindLinks calls
	hold     chan struct{} // if not nil, FindLinks waits until it is closed
	down     bool          // every call fails
}

type memKey struct{ link, n int64 }

type memRow struct {
	Attempted
	node string
	id   int64
}

type memLease struct {
	last int64
	node string
}

var errInjected = errors.New("injected")

func newMemStore() *memStore {
	return &memStore{links: map[int64]Link{}, have: map[memKey]int{}, issued: map[int64]int64{}, leases: map[memKey]memLease{}, nodes: map[string]NodeState{},
		domains: []Domain{{Name: "s.example.com", Generation: Standard}, {Name: "c.example.com/go", Generation: Custom}, {Name: "f.example.com", Generation: Standard, Frozen: true}}}
}

// write runs fn as one transaction and injects failures around it.
func (s *memStore) write(fn func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return errInjected
	}
	if s.failNext > 0 {
		s.failNext--
		return errInjected
	}
	fn()
	if s.hideNext > 0 {
		s.hideNext--
		return errInjected
	}
	return nil
}

func (s *memStore) Domains(context.Context, string) ([]Domain, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.domains), nil
}

func (s *memStore) FindLinks(_ context.Context, keys []LinkKey) (found []Link, err error) {
	if s.hold != nil {
		<-s.hold
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	if s.down {
		return nil, errInjected
	}
	for _, k := range keys {
		for _, l := range s.links {
			if (k.ID != 0 && l.ID == k.ID) || (k.ID == 0 && l.Custom && l.Domain == k.Domain && l.Code == k.Code) {
				found = append(found, l)
			}
		}
	}
	return found, nil
}

func (s *memStore) RevokedSince(context.Context, time.Time) ([]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.revoked), nil
}

func (s *memStore) insert(node string, a Attempted) (id int64, fresh bool) {
	key := memKey{a.LinkID, a.Ordinal}
	if i, ok := s.have[key]; ok {
		return s.rows[i].id, false
	}
	s.have[key] = len(s.rows)
	s.rows = append(s.rows, memRow{a, node, int64(len(s.rows) + 1)})
	return int64(len(s.rows)), true
}

func (s *memStore) TakeOnes(_ context.Context, node string, takes []Take) (taken []Taken, err error) {
	err = s.write(func() {
		for _, t := range takes {
			a := Attempted{LinkID: t.LinkID, Ordinal: 1, ResolveID: t.ResolveID, Vendor: t.Vendor, Model: t.Model, DeviceRef: t.DeviceRef, At: t.At}
			id, _ := s.insert(node, a)
			r := s.rows[id-1]
			got := Taken{ResolveID: r.ResolveID, DeviceRef: r.DeviceRef, At: r.At}
			if r.ResolveID == t.ResolveID {
				got.Row = id
			}
			taken = append(taken, got)
		}
	})
	return taken, err
}

func (s *memStore) TakenSince(_ context.Context, node string, after int64, max int) (list []TakenLink, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rows {
		if l := s.links[r.LinkID]; r.id > after && r.node == node && r.Ordinal == 1 && !l.Group && len(list) < max {
			list = append(list, TakenLink{Row: r.id, Link: l,
				Take: Take{LinkID: r.LinkID, ResolveID: r.ResolveID, Vendor: r.Vendor, Model: r.Model, DeviceRef: r.DeviceRef, At: r.At}})
		}
	}
	return list, nil
}

func (s *memStore) LeaseQuota(_ context.Context, node string, asks []Ask) (grants []Grant, err error) {
	err = s.write(func() {
	asks:
		for _, a := range asks {
			for k, l := range s.leases {
				if k.link == a.LinkID && l.node == "" {
					s.leases[k] = memLease{l.last, node}
					grants = append(grants, Grant{k.n, l.last})
					continue asks
				}
			}
			left := a.Limit - s.issued[a.LinkID]
			if left == 0 {
				grants = append(grants, Grant{})
				continue
			}
			n := max(1, min(a.Want, left/4))
			g := Grant{s.issued[a.LinkID] + 1, s.issued[a.LinkID] + n}
			s.issued[a.LinkID] += n
			s.leases[memKey{a.LinkID, g.First}] = memLease{g.Last, node}
			grants = append(grants, g)
		}
	})
	return grants, err
}

func (s *memStore) ReturnQuota(_ context.Context, node string, tails []Tail) error {
	return s.write(func() {
		for _, t := range tails {
			key := memKey{t.LinkID, t.First}
			if l := s.leases[key]; l.node != node || l.last != t.Last {
				continue
			}
			delete(s.leases, key)
			if t.From > t.First {
				s.leases[key] = memLease{t.From - 1, node}
			}
			s.leases[memKey{t.LinkID, t.From}] = memLease{t.Last, ""}
		}
	})
}

func (s *memStore) ReleaseNode(_ context.Context, node string) error {
	return s.write(func() {
		for k, l := range s.leases {
			if l.node != node {
				continue
			}
			delete(s.leases, k)
			for o := k.n; o <= l.last; o++ {
				if _, used := s.have[memKey{k.link, o}]; !used {
					s.leases[memKey{k.link, o}] = memLease{o, ""}
				}
			}
		}
	})
}

func (s *memStore) ForfeitNode(_ context.Context, node string) error {
	return s.write(func() {
		for k, l := range s.leases {
			if l.node == node {
				delete(s.leases, k)
			}
		}
	})
}

func (s *memStore) NodeState(_ context.Context, node string) (NodeState, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nodes[node], nil
}

func (s *memStore) Apply(_ context.Context, node string, st NodeState, solved, refused []Attempted) error {
	return s.write(func() {
		for _, a := range solved {
			s.insert(node, a)
		}
		for _, a := range refused {
			delete(s.have, memKey{a.LinkID, 0})
			s.insert(node, a)
		}
		s.nodes[node] = st
	})
}

func (s *memStore) RecentDevices(_ context.Context, since time.Time, max int) (list []Attempted, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range slices.Backward(s.rows) {
		if r.Ordinal > 0 && r.DeviceRef != "" && !r.At.Before(since) && len(list) < max {
			list = append(list, r.Attempted)
		}
	}
	return list, nil
}

func (s *memStore) with(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

// memJournal is Journal. Positions count from base; what was added but not synced can be lost by crash.
type memJournal struct {
	mu        sync.Mutex
	base      Position
	recs      [][]byte
	durable   int
	moved     chan struct{}
	full      bool // refuse everything
	uncertain int  // Appends that keep the record and report failure
}

func newMemJournal(base Position) *memJournal {
	return &memJournal{base: base, moved: make(chan struct{})}
}

func (j *memJournal) sync() {
	j.durable = len(j.recs)
	close(j.moved)
	j.moved = make(chan struct{})
}

func (j *memJournal) Append(_ context.Context, rec []byte) (Position, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.full {
		return 0, journal.ErrFull
	}
	j.recs = append(j.recs, bytes.Clone(rec))
	if j.uncertain > 0 {
		j.uncertain--
		return 0, journal.ErrUncertain
	}
	j.sync()
	return j.base + Position(len(j.recs)-1), nil
}

func (j *memJournal) Add(rec []byte) (Position, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.full {
		return 0, journal.ErrFull
	}
	j.recs = append(j.recs, bytes.Clone(rec))
	return j.base + Position(len(j.recs)-1), nil
}

func (j *memJournal) Read(from Position, max int, fn func(pos, next Position, rec []byte) error) error {
	j.mu.Lock()
	recs := j.recs[:j.durable]
	base := j.base
	j.mu.Unlock()
	if from > base+Position(len(recs)) {
		return journal.ErrAhead
	}
	for i := int(from - min(from, base)); i < len(recs) && max > 0; i++ {
		p := base + Position(i)
		if err := fn(p, p+1, recs[i]); err != nil {
			return err
		}
		max--
	}
	return nil
}

func (j *memJournal) Wait(ctx context.Context, after Position) error {
	for {
		j.mu.Lock()
		ok, moved := j.base+Position(j.durable) > after, j.moved
		j.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (j *memJournal) First() Position { return j.base }

func (j *memJournal) Durable() Position {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.base + Position(j.durable)
}

// crash loses all but keep of the records that were not durable, and makes the rest durable, as opening does.
func (j *memJournal) crash(keep int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.recs = j.recs[:min(len(j.recs), j.durable+keep)]
	j.sync()
}

// facts decodes what the journal holds now.
func (j *memJournal) facts(t testing.TB) (list []event.ParseResult, ids []string) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, rec := range j.recs {
		r, err := event.ParseRecord(rec)
		if err != nil {
			t.Fatal(err)
		}
		f, err := event.Decode(r.Value)
		if err != nil {
			t.Fatal(err)
		}
		var d event.ParseResult
		if err := json.Unmarshal(f.Data, &d); err != nil {
			t.Fatal(err)
		}
		list = append(list, d)
		ids = append(ids, d.ID())
	}
	return list, ids
}

// memTemplates is TemplateLoader.
type memTemplates struct {
	mu    sync.Mutex
	tpl   templates.Template
	loads int
	err   error
}

func (m *memTemplates) Load(_ context.Context, id int64, version int) (*templates.Template, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loads++
	if m.err != nil {
		return nil, m.err
	}
	t := m.tpl
	t.ID, t.Version = id, version
	return &t, nil
}

func (m *memTemplates) set(fn func(t *templates.Template)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fn(&m.tpl)
}

func approved() *memTemplates {
	return &memTemplates{tpl: templates.Template{State: templates.StateEnabled, Audit: templates.AuditApproved,
		Params:    []templates.Param{{Name: "${b}"}, {Name: "${a}"}},
		Factories: []templates.Factory{{Vendor: templates.Huawei, State: templates.VendorActive}, {Vendor: templates.Oppo, State: templates.VendorNotEnabled}}}}
}

// world is one deployment.
type world struct {
	t     testing.TB
	store *memStore
	tpl   *memTemplates
	codec *Codec

	mu  sync.Mutex
	now time.Time
}

func newWorld(t testing.TB) *world {
	return &world{t: t, store: newMemStore(), tpl: approved(), codec: testCodec(t), now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) options(node string, j Journal) ResolverOptions {
	return ResolverOptions{Store: w.store, Journal: j, Templates: w.tpl, Codec: w.codec, Node: node, DeviceKey: bytes.Repeat([]byte{3}, 32),
		CacheBytes: 1 << 20, Devices: 1 << 10, Now: w.clock}
}

func (w *world) open(node string, j Journal) *Resolver {
	w.t.Helper()
	r, err := OpenResolver(context.Background(), w.options(node, j))
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// resolver opens one that is closed with the test.
func (w *world) resolver(j Journal) *Resolver {
	w.t.Helper()
	r := w.open("n1", j)
	w.t.Cleanup(func() {
		if err := r.Close(context.Background()); err != nil {
			w.t.Error(err)
		}
	})
	return r
}

// link makes a link with limit (1: individual) on the standard domain.
func (w *world) link(id, limit int64) Link {
	code, err := w.codec.AppendCode(nil, id, DefaultCode)
	if err != nil {
		w.t.Fatal(err)
	}
	l := Link{ID: id, Tenant: "tenant", TaskID: "task", Domain: "s.example.com", Code: string(code), Group: limit > 1, TplID: 600000001, TplVersion: 1,
		Signs: []string{"示例商城", "B"}, Limit: limit, Params: map[string]string{"a": "A" + strconv.FormatInt(id, 10), "b": "B"},
		CreatedAt: w.clock(), ExpireAt: w.clock().Add(24 * time.Hour)}
	w.store.with(func() { w.store.links[id] = l })
	return l
}

// find looks a link up as the edge does.
func find(r *Resolver, l Link) (*Entry, error) {
	d, code, ok := r.Domain([]byte(l.Domain), []byte("/"+l.Code))
	if !ok {
		// The domain may have a path: split it off.
		host, path, _ := bytes.Cut([]byte(l.Domain), []byte("/"))
		if d, code, ok = r.Domain(host, fmt.Appendf(nil, "/%s/%s", path, l.Code)); !ok {
			return nil, ErrNoDomain
		}
	}
	return r.Find(context.Background(), d, code, 1)
}

func (w *world) must(r *Resolver, l Link) *Entry {
	w.t.Helper()
	e, err := find(r, l)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// attempt is a HUAWEI handset with a device token, or without.
func attempt(device string) *Attempt { return &Attempt{Vendor: 0, Device: []byte(device)} }
