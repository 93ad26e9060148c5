package bench

import (
	"math"
	"math/bits"
	"time"
)

// Histogram counts durations in buckets of about 1.6 % width from 1 µs to 2^36 µs. Record allocates nothing; one writer at a time.
type Histogram struct {
	counts [36 * sub]uint64
	n      uint64
	sum    time.Duration
	max    time.Duration
}

// sub is how many buckets a power of two is cut into.
const sub = 64

// Record counts d.
func (h *Histogram) Record(d time.Duration) {
	h.counts[bucket(d)]++
	h.n++
	h.sum += d
	h.max = max(h.max, d)
}

func bucket(d time.Duration) int {
	us := uint64(max(d, 0) / time.Microsecond)
	if us < sub {
		return int(us)
	}
	exp := bits.Len64(us) - 7 // us>>exp is in [64,128)
	return min((exp+1)*sub+int(us>>exp)-sub, 36*sub-1)
}

func lowerBound(b int) time.Duration {
	if b < sub {
		return time.Duration(b) * time.Microsecond
	}
	exp := b/sub - 1
	return time.Duration(uint64(sub+b%sub)<<exp) * time.Microsecond
}

// Merge adds other's counts.
func (h *Histogram) Merge(other *Histogram) {
	for i, c := range other.counts {
		h.counts[i] += c
	}
	h.n += other.n
	h.sum += other.sum
	h.max = max(h.max, other.max)
}

// Count is how many durations were recorded.
func (h *Histogram) Count() uint64 { return h.n }

// Quantile is the duration that a share q (0…1) of the records does not exceed, to bucket width; 0 without records.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.n == 0 {
		return 0
	}
	want, seen := uint64(math.Ceil(q*float64(h.n))), uint64(0)
	for i, c := range h.counts {
		if seen += c; seen >= max(want, 1) {
			return min(lowerBound(i+1), h.max)
		}
	}
	return h.max
}

// Mean is the arithmetic mean.
func (h *Histogram) Mean() time.Duration {
	if h.n == 0 {
		return 0
	}
	return h.sum / time.Duration(h.n)
}
