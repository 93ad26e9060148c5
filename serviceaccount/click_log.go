package serviceaccount

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"cardlink/event"
	"cardlink/event/journal"
)

// ClickStore keeps clicks. Package store implements it; contract.Clicks says in running code what that means.
type ClickStore interface {
	// ClickPosition is how far a node's journal has been read for clicks; 0 for a node that never read.
	ClickPosition(ctx context.Context, node string) (journal.Position, error)
	// ApplyClicks adds clicks and moves the node's position, in one transaction. A click whose fact is there already changes nothing.
	ApplyClicks(ctx context.Context, node string, at journal.Position, clicks []Click) error
}

// Journal is the node's event log. *journal.Journal implements it.
type Journal interface {
	Append(ctx context.Context, rec []byte) (journal.Position, error)
	Add(rec []byte) (journal.Position, error)
	Read(from journal.Position, max int, fn func(pos, next journal.Position, rec []byte) error) error
	Wait(ctx context.Context, after journal.Position) error
	First() journal.Position
	Durable() journal.Position
}

// ClickLogOptions configure a ClickLog. Journal, Store and Node are required.
type ClickLogOptions struct {
	Journal Journal
	Store   ClickStore
	Node    string // this edge's name, its own for ever
	Now     func() time.Time
	Log     *slog.Logger
	Metrics *metrics.Set // nil: none
}

// Pace of a ClickLog.
const (
	clickBatch  = 2048                  // records of the journal read at once
	clickPause  = 50 * time.Millisecond // between batches, so that clicks share transactions
	clickIdle   = 10 * time.Second      // between notes of how far a journal without clicks has got
	clickRetry  = time.Second           // after a failure
	clickLimit  = 30 * time.Second      // of one call into the store
	recordLimit = 2 * time.Second       // of one wait for the disk
)

// ClickLog writes the clicks of an edge into its journal and copies them from there into the store. The journal is the truth: what is billed leaves it for Kafka, and
// what the store has can be read from it again.
//
// Guarantee: a billable click is durable when Record returns nil, and reaches the store at least once, where its id makes that once. The order of the steps:
//
//  1. Record appends the fact and waits for the disk.
//  2. A batch of the journal is read; its clicks and the new position are written in one transaction.
//  3. Applied moves; only what lies before it may be dropped from the journal.
//
// A crash after 1 repeats 2 from the stored position. A journal without clicks is not read at all: the log knows where the last one was written.
type ClickLog struct {
	o        ClickLogOptions
	writing  atomic.Int64  // Records under way
	last     atomic.Uint64 // behind the start of the newest click
	at       atomic.Uint64 // stored position
	wake     chan struct{}
	notedAt  time.Time
	frames   sync.Pool
	applied  *metrics.Counter
	failures *metrics.Counter
}

