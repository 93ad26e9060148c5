package videosms_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cardlink/videosms"
)

// bubble runs a test in a bubble of time with a house in it.
func bubble(t *testing.T, body func(t *testing.T, h *house)) {
	synctest.Test(t, func(t *testing.T) {
		body(t, newHouse(t, nil))
	})
}

func report(id string, delivered bool, code string) videosms.Report {
	return videosms.Report{ID: id, Delivered: delivered, Code: code}
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}

func wantFacts(t *testing.T, h *house, want map[string]int) {
	t.Helper()
	if got := h.facts(); !maps.Equal(got, want) {
		t.Errorf("facts %v, want %v", got, want)
	}
}

// From the request to the bill: everything goes out once, filled in, and reports settle it.
func TestWorkerSends(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		tpl := h.template(text("【商城】Hi #p_1#"), pictureFile(1))
		g := &gateway{}
		task := h.send(tpl.ID, 250)
		works(t, h, g, slowly, func() {
			after(3 * time.Second)
			total := 0
			for _, c := range g.asked() {
				total += len(c.ids)
				if len(c.ids) > 100 || c.batch.Template.ID != tpl.ID || c.batch.Messages[0].Carrier != "cucc" || !c.batch.Messages[0].ExpireAt.Equal(task.ExpireAt) {
					t.Fatalf("a call of %d for %d: %+v", len(c.ids), c.batch.Template.ID, c.batch.Messages[0])
				}
				frames := c.batch.Messages[0].Frames(c.batch.Template)
				if frames[0].Elements[0].Text != "【商城】Hi Ann" || frames[1].Elements[0].Media.Type != "image/png" {
					t.Fatalf("frames %+v", frames)
				}
			}
			if total != 250 || len(g.seen) != 250 {
				t.Errorf("%d submissions of %d messages, want 250", total, len(g.seen))
			}
			want(t, "sent", counts(h.task(task.UUID)), "processing: 250 submitted, 0 success, 0 failed, 0 timeout")
			tally, err := h.room.Report(ctx, []videosms.Report{report(msgID(task, 0), true, "whatever"), report(msgID(task, 1), false, ""), report(msgID(task, 2), false, "MK:0001")})
			must(t, err)
			if tally != (videosms.Tally{Applied: 3}) {
				t.Errorf("tally %+v", tally)
			}
			want(t, "reported", counts(h.task(task.UUID)), "processing: 250 submitted, 1 success, 2 failed, 0 timeout")
			after(73 * time.Hour)
			want(t, "three days later", counts(h.task(task.UUID)), "sending_complete: 250 submitted, 1 success, 2 failed, 247 timeout")
			wantFacts(t, h, map[string]int{"basic.send.submitted.v1": 250, "basic.send.receipt.v1 success": 1, "basic.send.receipt.v1 fail": 2, "basic.send.receipt.v1 timeout": 247})
		})
	})
}

// A gateway that is away, then busy, then half willing: messages wait in the queue and are tried again, each with its own id.
func TestWorkerTriesAgain(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		tpl := h.template()
		g := &gateway{}
		g.answer = func(call int, b videosms.Batch) ([]videosms.Outcome, error) {
			switch {
			case call < 3:
				return nil, fmt.Errorf("%w: connection refused", videosms.ErrUnsent)
			case call == 3:
				return nil, &videosms.Pause{For: time.Minute, Err: errors.New("it answered 503")}
			}
			out, _ := takeAll(call, b)
			if call == 4 {
				out[0].Verdict, out[0].CarrierID = videosms.Later, ""
				out[1].Verdict, out[1].Code = videosms.Refused, "BLACK"
			}
			return out, nil
		}
		works(t, h, g, func(o *videosms.WorkerOptions) { o.Window = 1 }, func() {
			task := h.send(tpl.ID, 3)
			begin := time.Now()
			after(30 * time.Second)
			want(t, "away", counts(h.task(task.UUID)), "submit_success: 0 submitted, 0 success, 0 failed, 0 timeout")
			if n := len(g.asked()); n != 4 {
				t.Fatalf("asked %d times in the first half minute, want 4: the gateway asked for a pause then", n)
			}
			after(3 * time.Minute)
			want(t, "back", counts(h.task(task.UUID)), "processing: 2 submitted, 0 success, 1 failed, 0 timeout")
			if sent := h.task(task.UUID).SentAt; sent.Sub(begin) < time.Minute {
				t.Errorf("sent after %v, in spite of the pause", sent.Sub(begin))
			}
			if n := g.seen[msgID(task, 0)]; n != 6 {
				t.Errorf("the first message was submitted %d times, want 6", n)
			}
		})
	})
}

