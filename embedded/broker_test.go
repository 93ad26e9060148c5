package embedded

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"go.uber.org/goleak"

	"cardlink/enginetest"
)

var kills = flag.Int("kills", 3, "how often to kill -9 a serving process (more in a soak)")

func TestMain(m *testing.M) {
	if dir := os.Getenv("EMBEDDED_TEST_CHILD"); dir != "" {
		serveUntilKilled(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

func start(t *testing.T, o Options) *Broker {
	t.Helper()
	b, err := Start(o)
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

// client talks to a broker through kafka-go, as everybody does.
type client struct {
	*kafkago.Client
	t *testing.T
}

func connect(t *testing.T, addrs ...string) client {
	tr := &kafkago.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return client{&kafkago.Client{Addr: kafkago.TCP(addrs...), Transport: tr, Timeout: time.Minute}, t}
}

func (c client) produce(topic string, values ...string) error {
	var rs []kafkago.Record
	for _, v := range values {
		rs = append(rs, kafkago.Record{Value: kafkago.NewBytes([]byte(v))})
	}
	res, err := c.Produce(c.t.Context(), &kafkago.ProduceRequest{
		Topic: topic, RequiredAcks: kafkago.RequireAll, Records: kafkago.NewRecordReader(rs...),
	})
	if err != nil {
		return err
	}
	return res.Error
}

// values reads partition 0 of a topic from its first offset to its last.
func (c client) values(topic string) (vs []string) {
	c.t.Helper()
	ctx := c.t.Context()
	offsets, err := c.ListOffsets(ctx, &kafkago.ListOffsetsRequest{
		Topics: map[string][]kafkago.OffsetRequest{topic: {kafkago.FirstOffsetOf(0), kafkago.LastOffsetOf(0)}},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	p := offsets.Topics[topic][0]
	for at := p.FirstOffset; at < p.LastOffset; {
		res, err := c.Fetch(ctx, &kafkago.FetchRequest{Topic: topic, Offset: at, MinBytes: 1, MaxBytes: 1 << 20, MaxWait: time.Second})
		if err == nil {
			err = res.Error
		}
		if err != nil {
			c.t.Fatal(err)
		}
		for {
			r, err := res.Records.ReadRecord()
			if err != nil {
				break
			}
			v, err := kafkago.ReadAll(r.Value)
			if err != nil {
				c.t.Fatal(err)
			}
			if r.Offset >= at {
				vs, at = append(vs, string(v)), r.Offset+1
			}
		}
	}
	return vs
}

func TestTopicsAreThereAndGrow(t *testing.T) {
	o := Options{Dir: t.TempDir(), Topics: []string{"one", "two"}, Partitions: 3}
	partitions := func(addrs []string) map[string]int {
		res, err := connect(t, addrs...).Metadata(t.Context(), &kafkago.MetadataRequest{})
		if err != nil {
			t.Fatal(err)
		}
		n := map[string]int{}
		for _, topic := range res.Topics {
			n[topic.Name] = len(topic.Partitions)
		}
		return n
	}
	b, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	if n := partitions(b.Addrs()); n["one"] != 3 || n["two"] != 3 || len(n) != 2 {
		t.Errorf("%v", n)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	o.Topics, o.Partitions = append(o.Topics, "three"), 5 // a newer version has one more
	if n := partitions(start(t, o).Addrs()); n["one"] != 3 || n["three"] != 5 {
		t.Errorf("%v", n)
	}
}

func TestRestartKeepsRecordsAndAddress(t *testing.T) {
	o := Options{Dir: t.TempDir(), Topics: []string{"t"}, Partitions: 1, Addr: enginetest.Address(t)}
	for i := range 3 {
		b, err := Start(o)
		if err != nil {
			t.Fatal(err)
		}
		c := connect(t, b.Addrs()...)
		if got := len(c.values("t")); got != 2*i {
			t.Errorf("start %d: %d records", i, got)
		}
		if err := c.produce("t", "a", "b"); err != nil {
			t.Fatal(err)
		}
		if o.Addr != b.Addrs()[0] {
			t.Errorf("asked for %s, listens on %v", o.Addr, b.Addrs())
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRetentionFreesOldRecords(t *testing.T) {
	o := Options{Dir: t.TempDir(), Topics: []string{"t"}, Partitions: 1}
	b, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, b.Addrs()...)
	for i := range 20 {
		if err := c.produce("t", fmt.Sprint(i, strings.Repeat("x", 1000))); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	o.RetentionBytes = 5000
	b = start(t, o)
	if got := len(connect(t, b.Addrs()...).values("t")); got == 0 || got > 5 {
		t.Errorf("%d records of 1,000 bytes are left with a bound of 5,000", got)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	o.RetentionBytes, o.RetentionAge = 0, time.Nanosecond
	if got := connect(t, start(t, o).Addrs()...).values("t"); len(got) != 0 {
		t.Errorf("%d records outlived their age", len(got))
	}
}

func TestOneProcessPerFolder(t *testing.T) {
	o := Options{Dir: t.TempDir(), Topics: []string{"t"}}
	start(t, o)
	if _, err := Start(o); err == nil {
		t.Fatal("a second broker opened the folder")
	}
}

func TestTakenPortIsAnError(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	o := Options{Dir: t.TempDir(), Topics: []string{"t"}, Addr: ln.Addr().String()}
	if _, err := Start(o); err == nil {
		t.Fatal("started on a taken port")
	}
	o.Addr = ""
	start(t, o) // and the folder is free again
}

func TestOptionsAreChecked(t *testing.T) {
	good := Options{Dir: "x", Topics: []string{"t"}, Addr: "localhost:0"}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Options){
		"no folder":           func(o *Options) { o.Dir = "" },
		"no topics":           func(o *Options) { o.Topics = nil },
		"all interfaces":      func(o *Options) { o.Addr = "0.0.0.0:9092" },
		"no host":             func(o *Options) { o.Addr = ":9092" },
		"another machine":     func(o *Options) { o.Addr = "10.0.0.1:9092" },
		"no port":             func(o *Options) { o.Addr = "127.0.0.1" },
		"not a port":          func(o *Options) { o.Addr = "127.0.0.1:kafka" },
		"negative partitions": func(o *Options) { o.Partitions = -1 },
		"negative bytes":      func(o *Options) { o.RetentionBytes = -1 },
	} {
		o := good
		change(&o)
		if err := o.Validate(); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if b, err := Start(o); err == nil {
			b.Close()
			t.Errorf("%s: started", name)
		}
	}
}

// TestKilledBrokerKeepsWhatItAcknowledged kills a serving process while this one writes, reads and commits: acknowledged records and offsets are
// there after the next start.
func TestKilledBrokerKeepsWhatItAcknowledged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "broker")
	acked, committed := []string(nil), int64(0)
	for round := range *kills {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "EMBEDDED_TEST_CHILD="+dir)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		addr := strings.TrimSpace(line)
		c := connect(t, addr)
		check(t, c, acked, committed)

		last, killed := 100+37*round, make(chan struct{})
		early := func(i int, err error) { // an error is the kill's, or a failure
			if i < last {
				t.Fatalf("record %d of %d before the kill: %v; %v, %v", i, last, err, child.Process.Kill(), child.Wait())
			}
		}
		for i := 0; ; i++ {
			if i == last {
				go func() {
					defer close(killed)
					if err := child.Process.Kill(); err != nil {
						t.Error(err)
					}
				}()
			}
			v := fmt.Sprintf("%d/%d", round, i)
			if err := c.produce("t", v); err != nil {
				early(i, err)
				break // the kill; this record may be there or not
			}
			acked = append(acked, v)
			if i%10 == 0 {
				if err := commit(t.Context(), c, int64(len(acked))); err != nil {
					early(i, err)
					break
				}
				committed = int64(len(acked))
			}
		}
		<-killed
		if err := child.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
	}
	b := start(t, Options{Dir: dir, Topics: []string{"t"}, Partitions: 1})
	check(t, connect(t, b.Addrs()...), acked, committed)
	t.Logf("%d records acknowledged", len(acked))
}

func check(t *testing.T, c client, acked []string, committed int64) {
	t.Helper()
	there := map[string]bool{}
	for _, v := range c.values("t") {
		there[v] = true
	}
	for _, v := range acked {
		if !there[v] {
			t.Errorf("%s was acknowledged and is gone", v)
		}
	}
	if committed == 0 {
		return
	}
	res, err := c.OffsetFetch(t.Context(), &kafkago.OffsetFetchRequest{GroupID: "g", Topics: map[string][]int{"t": {0}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Topics["t"][0].CommittedOffset; got < committed {
		t.Errorf("the group's offset is %d, %d was acknowledged", got, committed)
	}
}

func commit(ctx context.Context, c client, offset int64) error {
	res, err := c.OffsetCommit(ctx, &kafkago.OffsetCommitRequest{
		GroupID: "g", GenerationID: -1, Topics: map[string][]kafkago.OffsetCommit{"t": {{Partition: 0, Offset: offset}}},
	})
	if err != nil {
		return err
	}
	return res.Topics["t"][0].Error
}

func serveUntilKilled(dir string) {
	b, err := Start(Options{Dir: dir, Topics: []string{"t"}, Partitions: 1})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, b.Addrs()[0])
	select {}
}
