package shortlink

import (
	"context"
	"errors"
	"time"

	"cardlink/event/journal"
	"cardlink/templates"
)

// Position is a position of the node's journal.
type Position = journal.Position

// Tappable reports how a tap on the link is answered now: Resolved (show its page or follow its custom_url), Expired, Revoked,
// TemplateDisabled, or Unavailable. A used-up link is still tappable (api.md D-02).
func (r *Resolver) Tappable(ctx context.Context, e *Entry) (*templates.Template, Verdict) {
	nowMs := r.o.Now().UnixMilli()
	switch {
	case nowMs >= e.expireMs:
		return nil, Expired
	case e.revoked:
		return nil, Revoked
	}
	st, err := r.slots.current(ctx, e.tpl, nowMs)
	if err != nil {
		return nil, Unavailable
	}
	if !st.usable {
		return nil, TemplateDisabled
	}
	return st.template, Resolved
}

// Resolve decides an attempt on a link. When it returns Resolved, the fact is durable: the caller may answer with the card, and only
// then. Refusals and repeats are recorded too, without waiting for the disk. It does not allocate for group links whose lease lasts.
func (r *Resolver) Resolve(ctx context.Context, e *Entry, a *Attempt) Verdict {
	now := r.o.Now().Truncate(time.Millisecond)
	a.batch = e.batch.Value()
	NewID(&a.ID)
	a.Repeat, a.Template = false, nil
	a.Visitor = a.Client
	if !a.batch.group {
		a.Visitor = e.visitor
	}
	st, v := r.check(ctx, e, a, now)
	var ordinal int64
	if v == Resolved {
		if len(a.Device) > 0 {
			device := a.deviceRef(&r.key, a.batch.tenant)
			if a.batch.group {
				a.Visitor = device
			}
			v, ordinal = r.resolveDevice(ctx, e, a, now)
		} else {
			v, ordinal = r.use(ctx, e, a, now)
		}
	}
	r.stats.verdicts[v].Inc()
	switch {
	case v == Unavailable:
		return v // nothing happened
	case v == Resolved && !a.Repeat:
		a.Template = st.template
		return v // use has recorded it
	case v == Resolved:
		r.stats.repeats.Inc()
		a.Template = st.template
	}
	a.record(e, r.o.Node, v, ordinal, now)
	if _, err := r.o.Journal.Add(a.buf); err != nil {
		r.stats.lost.Inc() // not billable; counted, and logged by the journal
	}
	return v
}

// check is everything that changes nothing, in the order of templates.md §9.1.
func (r *Resolver) check(ctx context.Context, e *Entry, a *Attempt, now time.Time) (*templateState, Verdict) {
	nowMs := now.UnixMilli()
	switch {
	case nowMs >= e.expireMs:
		return nil, Expired
	case e.revoked:
		return nil, Revoked
	case a.Vendor < 0 || a.Vendor >= 6:
		return nil, VendorUnsupported
	}
	st, err := r.slots.current(ctx, e.tpl, nowMs)
	switch {
	case err != nil:
		return nil, Unavailable
	case !st.usable:
		return nil, TemplateDisabled
	case !st.active[a.Vendor]:
		return nil, VendorNotApproved
	case a.NoCard:
		return nil, VendorUnsupported
	case len(a.Sign) == 0 && r.o.RequireSign, len(a.Sign) > 0 && !carries(a.batch.signs, a.Sign):
		return nil, SignMismatch
	}
	return st, Resolved
}

// resolveDevice is use for a device that tells its token. Equal attempts go one after the other.
func (r *Resolver) resolveDevice(ctx context.Context, e *Entry, a *Attempt, now time.Time) (Verdict, int64) {
	ka, kb := repeatKey(e.id, a.ref[:])
	stripe := &r.stripes[ka%uint64(len(r.stripes))]
	stripe.Lock()
	defer stripe.Unlock()
	if r.repeats.find(ka, kb, now.UnixMilli(), &a.ID) {
		a.Repeat = true
		return Resolved, 0
	}
	v, ordinal := r.use(ctx, e, a, now)
	if v == Resolved && !a.Repeat {
		r.repeats.add(ka, kb, now.UnixMilli(), &a.ID)
	}
	return v, ordinal
}

// use takes one unit of the link's quota and makes the success durable.
func (r *Resolver) use(ctx context.Context, e *Entry, a *Attempt, now time.Time) (Verdict, int64) {
	if !a.batch.group {
		return r.useIndividual(ctx, e, a, now), 0 // its fact is written with the take
	}
	ordinal, ok, err := r.leases.take(ctx, e.id, a.batch.limit, r.o.Now)
	switch {
	case err != nil:
		r.failed("lease quota", err)
		return Unavailable, 0
	case !ok:
		return Exhausted, 0
	}
	a.record(e, r.o.Node, Resolved, ordinal, now)
	if _, err := r.o.Journal.Append(ctx, a.buf); err != nil {
		// The ordinal is spent: the fact may be in the journal. If it is not, the node's next start finds the ordinal unused.
		r.doubt.Store(true)
		r.failed("append a resolution", err)
		return Unavailable, 0
	}
	return Resolved, ordinal
}

// useIndividual takes the one unit of an individual link. The row in the store is the unit; its fact follows into the journal.
func (r *Resolver) useIndividual(ctx context.Context, e *Entry, a *Attempt, now time.Time) Verdict {
	w := e.winner.Load()
	if w == nil {
		take := Take{LinkID: e.id, ResolveID: string(a.ID[:]), Model: string(a.Model), At: now, Vendor: vendorName(a.Vendor)}
		if len(a.Device) > 0 {
			take.DeviceRef = string(a.ref[:])
		}
		got, err := r.takes.ask(ctx, takeAsk{take, e})
		if err != nil {
			r.failed("take a link", err)
			return Unavailable
		}
		w = &winner{device: got.DeviceRef, resolveID: got.ResolveID}
		e.winner.Store(w)
		if got.ResolveID == take.ResolveID {
			return Resolved
		}
	}
	// Used up. The device that used it gets its card again, as long as the link lives.
	if len(a.Device) > 0 && w.device == string(a.ref[:]) && len(w.resolveID) == len(a.ID) {
		copy(a.ID[:], w.resolveID)
		a.Repeat = true
		return Resolved
	}
	return Exhausted
}

// failed counts and logs why nothing could be made durable.
func (r *Resolver) failed(what string, err error) {
	r.stats.failures.Inc()
	if !errors.Is(err, context.Canceled) {
		r.o.Log.Error("resolution not possible", "step", what, "error", err)
	}
}
