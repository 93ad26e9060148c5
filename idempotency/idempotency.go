// Package idempotency owns the promise behind an Idempotency-Key: a call under a key has its effect once, and who repeats it gets the first answer (api.md D-41).
// It refuses to know HTTP, operations and what a call does; gateway/api runs the calls, package store keeps the rows.
//
// The order is the guarantee:
//
//  1. The key is claimed: a row without an answer, held by this call for Lease. It is on disk before the call runs.
//  2. The call runs and has its effect in transactions of its own.
//  3. The answer is written into the row and kept for Life.
//
// A crash between 1 and 3 leaves a row without an answer, and nobody can tell whether the effect is there. A repeat is told so (Running) until the lease has ended.
// The next one then runs, and is told that it is not the first (Claimed.Again), so that nothing is made twice in silence.
package idempotency

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/google/uuid"
)

// Bounds of the promise.
const (
	Life   = 72 * time.Hour // how long an answer is kept from the first call on
	MaxKey = 128            // characters of a key

	sweepEvery = time.Minute
	sweepBatch = 1_000 // rows of one transaction of the sweep
	sweepMost  = 100   // transactions of one sweep; the rest waits for the next
)

// Call is a request under a key. Keys are the tenant's and the operation's own.
type Call struct {
	Tenant, Op, Key string
	// Fingerprint tells a repeat from another request that bears the same key: a hash of all that the request asks for, in hex.
	Fingerprint string
}

// Answer is what the caller was told.
type Answer struct {
	Status int
	Type   string // Content-Type; empty for an empty body
	Body   []byte
}

// State is what a claim found.
type State uint8

// The states of a key.
const (
	Fresh    State = iota // nobody runs under this key: the call is the caller's to run
	Answered              // here is the first answer
	Running               // the first call has not answered and its lease has not ended
	Reused                // the key belongs to a request with another fingerprint
)

// Claim asks for a key. Holder is new for each claim; Until ends the lease.
type Claim struct {
	Call
	Holder    string
	At, Until time.Time
}

// Claimed is what became of a claim.
type Claimed struct {
	State  State
	Answer Answer    // of state Answered
	Until  time.Time // of state Running: the end of the lease
	Again  bool      // of state Fresh: an earlier call under this key never answered, and may have had its effect
}

// Store keeps keys and answers. Package store implements it; contract.Idempotency says in running code what that means. Keys and bodies are sealed at rest.
type Store interface {
	// ClaimCall takes the key for the holder if it is free: never used, older than Life, or without an answer and its lease over. Of claims at the same moment one
	// is Fresh. It is durable before it returns.
	ClaimCall(ctx context.Context, c Claim) (Claimed, error)
	// AnswerCall stores the answer if the claim's holder still holds the key; kept tells.
	AnswerCall(ctx context.Context, c Claim, a Answer) (kept bool, err error)
	// ReleaseCall gives the key back without an answer, as it was before the claim; it does nothing if the holder does not hold it any more. again is what the
	// claim was told.
	ReleaseCall(ctx context.Context, c Claim, again bool) error
	// SweepCalls forgets at most limit keys first used before the given moment and returns how many.
	SweepCalls(ctx context.Context, before time.Time, limit int) (int, error)
}

// Options configure a Keeper. Store is required.
type Options struct {
	Store Store
	// Lease bounds how long a call may run before another may take its key; default 1 min. It must be longer than any call.
	Lease   time.Duration
	Now     func() time.Time // default time.Now
	Log     *slog.Logger     // default: none
	Metrics *metrics.Set     // default: none
}

// Keeper keeps the promise. Its methods are safe for concurrent use; Run is its only goroutine.
type Keeper struct {
	store Store
	lease time.Duration
	now   func() time.Time
	log   *slog.Logger

	fresh, again, answered, running, reused, lost, swept *metrics.Counter
}

