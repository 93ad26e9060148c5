package dispatch

import (
	"context"
	"errors"
	"time"

	"cardlink/dispatch/carrier"
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
				select { // both at once: what was told goes first
				case it := <-w.items:
					batch = append(batch, it)
				default:
					return
				}
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
	var replies []ChannelReply
	var heard []func(error)
	for i := range batch {
		switch it := &batch[i]; {
		case it.receipt != nil:
			r.Receipts = append(r.Receipts, ChannelReceipt{it.lane.channel.Name, *it.receipt})
			then.done = append(then.done, it.done)
		case it.reply != nil:
			r := ChannelReply{Channel: it.lane.channel.Name, Reply: *it.reply}
			if r.To == "" {
				r.To = it.lane.channel.Number
			}
			replies = append(replies, r)
			heard = append(heard, it.done)
		case it.flight != nil:
			w.notSent(&r, &then, it)
		default:
			w.answered(&r, &then, it)
		}
	}
	w.saveReplies(ctx, replies, heard)
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
