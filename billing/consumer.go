package billing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"cardlink/event"
)

// Group is the consumer group of billing.
const Group = "cardlink-billing"

// Topics are the topics that hold billable facts.
func Topics() []string { return []string{event.TopicSend, event.TopicParse} }

// ConsumerOptions configure a Consumer. Source, Store and Quarantine are required.
type ConsumerOptions struct {
	Source     event.Source // opened with Group on Topics
	Store      Store
	Quarantine event.Sink // takes facts that cannot be billed; they are never dropped
	// MaxAge sets aside billable facts that are older and not on the books; default 96 h (billing.md §10), negative = no limit.
	MaxAge  time.Duration
	Now     func() time.Time // default time.Now
	Log     *slog.Logger
	Metrics *metrics.Set
}

// Consumer applies facts to the books.
type Consumer struct {
	o                         ConsumerOptions
	billed, duplicate, free   *metrics.Counter
	quarantined, late, failed *metrics.Counter
	delay                     *metrics.Histogram
}

// NewConsumer builds a consumer; run it with Run.
func NewConsumer(o ConsumerOptions) (*Consumer, error) {
	if o.Source == nil || o.Store == nil || o.Quarantine == nil {
		return nil, errors.New("billing: a consumer needs a source, a store and a quarantine")
	}
	if o.MaxAge == 0 {
		o.MaxAge = 96 * time.Hour
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
	m := o.Metrics
	return &Consumer{
		o:           o,
		billed:      m.GetOrCreateCounter(`cardlink_billing_facts_total{result="billed"}`),
		duplicate:   m.GetOrCreateCounter(`cardlink_billing_facts_total{result="duplicate"}`),
		free:        m.GetOrCreateCounter(`cardlink_billing_facts_total{result="free"}`),
		quarantined: m.GetOrCreateCounter(`cardlink_billing_facts_total{result="quarantined"}`),
		late:        m.GetOrCreateCounter(`cardlink_billing_late_facts_total`),
		failed:      m.GetOrCreateCounter(`cardlink_billing_failed_batches_total`),
		delay:       m.GetOrCreateHistogram(`cardlink_billing_fact_age_seconds`),
	}, nil
}

// Run turns facts into usage until ctx ends, and then returns nil. Each batch goes through three steps in this order:
//
//  1. facts that cannot be billed are acknowledged by the quarantine topic,
//  2. usage rows and buckets are written in one transaction,
//  3. the offsets are committed.
//
// A crash between two steps repeats the batch: the quarantine may then hold a fact twice, the books cannot, since a usage row's key is unique
// for ever. A failing step is tried again until it works: nothing overtakes it and nothing is dropped.
func (c *Consumer) Run(ctx context.Context) error {
	for {
		var batch []event.Delivery
		err := c.persist(ctx, "fetch", func() (err error) {
			batch, err = c.o.Source.Fetch(ctx)
			return err
		})
		if err == nil {
			err = c.persist(ctx, "apply", func() error { return c.apply(ctx, batch) })
		}
		if err == nil {
			err = c.persist(ctx, "commit", func() error { return c.o.Source.Commit(ctx, batch) })
		}
		if err != nil {
			return nil // ctx ended
		}
	}
}

// persist repeats step until it works, waiting 100 ms at first and 10 s at most; its error is ctx's.
func (c *Consumer) persist(ctx context.Context, name string, step func() error) error {
	wait := 100 * time.Millisecond
	for {
		err := step()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.failed.Inc()
		c.o.Log.Error("billing: "+name+" failed; trying again", "error", err, "wait", wait)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		wait = min(2*wait, 10*time.Second)
	}
}

// apply does steps 1 and 2 for a batch.
func (c *Consumer) apply(ctx context.Context, batch []event.Delivery) error {
	now := c.o.Now()
	rows := make([]Usage, 0, len(batch))
	seen := make(map[Key]struct{}, len(batch))
	var (
		aside    []event.Record
		old      []Usage
		oldFrom  []int
		repeated int
		free     int
	)
	setAside := func(i int, reason string) error {
		r, err := quarantine(batch[i], reason, now)
		aside = append(aside, r)
		return err
	}
	for i := range batch {
		u, reason, billable := judge(batch[i].Value, now)
		switch {
		case reason != "":
			if err := setAside(i, reason); err != nil {
				return err
			}
			continue
		case !billable:
			free++
			continue
		}
		if _, twice := seen[u.Key]; twice {
			repeated++
			continue
		}
		seen[u.Key] = struct{}{}
		if c.o.MaxAge > 0 && u.OccurredAt.Before(now.Add(-c.o.MaxAge)) {
			old, oldFrom = append(old, u), append(oldFrom, i)
			continue
		}
		rows = append(rows, u)
	}
	if len(old) > 0 { // a replay of facts on the books is no news; an old fact that is not is a matter for a person
		keys := make([]Key, len(old))
		for i := range old {
			keys[i] = old[i].Key
		}
		known, err := c.o.Store.KnownUsage(ctx, keys)
		if err != nil {
			return fmt.Errorf("look up %d old facts: %w", len(keys), err)
		}
		for i := range old {
			if known[old[i].Key] {
				repeated++
			} else if err := setAside(oldFrom[i], reasonTooOld); err != nil {
				return err
			}
		}
	}
	if len(aside) > 0 {
		if err := c.o.Quarantine.Write(ctx, aside); err != nil {
			return fmt.Errorf("quarantine %d facts: %w", len(aside), err)
		}
		c.o.Log.Warn("billing: facts set aside", "count", len(aside), "topic", event.TopicQuarantine)
	}
	added := 0
	if len(rows) > 0 {
		var err error
		if added, err = c.o.Store.ApplyUsage(ctx, rows); err != nil {
			return fmt.Errorf("apply %d usage rows: %w", len(rows), err)
		}
		for i := range rows {
			if !rows[i].Hour.Equal(HourOf(rows[i].OccurredAt)) {
				c.late.Inc()
			}
		}
		c.delay.Update(max(now.Sub(rows[0].OccurredAt).Seconds(), 0))
	}
	c.billed.Add(added)
	c.duplicate.Add(len(rows) - added + repeated)
	c.free.Add(free)
	c.quarantined.Add(len(aside))
	return nil
}

// Quarantined is the value of a record on the quarantine topic: the fact byte for byte, where it stood and why it was set aside.
type Quarantined struct {
	Reason    string    `json:"reason"`
	Topic     string    `json:"topic"`
	Partition int       `json:"partition"`
	Offset    int64     `json:"offset"`
	At        time.Time `json:"at"`
	Key       []byte    `json:"key"`   // base64 in JSON
	Value     []byte    `json:"value"` // base64 in JSON
}

func quarantine(d event.Delivery, reason string, now time.Time) (event.Record, error) {
	v, err := json.Marshal(Quarantined{reason, d.Topic, d.Partition, d.Offset, now.UTC(), d.Key, d.Value})
	if err != nil {
		return event.Record{}, err
	}
	return event.Record{Topic: event.TopicQuarantine, Key: d.Key, Value: v}, nil
}
