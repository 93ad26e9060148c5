package retention

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

type always bool

func (a always) Hold(context.Context, string, string, time.Time, time.Duration) (bool, error) {
	return bool(a), nil
}

// Rules are run to their end, in portions, with the moment before which things go; one that fails stops no other; who lacks the lease does nothing.
func TestSweep(t *testing.T) {
	now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	var calls []string
	left := 2*portion + 1
	rules := []Rule{
		{"broken", time.Hour, func(context.Context, time.Time, int) (int, error) { return 0, errors.New("no disk") }},
		{"rows", 24 * time.Hour, func(_ context.Context, before time.Time, limit int) (int, error) {
			calls = append(calls, before.Format("2006-01-02"))
			n := min(left, limit)
			left -= n
			return n, nil
		}},
	}
	for _, held := range []always{false, true} {
		s, err := New(Options{Name: "x", Rules: rules, Lease: held, Holder: "n", Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Sweep(context.Background()); bool(held) != (err != nil && strings.Contains(err.Error(), "broken: no disk")) {
			t.Errorf("held %v: %v", held, err)
		}
		if held && (left != 0 || s.swept[1].Get() != 2*portion+1) {
			t.Errorf("%d rows are left, %d were counted", left, s.swept[1].Get())
		}
		if !held && len(calls) > 0 {
			t.Error("swept without the lease")
		}
		if !held {
			continue
		}
		if got := strings.Join(calls, " "); got != "2026-01-01 2026-01-01 2026-01-01" {
			t.Errorf("calls %s", got)
		}
	}
}

// Run looks at once and again, and ends with its context.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		s, err := New(Options{Name: "x", Lease: always(true), Holder: "n", Every: time.Minute, Rules: []Rule{{"rows", time.Hour,
			func(context.Context, time.Time, int) (int, error) { looks++; return 0, nil }}}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 150*time.Second)
		defer cancel()
		if err := s.Run(ctx); err != nil || looks != 3 {
			t.Errorf("%d looks, %v", looks, err)
		}
	})
}
