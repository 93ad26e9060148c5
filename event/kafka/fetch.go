package kafka

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"cardlink/event"
)

// readPartition reads one partition from offset on until its generation ends, which ctx tells.
func (k *Consumer) readPartition(ctx context.Context, g *generation, p target, offset int64) {
	failures := 0
	for ctx.Err() == nil {
		if offset < 0 { // nothing was ever committed
			first, err := k.firstOffset(ctx, p)
			if err != nil {
				failures++
				k.pause(ctx, p, failures, err)
				continue
			}
			offset = first
		}
		c, next, err := k.poll(ctx, g, p, offset)
		if errors.Is(err, kafkago.OffsetOutOfRange) {
			offset = k.outOfRange(ctx, p, offset)
			failures++
			k.pause(ctx, p, failures, err)
			continue
		}
		if err != nil {
			failures++
			k.pause(ctx, p, failures, err)
			continue
		}
		failures = 0
		offset = next
		if len(c.deliveries) == 0 {
			continue
		}
		select {
		case k.chunks <- c:
		case <-ctx.Done():
		}
	}
}

// pause waits before the next attempt: 100 ms, doubling up to 3 s, which also gives the metadata time to follow a moved leader.
func (k *Consumer) pause(ctx context.Context, p target, failures int, err error) {
	if ctx.Err() != nil {
		return
	}
	if failures == 3 { // two failures are normal while a leader moves
		k.log.Warn("kafka: cannot read, trying on", "topic", p.topic, "partition", p.partition, "err", err)
	}
	timer := time.NewTimer(min(50*time.Millisecond<<min(failures, 6), metadataTTL))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// poll asks for records from offset on and returns them with the offset to go on from.
func (k *Consumer) poll(ctx context.Context, g *generation, p target, offset int64) (c chunk, next int64, err error) {
	res, err := k.client.Fetch(ctx, &kafkago.FetchRequest{
		Topic: p.topic, Partition: p.partition, Offset: offset,
		MinBytes: 1, MaxBytes: partitionBytes, MaxWait: pollWait,
	})
	if err != nil {
		return chunk{}, 0, err
	}
	if res.Error != nil {
		return chunk{}, 0, res.Error
	}
	c, next = chunk{gen: g}, offset
	topic := strings.TrimPrefix(p.topic, k.prefix)
	var mem arena
	for {
		rec, err := res.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if len(c.deliveries) > 0 { // the answer was cut at its size bound; what came whole is good
				break
			}
			return chunk{}, 0, err
		}
		key, kerr := mem.read(rec.Key)
		value, verr := mem.read(rec.Value)
		if err := errors.Join(kerr, verr); err != nil {
			return chunk{}, 0, err
		}
		if rec.Offset < offset { // brokers answer with whole batches
			continue
		}
		c.deliveries = append(c.deliveries, event.Delivery{
			Record:    event.Record{Topic: topic, Key: key, Value: value},
			Partition: p.partition, Offset: rec.Offset,
		})
		next = rec.Offset + 1
	}
	k.mu.Lock()
	if k.current == g {
		k.lag[p] = max(0, res.HighWatermark-next)
	}
	k.mu.Unlock()
	return c, next, nil
}

// outOfRange decides where to go on when the broker has no such offset: at the oldest record it has. Records the group never saw have then
// expired, which is counted and logged as an error; or the broker lost its newest records, and what it has written since comes again with
// some that were seen, which the readers' ids sort out.
func (k *Consumer) outOfRange(ctx context.Context, p target, offset int64) int64 {
	first, err := k.firstOffset(ctx, p)
	if err != nil {
		return offset
	}
	k.dropped.Add(int(max(0, first-offset)))
	k.log.Error("kafka: the group's offset is gone, going on at the oldest record", "topic", p.topic, "partition", p.partition,
		"offset", offset, "oldest", first)
	return first
}

func (k *Consumer) firstOffset(ctx context.Context, p target) (int64, error) {
	res, err := k.client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{
		Topics: map[string][]kafkago.OffsetRequest{p.topic: {kafkago.FirstOffsetOf(p.partition)}},
	})
	if err != nil {
		return 0, err
	}
	for _, o := range res.Topics[p.topic] {
		if o.Partition == p.partition {
			return o.FirstOffset, o.Error
		}
	}
	return 0, kafkago.UnknownTopicOrPartition
}

// arena cuts many small keys and values from few allocations. A batch lives and dies together, so nothing is held for long.
type arena struct {
	free []byte
	size int // of the last block: blocks double, since most answers are small
}

const arenaBlock = 64 << 10

// read takes b's bytes and closes it; a nil b gives nil.
func (a *arena) read(b protocol.Bytes) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	defer b.Close()
	n := b.Len()
	if n > len(a.free) {
		a.size = min(max(2*a.size, 4<<10), arenaBlock)
		a.free = make([]byte, max(n, a.size))
	}
	out := a.free[:n:n]
	a.free = a.free[n:]
	_, err := io.ReadFull(b, out)
	return out, err
}
