package api

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cardlink/enginetest"

	"github.com/VictoriaMetrics/metrics"
	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"
)

// budgetEngine is a Budget under test and the way to let time pass for it.
type budgetEngine struct {
	budget Budget
	pass   func(time.Duration)
	real   bool // time passes by itself too
}

// since is how many units of one a second may have come back since start without a call of pass.
func (e budgetEngine) since(start time.Time) int {
	if !e.real {
		return 0
	}
	return int(time.Since(start) / time.Second)
}

// budgets runs a body on every engine. Time is stepped where the engine allows it and really passes on a real Redis.
func budgets(t *testing.T, body func(t *testing.T, e budgetEngine)) {
	t.Run("memory", func(t *testing.T) {
		now := time.Now()
		body(t, budgetEngine{budget: NewMemoryBudget(func() time.Time { return now }), pass: func(d time.Duration) { now = now.Add(d) }})
	})
	t.Run("miniredis", func(t *testing.T) {
		s := miniredis.RunT(t)
		now := time.Now()
		s.SetTime(now)
		c := redis.NewClient(&redis.Options{Addr: s.Addr(), DialTimeout: time.Minute, ReadTimeout: time.Minute})
		defer c.Close()
		body(t, budgetEngine{budget: NewRedisBudget(RedisBudgetOptions{Client: c, Timeout: time.Minute}), pass: func(d time.Duration) {
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
		o.DialTimeout, o.ReadTimeout = time.Minute, time.Minute
		c := redis.NewClient(o)
		defer c.Close()
		body(t, budgetEngine{budget: NewRedisBudget(RedisBudgetOptions{Client: c, Timeout: time.Minute}), real: true, pass: func(d time.Duration) {
			<-time.After(d) // Redis keeps its own time; the checks bound from above only what real time cannot exceed
		}})
	})
}

func TestBudgetContract(t *testing.T) {
	budgets(t, func(t *testing.T, e budgetEngine) {
		key := func(name string) string { return t.Name() + name + strconv.FormatInt(time.Now().UnixNano(), 36) }
		take := func(t *testing.T, key string, l Limit, n int) Grant {
			t.Helper()
			g, err := e.budget.Take(context.Background(), key, l, n)
			if err != nil || g.Remaining < 0 || g.Remaining > l.Burst || g.Reset < 0 || g.Allowed != (g.Retry == 0) {
				t.Fatalf("%+v, %v", g, err)
			}
			return g
		}
		t.Run("a burst, then nothing, and how long to wait", func(t *testing.T) {
			k, l := key("burst"), Limit{Rate: 1, Burst: 5}
			start := time.Now()
			for want := 4; want >= 0; want-- {
				if g := take(t, k, l, 1); !g.Allowed || g.Remaining < want || g.Remaining > want+e.since(start) || g.Reset > 5*time.Second {
					t.Fatalf("%+v, want %d left", g, want)
				}
			}
			g := take(t, k, l, 1)
			for allowed := 6; g.Allowed; allowed++ { // only what came back meanwhile
				if allowed > 5+e.since(start) {
					t.Fatalf("%d of a burst of 5 after %v", allowed, time.Since(start))
				}
				g = take(t, k, l, 1)
			}
			if g.Remaining != 0 || g.Retry > time.Second || g.Reset < 4*time.Second {
				t.Errorf("beyond the burst: %+v", g)
			}
		})
		t.Run("all or none", func(t *testing.T) {
			k, l := key("all"), Limit{Rate: 1, Burst: 1000}
			start := time.Now()
			take(t, k, l, 600)
			if g := take(t, k, l, 600); g.Allowed || g.Remaining < 400 || g.Remaining > 400+e.since(start) || g.Retry > 200*time.Second {
				t.Errorf("600 of 400: %+v", g)
			}
			if g := take(t, k, l, 400); !g.Allowed || g.Remaining > e.since(start) {
				t.Errorf("400 of 400: %+v", g)
			}
		})
		t.Run("more than a burst counts as a burst", func(t *testing.T) {
			if g := take(t, key("more"), Limit{Rate: 1, Burst: 5}, 100); !g.Allowed || g.Remaining != 0 {
				t.Errorf("%+v", g)
			}
		})
		t.Run("it fills at its rate", func(t *testing.T) {
			k, l := key("fill"), Limit{Rate: 50, Burst: 10}
			start, total := time.Now(), 0
			for range 30 {
				for take(t, k, l, 1).Allowed {
					total++
				}
				e.pass(20 * time.Millisecond)
			}
			// 10 at once and 50/s for 29 steps of 20 ms, or of what really passed.
			most := max(10+30, 10+int(time.Since(start).Seconds()*50)+1)
			if total < 30 || total > most {
				t.Errorf("%d allowed, want 30 … %d", total, most)
			}
		})
		t.Run("keys do not share", func(t *testing.T) {
			l := Limit{Rate: 1, Burst: 1}
			if !take(t, key("a"), l, 1).Allowed || !take(t, key("b"), l, 1).Allowed {
				t.Error("one took the other's")
			}
		})
		t.Run("callers at once get no more than one", func(t *testing.T) {
			k, l := key("race"), Limit{Rate: 1, Burst: 10}
			start := time.Now()
			var (
				wg    sync.WaitGroup
				mu    sync.Mutex
				total int
			)
			for range 40 {
				wg.Go(func() {
					g, err := e.budget.Take(context.Background(), k, l, 1)
					if err != nil {
						t.Error(err)
					}
					if g.Allowed {
						mu.Lock()
						total++
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			if most := 10 + int(time.Since(start).Seconds()) + 1; total < 10 || total > most {
				t.Errorf("%d of a burst of 10", total)
			}
		})
		t.Run("an ended context is an error", func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			if _, err := e.budget.Take(ctx, key("ctx"), Limit{Rate: 1, Burst: 1}, 1); !errors.Is(err, context.Canceled) {
				t.Errorf("err = %v", err)
			}
		})
	})
}

// Over any time no more is let through than burst + rate·time, and whoever waits as he was told is let through.
func TestGCRA(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := Limit{Rate: rapid.IntRange(1, 5_000).Draw(t, "rate"), Burst: rapid.IntRange(1, 100).Draw(t, "burst")}
		start := time.Unix(1_767_000_000, 0)
		now, tat, taken := start, time.Time{}, 0
		for range rapid.IntRange(1, 200).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3_000_000).Draw(t, "pause")))
			n := rapid.IntRange(1, l.Burst).Draw(t, "n")
			g, next := gcra(now, tat, l, n)
			if !g.Allowed {
				if next != tat && tat.After(now) {
					t.Fatal("a refusal cost something")
				}
				if again, _ := gcra(now.Add(g.Retry), tat, l, n); !again.Allowed {
					t.Fatalf("refused after waiting %v", g.Retry)
				}
				continue
			}
			tat = next
			taken += n
			// The interval is cut to whole nanoseconds, so a rate may come out a little above.
			if most := float64(l.Burst) + now.Sub(start).Seconds()*float64(l.Rate)*1.00001 + 1e-6; float64(taken) > most {
				t.Fatalf("%d taken after %v, at most %v", taken, now.Sub(start), most)
			}
		}
	})
}

