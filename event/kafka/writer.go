package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
	kafkago "github.com/segmentio/kafka-go"

	"cardlink/event"
)

// ErrClosed is returned after Close began.
var ErrClosed = errors.New("kafka: closed")

// WriterOptions tune a Writer. The zero value is usable.
type WriterOptions struct {
	// Partitions and Replication are used when Write meets a topic of event.Topics that does not exist yet; zero Partitions leaves that to
	// the operator and Write fails until the topic is there.
	Partitions, Replication int
	// MaxBatchBytes bounds the records of one request to one partition; default 900 KiB, which the brokers' default message.max.bytes
	// accepts.
	MaxBatchBytes int
	// MaxBatch bounds the records in flight of one Write; default 10,000. Longer lists go in several rounds.
	MaxBatch int
	// Timeout bounds one request; default 10 s.
	Timeout time.Duration
	// Compression of the batches; default none. It trades this node's processor for network and broker disk.
	Compression kafkago.Compression
	Log         *slog.Logger // nil: silent
	Metrics     *metrics.Set // nil: none
}

// Writer is an event.Sink. Its methods are safe for concurrent use.
//
// Records of one key stay in order, even over a failed and repeated Write: a round sends at most one batch per partition, waits for the
// answer of each, and the next round starts only if all were acknowledged. (kafka-go's own Writer queues further batches behind a failed
// one, and flushes small ones only after a delay; hence the rounds are ours and only the protocol is kafka-go's.)
type Writer struct {
	cluster   Cluster
	o         WriterOptions
	conns     *connections
	transport *kafkago.Transport
	client    *kafkago.Client
	stats     writerStats

	mu     sync.Mutex
	closed bool
	busy   sync.WaitGroup // Writes and EnsureTopics under way
	quit   context.Context
	cancel context.CancelFunc
}

type writerStats struct{ records, failures *metrics.Counter }

// NewWriter makes a writer. It connects when first used: Kafka may be down when the process starts.
func NewWriter(c Cluster, o WriterOptions) (*Writer, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if o.MaxBatchBytes == 0 {
		o.MaxBatchBytes = 900 << 10
	}
	if o.MaxBatch == 0 {
		o.MaxBatch = 10_000
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = metrics.NewSet()
	}
	c = c.withDefaults()
	conns := newConnections(c)
	w := &Writer{cluster: c, o: o, conns: conns, transport: c.transport(conns)}
	w.quit, w.cancel = context.WithCancel(context.Background())
	w.transport.Context = w.quit
	w.client = c.client(w.transport, o.Timeout)
	w.stats = writerStats{
		records:  o.Metrics.GetOrCreateCounter("cardlink_kafka_written_records_total"),
		failures: o.Metrics.GetOrCreateCounter("cardlink_kafka_write_failures_total"),
	}
	return w, nil
}

// enter counts a call in, unless the writer is closed, and ties ctx to the writer's life.
func (w *Writer) enter(ctx context.Context) (context.Context, func(), error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, nil, ErrClosed
	}
	w.busy.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(w.quit, cancel)
	return ctx, func() { stop(); cancel(); w.busy.Done() }, nil
}

// Write returns nil when every record is acknowledged by all in-sync replicas. After an error any of them may or may not be there;
// repeating the whole call keeps the order of each key, at the price of duplicates. It does not repeat by itself.
func (w *Writer) Write(ctx context.Context, records []event.Record) error {
	ctx, leave, err := w.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := w.write(ctx, records); err != nil {
		w.stats.failures.Inc()
		return fmt.Errorf("write %d records to kafka: %w", len(records), err)
	}
	w.stats.records.Add(len(records))
	return nil
}

func (w *Writer) write(ctx context.Context, records []event.Record) error {
	if len(records) == 0 {
		return nil
	}
	to, err := w.destinations(ctx, records)
	if err != nil {
		return err
	}
	round := newRound()
	for i := range records {
		r := &records[i]
		d := to[r.Topic]
		p := target{d.name, partitionOf(r.Key, d.partitions)}
		size := recordOverhead + len(r.Key) + len(r.Value)
		if b := round.batches[p]; b != nil && b.bytes+size > w.o.MaxBatchBytes || round.records == w.o.MaxBatch {
			if err := w.send(ctx, round); err != nil {
				return err
			}
			round = newRound()
		}
		round.add(p, r, size)
	}
	return w.send(ctx, round)
}

// send produces a round's batches side by side and waits for all answers.
func (w *Writer) send(ctx context.Context, r *round) error {
	errs := make([]error, len(r.order))
	var wg sync.WaitGroup
	for i, p := range r.order {
		wg.Go(func() {
			res, err := w.client.Produce(ctx, &kafkago.ProduceRequest{
				Topic: p.topic, Partition: p.partition,
				RequiredAcks: kafkago.RequireAll, Compression: w.o.Compression,
				Records: r.batches[p],
			})
			if err == nil {
				err = res.Error
			}
			if err == nil && len(res.RecordErrors) > 0 {
				err = fmt.Errorf("%d records refused", len(res.RecordErrors))
			}
			if err != nil {
				errs[i] = fmt.Errorf("%s/%d: %w", p.topic, p.partition, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Close refuses further calls, cancels those under way (their records may or may not be there), waits for them and closes the connections.
// Callers that want their records acknowledged stop writing first.
func (w *Writer) Close() error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.cancel()
	w.busy.Wait()
	w.transport.CloseIdleConnections()
	w.conns.close()
	return nil
}