func TestWorkerGivesUpWhatIsTooLate(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		tpl := h.template()
		g := &gateway{answer: func(int, videosms.Batch) ([]videosms.Outcome, error) { return nil, videosms.ErrUnsent }}
		hour := 1
		task, err := h.room.CreateTask(ctx, tenant, "api", videosms.SendRequest{Name: "go", TplID: fmt.Sprint(tpl.ID), Hours: &hour, Mobiles: phones(2),
			Params: []videosms.Param{value("p_1", "Ann")}})
		must(t, err)
		works(t, h, g, func(o *videosms.WorkerOptions) { o.Poll = 20 * time.Second }, func() {
			after(59 * time.Minute)
			want(t, "before its time is over", counts(h.task(task.UUID)), "submit_success: 0 submitted, 0 success, 0 failed, 0 timeout")
			after(2 * time.Minute)
			want(t, "after", counts(h.task(task.UUID)), "submit_failed: 0 submitted, 0 success, 2 failed, 0 timeout")
			wantFacts(t, h, map[string]int{"basic.send.receipt.v1 fail": 2})
		})
	})
}

// Nobody knows whether a message was taken: it is sent again only if the gateway recognises it, and is never given up as unsent.
func TestWorkerAmbiguity(t *testing.T) {
	for name, answer := range map[string]func(int, videosms.Batch) ([]videosms.Outcome, error){
		"the line breaks":     func(int, videosms.Batch) ([]videosms.Outcome, error) { return nil, errors.New("connection reset") },
		"the answer has gaps": func(int, videosms.Batch) ([]videosms.Outcome, error) { return nil, nil },
		"the answer has no sense": func(_ int, b videosms.Batch) ([]videosms.Outcome, error) {
			return []videosms.Outcome{{ID: b.Messages[0].ID, Verdict: 99}}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, h *house) {
				tpl := h.template()
				g := &gateway{answer: answer}
				task := h.send(tpl.ID, 2)
				works(t, h, g, slowly, func() {
					after(time.Hour)
					if n := len(g.asked()); n != 1 {
						t.Errorf("asked %d times, want once", n)
					}
					want(t, "ambiguous", counts(h.task(task.UUID)), "submit_success: 0 submitted, 0 success, 0 failed, 0 timeout")
					_, err := h.room.Report(ctx, []videosms.Report{report(msgID(task, 0), true, "")})
					must(t, err)
					want(t, "a report", counts(h.task(task.UUID)), "processing: 1 submitted, 1 success, 0 failed, 0 timeout")
					after(73 * time.Hour)
					want(t, "no report", counts(h.task(task.UUID)), "sending_complete: 1 submitted, 1 success, 0 failed, 1 timeout")
				})
			})
			bubble(t, func(t *testing.T, h *house) {
				tpl := h.template()
				g := &gateway{repeatable: true}
				g.answer = func(call int, b videosms.Batch) ([]videosms.Outcome, error) {
					if call < 2 {
						return answer(call, b)
					}
					return takeAll(call, b)
				}
				works(t, h, g, nil, func() {
					task := h.send(tpl.ID, 1)
					after(time.Minute)
					if n := g.seen[msgID(task, 0)]; n != 3 {
						t.Errorf("submitted %d times, want 3 times under one id", n)
					}
					want(t, "repeated", counts(h.task(task.UUID)), "processing: 1 submitted, 0 success, 0 failed, 0 timeout")
				})
			})
		})
	}
}

// A message that may have been taken is not declared unsent when its time is over.
func TestWorkerExpiryOfAmbiguity(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		tpl := h.template()
		g := &gateway{repeatable: true, answer: func(int, videosms.Batch) ([]videosms.Outcome, error) { return nil, errors.New("connection reset") }}
		task := h.send(tpl.ID, 1)
		works(t, h, g, slowly, func() {
			after(80 * time.Hour)
			want(t, "expired", counts(h.task(task.UUID)), "submit_success: 0 submitted, 0 success, 0 failed, 0 timeout")
			after(72 * time.Hour)
			want(t, "no report", counts(h.task(task.UUID)), "submit_failed: 0 submitted, 0 success, 0 failed, 1 timeout")
		})
	})
}

