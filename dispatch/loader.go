package dispatch

import (
	"context"
	"slices"
	"time"
)

const (
	claimLimit   = 500 // messages of one claim
	tenantsLimit = 64  // tenants of one claim; the others have their turn in the next
)

// load brings due messages into memory, route by route, lowest class first, as long as there is room and a channel that works.
func (w *Worker) load(ctx context.Context) {
	tick := time.NewTicker(w.o.Poll)
	defer tick.Stop()
	for {
		more, err := w.loadAll(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			w.log.Error("claim messages", "error", err) // and wait for the next tick
		case more:
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-w.woken:
		case <-tick.C:
		}
	}
}

// loadAll claims once for every route and class. It reports whether more may be due and there is room for it.
func (w *Worker) loadAll(ctx context.Context) (more bool, err error) {
	routes, err := w.o.Store.QueuedRoutes(ctx)
	if err != nil {
		return false, err
	}
	for i := range w.loads {
		if !slices.Contains(routes, w.loads[i].route) {
			continue
		}
		full, err := w.loadOne(ctx, &w.loads[i])
		if err != nil {
			return false, err
		}
		more = more || full
	}
	return more, nil
}

// loadOne claims for one route and class. It reports whether more may be due and there is room for it.
func (w *Worker) loadOne(ctx context.Context, ld *load) (more bool, err error) {
	room := w.room(ld.route, ld.class)
	if room < w.o.Memory/2 || !w.works(ld.route) {
		return false, nil
	}
	now := w.now()
	tenants, err := w.o.Store.DueTenants(ctx, ld.route, ld.class, ld.after, now, tenantsLimit)
	if err != nil || len(tenants) == 0 {
		return false, err
	}
	ld.after = tenants[len(tenants)-1]
	c := Claim{
		Owner: w.owner.Load(), Route: ld.route, Class: ld.class, Tenants: tenants, PerTenant: max(1, min(room, claimLimit)/len(tenants)), Now: now,
	}
	ws, err := w.o.Store.ClaimMessages(ctx, c)
	if err != nil {
		return false, err
	}
	for i := range ws {
		w.enqueue(&flight{Waiting: ws[i]}, false)
	}
	w.stats.claimed.Add(len(ws))
	if len(ws) > 0 {
		w.wakeLanes(ld.route)
	}
	return len(ws) > 0 && (len(tenants) == tenantsLimit || len(ws) >= c.PerTenant), nil
}

// room is how many more messages of a route and class memory holds.
func (w *Worker) room(route string, class Class) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.o.Memory - w.queues[route].classes[class].count
}

// works reports whether a lane of the route could send now; messages of others stay in the store, where other nodes see them.
func (w *Worker) works(route string) bool {
	now := w.now()
	for _, l := range w.lanes {
		for _, r := range l.routes {
			if r == route && l.session.Up() > 0 && !l.breaker.isOpen(now) {
				return true
			}
		}
	}
	return false
}
