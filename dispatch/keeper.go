package dispatch

import (
	"context"
	"time"
)

// sweepLimit bounds one sweep; a full one is followed by the next at once.
const sweepLimit = 500

// keep renews the registration, takes over messages of dead workers, and does what time asks for: resends, time-outs, parked receipts.
func (w *Worker) keep(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; ; n++ {
		if n%5 == 0 {
			w.renew(ctx)
			w.countNodes(ctx)
		}
		w.repeat(ctx, "sweep", w.o.Store.SweepMessages)
		if n%5 == 0 {
			w.repeat(ctx, "recover", w.o.Store.RecoverMessages)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (w *Worker) renew(ctx context.Context) {
	held, err := w.o.Store.RenewOwner(ctx, w.owner.Load(), w.now(), ownerLife)
	switch {
	case err != nil:
		if ctx.Err() == nil {
			w.log.Error("renew the dispatcher's registration", "error", err)
		}
		return
	case held:
		return
	}
	// Another worker has taken over what was claimed. Intend finds nothing of it held any more and the messages in memory are dropped there.
	owner, err := w.o.Store.OpenOwner(ctx, w.o.Node, w.now(), ownerLife)
	if err != nil {
		w.log.Error("register the dispatcher again", "error", err)
		return
	}
	w.log.Warn("the dispatcher's registration had lapsed; is another process using this node's name?", "node", w.o.Node)
	w.owner.Store(owner)
}

// countNodes tells whoever shares out the channels' rates how many workers there are. While the store is away, the last number holds.
func (w *Worker) countNodes(ctx context.Context) {
	if w.o.Nodes == nil {
		return
	}
	n, err := w.o.Store.LiveOwners(ctx, w.now())
	if err != nil {
		if ctx.Err() == nil {
			w.log.Error("count the dispatchers", "error", err)
		}
		return
	}
	w.o.Nodes(max(1, n))
}

func (w *Worker) repeat(ctx context.Context, what string, do func(context.Context, time.Time, int) (Tally, error)) {
	for ctx.Err() == nil {
		t, err := do(ctx, w.now(), sweepLimit)
		if err != nil {
			if ctx.Err() == nil {
				w.log.Error(what, "error", err)
			}
			return
		}
		w.stats.count(t)
		if t.Requeued+t.Resent > 0 {
			w.Wake()
		}
		if t.TimedOut < sweepLimit && t.Requeued < sweepLimit && t.Resent < sweepLimit && t.Doubtful < sweepLimit {
			return
		}
	}
}
