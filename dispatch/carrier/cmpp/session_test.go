package cmpp_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cardlink/dispatch/carrier"
	"cardlink/dispatch/carrier/cmpp"
	"cardlink/dispatch/carrier/sim"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestSubmitAndReceipt(t *testing.T) {
	for _, v := range []cmpp.Version{cmpp.V20, cmpp.V30} {
		for _, split := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v split=%v", v, split), func(t *testing.T) {
				srv := serve(t, sim.Options{ServiceID: "svc", AccessNumber: "1069", Faults: sim.Faults{Split: split}, ClockTolerance: time.Minute})
				b, o := newBook(), options()
				o.Addr, o.Version = srv.Addr(), v
				s, stop := start(t, o, b)
				const n = 300
				for i := range n {
					digits := i
					if i%10 == 7 {
						digits = 404 + 10000*i // UNDELIV
					}
					if err := s.Submit(context.Background(), part(uint64(i+1), digits)); err != nil {
						t.Fatal(err)
					}
				}
				b.until(t, "receipts", func() bool { return len(b.receipts) == n })
				b.until(t, "both connections", func() bool { return s.Up() == 2 })
				stop()
				states := map[string]bool{} // message id → to be delivered
				for _, r := range b.results {
					if r.Class != carrier.OK || r.Code != "0" || r.MsgID == "" || b.byKey[r.Key] != 1 {
						t.Fatalf("%+v, %d results", r, b.byKey[r.Key])
					}
					states[r.MsgID] = r.Key%10 != 8
				}
				for _, r := range b.receipts {
					delivered, ok := states[r.MsgID]
					if !ok || r.Delivered != delivered || !r.Final || (r.State == "DELIVRD") != delivered || len(r.Dest) != 11 || len(r.DoneTime) != 10 {
						t.Fatalf("%+v, submitted %v", r, ok)
					}
					delete(states, r.MsgID)
				}
				if st := srv.Stats(); st.Acked != n || st.Pending != 0 || st.Violations != 0 || st.Broken != 0 || st.Refused != 0 {
					t.Errorf("%+v", st)
				}
				if m := srv.Accepted()[0]; m.Text != "你好" || m.Source != "1069001234" || !m.Whole || len(m.Dest) != 11 {
					t.Errorf("%+v", m)
				}
			})
		}
	}
}

