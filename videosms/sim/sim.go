// Package sim is a carrier of video messages in this process: it takes everything and delivers after a moment. It is what the demo sends over and what tests
// put faults into. It keeps nothing: what it had not delivered when the process ended is never reported.
package sim

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"cardlink/videosms"
)

// Options configure a Carrier. Report is required.
type Options struct {
	// Report takes the carrier's words: videosms.Service.Report.
	Report func(ctx context.Context, rs []videosms.Report) (videosms.Tally, error)
	Delay  time.Duration // from taking a message to its report; default 1 s
	// Fail gives the code of a number that is not reached; "" = delivered. nil: all are.
	Fail func(phone string) string
	Log  *slog.Logger
}

// maxWaiting bounds the messages that are on their way; beyond it batches are answered "later".
const maxWaiting = 100_000

// Carrier is a videosms.Gateway. Build it with New and stop it with Close.
type Carrier struct {
	o      Options
	cancel context.CancelFunc
	done   chan struct{}
	woken  chan struct{}

	mu      sync.Mutex
	waiting delivery
	seen    map[string]string // carrier's id by message id, while it waits: a repeated message is recognised
	next    int64
}

var _ videosms.Gateway = (*Carrier)(nil)

// New starts a carrier.
func New(o Options) (*Carrier, error) {
	if o.Report == nil {
		return nil, errors.New("sim: Report is required")
	}
	if o.Delay <= 0 {
		o.Delay = time.Second
	}
	if o.Fail == nil {
		o.Fail = func(string) string { return "" }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &Carrier{o: o, cancel: cancel, done: make(chan struct{}), woken: make(chan struct{}, 1), seen: map[string]string{}}
	go c.run(ctx)
	return c, nil
}

// Close ends deliveries and waits for the one under way.
func (c *Carrier) Close() error {
	c.cancel()
	<-c.done
	return nil
}

// Repeatable is false: what was reported is forgotten.
func (c *Carrier) Repeatable() bool { return false }

// Submit takes all messages, or none when too many are on their way.
func (c *Carrier) Submit(ctx context.Context, b videosms.Batch) ([]videosms.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", videosms.ErrUnsent, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]videosms.Outcome, len(b.Messages))
	at := time.Now().Add(c.o.Delay)
	for i := range b.Messages {
		m := &b.Messages[i]
		out[i] = videosms.Outcome{ID: m.ID, Verdict: videosms.Taken, CarrierID: c.seen[m.ID]}
		switch {
		case out[i].CarrierID != "":
		case len(c.waiting) >= maxWaiting:
			out[i].Verdict = videosms.Later
		default:
			c.next++
			out[i].CarrierID = "sim-" + strconv.FormatInt(c.next, 10)
			c.seen[m.ID] = out[i].CarrierID
			code := c.o.Fail(m.Phone)
			heap.Push(&c.waiting, parcel{at, videosms.Report{ID: m.ID, CarrierID: out[i].CarrierID, Delivered: code == "", Code: code}})
		}
	}
	select {
	case c.woken <- struct{}{}:
	default:
	}
	return out, nil
}

// run delivers what is due, up to videosms.MaxReports at a time, until ctx ends.
func (c *Carrier) run(ctx context.Context) {
	defer close(c.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		due, wait := c.due(time.Now())
		if len(due) > 0 {
			c.report(ctx, due)
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-c.woken:
		case <-ctx.Done():
			return
		}
	}
}

func (c *Carrier) due(now time.Time) (rs []videosms.Report, wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.waiting) > 0 && len(rs) < videosms.MaxReports && !c.waiting[0].at.After(now) {
		p := heap.Pop(&c.waiting).(parcel) //nolint:errcheck // the heap holds nothing else
		delete(c.seen, p.report.ID)
		p.report.At = p.at
		rs = append(rs, p.report)
	}
	if len(c.waiting) == 0 {
		return rs, time.Hour
	}
	return rs, max(c.waiting[0].at.Sub(now), time.Millisecond)
}

// report tells until it is heard, or ctx ends.
func (c *Carrier) report(ctx context.Context, rs []videosms.Report) {
	for ctx.Err() == nil {
		_, err := c.o.Report(ctx, rs)
		if err == nil {
			return
		}
		c.o.Log.Warn("simulated reports were not taken; trying again", "error", err)
		t := time.NewTimer(time.Second)
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// parcel is a message on its way.
type parcel struct {
	at     time.Time
	report videosms.Report
}

// delivery is a heap by time.
type delivery []parcel

func (d delivery) Len() int           { return len(d) }
func (d delivery) Less(i, j int) bool { return d[i].at.Before(d[j].at) }
func (d delivery) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }

// Push implements heap.Interface.
func (d *delivery) Push(x any) { *d = append(*d, x.(parcel)) } //nolint:errcheck // as above

// Pop implements heap.Interface.
func (d *delivery) Pop() any {
	old := *d
	p := old[len(old)-1]
	*d = old[:len(old)-1]
	return p
}
