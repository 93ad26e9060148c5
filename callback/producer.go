package callback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"cardlink/event"
)

// Group is the consumer group of the producer.
const Group = "cardlink-callback"

// Topics are the topics with facts that customers are told.
func Topics() []string {
	return []string{event.TopicSend, event.TopicParse, event.TopicTemplate, event.TopicBasic}
}

// ProducerOptions configure a Producer. Source and Store are required.
type ProducerOptions struct {
	Source  event.Source // opened with Group on Topics
	Store   Store
	Wake    func()           // Sender.Wake of the same process; may be nil: a sender looks by itself every second
	Now     func() time.Time // default time.Now
	Log     *slog.Logger
	Metrics *metrics.Set
}

// Producer turns facts into rows of the queue.
type Producer struct {
	o                          ProducerOptions
	queued, unreadable, failed *metrics.Counter
}

// NewProducer builds a producer; run it with Run.
func NewProducer(o ProducerOptions) (*Producer, error) {
	if o.Source == nil || o.Store == nil {
		return nil, errors.New("callback: a producer needs a source and a store")
	}
	if o.Wake == nil {
		o.Wake = func() {}
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
	return &Producer{
		o:          o,
		queued:     o.Metrics.GetOrCreateCounter(`cardlink_callback_queued_total`),
		unreadable: o.Metrics.GetOrCreateCounter(`cardlink_callback_unreadable_facts_total`),
		failed:     o.Metrics.GetOrCreateCounter(`cardlink_callback_failed_batches_total`),
	}, nil
}

// Run queues what customers registered for until ctx ends, and then returns nil. First the rows of a batch are durable, then its offsets are
// committed: a crash between the two repeats the batch, and a fact has one row per address. A failing step is tried again until it works.
func (p *Producer) Run(ctx context.Context) error {
	for {
		var batch []event.Delivery
		err := p.persist(ctx, "fetch", func() (err error) {
			batch, err = p.o.Source.Fetch(ctx)
			return err
		})
		if err == nil {
			err = p.persist(ctx, "queue", func() error { return p.apply(ctx, batch) })
		}
		if err == nil {
			err = p.persist(ctx, "commit", func() error { return p.o.Source.Commit(ctx, batch) })
		}
		if err != nil {
			return nil //nolint:nilerr // ctx ended
		}
	}
}

// persist repeats step until it works, waiting 100 ms at first and 10 s at most; its error is ctx's.
func (p *Producer) persist(ctx context.Context, name string, step func() error) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		err := step()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.failed.Inc()
		p.o.Log.Error("callback: "+name+" failed; trying again", "error", err, "wait", wait)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

func (p *Producer) apply(ctx context.Context, batch []event.Delivery) error {
	var news []News
	seen := map[string]bool{}
	for _, d := range batch {
		n, ok, err := newsOf(d.Value)
		if err != nil { // billing quarantines the same record; here it can only be reported
			p.unreadable.Inc()
			p.o.Log.Warn("callback: unreadable fact", "topic", d.Topic, "partition", d.Partition, "offset", d.Offset, "error", err)
			continue
		}
		if id := n.Tenant + "\x00" + n.FactID; ok && !seen[id] {
			seen[id] = true
			news = append(news, n)
		}
	}
	if len(news) == 0 {
		return nil
	}
	n, err := p.o.Store.Enqueue(ctx, news, p.o.Now())
	if err != nil {
		return fmt.Errorf("queue %d facts: %w", len(news), err)
	}
	if n > 0 {
		p.queued.Add(n)
		p.o.Wake()
	}
	return nil
}

// newsOf decides whether customers are told of a fact (api.md §18): every final state of a message or video message, every first successful resolution, every
// verdict on a template.
func newsOf(value []byte) (n News, ok bool, err error) {
	f, err := event.Decode(value)
	if err != nil {
		return n, false, err
	}
	if f.Tenant == "" || strings.ContainsRune(f.Tenant+f.ID, 0) {
		return n, false, errors.New("no usable tenant or id")
	}
	n = News{Tenant: f.Tenant, FactID: f.ID}
	var data any
	switch f.Type {
	case event.TypeSendReceipt:
		var d event.SendReceipt
		if err := json.Unmarshal(f.Data, &d); err != nil {
			return n, false, err
		}
		n.Kind, data = KindSMS, smsData{d.MsgID}
	case event.TypeParseResult:
		var d event.ParseResult
		if err := json.Unmarshal(f.Data, &d); err != nil {
			return n, false, err
		}
		if d.Result != event.ResultSuccess || d.Repeat {
			return n, false, nil
		}
		n.Kind, data = KindShortLink, shortLinkData{d.TaskID, d.TplID, d.AimURL, d.AimCode, d.LinkID}
	case event.TypeTemplateAudit:
		var d event.TemplateAudit
		if err := json.Unmarshal(f.Data, &d); err != nil {
			return n, false, err
		}
		if d.AuditState != 2 && d.AuditState != 3 { // the wire knows approved and rejected
			return n, false, nil
		}
		n.Kind, data = KindTemplate, newTemplateStatus(d)
	case event.TypeBasicReceipt:
		n.Kind = KindVideoStatus
		if data, err = videoNews(f); err != nil {
			return n, false, err
		}
	default:
		return n, false, nil
	}
	n.Data, err = compact(data)
	return n, err == nil, err
}
