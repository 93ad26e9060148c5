package cmpp

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"cardlink/dispatch/carrier"
)

// check complains of a part that no connection could write, whatever its version.
func (s *Session) check(p *carrier.Part) error {
	limit := MaxContent
	if p.Format == carrier.FormatASCII {
		limit = MaxASCII
	}
	switch dest := s.number(p.Dest); {
	case dest == "" || len(dest) > layout2.number:
		return fmt.Errorf("%w: destination of %d characters", carrier.ErrInvalid, len(dest))
	case len(p.Source) > 21:
		return fmt.Errorf("%w: source number of %d characters", carrier.ErrInvalid, len(p.Source))
	case len(p.Content) > limit:
		return fmt.Errorf("%w: %d bytes of content, at most %d", carrier.ErrInvalid, len(p.Content), limit)
	}
	return nil
}

// number is a handset's number in the gateway's form.
func (s *Session) number(dest string) string {
	if !s.opts.International && len(dest) == 13 {
		dest = strings.TrimPrefix(dest, "86")
	}
	return dest
}

// submit registers parts and appends their bytes for the writer, all of them or none. The caller holds a slot for each and has checked them.
func (c *conn) submit(parts []*carrier.Part) error {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leaving {
		return carrier.ErrLost
	}
	// Registered before written: the answer may be here before the writer has returned.
	err := c.out.Request(func(b []byte) []byte {
		for _, p := range parts {
			seq := c.number()
			c.table[int(seq)&(len(c.table)-1)] = pending{seq: seq, open: true, key: p.Key, since: now}
			c.waiting++
			b = c.append(b, seq, p)
		}
		return b
	})
	if err != nil { // the connection ends over it, and the parts become maybe sent
		c.leaving, c.cause = true, err
		c.nc.Close()
	}
	return nil
}

// append writes one part with the connection's scratch SUBMIT. Under c.mu.
func (c *conn) append(b []byte, seq uint32, p *carrier.Part) []byte {
	o, s := &c.s.opts, &c.scratch
	source := p.Source
	if source == "" {
		source = o.Source
	}
	dest := c.s.number(p.Dest)
	c.text = append(append(c.text[:0], source...), dest...)
	if !p.Expire.IsZero() {
		c.text = AppendValidTime(c.text, p.Expire)
	}
	s.Source, s.ValidTime = c.text[:len(source)], c.text[len(source)+len(dest):]
	c.dest[0] = c.text[len(source) : len(source)+len(dest)]
	s.Dest = c.dest[:]
	s.Total, s.Number, s.Format, s.Content = max(p.Total, 1), max(p.Number, 1), p.Format, p.Content
	s.UDHI, s.Level = 0, o.Level
	if p.UDH {
		s.UDHI = 1
	}
	if p.Notify {
		s.Level = o.NotifyLevel
	}
	b, err := AppendSubmit(b, c.version, seq, s)
	if err != nil { // check and Validate have made sure that everything fits
		c.s.opts.Log.Error("submit does not encode; it will time out", "error", err)
	}
	s.Content = nil // the part's, not ours to keep
	return b
}

// read is the reading goroutine. It never waits for anything but bytes.
func (c *conn) read() error {
	for {
		h, body, err := c.in.Next()
		if err != nil {
			return err
		}
		switch h.Command {
		case CmdSubmit | Response:
			err = c.answered(h.Seq, body)
		case CmdDeliver:
			c.deliver(h.Seq, body)
		case CmdActiveTest:
			err = c.out.Answer(func(b []byte) []byte { return AppendActiveTestResp(b, h.Seq) })
		case CmdActiveTest | Response:
			// It was heard, which is all that matters.
		case CmdTerminate:
			_ = c.out.Answer(func(b []byte) []byte { return AppendTerminateResp(b, h.Seq) })
			return errTerminate
		case CmdTerminate | Response:
			return errGoodbye
		default:
			c.s.meters.unknown.Inc() // the protocol has no answer to that
			c.s.opts.Log.Debug("unknown PDU", "command", h.Command.String(), "bytes", h.Length)
		}
		if err != nil {
			return err
		}
	}
}

