package identity

import (
	"sync"
	"time"
)

// cache holds values for a short while and at most a fixed number of them. It has two generations: when the young one is full it becomes
// the old one and what was old is forgotten, so room is made in constant time whatever a caller sends. Forgetting early costs a read, nothing more.
type cache[V any] struct {
	keep time.Duration
	half int // entries per generation

	mu         sync.Mutex
	young, old map[string]cached[V]
}

type cached[V any] struct {
	value V
	until time.Time
}

func newCache[V any](keep time.Duration, size int) *cache[V] {
	return &cache[V]{keep: keep, half: max(1, size/2), young: map[string]cached[V]{}, old: map[string]cached[V]{}}
}

func (c *cache[V]) get(key string, now time.Time) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.young[key]
	if !ok {
		e, ok = c.old[key]
	}
	if !ok || !now.Before(e.until) {
		return v, false
	}
	return e.value, true
}

func (c *cache[V]) put(key string, v V, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, held := c.young[key]; !held && len(c.young) >= c.half {
		c.old, c.young = c.young, make(map[string]cached[V], c.half)
	}
	c.young[key] = cached[V]{v, now.Add(c.keep)}
}

func (c *cache[V]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.young)
	clear(c.old)
}
