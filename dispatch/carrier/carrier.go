// Package carrier is what the dispatcher and the carrier protocols agree on: a part of a message to submit, its result, a receipt, a reply, and the
// classes that every result code of every protocol maps to (carriers.md §3). Each protocol is a folder below with the same shape: codec,
// session, error table. The package refuses to know tasks, tenants and storage.
package carrier

import (
	"context"
	"errors"
	"time"
)

// What Submit, SubmitParts, Reserve and Slots.Submit fail with, besides the context's own error. After any of them nothing was written.
var (
	// ErrClosed: the session is draining or has ended, and will take nothing more.
	ErrClosed = errors.New("carrier: session closed")
	// ErrLost: the connection that held the slots went away before the parts were written. Reserve again.
	ErrLost = errors.New("carrier: connection lost before writing")
	// ErrInvalid: the part does not fit the protocol (a number too long, content over the limit). It never will: class Bug.
	ErrInvalid = errors.New("carrier: part does not fit the protocol")
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

// Reply is a message from a handset (MO), or one part of a long one. Parts may come over different connections, in any order: whoever joins
// them does so by (From, To, Ref, Total).
type Reply struct {
	MsgID    string // the carrier's id of this delivery; a repeat carries the same
	From, To string
	Text     string
	Ref      uint16 // concatenation reference; meaningful when Total > 1
	Total    uint8  // parts of the message; 0 or 1 when whole
	Number   uint8  // this part, from 1
	At       time.Time
}

// Handler is told what the carrier says. Its methods are called from the session's own goroutines, several connections at once, and must
// return quickly: they queue, and call done, from any goroutine, when what they were told is durable. The session answers the carrier only
// then; done(err) with an error leaves the delivery unanswered, so that the carrier sends it again. A Result may arrive before
// the Submit that caused it has returned, and a Receipt before its Result.
type Handler interface {
	Submitted(Result)
	Receipt(r Receipt, done func(error))
	Reply(r Reply, done func(error))
}

// Session is a client of one carrier account over one or more connections.
//
// Submit and SubmitParts are enough where nothing paces. A pacer uses Reserve: a window slot first, then the rate token, then
// Slots.Submit, so that the token's moment is the moment of writing and none is spent while the window is full.
type Session interface {
	// Run connects, logs in, keeps alive and reconnects with back-off until ctx ends; then it drains: stops submits, waits for answers, says
	// goodbye, closes. Every part still unanswered gets a Result of class Ambig. It is called once.
	Run(ctx context.Context) error
	// Submit waits for a free window slot on a connection that is up, registers the part and hands its bytes to the writer. An error
	// means that nothing was written: the part is the caller's again.
	Submit(ctx context.Context, p *Part) error
	// SubmitParts submits the parts of one long message over one connection, back to back, nothing in between. It waits until the window has
	// room for all of them. A message of more parts than the window holds goes out window by window; if its connection is lost
	// on the way, the parts not yet written get a Result of class NoSession and code "unsent".
	SubmitParts(ctx context.Context, parts []*Part) error
	// Reserve waits for n free slots (at most the window's size) on one connection that is up and holds them until Slots.Submit or
	// Slots.Release, one of which must follow soon: held slots are throughput lost.
	Reserve(ctx context.Context, n int) (Slots, error)
	// Up reports how many connections are logged in.
	Up() int
}

// Slots are window slots held on one connection. They are used once, by one goroutine.
type Slots interface {
	// Submit registers the parts and hands their bytes to the writer without waiting (unless there are more parts than slots: then
	// as SubmitParts). Slots left over are given back. Errors: ErrLost, ErrClosed, ErrInvalid; nothing was written then.
	Submit(ctx context.Context, parts ...*Part) error
	// Release gives the slots back unused. After Submit it does nothing.
	Release()
}
