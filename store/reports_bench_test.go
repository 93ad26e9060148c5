package store

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"

	"cardlink/report"
)

// BenchmarkCountFacts counts batches of a thousand new facts of ten templates.
func BenchmarkCountFacts(b *testing.B) {
	ctx := context.Background()
	db, err := Open(ctx, Options{File: filepath.Join(b.TempDir(), "test.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Migrate(ctx); err != nil {
		b.Fatal(err)
	}
	marks := make([]report.Mark, 1000)
	n := 0
	for b.Loop() {
		for i := range marks {
			n++
			marks[i] = report.Mark{
				Key: report.Key{Tenant: "t", Source: "/s", ID: strconv.Itoa(n)}, Day: 20000, TplID: strconv.Itoa(600000001 + n%10), Vendor: "OPPO",
				Counts: report.Counts{Resolved: 1, Exposed: 1}, Seen: report.Exposed, Visitor: int64(n) * 7919,
			}
		}
		if added, err := db.CountFacts(ctx, marks); err != nil || added != len(marks) {
			b.Fatal(added, err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "facts/s")
}
