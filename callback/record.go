package callback

import (
	"context"
	"errors"
	"time"
)

// laneResult is an attempt to be recorded.
type laneResult struct {
	results []Result
	gone    *Endpoint // to be disabled
}

func (s *Sender) verdict(it Item, a attempt, random float64) Result {
	r := Result{Item: it, Text: a.text, Verdict: Delivered}
	if a.ok {
		return r
	}
	wait, more := backoff(it.Tries, random, a.pause)
	if a.gone || !more {
		r.Verdict = Dead
		return r
	}
	r.Verdict, r.Next = Again, s.o.Now().Add(wait)
	return r
}

// recordLimit bounds how many results share a transaction.
const recordLimit = 2000

// record writes results in as large groups as are waiting, until the channel is closed and empty. A failing write is repeated until ctx ends:
// then the attempts stay claimed and will be repeated.
func (s *Sender) record(ctx context.Context, results <-chan laneResult) {
	for first := range results {
		group := []laneResult{first}
		rows := len(first.results)
	fill:
		for rows < recordLimit {
			select {
			case r, ok := <-results:
				if !ok {
					break fill
				}
				group = append(group, r)
				rows += len(r.results)
			default:
				break fill
			}
		}
		for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
			err := s.write(ctx, group)
			if err == nil {
				break
			}
			s.recordFailures.Inc()
			s.o.Log.Error("callback: could not record attempts; trying again", "error", err, "wait", wait)
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
				continue
			case <-ctx.Done():
				timer.Stop()
			}
			break
		}
	}
}

func (s *Sender) write(ctx context.Context, group []laneResult) error {
	now := s.o.Now()
	var all []Result
	var errs []error
	for _, g := range group {
		if g.gone != nil {
			errs = append(errs, s.o.Store.Disable(ctx, g.gone.ID, g.gone.URL, "the address answered 410 Gone", now))
			s.o.Log.Warn("callback: address disabled, it answered 410", "tenant", g.gone.Tenant, "url_type", int(g.gone.URLType))
		}
		all = append(all, g.results...)
	}
	if err := errors.Join(append(errs, s.o.Store.Finish(ctx, all, now))...); err != nil {
		return err
	}
	again := false
	for _, r := range all {
		again = again || r.Verdict == Again
		switch r.Verdict {
		case Delivered:
			s.delivered.Inc()
		case Again:
			s.again.Inc()
		case Dead:
			s.dead.Inc()
		}
	}
	if again {
		s.Wake() // the coordinator has to learn when the next try is due
	}
	return nil
}
