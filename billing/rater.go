package billing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// lease makes one node at a time the rater. Two at once would only waste work: a line exists once whoever writes it.
type lease interface {
	Hold(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (bool, error)
}

// RaterOptions configure a Rater. Store, Lease, Holder and Plans are required.
type RaterOptions struct {
	Store   Store
	Lease   lease
	Holder  string // unique per process
	Plans   Plans
	Every   time.Duration    // how often to look for closed hours; default 1 minute
	Now     func() time.Time // default time.Now
	Log     *slog.Logger
	Metrics *metrics.Set
}

// Rater puts closed hours on the ledger.
type Rater struct {
	o                        RaterOptions
	lines, unpriced, failure *metrics.Counter
}

const (
	raterLease = "billing-rater"
	ratePage   = 500 // buckets per transaction
)

// NewRater builds a rater; run it with Run.
func NewRater(o RaterOptions) (*Rater, error) {
	if o.Store == nil || o.Lease == nil || o.Holder == "" {
		return nil, errors.New("billing: a rater needs a store, a lease and a holder name")
	}
	if err := o.Plans.Validate(); err != nil {
		return nil, err
	}
	if o.Every <= 0 {
		o.Every = time.Minute
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
	return &Rater{
		o:        o,
		lines:    o.Metrics.GetOrCreateCounter(`cardlink_billing_lines_total`),
		unpriced: o.Metrics.GetOrCreateCounter(`cardlink_billing_unpriced_buckets_total`),
		failure:  o.Metrics.GetOrCreateCounter(`cardlink_billing_failed_ratings_total`),
	}, nil
}

// Run rates closed hours every o.Every until ctx ends, and then returns nil. A failure is logged and tried again at the next turn.
func (r *Rater) Run(ctx context.Context) error {
	tick := time.NewTicker(r.o.Every)
	defer tick.Stop()
	for {
		if err := r.turn(ctx); err != nil && ctx.Err() == nil {
			r.failure.Inc()
			r.o.Log.Error("billing: rating failed; trying again", "error", err, "wait", r.o.Every)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (r *Rater) turn(ctx context.Context) error {
	held, err := r.o.Lease.Hold(ctx, raterLease, r.o.Holder, r.o.Now(), 3*r.o.Every)
	if err != nil || !held {
		return err
	}
	_, err = r.Rate(ctx)
	return err
}

// Rate closes the hours whose time has come and rates all that are closed, oldest first, so that a price that accumulates over the month
// finds the earlier hours complete. It returns the number of new lines. Closing first is what makes a rated hour final: from then on
// late facts go into a later bucket.
func (r *Rater) Rate(ctx context.Context) (posted int, err error) {
	now := r.o.Now()
	if err := r.o.Store.CloseHours(ctx, OldestOpen(now)); err != nil {
		return 0, fmt.Errorf("close hours before %s: %w", OldestOpen(now).Format(time.RFC3339), err)
	}
	var after Cursor
	for {
		buckets, err := r.o.Store.UnratedBuckets(ctx, after, ratePage)
		if err != nil {
			return posted, fmt.Errorf("list closed hours: %w", err)
		}
		if len(buckets) == 0 {
			return posted, nil
		}
		lines := make([]Line, 0, len(buckets))
		for _, b := range buckets {
			plan, ok := r.o.Plans.For(b.Tenant, b.Hour)
			if !ok { // stays closed and unrated until the operator adds a plan that reaches back
				r.unpriced.Inc()
				r.o.Log.Error("billing: no price plan for an hour that has usage", "tenant", b.Tenant, "item", b.Item.String(), "hour", b.Hour)
				continue
			}
			lines = append(lines, plan.rate(b, r.o.Plans.Currency(), now.UTC()))
		}
		if len(lines) > 0 {
			n, err := r.o.Store.PostLines(ctx, lines)
			posted += n
			if err != nil {
				return posted, fmt.Errorf("post %d lines: %w", len(lines), err)
			}
			r.lines.Add(n)
		}
		last := buckets[len(buckets)-1]
		after = Cursor{last.Hour, last.Tenant, last.Item}
	}
}
