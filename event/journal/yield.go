package journal

import "time"

// Yield tells a follower of a journal (a relay, an applier) when to leave the processor to those who write it. Visitors come first: while records come
// in fast and the follower is not far behind, it works at a trickle; the journal holds the rest. When the rush is over, or the backlog
// reaches its bound, it works at full speed again, so that what waits is always bounded and nobody waits for ever.
//
// The zero value is ready. It belongs to one goroutine.
type Yield struct {
	seen Position
	at   time.Time
	rush bool
}

const (
	rushBytes   = 8 << 20 // a second of these is a rush: about 15,000 visits
	rushWindow  = 50 * time.Millisecond
	trickle     = 3_000     // records a second during a rush
	rushBacklog = 256 << 20 // bytes behind at which a follower yields no more; also bounds what a restart has to catch up with
	longestRest = 250 * time.Millisecond
)

// Rest is how long to pause after a batch of n records that ended at position at, given the journal's durable end.
func (y *Yield) Rest(durable, at Position, n int, now time.Time) time.Duration {
	if since := now.Sub(y.at); y.at.IsZero() || since >= rushWindow {
		y.rush = !y.at.IsZero() && float64(durable-y.seen) > rushBytes*since.Seconds()
		y.seen, y.at = durable, now
	}
	if !y.rush || n == 0 || durable-at > rushBacklog {
		return 0
	}
	return min(time.Duration(n)*time.Second/trickle, longestRest)
}
