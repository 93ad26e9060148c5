package dispatch_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"cardlink/dispatch"
	"cardlink/dispatch/carrier"
	"cardlink/dispatch/carrier/cmpp"
	"cardlink/dispatch/carrier/sim"
)

// gateway is a simulated CMPP gateway behind a pipe in memory.
type gateway struct {
	server *sim.Server
	pipe   *sim.Pipe
}

func openGateway(t *testing.T, o sim.Options) *gateway {
	t.Helper()
	g := &gateway{pipe: sim.NewPipe()}
	o.Listener, o.Accounts = g.pipe, map[string]string{"901234": "secret"}
	o.Outcome = func(string) sim.Outcome { return sim.Outcome{Stat: "DELIVRD"} }
	var err error
	if g.server, err = sim.Start(o); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *gateway) dial(c dispatch.Channel, h carrier.Handler) (carrier.Session, error) {
	return cmpp.New(cmpp.Options{Name: c.Name, SPID: "901234", Secret: "secret", Addr: "gateway:7890", Dial: g.pipe.Dial, Source: c.Number, SubmitTimeout: 5 * time.Second}, h)
}

// A gateway that refuses the first message above its limit in any second refuses none, and its limit is used.
func TestStrictGatewayRefusesNothing(t *testing.T) {
	for _, rate := range []int{100, 1000} {
		synctest.Test(t, func(t *testing.T) {
			w, err := newWorld(t.TempDir(), 1, 0)
			if err != nil {
				t.Fatal(err)
			}
			g := openGateway(t, sim.Options{Rate: rate, ResponseAfter: sim.Delay{Min: time.Millisecond, Max: 5 * time.Millisecond}, DeliverAfter: sim.Delay{Min: time.Second}})
			n := 3000
			if dispatch.RaceEnabled {
				n = 300
			}
			if _, err := queueMessages(w.db, n, func(int) dispatch.Class { return dispatch.Marketing }, "【示例商城】hello"); err != nil {
				t.Fatal(err)
			}
			worker, err := dispatch.NewWorker(dispatch.Options{Store: w.db, Node: "n", Channels: []dispatch.Channel{channel(rate)}, Dial: g.dial})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- worker.Run(ctx) }()
			for g.server.Stats().Accepted == 0 {
				time.Sleep(time.Millisecond)
			}
			start := time.Now()
			for g.server.Stats().Accepted < int64(n) && time.Since(start) < 2*time.Minute {
				time.Sleep(10 * time.Millisecond)
			}
			took := time.Since(start)
			time.Sleep(5 * time.Second)
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			stats := g.server.Stats()
			if stats.Flow != 0 || stats.Refused != 0 || stats.Violations != 0 || stats.Accepted != int64(n) {
				t.Errorf("rate %d: %+v", rate, stats)
			}
			if n > rate && float64(n)/float64(rate)/took.Seconds() < 0.99 {
				t.Errorf("rate %d: %d messages took %v", rate, n, took)
			}
			if b, err := w.db.Books(context.Background(), ""); err != nil || b.Succeeded != int64(n) {
				t.Errorf("books %+v, %v", b, err)
			}
			if err := g.server.Close(); err != nil {
				t.Error(err)
			}
			if err := w.close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Links that drop in the middle of everything cost no message and send no advertisement twice.
func TestDroppedLinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, err := newWorld(t.TempDir(), 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan string, 10_000)
		g := openGateway(t, sim.Options{ResponseAfter: sim.Delay{Min: 5 * time.Millisecond, Max: 200 * time.Millisecond}, DeliverAfter: sim.Delay{Min: time.Second, Max: 20 * time.Second},
			OnMessage: func(m sim.Message) { got <- m.Dest }})
		ms, err := queueMessages(w.db, 400, mixed, "【示例商城】hello")
		if err != nil {
			t.Fatal(err)
		}
		if err := func() error {
			worker, err := dispatch.NewWorker(dispatch.Options{Store: w.db, Node: "n", Channels: []dispatch.Channel{channel(50)}, Dial: g.dial})
			if err != nil {
				return err
			}
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- worker.Run(ctx) }()
			for range 8 {
				time.Sleep(1500 * time.Millisecond)
				g.server.Drop()
			}
			w.quiet()
			cancel()
			return <-ended
		}(); err != nil {
			t.Fatal(err)
		}
		b, err := w.db.Books(context.Background(), "")
		if err != nil || !b.Balanced() || b.Pending != 0 || b.Failed != 0 {
			t.Errorf("books %+v, %v", b, err)
		}
		close(got)
		copies := map[string]int{}
		for to := range got {
			copies[to[max(0, len(to)-11):]]++
		}
		for i := range ms {
			n := copies[ms[i].Phone[3:]]
			if most := map[bool]int{true: 2, false: 1}[ms[i].Class.Resend()]; n > most || n == 0 && b.Ambiguous == 0 {
				t.Errorf("%v message %d arrived %d times", ms[i].Class, ms[i].ID, n)
			}
		}
		if err := g.server.Close(); err != nil {
			t.Error(err)
		}
		if err := w.close(); err != nil {
			t.Error(err)
		}
	})
}
