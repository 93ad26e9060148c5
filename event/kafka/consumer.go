package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
	kafkago "github.com/segmentio/kafka-go"

	"cardlink/event"
)

// ConsumerOptions describe one member of a consumer group. Group and Topics are required.
type ConsumerOptions struct {
	Group  string
	Topics []string
	// MaxBatch bounds the deliveries of one Fetch; default 1,000. A batch also ends at 8 MiB.
	MaxBatch int
	// MaxWait is how long a Fetch that has something waits for more; default 5 ms, negative for not at all.
	MaxWait time.Duration
	// SessionTimeout is after how long without a heartbeat the group gives this member's partitions to the others; default 10 s.
	SessionTimeout time.Duration
	Log            *slog.Logger // nil: silent
	Metrics        *metrics.Set // nil: none
}

const (
	// pollWait is how long a broker holds a request for records while there are none.
	pollWait = 500 * time.Millisecond
	// partitionBytes bounds what is read ahead for one partition (a single larger batch of records still comes through).
	partitionBytes = 1 << 20
	batchBytes     = 8 << 20
	requestTimeout = 10 * time.Second
)

// Consumer is an event.Source: one member of a consumer group. A group that is new starts at the oldest record kept. It survives rebalances,
// broker restarts and connection losses by itself: Fetch simply waits until Kafka is back.
//
// Memory: at most one answer per assigned partition is read ahead (about 1 MiB each), and reading stops until Fetch takes it.
type Consumer struct {
	o         ConsumerOptions
	prefix    string
	log       *slog.Logger
	group     *kafkago.ConsumerGroup
	client    *kafkago.Client
	conns     *connections
	transport *kafkago.Transport
	chunks    chan chunk
	received  *metrics.Counter
	dropped   *metrics.Counter

	quit   context.Context
	cancel context.CancelFunc
	gone   chan struct{} // closed when run has returned

	mu      sync.Mutex
	current *generation
	rest    chunk                  // what Fetch took but had no room for
	source  map[target]*generation // in which generation a partition's last delivery was
	lag     map[target]int64
}

// generation is the time between two rebalances.
type generation struct {
	*kafkago.Generation
	ended <-chan struct{}
	owned map[target]bool
}

func (g *generation) over() bool {
	select {
	case <-g.ended:
		return true
	default:
		return false
	}
}

// chunk is what one request brought from one partition.
type chunk struct {
	gen        *generation
	deliveries []event.Delivery
}

// NewConsumer makes a member; it joins its group in the background, as soon as Kafka and the topics are there.
func NewConsumer(c Cluster, o ConsumerOptions) (*Consumer, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if o.Group == "" || len(o.Topics) == 0 {
		return nil, errors.New("kafka: a consumer needs a group and topics")
	}
	if o.MaxBatch == 0 {
		o.MaxBatch = 1000
	}
	if o.MaxWait == 0 {
		o.MaxWait = 5 * time.Millisecond
	}
	if o.SessionTimeout == 0 {
		o.SessionTimeout = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = metrics.NewSet()
	}
	c = c.withDefaults()
	names := make([]string, len(o.Topics))
	for i, topic := range o.Topics {
		names[i] = c.Prefix + topic
	}
	conns := newConnections(c)
	group, err := kafkago.NewConsumerGroup(kafkago.ConsumerGroupConfig{
		ID: c.Prefix + o.Group, Brokers: c.Brokers, Topics: names, Dialer: c.dialer(conns),
		StartOffset:    kafkago.FirstOffset, // a new group must not miss what was written before it existed
		SessionTimeout: o.SessionTimeout, HeartbeatInterval: o.SessionTimeout / 10, RebalanceTimeout: o.SessionTimeout,
		JoinGroupBackoff: time.Second, Timeout: 5 * time.Second,
		WatchPartitionChanges: true, PartitionWatchInterval: 30 * time.Second,
	})
	if err != nil {
		return nil, fmt.Errorf("kafka: consumer of group %s: %w", o.Group, err)
	}
	k := &Consumer{
		o: o, prefix: c.Prefix, log: o.Log.With("group", o.Group), group: group, conns: conns, transport: c.transport(conns),
		chunks: make(chan chunk), gone: make(chan struct{}),
		source: make(map[target]*generation), lag: make(map[target]int64),
		received: o.Metrics.GetOrCreateCounter(fmt.Sprintf(`cardlink_kafka_received_records_total{group=%q}`, o.Group)),
		dropped:  o.Metrics.GetOrCreateCounter(fmt.Sprintf(`cardlink_kafka_expired_records_total{group=%q}`, o.Group)),
	}
	o.Metrics.GetOrCreateGauge(fmt.Sprintf(`cardlink_kafka_lag_records{group=%q}`, o.Group), func() float64 { return float64(k.Lag()) })
	k.quit, k.cancel = context.WithCancel(context.Background())
	k.transport.Context = k.quit
	k.client = c.client(k.transport, requestTimeout)
	go k.run()
	return k, nil
}

