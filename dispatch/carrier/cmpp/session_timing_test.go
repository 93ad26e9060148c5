package cmpp_test

import (
	"context"
	"sync/atomic"
	"testing"

	"cardlink/dispatch/carrier"
	"cardlink/dispatch/carrier/sim"
)

// counting is a handler for benchmarks.
type counting struct{ results, ok, receipts atomic.Int64 }

func (c *counting) Submitted(r carrier.Result) {
	if r.Class == carrier.OK {
		c.ok.Add(1)
	}
	c.results.Add(1)
}
func (c *counting) Receipt(_ carrier.Receipt, done func(error)) { c.receipts.Add(1); done(nil) }
func (c *counting) Reply(_ carrier.Reply, done func(error))     { done(nil) }

// BenchmarkSession submits over loopback TCP to the simulator in this process; an operation is a submit, its answer and, with receipts, its
// report and the answer to that. Both sides' work is in the figures.
func BenchmarkSession(b *testing.B) {
	for _, c := range []struct {
		name   string
		number int // its ending decides whether a report comes
		keep   int // messages that the simulator reads and keeps
	}{{"submit", 408, -1}, {"submit+receipt", 1, -1}, {"submit+receipt+text", 1, 1024}} {
		b.Run(c.name, func(b *testing.B) {
			srv := serve(b, sim.Options{Keep: c.keep})
			h := new(counting)
			o := options()
			o.Addr, o.Window = srv.Addr(), 16
			s, stop := start(b, o, h)
			p := part(1, c.number)
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Submit(context.Background(), p); err != nil {
					b.Fatal(err)
				}
			}
			n := int64(b.N)
			stop()
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "submits/s")
			if h.ok.Load() != n {
				b.Fatalf("%d submits, %d accepted, %d results", n, h.ok.Load(), h.results.Load())
			}
		})
	}
}
