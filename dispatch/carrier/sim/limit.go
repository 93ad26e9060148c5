package sim

import "time"

// limit is a strict sliding window: no interval of one second, whatever its phase, holds more than its size.
type limit struct {
	times []time.Time // ring of the latest accepted
	next  int
}

func newLimit(rate int) *limit { return &limit{times: make([]time.Time, rate)} }

// take accepts n messages at once, or none.
func (l *limit) take(now time.Time, n int) bool {
	if n > len(l.times) {
		return false
	}
	// The n-th oldest entry is the last that the newcomers would push out; it must have left the window.
	last := l.times[(l.next+n-1)%len(l.times)]
	if !last.IsZero() && now.Sub(last) < time.Second {
		return false
	}
	for range n {
		l.times[l.next] = now
		l.next = (l.next + 1) % len(l.times)
	}
	return true
}
