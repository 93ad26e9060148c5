package relay

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cardlink/embedded"
	"cardlink/enginetest"
	"cardlink/event"
	"cardlink/event/kafka"
)

// proxy forwards TCP and misbehaves: it cuts every connection after some bytes, in the middle of requests and of answers, and can go away.
type proxy struct {
	t       *testing.T
	ln      net.Listener
	target  string
	mu      sync.Mutex
	conns   map[net.Conn]bool
	down    bool
	cutAt   int64 // bytes a connection may carry; 0: no limit
	cuts    int
	forward sync.WaitGroup
}

func startProxy(t *testing.T, target string) *proxy {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, ln: ln, target: target, conns: map[net.Conn]bool{}}
	p.forward.Go(p.accept)
	t.Cleanup(func() {
		p.set(true, 0)
		ln.Close()
		p.forward.Wait()
	})
	return p
}

// set changes the weather; going down ends all connections.
func (p *proxy) set(down bool, cutAt int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down, p.cutAt = down, cutAt
	if down {
		for c := range p.conns {
			c.Close()
		}
	}
}

func (p *proxy) accept() {
	for {
		in, err := p.ln.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		down, limit := p.down, p.cutAt
		p.conns[in] = true
		p.mu.Unlock()
		if down {
			in.Close()
			continue
		}
		out, err := net.Dial("tcp", p.target)
		if err != nil {
			in.Close()
			continue
		}
		p.mu.Lock()
		p.conns[out] = true
		p.mu.Unlock()
		for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
			p.forward.Go(func() {
				var from io.Reader = way[0]
				if limit > 0 {
					from = io.LimitReader(from, limit)
				}
				n, _ := io.Copy(way[1], from)
				p.mu.Lock()
				if limit > 0 && n == limit {
					p.cuts++
				}
				delete(p.conns, in)
				delete(p.conns, out)
				p.mu.Unlock()
				in.Close()
				out.Close()
			})
		}
	}
}

