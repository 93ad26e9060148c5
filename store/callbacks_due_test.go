package store

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cardlink/callback"
)

// The hops find exactly the queues with something waiting for an address in use, each with its earliest moment, whatever else there is.
func TestDueFindsEveryQueue(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := context.Background()
		var script strings.Builder
		var want []callback.Due
		for tenant := range 4 {
			for kind := range 6 {
				n := tenant*6 + kind
				disabled := map[bool]string{true: "dead"}[n%5 == 0]
				if n%7 != 6 { // else the address is gone
					fmt.Fprintf(&script, `INSERT INTO callbacks (id, tenant, url_type, url, disabled, created_ms, updated_ms) VALUES ('%d', 't%d', %d, 'u', '%s', 0, 0);`, n, tenant, kind, disabled)
				}
				for row := range n % 4 {
					state := (n + row) % 3 // 0 waits
					next := 1000 + (n*13+row*7)%50*100 + n
					fmt.Fprintf(&script, `INSERT INTO callback_deliveries (tenant, url_type, fact_id, kind, data, state, push_id, attempts, tries, next_ms, claimed_by, created_ms, ended_ms, result)
						VALUES ('t%d', %d, 'f%d', 'sms', '', %d, '', 0, 0, %d, '', 0, 0, '');`, tenant, kind, row, state, next)
					if state != 0 || n%7 == 6 || disabled != "" {
						continue
					}
					d := callback.Due{Tenant: fmt.Sprint("t", tenant), URLType: callback.URLType(kind), Next: time.UnixMilli(int64(next)).UTC()}
					if last := len(want) - 1; last >= 0 && want[last].Tenant == d.Tenant && want[last].URLType == d.URLType {
						if d.Next.Before(want[last].Next) {
							want[last] = d
						}
						continue
					}
					want = append(want, d)
				}
			}
		}
		if got, err := db.Due(ctx); err != nil || len(got) != 0 {
			t.Fatalf("of an empty queue: %v, %v", got, err)
		}
		exec(t, db, script.String())
		slices.SortFunc(want, func(a, b callback.Due) int { return cmp.Compare(a.Next.UnixMilli(), b.Next.UnixMilli()) })
		got, err := db.Due(ctx)
		if err != nil || len(want) < 5 || !slices.Equal(got, want) {
			t.Errorf("%v\ngot  %v\nwant %v", err, got, want)
		}
	})
}

// Neither the addresses nor the rows of a queue are walked.
func TestDueHops(t *testing.T) {
	db := open(t, Options{File: filepath.Join(t.TempDir(), "plan.db")})
	plan := planOf(t, db, dueQuery)
	for _, want := range []string{"SEARCH n USING COVERING INDEX callback_deliveries_due (tenant=? AND url_type>?)", "SEARCH o USING COVERING INDEX callback_deliveries_due (tenant>?)",
		"SEARCH c USING INDEX"} {
		if !strings.Contains(plan, want) {
			t.Errorf("plan %s\nwant %s", plan, want)
		}
	}
	if strings.Contains(plan, "SCAN c;") || strings.Contains(plan, "SCAN d;") {
		t.Errorf("plan %s", plan)
	}
}
