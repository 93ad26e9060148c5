// Package relay ships facts to Kafka: those of the transactional outbox (Outbox, one node at a time) and those of an edge node's journal
// (Journal, every edge node its own).
//
// It owns the order of reading, writing and forgetting, which is the whole guarantee, and what happens while Kafka is away. It refuses to know
// what the facts say, and how they are stored or sent: those are the Store's, the journal's and the event.Sink's affairs.
package relay

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"
)

// backoff is the pause between attempts while something is away: it doubles from 50 ms to 5 s, with jitter so that nodes spread out.
type backoff struct{ pause time.Duration }

const (
	firstPause = 50 * time.Millisecond
	lastPause  = 5 * time.Second
)

func (b *backoff) next() time.Duration {
	b.pause = min(max(2*b.pause, firstPause), lastPause)
	return b.pause/2 + rand.N(b.pause/2)
}

// outage logs the first failure of a row, then one each half minute, and the end.
type outage struct {
	log      *slog.Logger
	what     string
	since    time.Time
	reported time.Time
}

func (o *outage) failed(now time.Time, err error) {
	if o.since.IsZero() {
		o.since = now
	}
	if now.Sub(o.reported) >= 30*time.Second {
		o.reported = now
		o.log.Warn(o.what+" fails, trying on", "for", now.Sub(o.since).Round(time.Second), "err", err)
	}
}

func (o *outage) succeeded(now time.Time) {
	if !o.since.IsZero() {
		o.log.Info(o.what+" works again", "after", now.Sub(o.since).Round(time.Millisecond))
		o.since, o.reported = time.Time{}, time.Time{}
	}
}

// sleep waits for d, for wake (which may be nil) or for ctx.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-wake:
	case <-ctx.Done():
	}
}
