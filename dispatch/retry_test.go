package dispatch

import (
	"testing"
	"time"

	"cardlink/dispatch/carrier"
)

func TestJudge(t *testing.T) {
	now := time.Unix(1000, 0)
	far := now.Add(24 * time.Hour)
	type in struct {
		class                         carrier.Class
		attempts, tries, temps, flows int
		flowing                       time.Duration
		expire                        time.Time
	}
	for _, c := range []struct {
		name string
		in   in
		want step
	}{
		{"accepted", in{class: carrier.OK, tries: 1}, step{to: toReceipt, attempts: 1}},
		{"flow does not count", in{class: carrier.Flow, tries: 1}, step{to: again, delay: 200 * time.Millisecond}},
		{"flow for long spills", in{class: carrier.Flow, tries: 9, flows: 8, flowing: 6 * time.Second}, step{to: next, delay: 200 * time.Millisecond}},
		{"flow has a cap", in{class: carrier.Flow, tries: 30, flows: 29}, step{to: never, delay: 200 * time.Millisecond}},
		{"first trouble", in{class: carrier.Temp, tries: 1}, step{to: again, delay: time.Second, attempts: 1}},
		{"second trouble", in{class: carrier.Temp, attempts: 1, tries: 2, temps: 1}, step{to: again, delay: 5 * time.Second, attempts: 2}},
		{"third attempt is the last", in{class: carrier.Temp, attempts: 2, tries: 3, temps: 2}, step{to: never, delay: 30 * time.Second, attempts: 3}},
		{"trouble past the delays goes elsewhere", in{class: carrier.Temp, tries: 5, temps: 4}, step{to: next, attempts: 1, avoid: true}},
		{"unreachable here", in{class: carrier.Route, tries: 1}, step{to: next, attempts: 1, avoid: true}},
		{"wrong number", in{class: carrier.Dest, tries: 1}, step{to: never, attempts: 1}},
		{"refused text", in{class: carrier.Content, tries: 1}, step{to: never, attempts: 1}},
		{"wrong account", in{class: carrier.Config, tries: 1}, step{to: next}},
		{"no session", in{class: carrier.NoSession, tries: 1}, step{to: again, delay: time.Second}},
		{"bad bytes", in{class: carrier.Bug, tries: 1}, step{to: never, attempts: 1}},
		{"no answer", in{class: carrier.Ambig, tries: 1}, step{to: doubt, attempts: 1}},
		{"no answer past validity is still doubt", in{class: carrier.Ambig, tries: 1, expire: now}, step{to: doubt, attempts: 1}},
		{"validity beats retry", in{class: carrier.Temp, tries: 1, expire: now.Add(time.Second)}, step{to: never, delay: time.Second, attempts: 1, code: codeExpired}},
		{"validity beats the next channel", in{class: carrier.Route, tries: 1, expire: now}, step{to: never, attempts: 1, avoid: true, code: codeExpired}},
		{"the ledger's room ends", in{class: carrier.NoSession, tries: maxTries}, step{to: never, delay: time.Second}},
	} {
		expire := c.in.expire
		if expire.IsZero() {
			expire = far
		}
		if got := judge(c.in.class, "", c.in.attempts, c.in.tries, c.in.temps, c.in.flows, c.in.flowing, now, expire); got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

func TestSettle(t *testing.T) {
	now := time.Unix(1000, 0)
	delivered := Settled{PartDelivered, "DELIVRD", carrier.OK}
	waiting := Settled{PartAccepted, "0", carrier.OK}
	failed := func(c carrier.Class) Settled { return Settled{PartUndelivered, "X", c} }
	for _, c := range []struct {
		name     string
		parts    []Settled
		attempts int
		expired  bool
		want     Verdict
	}{
		{"nothing known", nil, 1, false, Verdict{State: Submitted}},
		{"delivered", []Settled{delivered}, 1, false, Verdict{Succeeded, "DELIVRD"}},
		{"one part to come", []Settled{delivered, waiting}, 1, false, Verdict{State: Submitted}},
		{"one part failed", []Settled{delivered, failed(carrier.Dest)}, 1, false, Verdict{Failed, "X"}},
		{"flow is sent again", []Settled{failed(carrier.Flow)}, 2, false, Verdict{Queued, "X"}},
		{"flow, no attempt left", []Settled{failed(carrier.Flow)}, 3, false, Verdict{Failed, "X"}},
		{"flow, expired", []Settled{failed(carrier.Flow)}, 1, true, Verdict{Failed, "X"}},
		{"temporary trouble once", []Settled{failed(carrier.Temp)}, 1, false, Verdict{Queued, "X"}},
		{"temporary trouble twice", []Settled{failed(carrier.Temp)}, 2, false, Verdict{Failed, "X"}},
	} {
		expire := now.Add(time.Hour)
		if c.expired {
			expire = now
		}
		if got := Settle(c.parts, c.attempts, now, expire); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestBreaker(t *testing.T) {
	now := time.Unix(1000, 0)
	answers := func(b *breaker, class carrier.Class, n int) (opened bool) {
		for range n {
			now = now.Add(time.Millisecond)
			opened = b.observe(class, now) || opened
		}
		return opened
	}
	t.Run("half of twenty answers", func(t *testing.T) {
		var b breaker
		if answers(&b, carrier.OK, 10) || answers(&b, carrier.Temp, 9) || !answers(&b, carrier.Ambig, 1) || !b.isOpen(now) {
			t.Error("must open at the tenth of twenty, not before")
		}
	})
	t.Run("too fast and wrong numbers are not trouble", func(t *testing.T) {
		var b breaker
		if answers(&b, carrier.Flow, 200) || answers(&b, carrier.Dest, 200) {
			t.Error("opened")
		}
	})
	t.Run("old trouble is forgotten", func(t *testing.T) {
		var b breaker
		answers(&b, carrier.Temp, 19)
		now = now.Add(11 * time.Second)
		if answers(&b, carrier.Temp, 1) {
			t.Error("opened by answers of eleven seconds ago")
		}
	})
	t.Run("one message tries, the wait doubles, success closes", func(t *testing.T) {
		var b breaker
		if !answers(&b, carrier.Config, 1) {
			t.Fatal("a wrong configuration must open it at once")
		}
		for _, wait := range []int{5, 10, 20, 40, 60, 60} {
			if now = now.Add(time.Duration(wait)*time.Second - time.Millisecond); b.room(now, 50) != 0 {
				t.Fatalf("open for less than %d s", wait)
			}
			if now = now.Add(time.Millisecond); b.room(now, 50) != 1 {
				t.Fatalf("no try after %d s", wait)
			}
			b.probe()
			if b.room(now, 50) != 0 {
				t.Fatal("a second message tries")
			}
			b.observe(carrier.Temp, now)
		}
		now = now.Add(time.Minute)
		b.probe()
		if b.observe(carrier.OK, now); b.room(now, 50) != 50 {
			t.Error("still open after a success")
		}
	})
}
