// Package retention forgets what has been kept long enough. It owns when and in what portions that happens: rules, each with a time to keep, run by one node at a time.
// It refuses to know what the rows are: package store deletes them (store/retention.go), a room's blobs delete themselves, and package app says which rules there are.
package retention

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// Rule is one kind of thing that is kept for a time.
type Rule struct {
	Name string        // label of its metric: letters and _
	Keep time.Duration // since the moment that Sweep looks at; 0 if Sweep knows how long itself and wants the present time
	// Sweep deletes things from before the given time in one short transaction, some limit of them, and says how many: fewer than limit means that there are no more.
	Sweep func(ctx context.Context, before time.Time, limit int) (int, error)
}

// lease makes one node at a time the sweeper. Two at once would only waste work.
type lease interface {
	Hold(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (bool, error)
}

// Options configure a Sweeper. Name, Lease and Holder are required.
type Options struct {
	Name    string // of the lease
	Rules   []Rule
	Lease   lease
	Holder  string           // unique per process
	Every   time.Duration    // how often to look; default 10 minutes
	Now     func() time.Time // default time.Now
	Log     *slog.Logger
	Metrics *metrics.Set
}

// Sweeper runs the rules. Run is its only goroutine.
type Sweeper struct {
	o      Options
	swept  []*metrics.Counter
	failed *metrics.Counter
}

const (
	portion = 2000 // per transaction: some ten milliseconds, between which others write
	turns   = 5000 // transactions of a rule per look: a backlog is swept over several looks
)

// New builds a sweeper; run it with Run.
func New(o Options) (*Sweeper, error) {
	if o.Name == "" || o.Lease == nil || o.Holder == "" {
		return nil, errors.New("retention: a sweeper needs a name, a lease and a holder")
	}
	if o.Every <= 0 {
		o.Every = 10 * time.Minute
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
	s := &Sweeper{o: o, failed: o.Metrics.GetOrCreateCounter("cardlink_retention_failed_sweeps_total")}
	for _, r := range o.Rules {
		s.swept = append(s.swept, o.Metrics.GetOrCreateCounter(`cardlink_retention_swept_total{what="`+r.Name+`"}`))
	}
	return s, nil
}

// Run sweeps at once and then every o.Every until ctx ends, and then returns nil. A failure is logged and tried again at the next look.
func (s *Sweeper) Run(ctx context.Context) error {
	tick := time.NewTicker(s.o.Every)
	defer tick.Stop()
	for {
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.failed.Inc()
			s.o.Log.Error("what is old was not swept; trying again", "error", err, "wait", s.o.Every)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Sweep runs every rule once, if this node holds the lease. A rule that fails keeps none of the others from running.
func (s *Sweeper) Sweep(ctx context.Context) (err error) {
	for i, r := range s.o.Rules {
		held, lost := s.o.Lease.Hold(ctx, s.o.Name, s.o.Holder, s.o.Now(), 3*s.o.Every)
		if lost != nil || !held {
			return errors.Join(err, lost)
		}
		n, bad := s.rule(ctx, r)
		s.swept[i].Add(n)
		if n > 0 {
			s.o.Log.Info("old rows were forgotten", "what", r.Name, "count", n)
		}
		if bad != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", r.Name, bad))
		}
	}
	return err
}

func (s *Sweeper) rule(ctx context.Context, r Rule) (swept int, err error) {
	for range turns {
		n, err := r.Sweep(ctx, s.o.Now().Add(-r.Keep), portion)
		if swept += n; err != nil || n < portion {
			return swept, err
		}
	}
	return swept, nil
}
