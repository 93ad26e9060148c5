package identity

import (
	"hash/maphash"
	"sync"
	"time"
)

// limiter counts attempts per key in token buckets: burst at once, then one more per interval. Its memory is a table of fixed size, so nobody
// can flush a bucket by making others; two keys may share one (under a seed nobody outside knows), and then share its tokens, so an
// accident refuses too much rather than too little.
type limiter struct {
	burst    int
	interval time.Duration
	seed     maphash.Seed

	mu    sync.Mutex
	slots [1 << 14]bucket
}

// bucket is kept as the time at which it will be full again: one number is all of GCRA's state.
type bucket struct{ full int64 } // Unix nanoseconds

func newLimiter(burst int, interval time.Duration) *limiter {
	return &limiter{burst: burst, interval: interval, seed: maphash.MakeSeed()}
}

func (l *limiter) slot(key string) *bucket {
	return &l.slots[maphash.String(l.seed, key)%uint64(len(l.slots))]
}

// take takes one token and reports whether there was one.
func (l *limiter) take(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, at := l.slot(key), now.UnixNano()
	full := max(b.full, at) + int64(l.interval)
	if full-at > int64(l.burst)*int64(l.interval) {
		return false
	}
	b.full = full
	return true
}

// give returns a token that was taken.
func (l *limiter) give(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slot(key).full -= int64(l.interval)
}
