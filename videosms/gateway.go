package videosms

import (
	"context"
	"errors"
	"time"
)

// Gateway hands messages to carriers. Engines: httpmms, an operator's gateway over HTTP, and sim, a simulated carrier. Reports come back through
// Service.Report.
type Gateway interface {
	// Submit hands over messages of one template and tells what became of each. A message that the outcomes leave out, and every message if there is an error, may
	// or may not have been taken, unless the error wraps ErrUnsent: then none was. Submit ends when ctx does.
	Submit(ctx context.Context, b Batch) ([]Outcome, error)
	// Repeatable reports whether a message that was taken is recognised by its id when it is submitted again, so that repeating is harmless.
	Repeatable() bool
}

// ErrUnsent says that no message of a batch has reached the gateway.
var ErrUnsent = errors.New("not submitted")

// Pause is an ErrUnsent by which the gateway asked for a rest.
type Pause struct {
	For time.Duration
	Err error
}

// Error is the cause.
func (p *Pause) Error() string { return "the gateway asks for a pause: " + p.Err.Error() }

// Unwrap makes it an ErrUnsent.
func (p *Pause) Unwrap() []error { return []error{ErrUnsent, p.Err} }

// Batch is messages of one template.
type Batch struct {
	Template *Template // not to be changed
	Messages []Outgoing
}

// Outgoing is a message on its way.
type Outgoing struct {
	ID       string // unique for ever, the same for every try
	Phone    string // +86…
	Carrier  string // cmcc, cucc, ctcc, unknown
	Values   Values
	ExpireAt time.Time // the carrier need not try longer
}

// Frames are the frames as this recipient sees them.
func (o *Outgoing) Frames(t *Template) []Frame {
	out := make([]Frame, len(t.Frames))
	for i, f := range t.Frames {
		out[i].Elements = make([]Element, len(f.Elements))
		for j, e := range f.Elements {
			if e.Type == "txt" {
				e.Text = fill(e.Text, o.Values)
			} else if v, ok := o.Values[e.Var]; ok && e.Var != "" {
				e.Media = v.Media
			}
			out[i].Elements[j] = e
		}
	}
	return out
}

// Outcome is what became of one message.
type Outcome struct {
	ID        string
	Verdict   Verdict // Taken, Refused, Later or Unknown
	CarrierID string  // of Taken
	Code      string  // of Refused
}

// Report is a carrier's final word on a message.
type Report struct {
	ID        string // Outgoing.ID
	CarrierID string // may be empty
	Delivered bool
	Code      string    // the carrier's word; DELIVRD is what customers read of a delivered one
	At        time.Time // zero = now
}

// Uplink is an answer from a handset.
type Uplink struct {
	Ref     string    // the gateway's name for the answer, unique
	ID      string    // Outgoing.ID that is answered to; "" = the newest message to the number
	From    string    // +86…; needed without ID
	Content string    // at most 1000 characters are kept
	At      time.Time // zero = now
}

// Tally counts what became of reports or uplinks.
type Tally struct {
	Applied   int
	Duplicate int // told before
	Late      int // the message had timed out
	Conflict  int // another final state was there first
	Unmatched int // of no message that was ever handed over
}
