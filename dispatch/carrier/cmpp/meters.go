package cmpp

import (
	"fmt"

	"cardlink/dispatch/carrier"

	"github.com/VictoriaMetrics/metrics"
)

// meters are one channel's. The channel's name is a label: there are as many as the operator has accounts.
type meters struct {
	up         *metrics.Gauge // connections logged in
	results    [carrier.Ambig + 1]*metrics.Counter
	answer     *metrics.Histogram // seconds from handing a SUBMIT to the writer to its answer
	receipts   *metrics.Counter
	replies    *metrics.Counter
	late       *metrics.Counter // answers after the time-out, or to nothing
	unanswered *metrics.Counter // deliveries left for the gateway to repeat
	malformed  *metrics.Counter
	unknown    *metrics.Counter
	silent     *metrics.Counter // connections given up for want of heartbeats
}

func newMeters(set *metrics.Set, channel string) meters {
	name := func(metric string) string { return fmt.Sprintf("cardlink_carrier_%s{channel=%q}", metric, channel) }
	m := meters{
		up:         set.GetOrCreateGauge(name("connections_up"), nil),
		answer:     set.GetOrCreateHistogram(name("answer_seconds")),
		receipts:   set.GetOrCreateCounter(name("receipts_total")),
		replies:    set.GetOrCreateCounter(name("replies_total")),
		late:       set.GetOrCreateCounter(name("late_answers_total")),
		unanswered: set.GetOrCreateCounter(name("deliveries_unanswered_total")),
		malformed:  set.GetOrCreateCounter(name("malformed_total")),
		unknown:    set.GetOrCreateCounter(name("unknown_pdus_total")),
		silent:     set.GetOrCreateCounter(name("heartbeats_lost_total")),
	}
	for class := range m.results {
		m.results[class] = set.GetOrCreateCounter(fmt.Sprintf("cardlink_carrier_results_total{channel=%q,class=%q}", channel, carrier.Class(class)))
	}
	return m
}
