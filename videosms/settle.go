package videosms

import (
	"context"
	"errors"
	"time"

	"cardlink/dispatch"
)

// results judges what a Submit answered.
func (w *Worker) results(ws []Work, outcomes []Outcome, err error) []Result {
	now := w.o.Now()
	if errors.Is(err, ErrUnsent) {
		w.away(err)
		return w.later(ws)
	}
	if err != nil {
		w.o.Log.Warn("it is not known whether video messages were taken", "messages", len(ws), "error", err)
	} else {
		w.mu.Lock()
		w.failures = 0
		w.mu.Unlock()
	}
	told := make(map[string]*Outcome, len(outcomes))
	for i := range outcomes {
		told[outcomes[i].ID] = &outcomes[i]
	}
	rs := make([]Result, 0, len(ws))
	for i := range ws {
		m := &ws[i]
		r := Result{ID: m.ID, Try: m.Try, Verdict: Unknown}
		if o := told[dispatch.MsgID(m.TaskUUID, m.ID)]; o != nil {
			r.Verdict, r.CarrierID, r.Code = o.Verdict, o.CarrierID, firstChars(o.Code, maxCode)
		}
		switch r.Verdict {
		case Taken:
			r.Due = now.Add(reportWait)
			w.taken.Inc()
		case Refused:
			if r.Code == "" || r.Code == CodeDelivered {
				r.Code = CodeUndelivered
			}
			w.refused.Inc()
		case Later:
			r.Due = w.next(m)
			w.again.Inc()
		default:
			r.Verdict, r.Due = Unknown, now.Add(reportWait)
			w.unknown.Inc()
			if w.o.Gateway.Repeatable() {
				r.Verdict, r.MaybeDup, r.Due = Later, true, w.next(m)
			}
		}
		rs = append(rs, r)
	}
	return rs
}

// Bounds of the waits between tries of a message, and of rests of the gateway.
const (
	firstWait = time.Second
	lastWait  = 5 * time.Minute
	firstRest = 500 * time.Millisecond
	lastRest  = 30 * time.Second
)

// next is when a message is tried again: after 1 s, doubled up to 5 minutes with each try, ±20 %, and not behind its end, where it fails.
func (w *Worker) next(m *Work) time.Time {
	wait := min(firstWait<<min(m.Try-1, 10), lastWait)
	at := w.o.Now().Add(time.Duration(float64(wait) * (0.8 + 0.4*w.o.Random())))
	if at.After(m.ExpireAt) {
		return m.ExpireAt
	}
	return at
}

// later puts messages back.
func (w *Worker) later(ws []Work) []Result {
	rs := make([]Result, len(ws))
	for i := range ws {
		rs[i] = Result{ID: ws[i].ID, Try: ws[i].Try, Verdict: Later, Due: w.next(&ws[i])}
	}
	w.again.Add(len(ws))
	return rs
}

// away notes that the gateway could not be reached or wants a pause: nothing is claimed for a while, so that messages wait in the queue and not in tries.
func (w *Worker) away(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := min(firstRest<<min(w.failures, 10), lastRest)
	if p, ok := errors.AsType[*Pause](err); ok {
		rest = min(max(rest, p.For), lastWait)
	}
	w.failures++
	if until := w.o.Now().Add(rest); until.After(w.rest) {
		w.rest = until
	}
	w.o.Log.Warn("the video gateway takes nothing; resting", "rest", rest, "error", err)
}

// settle records results. A failing write is repeated until ctx ends: then the intents stand without an answer, which is what the messages' next owner has to know.
func (w *Worker) settle(ctx context.Context, rs []Result) {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := w.o.Queue.SettleVideo(ctx, rs, w.o.Now())
		if err == nil {
			return
		}
		w.failed.Inc()
		w.o.Log.Error("what became of video messages could not be recorded; trying again", "error", err, "wait", wait)
		if sleep(ctx, wait) != nil {
			return
		}
	}
}

// Bounds of housekeeping.
const (
	houseRows  = 500
	houseSteps = 20 // per turn
)

// housekeeping takes over what others left, gives up reports that did not come and notes expired templates.
func (w *Worker) housekeeping(ctx context.Context) {
	for sleep(ctx, w.o.House) == nil {
		w.recover(ctx, "")
		w.repeat(ctx, "give up late reports", func() (int, error) {
			n, err := w.o.Queue.TimeOutVideo(ctx, w.o.Now(), houseRows)
			w.timeouts.Add(n)
			return n, err
		})
		if w.o.Expire != nil {
			w.repeat(ctx, "note expired templates", func() (int, error) { return w.o.Expire(ctx, houseRows) })
		}
	}
}

// recover takes over what holder, or anybody whose lease has ended, had claimed.
func (w *Worker) recover(ctx context.Context, holder string) {
	w.repeat(ctx, "take claims over", func() (int, error) {
		now := w.o.Now()
		queued, ambiguous, err := w.o.Queue.RecoverVideo(ctx, holder, w.o.Gateway.Repeatable(), now, now.Add(reportWait), houseRows)
		if queued+ambiguous > 0 {
			w.o.Log.Info("video messages of a claim that ended were taken over", "queued", queued, "ambiguous", ambiguous)
			w.unknown.Add(ambiguous)
			w.Wake()
		}
		return queued + ambiguous, err
	})
}

// repeat runs a bounded step until it finds less than it could.
func (w *Worker) repeat(ctx context.Context, what string, step func() (int, error)) {
	for range houseSteps {
		n, err := step()
		if err != nil && ctx.Err() == nil {
			w.failed.Inc()
			w.o.Log.Error("video messages: could not "+what, "error", err)
		}
		if err != nil || n < houseRows {
			return
		}
	}
}
