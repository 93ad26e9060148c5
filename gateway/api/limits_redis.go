package api

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
)

// RedisBudgetOptions configure a RedisBudget. Client is required; whoever made it closes it.
type RedisBudgetOptions struct {
	Client redis.UniversalClient
	// Nodes is how many nodes answer the API: while Redis is away each grants this part of a limit. Default 1.
	Nodes   int
	Timeout time.Duration // of one call; default 50 ms, for every call of the API waits for it
	Log     *slog.Logger  // default: none
	Metrics *metrics.Set  // default: none
}

// RedisBudget shares the tenants' budgets over nodes through redis_rate: one round trip per call of the API. While Redis is away each node grants its part of the
// limit from memory and counts that it does; Redis is asked again after a second.
type RedisBudget struct {
	limiter *redis_rate.Limiter
	alone   *MemoryBudget
	nodes   int
	timeout time.Duration
	log     *slog.Logger
	local   *metrics.Counter

	mu    sync.Mutex
	retry time.Time // Redis is not asked before
	down  bool
}

// NewRedisBudget makes an engine on a Redis server or cluster.
func NewRedisBudget(o RedisBudgetOptions) *RedisBudget {
	if o.Nodes < 1 {
		o.Nodes = 1
	}
	if o.Timeout <= 0 {
		o.Timeout = 50 * time.Millisecond
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = metrics.NewSet()
	}
	return &RedisBudget{
		limiter: redis_rate.NewLimiter(o.Client), alone: NewMemoryBudget(nil), nodes: o.Nodes, timeout: o.Timeout, log: o.Log,
		local: o.Metrics.GetOrCreateCounter("cardlink_api_budget_local_total"),
	}
}

// Take implements Budget.
func (b *RedisBudget) Take(ctx context.Context, key string, l Limit, n int) (Grant, error) {
	if err := ctx.Err(); err != nil {
		return Grant{}, err
	}
	if b.asking() {
		call, cancel := context.WithTimeout(ctx, b.timeout)
		defer cancel()
		r, err := b.limiter.AllowN(call, "api:"+key, redis_rate.Limit{Rate: l.Rate, Burst: l.Burst, Period: time.Second}, min(n, l.Burst))
		if err == nil {
			b.back()
			g := Grant{Allowed: r.Allowed > 0, Remaining: max(0, r.Remaining), Reset: max(0, r.ResetAfter), Retry: max(0, r.RetryAfter)}
			if !g.Allowed { // redis_rate says 0 then, whatever is left
				g.Remaining = max(0, int(float64(l.Burst)-g.Reset.Seconds()*float64(l.Rate)))
			}
			return g, nil
		}
		if ctx.Err() != nil {
			return Grant{}, ctx.Err()
		}
		b.away(err)
	}
	b.local.Inc()
	return b.alone.Take(ctx, key, Limit{max(1, l.Rate/b.nodes), max(1, l.Burst/b.nodes)}, n)
}

func (b *RedisBudget) asking() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.down || time.Now().After(b.retry)
}

func (b *RedisBudget) away(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.down {
		b.log.Warn("Redis does not answer; every node keeps to its part of the tenants' budgets", "error", err, "nodes", b.nodes)
	}
	b.down, b.retry = true, time.Now().Add(time.Second)
}

func (b *RedisBudget) back() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		b.log.Info("Redis answers again; the tenants' budgets are shared")
	}
	b.down = false
}
