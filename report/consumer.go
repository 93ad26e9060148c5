package report

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"cardlink/event"
)

// Group is the consumer group of the reports.
const Group = "cardlink-report"

// Topics are the topics with facts that count.
func Topics() []string { return []string{event.TopicSend, event.TopicParse, event.TopicLink} }

// ConsumerOptions configure a Consumer. Source and Store are required.
type ConsumerOptions struct {
	Source  event.Source // opened with Group on Topics
	Store   Store
	Now     func() time.Time // default time.Now
	Log     *slog.Logger
	Metrics *metrics.Set
}

// Consumer counts facts.
type Consumer struct {
	o        ConsumerOptions
	facts    map[outcome]*metrics.Counter
	repeated *metrics.Counter
	failed   *metrics.Counter
	delay    *metrics.Histogram
}

// NewConsumer builds a consumer; run it with Run.
func NewConsumer(o ConsumerOptions) (*Consumer, error) {
	if o.Source == nil || o.Store == nil {
		return nil, errors.New("report: a consumer needs a source and a store")
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
	c := &Consumer{
		o: o, facts: map[outcome]*metrics.Counter{},
		repeated: o.Metrics.GetOrCreateCounter(`cardlink_report_facts_total{result="duplicate"}`),
		failed:   o.Metrics.GetOrCreateCounter(`cardlink_report_failed_batches_total`),
		delay:    o.Metrics.GetOrCreateHistogram(`cardlink_report_fact_age_seconds`),
	}
	for _, r := range []outcome{counted, free, late, unreadable} {
		c.facts[r] = o.Metrics.GetOrCreateCounter(`cardlink_report_facts_total{result="` + string(r) + `"}`)
	}
	return c, nil
}

// Run counts facts until ctx ends, and then returns nil. First the sums of a batch and the ids it was made of are committed in one transaction, then its
// offsets: a crash between the two repeats the batch, and the ids make the repeat count nothing. A failing step is tried again until it works:
// nothing overtakes it and nothing is dropped.
func (c *Consumer) Run(ctx context.Context) error {
	for {
		var batch []event.Delivery
		err := c.persist(ctx, "fetch", func() (err error) {
			batch, err = c.o.Source.Fetch(ctx)
			return err
		})
		if err == nil {
			err = c.persist(ctx, "count", func() error { return c.apply(ctx, batch) })
		}
		if err == nil {
			err = c.persist(ctx, "commit", func() error { return c.o.Source.Commit(ctx, batch) })
		}
		if err != nil {
			return nil //nolint:nilerr // ctx ended
		}
	}
}

// persist repeats step until it works, waiting 100 ms at first and 10 s at most; its error is ctx's.
func (c *Consumer) persist(ctx context.Context, name string, step func() error) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		err := step()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.failed.Inc()
		c.o.Log.Error("report: "+name+" failed; trying again", "error", err, "wait", wait)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// apply counts a batch. The numbers of the metrics are of batches that were committed.
func (c *Consumer) apply(ctx context.Context, batch []event.Delivery) error {
	now := c.o.Now()
	marks := make([]Mark, 0, len(batch))
	results := map[outcome]int{}
	for i := range batch {
		m, result := judge(batch[i].Value, now)
		switch result {
		case counted:
			marks = append(marks, m)
			continue
		case unreadable: // billing sets the same record aside if it is about money
			c.o.Log.Warn("report: unreadable fact", "topic", batch[i].Topic, "partition", batch[i].Partition, "offset", batch[i].Offset)
		case free, late:
		}
		results[result]++
	}
	if len(marks) > 0 {
		added, err := c.o.Store.CountFacts(ctx, marks)
		if err != nil {
			return fmt.Errorf("count %d facts: %w", len(marks), err)
		}
		results[counted] = added
		c.repeated.Add(len(marks) - added)
		c.delay.Update(max(now.Sub(marks[0].At).Seconds(), 0))
	}
	if n := results[late]; n > 0 {
		c.o.Log.Warn("report: facts too old to be counted", "count", n, "max_age", MaxAge)
	}
	for r, n := range results {
		c.facts[r].Add(n)
	}
	return nil
}
