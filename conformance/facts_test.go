package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

// facts are a tenant's events as any Kafka consumer reads them.
type facts struct {
	raw  string
	byID map[string]fact
}

type fact struct {
	ID      string         `json:"id"`
	Source  string         `json:"source"`
	Type    string         `json:"type"`
	Subject string         `json:"subject"`
	Time    time.Time      `json:"time"`
	Data    map[string]any `json:"data"`
}

// readFacts reads all topics of the server from their beginning to their present end.
func readFacts(t testing.TB, s *server, e engine, tenant string) facts {
	t.Helper()
	f := facts{byID: map[string]fact{}}
	var raw strings.Builder
	for _, topic := range []string{"cardlink.link", "cardlink.send", "cardlink.parse", "cardlink.template"} {
		for _, value := range readTopic(t, s.Kafka[0], e.topicPrefix()+topic) {
			raw.Write(value)
			var one fact
			if err := json.Unmarshal(value, &one); err != nil || one.ID == "" || one.Source == "" || one.Time.IsZero() {
				t.Fatalf("not a CloudEvent on %s: %s (%v)", topic, value, err)
			}
			if one.Subject == tenant {
				f.byID[one.Source+"|"+one.ID] = one // deliveries may repeat; ids do not
			}
		}
	}
	f.raw = raw.String()
	return f
}

func (f facts) count(typ string, where func(map[string]any) bool) int {
	n := 0
	for _, one := range f.byID {
		if one.Type == typ && where(one.Data) {
			n++
		}
	}
	return n
}

func (f facts) successfulSends() int {
	return f.count("aim.send.receipt.v1", func(d map[string]any) bool { return d["final"] == "success" })
}

func (f facts) successfulParses() int {
	return f.count("aim.parse.result.v1", func(d map[string]any) bool { return d["result"] == "success" && d["repeat"] == false })
}

// readTopic reads every partition up to the end it had when asked.
func readTopic(t testing.TB, broker, topic string) (values [][]byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	partitions, err := kafka.DefaultDialer.LookupPartitions(ctx, "tcp", broker, topic)
	if err != nil {
		t.Fatalf("partitions of %s: %v", topic, err)
	}
	for _, p := range partitions {
		conn, err := kafka.DialLeader(ctx, "tcp", broker, topic, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		first, last, err := conn.ReadOffsets()
		conn.Close()
		if err != nil {
			t.Fatal(err)
		}
		if first == last {
			continue
		}
		r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{broker}, Topic: topic, Partition: p.ID, MaxWait: 100 * time.Millisecond})
		for {
			m, err := r.ReadMessage(ctx)
			if err != nil {
				t.Fatal(errors.Join(err, r.Close()))
			}
			values = append(values, m.Value)
			if m.Offset >= last-1 {
				break
			}
		}
		r.Close()
	}
	return values
}

func (e engine) topicPrefix() string {
	for i, f := range e.flags {
		if f == "--kafka-prefix" {
			return e.flags[i+1]
		}
	}
	return ""
}

// recipient is a number that the tests send to. Only whole ones count: among random digits there is the beginning of one now and then.
var recipient = regexp.MustCompile(`1310000[0-9]{4}`)

func mapsKeys[M ~map[K]V, K comparable, V any](m M) iter.Seq[K] { return maps.Keys(m) }
