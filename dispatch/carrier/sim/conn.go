package sim

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"cardlink/dispatch/carrier/cmpp"
)

// errDone ends a connection without complaint.
var errDone = errors.New("sim: done")

// outboxLimit bounds what waits to be written to a client that does not read.
const outboxLimit = 4 << 20

// answer is a SUBMIT_RESP.
type answer struct {
	seq    uint32
	resp   cmpp.SubmitResp
	closes bool // say TERMINATE after it
}

// conn is one client's connection: serve reads, a second goroutine writes.
type conn struct {
	srv     *Server
	nc      net.Conn
	in      *cmpp.Reader
	out     *cmpp.Outbox
	account *account                // nil before the login; the reader's own
	joined  atomic.Pointer[account] // the same, for the writer
	version cmpp.Version

	submits    int                     // read so far; the reader's own
	unanswered atomic.Int32            // submits accepted or refused, not yet answered
	seq        uint32                  // of our requests; under account.mu
	deliveries map[uint32]sentDelivery // under account.mu
	heard      atomic.Int64            // Unix nanoseconds of the last byte

	submit  cmpp.Submit  // the reader's scratch
	deliver cmpp.Deliver // the sender's; under account.mu
	content []byte       // of a report
	numbers []byte       // source and handset
	fields  []byte       // state and times
}

// Read is where the Reader gets its bytes.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.nc.Read(p)
	if n > 0 {
		c.heard.Store(time.Now().UnixNano())
	}
	return n, err
}

// serve runs the connection until it ends.
func (c *conn) serve() {
	c.heard.Store(time.Now().UnixNano())
	stop, written := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(written)
		c.write(stop)
	}()
	err := c.read()
	if c.account != nil {
		c.account.leave(c)
	}
	close(stop)
	<-written
	c.nc.Close()
	if err != nil && !errors.Is(err, errDone) && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		c.srv.count.broken.Add(1)
		c.srv.opts.Log.Debug("connection ended", "error", err)
	}
}

// write writes what has gathered, probes silent clients and repeats deliveries.
func (c *conn) write(stop <-chan struct{}) {
	var w io.Writer = c.nc
	flush := func() error {
		_ = c.nc.SetWriteDeadline(time.Now().Add(10 * time.Second))
		to := w
		if c.srv.faults.Load().Split {
			to = splitter{c.nc}
		}
		_, err := c.out.Flush(to)
		return err
	}
	tick := time.NewTicker(min(time.Second, max(c.srv.opts.ResendAfter/4, 10*time.Millisecond)))
	defer tick.Stop()
	probed := time.Time{}
	for {
		select {
		case <-c.out.Wake():
		case now := <-tick.C:
			if c.upkeep(now, &probed) != nil {
				c.nc.Close()
			}
		case <-stop:
			_ = flush()
			return
		}
		if flush() != nil {
			c.nc.Close() // wakes the reader
			<-stop
			return
		}
	}
}

// upkeep is what must happen now and then.
func (c *conn) upkeep(now time.Time, probed *time.Time) error {
	a := c.joined.Load()
	if a == nil {
		return nil
	}
	a.resend(c, now, c.srv.opts.ResendAfter)
	every := c.srv.opts.Heartbeat
	if every <= 0 {
		return nil
	}
	switch silent := now.Sub(time.Unix(0, c.heard.Load())); {
	case silent >= 3*every:
		return errDone
	case silent >= every && now.Sub(*probed) >= every:
		*probed = now
		a.mu.Lock()
		c.seq++
		seq := c.seq
		a.mu.Unlock()
		return c.out.Request(func(b []byte) []byte { return cmpp.AppendActiveTest(b, seq) })
	}
	return nil
}

// read handles what the client sends: a CONNECT, then anything.
func (c *conn) read() error {
	for {
		h, body, err := c.in.Next()
		if err != nil {
			return err
		}
		if c.account == nil && h.Command != cmpp.CmdConnect {
			return fmt.Errorf("sim: %v before CONNECT", h.Command)
		}
		switch h.Command {
		case cmpp.CmdConnect:
			err = c.login(h.Seq, body)
		case cmpp.CmdSubmit:
			err = c.submitted(h.Seq, body)
		case cmpp.CmdDeliver | cmpp.Response:
			var r cmpp.DeliverResp
			if r, err = cmpp.ParseDeliverResp(body); err == nil {
				if r.Result != 0 {
					c.srv.count.deliverRefused.Add(1)
				}
				c.account.answered(c, h.Seq)
			}
		case cmpp.CmdActiveTest:
			c.srv.count.heartbeats.Add(1)
			if !c.srv.faults.Load().Deaf {
				err = c.out.Answer(func(b []byte) []byte { return cmpp.AppendActiveTestResp(b, h.Seq) })
			}
		case cmpp.CmdTerminate:
			_ = c.out.Answer(func(b []byte) []byte { return cmpp.AppendTerminateResp(b, h.Seq) })
			return errDone
		case cmpp.CmdTerminate | cmpp.Response:
			return errDone
		case cmpp.CmdCancel:
			err = c.out.Answer(func(b []byte) []byte { return cmpp.AppendCancelResp(b, c.version, h.Seq, 1) })
		case cmpp.CmdActiveTest | cmpp.Response:
		default:
			c.srv.count.unknown.Add(1)
		}
		if err != nil {
			return err
		}
	}
}

// splitter writes in small pieces.
type splitter struct{ w io.Writer }

func (s splitter) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = s.w.Write(p[n:min(len(p), n+1+rand.IntN(7))])
		n += m
	}
	return n, err
}
