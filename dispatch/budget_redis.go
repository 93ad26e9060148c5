package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
	"github.com/sony/gobreaker/v2"
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
// is away, limit/nodes is granted locally and the loss is counted; every second one call asks Redis again.
type RedisBudget struct {
	limiter *redis_rate.Limiter
	breaker *gobreaker.CircuitBreaker[lease]
	local   *MemoryBudget
	timeout time.Duration
	lost    *metrics.Counter
	nodes   atomic.Int64
}

// lease is what a call got: permits, or how long to wait for one.
type lease struct {
	granted int
	wait    time.Duration
}

// NewRedisBudget makes a budget on a Redis server or cluster.
func NewRedisBudget(o RedisBudgetOptions) *RedisBudget {
	if o.Timeout <= 0 {
		o.Timeout = 50 * time.Millisecond
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = metrics.NewSet()
	}
	b := &RedisBudget{
		limiter: redis_rate.NewLimiter(o.Client), local: NewMemoryBudget(nil), timeout: o.Timeout,
		lost: o.Metrics.GetOrCreateCounter("cardlink_dispatch_budget_local_total"),
	}
	b.SetNodes(o.Nodes)
	var cause error // of the last failure; under the breaker's lock, like all its functions
	b.breaker = gobreaker.NewCircuitBreaker[lease](gobreaker.Settings{
		Timeout: time.Second, MaxRequests: 1,
		ReadyToTrip:  func(gobreaker.Counts) bool { return true }, // a pacer never waits for the same dead engine twice
		IsExcluded:   func(err error) bool { return errors.Is(err, errGone) },
		IsSuccessful: func(err error) bool { cause = err; return err == nil },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			switch {
			case from == gobreaker.StateClosed:
				o.Log.Warn("Redis does not answer; every node keeps to its part of the channels' rates", "error", cause, "nodes", b.nodes.Load())
			case to == gobreaker.StateClosed:
				o.Log.Info("Redis answers again; channel rates are shared")
			}
		},
	})
	return b
}

// errGone means that the caller ended its call.
var errGone = errors.New("dispatch: budget call ended by its caller")

// Take implements Budget.
func (b *RedisBudget) Take(ctx context.Context, key string, limit, n int) (int, time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	got, err := b.breaker.Execute(func() (lease, error) {
		call, cancel := context.WithTimeout(ctx, b.timeout)
		defer cancel()
		l, err := b.shared(call, key, limit, n)
		if err != nil && ctx.Err() != nil {
			err = errGone
		}
		return l, err
	})
	switch {
	case err == nil:
		return got.granted, got.wait, nil
	case ctx.Err() != nil:
		return 0, 0, ctx.Err()
	}
	b.lost.Inc()
	return b.local.Take(ctx, key, max(1, limit/int(b.nodes.Load())), n)
}

func (b *RedisBudget) shared(ctx context.Context, key string, limit, n int) (lease, error) {
	interval := time.Second / time.Duration(limit)
	l := redis_rate.Limit{Rate: limit, Burst: burstOf(limit), Period: time.Second}
	name := "dispatch:" + key
	look, err := b.limiter.AllowN(ctx, name, l, 0)
	if err != nil {
		return lease{}, err
	}
	n = min(n, look.Remaining)
	if n <= 0 {
		return lease{wait: interval}, nil
	}
	got, err := b.limiter.AllowN(ctx, name, l, n)
	if err != nil {
		return lease{}, err
	}
	if got.Allowed == 0 { // another node was faster
		return lease{wait: max(got.RetryAfter, interval)}, nil
	}
	return lease{granted: got.Allowed}, nil
}

// SetNodes tells how many nodes share the channels now, at least 1. A Worker does so as Options.Nodes.
func (b *RedisBudget) SetNodes(n int) { b.nodes.Store(int64(max(1, n))) }
