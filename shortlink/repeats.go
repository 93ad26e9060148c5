package shortlink

import (
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"
)

// RepeatWindow is how long a device that asks again for the same link gets the same card without using up the link (design: message apps
// fetch again whenever they redraw).
const RepeatWindow = 10 * time.Minute

// repeats remembers which device resolved which link, for RepeatWindow. It is a table of fixed size: a set of 8 slots per hash, and a full set
// forgets its oldest. A device that is forgotten early uses up one more unit of a group link; an individual link is safe, the store knows.
type repeats struct {
	shards [64]repeatShard
	mask   uint64
}

type repeatShard struct {
	mu    sync.Mutex
	slots []repeatSlot
}

type repeatSlot struct {
	a, b      uint64 // 128 bits of link and device
	atMs      int64
	resolveID [36]byte
}

const repeatWays = 8

// newRepeats makes room for at least n devices, about 64 bytes each.
func newRepeats(n int) *repeats {
	sets := 1
	for sets*repeatWays*len(repeats{}.shards) < n {
		sets *= 2
	}
	r := &repeats{mask: uint64(sets - 1)}
	for i := range r.shards {
		r.shards[i].slots = make([]repeatSlot, sets*repeatWays)
	}
	return r
}

// repeatKey is 128 bits of a link and a device: the device's reference is a keyed hash already, so nobody outside can aim at a slot.
func repeatKey(link int64, device []byte) (a, b uint64) {
	h := xxhash.Sum64(device)
	a = h ^ uint64(link)*0x9e3779b97f4a7c15
	b = uint64(link)
	for _, c := range device[len(device)/2:] {
		b = (b ^ uint64(c)) * 0x100000001b3
	}
	return a, b
}

func (r *repeats) set(a uint64) (*repeatShard, []repeatSlot) {
	h := a * 0x9e3779b97f4a7c15
	s := &r.shards[h>>58]
	at := (h >> 16 & r.mask) * repeatWays
	return s, s.slots[at : at+repeatWays]
}

// find copies the resolve id of an earlier resolution into id.
func (r *repeats) find(a, b uint64, nowMs int64, id *[36]byte) bool {
	s, set := r.set(a)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range set {
		if e := &set[i]; e.a == a && e.b == b && e.atMs != 0 && nowMs-e.atMs < RepeatWindow.Milliseconds() {
			*id = e.resolveID
			return true
		}
	}
	return false
}

func (r *repeats) add(a, b uint64, atMs int64, id *[36]byte) {
	s, set := r.set(a)
	s.mu.Lock()
	defer s.mu.Unlock()
	oldest := &set[0]
	for i := range set {
		e := &set[i]
		if e.a == a && e.b == b {
			oldest = e
			break
		}
		if e.atMs < oldest.atMs {
			oldest = e
		}
	}
	*oldest = repeatSlot{a, b, atMs, *id}
}
