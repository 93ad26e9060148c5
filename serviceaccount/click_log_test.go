package serviceaccount

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cardlink/event"
	"cardlink/event/journal"
)

// memory is a journal in memory: what is appended is durable at once, what is added when sync is called.
type memory struct {
	mu      sync.Mutex
	recs    [][]byte // position of recs[i] is i+1
	durable int
	reads   int
	moved   chan struct{}
}

func newMemory() *memory { return &memory{moved: make(chan struct{}, 1)} }

func (m *memory) put(rec []byte, durable bool) journal.Position {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recs = append(m.recs, append([]byte(nil), rec...))
	if durable {
		m.syncLocked()
	}
	return journal.Position(len(m.recs))
}

func (m *memory) syncLocked() {
	m.durable = len(m.recs)
	select {
	case m.moved <- struct{}{}:
	default:
	}
}

func (m *memory) sync() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.syncLocked()
}

func (m *memory) Append(_ context.Context, rec []byte) (journal.Position, error) {
	return m.put(rec, true), nil
}
func (m *memory) Add(rec []byte) (journal.Position, error) { return m.put(rec, false), nil }
func (m *memory) First() journal.Position                  { return 1 }
func (m *memory) Durable() journal.Position {
	m.mu.Lock()
	defer m.mu.Unlock()
	return journal.Position(m.durable + 1)
}

