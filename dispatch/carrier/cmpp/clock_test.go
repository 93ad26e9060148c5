package cmpp_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cardlink/dispatch/carrier"
	"cardlink/dispatch/carrier/cmpp"
	"cardlink/dispatch/carrier/sim"

	"github.com/VictoriaMetrics/metrics"
)

// These tests run on synctest's clock, over net.Pipe: hours pass in no time, and moments are exact.

// world is a simulator and a session in one bubble.
type world struct {
	srv  *sim.Server
	s    *cmpp.Session
	b    *book
	stop func()

	mu    sync.Mutex
	dials []time.Duration
}

func newWorld(t *testing.T, so sim.Options, co cmpp.Options) *world {
	t.Helper()
	pipe := sim.NewPipe()
	so.Listener = pipe
	w := &world{srv: serve(t, so), b: newBook()}
	began := time.Now()
	co.Addr = "pipe:0"
	co.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		w.mu.Lock()
		w.dials = append(w.dials, time.Since(began))
		w.mu.Unlock()
		return pipe.Dial(ctx, network, addr)
	}
	if co.Connections == 0 {
		co.Connections = 1
	}
	w.s, w.stop = start(t, co, w.b)
	synctest.Wait()
	return w
}

// dialled is the moments of dialling since the start.
func (w *world) dialled() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.dials)
}

func (w *world) submit(t *testing.T, keys ...uint64) {
	t.Helper()
	for _, key := range keys {
		if err := w.s.Submit(context.Background(), part(key, int(key))); err != nil {
			t.Fatal(err)
		}
	}
}

// sleep lets time pass in the bubble.
func sleep(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestSilentGatewayIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := metrics.NewSet()
		o := options()
		o.Metrics, o.Name, o.SubmitTimeout = set, "cm-1", 5*time.Minute
		w := newWorld(t, sim.Options{Faults: sim.Faults{Deaf: true, MuteEvery: 2}}, o)
		w.submit(t, 1, 2) // the second is never answered
		sleep(59 * time.Second)
		if len(w.b.gotResults()) != 1 || w.s.Up() != 1 {
			t.Fatalf("%d results, %d up: given up too early", len(w.b.gotResults()), w.s.Up())
		}
		sleep(4 * time.Second)
		if len(w.b.gotResults()) != 2 || w.b.gotResults()[1].Class != carrier.Ambig || w.b.gotResults()[1].Code != "lost" || w.b.gotResults()[1].Key != 2 {
			t.Fatalf("%+v", w.b.gotResults())
		}
		if n := w.srv.Stats().Heartbeats; n != 3 {
			t.Errorf("%d heartbeats, want 3", n)
		}
		sleep(3 * time.Second)
		if w.s.Up() != 1 || w.srv.Stats().Logins != 2 {
			t.Error("not connected again")
		}
		var out bytes.Buffer
		set.WritePrometheus(&out)
		for _, want := range []string{`cardlink_carrier_heartbeats_lost_total{channel="cm-1"} 1`, `cardlink_carrier_results_total{channel="cm-1",class="ambig"} 1`,
			`cardlink_carrier_connections_up{channel="cm-1"} 1`} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("metrics lack %s:\n%s", want, out.String())
			}
		}
	})
}

// Two sides that only exchange heartbeats stay connected, whoever sends them.
func TestHeartbeatsKeepAlive(t *testing.T) {
	for _, every := range []time.Duration{0, 12 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sim.Options{Heartbeat: every}, options())
			sleep(3 * time.Hour)
			st := w.srv.Stats()
			if st.Logins != 1 || w.s.Up() != 1 {
				t.Errorf("%+v", st)
			}
			if ours := st.Heartbeats > 0; ours != (every == 0) {
				t.Errorf("any byte is life: %d heartbeats of ours with the gateway's every %v", st.Heartbeats, every)
			}
		})
	}
}

func TestUnansweredSubmitTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.Window = 2
		w := newWorld(t, sim.Options{Faults: sim.Faults{MuteEvery: 1}}, o)
		w.submit(t, 1, 2)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := w.s.Submit(ctx, part(3, 3)); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a third submit in a window of two: %v", err)
		}
		sleep(57 * time.Second)
		if len(w.b.gotResults()) != 0 {
			t.Fatalf("%+v", w.b.gotResults())
		}
		sleep(3 * time.Second)
		for _, r := range w.b.gotResults() {
			if r.Class != carrier.Ambig || r.Code != "timeout" {
				t.Errorf("%+v", r)
			}
		}
		if len(w.b.gotResults()) != 2 || w.s.Status()[0].Pending != 0 {
			t.Fatalf("%d results", len(w.b.gotResults()))
		}
		w.submit(t, 4, 5) // the window is free again
	})
}

