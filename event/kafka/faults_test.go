package kafka

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	kafkago "github.com/segmentio/kafka-go"

	"cardlink/embedded"
	"cardlink/enginetest"
	"cardlink/event"
)

// patient is a context for what takes seconds at most, and minutes on a machine that has other things to do.
func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func numbered(topic string, from, to int) (rs []event.Record) {
	for i := from; i < to; i++ {
		rs = append(rs, event.Record{Topic: topic, Key: fmt.Appendf(nil, "k%d", i%5), Value: fmt.Appendf(nil, "%d", i)})
	}
	return rs
}

// collect fetches and commits until every value of want was seen.
func collect(ctx context.Context, t *testing.T, k *Consumer, seen map[string]bool, want []event.Record) {
	t.Helper()
	missing := func() bool {
		for _, r := range want {
			if !seen[string(r.Value)] {
				return true
			}
		}
		return false
	}
	for missing() {
		batch, err := k.Fetch(ctx)
		if err != nil {
			t.Fatalf("%d seen: %v", len(seen), err)
		}
		for _, d := range batch {
			seen[string(d.Value)] = true
		}
		if err := k.Commit(ctx, batch); err != nil {
			t.Fatal(err)
		}
	}
}

// insist repeats a write until it is acknowledged, as the relays do.
func insist(ctx context.Context, t *testing.T, w *Writer, rs []event.Record) {
	t.Helper()
	for {
		err := w.Write(ctx, rs)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func TestTopicsAreCreatedOnceAndOnDemand(t *testing.T) {
	engines(t, func(t *testing.T, tr *transport) {
		ctx := patient(t)
		c := tr.cluster
		c.Prefix = strings.ToLower(rand.Text()) + "." // others make topics of the same names on the same brokers, with other numbers of partitions
		w, err := NewWriter(c, WriterOptions{Partitions: 2, Replication: 1, Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if err := w.Write(ctx, []event.Record{{Topic: event.TopicQuarantine, Value: []byte("{}")}}); err != nil {
			t.Fatalf("write to a topic to be made: %v", err)
		}
		for range 2 {
			if err := w.EnsureTopics(ctx, 3, 1); err != nil {
				t.Fatal(err)
			}
		}
		names := event.Topics()
		for i := range names {
			names[i] = c.Prefix + names[i]
		}
		counts, err := w.counts(ctx, names)
		if err != nil || len(counts) != len(names) || len(counts[c.Prefix+event.TopicParse]) != 2 {
			t.Fatalf("%v, %v", counts, err)
		}
		if err := w.EnsureTopics(ctx, 0, 1); err == nil {
			t.Fatal("0 partitions were accepted")
		}
	})
}

func TestPrefixKeepsDeploymentsApart(t *testing.T) {
	engines(t, func(t *testing.T, tr *transport) {
		ctx := patient(t)
		for _, prefix := range []string{"a-", "b-"} {
			c := tr.cluster
			c.Prefix = prefix + strings.ToLower(rand.Text()) + "."
			w, err := NewWriter(c, WriterOptions{Partitions: 1, Replication: 1, Timeout: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			rs := numbered(event.TopicParse, 0, 10)
			if err := w.Write(ctx, rs); err != nil {
				t.Fatal(err)
			}
			k, err := NewConsumer(c, ConsumerOptions{Group: "billing", Topics: []string{event.TopicParse}})
			if err != nil {
				t.Fatal(err)
			}
			batch, err := k.Fetch(ctx)
			if err != nil || batch[0].Topic != event.TopicParse || batch[0].Offset != 0 || k.Assigned()[0] != "cardlink.parse/0" {
				t.Fatalf("%v, %v, assigned %v", batch, err, k.Assigned())
			}
			if err := k.Commit(ctx, batch); err != nil {
				t.Fatal(err)
			}
			if err := k.Close(); err != nil {
				t.Fatal(err)
			}
			if k, err = NewConsumer(c, ConsumerOptions{Group: "billing", Topics: []string{event.TopicParse}}); err != nil {
				t.Fatal(err)
			}
			insist(ctx, t, w, numbered(event.TopicParse, 10, 11))
			if again, err := k.Fetch(ctx); err != nil || again[0].Offset != batch[len(batch)-1].Offset+1 {
				t.Fatalf("after a commit: %v, %v", again, err)
			}
			if err := errors.Join(k.Close(), w.Close()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestWriterWithoutKafkaFailsInTime(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close() // accepts and never answers
	w, err := NewWriter(Cluster{Brokers: []string{ln.Addr().String()}, DialTimeout: 200 * time.Millisecond}, WriterOptions{Timeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(patient(t), numbered("t", 0, 1)); err == nil {
		t.Fatal("acknowledged by nobody")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(patient(t), numbered("t", 0, 1)); !errors.Is(err, ErrClosed) {
		t.Fatalf("after Close: %v", err)
	}
}

func TestCloseEndsAWriteUnderWay(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	dialed := make(chan struct{}, 10)
	w, err := NewWriter(Cluster{
		Brokers: []string{ln.Addr().String()},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			dialed <- struct{}{}
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}, WriterOptions{Timeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() { failed <- w.Write(context.Background(), numbered("t", 0, 1)) }()
	<-dialed
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err == nil {
		t.Fatal("acknowledged by nobody")
	}
}

func TestBrokerRestartIsSurvived(t *testing.T) {
	ctx := patient(t)
	o := embedded.Options{Dir: t.TempDir(), Topics: []string{"t"}, Partitions: 2, Addr: enginetest.Address(t)}
	b, err := embedded.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	c := Cluster{Brokers: b.Addrs()}
	w, err := NewWriter(c, WriterOptions{Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	k, err := NewConsumer(c, ConsumerOptions{Group: "g", Topics: []string{"t"}, SessionTimeout: 6 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	seen := map[string]bool{}
	for round := range 3 {
		rs := numbered("t", round*100, round*100+100)
		insist(ctx, t, w, rs)
		collect(ctx, t, k, seen, rs)
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		if err := w.Write(ctx, numbered("t", 9999, 10000)); err == nil {
			t.Fatal("acknowledged by a broker that is down")
		}
		if b, err = embedded.Start(o); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}

// A member that vanishes without a word (its machine lost the network) is replaced after its session, and what it had not committed is delivered
// again. When its network is back it takes part again.
func TestSilentMemberIsReplaced(t *testing.T) {
	engines(t, func(t *testing.T, tr *transport) {
		ctx := patient(t)
		topic, err := tr.NewTopic(ctx, 2)
		if err != nil {
			t.Fatal(err)
		}
		var away atomic.Bool
		c := tr.cluster
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if away.Load() {
				return nil, errors.New("no network")
			}
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return cuttable{conn, &away}, nil
		}
		o := ConsumerOptions{Group: "silent-" + topic, Topics: []string{topic}, SessionTimeout: 6 * time.Second}
		lost, err := NewConsumer(c, o)
		if err != nil {
			t.Fatal(err)
		}
		defer lost.Close()
		rs := numbered(topic, 0, 50)
		insist(ctx, t, tr.Writer, rs)
		batch, err := lost.Fetch(ctx)
		if err != nil {
			t.Fatal(err)
		}
		away.Store(true)
		heir, err := NewConsumer(tr.cluster, o)
		if err != nil {
			t.Fatal(err)
		}
		defer heir.Close()
		collect(ctx, t, heir, map[string]bool{}, rs)
		if err := lost.Commit(ctx, batch); err != nil { // in vain, and no error: somebody else has done it
			t.Fatal(err)
		}
		away.Store(false)
		for len(lost.Assigned()) != 1 || len(heir.Assigned()) != 1 {
			select {
			case <-ctx.Done():
				t.Fatalf("assigned %v and %v", lost.Assigned(), heir.Assigned())
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
}

// cuttable is a connection that fails while away is set.
type cuttable struct {
	net.Conn
	away *atomic.Bool
}

func (c cuttable) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.away.Load() {
		c.Conn.Close()
		return 0, errors.New("no network")
	}
	return n, err
}

func (c cuttable) Write(b []byte) (int, error) {
	if c.away.Load() {
		c.Conn.Close()
		return 0, errors.New("no network")
	}
	return c.Conn.Write(b)
}

func TestExpiredRecordsAreCountedAndPassed(t *testing.T) {
	ctx := patient(t)
	o := embedded.Options{Dir: t.TempDir(), Topics: []string{"t"}, Partitions: 1}
	run := func(body func(w *Writer, k *Consumer)) (expired uint64) {
		t.Helper()
		b, err := embedded.Start(o)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		c, set := Cluster{Brokers: b.Addrs()}, metrics.NewSet()
		w, err := NewWriter(c, WriterOptions{Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		k, err := NewConsumer(c, ConsumerOptions{Group: "g", Topics: []string{"t"}, MaxBatch: 10, Metrics: set})
		if err != nil {
			t.Fatal(err)
		}
		defer k.Close()
		body(w, k)
		return set.GetOrCreateCounter(`cardlink_kafka_expired_records_total{group="g"}`).Get()
	}
	old := numbered("t", 0, 100)
	run(func(w *Writer, k *Consumer) {
		for i := range 10 {
			if err := w.Write(ctx, old[i*10:i*10+10]); err != nil {
				t.Fatal(err)
			}
		}
		collect(ctx, t, k, map[string]bool{}, old[:10])
	})
	o.RetentionBytes = 1 // everything expires
	expired := run(func(w *Writer, k *Consumer) {
		fresh := numbered("t", 200, 210)
		if err := w.Write(ctx, fresh); err != nil {
			t.Fatal(err)
		}
		collect(ctx, t, k, map[string]bool{}, fresh)
	})
	if expired != 90 {
		t.Errorf("%d expired records counted, want 90", expired)
	}
}

func TestCompressedBatchesArrive(t *testing.T) {
	engines(t, func(t *testing.T, tr *transport) {
		ctx := patient(t)
		topic, err := tr.NewTopic(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		k, err := tr.join("compressed-"+topic, topic)
		if err != nil {
			t.Fatal(err)
		}
		defer k.Close()
		for i, codec := range []kafkago.Compression{kafkago.Gzip, kafkago.Snappy, kafkago.Lz4, kafkago.Zstd} {
			w, err := NewWriter(tr.cluster, WriterOptions{Compression: codec, Timeout: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			rs := numbered(topic, i*1000, i*1000+500)
			if err := w.Write(ctx, rs); err != nil {
				t.Fatalf("%v: %v", codec, err)
			}
			collect(ctx, t, k, map[string]bool{}, rs)
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestRoundsBoundBatches(t *testing.T) {
	tr := newTransport(t, startEmbedded(t).Addrs()[0])
	ctx := patient(t)
	topic, err := tr.NewTopic(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	big := make([]byte, 300<<10)
	var rs []event.Record
	for range 12 { // 3.6 MB to one partition: more than a broker takes at once
		rs = append(rs, event.Record{Topic: topic, Key: []byte("k"), Value: big})
	}
	if err := tr.Write(ctx, rs); err != nil {
		t.Fatal(err)
	}
	k, err := tr.join("g", topic)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	for n := 0; n < len(rs); {
		batch, err := k.Fetch(ctx)
		if err != nil {
			t.Fatal(err)
		}
		n += len(batch)
	}
}

func TestAddressesAreChecked(t *testing.T) {
	for _, brokers := range [][]string{nil, {""}, {"host"}, {":9092"}, {"a:1", "b"}} {
		if _, err := NewWriter(Cluster{Brokers: brokers}, WriterOptions{}); err == nil {
			t.Errorf("%q was accepted", brokers)
		}
	}
	if _, err := NewConsumer(Cluster{Brokers: []string{"a:1"}}, ConsumerOptions{Group: "g"}); err == nil {
		t.Error("a consumer without topics was accepted")
	}
}
