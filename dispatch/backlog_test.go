package dispatch_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cardlink/dispatch"
	"cardlink/fault"
)

// waitingRoom counts what a test says.
type waitingRoom struct {
	mu    sync.Mutex
	n     int
	asked int
	err   error
	hold  chan struct{} // a count waits for it
}

func (w *waitingRoom) WaitingMessages(_ context.Context, _ string, most int) (int, error) {
	w.mu.Lock()
	hold := w.hold
	w.asked++
	n, err := min(w.n, most), w.err
	w.mu.Unlock()
	if hold != nil {
		<-hold
	}
	return n, err
}

func (w *waitingRoom) add(n int) {
	w.mu.Lock()
	w.n += n
	w.mu.Unlock()
}

func newBacklog(t interface{ Fatal(...any) }, store dispatch.WaitingCounter, most int, clock func() time.Time) *dispatch.Backlog {
	b, err := dispatch.NewBacklog(dispatch.BacklogOptions{Store: store, Most: most, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Whatever one node admits, stores late, gives up and sends in whatever order: no more than the bound ever waits, and what has left makes room after a second.
func TestBacklogHoldsItsBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const most = 20
		store, at := &waitingRoom{}, now
		b := newBacklog(t, store, most, func() time.Time { return at })
		type open struct {
			n      int
			settle func()
		}
		var opened []open
		t.Repeat(map[string]func(*rapid.T){
			"admit": func(t *rapid.T) {
				n, settle, err := b.AdmitUpTo(context.Background(), "a", rapid.IntRange(1, 9).Draw(t, "n"))
				if err != nil {
					t.Fatal(err)
				}
				opened = append(opened, open{n, settle})
			},
			"admit whole": func(t *rapid.T) {
				n := rapid.IntRange(1, 9).Draw(t, "n")
				settle, err := b.Admit(context.Background(), "a", n)
				if fault.Has(err, fault.Throttled) {
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				opened = append(opened, open{n, settle})
			},
			"store": func(t *rapid.T) {
				if len(opened) == 0 {
					t.Skip("nothing is open")
				}
				i := rapid.IntRange(0, len(opened)-1).Draw(t, "i")
				store.add(opened[i].n)
				opened[i].settle()
				opened = slices.Delete(opened, i, i+1)
			},
			"give up": func(t *rapid.T) {
				if len(opened) == 0 {
					t.Skip("nothing is open")
				}
				i := rapid.IntRange(0, len(opened)-1).Draw(t, "i")
				opened[i].settle()
				opened = slices.Delete(opened, i, i+1)
			},
			"send":   func(t *rapid.T) { store.add(-rapid.IntRange(0, store.n).Draw(t, "n")) },
			"a time": func(t *rapid.T) { at = at.Add(time.Duration(rapid.IntRange(1, 6000).Draw(t, "ms")) * time.Millisecond) },
			"": func(t *rapid.T) {
				total := store.n
				for _, o := range opened {
					total += o.n
				}
				if total > most {
					t.Fatalf("%d wait or are on their way, the bound is %d", total, most)
				}
			},
		})
		for _, o := range opened {
			o.settle()
		}
		free := most - store.n
		at = at.Add(time.Second)
		if n, settle, err := b.AdmitUpTo(context.Background(), "a", most); err != nil || n != free {
			t.Fatalf("admitted %d, %v; %d are free", n, err, free)
		} else {
			settle()
		}
	})
}

// A tenant at its bound costs a count a second, and others are not touched.
func TestBacklogCountsSeldom(t *testing.T) {
	store, at := &waitingRoom{n: 5}, now
	b := newBacklog(t, store, 5, func() time.Time { return at })
	for i := range 100 {
		_, err := b.Admit(context.Background(), "a", 1)
		if e := fault.Of(err); e == nil || e.Code != fault.Throttled || e.Status() != 429 || !strings.Contains(e.Text(fault.English), "at most 5 of") {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if store.asked != 1 {
		t.Errorf("counted %d times at one moment", store.asked)
	}
	at = at.Add(time.Second)
	store.n = 0
	if _, err := b.Admit(context.Background(), "a", 5); err != nil || store.asked != 2 {
		t.Errorf("a second later: %v after %d counts", err, store.asked)
	}
	at = at.Add(3 * time.Second)
	if n, _, _ := b.AdmitUpTo(context.Background(), "b", 9); n != 5 || store.asked != 3 {
		t.Errorf("another tenant: %d after %d counts", n, store.asked)
	}
	// What other nodes queue is seen after five seconds, though by what this node knows there is room.
	other := newBacklog(t, store, 100, func() time.Time { return at })
	if _, err := other.Admit(context.Background(), "a", 1); err != nil {
		t.Fatal(err)
	}
	store.n = 100
	at = at.Add(4 * time.Second)
	if _, err := other.Admit(context.Background(), "a", 1); err != nil {
		t.Errorf("within five seconds: %v", err)
	}
	at = at.Add(time.Second)
	if _, err := other.Admit(context.Background(), "a", 1); !fault.Has(err, fault.Throttled) {
		t.Errorf("after five seconds: %v", err)
	}
}

// Of those who come together one counts; the others wait for it, no longer than their context lets them. A count that fails is the next one's to repeat.
func TestBacklogCountsOnce(t *testing.T) {
	store := &waitingRoom{hold: make(chan struct{})}
	b := newBacklog(t, store, 10, func() time.Time { return now })
	type answer struct {
		n   int
		err error
	}
	got := make(chan answer, 4)
	for range 4 {
		go func() {
			n, _, err := b.AdmitUpTo(context.Background(), "a", 4)
			got <- answer{n, err}
		}()
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for store.counts() == 0 { // until the first of them counts
		runtime.Gosched()
	}
	if _, _, err := b.AdmitUpTo(gone, "a", 1); !errors.Is(err, context.Canceled) {
		t.Errorf("who has gone: %v", err)
	}
	close(store.hold)
	var all []int
	for range 4 {
		a := <-got
		if a.err != nil {
			t.Error(a.err)
		}
		all = append(all, a.n)
	}
	if slices.Sort(all); !slices.Equal(all, []int{0, 2, 4, 4}) || store.counts() != 1 {
		t.Errorf("admitted %v after %d counts", all, store.counts())
	}
	store.hold, store.err = nil, errors.New("no database")
	if _, _, err := b.AdmitUpTo(context.Background(), "c", 1); err == nil {
		t.Error("admitted without knowing what waits")
	}
	store.err = nil
	if n, _, err := b.AdmitUpTo(context.Background(), "c", 1); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
}

func (w *waitingRoom) counts() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

// Beyond the bound numbers answer E200015 and nothing is stored of them; a send task is refused whole.
func TestSendsAtTheBound(t *testing.T) {
	s := openShop(t)
	ctx, at := context.Background(), now
	s.bound(t, 3, func() time.Time { return at })
	r := s.different() // three numbers
	first, err := s.SendMessages(ctx, "t0", "api", s.same())
	if err != nil || first.Accepted() != 2 {
		t.Fatalf("%+v, %v", first, err)
	}
	r.IdempotencyKey, r.BodyHash = "k", "h"
	second, err := s.SendMessages(ctx, "t0", "api", r)
	if err != nil || second.State != dispatch.TaskSuccess || second.Accepted() != 1 || !second.Pending() ||
		second.Numbers[0].Status != dispatch.SendAccepted || second.Numbers[1].Status != dispatch.SendPending || second.Numbers[2].Status != dispatch.SendPending {
		t.Errorf("%+v, %v", second, err)
	}
	if again, err := s.SendMessages(ctx, "t0", "api", r); err != nil || !again.Replayed || again.Accepted() != 1 {
		t.Errorf("under its key: %+v, %v", again, err)
	}
	before, err := s.Books(ctx, "t0")
	if err != nil || before != (dispatch.Books{Accepted: 3, Pending: 3}) {
		t.Errorf("books %+v, %v", before, err)
	}
	r.IdempotencyKey = "k2"
	third, err := s.SendMessages(ctx, "t0", "api", r)
	if err != nil || third.State != dispatch.TaskFailed || third.Accepted() != 0 || !third.Pending() {
		t.Errorf("%+v, %v", third, err)
	}
	if _, err := s.CreateSendTask(ctx, "t0", "api", s.request()); !fault.Has(err, fault.Throttled) {
		t.Errorf("a send task: %v", err)
	}
	if after, err := s.Books(ctx, "t0"); err != nil || after != before {
		t.Errorf("books %+v, %v", after, err)
	}
	if _, n, err := s.db.SendTasks(ctx, "t0", dispatch.TaskFilter{Page: dispatch.Page{Limit: 1}}); err != nil || n != 0 {
		t.Errorf("%d send tasks, %v", n, err)
	}
	owner, err := s.db.OpenOwner(ctx, "n", now, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	routes, err := s.db.QueuedRoutes(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range routes {
		for class := range dispatch.Class(dispatch.Classes) {
			if _, err := s.db.ClaimMessages(ctx, dispatch.Claim{Owner: owner, Route: route, Class: class, Tenants: []string{"t0"}, PerTenant: 9, Now: now}); err != nil {
				t.Fatal(err)
			}
		}
	}
	at = at.Add(time.Second)
	if fourth, err := s.SendMessages(ctx, "t0", "api", r); err != nil || fourth.Replayed || fourth.Accepted() != 3 {
		t.Errorf("after they were taken: %+v, %v", fourth, err)
	}
}

// bound gives the shop's service a bound.
func (s *shop) bound(t *testing.T, most int, clock func() time.Time) {
	t.Helper()
	var err error
	s.Service, err = dispatch.NewService(dispatch.ServiceOptions{Store: s.db, Links: &fakeLinks{}, Channels: []dispatch.Channel{channel(10)}, Now: func() time.Time { return now },
		Backlog: newBacklog(t, s.db, most, clock)})
	if err != nil {
		t.Fatal(err)
	}
}
