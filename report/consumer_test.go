package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"go.uber.org/goleak"

	"cardlink/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = errors.New("down")

// memStore counts in memory and fails when told to.
type memStore struct {
	seen  map[Key]bool
	sum   Counts
	fails int // calls to fail
	log   *[]string
}

func (s *memStore) fail(what string) error {
	if s.fails > 0 {
		s.fails--
		*s.log = append(*s.log, what+" fails")
		return errDown
	}
	*s.log = append(*s.log, what)
	return nil
}

func (s *memStore) CountFacts(_ context.Context, marks []Mark) (added int, err error) {
	if err := s.fail("count"); err != nil {
		return 0, err
	}
	for _, m := range marks {
		if !s.seen[m.Key] {
			s.seen[m.Key] = true
			s.sum.Add(m.Counts)
			added++
		}
	}
	return added, nil
}

func (s *memStore) SweepReports(context.Context, time.Time, int) (int, error) { return 0, nil }

func (*memStore) SendReport(context.Context, string, SendFilter) ([]SendRow, int, error) {
	return nil, 0, errDown
}
func (*memStore) TemplateReport(_ context.Context, _ string, f TemplateFilter) ([]TemplateRow, int, error) {
	return []TemplateRow{{Resolved: int64(f.Last - f.First)}}, 1, nil
}

// script is a source whose steps may fail.
type script struct {
	batches [][]event.Delivery
	fetch   []error // before a batch comes
	commit  []error
	log     *[]string
	done    context.CancelFunc
}

func (s *script) Fetch(ctx context.Context) ([]event.Delivery, error) {
	if len(s.fetch) > 0 {
		err := s.fetch[0]
		s.fetch = s.fetch[1:]
		*s.log = append(*s.log, "fetch fails")
		return nil, err
	}
	if len(s.batches) == 0 {
		s.done()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	*s.log = append(*s.log, "fetch")
	return s.batches[0], nil
}

func (s *script) Commit(context.Context, []event.Delivery) error {
	if len(s.commit) > 0 {
		err := s.commit[0]
		s.commit = s.commit[1:]
		*s.log = append(*s.log, "commit fails")
		return err
	}
	*s.log = append(*s.log, "commit")
	s.batches = s.batches[1:]
	return nil
}

func delivered(t testing.TB, ids ...string) (batch []event.Delivery) {
	for _, id := range ids {
		d := event.SendSubmitted{MsgID: id, TplID: "6", SubmittedAt: testNow}
		r, err := d.Record("t")
		if err != nil {
			t.Fatal(err)
		}
		batch = append(batch, event.Delivery{Record: r})
	}
	return batch
}

// Every step is tried again until it works, in its order: sums first, offsets second. What the metrics say is what happened.
func TestConsumerTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		var log []string
		set := metrics.NewSet()
		store := &memStore{seen: map[Key]bool{}, fails: 2, log: &log}
		bad := []event.Delivery{{Record: event.Record{Value: []byte("{")}}}
		source := &script{batches: [][]event.Delivery{delivered(t, "1", "2", "1"), bad, delivered(t, "2", "3")}, fetch: []error{errDown}, commit: []error{errDown}, log: &log, done: cancel}
		c, err := NewConsumer(ConsumerOptions{Source: source, Store: store, Now: func() time.Time { return testNow }, Metrics: set})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Run(ctx); err != nil {
			t.Fatal(err)
		}
		want := []string{"fetch fails", "fetch", "count fails", "count fails", "count", "commit fails", "commit", "fetch", "commit", "fetch", "count", "commit"}
		if !slices.Equal(log, want) {
			t.Errorf("steps %q\nwant  %q", log, want)
		}
		if store.sum.Sent != 3 {
			t.Errorf("%d messages, want 3", store.sum.Sent)
		}
		var out bytes.Buffer
		set.WritePrometheus(&out)
		for result, n := range map[string]int{"counted": 3, "duplicate": 2, "unreadable": 1, "free": 0, "late": 0} {
			if line := fmt.Sprintf(`cardlink_report_facts_total{result="%s"} %d`, result, n); !strings.Contains(out.String(), line+"\n") {
				t.Errorf("metrics lack %s:\n%s", line, out.String())
			}
		}
		if !strings.Contains(out.String(), "cardlink_report_failed_batches_total 4\n") {
			t.Errorf("metrics: %s", out.String())
		}
	})
}

// A consumer that is told to stop while the store is away stops.
func TestConsumerStopsWhileItTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		var log []string
		store := &memStore{seen: map[Key]bool{}, fails: 1 << 30, log: &log}
		c, err := NewConsumer(ConsumerOptions{Source: &script{batches: [][]event.Delivery{delivered(t, "1")}, log: &log, done: cancel}, Store: store, Now: func() time.Time { return testNow }})
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if err := c.Run(ctx); err != nil || time.Since(begin) != time.Hour {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		if n := len(log); n < 360 || n > 400 { // 10 s apart after the first few
			t.Errorf("%d tries in an hour", n)
		}
	})
}

func TestServiceRanges(t *testing.T) {
	s, err := NewService(&memStore{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		to   time.Time
		want int // rows
		days int64
	}{{testNow, 1, 0}, {testNow.Add(longestRange), 1, 90}, {testNow.Add(longestRange + 1), 0, 0}} {
		rows, total, err := s.Templates(context.Background(), "t", testNow, c.to, TemplateFilter{})
		if err != nil || len(rows) != c.want || total != c.want || c.want == 1 && rows[0].Resolved != c.days {
			t.Errorf("to %s: %+v, %d, %v", c.to, rows, total, err)
		}
	}
	if _, _, err := s.Sends(context.Background(), "t", SendFilter{}); !errors.Is(err, errDown) {
		t.Errorf("a store's error became %v", err)
	}
}

func TestIncompleteOptionsAreRefused(t *testing.T) {
	if _, err := NewConsumer(ConsumerOptions{}); err == nil {
		t.Error("a consumer of nothing")
	}
	if _, err := NewService(nil); err == nil {
		t.Error("a service without a store")
	}
}
