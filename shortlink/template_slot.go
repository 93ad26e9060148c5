package shortlink

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"cardlink/templates"
)

// Freshness of a template's state on an edge. A visit within refreshAfter of the last load uses what is there; a later one has it loaded
// in the background; one beyond mustLoad waits for the load. So a disabled template is refused at most two seconds and a load after the
// fact on a busy edge, and at once on an idle one. While the store does not answer, the last known state holds: links outlive an outage.
const (
	refreshAfter = 2 * time.Second
	mustLoad     = 10 * time.Second
	retryLoad    = time.Second
	maxSlots     = 1 << 14 // template versions known at once; beyond it all are forgotten and loaded again as links are
)

// templateSlot follows the state of one template version.
type templateSlot struct {
	id      int64
	version int
	state   atomic.Pointer[templateState]
	queued  atomic.Bool // in the refresh queue

	mu      sync.Mutex // held while loading
	retryMs int64      // no load before, after a failure
	failed  error      // the failure
}

// templateState is what an edge needs of a template at a moment.
type templateState struct {
	template *templates.Template
	usable   bool
	active   [6]bool // by place in templates.Vendors
	loadedMs int64
}

func newTemplateState(t *templates.Template, nowMs int64) *templateState {
	s := &templateState{template: t, usable: t.Usable(), loadedMs: nowMs}
	for i, v := range templates.Vendors() {
		s.active[i] = t.Active(v)
	}
	return s
}

// templateSlots holds the slots by version and refreshes them.
type templateSlots struct {
	load TemplateLoader
	log  *slog.Logger
	now  func() time.Time

	mu    sync.Mutex
	slots map[slotKey]*templateSlot

	// queue feeds the one refresher. When it is full the visit that wanted to queue a slot goes on with what it has; the next one tries again.
	queue chan *templateSlot
}

type slotKey struct {
	id      int64
	version int
}

func newTemplateSlots(load TemplateLoader, log *slog.Logger, now func() time.Time) *templateSlots {
	return &templateSlots{load: load, log: log, now: now, slots: make(map[slotKey]*templateSlot), queue: make(chan *templateSlot, 1024)}
}

func (s *templateSlots) slot(id int64, version int) *templateSlot {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := slotKey{id, version}
	t := s.slots[key]
	if t == nil {
		if len(s.slots) >= maxSlots {
			clear(s.slots)
		}
		t = &templateSlot{id: id, version: version}
		s.slots[key] = t
	}
	return t
}

// current gives the state of t at nowMs, fresh as described above.
func (s *templateSlots) current(ctx context.Context, t *templateSlot, nowMs int64) (*templateState, error) {
	st := t.state.Load()
	if st != nil {
		age := nowMs - st.loadedMs
		if age < refreshAfter.Milliseconds() {
			return st, nil
		}
		if age < mustLoad.Milliseconds() {
			if t.queued.CompareAndSwap(false, true) {
				select {
				case s.queue <- t:
				default:
					t.queued.Store(false)
				}
			}
			return st, nil
		}
	}
	err := s.reload(ctx, t, mustLoad)
	if newer := t.state.Load(); newer != nil {
		return newer, nil
	}
	return nil, err
}

// reload loads t unless its state is younger than age, which another caller has seen to then.
func (s *templateSlots) reload(ctx context.Context, t *templateSlot, age time.Duration) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	nowMs := s.now().UnixMilli()
	st := t.state.Load()
	if st != nil && nowMs-st.loadedMs < age.Milliseconds() {
		return nil
	}
	if nowMs < t.retryMs {
		return t.failed
	}
	tpl, err := s.load.Load(ctx, t.id, t.version)
	if errors.Is(err, templates.ErrUnknown) { // deleted: as good as disabled, for good
		t.state.Store(&templateState{loadedMs: nowMs})
		return nil
	}
	if err != nil {
		t.retryMs, t.failed = nowMs+retryLoad.Milliseconds(), err
		s.log.Warn("template state could not be loaded", "tpl_id", t.id, "version", t.version, "error", err)
		return err
	}
	t.state.Store(newTemplateState(tpl, nowMs))
	return nil
}

// run refreshes queued slots until ctx ends.
func (s *templateSlots) run(ctx context.Context) {
	for {
		select {
		case t := <-s.queue:
			t.queued.Store(false)
			load, cancel := context.WithTimeout(ctx, 5*time.Second)
			_ = s.reload(load, t, refreshAfter) // logged; the last known state holds
			cancel()
		case <-ctx.Done():
			return
		}
	}
}
