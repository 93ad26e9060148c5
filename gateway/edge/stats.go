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
	lostBeacons *metrics.Counter
	beacons     [beaconKinds][beaconResults]*metrics.Counter
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
	s.lost = set.NewCounter(`cardlink_edge_facts_lost_total{fact="click"}`)         // reads 0
	s.lostBeacons = set.NewCounter(`cardlink_edge_facts_lost_total{fact="beacon"}`) // reads 0
	for kind, name := range [beaconKinds]string{"expose", "click"} {
		for r, result := range beaconResultNames {
			s.beacons[kind][r] = set.NewCounter(`cardlink_beacons_total{kind="` + name + `",result="` + result + `"}`)
		}
	}
	s.tapTime = set.NewHistogram(`cardlink_edge_seconds{kind="tap"}`)
	s.resolveTime = set.NewHistogram(`cardlink_edge_seconds{kind="resolution"}`)
}

// beaconResult is what became of a beacon.
type beaconResult uint8

const (
	beaconRecorded  beaconResult = iota
	beaconRepeated               // the same moments ago
	beaconRobot                  // from something that loads pages for others
	beaconLate                   // the view was too long ago
	beaconUnknown                // its link or template is deleted
	beaconForged                 // no token of ours
	beaconMalformed              // says something that cannot be
	beaconLimited                // the address block reports too much
	beaconFailed                 // the store or the disk did not answer
	beaconResults
)

var beaconResultNames = [beaconResults]string{"recorded", "repeated", "robot", "late", "unknown", "forged", "malformed", "limited", "failed"}