// New builds a keeper; it fails only without a store.
func New(o Options) (*Keeper, error) {
	if o.Store == nil {
		return nil, errors.New("idempotency: a store is required")
	}
	if o.Lease <= 0 {
		o.Lease = time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = metrics.NewSet()
	}
	count := func(outcome string) *metrics.Counter {
		return o.Metrics.GetOrCreateCounter(`cardlink_idempotent_calls_total{outcome="` + outcome + `"}`)
	}
	return &Keeper{
		store: o.Store, lease: o.Lease, now: o.Now, log: o.Log, fresh: count("fresh"), again: count("again"), answered: count("replayed"), running: count("running"),
		reused: count("reused"), lost: count("unanswered"), swept: o.Metrics.GetOrCreateCounter("cardlink_idempotent_calls_swept_total"),
	}, nil
}

// Hold is a key that is the caller's to run under. One of Answer, Release and Abandon ends it.
type Hold struct {
	Again bool // see Claimed.Again
	k     *Keeper
	claim Claim
}

// Begin claims the call's key. For a Fresh key it gives the hold under which to run.
func (k *Keeper) Begin(ctx context.Context, c Call) (Claimed, *Hold, error) {
	now := k.now()
	claim := Claim{Call: c, Holder: uuid.NewString(), At: now, Until: now.Add(k.lease)}
	got, err := k.store.ClaimCall(ctx, claim)
	if err != nil {
		return Claimed{}, nil, err
	}
	switch got.State {
	case Answered:
		k.answered.Inc()
	case Running:
		k.running.Inc()
	case Reused:
		k.reused.Inc()
	default:
		k.fresh.Inc()
		if got.Again {
			k.again.Inc()
			k.log.LogAttrs(ctx, slog.LevelWarn, "a call runs again whose first run left no answer", slog.String("tenant", c.Tenant), slog.String("op", c.Op))
		}
		return got, &Hold{got.Again, k, claim}, nil
	}
	return got, nil, nil
}

// Answer keeps the call's answer. If it cannot be kept the call has had its effect all the same: the caller gets its answer and the key stays without one until its
// lease ends; the error is logged and counted here.
func (h *Hold) Answer(ctx context.Context, a Answer) {
	kept, err := h.k.store.AnswerCall(ctx, h.claim, a)
	if err == nil && kept {
		return
	}
	text := "another call has taken the key"
	if err != nil {
		text = err.Error()
	}
	h.unanswered(ctx, text)
}

// Release gives the key back: the call had no effect, and a repeat shall run.
func (h *Hold) Release(ctx context.Context) {
	if err := h.k.store.ReleaseCall(ctx, h.claim, h.Again); err != nil {
		h.unanswered(ctx, err.Error())
	}
}

// Abandon leaves the key as it is: it is not known what the call did. Repeats wait for the end of the lease.
func (h *Hold) Abandon(ctx context.Context) { h.unanswered(ctx, "the call's effect is not known") }

func (h *Hold) unanswered(ctx context.Context, why string) {
	h.k.lost.Inc()
	h.k.log.LogAttrs(ctx, slog.LevelWarn, "an idempotency key is left without an answer", slog.String("tenant", h.claim.Tenant), slog.String("op", h.claim.Op),
		slog.String("error", why))
}

// Run forgets old keys until ctx ends. Any number of nodes may run it.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := k.Sweep(ctx); err != nil && ctx.Err() == nil {
			k.log.LogAttrs(ctx, slog.LevelWarn, "old idempotency keys were not swept", slog.String("error", err.Error()))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Sweep forgets what is older than Life, in small transactions, at most 100,000 keys.
func (k *Keeper) Sweep(ctx context.Context) error {
	before := k.now().Add(-Life)
	for range sweepMost {
		n, err := k.store.SweepCalls(ctx, before, sweepBatch)
		if err != nil {
			return err
		}
		k.swept.Add(n)
		if n < sweepBatch {
			return nil
		}
	}
	return nil
}
