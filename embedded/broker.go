// Package embedded is the Kafka broker of a deployment that has none: one process, one machine, nothing to install. Programs that speak
// Kafka's protocol, kcat and Kafka's own tools included, can use it like the real one.
//
// It owns the broker's life, its folder and its limits. It refuses to be a cluster: it listens on loopback only, has no replicas and asks nobody
// for a password. A deployment that outgrows one machine names Apache Kafka's addresses instead; everything else stays the same.
//
// The protocol is served by franz-go's kfake with its persistence on. What that means for the data:
//
//   - A produce request is acknowledged after its records are written and synced (fsync per request), an offset commit likewise. Both
//     survive kill -9 and loss of power. If a write fails, as on a full disk, the request fails and the producer keeps its records. A failing
//     fsync, however, is not noticed by kfake: a deployment that must survive dying disks uses Apache Kafka with replicas.
//   - Records stay until Options.RetentionAge or, if set, until a partition exceeds Options.RetentionBytes, whichever comes first and whether
//     they were read or not; space is freed in whole segments of 64 MiB.
//   - In memory it keeps an index entry of about 100 bytes per produced batch, not the records.
package embedded

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
)

// Options of a broker. Dir and Topics are required.
type Options struct {
	Dir    string   // folder of the data, made if missing; one process at a time
	Addr   string   // host:port on a loopback address; port 0 takes a free one. Default "127.0.0.1:0"
	Topics []string // made at start if missing
	// Partitions of a topic when it is made, default 4: how many members of a consumer group can share it. Existing topics keep theirs.
	Partitions int
	// RetentionAge is how long records are kept; default 7 days, negative for ever. Consumers that were away for longer miss what expired
	// (event/kafka counts it).
	RetentionAge time.Duration
	// RetentionBytes bounds each partition; default none. All partitions together take at most Topics × Partitions × (RetentionBytes + 64 MiB).
	RetentionBytes int64
	Log            *slog.Logger // nil: silent
}

// Validate reports every fault at once.
func (o Options) Validate() error {
	var errs []error
	if o.Dir == "" {
		errs = append(errs, errors.New("embedded broker: no folder is given"))
	}
	if len(o.Topics) == 0 {
		errs = append(errs, errors.New("embedded broker: no topics are given"))
	}
	if o.Partitions < 0 || o.RetentionBytes < 0 {
		errs = append(errs, errors.New("embedded broker: partitions and retention bytes must not be negative"))
	}
	if _, err := loopback(o.Addr); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

const (
	segmentBytes    = 64 << 20
	retentionCheck  = time.Minute
	offsetRetention = 365 * 24 * 60 // minutes; a group that was away for weeks should not begin again
)

// Broker is a running broker.
type Broker struct {
	cluster *kfake.Cluster
	addrs   []string
	lock    io.Closer
	quit    chan struct{}
	once    sync.Once
	busy    sync.WaitGroup
}

// Start recovers what Dir holds and serves it. When it returns, the broker takes connections and the topics are there.
func Start(o Options) (*Broker, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Partitions == 0 {
		o.Partitions = 4
	}
	if o.RetentionAge == 0 {
		o.RetentionAge = 7 * 24 * time.Hour
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	addr, err := loopback(o.Addr)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	lock, err := lockFile(filepath.Join(o.Dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("embedded broker: %s: %w", o.Dir, err)
	}
	b := &Broker{lock: lock, quit: make(chan struct{})}
	b.cluster, err = kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.ListenFn(func(network, _ string) (net.Listener, error) { return net.Listen(network, addr) }),
		kfake.ClusterID("cardlink-embedded"),
		kfake.DataDir(o.Dir), kfake.SyncWrites(),
		kfake.DefaultNumPartitions(o.Partitions),
		kfake.BrokerConfigs(configs(o)),
		kfake.WithLogger(logger{o.Log}),
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("embedded broker: %w", err), lock.Close())
	}
	b.addrs = b.cluster.ListenAddrs()
	for _, t := range o.Topics {
		err := b.cluster.CreateTopic(t, int32(o.Partitions), nil)
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return nil, errors.Join(fmt.Errorf("embedded broker: create topic %s: %w", t, err), b.Close())
		}
	}
	// kfake enforces limits by itself only on topics that carry their own; ours are the broker's, so that changing the options changes
	// them for topics that exist.
	b.cluster.ApplyRetention()
	b.busy.Go(b.retain)
	o.Log.Info("embedded broker started", "addr", b.addrs, "dir", o.Dir)
	return b, nil
}

func configs(o Options) map[string]string {
	age, size := int64(-1), int64(-1)
	if o.RetentionAge > 0 {
		age = o.RetentionAge.Milliseconds()
	}
	if o.RetentionBytes > 0 {
		size = o.RetentionBytes
	}
	return map[string]string{
		"log.retention.ms":           strconv.FormatInt(age, 10),
		"log.retention.bytes":        strconv.FormatInt(size, 10),
		"log.segment.bytes":          strconv.Itoa(segmentBytes),
		"offsets.retention.minutes":  strconv.Itoa(offsetRetention),
		"default.replication.factor": "1",
	}
}

// retain enforces the limits once a minute until Close.
func (b *Broker) retain() {
	tick := time.NewTicker(retentionCheck)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			b.cluster.ApplyRetention()
		case <-b.quit:
			return
		}
	}
}

// Addrs is where the broker listens, as host:port.
func (b *Broker) Addrs() []string { return append([]string(nil), b.addrs...) }

// Close stops serving, writes a snapshot that makes the next start quick and lets go of the folder. Clients see their connections
// closed.
func (b *Broker) Close() error {
	var err error
	b.once.Do(func() {
		close(b.quit)
		b.busy.Wait()
		b.cluster.Close()
		err = b.lock.Close()
	})
	return err
}

// loopback checks that addr stays on this machine: the broker serves whoever reaches it.
func loopback(addr string) (string, error) {
	if addr == "" {
		return "127.0.0.1:0", nil
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("embedded broker: address: %w", err)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", fmt.Errorf("embedded broker: address %q: the port is not a number up to 65535", addr)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return "", fmt.Errorf("embedded broker: address %q is not on loopback; use Apache Kafka to serve other machines", addr)
	}
	return net.JoinHostPort(host, port), nil
}

// logger carries kfake's lines over: its requests are debug lines here.
type logger struct{ log *slog.Logger }

func (l logger) Logf(level kfake.LogLevel, format string, args ...any) {
	switch level {
	case kfake.LogLevelError:
		l.log.Error("embedded broker: " + fmt.Sprintf(format, args...))
	case kfake.LogLevelWarn:
		l.log.Warn("embedded broker: " + fmt.Sprintf(format, args...))
	}
}
