package edge

import "github.com/VictoriaMetrics/metrics"

// stats are the face's counters; labels come from fixed lists.
type stats struct {
	visits      [classes]*metrics.Counter
	unknown     *metrics.Counter
	other       *metrics.Counter
	materials   *metrics.Counter
	previews    *metrics.Counter
	failures    *metrics.Counter
	malformed   *metrics.Counter
	panics      *metrics.Counter
	lost        *metrics.Counter
	tapTime     *metrics.Histogram
	resolveTime *metrics.Histogram
}

func (s *stats) register(set *metrics.Set) {
	for k, name := range classNames {
		s.visits[k] = set.NewCounter(`cardlink_visits_total{class="` + name + `"}`)
	}
	s.unknown = set.NewCounter(`cardlink_edge_requests_total{kind="not_found"}`)
	s.other = set.NewCounter(`cardlink_edge_requests_total{kind="other"}`)
	s.materials = set.NewCounter(`cardlink_edge_requests_total{kind="material"}`)
	s.previews = set.NewCounter(`cardlink_edge_requests_total{kind="preview"}`)
	s.failures = set.NewCounter(`cardlink_edge_failures_total`)
	s.malformed = set.NewCounter(`cardlink_edge_malformed_total`)
	s.panics = set.NewCounter(`cardlink_edge_panics_total`)
	s.lost = set.NewCounter(`cardlink_edge_facts_lost_total{fact="click"}`) // reads 0
	s.tapTime = set.NewHistogram(`cardlink_edge_seconds{kind="tap"}`)
	s.resolveTime = set.NewHistogram(`cardlink_edge_seconds{kind="resolution"}`)
}
