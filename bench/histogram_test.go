package bench

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestQuantilesAreWithinBucketWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ds := rapid.SliceOfN(rapid.Int64Range(1, int64(time.Minute)), 1, 300).Draw(t, "durations")
		var h Histogram
		for _, d := range ds {
			h.Record(time.Duration(d))
		}
		slices.Sort(ds)
		for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 1} {
			want := time.Duration(ds[max(int(math.Ceil(q*float64(len(ds)))), 1)-1])
			got := h.Quantile(q)
			if got < want.Truncate(time.Microsecond) || float64(got) > float64(want)*1.02+float64(2*time.Microsecond) {
				t.Fatalf("q%.2f = %v, want about %v", q, got, want)
			}
		}
	})
}

func TestRecordDoesNotAllocate(t *testing.T) {
	var h Histogram
	if n := testing.AllocsPerRun(100, func() { h.Record(time.Millisecond) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
