package api

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
	"github.com/sony/gobreaker/v2"
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
// limit from memory and counts that it does; every second one call asks Redis again.
type RedisBudget struct {
	limiter *redis_rate.Limiter
	breaker *gobreaker.CircuitBreaker[Grant]
	alone   *MemoryBudget
	nodes   int
	timeout time.Duration
	local   *metrics.Counter
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
	var cause error // of the last failure; under the breaker's lock, like all its functions
	return &RedisBudget{
		limiter: redis_rate.NewLimiter(o.Client), alone: NewMemoryBudget(nil), nodes: o.Nodes, timeout: o.Timeout,
		local: o.Metrics.GetOrCreateCounter("cardlink_api_budget_local_total"),
		breaker: gobreaker.NewCircuitBreaker[Grant](gobreaker.Settings{
			Timeout: time.Second, MaxRequests: 1,
			ReadyToTrip:  func(gobreaker.Counts) bool { return true }, // one call in a second waits for a dead engine, not every call
			IsExcluded:   func(err error) bool { return errors.Is(err, errCallerGone) },
			IsSuccessful: func(err error) bool { cause = err; return err == nil },
			OnStateChange: func(_ string, from, to gobreaker.State) {
				switch {
				case from == gobreaker.StateClosed:
					o.Log.Warn("Redis does not answer; every node keeps to its part of the tenants' budgets", "error", cause, "nodes", o.Nodes)
				case to == gobreaker.StateClosed:
					o.Log.Info("Redis answers again; the tenants' budgets are shared")
				}
			},
		}),
	}
}

// errCallerGone means that a call ended because its caller did, which says nothing about Redis.
var errCallerGone = errors.New("api: budget call ended by its caller")

// Take implements Budget.
func (b *RedisBudget) Take(ctx context.Context, key string, l Limit, n int) (Grant, error) {
	if err := ctx.Err(); err != nil {
		return Grant{}, err
	}
	g, err := b.breaker.Execute(func() (Grant, error) {
		call, cancel := context.WithTimeout(ctx, b.timeout)
		defer cancel()
		g, err := b.shared(call, key, l, n)
		if err != nil && ctx.Err() != nil {
			err = errCallerGone
		}
		return g, err
	})
	switch {
	case err == nil:
		return g, nil
	case ctx.Err() != nil:
		return Grant{}, ctx.Err()
	}
	b.local.Inc()
	return b.alone.Take(ctx, key, Limit{max(1, l.Rate/b.nodes), max(1, l.Burst/b.nodes)}, n)
}

func (b *RedisBudget) shared(ctx context.Context, key string, l Limit, n int) (Grant, error) {
	r, err := b.limiter.AllowN(ctx, "api:"+key, redis_rate.Limit{Rate: l.Rate, Burst: l.Burst, Period: time.Second}, min(n, l.Burst))
	if err != nil {
		return Grant{}, err
	}
	g := Grant{Allowed: r.Allowed > 0, Remaining: max(0, r.Remaining), Reset: max(0, r.ResetAfter), Retry: max(0, r.RetryAfter)}
	if !g.Allowed { // redis_rate says 0 then, whatever is left
		g.Remaining = max(0, int(float64(l.Burst)-g.Reset.Seconds()*float64(l.Rate)))
	}
	return g, nil
}
