package api

import (
	"sync"
	"sync/atomic"
	"time"
)

// flights bounds the calls that run at once. A short queue waits for a place; a place is held until the answer is built, not until the client has read it.
type flights struct {
	places   chan struct{}
	waiting  atomic.Int64
	queue    int64
	patience time.Duration

	mu   sync.Mutex
	each map[string]int // running calls by tenant; only those that have some, so no more than places
	most int            // of one tenant
}

func newFlights(calls int, patience time.Duration) *flights {
	return &flights{places: make(chan struct{}, calls), queue: 4 * int64(calls), patience: patience, each: make(map[string]int), most: max(1, calls/2)}
}

// enter takes a place and reports whether there was one in time.
func (f *flights) enter() bool {
	select {
	case f.places <- struct{}{}:
		return true
	default:
	}
	if f.waiting.Add(1) > f.queue {
		f.waiting.Add(-1)
		return false
	}
	defer f.waiting.Add(-1)
	t := time.NewTimer(f.patience)
	defer t.Stop()
	select {
	case f.places <- struct{}{}:
		return true
	case <-t.C:
		return false
	}
}

func (f *flights) leave() { <-f.places }

// board counts a call as the tenant's and reports whether it may run: when all places are taken, a tenant that has half of them gets no more.
func (f *flights) board(tenant string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.each[tenant] >= f.most && len(f.places) == cap(f.places) {
		return false
	}
	f.each[tenant]++
	return true
}

func (f *flights) alight(tenant string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.each[tenant]--; f.each[tenant] == 0 {
		delete(f.each, tenant)
	}
}

func (f *flights) running() int { return len(f.places) }
