package kafka

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"go.uber.org/goleak"

	"cardlink/embedded"
	"cardlink/enginetest"
	"cardlink/event"
	"cardlink/event/contract"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// engines runs a test body on the embedded broker and, when CARDLINK_TEST_KAFKA holds host:port, on Apache Kafka. With CI=true a missing
// Apache Kafka is a failure.
func engines(t *testing.T, body func(t *testing.T, tr *transport)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) {
		body(t, newTransport(t, startEmbedded(t).Addrs()[0]))
	})
	t.Run("apache", func(t *testing.T) {
		body(t, newTransport(t, enginetest.Kafka(t)))
	})
}

func startEmbedded(t *testing.T) *embedded.Broker {
	t.Helper()
	b, err := embedded.Start(embedded.Options{Dir: t.TempDir(), Topics: []string{"unused"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// transport is the contract.Transport of one broker.
type transport struct {
	*Writer
	t       *testing.T
	cluster Cluster
}

func newTransport(t *testing.T, addr string) *transport {
	t.Helper()
	c := Cluster{Brokers: []string{addr}, DialTimeout: time.Minute}
	w, err := NewWriter(c, WriterOptions{Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return &transport{w, t, c}
}

func (tr *transport) NewTopic(ctx context.Context, partitions int) (string, error) {
	name := "test-" + strings.ToLower(rand.Text())
	res, err := tr.client.CreateTopics(ctx, &kafkago.CreateTopicsRequest{
		Topics: []kafkago.TopicConfig{{Topic: name, NumPartitions: partitions, ReplicationFactor: 1}},
	})
	if err == nil {
		err = res.Errors[name]
	}
	if err == nil {
		err = tr.awaitTopics(ctx, []string{name})
	}
	tr.t.Cleanup(func() {
		_, err := tr.client.DeleteTopics(context.Background(), &kafkago.DeleteTopicsRequest{Topics: []string{name}})
		if err != nil && !errors.Is(err, context.Canceled) {
			tr.t.Logf("delete topic: %v", err)
		}
	})
	return name, err
}

func (tr *transport) Join(group, topic string) (contract.Member, error) {
	return tr.join(group, topic)
}

func (tr *transport) join(group, topic string) (*Consumer, error) {
	return NewConsumer(tr.cluster, ConsumerOptions{Group: group, Topics: []string{topic}, MaxBatch: 100, SessionTimeout: 6 * time.Second})
}

func TestTransportKeepsItsContract(t *testing.T) {
	engines(t, func(t *testing.T, tr *transport) {
		for _, c := range contract.Transports {
			t.Run(c.Name, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				if err := c.Check(ctx, tr); err != nil {
					t.Fatal(err)
				}
			})
		}
	})
}

var _ event.Sink = (*Writer)(nil)
var _ event.Source = (*Consumer)(nil)