// Memory is bounded: with too many busy keys, new ones share a budget; keys at rest are forgotten.
func TestMemoryBudgetIsBounded(t *testing.T) {
	now := time.Now()
	b := NewMemoryBudget(func() time.Time { return now })
	l := Limit{Rate: 1, Burst: 1}
	take := func(key string) bool {
		g, err := b.Take(context.Background(), key, l, 1)
		if err != nil {
			t.Fatal(err)
		}
		return g.Allowed
	}
	for i := range budgetKeys {
		take(strconv.Itoa(i))
	}
	if !take("x") || take("y") || len(b.tat) > budgetKeys+1 {
		t.Errorf("%d keys; the shared budget was not shared", len(b.tat))
	}
	now = now.Add(time.Minute)
	if !take("z") || len(b.tat) > 2 {
		t.Errorf("%d keys after a rest", len(b.tat))
	}
}

// Without Redis a node grants its part of the limit and counts how often it had to.
func TestBudgetBridgesAnOutage(t *testing.T) {
	s := miniredis.RunT(t)
	var line brokenLine
	c := redis.NewClient(&redis.Options{Addr: s.Addr(), MaxRetries: -1, Dialer: line.dial, DialerRetries: 1, PoolSize: 100, DialTimeout: time.Minute, ReadTimeout: time.Minute})
	defer c.Close()
	set := metrics.NewSet()
	b := NewRedisBudget(RedisBudgetOptions{Client: c, Nodes: 4, Metrics: set, Timeout: time.Minute})
	l := Limit{Rate: 4, Burst: 40}
	take := func() Grant {
		t.Helper()
		g, err := b.Take(context.Background(), "k", l, 1)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	if g := take(); !g.Allowed || g.Remaining != 39 {
		t.Fatalf("%+v", g)
	}
	line.cut(true)
	allowed, start := 0, time.Now()
	for range 30 {
		if take().Allowed {
			allowed++
		}
	}
	if most := 10 + int(time.Since(start)/time.Second) + 1; allowed < 10 || allowed > most { // a quarter of 4 comes back in every second
		t.Errorf("%d allowed without Redis, want a quarter of 40 (at most %d)", allowed, most)
	}
	if n := set.GetOrCreateCounter("cardlink_api_budget_local_total").Get(); n != 30 {
		t.Errorf("counted %d, want 30", n)
	}
	line.cut(false)
	back := time.Now()
	for take().Remaining < 30 { // a node's own part is 10
		if time.Since(back) > time.Minute {
			t.Fatal("Redis is back and nobody asks it")
		}
		<-time.After(10 * time.Millisecond) // the breaker keeps real time
	}
}

// brokenLine is a network that can be cut. The server keeps its port: one that is given up may be another process's before it is wanted again.
type brokenLine struct {
	mu    sync.Mutex
	down  bool
	conns []net.Conn
}

func (l *brokenLine) dial(ctx context.Context, network, address string) (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return nil, errors.New("the line is cut")
	}
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		l.conns = append(l.conns, c)
	}
	return c, err
}