// crashing is a queue whose process dies at a step: that call and all later ones fail, as they would for a dead process.
type crashing struct {
	videosms.Queue
	step string
	dead atomic.Bool
}

var errDead = errors.New("the process is gone")

func (c *crashing) at(step string) error {
	if step == c.step {
		c.dead.Store(true)
	}
	if c.dead.Load() {
		return errDead
	}
	return nil
}

func (c *crashing) IntendVideo(ctx context.Context, holder string, ws []videosms.Work, until time.Time) (map[int64]bool, error) {
	if err := c.at("before the intent"); err != nil {
		return nil, err
	}
	mine, err := c.Queue.IntendVideo(ctx, holder, ws, until)
	return mine, errors.Join(err, c.at("after the intent"))
}

func (c *crashing) SettleVideo(ctx context.Context, rs []videosms.Result, now time.Time) error {
	if err := c.at("before the result"); err != nil {
		return err
	}
	return errors.Join(c.Queue.SettleVideo(ctx, rs, now), c.at("after the result"))
}

func (c *crashing) ClaimVideo(ctx context.Context, q videosms.Claim) ([]videosms.Work, string, error) {
	if c.dead.Load() {
		return nil, q.After, errDead
	}
	ws, last, err := c.Queue.ClaimVideo(ctx, q)
	return ws, last, errors.Join(err, c.at("after the claim"))
}

// Whatever the moment of the crash: after a restart nothing is lost, and nothing goes out twice unless the gateway recognises it.
func TestWorkerCrashes(t *testing.T) {
	for _, step := range []string{"after the claim", "before the intent", "after the intent", "before the result", "after the result"} {
		for _, repeatable := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, repeatable %v", step, repeatable), func(t *testing.T) {
				bubble(t, func(t *testing.T, h *house) {
					tpl := h.template()
					task := h.send(tpl.ID, 5)
					g := &gateway{repeatable: repeatable}
					works(t, h, g, func(o *videosms.WorkerOptions) { o.Queue = &crashing{Queue: h.db, step: step} }, func() { after(time.Minute) })
					works(t, h, g, nil, func() { after(time.Minute) })
					works(t, h, g, slowly, func() {
						if !repeatable {
							for id, n := range g.seen {
								if n > 1 {
									t.Errorf("%s was submitted %d times", id, n)
								}
							}
						}
						var rs []videosms.Report
						for i := range 5 {
							if g.seen[msgID(task, i)] > 0 {
								rs = append(rs, report(msgID(task, i), true, ""))
							}
						}
						_, err := h.room.Report(ctx, rs)
						must(t, err)
						after(73 * time.Hour)
					})
					got := h.task(task.UUID)
					// An intent of which nothing went out is the price of not sending twice: it times out.
					unsent := 5 - len(g.seen)
					if unsent > 0 && (repeatable || step != "after the intent") || got.Success != len(g.seen) || got.Timeout != unsent || got.Failed != 0 {
						t.Errorf("%d of 5 were submitted; %s", len(g.seen), counts(got))
					}
					if n := h.facts()["basic.send.receipt.v1 success"]; n != got.Success {
						t.Errorf("%d facts of %d successes", n, got.Success)
					}
				})
			})
		}
	}
}

// A node that dies for good: another one takes over when the lease has ended.
func TestWorkerTakesOver(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		tpl := h.template()
		task := h.send(tpl.ID, 5)
		g := &gateway{repeatable: true}
		works(t, h, g, func(o *videosms.WorkerOptions) { o.Queue = &crashing{Queue: h.db, step: "before the result"} }, func() { after(10 * time.Second) })
		before := len(g.asked())
		works(t, h, g, func(o *videosms.WorkerOptions) { o.Node = "n2" }, func() {
			after(30 * time.Second)
			if n := len(g.asked()); n != before {
				t.Errorf("asked %d times before the lease had ended, want %d", n, before)
			}
			after(3 * time.Minute)
		})
		want(t, "taken over", counts(h.task(task.UUID)), "processing: 5 submitted, 0 success, 0 failed, 0 timeout")
	})
}

