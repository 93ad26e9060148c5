package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"cardlink/embedded"
	"cardlink/event"
	"cardlink/event/kafka"
)

// bus is the way to Kafka: a cluster by address, or the embedded broker.
type bus struct {
	brokers []string
	cluster kafka.Cluster
	writer  *kafka.Writer
	prefix  string
}

// preferredKafka is where the embedded broker listens if nothing else is said and the port is free.
const preferredKafka = "127.0.0.1:9092"

func (a *App) openBus(ctx context.Context) (*bus, error) {
	o := a.o
	b := &bus{brokers: o.KafkaBrokers, prefix: o.KafkaPrefix}
	if len(b.brokers) == 0 {
		broker, err := a.embeddedBroker()
		if err != nil {
			return nil, err
		}
		a.life.onStop("embedded broker", func(context.Context) error { return broker.Close() })
		b.brokers = broker.Addrs()
	}
	b.cluster = kafka.Cluster{Brokers: b.brokers, ClientID: "cardlink-" + a.node, Prefix: o.KafkaPrefix}
	w, err := kafka.NewWriter(b.cluster, kafka.WriterOptions{
		Partitions: o.KafkaPartitions, Replication: o.KafkaReplication, Log: a.log("kafka"), Metrics: a.metrics,
	})
	if err != nil {
		return nil, err
	}
	a.life.onStop("kafka writer", func(context.Context) error { return w.Close() })
	b.writer = w
	// Kafka may be away at start: everything that can go on without it does, so its absence is shown by readiness and not fatal.
	ensure, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if err := w.EnsureTopics(ensure, o.KafkaPartitions, o.KafkaReplication); err != nil {
		a.log("kafka").Warn("topics could not be made sure of; going on", "brokers", strings.Join(b.brokers, ","), "err", err)
	}
	a.ready("kafka", func(ctx context.Context) error { return reach(ctx, b.brokers) })
	return b, nil
}

func (a *App) embeddedBroker() (*embedded.Broker, error) {
	topics := event.Topics()
	for i := range topics {
		topics[i] = a.o.KafkaPrefix + topics[i]
	}
	start := func(addr string) (*embedded.Broker, error) {
		return embedded.Start(embedded.Options{
			Dir: filepath.Join(a.o.Data, "kafka"), Addr: addr, Topics: topics, Partitions: a.o.KafkaPartitions, Log: a.log("kafka"),
		})
	}
	if a.o.KafkaListen != "" {
		return start(a.o.KafkaListen)
	}
	b, err := start(preferredKafka)
	if errors.Is(err, syscall.EADDRINUSE) {
		return start("127.0.0.1:0")
	}
	return b, err
}

// consumer opens a member of a consumer group.
func (b *bus) consumer(a *App, group string, topics []string) (*kafka.Consumer, error) {
	c, err := kafka.NewConsumer(b.cluster, kafka.ConsumerOptions{Group: group, Topics: topics, Log: a.log("kafka"), Metrics: a.metrics})
	if err != nil {
		return nil, err
	}
	a.life.onStop("consumer "+group, func(context.Context) error { return c.Close() })
	return c, nil
}

// reach reports whether one broker takes connections.
func reach(ctx context.Context, brokers []string) error {
	var errs []error
	for _, addr := range brokers {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err == nil {
			return c.Close()
		}
		errs = append(errs, err)
	}
	return fmt.Errorf("no broker answers: %w", errors.Join(errs...))
}
