package billing_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"cardlink/billing"
	"cardlink/event"
	"cardlink/store"
)

var day = time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)

func openStore(t testing.TB) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), store.Options{File: filepath.Join(t.TempDir(), "billing.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return db
}

// topic is a source that ends its reader's context when everything is committed, and can crash between apply and commit.
type topic struct {
	records   []event.Record
	size      int
	committed int
	read      int
	crashes   []bool // for each commit in turn: the process dies instead
	stop      context.CancelFunc
}

// Fetch is called by one goroutine and Commit by another, so they share no field that changes.
func (s *topic) Fetch(ctx context.Context) ([]event.Delivery, error) {
	if s.read == len(s.records) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	end := min(s.read+s.size, len(s.records))
	var batch []event.Delivery
	for i := s.read; i < end; i++ {
		batch = append(batch, event.Delivery{Record: s.records[i], Offset: int64(i)})
	}
	s.read = end
	return batch, nil
}

func (s *topic) Commit(_ context.Context, batch []event.Delivery) error {
	if len(s.crashes) > 0 {
		crash := s.crashes[0]
		if s.crashes = s.crashes[1:]; crash {
			s.stop()
			return errors.New("the process died")
		}
	}
	if s.committed = int(batch[len(batch)-1].Offset) + 1; s.committed == len(s.records) {
		s.stop()
	}
	return nil
}

// sink remembers what was set aside; it refuses the first failures writes.
type sink struct {
	mu       sync.Mutex
	records  []event.Record
	failures int
}

func (s *sink) Write(_ context.Context, rs []event.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failures > 0 {
		s.failures--
		return errors.New("Kafka is down")
	}
	s.records = append(s.records, rs...)
	return nil
}

// consume reads the topic to its end, starting anew after each crash.
func consume(t interface{ Fatal(...any) }, db billing.Store, src *topic, aside *sink, now time.Time, set *metrics.Set) {
	for {
		ctx, cancel := context.WithCancel(context.Background())
		src.stop, src.read = cancel, src.committed
		c, err := billing.NewConsumer(billing.ConsumerOptions{
			Source: src, Store: db, Quarantine: aside, Now: func() time.Time { return now }, Metrics: set,
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if src.committed == len(src.records) {
			return
		}
	}
}

func sent(tenant, msg, final, kind string, at time.Time) event.Record {
	r, err := event.SendReceipt{MsgID: msg, Final: final, SMSKind: kind, Segments: 1, ReceiveTime: at}.Record(tenant)
	if err != nil {
		panic(err)
	}
	return r
}

func resolved(tenant, url string, ordinal int64, repeat bool, result string, at time.Time) event.Record {
	r, err := event.ParseResult{
		ResolveID: fmt.Sprint(url, ordinal, repeat, at.UnixNano()), AimURL: url, LinkID: 1, Ordinal: ordinal, Repeat: repeat, Result: result, ParsedAt: at,
	}.Record(tenant)
	if err != nil {
		panic(err)
	}
	return r
}

// totals is what the tenant is billed for: item and hour → quantity.
func totals(t interface{ Fatal(...any) }, db billing.Store, tenant string) map[string]int64 {
	bs, err := db.Buckets(context.Background(), tenant, day.Add(-100*24*time.Hour), day.Add(48*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, b := range bs {
		got[b.Item.String()+" "+b.Hour.Format("02T15")] += b.Quantity
	}
	return got
}

// The checks of billing.md §10: billed = successful facts; a replay, another order inside a bucket and crashes between apply and commit
// change nothing.
func TestBilledIsWhatSucceeded(t *testing.T) {
	db := openStore(t)
	now := day.Add(90 * time.Minute) // buckets 00 and 01 are open
	tenants := 0
	rapid.Check(t, func(t *rapid.T) {
		tenants++
		tenant := "t" + strconv.Itoa(tenants)
		want := map[string]int64{}
		var facts []event.Record
		for i := range rapid.IntRange(1, 60).Draw(t, "facts") {
			at := day.Add(time.Duration(rapid.IntRange(0, 89).Draw(t, "minute")) * time.Minute)
			hour := at.Format("02T15")
			name := strconv.Itoa(i)
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				facts = append(facts, sent(tenant, name, event.FinalSuccess, billing.Notify, at))
				want["aim_send.notify "+hour]++
			case 1:
				facts = append(facts, sent(tenant, name, event.FinalSuccess, billing.Marketing, at))
				want["aim_send.marketing "+hour]++
			case 2:
				facts = append(facts, sent(tenant, name, event.FinalFail, billing.Marketing, at))
			case 3:
				facts = append(facts, resolved(tenant, "u/"+name, 1, false, event.ResultSuccess, at))
				want["aim_parse "+hour]++
			case 4:
				facts = append(facts, resolved(tenant, "u/"+name, 1, true, event.ResultSuccess, at))
			case 5:
				facts = append(facts, resolved(tenant, "u/"+name, 0, false, event.ResultFail, at))
			}
		}
		size := rapid.IntRange(1, 25).Draw(t, "batch")
		crashes := rapid.SliceOfN(rapid.Bool(), 0, 8).Draw(t, "crashes")
		check := func(when string) {
			if got := totals(t, db, tenant); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%s: billed %v, want %v", when, got, want)
			}
		}
		aside := &sink{}
		consume(t, db, &topic{records: rapid.Permutation(facts).Draw(t, "order"), size: size, crashes: crashes}, aside, now, nil)
		check("first reading")
		twice := append(append([]event.Record{}, facts...), facts...)
		consume(t, db, &topic{records: rapid.Permutation(twice).Draw(t, "replay"), size: size, crashes: crashes}, aside, now, nil)
		check("replay")
		if len(aside.records) != 0 {
			t.Fatalf("%d good facts were set aside", len(aside.records))
		}
	})
}

func TestFactsThatCannotBeBilledAreSetAside(t *testing.T) {
	db, aside, set := openStore(t), &sink{failures: 2}, metrics.NewSet()
	now := day.Add(12 * time.Hour)
	old := sent("t", "old", event.FinalSuccess, billing.Notify, now.Add(-97*time.Hour))
	onBooks := sent("t", "known", event.FinalSuccess, billing.Notify, now.Add(-97*time.Hour))
	consume(t, db, &topic{records: []event.Record{onBooks}, size: 10}, aside, now.Add(-96*time.Hour), set)
	good := sent("t", "good", event.FinalSuccess, billing.Notify, now)
	bad := []event.Record{
		{Topic: event.TopicSend, Key: []byte("k"), Value: []byte("\xff not JSON")},
		sent("", "m", event.FinalSuccess, billing.Notify, now),
		sent("t", "ahead", event.FinalSuccess, billing.Notify, now.Add(6*time.Minute)),
		sent("t", "kind", event.FinalSuccess, "?", now),
		old,
	}
	consume(t, db, &topic{records: append(append([]event.Record{onBooks, good}, bad...), good), size: 10}, aside, now, set)
	if len(aside.records) != len(bad) {
		t.Fatalf("%d facts set aside, want %d", len(aside.records), len(bad))
	}
	for i, reason := range []string{"undecodable", "no_tenant", "future", "bad_data", "too_old"} {
		r := aside.records[i]
		var q billing.Quarantined
		if err := json.Unmarshal(r.Value, &q); err != nil {
			t.Fatal(err)
		}
		if r.Topic != event.TopicQuarantine || q.Reason != reason || string(q.Value) != string(bad[i].Value) || string(q.Key) != string(bad[i].Key) || q.Offset != int64(i+2) {
			t.Errorf("record %d: topic %s, reason %s (want %s), offset %d", i, r.Topic, q.Reason, reason, q.Offset)
		}
	}
	for label, want := range map[string]uint64{"billed": 2, "duplicate": 2, "quarantined": 5, "free": 0} {
		if got := set.GetOrCreateCounter(`cardlink_billing_facts_total{result="` + label + `"}`).Get(); got != want {
			t.Errorf("%s = %d, want %d", label, got, want)
		}
	}
}

// Worked example 6: receipts in hours 09 and 13 of one day; failures and silence cost nothing.
func TestLateReceiptsAreBilledWhenTheyCome(t *testing.T) {
	db, aside := openStore(t), &sink{}
	read := func(now time.Time, n int, final string, at time.Time) {
		t.Helper()
		var rs []event.Record
		for i := range n {
			rs = append(rs, sent("t", fmt.Sprint(final, at.Unix(), i), final, billing.Notify, at))
		}
		consume(t, db, &topic{records: rs, size: 1000}, aside, now, nil)
	}
	rate := func(now time.Time) {
		t.Helper()
		r, err := billing.NewRater(billing.RaterOptions{Store: db, Lease: db, Holder: "x", Plans: billing.DemoPlans(), Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Rate(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	h := func(hour, minute int) time.Time {
		return day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	}
	read(h(9, 59), 9_412, event.FinalSuccess, h(9, 50))
	read(h(9, 59), 480, event.FinalFail, h(9, 50))
	rate(h(10, 45))
	read(h(13, 6), 61, event.FinalSuccess, h(13, 5))
	read(h(9, 20).Add(72*time.Hour), 47, event.FinalTimeout, h(9, 20).Add(72*time.Hour))
	// A receipt that took three hours to reach us finds its hour closed.
	read(h(13, 6), 1, event.FinalSuccess, h(9, 55))
	rate(h(24, 0))
	got := totals(t, db, "t")
	want := map[string]int64{"aim_send.notify 02T09": 9_412, "aim_send.notify 02T12": 1, "aim_send.notify 02T13": 61}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("billed %v, want %v", got, want)
	}
	s, err := billing.NewService(db, billing.DemoPlans(), func() time.Time { return h(24, 0) })
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Usage(context.Background(), "t", h(0, 0), h(24, 0), billing.Sum)
	if err != nil || len(r.Entries) != 1 || r.Entries[0].Quantity != 9_474 || !r.Rated || r.Total.StringFixed(2) != "426.34" {
		t.Errorf("%+v, %v", r, err) // 423.54 + 0.05 + 2.75: each hour is rounded on its own (0.045 → 0.05, 2.745 → 2.75)
	}
}

func BenchmarkConsumer(b *testing.B) {
	db := openStore(b)
	const size = 1000
	n := 0
	for b.Loop() {
		b.StopTimer()
		records := make([]event.Record, 0, 10*size)
		for range cap(records) {
			n++
			records = append(records, sent("231724915a62455ca356e10a085c9a23", "7e52e4fe-ef00-4826-84b6-756446c5cccc_"+strconv.Itoa(n), event.FinalSuccess, billing.Notify, day))
		}
		b.StartTimer()
		consume(b, db, &topic{records: records, size: size}, &sink{}, day.Add(time.Hour), nil)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "facts/s")
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