func (m *memory) Read(from journal.Position, max int, fn func(pos, next journal.Position, rec []byte) error) error {
	m.mu.Lock()
	m.reads++
	recs := m.recs[from-1 : m.durable]
	m.mu.Unlock()
	for i, rec := range recs[:min(len(recs), max)] {
		at := from + journal.Position(i)
		if err := fn(at, at+1, rec); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Wait(ctx context.Context, after journal.Position) error {
	for m.Durable() <= after {
		select {
		case <-m.moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// ledger is a ClickStore in memory.
type ledger struct {
	mu     sync.Mutex
	at     journal.Position
	clicks map[string]Click
	calls  int
	err    error
}

func (l *ledger) ClickPosition(context.Context, string) (journal.Position, error) { return l.at, l.err }

func (l *ledger) ApplyClicks(_ context.Context, _ string, at journal.Position, clicks []Click) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	if l.err != nil {
		return l.err
	}
	for _, c := range clicks {
		l.clicks[c.FactID] = c
	}
	l.at = at
	return nil
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.clicks)
}

func newLedger() *ledger { return &ledger{clicks: map[string]Click{}} }

func logOver(t *testing.T, j Journal, s ClickStore) *ClickLog {
	t.Helper()
	l, err := OpenClickLog(t.Context(), ClickLogOptions{Journal: j, Store: s, Node: "n1"})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func aClick(n int, action string) event.MenuClick {
	return event.MenuClick{EventID: fmt.Sprint("e", n), PubID: "p", Surface: event.SurfaceCustomMenu, ActionType: action, ItemPath: "1", DeviceRef: "d", ClickedAt: time.Unix(1000, 0).UTC()}
}

// noise is a record of somebody else.
func noise(t *testing.T, m *memory, n int) {
	t.Helper()
	c := event.LinkClick{RequestID: "r", AimURL: "s.example.com/a", ClickedAt: time.Unix(1, 0)}
	for range n {
		m.put(c.AppendFrame(nil, "t"), true)
	}
}

func TestClicksReachTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, s := newMemory(), newLedger()
		noise(t, j, 3)
		l := logOver(t, j, s)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- l.Run(ctx) }()
		record := func(n int, action string) {
			if err := l.Record(t.Context(), "t", aClick(n, action)); err != nil {
				t.Error(err)
			}
		}
		record(1, OpenURL)
		noise(t, j, 5000)
		record(2, OpenSubmenu) // added: durable with the next sync
		time.Sleep(time.Second)
		if s.count() != 1 {
			t.Errorf("%d clicks are stored, want the durable one", s.count())
		}
		j.sync()
		time.Sleep(time.Second)
		if s.count() != 2 || l.Applied() != j.Durable() {
			t.Errorf("%d clicks, applied to %d of %d", s.count(), l.Applied(), j.Durable())
		}
		if c := s.clicks["mnu:p:d:e1"]; c.Tenant != "t" || c.MenuClick != aClick(1, OpenURL) {
			t.Errorf("stored %+v", c)
		}

		// A journal without clicks is not read, but passed now and then.
		reads := j.reads
		noise(t, j, 10_000)
		time.Sleep(2 * clickIdle)
		if j.reads != reads || l.Applied() != j.Durable() {
			t.Errorf("%d reads, applied to %d of %d", j.reads-reads, l.Applied(), j.Durable())
		}

		// While the store is away clicks wait.
		s.mu.Lock()
		s.err = errors.New("away")
		s.mu.Unlock()
		record(3, OpenURL)
		time.Sleep(10 * time.Second)
		if s.count() != 2 {
			t.Error("stored nowhere")
		}
		s.mu.Lock()
		s.err = nil
		s.mu.Unlock()
		time.Sleep(2 * clickRetry)
		if s.count() != 3 {
			t.Error("a click is lost")
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// Whatever was stored of the journal when the node died, the next start stores the rest.
func TestClicksSurviveACrash(t *testing.T) {
	j := newMemory()
	first := logOver(t, j, newLedger())
	for i := range 20 {
		noise(t, j, i%3)
		if err := first.Record(t.Context(), "t", aClick(i, OpenURL)); err != nil {
			t.Fatal(err)
		}
	}
	for at := range j.Durable() {
		s := newLedger()
		s.at = at
		before := 0
		for _, rec := range j.recs[:max(int(at), 1)-1] {
			if c, ok := first.click(rec); ok {
				s.clicks[c.FactID] = c
				before++
			}
		}
		l := logOver(t, j, s)
		if s.count() != 20 || l.Applied() != j.Durable() {
			t.Errorf("from %d (%d clicks): %d clicks, applied to %d", at, before, s.count(), l.Applied())
		}
	}
	lost := newLedger()
	lost.at = j.Durable() + 1000 // the journal was replaced by a shorter one
	if logOver(t, j, lost); lost.count() != 20 {
		t.Errorf("a replaced journal: %d clicks", lost.count())
	}
}

// A click that is being written while the log looks is never passed over.
func TestNoClickIsPassedOver(t *testing.T) {
	j, s := newMemory(), newLedger()
	l, err := OpenClickLog(t.Context(), ClickLogOptions{Journal: j, Store: s, Node: "n1", Now: func() func() time.Time {
		var at time.Time
		return func() time.Time { at = at.Add(clickIdle); return at } // it is always time to note an idle journal
	}()})
	if err != nil {
		t.Fatal(err)
	}
	const writers, each = 8, 200
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				action := []string{OpenURL, OpenSubmenu}[i%2]
				if err := l.Record(t.Context(), "t", aClick(w*each+i, action)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	finished := make(chan struct{})
	go func() { wg.Wait(); close(finished) }()
	for busy := true; busy; {
		select {
		case <-finished:
			busy = false
		default:
		}
		if err := l.step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	j.sync()
	for l.behind() {
		if err := l.step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if s.count() != writers*each {
		t.Errorf("%d of %d clicks", s.count(), writers*each)
	}
}

func TestBillable(t *testing.T) {
	for _, surface := range []string{event.SurfaceCustomMenu, event.SurfacePortalMenu, event.SurfaceBrandArea, event.SurfacePortal} {
		for _, action := range []string{OpenSubmenu, OpenURL, Calling, OpenApp, OpenQuick, ActionHome, ActionSMS, ActionElse} {
			want := (surface == "custom_menu" || surface == "portal_marketing_menu") && action != "OPEN_SUBMENU"
			if Billable(surface, action) != want {
				t.Errorf("%s on %s: %v", action, surface, !want)
			}
		}
	}
}
