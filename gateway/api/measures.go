package api

import (
	"strconv"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// measures are the face's metrics. Labels come from the table of routes and from the statuses that fault and handlers know.
type measures struct {
	set     *metrics.Set
	busy    *metrics.Counter // calls that found no place
	guesses *metrics.Counter // calls turned away for the refused credentials of their network
}

func newMeasures(set *metrics.Set, f *flights) measures {
	set.GetOrCreateGauge("cardlink_api_calls_running", func() float64 { return float64(f.running()) })
	set.GetOrCreateGauge("cardlink_api_calls_waiting", func() float64 { return float64(f.waiting.Load()) })
	return measures{set, set.GetOrCreateCounter("cardlink_api_busy_total"), set.GetOrCreateCounter("cardlink_api_guesses_held_total")}
}

// served counts an answer. op is "-" for what met no route.
func (m measures) served(op string, status int, took time.Duration) {
	m.set.GetOrCreateCounter(`cardlink_api_requests_total{op="` + op + `",status="` + strconv.Itoa(status) + `"}`).Inc()
	m.set.GetOrCreateHistogram(`cardlink_api_request_seconds{op="` + op + `"}`).Update(took.Seconds())
}
