package dispatch

import (
	"strings"
	"time"

	"cardlink/dispatch/carrier"
	"cardlink/event"
)

// decide moves a message on after a try whose parts have all been answered.
func (w *Worker) decide(r *Record, then *after, f *flight, l *lane) {
	class, code := carrier.OK, ""
	for _, res := range f.results {
		if code == "" || worst[res.Class] > worst[class] {
			class, code = res.Class, res.Code
		}
	}
	now := r.Now
	var flowing time.Duration
	if class == carrier.Flow {
		if f.flows == 0 {
			f.flowing = now
		}
		flowing = now.Sub(f.flowing)
	}
	s := judge(class, code, f.Attempts, f.Tries, f.temps, f.flows, flowing, now, f.ExpireAt)
	if policies[class].alarm {
		w.log.Error("a carrier refuses our settings or our bytes", "channel", l.channel.Name, "class", class.String(), "code", code, "msg_id", f.MsgID())
	}
	switch class {
	case carrier.Flow:
		f.flows++
	case carrier.Temp:
		f.temps++
	}
	if s.avoid {
		f.Avoid += l.channel.Name + ","
	}
	f.Attempts = s.attempts
	switch s.to {
	case toReceipt:
		r.Transitions = append(r.Transitions, w.accepted(f, l, now))
	case doubt:
		to, due := Doubt(f.Class, f.MaybeDup, f.Attempts, now, f.ExpireAt)
		t := w.moved(f, l, to, f.Home, due, f.Attempts, now)
		t.Code = code
		r.Transitions = append(r.Transitions, t)
	case never:
		r.Transitions = append(r.Transitions, w.failed(f, l, s.code, f.Attempts, now))
	case again:
		if class == carrier.Temp {
			r.Transitions = append(r.Transitions, w.moved(f, l, Queued, pinnedRoute(l.channel.Name), now.Add(s.delay), f.Attempts, now))
		} else {
			f.Route = l.routes[0] // the pacer is holding the channel back for the delay
			if class == carrier.NoSession {
				f.Route = f.Home
			}
			then.back = append(then.back, f)
		}
	case next:
		other := w.other(l, f)
		switch {
		case other != nil:
			r.Transitions = append(r.Transitions, w.moved(f, l, Queued, pinnedRoute(other.channel.Name), now, f.Attempts, now))
		case class == carrier.Config:
			r.Transitions = append(r.Transitions, w.moved(f, l, Queued, f.Home, now.Add(breakerFirst), f.Attempts, now))
		case class == carrier.Flow:
			f.Route, f.flowing = l.routes[0], now
			then.back = append(then.back, f)
		default:
			r.Transitions = append(r.Transitions, w.failed(f, l, code, f.Attempts, now))
		}
	}
}

// other is the next channel with the same access number that the message has not been refused by and that works; the carrier's own first.
func (w *Worker) other(l *lane, f *flight) *lane {
	var found *lane
	for _, o := range w.lanes {
		if o == l || o.channel.Number != f.Number || !o.channel.carries(SMSKind(f.Kind)) || avoids(f.Avoid, o.channel.Name) ||
			o.session.Up() == 0 || o.breaker.isOpen(w.now()) {
			continue
		}
		if o.channel.serves(f.Carrier) {
			return o
		}
		if found == nil {
			found = o
		}
	}
	return found
}

// avoids reports whether a list of names, each followed by a comma, holds name.
func avoids(list, name string) bool { return strings.Contains(","+list, ","+name+",") }

func (w *Worker) moved(f *flight, l *lane, to State, route string, due time.Time, attempts int, now time.Time) Transition {
	return Transition{
		ID: f.ID, To: to, Due: due, Route: route, Try: f.Tries, Attempts: attempts, MaybeDup: f.MaybeDup, Avoid: f.Avoid,
		Segments: max(1, f.Segments), Channel: l.channel.Name, At: now,
	}
}

// accepted is the transition of a message whose parts the carrier took, with its fact.
func (w *Worker) accepted(f *flight, l *lane, now time.Time) Transition {
	t := w.moved(f, l, Submitted, f.Home, now.Add(ReceiptLimit), f.Attempts, now)
	fact, err := event.SendSubmitted{
		TaskID: f.Request, MsgID: f.MsgID(), CustRef: f.PhoneRef, Carrier: f.Carrier, SMSKind: SMSKind(f.Kind), Segments: t.Segments,
		Channel: l.channel.Name, SMSTplID: decimal(f.SMSTplID), Sign: f.Sign, TplID: decimal(f.TplID), WithLink: f.WithLink, SubmittedAt: now,
	}.Record(f.Tenant)
	w.attach(&t, fact, err)
	return t
}

// failed is the transition of a message that is given up, with its fact.
func (w *Worker) failed(f *flight, l *lane, code string, attempts int, now time.Time) Transition {
	t := w.moved(f, l, Failed, f.Home, now, attempts, now)
	t.Code = code
	fact, err := event.SendReceipt{
		TaskID: f.Request, MsgID: f.MsgID(), Final: event.FinalFail, Code: code, Carrier: f.Carrier, SMSKind: SMSKind(f.Kind),
		Segments: t.Segments, SendTime: now, ReceiveTime: now, Channel: l.channel.Name, TplID: decimal(f.TplID), SMSTplID: decimal(f.SMSTplID),
	}.Record(f.Tenant)
	w.attach(&t, fact, err)
	return t
}

// attach adds a fact to a transition. Encoding plain fields cannot fail; if it did, the books would show it.
func (w *Worker) attach(t *Transition, fact event.Record, err error) {
	if err != nil {
		w.log.Error("encode a fact", "message", t.ID, "error", err)
		return
	}
	t.Fact = &fact
}