func TestPartOptionsReachTheWire(t *testing.T) {
	srv := serve(t, sim.Options{})
	b, o := newBook(), options()
	o.Addr, o.International, o.Source, o.Connections = srv.Addr(), true, "10690000", 1
	s, _ := start(t, o, b)
	p := part(1, 1)
	p.Source, p.Expire, p.Notify = "", time.Now().Add(time.Hour), true
	if err := s.Submit(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	b.until(t, "receipt", func() bool { return len(b.receipts) == 1 })
	if m := srv.Accepted()[0]; m.Dest != "8613800000001" || m.Source != "10690000" {
		t.Errorf("%+v", m)
	}
}

func TestResultClasses(t *testing.T) {
	srv := serve(t, sim.Options{})
	b, o := newBook(), options()
	o.Addr = srv.Addr()
	o.Results = map[uint32]carrier.Class{150: carrier.Content}
	o.Stats = map[string]cmpp.Stat{"MK:0001": {Final: true, Class: carrier.Content}}
	s, _ := start(t, o, b)
	want := map[uint64]carrier.Result{
		908: {Class: carrier.Flow, Code: "8"}, 913: {Class: carrier.Dest, Code: "13"}, 909: {Class: carrier.Route, Code: "9"},
		905: {Class: carrier.Config, Code: "5"}, 906: {Class: carrier.Content, Code: "6"}, 901: {Class: carrier.Bug, Code: "1"},
		950: {Class: carrier.Content, Code: "150"}, // as the channel says
	}
	for key := range want {
		if err := s.Submit(context.Background(), part(key, int(key))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Submit(context.Background(), part(410, 410)); err != nil {
		t.Fatal(err)
	}
	b.until(t, "results", func() bool { return len(b.results) == len(want)+1 && len(b.receipts) == 1 })
	for _, r := range b.results {
		if w, ok := want[r.Key]; ok {
			w.Key = r.Key
			if d := cmp.Diff(w, r, cmpopts.IgnoreFields(carrier.Result{}, "At")); d != "" {
				t.Error(d)
			}
		}
	}
	if r := b.receipts[0]; r.State != "MK:0001" || r.Class != carrier.Content || !r.Final || r.Delivered {
		t.Errorf("%+v", r)
	}
}

func TestWindowIsNeverExceeded(t *testing.T) {
	srv := serve(t, sim.Options{Window: 5, ResponseAfter: sim.Delay{Min: 100 * time.Microsecond, Max: 3 * time.Millisecond}})
	b, o := newBook(), options()
	o.Addr, o.Window, o.Connections = srv.Addr(), 5, 3
	s, stop := start(t, o, b)
	const callers, each = 40, 25
	failed := make(chan error, callers)
	for c := range callers {
		go func() {
			var err error
			for i := range each {
				if c%4 == 0 { // a message of three parts
					err = s.SubmitParts(context.Background(), []*carrier.Part{part(uint64(c*1000+i*3), 1), part(uint64(c*1000+i*3+1), 1), part(uint64(c*1000+i*3+2), 1)})
				} else {
					err = s.Submit(context.Background(), part(uint64(c*1000+i), 408))
				}
				if err != nil {
					break
				}
			}
			failed <- err
		}()
	}
	for range callers {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
	const all = callers*each + callers/4*each*2
	b.until(t, "results", func() bool { return len(b.results) == all })
	stop()
	if st := srv.Stats(); st.MaxWindow != 5 || st.Violations != 0 || st.Flow != 0 {
		t.Errorf("the window of 5 was not used, or not kept: %+v", st)
	}
	for _, r := range b.results {
		if r.Class != carrier.OK {
			t.Fatalf("%+v", r)
		}
	}
}

// Connections die in every way, at changing moments, while many submit: every part that was taken gets exactly one result, and none that was
// refused gets any.
func TestEveryPartHasOneResultWhateverHappens(t *testing.T) {
	for _, f := range []sim.Faults{
		{DropAfter: 7}, {GarbageAfter: 11}, {TerminateAfter: 9}, {DropAfter: 13, Split: true}, {MuteEvery: 5, DropAfter: 31}, {TerminateAfter: 17, FlowEvery: 3},
	} {
		t.Run(fmt.Sprintf("%+v", f), func(t *testing.T) {
			t.Parallel() // each spends its time in back-off
			srv := serve(t, sim.Options{Faults: f, ResponseAfter: sim.Delay{Max: 200 * time.Microsecond}})
			b, o := newBook(), options()
			o.Addr, o.Connections, o.SubmitTimeout = srv.Addr(), 3, 2*time.Second
			s, stop := start(t, o, b)
			ctx, cancel := context.WithCancel(context.Background())
			taken := make(chan map[uint64]bool)
			for c := range 8 {
				go func() {
					mine := map[uint64]bool{}
					for i := uint64(0); ; i += 2 {
						key := uint64(c)<<32 + i
						var err error
						if i%6 == 0 {
							if err = s.SubmitParts(ctx, []*carrier.Part{part(key, 1), part(key+1, 1)}); err == nil {
								mine[key+1] = true
							}
						} else {
							err = s.Submit(ctx, part(key, 2))
						}
						if err != nil {
							break
						}
						mine[key] = true
					}
					taken <- mine
				}()
			}
			b.until(t, "ends of connections", func() bool { return srv.Stats().Logins >= 6 })
			stop() // in the middle of it
			cancel()
			want := map[uint64]bool{}
			for range 8 {
				for key := range <-taken {
					want[key] = true
				}
			}
			classes := map[string]int{}
			for _, r := range b.results {
				if b.byKey[r.Key] != 1 || !want[r.Key] {
					t.Fatalf("%+v: %d results, taken %v", r, b.byKey[r.Key], want[r.Key])
				}
				classes[r.Class.String()+" "+r.Code]++
			}
			if len(b.results) != len(want) {
				t.Fatalf("%d results for %d parts: %v", len(b.results), len(want), classes)
			}
			if f.DropAfter > 0 && classes["ambig lost"] == 0 {
				t.Errorf("nothing was lost, so nothing was tested: %v", classes)
			}
		})
	}
}

func TestDuplicateAndEarlyReceipts(t *testing.T) {
	srv := serve(t, sim.Options{Faults: sim.Faults{DuplicateEvery: 2, EarlyEvery: 3}})
	b, o := newBook(), options()
	o.Addr, o.Connections = srv.Addr(), 1
	s, _ := start(t, o, b)
	const n = 60
	for i := range n {
		if err := s.Submit(context.Background(), part(uint64(i), 1)); err != nil {
			t.Fatal(err)
		}
	}
	b.until(t, "all receipts and the repeats", func() bool { return len(b.receipts) == n+n/2 && len(b.results) == n })
	times := map[string]int{}
	for _, r := range b.receipts {
		times[r.MsgID]++
	}
	for _, r := range b.results {
		if k := times[r.MsgID]; k != 1 && k != 2 {
			t.Errorf("%d receipts for %s", k, r.MsgID)
		}
	}
}

// A receipt that becomes durable while the session drains is answered before TERMINATE, every time.
func TestTheLastAnswerGoesAheadOfTheFarewell(t *testing.T) {
	for range 100 {
		srv := serve(t, sim.Options{})
		held := make(chan func(error), 1)
		b, o := newBook(), options()
		b.hold = func(done func(error)) { held <- done }
		o.Addr, o.Connections = srv.Addr(), 1
		s, stop := start(t, o, b)
		if err := s.Submit(context.Background(), part(1, 1)); err != nil {
			t.Fatal(err)
		}
		done := <-held
		stopped := make(chan struct{})
		go func() { stop(); close(stopped) }()
		b.until(t, "draining", func() bool { return s.Status()[0].State == "draining" })
		done(nil)
		<-stopped
		// The session waits 3 s for the gateway to answer its farewell, and not for ever; the answer was written before it.
		b.until(t, "answer", func() bool { return srv.Stats().Acked == 1 })
		if st := srv.Stats(); st.Pending != 0 {
			t.Fatalf("%+v", st)
		}
	}
}

// While a receipt waits for the disk, submits and their answers go on.
func TestSlowHandlerDoesNotHoldUpTheReader(t *testing.T) {
	srv := serve(t, sim.Options{})
	b, o := newBook(), options()
	o.Addr, o.Connections = srv.Addr(), 1
	held := make(chan func(error), 100)
	b.hold = func(done func(error)) { held <- done }
	s, _ := start(t, o, b)
	for i := range 16 {
		if err := s.Submit(context.Background(), part(uint64(i), 1)); err != nil {
			t.Fatal(err)
		}
	}
	b.until(t, "receipts", func() bool { return len(b.receipts) == 16 })
	for i := range 100 {
		if err := s.Submit(context.Background(), part(uint64(100+i), 408)); err != nil {
			t.Fatal(err)
		}
	}
	b.until(t, "results", func() bool { return len(b.results) == 116 })
	if st := srv.Stats(); st.Acked != 0 {
		t.Errorf("answered before done: %+v", st)
	}
	for range 16 {
		done := <-held
		done(nil)
		done(nil) // twice is once
	}
	b.until(t, "answers", func() bool { return srv.Stats().Acked == 16 })
	if st := srv.Stats(); st.Stray != 0 {
		t.Errorf("%+v", st)
	}
}

func TestDeliveriesInHandAreBounded(t *testing.T) {
	srv := serve(t, sim.Options{DeliverWindow: 100})
	b, o := newBook(), options()
	o.Addr, o.Connections, o.MaxDeliveries, o.DrainTimeout = srv.Addr(), 1, 10, time.Millisecond
	b.hold = func(func(error)) {}
	s, _ := start(t, o, b)
	for i := range 50 {
		if err := s.Submit(context.Background(), part(uint64(i), 1)); err != nil {
			t.Fatal(err)
		}
	}
	b.until(t, "deliveries sent", func() bool { return srv.Stats().Delivered == 50 })
	if err := s.Submit(context.Background(), part(99, 408)); err != nil {
		t.Fatal(err)
	}
	b.until(t, "an answer after them", func() bool { return len(b.results) == 51 })
	if len(b.receipts) != 10 {
		t.Errorf("%d receipts in hand, want 10", len(b.receipts))
	}
}

func TestLongMessageStaysTogether(t *testing.T) {
	srv := serve(t, sim.Options{ResponseAfter: sim.Delay{Max: 300 * time.Microsecond}})
	b, o := newBook(), options()
	o.Addr, o.Window = srv.Addr(), 4
	s, stop := start(t, o, b)
	texts := map[string]string{}
	var key uint64
	for i := range 20 {
		text := strings.Repeat(fmt.Sprintf("第%d条短信网关。", i), 5+i*5) // up to 13 parts: more than the window
		segments, err := carrier.Split(text, uint16(i))
		if err != nil {
			t.Fatal(err)
		}
		var parts []*carrier.Part
		for _, g := range segments {
			p := g.Part()
			key++
			p.Key, p.Source, p.Dest = key, "1069", fmt.Sprintf("86138%08d", i)
			parts = append(parts, &p)
		}
		texts[parts[0].Dest[2:]] = text
		if err := s.SubmitParts(context.Background(), parts); err != nil {
			t.Fatal(err)
		}
	}
	b.until(t, "results", func() bool { return len(b.results) == int(key) })
	stop()
	for _, m := range srv.Accepted() {
		if m.Text != texts[m.Dest] || !m.Whole {
			t.Errorf("%d parts to %s: %q", m.Parts, m.Dest, m.Text)
		}
		delete(texts, m.Dest)
	}
	if len(texts) > 0 || srv.Stats().MaxWindow > 4 {
		t.Errorf("%d messages missing, %+v", len(texts), srv.Stats())
	}
}

func TestReplies(t *testing.T) {
	for _, v := range []cmpp.Version{cmpp.V20, cmpp.V30} {
		srv := serve(t, sim.Options{})
		b, o := newBook(), options()
		o.Addr, o.Version = srv.Addr(), v
		_, stop := start(t, o, b)
		long := strings.Repeat("长短信😀", 30)
		if err := errors.Join(srv.Reply("901234", "13800138000", "1069001234", "TD"), srv.Reply("901234", "13800138000", "1069001234", long)); err != nil {
			t.Fatal(err)
		}
		b.until(t, "replies", func() bool { return len(b.replies) == 4 })
		stop()
		parts := make([]string, 3)
		for _, r := range b.replies {
			switch {
			case r.From != "13800138000" || r.To != "1069001234" || r.MsgID == "":
				t.Errorf("%+v", r)
			case r.Total == 3:
				parts[r.Number-1] = r.Text
			case r.Text != "TD":
				t.Errorf("%+v", r)
			}
		}
		if got := strings.Join(parts, ""); got != long {
			t.Errorf("%v: %q", v, got)
		}
	}
}

func TestPartsThatNeverFitAreRefused(t *testing.T) {
	s, _ := start(t, func() cmpp.Options { o := options(); o.Addr = "127.0.0.1:1"; return o }(), newBook())
	for name, change := range map[string]func(*carrier.Part){
		"no number":   func(p *carrier.Part) { p.Dest = "" },
		"long number": func(p *carrier.Part) { p.Dest = strings.Repeat("1", 22) },
		"long source": func(p *carrier.Part) { p.Source = strings.Repeat("1", 22) },
		"content":     func(p *carrier.Part) { p.Content = make([]byte, 141) },
	} {
		p := part(1, 1)
		change(p)
		if err := s.Submit(context.Background(), p); !errors.Is(err, carrier.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOptionsSayEverythingThatIsWrong(t *testing.T) {
	_, err := cmpp.New(cmpp.Options{SPID: "9012345", Version: 0x40, Window: -1, Verify: "maybe", Results: map[uint32]carrier.Class{0: carrier.Temp}}, newBook())
	for _, want := range []string{"address", "SP id", "secret", "version", "window", "verify", "result 0"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}
