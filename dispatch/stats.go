package dispatch

import (
	"fmt"
	"strconv"

	"github.com/VictoriaMetrics/metrics"

	"cardlink/dispatch/carrier"
)

// stats are the worker's counters. They count into a set of their own when none is given.
type stats struct {
	claimed, fenced, unknown                                                   *metrics.Counter
	submitted, succeeded, failed, timedOut                                     *metrics.Counter
	requeued, resent, doubtful                                                 *metrics.Counter
	duplicate, conflict, parked, orphan, late, mismatch, intermediate, adopted *metrics.Counter
	replies, nobody, incomplete, optOuts                                       *metrics.Counter
}

func (s *stats) init(set *metrics.Set, w *Worker) {
	if set == nil {
		set = metrics.NewSet()
	}
	message := func(state string) *metrics.Counter {
		return set.GetOrCreateCounter(`cardlink_dispatch_messages_total{state="` + state + `"}`)
	}
	receipt := func(kind string) *metrics.Counter {
		return set.GetOrCreateCounter(`cardlink_dispatch_receipts_total{kind="` + kind + `"}`)
	}
	s.claimed, s.fenced = message("claimed"), message("fenced")
	s.submitted, s.succeeded, s.failed, s.timedOut = message("submitted"), message("success"), message("fail"), message("timeout")
	s.requeued, s.resent, s.doubtful = message("requeued"), message("resent"), message("ambiguous")
	s.duplicate, s.conflict, s.parked, s.orphan = receipt("duplicate"), receipt("conflict"), receipt("parked"), receipt("orphan")
	s.late, s.mismatch, s.intermediate, s.adopted = receipt("late"), receipt("mismatch"), receipt("intermediate"), receipt("adopted")
	reply := func(kind string) *metrics.Counter {
		return set.GetOrCreateCounter(`cardlink_dispatch_replies_total{kind="` + kind + `"}`)
	}
	s.replies, s.nobody, s.incomplete = reply("reply"), reply("nobody"), reply("incomplete")
	s.optOuts = set.GetOrCreateCounter("cardlink_dispatch_opt_outs_total")
	s.unknown = set.GetOrCreateCounter("cardlink_dispatch_results_unknown_total")
	set.GetOrCreateGauge("cardlink_dispatch_memory_messages", func() float64 {
		w.mu.Lock()
		defer w.mu.Unlock()
		n := 0
		for _, q := range w.queues {
			for c := range q.classes {
				n += q.classes[c].count
			}
		}
		return float64(n)
	})
	set.GetOrCreateGauge("cardlink_dispatch_flights", func() float64 {
		w.mu.Lock()
		defer w.mu.Unlock()
		return float64(len(w.flights))
	})
}

// count adds what the store did.
func (s *stats) count(t Tally) {
	s.submitted.Add(t.Submitted)
	s.succeeded.Add(t.Succeeded)
	s.failed.Add(t.Failed)
	s.timedOut.Add(t.TimedOut)
	s.requeued.Add(t.Requeued)
	s.resent.Add(t.Resent)
	s.doubtful.Add(t.Doubtful)
	s.duplicate.Add(t.Duplicate)
	s.conflict.Add(t.Conflict)
	s.parked.Add(t.Parked)
	s.orphan.Add(t.Orphan)
	s.late.Add(t.Late)
	s.mismatch.Add(t.Mismatch)
	s.intermediate.Add(t.Intermediate)
	s.adopted.Add(t.Adopted)
}

// replied adds what became of replies.
func (s *stats) replied(t ReplyTally) {
	s.replies.Add(t.Replies - t.Incomplete)
	s.incomplete.Add(t.Incomplete)
	s.nobody.Add(t.Nobody)
	s.optOuts.Add(t.OptOuts)
}

// laneStats are the counters of one channel; its name comes from the configuration.
type laneStats struct {
	submitted *metrics.Counter
	classes   []*metrics.Counter
}

func (s *laneStats) init(set *metrics.Set, channel string) {
	if set == nil {
		set = metrics.NewSet()
	}
	s.submitted = set.GetOrCreateCounter(fmt.Sprintf("cardlink_dispatch_parts_submitted_total{channel=%q}", channel))
	for c := carrier.OK; c <= carrier.Ambig; c++ {
		s.classes = append(s.classes, set.GetOrCreateCounter(fmt.Sprintf("cardlink_dispatch_results_total{channel=%q,class=%q}", channel, c)))
	}
}

func (s *laneStats) class(c carrier.Class) *metrics.Counter { return s.classes[c] }

// decimal is an id of the wire; 0 is none.
func decimal(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}
