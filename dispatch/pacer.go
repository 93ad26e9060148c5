package dispatch

import (
	"context"
	"sync"
	"time"
)

// ring is the exact guard of a rate: it remembers when the last limit messages went and says when the next may go, so that no interval of
// one second, whatever its phase, holds more than limit messages (carriers.md §10). Times are nanoseconds of any monotonic
// clock. It does not allocate after it was made and is not safe for concurrent use.
type ring struct {
	times []int64 // the last len(times) moments, oldest at next
	next  int
	count int // moments recorded, at most len(times)
}

func newRing(limit int) *ring { return &ring{times: make([]int64, limit)} }

// earliest is the first moment at which n more messages may go together under an effective limit of at most the ring's size;
// n must not exceed limit. window is one second and the margin.
func (r *ring) earliest(limit, n int, window int64) int64 {
	// After n more, the message that was limit before the last of them must be a window old.
	back := limit - n + 1
	if back > r.count {
		return 0
	}
	i := r.next - back
	if i < 0 {
		i += len(r.times)
	}
	return r.times[i] + window
}

// record notes that a message went.
func (r *ring) record(at int64) {
	r.times[r.next] = at
	if r.next++; r.next == len(r.times) {
		r.next = 0
	}
	if r.count < len(r.times) {
		r.count++
	}
}

// pacer lets the messages of one channel go: when the shared budget grants them and when the ring allows them. After FLOW answers it goes
// slower: 0.7 of the rate at once, not below a tenth, 5 % more per second without another.
type pacer struct {
	key    string
	rate   int
	window int64
	budget Budget
	start  time.Time // the monotonic clock counts from here

	ring    *ring // owned by the one goroutine that calls wait
	permits int   // leased and unused
	leased  time.Time

	mu    sync.Mutex
	share float64   // of the rate, 0.1 … 1
	since time.Time // when share last changed
	pause time.Time // nothing goes before
}

// leaseLife is how long unused permits may be kept: a lease is about 100 ms of the rate, an older one would let two bursts meet.
const leaseLife = 200 * time.Millisecond

func newPacer(c *Channel, b Budget) *pacer {
	margin := c.Margin
	if margin == 0 {
		margin = 5 * time.Millisecond
	}
	return &pacer{
		key: c.Name, rate: c.Rate, window: int64(time.Second + margin), budget: b, start: time.Now(), ring: newRing(c.Rate), share: 1,
	}
}

// limit is the effective rate at now.
func (p *pacer) limit(now time.Time) (limit int, pause time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.share < 1 {
		if clean := now.Sub(p.since); clean >= time.Second {
			p.share = min(1, p.share+0.05*float64(int(clean/time.Second)))
			p.since = p.since.Add(clean.Truncate(time.Second))
		}
	}
	return max(1, int(float64(p.rate)*p.share)), p.pause.Sub(now)
}

// flow notes that the carrier said "too fast".
func (p *pacer) flow(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pause = now.Add(200 * time.Millisecond)
	if now.Sub(p.since) >= 100*time.Millisecond || p.share == 1 { // a window full of answers is one event
		p.share = max(0.1, p.share*0.7)
		p.since = now
	}
}

// wait returns when n messages may go at once, at most the channel's rate, and counts them as gone. On an error none is.
func (p *pacer) wait(ctx context.Context, n int) error {
	n = min(n, p.rate)
	for {
		now := time.Now()
		limit, pause := p.limit(now)
		if pause > 0 {
			if err := sleep(ctx, pause); err != nil {
				return err
			}
			continue
		}
		limit = max(limit, n)
		if p.permits < n {
			if err := p.lease(ctx, limit, n); err != nil {
				return err
			}
		}
		if at := p.ring.earliest(limit, n, p.window); at > 0 {
			if d := time.Duration(at - int64(time.Since(p.start))); d > 0 {
				if err := sleep(ctx, d); err != nil {
					return err
				}
				continue // the limit may have changed meanwhile
			}
		}
		at := int64(time.Since(p.start))
		for range n {
			p.ring.record(at)
		}
		p.permits -= n
		return nil
	}
}

// lease takes permits of the shared budget until there are n.
func (p *pacer) lease(ctx context.Context, limit, n int) error {
	for {
		now := time.Now()
		if p.permits > 0 && now.Sub(p.leased) > leaseLife {
			p.permits = 0
		}
		if p.permits >= n {
			return nil
		}
		granted, wait, err := p.budget.Take(ctx, p.key, limit, max(n-p.permits, limit/10))
		if err != nil {
			return err
		}
		if granted > 0 {
			p.permits += granted
			p.leased = now
			continue
		}
		if err := sleep(ctx, max(wait, 100*time.Microsecond)); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
