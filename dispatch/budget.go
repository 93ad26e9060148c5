package dispatch

import (
	"context"
	"sync"
	"time"
)

// Budget is a rate shared by all who use a key. Engines: MemoryBudget in one process, RedisBudget over many nodes; both pass the same test.
type Budget interface {
	// Take asks for n permits of a rate of limit per second and gets 0 … n at once. With none granted, wait says when to ask again. Over
	// any time t at most limit·t + burst permits are granted, where burst is a tenth of limit, at least 1.
	// An error ends the caller's work: engines bridge their own outages.
	Take(ctx context.Context, key string, limit, n int) (granted int, wait time.Duration, err error)
}

// burstOf is the permits that may be taken at once after a rest: about 100 ms of the rate.
func burstOf(limit int) int { return max(1, limit/10) }

// MemoryBudget is the engine of a single node: one GCRA per key. Keys are channel names, so their number is bounded by the configuration.
type MemoryBudget struct {
	now func() time.Time
	mu  sync.Mutex
	tat map[string]time.Time // theoretical arrival time of the next permit
}

// NewMemoryBudget makes an empty budget. A nil clock means time.Now.
func NewMemoryBudget(now func() time.Time) *MemoryBudget {
	if now == nil {
		now = time.Now
	}
	return &MemoryBudget{now: now, tat: make(map[string]time.Time)}
}

// Take implements Budget.
func (b *MemoryBudget) Take(ctx context.Context, key string, limit, n int) (int, time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	granted, tat, wait := gcra(b.now(), b.tat[key], limit, burstOf(limit), n)
	b.tat[key] = tat
	return granted, wait, nil
}

// gcra is the generic cell rate algorithm: at most n permits of a rate of limit per second with a burst, given the theoretical arrival time.
func gcra(now, tat time.Time, limit, burst, n int) (granted int, next time.Time, wait time.Duration) {
	interval := time.Second / time.Duration(limit)
	if tat.Before(now) {
		tat = now
	}
	free := interval*time.Duration(burst) - tat.Sub(now)
	granted = min(n, int(free/interval))
	if granted <= 0 {
		return 0, tat, interval - free
	}
	return granted, tat.Add(interval * time.Duration(granted)), 0
}