// Two nodes share the queue and the rate; nothing goes out twice.
func TestWorkersShare(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		tpl := h.template()
		task := h.send(tpl.ID, 400)
		g := &gateway{}
		works(t, h, g, nil, func() {
			works(t, h, g, func(o *videosms.WorkerOptions) { o.Node = "n2" }, func() { after(5 * time.Second) })
		})
		if len(g.seen) != 400 {
			t.Errorf("%d messages were submitted, want 400", len(g.seen))
		}
		for id, n := range g.seen {
			if n != 1 {
				t.Errorf("%s was submitted %d times", id, n)
			}
		}
		want(t, "all", counts(h.task(task.UUID)), "processing: 400 submitted, 0 success, 0 failed, 0 timeout")
	})
}

// The rate holds over any second.
func TestWorkerKeepsTheRate(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		tpl := h.template()
		begin := time.Now()
		var at []time.Duration
		g := &gateway{}
		g.answer = func(call int, b videosms.Batch) ([]videosms.Outcome, error) {
			g.mu.Lock()
			defer g.mu.Unlock()
			for range b.Messages {
				at = append(at, time.Since(begin))
			}
			return takeAll(call, b)
		}
		works(t, h, g, func(o *videosms.WorkerOptions) { o.Rate = 20 }, func() {
			h.send(tpl.ID, 100)
			after(10 * time.Second)
		})
		if len(at) != 100 {
			t.Fatalf("%d of 100 went out in 10 s at 20 per second", len(at))
		}
		for i := range at {
			n := 0
			for _, x := range at[i:] {
				if x-at[i] < time.Second {
					n++
				}
			}
			if n > 23 { // 20 and a burst of 2, both ends included
				t.Fatalf("%d messages in the second from %v", n, at[i])
			}
		}
	})
}

// A stop waits for what is under way and records it; it does not wait for ever.
func TestWorkerStops(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		tpl := h.template()
		task := h.send(tpl.ID, 5)
		slow := make(chan struct{})
		g := &gateway{answer: func(call int, b videosms.Batch) ([]videosms.Outcome, error) {
			<-slow
			return takeAll(call, b)
		}}
		works(t, h, g, nil, func() {
			after(time.Second)
			time.AfterFunc(3*time.Second, func() { close(slow) })
		})
		want(t, "stopped", counts(h.task(task.UUID)), "processing: 5 submitted, 0 success, 0 failed, 0 timeout")
	})
	bubble(t, func(t *testing.T, h *house) {
		tpl := h.template()
		task := h.send(tpl.ID, 5)
		hung := &hanging{}
		begin := time.Now()
		works(t, h, hung, func(o *videosms.WorkerOptions) { o.Drain = 5 * time.Second }, func() { after(time.Second) })
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("the stop took %v", took)
		}
		// The answer is not known: it is what the next start has to know.
		works(t, h, &gateway{}, nil, func() { after(time.Minute) })
		want(t, "restarted", counts(h.task(task.UUID)), "submit_success: 0 submitted, 0 success, 0 failed, 0 timeout")
	})
}

// hanging answers nothing until its context ends.
type hanging struct{}

func (hanging) Repeatable() bool { return false }
func (hanging) Submit(ctx context.Context, _ videosms.Batch) ([]videosms.Outcome, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// A template whose time is over is told to its customer, once.
func TestWorkerExpiresTemplates(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		d := draftOf(text("【商城】hello"))
		d.Days, d.CallbackURL = "1", "https://example.com/t"
		tpl, err := h.room.CreateTemplate(ctx, tenant, d)
		must(t, err)
		works(t, h, &gateway{}, slowly, func() { after(72 * time.Hour) })
		got, err := h.db.VideoTemplate(ctx, tpl.ID)
		must(t, err)
		if got.State != videosms.Expired || got.Sequence != 2 {
			t.Errorf("state %d, sequence %d; want expired after one change", got.State, got.Sequence)
		}
	})
}

// Who asked for no more is not sent to, whatever was queued before.
func TestWorkerRespectsOptOuts(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		tpl := h.template()
		first := h.send(tpl.ID, 2)
		g := &gateway{}
		works(t, h, g, nil, func() { after(5 * time.Second) })
		second := h.send(tpl.ID, 2)
		_, err := h.room.Answer(ctx, []videosms.Uplink{{Ref: "1", ID: msgID(first, 1), Content: "退订"}})
		must(t, err)
		works(t, h, g, nil, func() { after(5 * time.Second) })
		want(t, "after", counts(h.task(second.UUID)), "processing: 1 submitted, 0 success, 1 failed, 0 timeout")
		if g.seen[msgID(second, 1)] != 0 {
			t.Error("it was sent to all the same")
		}
	})
}
