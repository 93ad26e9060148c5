package cmpp

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"cardlink/dispatch/carrier"
)

// Why a connection ended, besides what the network says.
var (
	errGoodbye   = errors.New("cmpp: terminated by us")
	errTerminate = errors.New("cmpp: terminated by the gateway")
	errSilent    = errors.New("cmpp: gateway does not answer heartbeats")
)

// terminateWait is how long to wait for TERMINATE_RESP.
const terminateWait = 3 * time.Second

// outboxLimit bounds what may wait to be written: a window of submits is far below it, so it is reached by answers that the gateway does not read.
const outboxLimit = 1 << 20

// pending is a submit without an answer.
type pending struct {
	seq   uint32
	open  bool
	key   uint64
	since time.Time
}

// conn is one logged-in connection: serve's goroutine reads, a second one writes, keeps alive and says goodbye.
type conn struct {
	s       *Session
	index   int
	nc      net.Conn
	in      *Reader
	out     *Outbox
	version Version

	heard atomic.Int64 // when the last byte came, since epoch
	epoch time.Time

	up   bool // under s.mu
	free int  // window slots; under s.mu

	mu       sync.Mutex
	seq      uint32
	table    []pending // by sequence modulo its size, a power of two above the window: a number whose place is taken is skipped
	waiting  int       // open entries
	owed     int       // deliveries whose done has not been called
	draining bool
	leaving  bool  // nothing may be written but the farewell
	cause    error // why it ended, the first reason
	scratch  Submit
	dest     [1][]byte
	text     []byte // memory behind scratch's fields
}

func newConn(s *Session, index int, nc net.Conn) *conn {
	size := 4
	for size < 4*s.opts.Window {
		size *= 2
	}
	c := &conn{
		s: s, index: index, nc: nc, out: NewOutbox(outboxLimit), epoch: time.Now(), table: make([]pending, size),
		seq: rand.Uint32(), // after a restart a gateway may remember the numbers of the last run
	}
	c.in = NewReader(c)
	c.scratch = Submit{
		Report: 1, Service: []byte(s.opts.ServiceID), FeeUser: s.opts.Fee.UserType, FeeTerminal: []byte(s.opts.Fee.Terminal),
		Src: []byte(s.opts.SPID), FeeType: []byte(s.opts.Fee.Type), FeeCode: []byte(s.opts.Fee.Code),
	}
	return c
}

// Read is where the Reader gets its bytes: any of them is a sign of life.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.nc.Read(p)
	if n > 0 {
		c.heard.Store(int64(time.Since(c.epoch)))
	}
	return n, err
}

// number is the next free sequence number. Under c.mu, once there is anyone else.
func (c *conn) number() uint32 {
	for {
		c.seq++
		if !c.table[int(c.seq)&(len(c.table)-1)].open {
			return c.seq
		}
	}
}

// serve runs the connection until it ends, and says why. When it returns, every submit has its result and both goroutines have ended.
func (c *conn) serve(ctx context.Context) error {
	c.s.up(c)
	readDone, writeDone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(writeDone)
		if err := c.write(ctx, readDone); err != nil {
			c.end(err)
			c.nc.Close() // wakes the reader
		}
	}()
	err := c.read()
	c.end(err)
	c.s.down(c)
	if !errors.Is(err, errTerminate) {
		c.nc.Close() // a write under way may not hold us up
	}
	close(readDone)
	<-writeDone
	c.nc.Close()
	return c.lost()
}

// end remembers why the connection ends, and refuses submits.
func (c *conn) end(err error) {
	c.mu.Lock()
	c.leaving = true
	if c.cause == nil {
		c.cause = err
	}
	c.mu.Unlock()
}

// lost reports every open submit as maybe sent, and returns why the connection ended.
func (c *conn) lost() error {
	c.mu.Lock()
	err := c.cause
	var keys []uint64
	for i := range c.table {
		if c.table[i].open {
			c.table[i].open = false
			keys = append(keys, c.table[i].key)
		}
	}
	c.waiting = 0
	c.mu.Unlock()
	for _, key := range keys {
		c.s.result(carrier.Result{Key: key, Class: carrier.Ambig, Code: "lost", At: c.s.opts.Now()})
	}
	return err
}