// brokers runs a body against the embedded broker and Apache Kafka.
func brokers(t *testing.T, body func(t *testing.T, addr string)) {
	t.Run("embedded", func(t *testing.T) {
		b, err := embedded.Start(embedded.Options{Dir: t.TempDir(), Topics: event.Topics()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		body(t, b.Addrs()[0])
	})
	t.Run("apache", func(t *testing.T) {
		body(t, enginetest.Kafka(t))
	})
}

// through makes a writer whose every connection goes through p, and a consumer whose do not. Each test has topics of its own by a prefix.
func through(t *testing.T, p *proxy) (*kafka.Writer, *kafka.Consumer) {
	t.Helper()
	direct := kafka.Cluster{Brokers: []string{p.target}, Prefix: strings.ToLower(rand.Text()) + "."}
	faulty := direct
	faulty.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, p.ln.Addr().String())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	maker, err := kafka.NewWriter(direct, kafka.WriterOptions{Timeout: time.Minute}) // making topics may take long on a busy machine
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(maker.EnsureTopics(ctx, 3, 1), maker.Close()); err != nil {
		t.Fatal(err)
	}
	w, err := kafka.NewWriter(faulty, kafka.WriterOptions{Partitions: 3, Replication: 1, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	k, err := kafka.NewConsumer(direct, kafka.ConsumerOptions{Group: "g", Topics: []string{event.TopicSend}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(w.Close(), k.Close()); err != nil {
			t.Error(err)
		}
	})
	return w, k
}

// cutSoFar is how many connections were cut in the middle until now.
func (p *proxy) cutSoFar() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

// arrive waits for n different records and checks that first appearances of each key are in order. It returns the number of deliveries.
func arrive(t *testing.T, k *kafka.Consumer, n int) (deliveries int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	seen, last := map[int]bool{}, map[string]int{}
	for len(seen) < n {
		batch, err := k.Fetch(ctx)
		if err != nil {
			t.Fatalf("%d of %d: %v", len(seen), n, err)
		}
		deliveries += len(batch)
		for _, d := range batch {
			var i int
			if _, err := fmt.Sscanf(string(d.Value), `{"n":%d}`, &i); err != nil {
				t.Fatal(err)
			}
			if seen[i] {
				continue
			}
			if before, ok := last[string(d.Key)]; ok && i < before {
				t.Fatalf("%s: %d first came after %d", d.Key, i, before)
			}
			seen[i], last[string(d.Key)] = true, i
		}
	}
	return deliveries
}

// storm changes the weather until ctx ends: connections that are cut after ever other numbers of bytes, and outages.
func storm(ctx context.Context, p *proxy) {
	for i := int64(0); ctx.Err() == nil; i++ {
		switch i % 4 {
		case 3:
			p.set(true, 0)
		default:
			p.set(false, 700+i*i*131%9000)
		}
		sleep(ctx, 120*time.Millisecond, nil)
	}
	p.set(false, 0)
}

func TestOutboxLosesNothingOverCutConnections(t *testing.T) {
	brokers(t, func(t *testing.T, addr string) {
		p := startProxy(t, addr)
		w, k := through(t, p)
		s := newMemStore()
		rs, _ := numbered(30_000)
		s.add(rs[:1500]...)
		bad, calm := context.WithCancel(t.Context())
		defer calm()
		stop := running(t, outbox(t, OutboxOptions{Store: s, Sink: w, Node: "a", Batch: 100}).Run)
		var weather sync.WaitGroup
		weather.Go(func() { storm(bad, p) })
		added := 1500
		for step := 100; added < 3000 || p.cutSoFar() == 0 && added < len(rs); { // on a busy machine it takes more, up to two minutes, until a cut meets a request
			s.add(rs[added : added+step]...)
			if added += step; added >= 3000 {
				step = 10
			}
			sleep(t.Context(), 50*time.Millisecond, nil)
		}
		rs = rs[:added]
		calm()
		weather.Wait()
		n := arrive(t, k, len(rs))
		wait(t, func() bool { return s.depth() == 0 })
		stop()
		cuts := p.cutSoFar()
		if cuts == 0 {
			t.Error("no connection was cut in the middle")
		}
		t.Logf("%d cuts, %d deliveries of %d records", cuts, n, len(rs))
	})
}

func TestJournalLosesNothingOverCutConnections(t *testing.T) {
	brokers(t, func(t *testing.T, addr string) {
		p := startProxy(t, addr)
		w, k := through(t, p)
		dir := t.TempDir()
		j := openJournal(t, dir)
		rs, _ := numbered(60_000)
		bad, calm := context.WithCancel(t.Context())
		defer calm()
		var weather sync.WaitGroup
		weather.Go(func() { storm(bad, p) })
		added, last := 0, false
		for step := 1000; !last; { // the relay restarts in the middle of the storm
			put(t, j, rs[added:added+step]...)
			if added += step; added >= 6000 {
				step = 100
			}
			last = added >= 6000 && (p.cutSoFar() > 0 || added == len(rs))
			if last {
				calm()
			}
			r, err := NewJournal(JournalOptions{Journal: j, Sink: w, Cursor: filepath.Join(dir, "kafka.cursor"), Batch: 150})
			if err != nil {
				t.Fatal(err)
			}
			stop := running(t, r.Run)
			if !last {
				sleep(t.Context(), 300*time.Millisecond, nil)
			} else {
				wait(t, func() bool { return r.Lag() == 0 })
			}
			stop()
		}
		weather.Wait()
		rs = rs[:added]
		n := arrive(t, k, len(rs))
		cuts := p.cutSoFar()
		if cuts == 0 {
			t.Error("no connection was cut in the middle")
		}
		t.Logf("%d cuts, %d deliveries of %d records", cuts, n, len(rs))
	})
}
