package report

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// lease makes one node at a time the sweeper. Two at once would only waste work.
type lease interface {
	Hold(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (bool, error)
}

// SweeperOptions configure a Sweeper. Store, Lease and Holder are required.
type SweeperOptions struct {
	Store   Store
	Lease   lease
	Holder  string           // unique per process
	Every   time.Duration    // how often to look; default 10 minutes
	Now     func() time.Time // default time.Now
	Log     *slog.Logger
	Metrics *metrics.Set
}

// Sweeper deletes what is no longer kept.
type Sweeper struct {
	o       SweeperOptions
	deleted *metrics.Counter
	failed  *metrics.Counter
}

const (
	sweeperLease = "report-sweeper"
	sweepRows    = 5000 // per transaction: a few milliseconds, between which others write
	sweepTurns   = 2000 // transactions per look: a backlog is swept over several looks
)

// NewSweeper builds a sweeper; run it with Run.
func NewSweeper(o SweeperOptions) (*Sweeper, error) {
	if o.Store == nil || o.Lease == nil || o.Holder == "" {
		return nil, errors.New("report: a sweeper needs a store, a lease and a holder name")
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
	return &Sweeper{
		o:       o,
		deleted: o.Metrics.GetOrCreateCounter(`cardlink_report_swept_rows_total`),
		failed:  o.Metrics.GetOrCreateCounter(`cardlink_report_failed_sweeps_total`),
	}, nil
}

// Run sweeps every o.Every until ctx ends, and then returns nil. A failure is logged and tried again at the next turn.
func (s *Sweeper) Run(ctx context.Context) error {
	tick := time.NewTicker(s.o.Every)
	defer tick.Stop()
	for {
		if err := s.turn(ctx); err != nil && ctx.Err() == nil {
			s.failed.Inc()
			s.o.Log.Error("report: sweep failed; trying again", "error", err, "wait", s.o.Every)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (s *Sweeper) turn(ctx context.Context) error {
	held, err := s.o.Lease.Hold(ctx, sweeperLease, s.o.Holder, s.o.Now(), 3*s.o.Every)
	if err != nil || !held {
		return err
	}
	for range sweepTurns {
		n, err := s.o.Store.SweepReports(ctx, s.o.Now(), sweepRows)
		s.deleted.Add(n)
		if err != nil || n < sweepRows {
			return err
		}
	}
	return nil
}
