package journal

import "github.com/VictoriaMetrics/metrics"

// stats are the figures of one journal. A set serves one journal: the gauges of a second one would not be shown.
type stats struct {
	appended *metrics.Counter
	refused  *metrics.Counter // records not taken: full, disk full or write error
	damaged  *metrics.Counter // bytes passed over because they did not prove themselves
	syncs    *metrics.Histogram
}

func newStats(set *metrics.Set, j *Journal) stats {
	set.GetOrCreateGauge("cardlink_journal_bytes", func() float64 { return float64(j.Durable() - min(j.First(), j.Durable())) })
	set.GetOrCreateGauge("cardlink_journal_failed", func() float64 {
		if j.Err() != nil {
			return 1
		}
		return 0
	})
	return stats{
		appended: set.GetOrCreateCounter("cardlink_journal_records_total"),
		refused:  set.GetOrCreateCounter("cardlink_journal_refused_total"),
		damaged:  set.GetOrCreateCounter("cardlink_journal_damaged_bytes_total"),
		syncs:    set.GetOrCreateHistogram("cardlink_journal_sync_seconds"),
	}
}
