package dispatch

import (
	"context"
	"slices"
	"sort"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// No interval of one second, whatever its phase, holds more than the limit, however messages arrive; and nothing waits longer than that asks for.
func TestRingIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 40).Draw(t, "limit")
		window := int64(time.Second) + int64(rapid.IntRange(0, 20).Draw(t, "margin ms"))*int64(time.Millisecond)
		r := newRing(limit)
		var sent []int64
		now := int64(1)
		for range rapid.IntRange(1, 300).Draw(t, "messages") {
			now += rapid.Int64Range(0, int64(80*time.Millisecond)).Draw(t, "gap")
			n := rapid.IntRange(1, min(limit, 3)).Draw(t, "parts")
			eff := rapid.IntRange(n, limit).Draw(t, "effective limit")
			if at := r.earliest(eff, n, window); at > now {
				// Just before at, n more would be one too many.
				if crowd(sent, at-1, window)+n <= eff {
					t.Fatalf("waits for %d although %d of %d are in the window", at, crowd(sent, at-1, window), eff)
				}
				now = at
			}
			for range n {
				r.record(now)
				sent = append(sent, now)
			}
			if got := crowd(sent, now, window); got > eff {
				t.Fatalf("%d messages in one window, limit %d", got, eff)
			}
		}
	})
}

// crowd counts the messages of the window that ends at (and holds) end.
func crowd(sent []int64, end, window int64) int {
	first := sort.Search(len(sent), func(i int) bool { return sent[i] > end-window })
	return len(sent) - first
}

func TestRingDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	r := newRing(1000)
	at := int64(0)
	if n := testing.AllocsPerRun(5000, func() {
		at = max(at, r.earliest(1000, 1, int64(time.Second)))
		r.record(at)
	}); n != 0 {
		t.Fatalf("%v allocations per message, want 0", n)
	}
}

// Saturated, a pacer uses 99 % of the rate and never a message more.
func TestPacerUsesTheRate(t *testing.T) {
	for _, rate := range []int{1, 7, 100, 1000, 5000} {
		synctest.Test(t, func(t *testing.T) {
			p := newPacer(&Channel{Name: "c", Rate: rate}, NewMemoryBudget(nil))
			start := time.Now()
			seconds := 20
			if raceEnabled {
				seconds = 4
			}
			var sent []int64
			for time.Since(start) < time.Duration(seconds)*time.Second {
				if err := p.wait(context.Background(), 1); err != nil {
					t.Fatal(err)
				}
				sent = append(sent, int64(time.Since(start)))
			}
			if !slices.IsSorted(sent) {
				t.Fatal("time runs backwards")
			}
			for i := rate; i < len(sent); i++ {
				if sent[i]-sent[i-rate] <= int64(time.Second) {
					t.Fatalf("rate %d: %d messages within %v", rate, rate+1, time.Duration(sent[i]-sent[i-rate]))
				}
			}
			if want := rate * seconds * 99 / 100; len(sent) < want {
				t.Errorf("rate %d: %d messages in %d s, want at least %d", rate, len(sent), seconds, want)
			}
		})
	}
}

// After FLOW a pacer pauses, slows down, and comes back to the full rate in clean seconds.
func TestPacerBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(&Channel{Name: "c", Rate: 100}, NewMemoryBudget(nil))
		limit := func() int { n, _ := p.limit(time.Now()); return n }
		p.flow(time.Now())
		p.flow(time.Now()) // the rest of the window's answers: the same event
		if got := limit(); got != 70 {
			t.Errorf("limit = %d after one event, want 70", got)
		}
		start := time.Now()
		if err := p.wait(context.Background(), 1); err != nil || time.Since(start) < 200*time.Millisecond {
			t.Errorf("went after %v, %v", time.Since(start), err)
		}
		for range 20 {
			time.Sleep(100 * time.Millisecond)
			p.flow(time.Now())
		}
		if got := limit(); got != 10 {
			t.Errorf("limit = %d after many, want the floor 10", got)
		}
		time.Sleep(10 * time.Second)
		if got := limit(); got != 60 {
			t.Errorf("limit = %d after ten clean seconds, want 60", got)
		}
		time.Sleep(time.Minute)
		if got := limit(); got != 100 {
			t.Errorf("limit = %d at last, want 100", got)
		}
	})
}
