package kafka

import (
	"context"
	"fmt"
	"testing"

	"cardlink/embedded"
	"cardlink/event"
)

// The benchmarks run on the embedded broker, which syncs each request to disk; b.N counts records of 500 bytes in batches of 1,000.
func benchBroker(b *testing.B) (*Writer, Cluster, []event.Record) {
	b.Helper()
	broker, err := embedded.Start(embedded.Options{Dir: b.TempDir(), Topics: event.Topics()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { broker.Close() })
	c := Cluster{Brokers: broker.Addrs()}
	w, err := NewWriter(c, WriterOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { w.Close() })
	rs := make([]event.Record, 1000)
	for i := range rs {
		rs[i] = event.Record{Topic: event.TopicParse, Key: fmt.Appendf(nil, "s.example.com/%d", i), Value: make([]byte, 500)}
	}
	return w, c, rs
}

func write(b *testing.B, w *Writer, rs []event.Record, n int) {
	for ; n > 0; n -= len(rs) {
		if err := w.Write(context.Background(), rs[:min(n, len(rs))]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	w, _, rs := benchBroker(b)
	b.ReportAllocs()
	b.ResetTimer()
	write(b, w, rs, b.N)
}

func BenchmarkFetchAndCommit(b *testing.B) {
	w, c, rs := benchBroker(b)
	write(b, w, rs, b.N)
	k, err := NewConsumer(c, ConsumerOptions{Group: "g", Topics: []string{event.TopicParse}})
	if err != nil {
		b.Fatal(err)
	}
	defer k.Close()
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		batch, err := k.Fetch(context.Background())
		if err == nil {
			err = k.Commit(context.Background(), batch)
		}
		if err != nil {
			b.Fatal(err)
		}
		n += len(batch)
	}
}
