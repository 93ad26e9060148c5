package shortlink

import (
	"context"
	"time"
)

// tend keeps the resolver's picture of the world fresh until ctx ends: revocations every second, domains every five, idle leases every ten.
func (r *Resolver) tend(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		call, cancel := context.WithTimeout(ctx, r.o.StoreTimeout)
		r.try("read revocations", r.forgetRevoked(call))
		if n%5 == 0 {
			r.try("read domains", r.loadDomains(call))
		}
		if n%10 == 0 {
			r.try("return leases", r.leases.tend(call, r.o.Now()))
		}
		cancel()
	}
}

func (r *Resolver) try(what string, err error) {
	if err != nil {
		r.o.Log.Warn("edge upkeep failed", "step", what, "error", err)
	}
}

// revokedWindow is how far back revocations are read each time: it covers clocks that differ and look-ups that were on their way.
const revokedWindow = time.Minute

func (r *Resolver) forgetRevoked(ctx context.Context) error {
	ids, err := r.o.Store.RevokedSince(ctx, r.o.Now().Add(-revokedWindow))
	if err != nil || len(ids) == 0 {
		return err
	}
	keys := make([]LinkKey, len(ids))
	for i, id := range ids {
		keys[i] = LinkKey{ID: id}
	}
	links, err := r.o.Store.FindLinks(ctx, keys)
	for i := range links {
		l := &links[i]
		if l.Custom {
			r.cache.Del(customKey(l.Domain, l.Code))
		}
		r.cache.Del(uint64(l.ID))
	}
	r.front.clear() // after the cache, from which it is filled
	return err
}

// loadDomains reads all domains into a new snapshot.
func (r *Resolver) loadDomains(ctx context.Context) error {
	ds, err := r.o.Store.Domains(ctx, "")
	if err != nil {
		return err
	}
	all := make(map[string]*Domain, len(ds))
	for i := range ds {
		all[ds[i].Name] = &ds[i]
	}
	r.domains.Store(&all)
	return nil
}
