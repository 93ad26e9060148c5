package billing_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"

	"cardlink/billing"
	"cardlink/event"
	"cardlink/fault"
)

// turns is a lease held by whoever was given it last.
type turns struct{ name atomic.Value }

func (l *turns) give(holder string) { l.name.Store(holder) }

func (l *turns) Hold(_ context.Context, _, holder string, _ time.Time, _ time.Duration) (bool, error) {
	now := l.name.Load().(string)
	if now == "broken" {
		return false, errors.New("the database is away")
	}
	return holder == now, nil
}

func TestTheHolderRatesAndNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, lease := openStore(t), &turns{}
		lease.give("b")
		hour := billing.HourOf(time.Now())
		u := sent("t", "m", event.FinalSuccess, billing.Notify, hour)
		consume(t, db, &topic{records: []event.Record{u}, size: 1}, &sink{}, hour, nil)
		ctx, cancel := context.WithCancel(context.Background())
		r, err := billing.NewRater(billing.RaterOptions{Store: db, Lease: lease, Holder: "a", Plans: billing.DemoPlans()})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		lines := func() int {
			ls, err := db.Lines(ctx, "t", hour, hour.Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			return len(ls)
		}
		time.Sleep(2 * time.Hour) // of the bubble's clock
		synctest.Wait()
		if lines() != 0 {
			t.Fatal("rated without the lease")
		}
		lease.give("broken")
		time.Sleep(5 * time.Minute)
		lease.give("a")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if n := lines(); n != 1 {
			t.Fatalf("%d lines, want 1: a failure of the lease ended the rater", n)
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

func TestAnHourIsRatedAtItsCloseAndNotBefore(t *testing.T) {
	db := openStore(t)
	now := day.Add(8*time.Hour + 30*time.Minute)
	var records []event.Record
	for i := range 101 {
		records = append(records, sent("t", fmt.Sprint(i), event.FinalSuccess, billing.Notify, now))
	}
	consume(t, db, &topic{records: records, size: 50}, &sink{}, now, nil)
	clock := func() time.Time { return now }
	r, err := billing.NewRater(billing.RaterOptions{Store: db, Lease: db, Holder: "x", Plans: billing.DemoPlans(), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	service, err := billing.NewService(db, billing.DemoPlans(), clock)
	if err != nil {
		t.Fatal(err)
	}
	check := func(posted int, rated bool, total string) {
		t.Helper()
		if n, err := r.Rate(context.Background()); err != nil || n != posted {
			t.Fatalf("Rate = %d, %v; want %d", n, err, posted)
		}
		rep, err := service.Usage(context.Background(), "t", day, day.Add(24*time.Hour), billing.ByHour)
		if err != nil || len(rep.Entries) != 1 || rep.Rated != rated || rep.Entries[0].Quantity != 101 || rep.Total.StringFixed(2) != total {
			t.Fatalf("%+v, %v; want rated %v, %s", rep, err, rated, total)
		}
	}
	now = day.Add(9*time.Hour + 44*time.Minute)
	check(0, false, "4.55") // an estimate: 4.545
	now = now.Add(time.Minute)
	check(1, true, "4.55")
	check(0, true, "4.55")

	_, err = service.Correct(context.Background(), billing.Correction{
		Tenant: "t", Item: billing.Item{Meter: billing.AimSend, Kind: billing.Notify}, Hour: day.Add(8 * time.Hour), Amount: decimal.RequireFromString("-1.005"), Reason: "outage",
	})
	if err != nil {
		t.Fatal(err)
	}
	check(0, true, "3.54") // 4.55 − 1.01
}

func TestTieredPricesAccumulateOverTheMonth(t *testing.T) {
	db := openStore(t)
	plans := billing.DemoPlans()
	plans[0].Prices["aim_send.notify"] = billing.Price{Model: billing.Tiered, Bands: []billing.Band{
		{UpTo: 10, Unit: decimal.RequireFromString("1")}, {Unit: decimal.RequireFromString("0.5")},
	}}
	var records []event.Record
	for hour := range 3 { // 8 + 8 + 8 messages
		for i := range 8 {
			records = append(records, sent("t", fmt.Sprint(hour, i), event.FinalSuccess, billing.Notify, day.Add(time.Duration(hour)*time.Hour)))
		}
	}
	consume(t, db, &topic{records: records, size: 50}, &sink{}, day, nil)
	consume(t, db, &topic{records: records, size: 50}, &sink{}, day.Add(2*time.Hour), nil)
	r, err := billing.NewRater(billing.RaterOptions{Store: db, Lease: db, Holder: "x", Plans: plans, Now: func() time.Time { return day.Add(24 * time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Rate(context.Background()); err != nil {
		t.Fatal(err)
	}
	lines, err := db.Lines(context.Background(), "t", day, day.Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range lines {
		got = append(got, l.Amount.StringFixed(2))
	}
	if s := strings.Join(got, " "); s != "8.00 5.00 4.00" {
		t.Errorf("hours cost %s, want 8.00 5.00 4.00", s)
	}
}

func TestUsageRefusesWhatItCannotAnswer(t *testing.T) {
	s, err := billing.NewService(openStore(t), billing.DemoPlans(), nil)
	if err != nil {
		t.Fatal(err)
	}
	f := func(from, to time.Time, by billing.Granularity, field string) {
		t.Helper()
		_, err := s.Usage(context.Background(), "t", from, to, by)
		if !fault.Has(err, fault.Parameter) || fault.Of(err).Field != field {
			t.Errorf("err = %v, want one about %s", err, field)
		}
	}
	f(day, day, billing.ByHour, "from")
	f(day, day.Add(32*24*time.Hour), billing.ByHour, "to")
	f(day, day.Add(367*24*time.Hour), billing.Sum, "to")
	f(day, day.Add(time.Hour), "minute", "group")
}