func (l *brokenLine) cut(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
	for _, c := range l.conns {
		c.Close()
	}
	l.conns = nil
}

// Each tenant has its own budgets of reads and writes; headers say how they stand, and a refusal when to come back.
func TestTenantBudgets(t *testing.T) {
	budgets(t, func(t *testing.T, e budgetEngine) {
		unique := strconv.FormatInt(time.Now().UnixNano(), 36)
		one, big := "one"+unique, "big"+unique
		set := metrics.NewSet()
		f := newFace(t, Options{Budget: e.budget, Metrics: set, Limits: Limits{
			Each:    TenantLimits{Reads: Limit{Rate: 1, Burst: 3}, Writes: Limit{Rate: 1}},
			Tenants: map[string]TenantLimits{big: {Reads: Limit{Rate: 1000, Burst: 1000}}},
		}}, route{"GET", "/x", "X", "x:list", aim, echo}, route{"POST", "/x", "Y", "x:create", aim, echo}, route{"POST", "/q", "Q", "x:list", aim, echo})
		start := time.Now()
		for i := range 3 {
			a := f.call("GET", "/x", "", "X-Test-Tenant", one)
			left, err := strconv.Atoi(a.Header["Ratelimit-Remaining"])
			if a.Status != 200 || a.Header["Ratelimit-Limit"] != "3" || err != nil || left < 2-i || left > 2-i+e.since(start) || a.Header["Ratelimit-Reset"] == "" ||
				a.Header["Ratelimit-Policy"] != `3;w=3;comment="read"` || a.Header["Retry-After"] != "" {
				t.Fatalf("call %d: %d %v", i, a.Status, a.Header)
			}
		}
		a := f.call("POST", "/q", "{}", "X-Test-Tenant", one) // a query by POST is a read
		for reads := 4; a.Status == 200 && reads <= 3+e.since(start); reads++ {
			a = f.call("POST", "/q", "{}", "X-Test-Tenant", one) // what came back meanwhile
		}
		a.refused(t, "the fourth read", 429, "APIGW.0308", "")
		if a.Header["Retry-After"] != "1" || a.Header["Ratelimit-Remaining"] != "0" || a.Body["request_id"] == nil {
			t.Errorf("%v %s", a.Header, a.Raw)
		}
		start = time.Now()
		for i := range 3 { // a burst without a number is two seconds of the rate
			if a := f.call("POST", "/x", "{}", "X-Test-Tenant", one); i < 2 && a.Status != 200 || a.Status == 200 && i >= 2+e.since(start) {
				t.Errorf("write %d: %d", i, a.Status)
			}
		}
		for range 10 {
			if a := f.call("GET", "/x", "", "X-Test-Tenant", big); a.Status != 200 {
				t.Errorf("a tenant with a larger budget: %d", a.Status)
			}
		}
		if a := f.call("POST", "/x", "{}", "X-Test-Tenant", big); a.Status != 200 || a.Header["Ratelimit-Limit"] != "" {
			t.Errorf("a budget that is none: %d %v", a.Status, a.Header)
		}
		if n := set.GetOrCreateCounter(`cardlink_api_throttled_total{class="read"}`).Get(); n != 1 {
			t.Errorf("%d throttled reads counted", n)
		}
		e.pass(3 * time.Second)
		if a := f.call("GET", "/x", "", "X-Test-Tenant", one); a.Status != 200 {
			t.Errorf("after a rest: %d", a.Status)
		}
	})
}

