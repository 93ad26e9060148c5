package dispatch

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"cardlink/fault"
)

// Bounds of how often a Backlog counts. Counting a million waiting messages takes some 100 ms, so it may use a tenth of the time at most.
const (
	backlogFresh   = 5 * time.Second // what other nodes accepted is seen after that
	backlogPause   = time.Second     // between two counts of a tenant that is at its bound
	backlogShare   = 10              // a count that took d is repeated after backlogShare×d at the earliest
	backlogTenants = 10_000          // tenants remembered; beyond it the idle ones are forgotten, which costs them a count
)

// WaitingCounter counts what waits. Package store implements it; contract.Waiting says in running code what that means.
type WaitingCounter interface {
	// WaitingMessages counts a tenant's SMS and video messages that wait to be sent, up to most.
	WaitingMessages(ctx context.Context, tenant string, most int) (int, error)
}

// BacklogOptions configure a Backlog. Store is required.
type BacklogOptions struct {
	Store   WaitingCounter
	Most    int              // messages of one tenant that may wait; required
	Now     func() time.Time // default time.Now
	Metrics *metrics.Set     // default: none
}

// Backlog bounds the messages of a tenant that wait to be sent, SMS and video messages together (E200015 of api.md §15.2). A nil *Backlog admits everything.
//
// It keeps an upper bound for each tenant: what was counted last and what this node has admitted since. Only when that bound is reached, or the count is older than
// five seconds, are the waiting messages counted again. So one node never lets more wait than the bound; several nodes together exceed it by what they
// admit in the five seconds (ten times the length of a count, if that is more) in which they do not see each other. After messages were sent it may take a second until
// as many are admitted again. There is no counter row that every send and every claim would have to take turns at, and none that could drift.
type Backlog struct {
	store   WaitingCounter
	most    int
	now     func() time.Time
	refused *metrics.Counter

	mu      sync.Mutex
	tenants map[string]*backlog
}

// backlog is what is known of one tenant.
type backlog struct {
	counting chan struct{} // closed when the running count ends; nil = none runs
	at       time.Time     // of the last count; zero = never counted
	next     time.Time     // no count before
	known    int           // upper bound of what waits
	inflight int           // admitted and not settled: a count may or may not see them
	since    int           // admitted since the running count began
}

// NewBacklog builds a bound; it fails without a store or a bound.
func NewBacklog(o BacklogOptions) (*Backlog, error) {
	if o.Store == nil || o.Most <= 0 {
		return nil, errors.New("dispatch: a backlog needs a store and a bound")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Metrics == nil {
		o.Metrics = metrics.NewSet()
	}
	return &Backlog{
		store: o.Store, most: o.Most, now: o.Now, tenants: make(map[string]*backlog),
		refused: o.Metrics.GetOrCreateCounter("cardlink_backlog_refused_messages_total"),
	}, nil
}

// AdmitUpTo makes room for as many of n messages as may wait. settle must be called once they are stored, or are not going to be.
func (b *Backlog) AdmitUpTo(ctx context.Context, tenant string, n int) (granted int, settle func(), err error) {
	return b.admit(ctx, tenant, n, false)
}

// Admit makes room for n messages or for none; then it fails with fault.Throttled and names the bound. settle is as of AdmitUpTo.
func (b *Backlog) Admit(ctx context.Context, tenant string, n int) (settle func(), err error) {
	granted, settle, err := b.admit(ctx, tenant, n, true)
	if err == nil && granted < n {
		settle()
		most := strconv.Itoa(b.most)
		return nil, fault.Said("", "too many messages wait to be sent: at most "+most+" of one account, with those of this request", "待发送消息过多：单个账号（含本次请求）最多"+most+"条").
			Coded(fault.Throttled)
	}
	return settle, err
}

func (b *Backlog) admit(ctx context.Context, tenant string, n int, whole bool) (granted int, settle func(), err error) {
	if b == nil || n <= 0 {
		return max(n, 0), func() {}, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t, err := b.current(ctx, tenant, n)
	if err != nil {
		return 0, nil, err
	}
	granted = min(n, max(b.most-t.known, 0))
	if whole && granted < n {
		granted = 0
	}
	b.refused.Add(n - granted)
	t.known += granted
	t.inflight += granted
	t.since += granted
	return granted, sync.OnceFunc(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		t.inflight -= granted
	}), nil
}

// current gives a tenant whose bound is good enough to decide about n messages. b.mu is held, but not while it counts or waits for who counts.
func (b *Backlog) current(ctx context.Context, tenant string, n int) (*backlog, error) {
	for {
		t := b.tenants[tenant]
		if t == nil {
			b.forget()
			t = &backlog{}
			b.tenants[tenant] = t
		}
		now, fits := b.now(), t.known+n <= b.most
		switch {
		case !t.at.IsZero() && (now.Before(t.next) || fits && now.Sub(t.at) < backlogFresh):
			return t, nil
		case t.counting == nil:
			if err := b.count(ctx, tenant, t); err != nil {
				return nil, err
			}
		case !t.at.IsZero() && fits: // somebody is counting; until then the old bound will do
			return t, nil
		default:
			done := t.counting
			b.mu.Unlock()
			select {
			case <-done:
			case <-ctx.Done():
			}
			b.mu.Lock()
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
	}
}

// count replaces a tenant's bound: what is counted, what may have been on its way to the store when the count began, and what was admitted since.
func (b *Backlog) count(ctx context.Context, tenant string, t *backlog) error {
	done := make(chan struct{})
	t.counting, t.since = done, 0
	before, began := t.inflight, b.now()
	b.mu.Unlock()
	n, err := b.store.WaitingMessages(ctx, tenant, b.most)
	b.mu.Lock()
	t.counting = nil
	close(done)
	if err != nil {
		return err
	}
	ended := b.now()
	t.known, t.at = n+before+t.since, ended
	t.next = ended.Add(max(backlogPause, backlogShare*ended.Sub(began)))
	return nil
}

// forget makes room among the tenants remembered.
func (b *Backlog) forget() {
	if len(b.tenants) < backlogTenants {
		return
	}
	now := b.now()
	for name, t := range b.tenants {
		if t.inflight == 0 && t.counting == nil && now.Sub(t.at) >= backlogFresh {
			delete(b.tenants, name)
		}
	}
}
