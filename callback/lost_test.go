package callback_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"cardlink/callback"
	"cardlink/event"
)

// topic hands its records out once from where it was committed, then ends its reader.
type topic struct {
	records         []event.Record
	read, committed int
	crash           bool // the process dies before the next commit
	stop            context.CancelFunc
}

func (s *topic) Fetch(context.Context) ([]event.Delivery, error) {
	if s.read == len(s.records) {
		s.stop()
		return nil, context.Canceled
	}
	end := min(s.read+7, len(s.records))
	var batch []event.Delivery
	for i := s.read; i < end; i++ {
		batch = append(batch, event.Delivery{Record: s.records[i], Offset: int64(i)})
	}
	s.read = end
	return batch, nil
}

func (s *topic) Commit(_ context.Context, batch []event.Delivery) error {
	if s.crash {
		s.crash = false
		s.stop()
		return errors.New("the process died")
	}
	s.committed = int(batch[len(batch)-1].Offset) + 1
	return nil
}

// Whatever the receiver answers and however often the nodes restart, every fact arrives at every address that takes it, and without faults
// exactly once.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			db := openStore(t) // a store lives in its bubble
			c := &receiver{}
			register(rt, db, "t", "https://hook.example.com/", callback.Single, callback.Batched)
			n := rapid.IntRange(1, 150).Draw(rt, "facts")
			var records []event.Record
			for i := range n {
				r, err := event.SendReceipt{MsgID: strconv.Itoa(i), Final: event.FinalSuccess, ReceiveTime: time.Now()}.Record("t")
				if err != nil {
					rt.Fatal(err)
				}
				records = append(records, r)
			}
			src := &topic{records: records, crash: rapid.Bool().Draw(rt, "crash before commit")}
			faults := rapid.SliceOfN(rapid.SampledFrom([]int{0, 200, 302, 429, 500, 503}), 0, 4).Draw(rt, "faults")
			faulty := len(faults) > 0
			c.answer = func(request) (int, map[string]string) {
				c.mu.Lock()
				defer c.mu.Unlock()
				if len(faults) == 0 {
					return 200, nil
				}
				f := faults[0]
				faults = faults[1:]
				return f, nil
			}
			restarts := rapid.SliceOfN(rapid.IntRange(1, 8_000), 0, 4).Draw(rt, "restarts after ms")
			mod := func(o *callback.SenderOptions) { o.Transport, o.Drain, o.Poll = c, time.Millisecond, 10*time.Minute }
			s, stop := start(rt, db, mod)
			for src.committed < n {
				ctx, cancel := context.WithCancel(context.Background())
				src.stop, src.read = cancel, src.committed
				p, err := callback.NewProducer(callback.ProducerOptions{Source: src, Store: db, Wake: s.Wake})
				if err != nil {
					rt.Fatal(err)
				}
				if err := p.Run(ctx); err != nil {
					rt.Fatal(err)
				}
			}
			for _, ms := range restarts {
				time.Sleep(time.Duration(ms) * time.Millisecond)
				stop()
				_, stop = start(rt, db, mod)
			}
			for range 75 {
				time.Sleep(time.Hour)
				if due, err := db.Due(context.Background()); err != nil || len(due) == 0 {
					break
				}
			}
			stop()
			single, batched := map[string]int{}, map[string]int{}
			for _, r := range c.requests() {
				into := single
				if r.Body[0] == '[' {
					into = batched
				}
				for _, id := range r.messages() {
					into[id]++
				}
			}
			if len(single) != n || len(batched) != n {
				rt.Fatalf("%d single and %d batched of %d", len(single), len(batched), n)
			}
			if !faulty && len(restarts) == 0 && len(c.requests()) > n+2+n/callback.BatchLimit+6 {
				rt.Fatalf("%d requests for %d facts without a fault", len(c.requests()), n)
			}
			if due, err := db.Due(context.Background()); err != nil || len(due) != 0 {
				rt.Fatalf("still waiting: %v, %v", due, err)
			}
		})
	})
}
