package dispatch

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"cardlink/enginetest"

	"github.com/VictoriaMetrics/metrics"
	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// engine is a Budget under test and the way to let time pass for it.
type engine struct {
	budget Budget
	pass   func(time.Duration)
}

// budgets runs a body on every engine. Time is stepped where the engine allows it and really passes on a real Redis.
func budgets(t *testing.T, body func(t *testing.T, e engine)) {
	t.Run("memory", func(t *testing.T) {
		now := time.Now()
		body(t, engine{NewMemoryBudget(func() time.Time { return now }), func(d time.Duration) { now = now.Add(d) }})
	})
	t.Run("miniredis", func(t *testing.T) {
		s := miniredis.RunT(t)
		now := time.Now()
		s.SetTime(now)
		c := redis.NewClient(&redis.Options{Addr: s.Addr(), DialTimeout: 30 * time.Second, ReadTimeout: 30 * time.Second})
		defer c.Close()
		body(t, engine{NewRedisBudget(RedisBudgetOptions{Client: c, Timeout: 30 * time.Second}), func(d time.Duration) {
			now = now.Add(d)
			s.SetTime(now)
			s.FastForward(d)
		}})
	})
	t.Run("redis", func(t *testing.T) {
		o, err := redis.ParseURL(enginetest.Redis(t))
		if err != nil {
			t.Fatal(err)
		}
		o.DialTimeout, o.ReadTimeout, o.WriteTimeout = 30*time.Second, 30*time.Second, 30*time.Second // a call repeated takes twice
		c := redis.NewClient(o)
		defer c.Close()
		body(t, engine{NewRedisBudget(RedisBudgetOptions{Client: c, Timeout: 30 * time.Second}), func(d time.Duration) {
			<-time.After(d) // Redis keeps its own time; the checks bound from above only what real time cannot exceed
		}})
	})
}

func take(t *testing.T, b Budget, key string, limit, n int) int {
	t.Helper()
	granted, wait, err := b.Take(context.Background(), key, limit, n)
	if err != nil || granted < 0 || granted > n || granted == 0 && wait <= 0 {
		t.Fatalf("Take(%d of %d) = %d, %v, %v", n, limit, granted, wait, err)
	}
	return granted
}

func TestBudgetContract(t *testing.T) {
	budgets(t, func(t *testing.T, e engine) {
		key := func(name string) string { return t.Name() + name + strconv.FormatInt(time.Now().UnixNano(), 36) }
		t.Run("a burst is a tenth of the limit, whatever is asked for", func(t *testing.T) {
			if got := take(t, e.budget, key("burst"), 10, 1000); got != 1 {
				t.Errorf("10/s: %d at once, want 1", got)
			}
			if got := take(t, e.budget, key("big"), 1000, 100_000); got != 100 {
				t.Errorf("1000/s: %d at once, want 100", got)
			}
		})
		t.Run("an empty budget fills at its rate", func(t *testing.T) {
			k := key("fill")
			total := 0
			start := time.Now()
			for range 30 {
				total += take(t, e.budget, k, 100, 100)
				e.pass(20 * time.Millisecond)
			}
			// 10 at once and 100/s for 29 steps of 20 ms, or of what really passed.
			most := 10 + 58
			if passed := 10 + int(time.Since(start).Seconds()*100) + 1; passed > most {
				most = passed
			}
			if total < 60 || total > most {
				t.Errorf("%d granted, want 60 … %d", total, most)
			}
		})
		t.Run("keys do not share", func(t *testing.T) {
			if a, b := take(t, e.budget, key("a"), 100, 10), take(t, e.budget, key("b"), 100, 10); a != 10 || b != 10 {
				t.Errorf("%d and %d granted, want 10 each", a, b)
			}
		})
		t.Run("callers at once get no more than one", func(t *testing.T) {
			k := key("race")
			start := time.Now()
			var mu sync.Mutex
			var wg sync.WaitGroup
			total := 0
			for range 8 {
				wg.Go(func() {
					n, _, err := e.budget.Take(context.Background(), k, 50, 5)
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					total += n
					mu.Unlock()
				})
			}
			wg.Wait()
			if most := 5 + 1 + int(time.Since(start).Seconds()*50); total > most || total == 0 {
				t.Errorf("%d granted of a burst of 5", total)
			}
		})
		t.Run("an ended context is an error", func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			if _, _, err := e.budget.Take(ctx, key("ctx"), 10, 1); !errors.Is(err, context.Canceled) {
				t.Errorf("err = %v", err)
			}
		})
	})
}

// Without Redis a node grants its part of the limit, and says how often.
func TestBudgetBridgesAnOutage(t *testing.T) {
	s := miniredis.RunT(t)
	c := redis.NewClient(&redis.Options{Addr: s.Addr(), MaxRetries: -1, DialTimeout: 30 * time.Second, ReadTimeout: 30 * time.Second})
	defer c.Close()
	set := metrics.NewSet()
	b := NewRedisBudget(RedisBudgetOptions{Client: c, Nodes: 4, Metrics: set, Timeout: 30 * time.Second})
	if got := take(t, b, "k", 1000, 1000); got != 100 {
		t.Fatalf("%d with Redis, want 100", got)
	}
	s.Close()
	if got := take(t, b, "k", 1000, 1000); got != 25 {
		t.Errorf("%d without Redis, want a quarter of 100", got)
	}
	b.SetNodes(2) // two nodes are gone
	if got := take(t, b, "other", 1000, 1000); got != 50 {
		t.Errorf("%d without Redis, want half of 100", got)
	}
	b.SetNodes(0) // nobody has counted us: we are here
	if got := take(t, b, "third", 1000, 1000); got != 100 {
		t.Errorf("%d without Redis, want 100", got)
	}
	if got := set.GetOrCreateCounter("cardlink_dispatch_budget_local_total").Get(); got != 3 {
		t.Errorf("counted %d local grants, want 3", got)
	}
}
