// Package carrier is what the dispatcher and the carrier protocols agree on: a part of a message to submit, its result, a receipt, a reply, and the
// classes that every result code of every protocol maps to (carriers.md §3). Each protocol is a folder below with the same shape: codec,
// session, error table. The package refuses to know tasks, tenants and storage.
package carrier

import (
	"context"
	"time"
)

// Class says what a dispatcher does about a result.
type Class uint8

// The retry classes of carriers.md §3.
const (
	OK        Class = iota // accepted: wait for the receipt
	Flow                   // too fast or queue full: same channel after back-off, slower
	Temp                   // temporary trouble at the peer: same channel later, then another
	Route                  // this channel cannot reach this number: next channel
	Dest                   // number wrong, suspended, blacklisted: final
	Content                // text or signature refused: final
	Config                 // our account or fields are wrong: open the breaker, alarm
	NoSession              // not logged in, bad version: reconnect, message back to the queue
	Bug                    // we built a bad PDU: final, alarm with the bytes
	Ambig                  // no answer, or the link was lost after the write: maybe sent
)

var classNames = [...]string{"ok", "flow", "temp", "route", "dest", "content", "config", "session", "bug", "ambig"}

// String is the class in lower case, as logs and metrics show it.
func (c Class) String() string { return classNames[c] }

// Part is one short message to put on the wire: a whole message or one part of a long one.
type Part struct {
	Key     uint64 // the dispatcher's name for it; comes back in Result
	Source  string // access number + extension, shown to the user
	Dest    string // handset, E.164 without plus: 8613800138000
	Format  uint8  // data coding of carriers.md §8: 0 ASCII, 8 UCS-2, 15 GBK
	UDH     bool   // Content begins with a user data header
	Total   uint8  // parts of the message, from 1
	Number  uint8  // this part, from 1
	Content []byte // at most 140 bytes, header included; owned by the session until the Result
	Notify  bool   // notification, not marketing: sets the priority where a protocol has one
	Expire  time.Time
}

// Result is the carrier's answer to a Part, or what became of it without one. Exactly one Result follows every Submit that returned nil.
type Result struct {
	Key   uint64
	Class Class
	Code  string // the protocol's code ("0", "8"), or "timeout", "lost"
	MsgID string // the carrier's message id, as text that identifies it on this channel; set when Class is OK
	At    time.Time
}

// Receipt is a status report of the carrier.
type Receipt struct {
	MsgID     string // as in Result.MsgID
	State     string // the carrier's word: DELIVRD, UNDELIV, MK:0001
	Final     bool
	Delivered bool
	Class     Class  // of a failure
	Dest      string // the number in the report, digits as received
	DoneTime  string // the carrier's own time, for display only
	At        time.Time
}

// Reply is a message from a handset (MO).
type Reply struct {
	From, To string
	Text     string
	At       time.Time
}

// Handler is told what the carrier says. Its methods are called from the session's reader and must return quickly: they queue, and call done
// when what they were told is durable. The session answers the carrier only then; done(err) with an error leaves the delivery
// unanswered, so that the carrier sends it again.
type Handler interface {
	Submitted(Result)
	Receipt(r Receipt, done func(error))
	Reply(r Reply, done func(error))
}

// Session is a client of one carrier account over one or more connections. Submit blocks while the window is full.
type Session interface {
	// Run connects, logs in, keeps alive and reconnects with back-off until ctx ends; then it drains: stops submits, waits for answers, says
	// goodbye, closes. Every part still unanswered gets a Result of class Ambig.
	Run(ctx context.Context) error
	// Submit waits for a free window slot on a connection that is up, registers the part and hands its bytes to the writer. An error
	// means that nothing was written: the part is the caller's again.
	Submit(ctx context.Context, p *Part) error
	// Up reports how many connections are logged in.
	Up() int
}
