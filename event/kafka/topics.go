package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"cardlink/event"
)

// EnsureTopics creates the topics of event.Topics that are missing and waits until all of them can be written. Topics that exist stay as they
// are. replication may not exceed the number of brokers; with 3 or more, one replica may be away without stopping writes.
func (w *Writer) EnsureTopics(ctx context.Context, partitions, replication int) error {
	ctx, leave, err := w.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := w.ensureTopics(ctx, partitions, replication); err != nil {
		return fmt.Errorf("create topics on kafka %s: %w", w.cluster, err)
	}
	return nil
}

func (w *Writer) ensureTopics(ctx context.Context, partitions, replication int) error {
	if partitions < 1 || replication < 1 {
		return errors.New("partitions and replication must be at least 1")
	}
	req := &kafkago.CreateTopicsRequest{}
	names := event.Topics()
	for i, name := range names {
		name = w.cluster.Prefix + name
		names[i] = name
		t := kafkago.TopicConfig{Topic: name, NumPartitions: partitions, ReplicationFactor: replication}
		if replication > 2 {
			t.ConfigEntries = []kafkago.ConfigEntry{{ConfigName: "min.insync.replicas", ConfigValue: strconv.Itoa(replication - 1)}}
		}
		req.Topics = append(req.Topics, t)
	}
	res, err := w.client.CreateTopics(ctx, req)
	if err != nil {
		return err
	}
	var errs []error
	for name, err := range res.Errors {
		if err != nil && !errors.Is(err, kafkago.TopicAlreadyExists) {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return w.awaitTopics(ctx, names)
}

// awaitTopics waits until every partition has a leader that knows of it: the metadata show leaders a moment before these accept records.
func (w *Writer) awaitTopics(ctx context.Context, names []string) error {
	ctx, cancel := context.WithTimeout(ctx, w.o.Timeout)
	defer cancel()
	for {
		counts, err := w.counts(ctx, names)
		if err == nil {
			if err = w.askLeaders(ctx, counts); err == nil {
				return nil
			}
		}
		pause := time.NewTimer(50 * time.Millisecond)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return err
		}
	}
}

// askLeaders asks the leader of every partition something only a leader answers.
func (w *Writer) askLeaders(ctx context.Context, counts map[string][]int) error {
	req := &kafkago.ListOffsetsRequest{Topics: make(map[string][]kafkago.OffsetRequest)}
	for name, partitions := range counts {
		for _, p := range partitions {
			req.Topics[name] = append(req.Topics[name], kafkago.LastOffsetOf(p))
		}
	}
	res, err := w.client.ListOffsets(ctx, req)
	if err != nil {
		return err
	}
	for name, offsets := range res.Topics {
		for _, o := range offsets {
			if o.Error != nil {
				return fmt.Errorf("topic %s, partition %d: %w", name, o.Partition, o.Error)
			}
		}
	}
	return nil
}

// destination is where the records of one topic go.
type destination struct {
	name       string // on the brokers
	partitions []int
}

// destinations finds where records go, by topic. It creates missing topics if the options say so.
func (w *Writer) destinations(ctx context.Context, records []event.Record) (map[string]destination, error) {
	var topics, names []string
	for i := range records {
		if !slices.Contains(topics, records[i].Topic) { // a handful of topics: a scan beats a map
			topics = append(topics, records[i].Topic)
			names = append(names, w.cluster.Prefix+records[i].Topic)
		}
	}
	counts, err := w.counts(ctx, names)
	if errors.Is(err, kafkago.UnknownTopicOrPartition) && w.o.Partitions > 0 {
		w.o.Log.Info("creating kafka topics", "partitions", w.o.Partitions, "replication", w.o.Replication)
		if err := w.ensureTopics(ctx, w.o.Partitions, w.o.Replication); err != nil {
			return nil, err
		}
		counts, err = w.counts(ctx, names)
	}
	if err != nil {
		return nil, err
	}
	found := make(map[string]destination, len(topics))
	for i, topic := range topics {
		found[topic] = destination{names[i], counts[names[i]]}
	}
	return found, nil
}

// counts lists the partitions of each topic. It asks kafka-go's metadata cache, which refreshes itself within metadataTTL.
func (w *Writer) counts(ctx context.Context, names []string) (map[string][]int, error) {
	res, err := w.client.Metadata(ctx, &kafkago.MetadataRequest{Topics: names})
	if err != nil {
		return nil, err
	}
	counts := make(map[string][]int, len(names))
	for _, t := range res.Topics {
		if t.Error != nil {
			return nil, fmt.Errorf("topic %s: %w", t.Name, t.Error)
		}
		for _, p := range t.Partitions {
			if p.Error != nil && !errors.Is(p.Error, kafkago.ReplicaNotAvailable) {
				return nil, fmt.Errorf("topic %s, partition %d: %w", t.Name, p.ID, p.Error)
			}
			counts[t.Name] = append(counts[t.Name], p.ID)
		}
	}
	for _, n := range names {
		if len(counts[n]) == 0 {
			return nil, fmt.Errorf("topic %s: %w", n, kafkago.UnknownTopicOrPartition)
		}
	}
	return counts, nil
}