// answered handles a SUBMIT_RESP.
func (c *conn) answered(seq uint32, body []byte) error {
	r, err := ParseSubmitResp(body)
	if err != nil {
		return err
	}
	c.mu.Lock()
	p := &c.table[int(seq)&(len(c.table)-1)]
	if !p.open || p.seq != seq {
		c.mu.Unlock()
		c.s.meters.late.Inc() // after its time-out, which was its result
		return nil
	}
	key, since := p.key, p.since
	p.open = false
	c.waiting--
	c.settled()
	c.mu.Unlock()
	c.s.release(c, 1)
	c.s.meters.answer.UpdateDuration(since)
	result := carrier.Result{Key: key, Class: c.s.class(c.version, r.Result), Code: code(r.Result), At: c.s.opts.Now()}
	if result.Class == carrier.OK {
		result.MsgID = r.MsgID.String()
	}
	c.s.result(result)
	return nil
}

// class is what a result means on this channel.
func (s *Session) class(v Version, result uint32) carrier.Class {
	if c, ok := s.opts.Results[result]; ok {
		return c
	}
	return ResultClass(v, result)
}

var codes = [...]string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13"}

// code is a result in decimal.
func code(result uint32) string {
	if result < uint32(len(codes)) {
		return codes[result]
	}
	return strconv.FormatUint(uint64(result), 10)
}

// delivery is a DELIVER whose answer waits until what it said is durable.
type delivery struct {
	c    *conn
	seq  uint32
	id   MsgID
	once atomic.Bool
}

// done is what a handler calls.
func (d *delivery) done(err error) {
	if d.once.Swap(true) {
		return
	}
	c := d.c
	c.mu.Lock()
	gone := c.leaving
	c.mu.Unlock()
	if err != nil || gone {
		c.s.meters.unanswered.Inc()
	} else {
		c.answer(d.seq, d.id, 0)
	}
	// Owed until the answer is in the outbox: a draining writer that saw nothing owed before it would say goodbye ahead of the last answer.
	c.mu.Lock()
	c.owed--
	c.settled()
	c.mu.Unlock()
}

// answer appends a DELIVER_RESP.
func (c *conn) answer(seq uint32, id MsgID, result uint32) {
	if err := c.out.Answer(func(b []byte) []byte {
		return AppendDeliverResp(b, c.version, seq, DeliverResp{MsgID: id, Result: result})
	}); err != nil {
		c.end(err)
		c.nc.Close()
	}
}

// deliver handles a DELIVER: a status report or a text from a handset.
func (c *conn) deliver(seq uint32, body []byte) {
	s := c.s
	var d Deliver
	if err := ParseDeliver(c.version, body, &d); err != nil {
		s.meters.malformed.Inc()
		s.opts.Log.Warn("malformed DELIVER refused", "error", err)
		if len(body) >= 8 { // else it would come again and again
			c.answer(seq, MsgID(binary.BigEndian.Uint64(body)), 1)
		}
		return
	}
	var report Report
	if d.Report != 0 {
		var err error
		if report, err = ParseReport(d.Content); err != nil {
			s.meters.malformed.Inc()
			s.opts.Log.Warn("status report too short to say anything", "error", err)
			c.answer(seq, d.MsgID, 0)
			return
		}
	}
	c.mu.Lock()
	if c.owed >= s.opts.MaxDeliveries || c.leaving {
		c.mu.Unlock()
		s.meters.unanswered.Inc()
		return
	}
	c.owed++
	c.mu.Unlock()
	owed := &delivery{c: c, seq: seq, id: d.MsgID}
	if d.Report != 0 {
		s.meters.receipts.Inc()
		s.handler.Receipt(s.receipt(report), owed.done)
		return
	}
	s.meters.replies.Inc()
	s.handler.Reply(s.reply(&d), owed.done)
}

// receipt explains a status report.
func (s *Session) receipt(r Report) carrier.Receipt {
	word := string(r.Stat)
	stat, ok := s.opts.Stats[word]
	if !ok {
		stat = StatOf(word)
	}
	return carrier.Receipt{
		MsgID: r.MsgID.String(), State: word, Final: stat.Final, Delivered: stat.Delivered, Class: stat.Class,
		Dest: string(r.Dest), DoneTime: string(r.Done), At: s.opts.Now(),
	}
}

// reply explains a text from a handset.
func (s *Session) reply(d *Deliver) carrier.Reply {
	text := d.Content
	var concat carrier.Concat
	if HasUDH(d.UDHI) {
		concat, text, _ = carrier.CutHeader(d.Content)
	}
	return carrier.Reply{
		MsgID: d.MsgID.String(), From: string(d.Src), To: string(d.Dest), Text: carrier.Decode(d.Format, text),
		Ref: concat.Ref, Total: concat.Total, Number: concat.Number, At: s.opts.Now(),
	}
}
