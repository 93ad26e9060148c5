package templates

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

// SweeperOptions configure a Sweeper. Materials, Lease and Holder are required.
type SweeperOptions struct {
	Materials *Materials
	Lease     lease
	Holder    string           // unique per process
	Every     time.Duration    // how often to look; default 1 hour
	Margin    time.Duration    // how old a content without a material must be; default 24 hours, at least 1
	Now       func() time.Time // default time.Now
	Log       *slog.Logger
	Metrics   *metrics.Set
}

// Sweeper removes the contents of materials that were deleted, and what interrupted uploads left.
type Sweeper struct {
	o               SweeperOptions
	removed, failed *metrics.Counter
}

const sweeperLease = "material-sweeper"

// NewSweeper builds a sweeper; run it with Run.
func NewSweeper(o SweeperOptions) (*Sweeper, error) {
	if o.Materials == nil || o.Lease == nil || o.Holder == "" {
		return nil, errors.New("templates: a sweeper needs materials, a lease and a holder name")
	}
	if o.Every <= 0 {
		o.Every = time.Hour
	}
	if o.Margin <= 0 {
		o.Margin = 24 * time.Hour
	}
	o.Margin = max(o.Margin, time.Hour) // an upload keeps its content before its row
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
		removed: o.Metrics.GetOrCreateCounter(`cardlink_materials_swept_total`),
		failed:  o.Metrics.GetOrCreateCounter(`cardlink_materials_failed_sweeps_total`),
	}, nil
}

// Run sweeps at once and then every o.Every until ctx ends, and then returns nil. A failure is logged and tried again at the next turn.
func (s *Sweeper) Run(ctx context.Context) error {
	tick := time.NewTicker(s.o.Every)
	defer tick.Stop()
	for {
		if err := s.turn(ctx); err != nil && ctx.Err() == nil {
			s.failed.Inc()
			s.o.Log.Error("materials: sweep failed; trying again", "error", err, "wait", s.o.Every)
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
	n, err := s.o.Materials.Sweep(ctx, s.o.Margin)
	s.removed.Add(n)
	if n > 0 {
		s.o.Log.Info("materials: contents nobody has were removed", "count", n)
	}
	return err
}
