// Package kafka carries facts over Apache Kafka, or anything that speaks its protocol, with segmentio/kafka-go: a Writer that keeps
// event.Sink's promise and a Consumer that keeps event.Source's.
//
// It owns connections, batching, partitioning, consumer groups and their rebalances. It refuses to know what the records say, and it
// stores nothing: who writes keeps a record until Write returns nil (event/relay does), who reads remembers which facts it has seen.
package kafka

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
)

// Cluster says how to reach Kafka.
type Cluster struct {
	Brokers  []string // host:port of some brokers; the others are learnt from them. Required.
	ClientID string   // shown in the brokers' logs and quotas; default "cardlink"
	// Prefix stands before every topic and group name on the brokers, for clusters that several deployments share. Records on this side
	// carry the plain names.
	Prefix string
	// TLS encrypts the connections; nil for plain TCP.
	TLS *tls.Config
	// SASL authenticates the connections, for example plain.Mechanism{Username: …, Password: …} of kafka-go; nil for none.
	SASL sasl.Mechanism
	// Dial opens the connections in place of net.Dialer, for example through a proxy; nil for direct ones.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// DialTimeout bounds a connection attempt, TLS and SASL included; default 5 s.
	DialTimeout time.Duration
}

// Validate reports every fault of the address list at once.
func (c Cluster) Validate() error {
	if len(c.Brokers) == 0 {
		return errors.New("kafka: no broker is given")
	}
	var errs []error
	for _, b := range c.Brokers {
		if host, port, err := net.SplitHostPort(b); err != nil || host == "" || port == "" {
			errs = append(errs, fmt.Errorf("kafka: broker %q is not host:port", b))
		}
	}
	return errors.Join(errs...)
}

func (c Cluster) withDefaults() Cluster {
	if c.ClientID == "" {
		c.ClientID = "cardlink"
	}
	if c.DialTimeout == 0 {
		c.DialTimeout = 5 * time.Second
	}
	return c
}

// metadataTTL bounds how long a moved partition leader stays unnoticed: until then writes to it fail and are repeated.
const metadataTTL = 3 * time.Second

func (c Cluster) transport(conns *connections) *kafkago.Transport {
	return &kafkago.Transport{
		ClientID: c.ClientID, TLS: c.TLS, SASL: c.SASL, Dial: conns.dial,
		DialTimeout: c.DialTimeout, MetadataTTL: metadataTTL, IdleTimeout: 30 * time.Second,
	}
}

// client speaks the request-response part of the protocol; no request takes longer than timeout.
func (c Cluster) client(t *kafkago.Transport, timeout time.Duration) *kafkago.Client {
	return &kafkago.Client{Addr: kafkago.TCP(c.Brokers...), Timeout: timeout, Transport: t}
}

// dialer is what kafka-go's consumer groups connect with.
func (c Cluster) dialer(conns *connections) *kafkago.Dialer {
	return &kafkago.Dialer{
		ClientID: c.ClientID, Timeout: c.DialTimeout, DualStack: true, TLS: c.TLS, SASLMechanism: c.SASL, DialFunc: conns.dial,
	}
}

func (c Cluster) String() string { return strings.Join(c.Brokers, ",") }
