package store

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"cardlink/billing"
	"cardlink/event"
	"cardlink/store/contract"
)

func TestBillingContract(t *testing.T) {
	for _, c := range contract.Billing {
		t.Run(c.Name, func(t *testing.T) {
			engines(t, func(t *testing.T, db *DB) {
				if err := c.Check(context.Background(), db); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// Consumers on several nodes may be handed the same facts at once, after a rebalance; meanwhile hours close and are rated.
func TestUsageIsCountedOnceUnderConcurrency(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := context.Background()
		day := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
		const facts, nodes = 400, 4
		var wg sync.WaitGroup
		for range nodes {
			wg.Go(func() {
				for from := 0; from < facts; from += 20 {
					var rows []billing.Usage
					for i := from; i < from+20; i++ {
						at := day.Add(time.Duration(i%5) * time.Hour)
						rows = append(rows, billing.Usage{
							Key:  billing.Key{Tenant: "t", Source: "s", ID: strconv.Itoa(i)},
							Item: billing.Item{Meter: billing.AimParse}, OccurredAt: at, Hour: at, Segments: 1,
						})
					}
					if _, err := db.ApplyUsage(ctx, rows); err != nil {
						t.Error(err)
					}
				}
			})
		}
		rater := newRater(t, db, func() time.Time { return day.Add(4 * time.Hour) })
		wg.Go(func() {
			for range 10 {
				if _, err := rater.Rate(ctx); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Wait()
		if _, err := newRater(t, db, func() time.Time { return day.Add(24 * time.Hour) }).Rate(ctx); err != nil {
			t.Fatal(err)
		}
		check := func(query string, want int64) {
			t.Helper()
			var got int64
			if err := db.read.QueryRowContext(ctx, query).Scan(&got); err != nil || got != want {
				t.Errorf("%s = %d, %v; want %d", query, got, err, want)
			}
		}
		check(`SELECT count(*) FROM usage_facts`, facts)
		check(`SELECT CAST(sum(quantity) AS BIGINT) FROM usage_hours`, facts)
		// What was rated is what the bucket holds: nothing slipped in after the rating.
		check(`SELECT count(*) FROM rated_lines r JOIN usage_hours h ON h.tenant = r.tenant AND h.meter = r.meter AND h.kind = r.kind
		       AND h.hour_ms = r.hour_ms WHERE h.quantity <> r.quantity`, 0)
		var lines int64
		if err := db.read.QueryRowContext(ctx, `SELECT count(*) FROM rated_lines`).Scan(&lines); err != nil || lines == 0 {
			t.Fatal(lines, err)
		}
		check(`SELECT count(*) FROM outbox WHERE topic = '`+event.TopicBilling+`'`, lines)
	})
}

func newRater(t *testing.T, db *DB, now func() time.Time) *billing.Rater {
	t.Helper()
	r, err := billing.NewRater(billing.RaterOptions{Store: db, Lease: db, Holder: "test", Plans: billing.DemoPlans(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func BenchmarkApplyUsage(b *testing.B) {
	db, err := Open(context.Background(), Options{File: b.TempDir() + "/bench.db"})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Migrate(context.Background()); err != nil {
		b.Fatal(err)
	}
	const size = 1000
	at := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	rows := make([]billing.Usage, size)
	n := 0
	for b.Loop() {
		for i := range rows {
			n++
			msg := "7e52e4fe-ef00-4826-84b6-756446c5cccc_" + strconv.Itoa(n*7919%1_000_000_007)
			rows[i] = billing.Usage{
				Key:  billing.Key{Tenant: "231724915a62455ca356e10a085c9a23", Source: event.SourceDispatch, ID: "rcp:" + msg + ":final"},
				Item: billing.Item{Meter: billing.AimSend, Kind: billing.Notify}, OccurredAt: at, Hour: at, Segments: 1,
			}
		}
		if _, err := db.ApplyUsage(context.Background(), rows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "facts/s")
}
