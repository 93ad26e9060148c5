package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"cardlink/event"
	"cardlink/event/journal"
)

// JournalOptions describe a Journal relay. Journal, Sink and Cursor are required.
type JournalOptions struct {
	Journal *journal.Journal
	Sink    event.Sink
	// Cursor is the file that remembers how far Kafka has acknowledged; it belongs beside the journal.
	Cursor string
	// Applied tells how far this node has applied the journal to its store; the journal is truncated only up to there. Nil if nobody
	// applies it.
	Applied func() journal.Position
	Batch   int // records of one round; default 10,000
	// Linger is how long a round that would be small waits for more records; default 50 ms, negative for not
	// at all. Each round costs the brokers a sync per partition, so under load few big rounds leave the processor to the visitors.
	Linger  time.Duration
	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: silent
	Metrics *metrics.Set     // nil: none
}

// Journal moves the facts of one edge node's journal to Kafka.
//
// Guarantee: every durable record reaches Kafka at least once, in the order of the journal. The steps, in this order:
//
//  1. Read durable records from the cursor on.
//  2. Write them to the sink and wait until all are acknowledged. On an error the same records are written again after a pause, and
//     nothing overtakes them.
//  3. Move the cursor behind them and save it: at most each 200 ms and at the end. A crash before this repeats them; consumers know
//     facts by their ids.
//  4. Truncate the journal up to the saved cursor or Applied, whichever is less. So what is dropped is in Kafka and in the store.
//
// During a rush of visitors it ships at a trickle (journal.Yield). While Kafka is away the journal grows up to its bound (journal.Options.MaxBytes) and everything else goes on.
type Journal struct {
	o        JournalOptions
	cursor   atomic.Uint64 // acknowledged up to here
	saved    journal.Position
	savedAt  time.Time
	shipped  *metrics.Counter
	failures *metrics.Counter
}

// errFull ends the reading of a round.
var errFull = errors.New("full")

const (
	saveEvery     = 200 * time.Millisecond
	truncateEvery = time.Second
	roundBytes    = 4 << 20   // a round ends here even if it has fewer records
	smallRound    = 128 << 10 // a round with less to read lingers
)

// NewJournal makes the relay and reads its cursor; Run works it.
func NewJournal(o JournalOptions) (*Journal, error) {
	if o.Journal == nil || o.Sink == nil || o.Cursor == "" {
		return nil, errors.New("journal relay: journal, sink and cursor file are required")
	}
	if o.Batch <= 0 {
		o.Batch = 10_000
	}
	if o.Linger == 0 {
		o.Linger = 50 * time.Millisecond
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
	r := &Journal{o: o}
	first, durable := o.Journal.First(), o.Journal.Durable()
	at, err := loadCursor(o.Cursor)
	switch {
	case err != nil:
		return nil, fmt.Errorf("journal relay: %w", err)
	case at > durable:
		// The journal was replaced by an older or a new one. Beginning at its start repeats, and repeats change nothing.
		o.Log.Error("journal relay: the cursor is beyond the journal's end, relaying all of it", "cursor", uint64(at), "end", uint64(durable))
		at = first
	case at < first:
		if at > 0 {
			o.Log.Warn("journal relay: the cursor is before the journal's start", "cursor", uint64(at), "start", uint64(first))
		}
		at = first
	}
	r.saved = at
	r.cursor.Store(uint64(at))
	r.shipped = o.Metrics.GetOrCreateCounter("cardlink_journal_relayed_total")
	r.failures = o.Metrics.GetOrCreateCounter("cardlink_journal_relay_failures_total")
	o.Metrics.GetOrCreateGauge("cardlink_journal_relay_lag_bytes", func() float64 { return float64(r.Lag()) })
	return r, nil
}

// Cursor is the position up to which Kafka has acknowledged everything.
func (r *Journal) Cursor() journal.Position { return journal.Position(r.cursor.Load()) }

// Lag is how many durable bytes Kafka has not acknowledged.
func (r *Journal) Lag() int64 {
	durable, cursor := r.o.Journal.Durable(), r.Cursor()
	if durable < cursor {
		return 0
	}
	return int64(durable - cursor)
}

// Run relays until ctx ends and returns nil then: failures are waited out. At the end it saves the cursor.
func (r *Journal) Run(ctx context.Context) error {
	trouble := outage{log: r.o.Log, what: "relaying the journal"}
	var pause backoff
	var truncated time.Time
	var batch batch
	var yield journal.Yield
	for ctx.Err() == nil {
		err := r.await(ctx)
		if err == nil {
			err = r.ship(ctx, &batch)
		}
		if rest := yield.Rest(r.o.Journal.Durable(), r.Cursor(), len(batch.records), r.o.Now()); err == nil && rest > 0 {
			sleep(ctx, rest, nil)
		}
		if err == nil {
			err = r.save(false)
		}
		if now := r.o.Now(); err == nil && now.Sub(truncated) >= truncateEvery {
			truncated = now
			err = r.truncate()
		}
		switch {
		case err == nil:
			trouble.succeeded(r.o.Now())
			pause = backoff{}
		case ctx.Err() == nil:
			r.failures.Inc()
			trouble.failed(r.o.Now(), err)
			sleep(ctx, pause.next(), nil)
		}
	}
	if err := errors.Join(r.save(true), r.truncate()); err != nil {
		r.o.Log.Warn("journal relay: the cursor is not saved; records will be repeated", "err", err)
	}
	return nil
}

// await waits for records, at most until it is time to truncate again, and a little longer for company.
func (r *Journal) await(ctx context.Context) error {
	short, cancel := context.WithTimeout(ctx, min(saveEvery, truncateEvery))
	defer cancel()
	err := r.o.Journal.Wait(short, r.Cursor())
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return nil // nothing new: save and truncate
	}
	if err == nil && r.o.Linger > 0 && r.Lag() < smallRound {
		sleep(ctx, r.o.Linger, nil)
	}
	return err
}

