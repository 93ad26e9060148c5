package billing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"cardlink/event"
)

// Group is the consumer group of billing.
const Group = "cardlink-billing"

// Topics are the topics that hold billable facts.
func Topics() []string {
	return []string{event.TopicSend, event.TopicParse, event.TopicBasic, event.TopicAccount}
}

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
// for ever. A failing step is tried again until it works: nothing overtakes it and nothing is dropped. One batch is read and judged ahead of the
// one that is being written, no more.
func (c *Consumer) Run(ctx context.Context) error {
	ahead := make(chan *judged)
	go func() { // ends with ctx, or when the loop below has taken its last batch; the loop ends after it
		defer close(ahead)
		for {
			var batch []event.Delivery
			if err := c.persist(ctx, "fetch", func() (err error) {
				batch, err = c.o.Source.Fetch(ctx)
				return err
			}); err != nil {
				return
			}
			j := c.judge(batch)
			select {
			case ahead <- j:
			case <-ctx.Done():
				return
			}
		}
	}()
	for j := range ahead {
		err := c.persist(ctx, "apply", func() error { return c.apply(ctx, j) })
		if err == nil {
			err = c.persist(ctx, "commit", func() error { return c.o.Source.Commit(ctx, j.batch) })
		}
		if err != nil { // ctx ended
			for range ahead { //nolint:revive // waits for the goroutine above
			}
			return nil
		}
	}
	return nil
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

// judged is a batch with what it means for the books.
type judged struct {
	batch []event.Delivery
	now   time.Time
	rows  []Usage        // to be billed, keys distinct
	old   []int          // places in batch of billable facts older than MaxAge, keys distinct
	keys  []Key          // of old
	aside map[int]string // places of facts to be set aside, with the reason
	// Counts of what needs nothing done.
	free, repeated, late int
}

func (c *Consumer) judge(batch []event.Delivery) *judged {
	j := &judged{batch: batch, now: c.o.Now(), rows: make([]Usage, 0, len(batch)), aside: map[int]string{}}
	seen := make(map[Key]struct{}, len(batch))
	for i := range batch {
		u, reason, billable := judge(batch[i].Value, j.now)
		switch {
		case reason != "":
			j.aside[i] = reason
			continue
		case !billable:
			j.free++
			continue
		}
		if _, twice := seen[u.Key]; twice {
			j.repeated++
			continue
		}
		seen[u.Key] = struct{}{}
		if c.o.MaxAge > 0 && u.OccurredAt.Before(j.now.Add(-c.o.MaxAge)) {
			j.old, j.keys = append(j.old, i), append(j.keys, u.Key)
			continue
		}
		if !u.Hour.Equal(HourOf(u.OccurredAt)) {
			j.late++
		}
		j.rows = append(j.rows, u)
	}
	return j
}

// apply does steps 1 and 2 for a batch.
func (c *Consumer) apply(ctx context.Context, j *judged) error {
	known := 0
	aside := maps.Clone(j.aside)
	if len(j.old) > 0 { // a replay of facts on the books is no news; an old fact that is not is a matter for a person
		on, err := c.o.Store.KnownUsage(ctx, j.keys)
		if err != nil {
			return fmt.Errorf("look up %d old facts: %w", len(j.keys), err)
		}
		for n, i := range j.old {
			if on[j.keys[n]] {
				known++
			} else {
				aside[i] = reasonTooOld
			}
		}
	}
	if len(aside) > 0 {
		records := make([]event.Record, 0, len(aside))
		for _, i := range slices.Sorted(maps.Keys(aside)) {
			r, err := quarantine(j.batch[i], aside[i], j.now)
			if err != nil {
				return err
			}
			records = append(records, r)
		}
		if err := c.o.Quarantine.Write(ctx, records); err != nil {
			return fmt.Errorf("quarantine %d facts: %w", len(records), err)
		}
		c.o.Log.Warn("billing: facts set aside", "count", len(records), "topic", event.TopicQuarantine)
	}
	added := 0
	if len(j.rows) > 0 {
		var err error
		if added, err = c.o.Store.ApplyUsage(ctx, j.rows); err != nil {
			return fmt.Errorf("apply %d usage rows: %w", len(j.rows), err)
		}
		c.delay.Update(max(j.now.Sub(j.rows[0].OccurredAt).Seconds(), 0))
	}
	c.billed.Add(added)
	c.duplicate.Add(len(j.rows) - added + j.repeated + known)
	c.free.Add(j.free)
	c.late.Add(j.late)
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
