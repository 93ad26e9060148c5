package edge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"cardlink/billing"
	"cardlink/event"
	"cardlink/event/journal"
	"cardlink/serviceaccount"
	"cardlink/store"
)

// fromJournal is a journal as billing sees it after the relay.
type fromJournal struct {
	j    *journal.Journal
	at   journal.Position
	n    int64
	all  int64              // records of the journal
	done context.CancelFunc // called when all are committed
}

// readBack is a source of what j holds now.
func readBack(j *journal.Journal, done context.CancelFunc) (*fromJournal, error) {
	s := &fromJournal{j: j, at: j.First(), done: done}
	return s, j.Read(s.at, 0, func(journal.Position, journal.Position, []byte) error {
		s.all++
		return nil
	})
}

func (s *fromJournal) Fetch(ctx context.Context) (batch []event.Delivery, err error) {
	err = s.j.Read(s.at, 500, func(_, next journal.Position, rec []byte) error {
		r, err := event.ParseRecord(bytes.Clone(rec))
		if err != nil {
			return err
		}
		batch = append(batch, event.Delivery{Record: r, Offset: s.n})
		s.at = next
		s.n++
		return nil
	})
	if len(batch) == 0 && err == nil {
		<-ctx.Done()
		err = ctx.Err()
	}
	return batch, err
}

func (s *fromJournal) Commit(_ context.Context, batch []event.Delivery) error {
	if batch[len(batch)-1].Offset == s.all-1 {
		s.done()
	}
	return nil
}

// noQuarantine takes nothing.
type noQuarantine struct{}

func (noQuarantine) Write(context.Context, []event.Record) error {
	return errors.New("a click was set aside")
}

// The first worked example of the bill: a day's taps, reported by handsets and followed on pages, through the journal to the ledger. 800 clicks at 0.08 are 64.00, and the
// audit finds each of them in the facts and on the books.
func TestADayOfClicksIsBilled(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	db, err := store.Open(ctx, store.Options{File: filepath.Join(dir, "bill.db")})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	_, err = db.Migrate(ctx)
	must(t, err)
	j, err := journal.Open(filepath.Join(dir, "journal"), journal.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, j.Close()) })
	clicks, err := serviceaccount.OpenClickLog(ctx, serviceaccount.ClickLogOptions{Journal: j, Store: db, Node: "n1"})
	must(t, err)
	s := &shelf{a: exampleAccount()}
	h := newHouse(t, func(o *Options) { o.Accounts, o.Clicks, o.DeviceKey = s, clicks, bytes.Repeat([]byte{5}, 32) })
	h.pass(time.Date(2026, 1, 2, 0, 0, 10, 0, time.UTC).Sub(h.clock()))

	n := 0
	tap := func(times int, members string) {
		// Thirty handsets at a time: their waits for the disk are shared, as they would be.
		for times > 0 {
			var wg sync.WaitGroup
			for range min(times, 30) {
				n++
				body := fmt.Sprintf(`{"client_event_id":"day-%d",%s,"vendor":"HUAWEI","device":"handset-%d"}`, n, members, n%97)
				wg.Go(func() {
					if r := h.post("/m/"+pubID, body); r.StatusCode() != 204 {
						t.Errorf("%s: %d %s", body, r.StatusCode(), r.Body())
					}
				})
			}
			wg.Wait()
			times -= min(times, 30)
			h.pass(time.Minute)
		}
	}
	tap(1200, `"surface":"custom_menu","item_path":"1"`)  // toggles
	tap(430, `"surface":"custom_menu","item_path":"1.1"`) // jumps of the second level
	tap(310, `"surface":"custom_menu","item_path":"3"`)   // direct jumps
	tap(95, `"surface":"brand_area","element":"logo"`)
	tap(40, `"surface":"brand_area","element":"phone"`)
	tap(22, `"surface":"brand_area","element":"sms"`)
	tap(20, `"surface":"portal_marketing_menu","item_path":"1.2"`) // of the home page in the message app,
	for range 40 {                                                 // and of the home page in a browser
		h.expect("a tap on the page", h.get("/m/"+pubID+"/2", browser, "Sec-Fetch-Site: same-origin"), 302, "")
		h.expect("a double tap", h.get("/m/"+pubID+"/2", browser, "Sec-Fetch-Site: same-origin"), 302, "")
		h.expect("a robot", h.get("/m/"+pubID+"/2", "User-Agent: Googlebot/2.1"), 302, "")
		h.pass(time.Minute)
	}
	tap(18, `"surface":"portal","element":"other"`)
	tap(12, `"surface":"portal","element":"fastapp"`)
	// A handset that did not hear the answer reports again, later: the same click.
	again := `{"client_event_id":"day-1300","surface":"custom_menu","item_path":"1.1","vendor":"HUAWEI","device":"handset-39"}`
	h.expect("again", h.post("/m/"+pubID, again), 204, "")
	if n != 2147 || h.now.Day() != 2 {
		t.Fatalf("%d reports until %v", n, h.now)
	}

	// Facts become usage.
	must(t, flush(ctx, j))
	bill := func() {
		t.Helper()
		run, cancel := context.WithTimeout(ctx, 5*time.Minute)
		defer cancel()
		source, err := readBack(j, cancel)
		must(t, err)
		consumer, err := billing.NewConsumer(billing.ConsumerOptions{Source: source, Store: db, Quarantine: noQuarantine{}, Now: h.clock})
		must(t, err)
		must(t, consumer.Run(run))
		if errors.Is(run.Err(), context.DeadlineExceeded) {
			t.Fatal("not all facts were taken in time")
		}
	}
	bill()
	bill()                                                                                                       // a second time, as after a crash: nothing changes
	_, err = serviceaccount.OpenClickLog(ctx, serviceaccount.ClickLogOptions{Journal: j, Store: db, Node: "n1"}) // as after a restart: copies what the store has not
	must(t, err)

	h.pass(48 * time.Hour)
	rater, err := billing.NewRater(billing.RaterOptions{Store: db, Lease: db, Holder: "n1", Plans: billing.DemoPlans(), Now: h.clock})
	must(t, err)
	_, err = rater.Rate(ctx)
	must(t, err)
	usage, err := billing.NewService(db, billing.DemoPlans(), h.clock)
	must(t, err)
	r, err := usage.Usage(ctx, "t-1", h.now.Add(-72*time.Hour), h.now, billing.Sum)
	must(t, err)
	var quantity int64
	for _, e := range r.Totals {
		if e.Item != (billing.Item{Meter: billing.MenuClick}) {
			t.Errorf("billed %+v", e)
		}
		quantity += e.Quantity
	}
	if quantity != 800 || r.Total.StringFixed(2) != "64.00" || !r.Rated {
		t.Errorf("%d clicks, %s, rated %v; want 800, 64.00, true", quantity, r.Total, r.Rated)
	}
	audit, err := db.Audit(ctx, store.AuditOptions{Tenant: "t-1"})
	must(t, err)
	if !audit.Clean() || !audit.Settled() || len(audit.Tenants) != 1 || audit.Tenants[0].Clicks != (store.MeterAudit{Facts: 800, Usage: 800}) {
		t.Errorf("audit %+v %v", audit.Tenants, audit.Problems())
	}
}

// flush waits until everything in the journal is durable.
func flush(ctx context.Context, j *journal.Journal) error {
	r, err := event.LinkClick{RequestID: "flush", AimURL: "s.example.com/x", ClickedAt: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}.Record("t-0")
	if err != nil {
		return err
	}
	_, err = j.Append(ctx, event.AppendRecord(nil, r.Topic, r.Key, r.Value))
	return err
}
