package cmpp

import (
	"errors"
	"io"
	"sync"
)

// ErrOutboxFull means that the peer reads more slowly than it makes us write. Close the connection.
var ErrOutboxFull = errors.New("cmpp: peer does not read")

// Outbox gathers the PDUs of one connection, so that what comes together is written together. Any goroutine appends; one goroutine flushes.
// Answers to the peer go ahead of requests and never wait behind them.
type Outbox struct {
	wake  chan struct{}
	limit int

	mu       sync.Mutex
	answers  []byte
	requests []byte

	writing []byte // the flusher's own
}

// NewOutbox is an outbox that holds at most limit bytes; more is ErrOutboxFull.
func NewOutbox(limit int) *Outbox { return &Outbox{limit: limit, wake: make(chan struct{}, 1)} }

// Answer appends what f appends ahead of all requests. f runs under the outbox's lock.
func (o *Outbox) Answer(f func(dst []byte) []byte) error {
	o.mu.Lock()
	o.answers = f(o.answers)
	return o.added()
}

// Request appends what f appends. f runs under the outbox's lock.
func (o *Outbox) Request(f func(dst []byte) []byte) error {
	o.mu.Lock()
	o.requests = f(o.requests)
	return o.added()
}

func (o *Outbox) added() error {
	full := len(o.answers)+len(o.requests) > o.limit
	o.mu.Unlock()
	o.Kick()
	if full {
		return ErrOutboxFull
	}
	return nil
}

// Kick makes Wake fire although nothing was appended.
func (o *Outbox) Kick() {
	select {
	case o.wake <- struct{}{}:
	default: // it will fire already
	}
}

// Wake fires after something was appended.
func (o *Outbox) Wake() <-chan struct{} { return o.wake }

// Flush writes what has gathered with one call of w.Write, and reports whether there was anything.
func (o *Outbox) Flush(w io.Writer) (wrote bool, err error) {
	o.mu.Lock()
	if len(o.answers)+len(o.requests) == 0 {
		o.mu.Unlock()
		return false, nil
	}
	o.writing, o.answers = o.answers, o.writing[:0]
	o.writing = append(o.writing, o.requests...)
	o.requests = o.requests[:0]
	o.mu.Unlock()
	_, err = w.Write(o.writing)
	return true, err
}
