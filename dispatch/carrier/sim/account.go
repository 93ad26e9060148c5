package sim

import (
	"sync"
	"time"

	"cardlink/dispatch/carrier/cmpp"
)

// tries is how often a delivery is sent before it is given up.
const tries = 3

// receipt is a delivery to a client: a status report, or a text from a handset when text is set.
type receipt struct {
	account *account
	id      cmpp.MsgID // of the delivery
	of      cmpp.MsgID // of the message reported
	stat    string
	dest    string // the handset
	source  string // the access number
	at      time.Time
	twice   bool
	sent    int    // times
	content []byte // of a text
	format  uint8
	udhi    uint8
}

// sentDelivery is one without an answer.
type sentDelivery struct {
	r  *receipt
	at time.Time
}

// account is one client's: its connections, and what is to be delivered over any of them.
type account struct {
	id, secret string
	srv        *Server

	mu    sync.Mutex
	limit *limit // nil: none
	conns []*conn
	ready []*receipt // due, waiting for a connection with room; bounded by Options.MaxPending
	head  int
}

// take asks the rate limit for n messages.
func (a *account) take(now time.Time, n int) bool {
	if a.limit == nil {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.limit.take(now, n)
}

// leave takes a connection out; its unanswered deliveries go to another, or wait.
func (a *account) leave(c *conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.conns {
		if a.conns[i] == c {
			a.conns = append(a.conns[:i], a.conns[i+1:]...)
			break
		}
	}
	for _, d := range c.deliveries {
		a.again(d.r)
	}
	c.deliveries = nil
	a.pump()
}

// again puts a delivery back, or gives it up. Under a.mu.
func (a *account) again(r *receipt) {
	if r.sent >= tries {
		a.srv.count.abandoned.Add(1)
		a.srv.pending.Add(-1)
		return
	}
	a.ready = append(a.ready, r)
}

// deliver sends r as soon as a connection has room.
func (a *account) deliver(r *receipt) {
	a.mu.Lock()
	a.ready = append(a.ready, r)
	a.pump()
	a.mu.Unlock()
}

// answered handles a DELIVER_RESP.
func (a *account) answered(c *conn, seq uint32) {
	a.mu.Lock()
	d, ok := c.deliveries[seq]
	if ok {
		delete(c.deliveries, seq)
		a.pump()
	}
	a.mu.Unlock()
	if !ok {
		a.srv.count.stray.Add(1)
		return
	}
	if !d.r.twice {
		a.srv.pending.Add(-1) // before the count: who waits for the last answer finds nothing pending
	}
	a.srv.count.acked.Add(1)
	if d.r.twice {
		d.r.twice, d.r.sent = false, 0
		a.deliver(d.r)
	}
}

// resend takes back deliveries of c that have waited too long.
func (a *account) resend(c *conn, now time.Time, after time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for seq, d := range c.deliveries {
		if now.Sub(d.at) >= after {
			delete(c.deliveries, seq)
			a.again(d.r)
		}
	}
	a.pump()
}

// pump sends what is ready to the connections that have room, the emptiest first. Under a.mu.
func (a *account) pump() {
	for a.head < len(a.ready) {
		var best *conn
		for _, c := range a.conns {
			if len(c.deliveries) < a.srv.opts.DeliverWindow && (best == nil || len(c.deliveries) < len(best.deliveries)) {
				best = c
			}
		}
		if best == nil {
			break
		}
		r := a.ready[a.head]
		a.ready[a.head] = nil
		a.head++
		r.sent++
		best.send(r)
	}
	if a.head == len(a.ready) {
		a.ready, a.head = a.ready[:0], 0
	} else if a.head > 1024 && a.head > len(a.ready)/2 {
		a.ready = append(a.ready[:0], a.ready[a.head:]...)
		a.head = 0
	}
}
