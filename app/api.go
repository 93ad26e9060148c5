package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/redis/go-redis/v9"

	"cardlink/fault"
	"cardlink/gateway/api"
	"cardlink/idempotency"
)

// APILimits bound what callers may ask of the API. Rates are per second; 0 means the default named here, -1 no bound.
type APILimits struct {
	Rate       int // reading calls of one tenant; default 2000
	Burst      int // of them at once; default two seconds of the rate
	WriteRate  int // calls of one tenant that change something; default as Rate
	WriteBurst int // default two seconds of the rate
	// RecipientRate is handsets named in the accepted sends of one tenant; default no bound. It should not be below the largest request, or two seconds of it.
	RecipientRate int
	Calls         int // calls that run at once on a node; default 512
	// FailureRate and FailureBurst bound refused credentials per client network; default 10 per second and 1000 at once.
	FailureRate  int
	FailureBurst int
	Tenants      []TenantLimit // tenants with limits of their own
}

// TenantLimit replaces some of the limits for one tenant; what is 0 is as for all.
type TenantLimit struct {
	Tenant        string `json:"tenant"` // its id
	Rate          int    `json:"rate,omitempty"`
	Burst         int    `json:"burst,omitempty"`
	WriteRate     int    `json:"write_rate,omitempty"`
	WriteBurst    int    `json:"write_burst,omitempty"`
	RecipientRate int    `json:"recipient_rate,omitempty"`
}

// mostRate bounds rates and bursts: beyond it a limit limits nothing and arithmetic on it gets risky.
const mostRate = 1_000_000

func (l APILimits) validate() error {
	var errs []error
	check := func(name string, n int) {
		if n < -1 || n > mostRate {
			errs = append(errs, fmt.Errorf("%s: must be -1 (no bound), 0 (the default) or 1-%d", name, mostRate))
		}
	}
	each := func(where string, t TenantLimit) {
		check(where+"rate", t.Rate)
		check(where+"burst", t.Burst)
		check(where+"write-rate", t.WriteRate)
		check(where+"write-burst", t.WriteBurst)
		check(where+"recipient-rate", t.RecipientRate)
	}
	each("api-", TenantLimit{"", l.Rate, l.Burst, l.WriteRate, l.WriteBurst, l.RecipientRate})
	check("api-failure-rate", l.FailureRate)
	check("api-failure-burst", l.FailureBurst)
	if l.Calls < 0 || l.Calls > 100_000 {
		errs = append(errs, errors.New("api-calls: must be 0 (the default) or 1-100000"))
	}
	seen := map[string]bool{}
	for _, t := range l.Tenants {
		if t.Tenant == "" || seen[t.Tenant] {
			errs = append(errs, fmt.Errorf("api-tenants: each entry must name a tenant's id, and %q is empty or there twice", t.Tenant))
		}
		seen[t.Tenant] = true
		each("api-tenants: "+t.Tenant+": ", t)
	}
	return errors.Join(errs...)
}

// limits are the options as the face wants them.
func (l APILimits) limits() api.Limits {
	or := func(n, def int) int {
		if n == 0 {
			return def
		}
		return n
	}
	rate := func(r, burst int) api.Limit { return api.Limit{Rate: max(r, 0), Burst: max(burst, 0)} }
	l.Rate, l.FailureRate = or(l.Rate, 2000), or(l.FailureRate, 10)
	l.WriteRate, l.RecipientRate = or(l.WriteRate, l.Rate), or(l.RecipientRate, -1)
	of := func(t TenantLimit) api.TenantLimits {
		return api.TenantLimits{
			Reads: rate(or(t.Rate, l.Rate), or(t.Burst, l.Burst)), Writes: rate(or(t.WriteRate, l.WriteRate), or(t.WriteBurst, l.WriteBurst)),
			Recipients: rate(or(t.RecipientRate, l.RecipientRate), 0),
		}
	}
	out := api.Limits{Each: of(TenantLimit{}), Tenants: map[string]api.TenantLimits{}, Failures: rate(l.FailureRate, or(l.FailureBurst, 100*max(l.FailureRate, 0))), Calls: l.Calls}
	for _, t := range l.Tenants {
		out.Tenants[t.Tenant] = of(t)
	}
	return out
}

// startAPI opens the API face: budgets of tenants through Redis or in this process, idempotency keys in the store.
func (a *App) startAPI(ln net.Listener) error {
	lang := fault.English
	if a.o.Language == "zh" {
		lang = fault.Chinese
	}
	proxies := make([]netip.Prefix, len(a.o.TrustedProxies))
	for i, p := range a.o.TrustedProxies {
		var err error
		if proxies[i], err = netip.ParsePrefix(p); err != nil {
			return err
		}
	}
	keys, err := idempotency.New(idempotency.Options{Store: a.db, Now: a.o.Now, Log: a.log("idempotency"), Metrics: a.metrics})
	if err != nil {
		return err
	}
	a.life.run("idempotency sweep", keys.Run)
	if err := a.startBlobSweeper(); err != nil {
		return err
	}
	o := api.Options{
		Log: a.log("api"), Language: lang, Now: a.o.Now, Limits: a.o.Limits.limits(), Keys: keys, Proxies: proxies, Metrics: a.metrics,
	}
	client, err := a.redisClient()
	if err != nil {
		return err
	}
	if client != nil {
		o.Budget = api.NewRedisBudget(api.RedisBudgetOptions{Client: client, Nodes: a.o.Nodes, Log: a.log("api"), Metrics: a.metrics})
	}
	a.serve("api", ln, api.New(o, a.identity, a.rooms()))
	return nil
}

// redisClient opens Redis once for all who share budgets; nil without an address. Redis is no part of readiness: budgets bridge its outages, and a balancer that took all
// nodes away for its sake would make a nuisance a disaster.
func (a *App) redisClient() (*redis.Client, error) {
	if a.redis != nil || a.o.Redis == "" {
		return a.redis, nil
	}
	opts, err := redis.ParseURL(a.o.Redis)
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	client := redis.NewClient(opts)
	a.redis = client
	a.life.onStop("redis", func(context.Context) error { return client.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := client.Ping(ctx).Err(); err != nil {
		a.o.Log.Warn("Redis does not answer; until it does this node grants its part of shared budgets", "error", err)
	}
	return client, nil
}
