package dispatch

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
	// Nodes is how many nodes share the channels until SetNodes says otherwise: while Redis is away each takes this part of a limit. Default 1.
	Nodes int
	// Timeout of one call; default 50 ms, for a slow budget slows the channel.
	Timeout time.Duration
	Log     *slog.Logger
	Metrics *metrics.Set
}

// RedisBudget shares budgets over nodes through redis_rate. A call leases at most the burst: a look at what is left, then AllowN for no more
// than that, because AllowN grants all or nothing and AllowAtMost charges fractions of permits that it does not hand out. While Redis
// is away, limit/nodes is granted locally and the loss is counted; Redis is asked again after a second.
type RedisBudget struct {
	limiter *redis_rate.Limiter
	local   *MemoryBudget
	timeout time.Duration
	log     *slog.Logger
	lost    *metrics.Counter

	mu    sync.Mutex
	retry time.Time // Redis is not asked before
	down  bool
	nodes int
}

// NewRedisBudget makes a budget on a Redis server or cluster.
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
		limiter: redis_rate.NewLimiter(o.Client), local: NewMemoryBudget(nil), nodes: o.Nodes, timeout: o.Timeout, log: o.Log,
		lost: o.Metrics.GetOrCreateCounter("cardlink_dispatch_budget_local_total"),
	}
}

// Take implements Budget.
func (b *RedisBudget) Take(ctx context.Context, key string, limit, n int) (int, time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	if !b.asking() {
		return b.alone(ctx, key, limit, n)
	}
	call, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	granted, wait, err := b.shared(call, key, limit, n)
	if err != nil {
		if ctx.Err() != nil {
			return 0, 0, ctx.Err()
		}
		b.away(err)
		return b.alone(ctx, key, limit, n)
	}
	b.back()
	return granted, wait, nil
}

func (b *RedisBudget) shared(ctx context.Context, key string, limit, n int) (int, time.Duration, error) {
	interval := time.Second / time.Duration(limit)
	l := redis_rate.Limit{Rate: limit, Burst: burstOf(limit), Period: time.Second}
	name := "dispatch:" + key
	look, err := b.limiter.AllowN(ctx, name, l, 0)
	if err != nil {
		return 0, 0, err
	}
	n = min(n, look.Remaining)
	if n <= 0 {
		return 0, interval, nil
	}
	got, err := b.limiter.AllowN(ctx, name, l, n)
	if err != nil {
		return 0, 0, err
	}
	if got.Allowed == 0 { // another node was faster
		return 0, max(got.RetryAfter, interval), nil
	}
	return got.Allowed, 0, nil
}

// alone grants this node's part of the limit.
func (b *RedisBudget) alone(ctx context.Context, key string, limit, n int) (int, time.Duration, error) {
	b.lost.Inc()
	b.mu.Lock()
	nodes := b.nodes
	b.mu.Unlock()
	return b.local.Take(ctx, key, max(1, limit/nodes), n)
}

// SetNodes tells how many nodes share the channels now, at least 1. A Worker does so as Options.Nodes.
func (b *RedisBudget) SetNodes(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.nodes = max(1, n)
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
		b.log.Warn("Redis does not answer; every node keeps to its part of the channels' rates", "error", err, "nodes", b.nodes)
	}
	b.down, b.retry = true, time.Now().Add(time.Second)
}

func (b *RedisBudget) back() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		b.log.Info("Redis answers again; channel rates are shared")
	}
	b.down = false
}
