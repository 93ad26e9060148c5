package shortlink

import "github.com/VictoriaMetrics/metrics"

// resolverStats are the resolver's counters; labels come from fixed lists.
type resolverStats struct {
	verdicts    [verdicts]*metrics.Counter
	repeats     *metrics.Counter
	misses      *metrics.Counter
	unknownHits *metrics.Counter
	limited     *metrics.Counter
	failures    *metrics.Counter
	lost        *metrics.Counter
}

func (s *resolverStats) register(set *metrics.Set, r *Resolver) {
	for _, v := range Verdicts() {
		name := v.Reason()
		if v == Resolved {
			name = "success"
		}
		s.verdicts[v] = set.NewCounter(`cardlink_resolutions_total{result="` + name + `"}`)
	}
	s.repeats = set.NewCounter(`cardlink_resolution_repeats_total`)
	s.misses = set.NewCounter(`cardlink_link_lookups_total`)
	s.unknownHits = set.NewCounter(`cardlink_unknown_codes_cached_total`)
	s.limited = set.NewCounter(`cardlink_unknown_codes_refused_total`)
	s.failures = set.NewCounter(`cardlink_resolution_failures_total`)
	s.lost = set.NewCounter(`cardlink_edge_facts_lost_total{fact="attempt"}`)
	set.NewGauge(`cardlink_journal_unapplied_bytes`, func() float64 {
		return float64(r.o.Journal.Durable()) - float64(r.applier.position())
	})
}
