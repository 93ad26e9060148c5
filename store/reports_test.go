package store

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"cardlink/report"
	"cardlink/store/contract"
)

func TestReportsContract(t *testing.T) {
	for _, c := range contract.Reports {
		t.Run(c.Name, func(t *testing.T) {
			engines(t, func(t *testing.T, db *DB) {
				if err := c.Check(context.Background(), db); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// Consumers on several nodes may be handed the same facts at once, after a rebalance, while a new generation begins.
func TestReportsCountOnceUnderConcurrency(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := context.Background()
		day := report.DayOf(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC))
		const facts, nodes = 400, 4
		var wg sync.WaitGroup
		for range nodes {
			wg.Go(func() {
				for from := 0; from < facts; from += 20 {
					var marks []report.Mark
					for i := from; i < from+20; i++ {
						marks = append(marks, report.Mark{
							Key: report.Key{Tenant: "t", Source: "s", ID: strconv.Itoa(i)}, Day: day + report.Day(i%3), TplID: strconv.Itoa(1 + i%2), Vendor: "OPPO",
							Counts: report.Counts{Resolved: 1, Exposed: 1}, Seen: report.Exposed, Visitor: int64(i % 50),
						})
					}
					if _, err := db.CountFacts(ctx, marks); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Go(func() {
			for i := range 4 { // as many as a fact outlives
				if _, err := db.SweepReports(ctx, day.Time().Add(time.Duration(i)*report.GenerationLife), 100); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Wait()
		rows, _, err := db.TemplateReport(ctx, "t", report.TemplateFilter{TplIDs: []string{"1", "2"}, First: day, Last: day + 2, Limit: 10})
		if err != nil || len(rows) != 2 {
			t.Fatalf("%+v, %v", rows, err)
		}
		for _, r := range rows {
			if r.Resolved != facts/2 || r.ExposePV != facts/2 || r.ExposeUV != 25 {
				t.Errorf("%+v, want %d resolutions by 25 visitors", r, facts/2)
			}
		}
	})
}
