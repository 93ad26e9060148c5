package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"cardlink/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func numbered(n int) (rs []event.Record, values []string) {
	for i := range n {
		v := fmt.Sprintf(`{"n":%d}`, i)
		rs = append(rs, event.Record{Topic: event.TopicSend, Key: fmt.Appendf(nil, "k%d", i%7), Value: []byte(v)})
		values = append(values, v)
	}
	return rs, values
}

// running starts a relay in the bubble and returns how to stop it.
func running(t *testing.T, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func outbox(t *testing.T, o OutboxOptions) *Outbox {
	t.Helper()
	r, err := NewOutbox(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOutboxIsShippedInOrderAndForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newMemStore(), &memSink{}
		rs, want := numbered(250)
		s.add(rs[:200]...)
		stop := running(t, outbox(t, OutboxOptions{Store: s, Sink: k, Node: "a", Batch: 30}).Run)
		synctest.Wait()
		s.add(rs[200:]...)
		time.Sleep(20 * time.Millisecond) // one poll of the bubble's clock
		synctest.Wait()
		if got := k.values(); !slices.Equal(got, want) || s.depth() != 0 {
			t.Errorf("%d shipped, %d left", len(got), s.depth())
		}
		stop()
	})
}

func TestWakeShortensThePoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newMemStore(), &memSink{}
		r := outbox(t, OutboxOptions{Store: s, Sink: k, Node: "a", Poll: time.Hour, Lease: 100 * time.Hour})
		stop := running(t, r.Run)
		synctest.Wait()
		rs, _ := numbered(1)
		s.add(rs...)
		r.Wake()
		r.Wake()
		synctest.Wait()
		if len(k.values()) != 1 {
			t.Error("the row waits for the poll")
		}
		stop()
	})
}

func TestRowsStayUntilAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newMemStore(), &memSink{err: errAway}
		rs, want := numbered(100)
		s.add(rs...)
		stop := running(t, outbox(t, OutboxOptions{Store: s, Sink: k, Node: "a", Batch: 10}).Run)
		time.Sleep(time.Hour)
		if n := k.attempts(); s.depth() != 100 || n < 700 || n > 2000 {
			t.Errorf("after an hour without Kafka: %d rows, %d attempts", s.depth(), n)
		}
		k.set(func() { k.err = nil })
		time.Sleep(lastPause)
		synctest.Wait()
		if got := k.values(); !slices.Equal(got, want) || s.depth() != 0 {
			t.Errorf("%d shipped, %d left", len(got), s.depth())
		}
		stop()
	})
}

func TestForgettingFailsThenRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newMemStore(), &memSink{}
		rs, want := numbered(10)
		s.add(rs...)
		// The database goes away between the ack and the deletion.
		k.before = func() { s.set(func() { s.err = errors.New("database is away") }) }
		stop := running(t, outbox(t, OutboxOptions{Store: s, Sink: k, Node: "a"}).Run)
		synctest.Wait()
		k.set(func() { k.before = nil })
		s.set(func() { s.err = nil })
		time.Sleep(lastPause)
		synctest.Wait()
		if got := k.values(); !slices.Equal(got, append(slices.Clone(want), want...)) || s.depth() != 0 {
			t.Errorf("shipped %q, %d left; want each twice", got, s.depth())
		}
		stop()
	})
}

func TestOneNodeRelaysAndAnotherTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, ka, kb := newMemStore(), &memSink{}, &memSink{}
		stopA := running(t, outbox(t, OutboxOptions{Store: s, Sink: ka, Node: "a"}).Run)
		synctest.Wait()
		stopB := running(t, outbox(t, OutboxOptions{Store: s, Sink: kb, Node: "b"}).Run)
		rs, want := numbered(30)
		s.add(rs[:10]...)
		time.Sleep(time.Minute)
		if len(ka.values()) != 10 || len(kb.values()) != 0 {
			t.Errorf("a shipped %d, b %d", len(ka.values()), len(kb.values()))
		}
		stopA()
		s.add(rs[10:]...)
		time.Sleep(4 * time.Second) // a third of the lease: it was given back, not waited out
		synctest.Wait()
		if got := kb.values(); !slices.Equal(got, want[10:]) {
			t.Errorf("b shipped %q after a stopped", got)
		}
		stopB()
	})
}

func TestCrashedHolderIsReplacedAfterItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newMemStore(), &memSink{}
		if held, err := s.Hold(t.Context(), leaseName, "crashed", time.Now(), 10*time.Second); !held || err != nil {
			t.Fatal(held, err)
		}
		rs, _ := numbered(1)
		s.add(rs...)
		stop := running(t, outbox(t, OutboxOptions{Store: s, Sink: k, Node: "b"}).Run)
		time.Sleep(9 * time.Second)
		if len(k.values()) != 0 {
			t.Error("took the outbox from a living holder")
		}
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if len(k.values()) != 1 {
			t.Error("did not take over")
		}
		stop()
	})
}

func TestRelaysCheckTheirOptions(t *testing.T) {
	if _, err := NewOutbox(OutboxOptions{}); err == nil {
		t.Error("an outbox relay of nothing")
	}
	if _, err := NewJournal(JournalOptions{}); err == nil {
		t.Error("a journal relay of nothing")
	}
}