// batch is copies of records, kept for the next round's use.
type batch struct {
	mem     []byte
	ends    []int
	records []event.Record
}

// ship moves one round of records.
func (r *Journal) ship(ctx context.Context, b *batch) error {
	b.mem, b.ends, b.records = b.mem[:0], b.ends[:0], b.records[:0]
	next := r.Cursor()
	err := r.o.Journal.Read(r.Cursor(), r.o.Batch, func(_, after journal.Position, rec []byte) error {
		b.mem = append(b.mem, rec...)
		b.ends = append(b.ends, len(b.mem))
		next = after
		if len(b.mem) >= roundBytes {
			return errFull
		}
		return nil
	})
	if err != nil && !errors.Is(err, errFull) {
		return err
	}
	start := 0
	for _, end := range b.ends {
		frame := b.mem[start:end]
		start = end
		rec, err := event.ParseRecord(frame)
		if err != nil {
			// Not ours, or written by a newer version: somebody must look at it, so it is not dropped.
			r.o.Log.Error("journal relay: a record is sent to the quarantine topic", "bytes", len(frame), "err", err)
			rec = event.Record{Topic: event.TopicQuarantine, Value: frame}
		}
		b.records = append(b.records, rec)
	}
	if len(b.records) == 0 {
		r.cursor.Store(uint64(max(next, r.Cursor())))
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, shipLimit)
	defer cancel()
	if err := r.o.Sink.Write(limited, b.records); err != nil {
		return err
	}
	r.cursor.Store(uint64(next))
	r.shipped.Add(len(b.records))
	return nil
}

// save writes the cursor file if it is time or asked for, and the cursor moved.
func (r *Journal) save(now bool) error {
	at := r.Cursor()
	if at == r.saved || !now && r.o.Now().Sub(r.savedAt) < saveEvery {
		return nil
	}
	if err := saveCursor(r.o.Cursor, at); err != nil {
		return err
	}
	r.saved, r.savedAt = at, r.o.Now()
	return nil
}

func (r *Journal) truncate() error {
	upTo := r.saved
	if r.o.Applied != nil {
		upTo = min(upTo, r.o.Applied())
	}
	return r.o.Journal.Truncate(upTo)
}