func TestRecipientsBudget(t *testing.T) {
	send := func(_ context.Context, r *Request) (any, error) {
		if err := r.spendRecipients(len(r.PostBody())); err != nil {
			return nil, err
		}
		return ok(nil), nil
	}
	now := time.Now()
	f := newFace(t, Options{Now: func() time.Time { return now }, Limits: Limits{Each: TenantLimits{Recipients: Limit{Rate: 10, Burst: 10}}}},
		route{"POST", "/x", "X", "x:create", aim, send})
	if a := f.call("POST", "/x", "1234567"); a.Status != 200 || a.Header["Ratelimit-Limit"] != "" {
		t.Errorf("7 of 10: %d %v", a.Status, a.Header)
	}
	a := f.call("POST", "/x", "1234567")
	a.refused(t, "7 of 3", 429, "APIGW.0308", "")
	if a.Header["Ratelimit-Policy"] != `10;w=1;comment="recipients"` || a.Header["Ratelimit-Remaining"] != "3" {
		t.Error(a.Header)
	}
	if a := f.call("POST", "/x", ""); a.Status != 200 {
		t.Errorf("nobody: %d", a.Status)
	}
	now = now.Add(time.Second)
	if a := f.call("POST", "/x", "1234567"); a.Status != 200 {
		t.Errorf("a second later: %d", a.Status)
	}
}