// run takes part in one generation after the other and starts a reader for each partition it is given.
func (k *Consumer) run() {
	defer close(k.gone)
	failing := false
	for {
		gen, err := k.group.Next(k.quit)
		if err != nil {
			if k.quit.Err() != nil || errors.Is(err, kafkago.ErrGroupClosed) {
				return
			}
			// The group backs off and tries again by itself, for ever: one line per outage.
			if !failing && !errors.Is(err, kafkago.RebalanceInProgress) {
				k.log.Warn("kafka: cannot join the consumer group, trying on", "err", err)
				failing = true
			}
			continue
		}
		failing = false
		g := &generation{Generation: gen, owned: make(map[target]bool)}
		// The first routine of a generation only hands out its end: kafka-go shows it to routines alone.
		ended := make(chan (<-chan struct{}), 1)
		gen.Start(func(ctx context.Context) {
			ended <- ctx.Done()
			<-ctx.Done()
		})
		g.ended = <-ended
		for topic, partitions := range gen.Assignments {
			for _, p := range partitions {
				g.owned[target{topic, p.ID}] = true
			}
		}
		k.mu.Lock()
		k.current = g
		clear(k.lag)
		k.mu.Unlock()
		k.log.Info("kafka: partitions assigned", "generation", gen.ID, "partitions", len(g.owned))
		for topic, partitions := range gen.Assignments {
			for _, p := range partitions {
				// kafka-go ends the generation when one of its routines returns, so readers return only with it.
				gen.Start(func(ctx context.Context) { k.readPartition(ctx, g, target{topic, p.ID}, p.Offset) })
			}
		}
	}
}

// Fetch waits for the next batch. It returns ctx's error when ctx ends and ErrClosed after Close; everything else it waits out. The records
// belong to the caller.
func (k *Consumer) Fetch(ctx context.Context) ([]event.Delivery, error) {
	c, err := k.take(ctx)
	if err != nil {
		return nil, err
	}
	gen, batch := c.gen, []event.Delivery(nil)
	var timer *time.Timer
	for {
		var full bool
		if batch, full = k.fill(batch, c); full || k.o.MaxWait < 0 {
			break
		}
		if timer == nil {
			timer = time.NewTimer(k.o.MaxWait)
			defer timer.Stop()
		}
		select {
		case c = <-k.chunks:
			if c.gen == gen {
				continue
			}
			// A rebalance came in between: what we hold is still ours to process, but the new generation's records wait for the next call.
			k.mu.Lock()
			k.rest = c
			k.mu.Unlock()
		case <-timer.C:
		case <-ctx.Done():
		case <-k.quit.Done():
		}
		break
	}
	k.received.Add(len(batch))
	k.mu.Lock()
	for i := range batch {
		k.source[k.target(&batch[i])] = gen
	}
	k.mu.Unlock()
	return batch, nil
}

