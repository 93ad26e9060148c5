package cmpp

import (
	"errors"
	"math/rand/v2"
	"time"

	"cardlink/dispatch/carrier"
)

// ramp is how waiting grows after a kind of failure: from least, doubling, to most.
type ramp struct{ least, most time.Duration }

// The ramps of carriers.md §2. Refused credentials do not get better by asking, and asking often gets accounts locked.
var (
	rampNetwork     = ramp{time.Second, time.Minute}
	rampCredentials = ramp{30 * time.Second, 10 * time.Minute}
	rampBusy        = ramp{5 * time.Second, 2 * time.Minute}
)

// steady is how long a connection must have been up for its end to count as a fresh start and not as the next failure in a row.
const steady = 10 * time.Second

// backoff is one connection's memory of failures.
type backoff struct {
	kind ramp
	wait time.Duration
}

// next is how long to wait after err, with jitter of 20 % either way, so that many connections do not come back together.
func (b *backoff) next(err error) time.Duration {
	kind := rampNetwork
	if refused := (*loginError)(nil); errors.As(err, &refused) {
		kind = rampBusy
		if c := ConnectClass(refused.status); c == carrier.Config || c == carrier.Bug {
			kind = rampCredentials
		}
	}
	if kind != b.kind {
		b.kind, b.wait = kind, 0
	}
	b.wait = min(max(2*b.wait, kind.least), kind.most)
	return time.Duration(float64(b.wait) * (0.8 + 0.4*rand.Float64()))
}

// reset forgets the failures.
func (b *backoff) reset() { *b = backoff{} }
