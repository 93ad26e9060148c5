package videosms

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"cardlink/dispatch"
)

// reportWait is how long a report is awaited (api.md §16.4).
const reportWait = 72 * time.Hour

// WorkerOptions configure a Worker. Queue, Gateway and Node are required.
type WorkerOptions struct {
	Queue   Queue
	Gateway Gateway
	// Expire notes expired templates (Service.Expire); nil = somebody else does.
	Expire func(ctx context.Context, limit int) (int, error)
	Node   string          // this node's name, the same after a restart
	Rate   int             // messages per second over all nodes; default 100
	Budget dispatch.Budget // shares the rate between nodes; default: in this process

	Batch   int           // messages of one claim, and of one Submit at most; default 100
	Window  int           // claims under way at a time; default 4
	Timeout time.Duration // of one Submit; default 30 s
	Drain   time.Duration // how long what is under way may take after the stop; default 10 s
	Poll    time.Duration // how often to look at the queue without being woken; default 1 s
	House   time.Duration // how often to look for claims that ended, late reports and expired templates; default 10 s

	Now     func() time.Time
	Random  func() float64 // jitter in [0, 1)
	Log     *slog.Logger
	Metrics *metrics.Set // nil: none
}

func (o *WorkerOptions) fill() {
	number := func(n *int, def int) {
		if *n <= 0 {
			*n = def
		}
	}
	span := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	number(&o.Rate, 100)
	number(&o.Batch, 100)
	number(&o.Window, 4)
	span(&o.Timeout, 30*time.Second)
	span(&o.Drain, 10*time.Second)
	span(&o.Poll, time.Second)
	span(&o.House, 10*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Budget == nil {
		o.Budget = dispatch.NewMemoryBudget(o.Now)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = metrics.NewSet()
	}
}

// Worker hands queued messages to the gateway. In memory are at most Window claims of Batch messages; everything else waits in the queue.
//
// Guarantee, in this order: the intent is durable → the gateway is asked → its answer is durable. Whoever finds an intent without an answer knows that the message
// may have been handed over: it is handed over again if the gateway recognises repetitions, else its report is awaited.
type Worker struct {
	o     WorkerOptions
	woken chan struct{} // one token: "look now"
	slots chan struct{} // claims under way

	mu        sync.Mutex
	rest      time.Time // nothing is claimed before: the gateway is away or asked for a pause
	failures  int       // Submits in a row that reached nobody
	templates map[int64]*Template

	taken, refused, again, unknown, timeouts, failed *metrics.Counter
	took                                             *metrics.Histogram
}

// NewWorker builds a worker; run it with Run.
func NewWorker(o WorkerOptions) (*Worker, error) {
	if o.Queue == nil || o.Gateway == nil || o.Node == "" {
		return nil, errors.New("videosms: a worker needs a queue, a gateway and a node name")
	}
	o.fill()
	counter := func(result string) *metrics.Counter {
		return o.Metrics.GetOrCreateCounter(`cardlink_video_messages_total{result="` + result + `"}`)
	}
	w := &Worker{
		o: o, woken: make(chan struct{}, 1), slots: make(chan struct{}, o.Window), templates: map[int64]*Template{},
		taken: counter("taken"), refused: counter("refused"), again: counter("again"), unknown: counter("unknown"), timeouts: counter("timeout"),
		failed: o.Metrics.GetOrCreateCounter(`cardlink_video_store_failures_total`),
		took:   o.Metrics.GetOrCreateHistogram(`cardlink_video_submit_seconds`),
	}
	o.Metrics.GetOrCreateGauge(`cardlink_video_claims_under_way`, func() float64 { return float64(len(w.slots)) })
	return w, nil
}

// Wake makes the worker look at the queue now. It never blocks.
func (w *Worker) Wake() {
	select {
	case w.woken <- struct{}{}:
	default: // it has been told already
	}
}

// Run works until ctx ends. Then it claims nothing more, waits up to Drain for what is under way, records it and returns nil. What it could not record is found
// by Recover.
func (w *Worker) Run(ctx context.Context) error {
	hard, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	stop := context.AfterFunc(ctx, func() {
		t := time.NewTimer(w.o.Drain)
		defer t.Stop()
		select {
		case <-t.C:
			abandon()
		case <-hard.Done():
		}
	})
	defer stop()
	w.recover(ctx, w.o.Node)

	var tasks sync.WaitGroup
	tasks.Go(func() { w.housekeeping(ctx) })
	w.feed(ctx, hard, &tasks)
	tasks.Wait()
	return nil
}

// feed claims messages at the rate of the budget and gives each claim to a goroutine, Window of them at most.
func (w *Worker) feed(ctx, hard context.Context, tasks *sync.WaitGroup) {
	after := ""
	for {
		select {
		case w.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		ws, last, err := w.claim(ctx, after)
		if err != nil || len(ws) == 0 {
			<-w.slots
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				w.failed.Inc()
				w.o.Log.Error("video messages could not be claimed; trying again", "error", err)
			}
			if !w.idle(ctx, err != nil) {
				return
			}
			continue
		}
		after = last
		tasks.Go(func() {
			defer func() { <-w.slots }()
			w.work(ctx, hard, ws)
		})
	}
}

// idle waits for something to do; false: ctx ended.
func (w *Worker) idle(ctx context.Context, afterError bool) bool {
	t := time.NewTimer(w.o.Poll)
	defer t.Stop()
	woken := w.woken
	if afterError {
		woken = nil
	}
	select {
	case <-woken:
	case <-t.C:
	case <-ctx.Done():
		return false
	}
	return true
}

// claim waits until the gateway is to be asked again and the budget grants something, and claims that much. Permits that find no message are lost: when there are
// none to be sent, none is missed.
func (w *Worker) claim(ctx context.Context, after string) ([]Work, string, error) {
	for {
		w.mu.Lock()
		rest := w.rest.Sub(w.o.Now())
		w.mu.Unlock()
		if rest > 0 {
			if err := sleep(ctx, rest); err != nil {
				return nil, after, err
			}
			continue
		}
		n, wait, err := w.o.Budget.Take(ctx, "video-sms", w.o.Rate, w.o.Batch)
		if err != nil {
			return nil, after, err
		}
		if n == 0 {
			if err := sleep(ctx, max(wait, time.Millisecond)); err != nil {
				return nil, after, err
			}
			continue
		}
		return w.o.Queue.ClaimVideo(ctx, Claim{Holder: w.o.Node, Now: w.o.Now(), Lease: w.lease(), Limit: n, After: after})
	}
}

// lease covers the longest Submit and the recording of its answer, twice over.
func (w *Worker) lease() time.Duration { return 2*w.o.Timeout + time.Minute }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// work submits a claim, template by template.
func (w *Worker) work(ctx, hard context.Context, ws []Work) {
	for len(ws) > 0 {
		// Messages of one template are neighbours almost always: a claim takes them by due time and number.
		n := 1
		for n < len(ws) && ws[n].TplID == ws[0].TplID {
			n++
		}
		if ctx.Err() != nil { // nothing more is begun
			w.settle(hard, w.all(ws, Result{Verdict: Later, Due: w.o.Now()}))
			return
		}
		w.submit(hard, ws[:n])
		ws = ws[n:]
	}
}

// all is the same result for every message.
func (w *Worker) all(ws []Work, r Result) []Result {
	rs := make([]Result, len(ws))
	for i := range ws {
		rs[i] = r
		rs[i].ID, rs[i].Try = ws[i].ID, ws[i].Try
	}
	return rs
}

// submit hands over messages of one template.
func (w *Worker) submit(ctx context.Context, ws []Work) {
	ws = w.drop(ctx, ws)
	if len(ws) == 0 {
		return
	}
	t, err := w.template(ctx, ws[0].TplID)
	if err != nil {
		w.failed.Inc()
		w.o.Log.Error("the template of video messages could not be read; trying again", "template", ws[0].TplID, "error", err)
		w.settle(ctx, w.later(ws))
		return
	}
	mine, err := w.o.Queue.IntendVideo(ctx, w.o.Node, ws, w.o.Now().Add(w.lease()))
	if err != nil { // nothing was handed over; the claim ends by itself if this cannot be recorded either
		w.failed.Inc()
		w.o.Log.Error("the intent to send video messages could not be recorded; trying again", "error", err)
		w.settle(ctx, w.later(ws))
		return
	}
	batch, kept := Batch{Template: t}, ws[:0:0]
	for i := range ws {
		if m := &ws[i]; mine[m.ID] {
			kept = append(kept, *m)
			batch.Messages = append(batch.Messages, Outgoing{ID: dispatch.MsgID(m.TaskUUID, m.ID), Phone: m.Phone, Carrier: m.Carrier, Values: m.Values, ExpireAt: m.ExpireAt})
		}
	}
	if len(kept) == 0 {
		return
	}
	ask, cancel := context.WithTimeout(ctx, w.o.Timeout)
	start := time.Now()
	outcomes, err := w.o.Gateway.Submit(ask, batch)
	cancel()
	w.took.Update(time.Since(start).Seconds())
	w.settle(ctx, w.results(kept, outcomes, err))
}

// drop settles what is too late, or no longer wanted, and returns the rest.
func (w *Worker) drop(ctx context.Context, ws []Work) []Work {
	now := w.o.Now()
	var late []Result
	kept := ws[:0:0]
	for i := range ws {
		switch m := &ws[i]; {
		case m.Blocked && !m.MaybeDup:
			late = append(late, Result{ID: m.ID, Try: m.Try, Verdict: Refused, Code: dispatch.CodeBlocked})
		case now.Before(m.ExpireAt) && !m.Blocked:
			kept = append(kept, *m)
		case m.MaybeDup: // it may be with the carrier all the same
			late = append(late, Result{ID: m.ID, Try: m.Try, Verdict: Unknown, Due: now.Add(reportWait)})
		default:
			late = append(late, Result{ID: m.ID, Try: m.Try, Verdict: Refused, Code: CodeExpired})
		}
	}
	if len(late) > 0 {
		w.settle(ctx, late)
	}
	return kept
}

// maxTemplates bounds the templates kept in memory; beyond it all are dropped. What stands in them for ever is all that is used.
const maxTemplates = 64

func (w *Worker) template(ctx context.Context, id int64) (*Template, error) {
	w.mu.Lock()
	t := w.templates[id]
	w.mu.Unlock()
	if t != nil {
		return t, nil
	}
	t, err := w.o.Queue.VideoTemplate(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("template %d: %w", id, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.templates) >= maxTemplates {
		clear(w.templates)
	}
	w.templates[id] = t
	return t, nil
}