// write is the writing goroutine: what others append to the outbox, heartbeats, time-outs, and the farewell when ctx ends. It returns nil when
// the reader is done.
func (c *conn) write(ctx context.Context, readDone <-chan struct{}) error {
	o := &c.s.opts
	tick := time.NewTicker(min(max(min(o.SubmitTimeout, o.Heartbeat.Idle, o.Heartbeat.Wait, o.DrainTimeout)/8, 10*time.Millisecond), time.Second))
	defer tick.Stop()
	var pulse pulse
	quit := ctx.Done()
	var drainUntil, leaveUntil time.Time
	for {
		select {
		case <-c.out.Wake():
		case <-tick.C:
			now := time.Now()
			c.expire(now)
			probe, err := pulse.beat(o.Heartbeat, now, c.epoch.Add(time.Duration(c.heard.Load())))
			if err != nil {
				c.s.meters.silent.Inc()
				return err
			}
			if probe {
				_ = c.out.Request(func(b []byte) []byte { return AppendActiveTest(b, c.next()) })
			}
			if !leaveUntil.IsZero() && now.After(leaveUntil) {
				return errGoodbye
			}
		case <-quit:
			quit = nil
			drainUntil = time.Now().Add(o.DrainTimeout)
			c.drain()
		case <-readDone:
			_ = c.flush(time.Second) // the answer to the gateway's farewell
			return nil
		}
		if !drainUntil.IsZero() && leaveUntil.IsZero() && c.mayLeave(time.Now().After(drainUntil)) {
			leaveUntil = time.Now().Add(terminateWait)
			_ = c.out.Request(func(b []byte) []byte { return AppendTerminate(b, c.next()) })
		}
		if err := c.flush(o.WriteTimeout); err != nil {
			return err
		}
	}
}

// next is number for others than submit.
func (c *conn) next() uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.number()
}

func (c *conn) flush(timeout time.Duration) error {
	if err := c.nc.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	if _, err := c.out.Flush(c.nc); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// drain begins the farewell: submits are refused by the session already.
func (c *conn) drain() {
	c.mu.Lock()
	c.draining = true
	c.mu.Unlock()
	c.s.set(c.index, func(st *ConnStatus) { st.State = "draining" })
}

// mayLeave reports whether nothing is open any more, or force; then nothing new may be written.
func (c *conn) mayLeave(force bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leaving || !force && c.waiting+c.owed > 0 {
		return false
	}
	c.leaving = true
	return true
}

// settled wakes a draining writer when something that it waits for is done. Under c.mu.
func (c *conn) settled() {
	if c.draining {
		c.out.Kick()
	}
}

// expire reports submits whose answer is overdue as maybe sent.
func (c *conn) expire(now time.Time) {
	var keys []uint64
	c.mu.Lock()
	if c.waiting > 0 {
		for i := range c.table {
			if p := &c.table[i]; p.open && now.Sub(p.since) >= c.s.opts.SubmitTimeout {
				p.open = false
				c.waiting--
				keys = append(keys, p.key)
			}
		}
		c.settled()
	}
	c.mu.Unlock()
	if len(keys) == 0 {
		return
	}
	c.s.release(c, len(keys))
	for _, key := range keys {
		c.s.result(carrier.Result{Key: key, Class: carrier.Ambig, Code: "timeout", At: c.s.opts.Now()})
	}
}

// pulse decides when to probe a silent peer, and when to give it up.
type pulse struct {
	probes int
	last   time.Time
}

// beat is called now and then with the moment of the last sign of life.
func (p *pulse) beat(o Heartbeat, now, heard time.Time) (probe bool, err error) {
	if !heard.Before(p.last) {
		p.probes = 0
	}
	switch {
	case p.probes == 0 && now.Sub(heard) < o.Idle, p.probes > 0 && now.Sub(p.last) < o.Wait:
		return false, nil
	case p.probes >= o.Tries:
		return false, errSilent
	}
	p.probes++
	p.last = now
	return true, nil
}
