package dispatch

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"cardlink/dispatch/carrier"
)

// bookkeeper is a store that only records.
type bookkeeper struct {
	Queue
	receipts int
}

func (b *bookkeeper) RecordResults(_ context.Context, r Record) (Tally, error) {
	b.receipts += len(r.Receipts)
	return Tally{}, nil
}

// What was told before the recorder is asked to end is on disk when it has ended, at whatever moment that is.
func TestRecorderEndsWithNothingUntold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for i := range 2000 {
			b := &bookkeeper{}
			w := &Worker{o: Options{Store: b}, now: time.Now, items: make(chan item, 8), gone: make(chan struct{}), heard: make(chan struct{}, 1)}
			w.stats.init(nil, w)
			l := &lane{w: w, channel: Channel{Name: "c"}}
			quit := make(chan struct{})
			go w.record(context.Background(), quit)
			answered := make(chan error, 1)
			w.tell(item{lane: l, receipt: &carrier.Receipt{}, done: func(err error) { answered <- err }})
			close(quit)
			<-w.gone
			if b.receipts != 1 || len(answered) != 1 {
				t.Fatalf("round %d: %d receipts recorded, %d answered", i+1, b.receipts, len(answered))
			}
		}
	})
}
