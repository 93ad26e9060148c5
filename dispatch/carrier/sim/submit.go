package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"cardlink/dispatch/carrier/cmpp"
)

// submitted answers a SUBMIT and plans its reports.
func (c *conn) submitted(seq uint32, body []byte) error {
	srv, s := c.srv, &c.submit
	if err := cmpp.ParseSubmit(c.version, body, s); err != nil {
		srv.count.refused.Add(1)
		return c.answer(answer{seq: seq, resp: cmpp.SubmitResp{Result: cmpp.ResultStructure}})
	}
	now := time.Now()
	f := srv.faults.Load()
	c.submits++
	n := srv.count.submits.Add(1)
	switch c.submits {
	case f.DropAfter:
		return errDone
	case f.GarbageAfter:
		_ = c.out.Answer(func(b []byte) []byte { return append(b, "\x00\x00\x00\x05 not a PDU"...) })
		return fmt.Errorf("sim: garbage sent")
	}
	open := c.unanswered.Add(1)
	srv.count.window(open)
	a := answer{seq: seq, closes: c.submits == f.TerminateAfter}
	a.resp.Result = c.judge(s, now, n, int(open), f)
	if a.resp.Result != cmpp.ResultOK {
		if a.resp.Result == cmpp.ResultFlow {
			srv.count.flow.Add(1)
		} else {
			srv.count.refused.Add(1)
		}
		return c.reply(a, now)
	}
	a.resp.MsgID = srv.ids.take(now, len(s.Dest))
	srv.count.accepted.Add(int64(len(s.Dest)))
	early := c.accept(s, a.resp.MsgID, now, f)
	for _, r := range early {
		c.account.deliverNow(c, r)
	}
	if every(f.MuteEvery, n) {
		c.unanswered.Add(-1)
		return nil
	}
	return c.reply(a, now)
}

// judge is the result of the n-th submit.
func (c *conn) judge(s *cmpp.Submit, now time.Time, n int64, open int, f *Faults) uint32 {
	o := &c.srv.opts
	if result := check(o, c.account.id, s); result != 0 {
		return result
	}
	if open > o.Window {
		c.srv.count.violations.Add(1)
		return cmpp.ResultFlow
	}
	if every(f.FlowEvery, n) || c.srv.pending.Load() >= int64(o.MaxPending) {
		return cmpp.ResultFlow
	}
	for _, d := range s.Dest { // one bad number refuses them all
		if result := o.Outcome(string(d)).Result; result != 0 {
			return result
		}
	}
	if !c.account.take(now, len(s.Dest)) {
		return cmpp.ResultFlow
	}
	return cmpp.ResultOK
}

// accept notes the messages of a submit and plans their reports. It returns those that are to go before the answer.
func (c *conn) accept(s *cmpp.Submit, id cmpp.MsgID, now time.Time, f *Faults) (early []*receipt) {
	srv := c.srv
	source := ""
	for k, d := range s.Dest {
		number := string(d)
		out := mixed(srv.opts.Mix, number, srv.opts.Outcome(number))
		if !srv.inbox.idle() {
			srv.inbox.add(c.account.id, s, d, id.Of(k), out.Stat, now)
		}
		if s.Report != 1 || out.Stat == "" {
			continue
		}
		if source == "" {
			source = string(s.Source)
		}
		nth := srv.count.reports.Add(1)
		srv.pending.Add(1)
		r := &receipt{
			account: c.account, id: srv.ids.take(now, 1), of: id.Of(k), stat: out.Stat, dest: number, source: source, at: now,
			twice: every(f.DuplicateEvery, nth),
		}
		if every(f.EarlyEvery, nth) {
			early = append(early, r)
			continue
		}
		srv.schedule.add(event{at: now.Add(srv.opts.ResponseAfter.draw() + srv.opts.DeliverAfter.draw()), receipt: r})
	}
	return early
}

// reply answers now, or when it is time.
func (c *conn) reply(a answer, now time.Time) error {
	if wait := c.srv.opts.ResponseAfter.draw(); wait > 0 {
		c.srv.schedule.add(event{at: now.Add(wait), conn: c, answer: a})
		return nil
	}
	c.unanswered.Add(-1)
	return c.answer(a)
}

// answer appends a SUBMIT_RESP.
func (c *conn) answer(a answer) error {
	return c.out.Answer(func(b []byte) []byte {
		b = cmpp.AppendSubmitResp(b, c.version, a.seq, a.resp)
		if a.closes {
			b = cmpp.AppendTerminate(b, 1<<31)
		}
		return b
	})
}

// deliverNow sends r over c ahead of everything, for a report that comes before its answer.
func (a *account) deliverNow(c *conn, r *receipt) {
	a.mu.Lock()
	r.sent++
	c.send(r)
	a.mu.Unlock()
}

// send appends a DELIVER and notes that it is unanswered. Under account.mu.
func (c *conn) send(r *receipt) {
	c.seq++
	now := time.Now()
	c.deliveries[c.seq] = sentDelivery{r, now}
	c.srv.count.delivered.Add(1)
	c.deliver = cmpp.Deliver{MsgID: r.id, Format: r.format, UDHI: r.udhi, Content: r.content}
	c.numbers = append(append(c.numbers[:0], r.source...), r.dest...)
	c.deliver.Dest, c.deliver.Src = c.numbers[:len(r.source)], c.numbers[len(r.source):]
	if r.content == nil {
		c.deliver.Report = 1
		c.deliver.Content = c.report(r, now)
	}
	// Deliveries go with the answers, in the order of sending: a report scheduled after its answer stays behind it.
	err := c.out.Answer(func(b []byte) []byte {
		b, err := cmpp.AppendDeliver(b, c.version, c.seq, &c.deliver)
		if err != nil {
			c.srv.opts.Log.Error("delivery does not encode", "error", err)
		}
		return b
	})
	if err != nil {
		c.nc.Close()
	}
}

// report is the content of a status report. Under account.mu; valid until the next.
func (c *conn) report(r *receipt, now time.Time) []byte {
	width := cmpp.LongNumber
	if c.version < cmpp.V30 || c.srv.opts.ShortReports {
		width = cmpp.ShortNumber
	}
	c.fields = append(c.fields[:0], r.stat...)
	c.fields = cmpp.AppendReportTime(c.fields, r.at)
	c.fields = cmpp.AppendReportTime(c.fields, now)
	n := len(r.stat)
	content, err := cmpp.AppendReport(c.content[:0], width, &cmpp.Report{
		MsgID: r.of, Stat: c.fields[:n], Submitted: c.fields[n : n+10], Done: c.fields[n+10:], Dest: c.numbers[len(r.source):], SMSC: uint32(r.of),
	})
	if err != nil {
		c.srv.opts.Log.Error("report does not encode", "error", err)
	}
	c.content = content
	return content
}

// every reports whether the n-th is one of every so many.
func every(so int, n int64) bool { return so > 0 && n%int64(so) == 0 }

// draw chooses a delay.
func (d Delay) draw() time.Duration {
	if d.Max <= d.Min {
		return d.Min
	}
	return d.Min + rand.N(d.Max-d.Min)
}
