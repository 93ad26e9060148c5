package shortlink

import (
	"context"
	"slices"
	"testing"
	"time"
)

func TestNothingIsAnsweredThatIsNotDurable(t *testing.T) {
	w := newWorld(t)
	j := newMemJournal(1)
	r := w.resolver(j)
	ctx := context.Background()
	group, single := w.link(7, 4), w.link(8, 1)
	eg, es := w.must(r, group), w.must(r, single)

	w.store.with(func() { w.store.down = true })
	for _, e := range []*Entry{eg, es} {
		if v := r.Resolve(ctx, e, attempt("")); v != Unavailable {
			t.Fatalf("store down: %v", v.Reason())
		}
	}
	w.store.with(func() { w.store.down = false })
	j.mu.Lock()
	j.full = true
	j.mu.Unlock()
	if v := r.Resolve(ctx, eg, attempt("")); v != Unavailable {
		t.Fatalf("journal full: %v", v.Reason())
	}
	// The store alone makes an individual resolution durable; its fact follows when the journal takes it.
	if v := r.Resolve(ctx, es, attempt("")); v != Resolved {
		t.Fatalf("individual, journal full: %v", v.Reason())
	}
	j.mu.Lock()
	j.full = false
	j.mu.Unlock()
	if v := r.Resolve(ctx, w.must(r, w.link(9, 1)), attempt("")); v != Resolved {
		t.Fatalf("%v", v.Reason())
	}
	_, ids := j.facts(t)
	if want := "prs:" + single.URL() + ":1"; !slices.Contains(ids, want) {
		t.Fatalf("the fact %s is missing in %v", want, ids)
	}
}

// A commit whose success was not reported must not cost the taker the link.
func TestACommitOfUnknownFateIsAskedAgain(t *testing.T) {
	w := newWorld(t)
	r := w.resolver(newMemJournal(1))
	e := w.must(r, w.link(8, 1))
	w.store.with(func() { w.store.hideNext = takeTries - 1 })
	if v := r.Resolve(context.Background(), e, attempt("")); v != Resolved {
		t.Fatalf("%v", v.Reason())
	}
}

func TestIdleLeasesGoBack(t *testing.T) {
	w := newWorld(t)
	r := w.resolver(newMemJournal(1))
	other := w.open("n2", newMemJournal(1))
	defer other.Close(context.Background())
	l := w.link(7, 100)
	if v := r.Resolve(context.Background(), w.must(r, l), attempt("")); v != Resolved {
		t.Fatal(v.Reason())
	}
	w.pass(idleLease + time.Millisecond)
	if err := r.leases.tend(context.Background(), w.clock()); err != nil {
		t.Fatal(err)
	}
	for n := range 99 {
		if v := other.Resolve(context.Background(), w.must(other, l), attempt("")); v != Resolved {
			t.Fatalf("unit %d of 99: %v", n+1, v.Reason())
		}
	}
	if v := r.Resolve(context.Background(), w.must(r, l), attempt("")); v != Exhausted {
		t.Fatalf("unit 101: %v", v.Reason())
	}
}

func TestALostJournalForfeitsItsLeases(t *testing.T) {
	w := newWorld(t)
	r := w.open("n1", newMemJournal(1000))
	l := w.link(7, 100)
	for range 3 {
		r.Resolve(context.Background(), w.must(r, l), attempt(""))
	}
	w.kill(r)
	again := w.open("n1", newMemJournal(2000))
	defer again.Close(context.Background())
	for n := 0; ; n++ {
		if v := again.Resolve(context.Background(), w.must(again, l), attempt("")); v != Resolved {
			if n != 75 { // 25 were leased
				t.Fatalf("%d more units", n)
			}
			return
		}
	}
}

// kill ends a resolver as kill -9 does: its goroutines go, nothing is flushed or given back.
func (w *world) kill(r *Resolver) {
	r.cancel()
	r.work.Wait()
	r.finds.stop()
	r.takes.stop()
	r.asks.stop()
	r.cache.Close()
}
