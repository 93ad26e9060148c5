package templates

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// sweptBlobs counts sweeps and remembers how old a content had to be.
type sweptBlobs struct {
	Blobs
	mu     sync.Mutex // of what follows
	sweeps int
	before time.Time
	err    error
}

func (b *sweptBlobs) seen() (sweeps int, before time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sweeps, b.before
}

func (b *sweptBlobs) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

func (b *sweptBlobs) Sweep(_ context.Context, before time.Time, _ func(context.Context, []string) (map[string]bool, error)) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweeps++
	b.before = before
	return 2, b.err
}

type sweepStore struct{ MaterialStore }

// leaseOf holds for one holder.
type leaseOf struct {
	mu     sync.Mutex
	holder string
	ttl    time.Duration
}

func (l *leaseOf) give(holder string) (ttl time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.holder = holder
	return l.ttl
}

func (l *leaseOf) Hold(_ context.Context, name, holder string, _ time.Time, ttl time.Duration) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ttl = ttl
	return name == sweeperLease && holder == l.holder, nil
}

func TestSweeperSweepsAtOnceAndEveryHourWhileItHoldsTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blobs, lease := &sweptBlobs{}, &leaseOf{holder: "a"}
		m, err := NewMaterials(MaterialOptions{Store: sweepStore{}, Blobs: blobs, Catalogue: catalogue(t)})
		if err != nil {
			t.Fatal(err)
		}
		set := metrics.NewSet()
		s, err := NewSweeper(SweeperOptions{Materials: m, Lease: lease, Holder: "a", Metrics: set})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		synctest.Wait()
		if n, before := blobs.seen(); n != 1 || time.Since(before) != 24*time.Hour {
			t.Errorf("%d sweeps of what is %v old", n, time.Since(before))
		}
		blobs.fail(errors.New("the disk is gone"))
		time.Sleep(time.Hour + time.Second)
		synctest.Wait()
		if ttl := lease.give("b"); ttl != 3*time.Hour { // another node's now
			t.Errorf("leased for %v", ttl)
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if n, _ := blobs.seen(); n != 2 {
			t.Errorf("%d sweeps, want 2", n)
		}
		if removed, failed := set.GetOrCreateCounter("cardlink_materials_swept_total").Get(), set.GetOrCreateCounter("cardlink_materials_failed_sweeps_total").Get(); removed != 4 || failed != 1 {
			t.Errorf("counted %d removed and %d failed", removed, failed)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestSweeperNeedsAllThatItWorksWith(t *testing.T) {
	if _, err := NewSweeper(SweeperOptions{Holder: "a"}); err == nil {
		t.Error("a sweeper without materials and lease")
	}
}