// An answer after the time-out has no second result.
func TestLateAnswerIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.SubmitTimeout = 10 * time.Second
		w := newWorld(t, sim.Options{ResponseAfter: sim.Delay{Min: 15 * time.Second}}, o)
		w.submit(t, 1)
		sleep(time.Minute)
		if len(w.b.gotResults()) != 1 || w.b.gotResults()[0].Code != "timeout" || len(w.b.gotReceipts()) != 1 || w.s.Up() != 1 {
			t.Errorf("%+v", w.b.gotResults())
		}
	})
}

func TestBackOff(t *testing.T) {
	for _, c := range []struct {
		name        string
		status      uint32
		least, most time.Duration
	}{
		{"wrong secret", cmpp.ConnectAuth, 30 * time.Second, 10 * time.Minute},
		{"not registered", cmpp.ConnectAddress, 30 * time.Second, 10 * time.Minute},
		{"too many connections", cmpp.ConnectTooMany, 5 * time.Second, 2 * time.Minute},
		{"version", cmpp.ConnectVersion, 5 * time.Second, 2 * time.Minute},
		{"gateway closes", 0, time.Second, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := sim.Faults{ConnectStatus: c.status}
				var logged bytes.Buffer
				o := options()
				o.Log = slog.New(slog.NewTextHandler(&logged, nil))
				w := newWorld(t, sim.Options{Faults: f}, o)
				if c.status == 0 { // it was up for no time
					w.srv.Close()
				}
				sleep(24 * time.Hour)
				within := func(i int, want time.Duration) {
					t.Helper()
					if gap := w.dialled()[i] - w.dialled()[i-1]; gap < want*79/100 || gap > want*121/100 {
						t.Errorf("attempt %d after %v, want %v ± 20 %%", i+1, gap, want)
					}
				}
				within(1, c.least)
				within(2, 2*c.least)
				within(3, 4*c.least)
				within(len(w.dialled())-1, c.most)
				if strings.Contains(logged.String(), "secret=") || w.s.Up() != 0 || w.s.Status()[0].State != "waiting" || w.s.Status()[0].Error == "" {
					t.Errorf("%+v", w.s.Status())
				}
				w.srv.SetFaults(sim.Faults{})
			})
		})
	}
}

// A connection that was up for long begins again at the shortest wait; one that fails at once each time does not.
func TestBackOffForgetsAfterASteadyConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Options{}, options())
		for range 6 { // up, and down at once
			for w.s.Up() == 0 {
				sleep(10 * time.Millisecond)
			}
			w.srv.Drop()
			synctest.Wait()
		}
		if d := w.dialled(); d[5]-d[4] < 2*(d[3]-d[2]) {
			t.Errorf("waiting does not grow: dialled at %v", d)
		}
		sleep(3 * time.Minute) // steady
		before := len(w.dialled())
		w.srv.Drop()
		sleep(1300 * time.Millisecond)
		if len(w.dialled()) != before+1 || w.s.Up() != 1 {
			t.Errorf("%d attempts after a steady connection, want 1", len(w.dialled())-before)
		}
	})
}

func TestDowngrade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.Downgrade = true
		w := newWorld(t, sim.Options{Version: cmpp.V20}, o)
		if st := w.s.Status()[0]; st.State != "up" || st.Version != cmpp.V20 || len(w.dialled()) != 2 || w.dialled()[1] != 0 {
			t.Fatalf("%+v after %v", st, w.dialled())
		}
		w.submit(t, 1)
		sleep(time.Second)
		if len(w.b.gotReceipts()) != 1 || !w.b.gotReceipts()[0].Delivered {
			t.Errorf("%+v", w.b.gotReceipts())
		}
	})
}

func TestGatewayMustProveItselfWhenStrict(t *testing.T) {
	for verify, up := range map[cmpp.Verify]int{cmpp.VerifyOff: 1, cmpp.VerifyWarn: 1, cmpp.VerifyStrict: 0} {
		synctest.Test(t, func(t *testing.T) {
			o := options()
			o.Verify = verify
			w := newWorld(t, sim.Options{Faults: sim.Faults{BadProof: true}}, o)
			if w.s.Up() != up {
				t.Errorf("%s: %d up, want %d", verify, w.s.Up(), up)
			}
		})
	}
}

func TestWrongSecretAndWrongClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.Secret = "other"
		if w := newWorld(t, sim.Options{}, o); w.s.Up() != 0 || w.srv.Stats().RefusedLogins != 1 {
			t.Error("logged in with a wrong secret")
		}
		o = options()
		o.Now = func() time.Time { return time.Now().Add(-time.Hour) }
		if w := newWorld(t, sim.Options{ClockTolerance: 10 * time.Minute}, o); w.s.Up() != 0 || !strings.Contains(w.s.Status()[0].Error, "clock") {
			t.Errorf("logged in with a wrong clock: %+v", w.s.Status())
		}
	})
}

// Draining: no new submits, late answers still count, then TERMINATE.
func TestDrainWaitsForAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Options{ResponseAfter: sim.Delay{Min: 4 * time.Second}}, options())
		for key := range uint64(16) {
			w.submit(t, key)
		}
		waiting := make(chan error, 1)
		go func() { waiting <- w.s.Submit(context.Background(), part(99, 99)) }()
		synctest.Wait()
		began := time.Now()
		stopped := make(chan struct{})
		go func() { w.stop(); close(stopped) }()
		synctest.Wait()
		if err := <-waiting; !errors.Is(err, carrier.ErrClosed) {
			t.Errorf("a submit that waited: %v", err)
		}
		if err := w.s.Submit(context.Background(), part(100, 100)); !errors.Is(err, carrier.ErrClosed) {
			t.Errorf("a new submit: %v", err)
		}
		if st := w.s.Status()[0]; st.State != "draining" {
			t.Errorf("%+v", st)
		}
		<-stopped
		if took := time.Since(began); took < 4*time.Second || took > 5*time.Second {
			t.Errorf("draining took %v", took)
		}
		for _, r := range w.b.gotResults() {
			if r.Class != carrier.OK {
				t.Errorf("%+v", r)
			}
		}
		if len(w.b.gotResults()) != 16 || w.srv.Stats().Broken != 0 {
			t.Errorf("%d results, %+v", len(w.b.gotResults()), w.srv.Stats())
		}
	})
}

// Draining ends although the gateway answers nothing, its farewell included.
func TestDrainIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Options{Faults: sim.Faults{MuteEvery: 1}}, options())
		w.submit(t, 1, 2, 3)
		began := time.Now()
		w.stop()
		if took := time.Since(began); took < 10*time.Second || took > 15*time.Second {
			t.Errorf("took %v", took)
		}
		if len(w.b.gotResults()) != 3 || w.b.gotResults()[0].Class != carrier.Ambig {
			t.Errorf("%+v", w.b.gotResults())
		}
	})
}

// Draining waits for receipts that are being made durable, so that their answers still go out.
func TestDrainAnswersReceiptsInHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := sim.NewPipe()
		srv := serve(t, sim.Options{Listener: pipe})
		b, o := newBook(), options()
		o.Addr, o.Dial, o.Connections = "pipe:0", pipe.Dial, 1
		b.hold = func(done func(error)) { time.AfterFunc(3*time.Second, func() { done(nil) }) }
		s, stop := start(t, o, b)
		if err := s.Submit(context.Background(), part(1, 1)); err != nil {
			t.Fatal(err)
		}
		sleep(time.Second)
		stop()
		synctest.Wait()
		if st := srv.Stats(); st.Acked != 1 {
			t.Errorf("%+v", st)
		}
	})
}

// A receipt that is not durable is not answered; the gateway repeats it, over any connection.
func TestReceiptIsAnsweredOnlyWhenDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := sim.NewPipe()
		srv := serve(t, sim.Options{Listener: pipe, ResendAfter: 10 * time.Second})
		b, o := newBook(), options()
		o.Addr, o.Dial, o.Connections = "pipe:0", pipe.Dial, 2
		fails := 2
		b.refuse = func(carrier.Receipt) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			if fails--; fails >= 0 {
				return errors.New("disk full")
			}
			return nil
		}
		s, _ := start(t, o, b)
		if err := s.Submit(context.Background(), part(1, 1)); err != nil {
			t.Fatal(err)
		}
		sleep(15 * time.Second)
		if st := srv.Stats(); len(b.gotReceipts()) != 2 || st.Acked != 0 || st.Pending != 1 {
			t.Fatalf("after two failures: %d copies, %+v", len(b.gotReceipts()), st)
		}
		sleep(time.Minute)
		if st := srv.Stats(); len(b.gotReceipts()) != 3 || st.Delivered != 3 || st.Acked != 1 || st.Pending != 0 || st.Abandoned != 0 {
			t.Errorf("%d copies, %+v", len(b.gotReceipts()), st)
		}
	})
}