// OpenClickLog reads how far the journal was copied and copies the rest. Run does so from then on.
func OpenClickLog(ctx context.Context, o ClickLogOptions) (*ClickLog, error) {
	if o.Journal == nil || o.Store == nil || o.Node == "" {
		return nil, errors.New("click log: Journal, Store and Node are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = metrics.NewSet()
	}
	l := &ClickLog{o: o, wake: make(chan struct{}, 1)}
	l.frames.New = func() any { return new([]byte) }
	l.applied = o.Metrics.GetOrCreateCounter(`cardlink_menu_clicks_applied_total`)
	l.failures = o.Metrics.GetOrCreateCounter(`cardlink_menu_click_failures_total`)
	at, err := o.Store.ClickPosition(ctx, o.Node)
	if err != nil {
		return nil, fmt.Errorf("click log: %w", err)
	}
	if first := o.Journal.First(); at < first || at > o.Journal.Durable() {
		if at != 0 {
			o.Log.Error("the node's journal is not the one it had: clicks that were not copied from it are missing in reports", "node", o.Node)
		}
		at = first
	}
	l.at.Store(uint64(at))
	end := o.Journal.Durable()
	l.last.Store(uint64(end)) // clicks of an earlier run may lie anywhere before it
	for l.Applied() < end {
		if err := l.step(ctx); err != nil {
			return nil, fmt.Errorf("click log: %w", err)
		}
	}
	l.notedAt = o.Now()
	return l, nil
}

// Applied is the position up to which the store has all clicks of the journal.
func (l *ClickLog) Applied() journal.Position { return journal.Position(l.at.Load()) }

// Record writes a click. A billable one is durable when it returns nil; of the others the last 10 ms may be lost with the machine. On an error nothing is billed,
// except that a click whose wait for the disk was cut short (journal.ErrUncertain) may be.
func (l *ClickLog) Record(ctx context.Context, tenant string, d event.MenuClick) error {
	r, err := d.Record(tenant)
	if err != nil {
		return err
	}
	frame := l.frames.Get().(*[]byte) //nolint:errcheck // the pool holds nothing else
	defer l.frames.Put(frame)
	*frame = event.AppendRecord((*frame)[:0], r.Topic, r.Key, r.Value)
	l.writing.Add(1)
	defer l.writing.Add(-1) // after the note below: idle relies on it
	var pos journal.Position
	if Billable(d.Surface, d.ActionType) {
		limited, cancel := context.WithTimeout(ctx, recordLimit)
		defer cancel()
		pos, err = l.o.Journal.Append(limited, *frame)
	} else {
		pos, err = l.o.Journal.Add(*frame)
	}
	if err == nil || errors.Is(err, journal.ErrUncertain) {
		l.note(pos)
	}
	return err
}

// note remembers that a click begins at pos.
func (l *ClickLog) note(pos journal.Position) {
	behind := uint64(pos) + 1
	for {
		old := l.last.Load()
		if old >= behind || l.last.CompareAndSwap(old, behind) {
			break
		}
	}
	select {
	case l.wake <- struct{}{}:
	default: // a wake-up waits already
	}
}

// Run copies clicks until ctx ends, and returns nil then: failures are waited out.
func (l *ClickLog) Run(ctx context.Context) error {
	pause := time.NewTimer(time.Nanosecond) // not 0: the race detector of Go 1.26 crashes on timers that are due when they are made, in testing/synctest
	defer pause.Stop()
	var yield journal.Yield
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.wake:
		case <-pause.C:
		}
		wait := clickIdle
		for ctx.Err() == nil {
			before := l.Applied()
			err := l.step(ctx)
			if err != nil && ctx.Err() == nil {
				l.failures.Inc()
				l.o.Log.Warn("clicks could not be copied to the store; they wait in the journal", "error", err)
				wait = clickRetry
				break
			}
			if l.behind() && l.Applied() == before { // not durable yet
				_ = l.o.Journal.Wait(ctx, before) // the journal tells its failures to those who write
			}
			if !l.behind() {
				break
			}
			if !rest(ctx, max(clickPause, yield.Rest(l.o.Journal.Durable(), l.Applied(), clickBatch, l.o.Now()))) {
				return nil
			}
		}
		pause.Reset(wait)
	}
}

// behind reports whether a click lies beyond the stored position.
func (l *ClickLog) behind() bool { return l.last.Load() > l.at.Load() }

func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// step copies one batch, or notes that there is nothing to copy.
func (l *ClickLog) step(ctx context.Context) error {
	at := l.Applied()
	next, idle := l.idle(at)
	var clicks []Click
	switch {
	case idle && (next == at || l.o.Now().Sub(l.notedAt) < clickIdle):
		return nil
	case !idle:
		end := next
		next = at
		err := l.o.Journal.Read(at, clickBatch, func(_, after journal.Position, rec []byte) error {
			next = after
			if c, ok := l.click(rec); ok {
				clicks = append(clicks, c)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if next == at { // nothing left but damage, or nothing durable yet
			if next = end; next <= at {
				return nil
			}
		}
	}
	call, cancel := context.WithTimeout(ctx, clickLimit)
	defer cancel()
	if err := l.o.Store.ApplyClicks(call, l.o.Node, next, clicks); err != nil {
		return err
	}
	l.at.Store(uint64(next))
	l.notedAt = l.o.Now()
	l.applied.Add(len(clicks))
	return nil
}

// idle reports whether nothing between at and the journal's durable end is a click. The end is read first: a click before it was taken earlier, so its Record has
// either left its note or is still counted as under way.
func (l *ClickLog) idle(at journal.Position) (end journal.Position, idle bool) {
	end = l.o.Journal.Durable()
	if l.writing.Load() != 0 {
		return end, false
	}
	return end, l.last.Load() <= uint64(at)
}

// click reads one record of the journal.
func (l *ClickLog) click(rec []byte) (Click, bool) {
	r, err := event.ParseRecord(rec)
	if err != nil || r.Topic != event.TopicAccount {
		return Click{}, false // the relay complains about what is no record
	}
	f, err := event.Decode(r.Value)
	if err != nil || f.Type != event.TypeMenuClick {
		return Click{}, false
	}
	c := Click{Tenant: f.Tenant, FactID: f.ID}
	if err := json.Unmarshal(f.Data, &c.MenuClick); err != nil {
		l.o.Log.Error("a click of the journal cannot be read; passed over", "error", err)
		return Click{}, false
	}
	return c, true
}
