package dispatch

import (
	"context"
	"errors"
	"strings"
	"time"

	"cardlink/dispatch/carrier"
	"cardlink/event"
)

// item is one thing the recorder is told: a part's result, a receipt, a reply, or a message that was not sent.
type item struct {
	lane    *lane
	result  carrier.Result // when nothing else is set
	receipt *carrier.Receipt
	reply   *carrier.Reply
	done    func(error)

	flight *flight // that was not sent: unsent = its intents were written, it goes back; with a code it fails
	unsent bool
	code   string
}

// Bounds of one batch of the recorder.
const (
	recordLimit  = 500
	recordLinger = 2 * time.Millisecond
)

// tell hands an item to the recorder; it waits while the recorder is behind, and gives up when that has ended.
func (w *Worker) tell(it item) {
	select {
	case w.items <- it:
	case <-w.gone:
		if it.done != nil {
			it.done(errStopped)
		}
	}
}

var errStopped = errors.New("dispatch: the worker has stopped")

// record makes durable what the carriers said, batch after batch, in the order in which they said it. Guarantee, in this order: outcomes,
// transitions, receipts and their facts are committed → messages that go on are put back to memory → receipts are acknowledged to
// the carrier. A crash before the commit leaves intents without result (ambiguous) and receipts that the carrier repeats; after it, nothing.
// It ends when quit is closed and all that was told before is done.
func (w *Worker) record(ctx context.Context, quit <-chan struct{}) {
	defer close(w.gone)
	batch := make([]item, 0, recordLimit)
	for {
		batch = batch[:0]
		select {
		case it := <-w.items:
			batch = append(batch, it)
		default:
			select {
			case it := <-w.items:
				batch = append(batch, it)
			case <-quit:
				return
			}
		}
		batch = w.gather(batch)
		w.apply(ctx, batch)
	}
}

// gather adds what arrives within recordLinger, up to recordLimit.
func (w *Worker) gather(batch []item) []item {
	linger := time.NewTimer(recordLinger)
	defer linger.Stop()
	for len(batch) < recordLimit {
		select {
		case it := <-w.items:
			batch = append(batch, it)
		case <-linger.C:
			return batch
		}
	}
	return batch
}

// after is what is done when a batch is on disk.
type after struct {
	back []*flight // to memory again
	done []func(error)
}

// apply turns a batch into a Record and writes it, however long the store is away; receipts are refused at once then, so that the
// carrier repeats them.
func (w *Worker) apply(ctx context.Context, batch []item) {
	r := Record{Owner: w.owner.Load(), Now: w.now()}
	var then after
	for i := range batch {
		switch it := &batch[i]; {
		case it.receipt != nil:
			r.Receipts = append(r.Receipts, ChannelReceipt{it.lane.channel.Name, *it.receipt})
			then.done = append(then.done, it.done)
		case it.reply != nil:
			it.done(w.o.Store.SaveReply(ctx, it.lane.channel.Name, *it.reply))
		case it.flight != nil:
			w.notSent(&r, &then, it)
		default:
			w.answered(&r, &then, it)
		}
	}
	for len(r.Outcomes)+len(r.Transitions)+len(r.Receipts) > 0 {
		tally, err := w.o.Store.RecordResults(ctx, r)
		if err == nil {
			w.stats.count(tally)
			if tally.Requeued > 0 {
				w.Wake()
			}
			break
		}
		for _, done := range then.done {
			done(err)
		}
		then.done, r.Receipts = nil, nil
		if ctx.Err() != nil {
			return // the ledger has the intents: they are ambiguous for whoever comes next
		}
		w.log.Error("record results", "outcomes", len(r.Outcomes), "error", err)
		if sleep(ctx, 200*time.Millisecond) != nil {
			return
		}
	}
	routes := make(map[string]bool)
	for _, f := range then.back {
		w.enqueue(f, true)
		routes[f.Route] = true
	}
	for route := range routes {
		w.wakeLanes(route)
	}
	for _, done := range then.done {
		done(nil)
	}
}

// notSent treats a message that was taken from memory and not written.
func (w *Worker) notSent(r *Record, then *after, it *item) {
	f := it.flight
	if it.unsent {
		code := "unsent"
		if it.code != "" {
			code = it.code
		}
		for i := range f.parts {
			r.Outcomes = append(r.Outcomes, Outcome{Key: f.parts[i].Key, State: PartUnsent, Code: code, At: r.Now})
		}
	}
	switch {
	case it.code != "":
		r.Transitions = append(r.Transitions, w.failed(f, it.lane, it.code, f.Attempts, r.Now))
	case f.Tries >= maxTries || !r.Now.Before(f.ExpireAt):
		r.Transitions = append(r.Transitions, w.failed(f, it.lane, codeExpired, f.Attempts, r.Now))
	case it.lane.session.Up() == 0 && f.Route != f.Home || f.Tries%10 == 0:
		// Back to the store, for another channel or node.
		r.Transitions = append(r.Transitions, w.moved(f, it.lane, Queued, f.Home, r.Now.Add(time.Second), f.Attempts, r.Now))
	default:
		then.back = append(then.back, f)
	}
}

// answered treats the result of a part; with the last one of a try the message moves on.
func (w *Worker) answered(r *Record, then *after, it *item) {
	res := &it.result
	id, _, _ := SplitKey(res.Key)
	w.mu.Lock()
	f := w.flights[id]
	known := f != nil && f.lane == it.lane && f.has(res.Key)
	if known {
		f.results = append(f.results, *res)
		if f.left--; f.left == 0 {
			delete(w.flights, id)
			f.lane = nil
		}
	}
	left := 0
	if known {
		left = f.left
	}
	w.mu.Unlock()
	if !known {
		w.stats.unknown.Inc()
		return
	}
	o := Outcome{Key: res.Key, Code: res.Code, At: res.At, State: PartRefused}
	switch res.Class {
	case carrier.OK:
		o.State, o.CarrierID = PartAccepted, res.MsgID
	case carrier.Ambig:
		o.State = PartAmbiguous
	case carrier.NoSession:
		o.State = PartUnsent
	}
	r.Outcomes = append(r.Outcomes, o)
	if left == 0 {
		w.decide(r, then, f, it.lane)
	}
}

func (f *flight) has(key uint64) bool {
	for i := range f.parts {
		if f.parts[i].Key == key {
			return true
		}
	}
	return false
}

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
	case next, home:
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
		TaskID: f.TaskUUID, MsgID: f.MsgID(), CustRef: f.PhoneRef, Carrier: f.Carrier, SMSKind: SMSKind(f.Kind), Segments: t.Segments,
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
		TaskID: f.TaskUUID, MsgID: f.MsgID(), Final: event.FinalFail, Code: code, Carrier: f.Carrier, SMSKind: SMSKind(f.Kind),
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
