package api

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/valyala/fasthttp"

	"cardlink/fault"
)

// Limit is a budget of something: Rate per second for ever, Burst of it at once after a rest. The zero Limit is none: everything is let through.
type Limit struct{ Rate, Burst int }

func (l Limit) none() bool { return l.Rate <= 0 }

// filled gives a limit without a burst two seconds of its rate.
func (l Limit) filled() Limit {
	if l.Burst <= 0 {
		l.Burst = 2 * l.Rate
	}
	return l
}

// TenantLimits are what one tenant may do.
type TenantLimits struct {
	Reads      Limit // calls that change nothing
	Writes     Limit // all others
	Recipients Limit // handsets named in accepted sends
}

func (t TenantLimits) filled() TenantLimits {
	return TenantLimits{t.Reads.filled(), t.Writes.filled(), t.Recipients.filled()}
}

// Limits bound what callers may ask of the face.
type Limits struct {
	Each    TenantLimits            // of every tenant that Tenants does not name
	Tenants map[string]TenantLimits // by tenant id
	// Failures bounds refused credentials per client network (an IPv4 address, the first 64 bits of an IPv6 one). Beyond it that network's calls are answered 429
	// unread, except for credentials that were good there lately. None: no bound.
	Failures Limit
	// Calls is how many calls run at once; default 512. When all places are taken, four times as many calls wait for Patience (default 1 s) and all others are answered
	// 503 at once; a tenant that has half of the places is answered 429.
	Calls    int
	Patience time.Duration
}

func (l Limits) filled() Limits {
	l.Each, l.Failures = l.Each.filled(), l.Failures.filled()
	own := make(map[string]TenantLimits, len(l.Tenants))
	for tenant, t := range l.Tenants {
		own[tenant] = t.filled()
	}
	l.Tenants = own
	if l.Calls <= 0 {
		l.Calls = 512
	}
	if l.Patience <= 0 {
		l.Patience = time.Second
	}
	return l
}

func (l *Limits) of(tenant string) TenantLimits {
	if own, ok := l.Tenants[tenant]; ok {
		return own
	}
	return l.Each
}

// Budget keeps the state of limits. Engines: MemoryBudget in one process, RedisBudget over many nodes; both pass the same test.
type Budget interface {
	// Take asks for n units of key's budget, all or none; more than a burst counts as a burst. An error is the caller's own context: engines bridge their outages.
	Take(ctx context.Context, key string, l Limit, n int) (Grant, error)
}

// Grant is the answer of a Budget.
type Grant struct {
	Allowed   bool
	Remaining int           // units that could be taken at once now
	Reset     time.Duration // until the whole burst is there again
	Retry     time.Duration // until what was refused would be allowed; 0 if it was
}

// budgetKeys bounds a MemoryBudget. Keys are of tenants that were let in, so most installations never come near.
const budgetKeys = 100_000

// MemoryBudget is the engine of a single node: one GCRA per key. A key whose burst is whole again needs no memory; if 100,000 have one that is not, further keys
// share one budget, which refuses too much rather than too little.
type MemoryBudget struct {
	now func() time.Time
	mu  sync.Mutex
	tat map[string]time.Time // theoretical arrival time: when the burst will be whole
}

// NewMemoryBudget makes an engine with nothing spent. A nil clock means time.Now.
func NewMemoryBudget(now func() time.Time) *MemoryBudget {
	if now == nil {
		now = time.Now
	}
	return &MemoryBudget{now: now, tat: make(map[string]time.Time)}
}

// Take implements Budget.
func (b *MemoryBudget) Take(ctx context.Context, key string, l Limit, n int) (Grant, error) {
	if err := ctx.Err(); err != nil {
		return Grant{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if _, known := b.tat[key]; !known && len(b.tat) >= budgetKeys {
		for k, tat := range b.tat {
			if !tat.After(now) {
				delete(b.tat, k)
			}
		}
		if len(b.tat) >= budgetKeys {
			key = ""
		}
	}
	g, tat := gcra(now, b.tat[key], l, n)
	b.tat[key] = tat
	return g, nil
}

// gcra is the generic cell rate algorithm: n units of a limit, given the moment at which the burst will be whole; it returns the next such moment.
func gcra(now, tat time.Time, l Limit, n int) (Grant, time.Time) {
	interval := max(time.Second/time.Duration(l.Rate), 1)
	if tat.Before(now) {
		tat = now
	}
	n = min(n, l.Burst)
	free := time.Duration(l.Burst)*interval - tat.Sub(now)
	if need := time.Duration(n) * interval; need > free {
		return Grant{Remaining: max(0, int(free/interval)), Reset: tat.Sub(now), Retry: need - free}, tat
	}
	next := tat.Add(time.Duration(n) * interval)
	return Grant{Allowed: true, Remaining: int(free/interval) - n, Reset: next.Sub(now)}, next
}

// tenantLimiter spends the budgets of tenants and says in headers how much is left.
type tenantLimiter struct {
	limits  *Limits
	budget  Budget
	refused map[string]*metrics.Counter
}

func newTenantLimiter(l *Limits, b Budget, set *metrics.Set) tenantLimiter {
	t := tenantLimiter{l, b, make(map[string]*metrics.Counter)}
	for _, class := range []string{classRead, classWrite, classRecipients} {
		t.refused[class] = set.GetOrCreateCounter(`cardlink_api_throttled_total{class="` + class + `"}`)
	}
	return t
}

// The classes of a tenant's budgets.
const (
	classRead       = "read"
	classWrite      = "write"
	classRecipients = "recipients"
)

// spendCall takes one call. The answer's headers tell how the budget of its class stands.
func (t tenantLimiter) spendCall(ctx context.Context, c *fasthttp.RequestCtx, tenant string, safe bool) error {
	class, l := classWrite, t.limits.of(tenant).Writes
	if safe {
		class, l = classRead, t.limits.of(tenant).Reads
	}
	return t.spend(ctx, c, tenant, class, l, 1)
}

func (t tenantLimiter) spend(ctx context.Context, c *fasthttp.RequestCtx, tenant, class string, l Limit, n int) error {
	if l.none() {
		return nil
	}
	g, err := t.budget.Take(ctx, tenant+":"+class, l, n)
	if err != nil {
		return err
	}
	if g.Allowed && class == classRecipients {
		return nil // the headers speak of calls unless this is why one is refused
	}
	h := &c.Response.Header
	h.Set("RateLimit-Limit", strconv.Itoa(l.Burst))
	h.Set("RateLimit-Remaining", strconv.Itoa(g.Remaining))
	h.Set("RateLimit-Reset", seconds(g.Reset))
	h.Set("RateLimit-Policy", strconv.Itoa(l.Burst)+";w="+strconv.Itoa(max(1, (l.Burst+l.Rate-1)/l.Rate))+`;comment="`+class+`"`)
	if g.Allowed {
		return nil
	}
	t.refused[class].Inc()
	h.Set("Retry-After", seconds(max(g.Retry, 1)))
	return fault.New(fault.Throttled, "")
}

// seconds is a duration in whole seconds, rounded up, as headers want it.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}