// Guessing is slow, for whoever guesses: neighbours whose credentials were good go on, and a key that is guessed at from their network is held on its own.
func TestGuessing(t *testing.T) {
	now := time.Now()
	f := newFace(t, Options{Now: func() time.Time { return now }, Proxies: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/32")}, Limits: Limits{Failures: Limit{Rate: 1, Burst: 3}}},
		route{"GET", "/x", "X", "x:list", aim, echo})
	from := func(addr, key, tenant string) told {
		return f.call("GET", "/x", "", "X-Forwarded-For", addr, "Authorization", "SDK-HMAC-SHA256 Access="+key+", SignedHeaders=x, Signature=y", "X-Test-Tenant", tenant)
	}
	if a := from("192.0.2.1", "good", "a"); a.Status != 200 {
		t.Fatal(a.Raw)
	}
	for i := range 3 {
		from("192.0.2.1", "k"+strconv.Itoa(i), "nobody").refused(t, "a guess", 401, "APIGW.0301", "")
	}
	a := from("192.0.2.1", "k4", "nobody")
	a.refused(t, "the fourth guess", 429, "APIGW.0308", "network")
	if a.Header["Retry-After"] != "1" {
		t.Error(a.Header)
	}
	from("192.0.2.1", "new", "a").refused(t, "a stranger on the same network", 429, "APIGW.0308", "network")
	if a := from("192.0.2.1", "good", "a"); a.Status != 200 {
		t.Errorf("a neighbour: %s", a.Raw)
	}
	if a := from("192.0.2.2", "k4", "a"); a.Status != 200 {
		t.Errorf("another network: %s", a.Raw)
	}
	for range 3 { // guesses at the neighbour's key
		from("192.0.2.1", "good", "nobody").refused(t, "a guess", 401, "APIGW.0301", "")
	}
	from("192.0.2.1", "good", "a").refused(t, "a key that is guessed at", 429, "APIGW.0308", "network")
	now = now.Add(2 * time.Second)
	if a := from("192.0.2.1", "good", "a"); a.Status != 200 {
		t.Errorf("later: %s", a.Raw)
	}
	from("2001:db8::1", "k", "nobody")
	from("2001:db8::2", "k", "nobody")
	from("2001:db8::3", "k", "nobody")
	if a := from("2001:db8::4", "k", "a"); a.Status != 429 {
		t.Errorf("another address of the same line: %d", a.Status)
	}
	if a := from("2001:db8:0:1::4", "k", "a"); a.Status != 200 {
		t.Errorf("another line: %d", a.Status)
	}
}

// The queue in front of the places is bounded and waits no longer than it may.
func TestFlights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlights(1, time.Second)
		if !f.enter() {
			t.Fatal("no place")
		}
		results := make(chan bool, 10)
		for range 4 {
			go func() { results <- f.enter() }()
		}
		synctest.Wait()
		start := time.Now()
		if f.enter() || time.Since(start) != 0 {
			t.Error("a fifth waited")
		}
		f.leave()
		if !<-results || time.Since(start) != 0 {
			t.Error("a free place was not taken")
		}
		for range 3 {
			if <-results || time.Since(start) != time.Second {
				t.Errorf("turned away after %v", time.Since(start))
			}
		}
		if f.waiting.Load() != 0 || f.running() != 1 {
			t.Errorf("%d wait, %d run", f.waiting.Load(), f.running())
		}
	})
	f := newFlights(4, time.Second)
	for _, c := range []struct {
		tenant string
		want   bool
	}{{"a", true}, {"a", true}, {"a", true}, {"a", false}, {"b", true}} {
		if !f.enter() {
			f.leave() // the refused one left
			f.enter()
		}
		if got := f.board(c.tenant); got != c.want {
			t.Errorf("%s: %v", c.tenant, got)
		}
	}
	for _, tenant := range []string{"a", "a", "a", "b"} {
		f.alight(tenant)
	}
	if len(f.each) != 0 {
		t.Errorf("remembers %v", f.each)
	}
}

func TestSeconds(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0", 1: "1", time.Second: "1", time.Second + 1: "2", 90 * time.Second: "90"} {
		if got := seconds(d); got != want {
			t.Errorf("%v: %s", d, got)
		}
	}
	if !strings.HasPrefix(network(netip.MustParseAddr("2001:db8::1")), "2001:db8::/64") || network(netip.Addr{}) == "" {
		t.Error("network")
	}
}
