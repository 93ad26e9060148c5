package edge

import (
	"sync"
	"sync/atomic"

	"cardlink/serviceaccount"
)

// budget is a rate per client in a table of fixed size: burst at once and one more every interval. Clients are hashes of address blocks; two that share a slot share
// a budget. A slot is the theoretical arrival time of GCRA in milliseconds.
type budget struct {
	slots    [1 << 13]atomic.Int64
	interval int64 // milliseconds
	burst    int64
}

// allows reports whether client may do it now, without taking anything.
func (b *budget) allows(client uint64, nowMs int64) bool {
	return b.slot(client).Load()-nowMs <= b.interval*(b.burst-1)
}

// take takes a unit if there is one.
func (b *budget) take(client uint64, nowMs int64) bool {
	s := b.slot(client)
	for {
		old := s.Load()
		if old-nowMs > b.interval*(b.burst-1) {
			return false
		}
		if s.CompareAndSwap(old, max(old, nowMs)+b.interval) {
			return true
		}
	}
}

func (b *budget) slot(client uint64) *atomic.Int64 {
	return &b.slots[client*0x9e3779b97f4a7c15>>51]
}

// taps remembers what was tapped within the last second, so that a double tap is one click. Its keys are hashes of device and item. It forgets whole generations; one
// shard holds at most tapLimit taps a second, and beyond that claim refuses.
type taps struct {
	shards [64]tapShard
}

type tapShard struct {
	mu       sync.Mutex
	since    int64 // when the young generation began
	young    map[uint64]int64
	previous map[uint64]int64
}

const (
	tapLimit  = 8192
	tapWindow = int64(serviceaccount.DoubleTap / 1e6) // milliseconds
)

// claim is the verdict on a tap.
type claim uint8

const (
	claimed  claim = iota // the first of its second: it counts, unless it is released
	repeated              // it is part of a tap that counts
	crowded               // too much is being tapped to tell
)

func (t *taps) claim(key uint64, nowMs int64) claim {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if age := nowMs - s.since; age < 0 || age >= tapWindow {
		s.previous = s.young
		if age >= 2*tapWindow {
			s.previous = nil
		}
		s.young, s.since = make(map[uint64]int64), nowMs
	}
	for _, generation := range [...]map[uint64]int64{s.young, s.previous} {
		if at, ok := generation[key]; ok && nowMs-at < tapWindow && at <= nowMs {
			return repeated
		}
	}
	if len(s.young) >= tapLimit {
		return crowded
	}
	s.young[key] = nowMs
	return claimed
}

// release takes a claim back that came to nothing, so that the next try counts.
func (t *taps) release(key uint64) {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.young, key)
	delete(s.previous, key)
}

func (t *taps) shard(key uint64) *tapShard { return &t.shards[key>>58] }