func TestGatewayTerminates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Options{Faults: sim.Faults{TerminateAfter: 2, MuteEvery: 3}}, options())
		w.submit(t, 1, 2)
		synctest.Wait()
		if len(w.b.gotResults()) != 2 || w.s.Up() != 0 || w.srv.Stats().Connections != 0 || w.srv.Stats().Broken != 0 {
			t.Errorf("%+v %+v", w.b.gotResults(), w.srv.Stats())
		}
		sleep(2 * time.Second)
		if w.s.Up() != 1 {
			t.Error("not connected again")
		}
	})
}

func TestReserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.Window, o.Connections = 4, 2
		w := newWorld(t, sim.Options{ResponseAfter: sim.Delay{Min: time.Second}}, o)
		ctx := context.Background()
		a, err := w.s.Reserve(ctx, 3)
		if err != nil {
			t.Fatal(err)
		}
		b, err := w.s.Reserve(ctx, 99) // the whole window, of the other connection
		if err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		if _, err := w.s.Reserve(short, 2); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("one slot is free, two were asked for: %v", err)
		}
		if len(w.b.gotResults()) != 0 || w.srv.Stats().Submits != 0 {
			t.Error("reserved slots were used")
		}
		first := make(chan error, 1)
		go func() {
			r, err := w.s.Reserve(ctx, 2)
			if err == nil {
				err = r.Submit(ctx, part(1, 1), part(2, 2))
			}
			first <- err
		}()
		synctest.Wait()
		// One slot is free, but whoever asked first goes first.
		short2, cancel2 := context.WithTimeout(ctx, time.Second)
		defer cancel2()
		if err := w.s.Submit(short2, part(3, 3)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a later submit overtook: %v", err)
		}
		b.Release()
		b.Release() // once is enough
		if err := <-first; err != nil {
			t.Fatal(err)
		}
		if err := b.Submit(ctx, part(9, 9)); err == nil {
			t.Error("slots used twice")
		}
		if err := a.Submit(ctx, part(4, 4)); err != nil { // one of three
			t.Fatal(err)
		}
		a.Release()
		sleep(2 * time.Second)
		if len(w.b.gotResults()) != 3 {
			t.Fatalf("%+v", w.b.gotResults())
		}
		for range 2 { // everything has been given back
			r, err := w.s.Reserve(ctx, 4)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Release()
		}
		if _, err := w.s.Reserve(canceled(), 1); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestSlotsOfALostConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Options{}, options())
		r, err := w.s.Reserve(context.Background(), 2)
		if err != nil {
			t.Fatal(err)
		}
		w.srv.Drop()
		sleep(5 * time.Second)
		if err := r.Submit(context.Background(), part(1, 1)); !errors.Is(err, carrier.ErrLost) {
			t.Error(err)
		}
		w.submit(t, 2)
		sleep(time.Second)
		if len(w.b.gotResults()) != 1 || w.b.gotResults()[0].Key != 2 {
			t.Errorf("%+v", w.b.gotResults())
		}
	})
}

// A message of more parts than the window that loses its connection half way: what was written is maybe sent, the rest is not.
func TestLongMessageLosesItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.Window, o.Connections = 2, 2
		w := newWorld(t, sim.Options{ResponseAfter: sim.Delay{Min: time.Minute}}, o)
		result := make(chan error, 1)
		go func() {
			result <- w.s.SubmitParts(context.Background(), []*carrier.Part{part(1, 1), part(2, 2), part(3, 3), part(4, 4), part(5, 5)})
		}()
		sleep(time.Second)
		w.srv.Drop()
		if err := <-result; err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		got := map[uint64]string{}
		for _, r := range w.b.gotResults() {
			got[r.Key] = r.Class.String() + " " + r.Code
		}
		for key := range uint64(5) {
			want := "ambig lost"
			if key+1 > 2 {
				want = "session unsent"
			}
			if got[key+1] != want {
				t.Errorf("part %d: %q, want %q", key+1, got[key+1], want)
			}
		}
	})
}

func TestRunTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Options{}, options())
		if err := w.s.Run(context.Background()); err == nil {
			t.Error("ran twice")
		}
		w.stop()
		if st := w.s.Status(); st[0].State != "idle" || w.s.Up() != 0 {
			t.Errorf("%+v", st)
		}
	})
}
