package idempotency

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// oneKey is a store of one answer, with the failures a test wants.
type oneKey struct {
	next  Claimed
	claim Claim
	kept  []Answer
	lost  bool // AnswerCall says that the key is another's
	err   error
	freed int

	mu     sync.Mutex // of what follows, which Run's goroutine works with
	swept  []int      // what sweeps find; then broken
	broken error
	sweeps int
}

func (s *oneKey) ClaimCall(_ context.Context, c Claim) (Claimed, error) {
	s.claim = c
	return s.next, s.err
}
func (s *oneKey) AnswerCall(_ context.Context, c Claim, a Answer) (bool, error) {
	if c != s.claim {
		return false, errors.New("not the claim")
	}
	s.kept = append(s.kept, a)
	return !s.lost, s.err
}
func (s *oneKey) ReleaseCall(context.Context, Claim, bool) error { s.freed++; return s.err }
func (s *oneKey) SweepCalls(context.Context, time.Time, int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweeps++
	if len(s.swept) == 0 {
		return 0, s.broken
	}
	n := s.swept[0]
	s.swept = s.swept[1:]
	return n, nil
}

func (s *oneKey) swepts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sweeps
}

func TestKeeperNeedsAStore(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("no complaint")
	}
}

func TestBegin(t *testing.T) {
	ctx, set := context.Background(), metrics.NewSet()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := &oneKey{}
	k, err := New(Options{Store: s, Lease: time.Minute, Now: func() time.Time { return now }, Metrics: set})
	if err != nil {
		t.Fatal(err)
	}
	begin := func(found Claimed) (Claimed, *Hold) {
		t.Helper()
		s.next = found
		got, hold, err := k.Begin(ctx, Call{Tenant: "a", Op: "o", Key: "k", Fingerprint: "f"})
		if err != nil || (hold != nil) != (found.State == Fresh) {
			t.Fatal(got, hold, err)
		}
		return got, hold
	}
	_, hold := begin(Claimed{})
	if s.claim.At != now || s.claim.Until != now.Add(time.Minute) || s.claim.Holder == "" || hold.Again {
		t.Errorf("claim %+v", s.claim)
	}
	hold.Answer(ctx, Answer{Status: 200})
	_, hold = begin(Claimed{Again: true})
	s.lost = true
	hold.Answer(ctx, Answer{Status: 200})
	s.lost = false
	_, hold = begin(Claimed{})
	hold.Release(ctx)
	_, hold = begin(Claimed{})
	hold.Abandon(ctx)
	begin(Claimed{State: Answered})
	begin(Claimed{State: Running})
	begin(Claimed{State: Reused})
	if len(s.kept) != 2 || s.freed != 1 {
		t.Errorf("kept %v, freed %d", s.kept, s.freed)
	}
	var b bytes.Buffer
	set.WritePrometheus(&b)
	for _, want := range []string{`{outcome="fresh"} 4`, `{outcome="again"} 1`, `{outcome="replayed"} 1`, `{outcome="running"} 1`, `{outcome="reused"} 1`, `{outcome="unanswered"} 2`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
	s.err = errors.New("down")
	if _, hold, err := k.Begin(ctx, Call{}); err == nil || hold != nil {
		t.Error("a store that is down let a call run")
	}
}

// The sweep goes on while there is more, has an end, and happens every minute until its context ends.
func TestRunSweeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &oneKey{swept: []int{sweepBatch, sweepBatch, 3}, broken: errors.New("down")}
		k, err := New(Options{Store: s})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- k.Run(ctx) }()
		synctest.Wait()
		if n := s.swepts(); n != 3 {
			t.Errorf("%d sweeps at first, want 3", n)
		}
		time.Sleep(2*sweepEvery + time.Second) // the bubble's time
		synctest.Wait()
		if n := s.swepts(); n != 5 {
			t.Errorf("%d sweeps after two minutes, want 5", n)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
	s := &oneKey{}
	for range 2 * sweepMost {
		s.swept = append(s.swept, sweepBatch)
	}
	k, _ := New(Options{Store: s})
	if err := k.Sweep(context.Background()); err != nil || s.sweeps != sweepMost {
		t.Errorf("%d transactions, %v", s.sweeps, err)
	}
}
