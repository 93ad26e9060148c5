package journal

import (
	"testing"
	"time"
)

func TestYield(t *testing.T) {
	var y Yield
	now := time.Unix(1_800_000_000, 0)
	end := Position(1 << 40)
	rest := func(after time.Duration, written, behind Position, n int) time.Duration {
		now, end = now.Add(after), end+written
		return y.Rest(end, end-behind, n, now)
	}
	for _, c := range []struct {
		name            string
		after           time.Duration
		written, behind Position
		n               int
		want            time.Duration
	}{
		{"the first look knows no speed", 0, 100 << 20, 0, 1000, 0},
		{"a quiet journal", time.Second, 1 << 20, 0, 1000, 0},
		{"a rush", time.Second, 30 << 20, 1 << 20, 300, 100 * time.Millisecond},
		{"the rush goes on within the window", 10 * time.Millisecond, 0, 1 << 20, 150, 50 * time.Millisecond},
		{"a big batch", time.Second, 30 << 20, 1 << 20, 10_000, 250 * time.Millisecond},
		{"nothing done", time.Second, 30 << 20, 1 << 20, 0, 0},
		{"too far behind", time.Second, 30 << 20, 300 << 20, 1000, 0},
		{"the rush is over", time.Second, 0, 200 << 20, 1000, 0},
	} {
		if got := rest(c.after, c.written, c.behind, c.n); got != c.want {
			t.Errorf("%s: rest %v, want %v", c.name, got, c.want)
		}
	}
}
