package dispatch

import (
	"sync"
	"time"

	"cardlink/dispatch/carrier"
)

// breaker keeps messages away from a channel that does not work (carriers.md §3): it opens when half of the last 100 answers, at least 20
// within 10 s, are trouble, or at once on a wrong configuration; after 5 s it lets one message try, doubling the wait to 60 s while that fails.
// FLOW and DEST are no trouble: the carrier works.
type breaker struct {
	mu      sync.Mutex
	answers [100]answer
	next    int
	open    time.Time // closed when zero: no message before then
	wait    time.Duration
	probing bool // one message is out to try
}

type answer struct {
	at  time.Time
	bad bool
}

const (
	breakerFirst = 5 * time.Second
	breakerLast  = time.Minute
)

// room is how many messages may go now: 0 while open, 1 for the try, all otherwise.
func (b *breaker) room(now time.Time, all int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.open.IsZero():
		return all
	case now.Before(b.open) || b.probing:
		return 0
	}
	return min(1, all)
}

// probe notes that a message was taken; while half open it is the try.
func (b *breaker) probe() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = !b.open.IsZero()
}

// cancel notes that the try did not reach the carrier.
func (b *breaker) cancel() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
}

// observe notes an answer and reports whether it opened the breaker.
func (b *breaker) observe(class carrier.Class, now time.Time) (opened bool) {
	bad := class == carrier.Temp || class == carrier.Route || class == carrier.NoSession || class == carrier.Ambig || class == carrier.Config
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open.IsZero() {
		if now.Before(b.open) { // late answers of what went before it opened
			return false
		}
		b.probing = false
		if bad {
			b.wait = min(2*b.wait, breakerLast)
			b.open = now.Add(b.wait)
			return false
		}
		b.answers, b.next, b.open, b.wait = [100]answer{}, 0, time.Time{}, 0
		return false
	}
	b.answers[b.next] = answer{now, bad}
	b.next = (b.next + 1) % len(b.answers)
	if class != carrier.Config && !(bad && b.tripped(now)) {
		return false
	}
	b.wait = breakerFirst
	b.open = now.Add(b.wait)
	return true
}

func (b *breaker) tripped(now time.Time) bool {
	n, bad := 0, 0
	for _, a := range b.answers {
		if a.at.IsZero() || now.Sub(a.at) > 10*time.Second {
			continue
		}
		n++
		if a.bad {
			bad++
		}
	}
	return n >= 20 && 2*bad >= n
}

// isOpen reports whether messages are kept away.
func (b *breaker) isOpen(now time.Time) bool { return b.room(now, 1) == 0 }
