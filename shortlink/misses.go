package shortlink

import (
	"sync"
	"sync/atomic"
	"time"
)

// Guards against guessing: what is known not to exist is not looked up again for a while, and a client that asks for too many codes that do
// not exist is not looked up for at all. Both are tables of fixed size.

// unknownTTL is how long a code is taken for unknown after a look-up that found nothing; a custom code made meanwhile waits as long.
const unknownTTL = 5 * time.Second

// unknowns remembers keys without a link. Keys share slots; the newer one stays.
type unknowns struct {
	shards [64]struct {
		mu    sync.Mutex
		slots [1024]struct {
			key     uint64
			untilMs int64
		}
	}
}

func (u *unknowns) has(key uint64, nowMs int64) bool {
	h := key * 0x9e3779b97f4a7c15
	s := &u.shards[h>>58]
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.slots[h>>48&1023]
	return e.key == key && nowMs < e.untilMs
}

func (u *unknowns) add(key uint64, nowMs int64) {
	h := key * 0x9e3779b97f4a7c15
	s := &u.shards[h>>58]
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &s.slots[h>>48&1023]
	e.key, e.untilMs = key, nowMs+unknownTTL.Milliseconds()
}

// missBudget lets each client look up burst unknown codes at once and one more every interval. Clients are hashes of address blocks; two
// that share a slot share a budget. A slot is the theoretical arrival time of GCRA in milliseconds.
type missBudget struct {
	slots    [1 << 16]atomic.Int64
	interval int64 // milliseconds
	burst    int64
}

// allows reports whether client may have another code looked up that is not in memory.
func (m *missBudget) allows(client uint64, nowMs int64) bool {
	return m.slot(client).Load()-nowMs <= m.interval*m.burst
}

// charge takes one look-up that found nothing.
func (m *missBudget) charge(client uint64, nowMs int64) {
	s := m.slot(client)
	for {
		old := s.Load()
		if s.CompareAndSwap(old, max(old, nowMs)+m.interval) {
			return
		}
	}
}

func (m *missBudget) slot(client uint64) *atomic.Int64 {
	return &m.slots[client*0x9e3779b97f4a7c15>>48]
}
