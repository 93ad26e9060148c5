package kafka

import (
	"bytes"
	"io"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"cardlink/event"
)

// target is one partition of one topic.
type target struct {
	topic     string
	partition int
}

// balancer spreads keys like the Java client does (murmur2), so that other programs which partition by the same key agree.
var balancer = kafkago.Murmur2Balancer{Consistent: true}

func partitionOf(key []byte, partitions []int) int {
	return balancer.Balance(kafkago.Message{Key: key}, partitions...)
}

// round is what is sent at once: at most one batch per partition.
type round struct {
	batches map[target]*batch
	order   []target
	records int
}

func newRound() *round { return &round{batches: make(map[target]*batch)} }

func (r *round) add(p target, rec *event.Record, size int) {
	b := r.batches[p]
	if b == nil {
		b = &batch{at: time.Now()}
		r.batches[p] = b
		r.order = append(r.order, p)
	}
	b.records = append(b.records, rec)
	b.bytes += size
	r.records++
}

// recordOverhead bounds what the protocol adds to a key and a value.
const recordOverhead = 32

// batch hands its records to kafka-go's encoder one by one, without copying them.
type batch struct {
	records []*event.Record
	bytes   int
	at      time.Time // the timestamp of all records; zero would mean a different one for each partition

	record     kafkago.Record
	key, value payload
}

// ReadRecord is called by the encoder until it returns io.EOF; the record is valid until the next call.
func (b *batch) ReadRecord() (*kafkago.Record, error) {
	if len(b.records) == 0 {
		return nil, io.EOF
	}
	r := b.records[0]
	b.records = b.records[1:]
	b.record = kafkago.Record{Time: b.at}
	if r.Key != nil {
		b.key.Reset(r.Key)
		b.record.Key = &b.key
	}
	b.value.Reset(r.Value)
	b.record.Value = &b.value
	return &b.record, nil
}

type payload struct{ bytes.Reader }

func (*payload) Close() error { return nil }