// take returns the next chunk of a generation that has not ended.
func (k *Consumer) take(ctx context.Context) (chunk, error) {
	k.mu.Lock()
	c := k.rest
	k.rest = chunk{}
	k.mu.Unlock()
	for len(c.deliveries) == 0 || c.gen.over() {
		select {
		case c = <-k.chunks:
		case <-ctx.Done():
			return chunk{}, ctx.Err()
		case <-k.quit.Done():
			return chunk{}, ErrClosed
		}
	}
	return c, nil
}

// fill moves deliveries of c to batch up to the bounds and keeps the rest for the next Fetch.
func (k *Consumer) fill(batch []event.Delivery, c chunk) (_ []event.Delivery, full bool) {
	size := 0
	for i := range batch {
		size += len(batch[i].Key) + len(batch[i].Value)
	}
	for i := range c.deliveries {
		if len(batch) == k.o.MaxBatch || size > batchBytes {
			k.mu.Lock()
			k.rest = chunk{c.gen, c.deliveries[i:]}
			k.mu.Unlock()
			return batch, true
		}
		batch = append(batch, c.deliveries[i])
		size += len(c.deliveries[i].Key) + len(c.deliveries[i].Value)
	}
	return batch, len(batch) == k.o.MaxBatch || size > batchBytes
}

// Commit marks the batch as done: after a restart the group goes on behind it. It repeats a failed request until that succeeds, ctx ends, or
// the partitions have been given away by a rebalance. In the last case there is nothing to mark any more and Commit returns nil: their
// next owner gets the batch again, and the ids it has applied make the repeat change nothing (event.Source).
func (k *Consumer) Commit(ctx context.Context, batch []event.Delivery) error {
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		gen, offsets := k.offsets(batch)
		if len(offsets) == 0 || gen.over() {
			return nil
		}
		err := gen.CommitOffsets(offsets)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, kafkago.IllegalGeneration), errors.Is(err, kafkago.UnknownMemberId), errors.Is(err, kafkago.RebalanceInProgress):
			// The group has moved on; this member learns it with its next heartbeat.
			return nil
		}
		k.log.Warn("kafka: commit failed, trying on", "err", err)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-gen.ended:
			timer.Stop()
			return nil
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("commit offsets: %w", ctx.Err())
		}
	}
}

// offsets is what is to be committed for batch: the offset behind the last delivery of each partition that is still held since.
func (k *Consumer) offsets(batch []event.Delivery) (*generation, map[string]map[int]int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	offsets := make(map[string]map[int]int64)
	for i := range batch {
		p := k.target(&batch[i])
		if k.current == nil || k.source[p] != k.current {
			continue
		}
		if offsets[p.topic] == nil {
			offsets[p.topic] = make(map[int]int64)
		}
		offsets[p.topic][p.partition] = max(offsets[p.topic][p.partition], batch[i].Offset+1)
	}
	return k.current, offsets
}

// target is the partition of a delivery as the brokers name it.
func (k *Consumer) target(d *event.Delivery) target {
	return target{k.prefix + d.Topic, d.Partition}
}

// Lag is how many records this member's partitions hold that it has not fetched yet.
func (k *Consumer) Lag() int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	var sum int64
	for _, n := range k.lag {
		sum += n
	}
	return sum
}

// Assigned lists this member's partitions as "topic/partition", sorted; empty before the first assignment.
func (k *Consumer) Assigned() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current == nil || k.current.over() {
		return nil
	}
	names := make([]string, 0, len(k.current.owned))
	for p := range k.current.owned {
		names = append(names, fmt.Sprintf("%s/%d", strings.TrimPrefix(p.topic, k.prefix), p.partition))
	}
	slices.Sort(names)
	return names
}

// Close leaves the group, so that the others take over at once, waits for everything it started and closes the connections. What
// was fetched and not committed is delivered again to them. Close takes at most a few seconds if Kafka does not answer.
func (k *Consumer) Close() error {
	k.cancel()
	err := k.group.Close()
	<-k.gone
	k.transport.CloseIdleConnections()
	k.conns.close()
	return err
}
