package sim

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"cardlink/dispatch/carrier/cmpp"
)

// The versions for Options.Version, so that whoever starts a simulator need not import the codec.
const (
	V20 = cmpp.V20
	V30 = cmpp.V30
)

// Delay is a span of time to choose from, evenly. Max below Min means exactly Min.
type Delay struct{ Min, Max time.Duration }

// Options of a Server. Accounts is all that must be set.
type Options struct {
	Addr     string            // to listen on, default 127.0.0.1:0
	Listener net.Listener      // instead of Addr; the server closes it
	Accounts map[string]string // SP id → secret

	Version        cmpp.Version  // the highest spoken, default 3.0
	MaxConnections int           // per account; beyond it a login gets status 5. 0: no limit
	ClockTolerance time.Duration // a login whose time stamp is further off gets status 3. 0: not looked at
	ServiceID      string        // if set, any other Service_Id gets result 7
	AccessNumber   string        // if set, a Src_Id that does not begin with it gets result 10

	Window int // unanswered submits per connection, default 16; one more gets result 8 and counts as a violation
	Rate   int // messages (parts × destinations) per account in any second; one more gets result 8. 0: no limit

	ResponseAfter Delay         // before SUBMIT_RESP
	DeliverAfter  Delay         // before the status report
	DeliverWindow int           // unanswered deliveries per connection, default 16
	ResendAfter   time.Duration // for an unanswered delivery, default 60 s; three times in all
	ShortReports  bool          // reports with 21-byte numbers in 3.0 too, as many gateways send

	Outcome func(number string) Outcome // what becomes of a message to a number, default OutcomeOf
	Mix     []Share                     // ahead of Outcome's "delivered": shares of other report states, by hash of the number

	Heartbeat time.Duration // silence before we probe the client; after two more of it we close. 0: never
	Faults    Faults

	Keep       int           // latest messages kept for Accepted, default 1024; negative: none
	MaxPending int           // receipts under way, default 1<<20; beyond it submits get result 8
	OnMessage  func(Message) // told of each message accepted, whole; called from connections' goroutines, and must return quickly
	Log        *slog.Logger  // default: none
}

func (o Options) withDefaults() Options {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Version == 0 {
		o.Version = cmpp.V30
	}
	for _, n := range []struct {
		v *int
		d int
	}{{&o.Window, 16}, {&o.DeliverWindow, 16}, {&o.Keep, 1024}, {&o.MaxPending, 1 << 20}} {
		if *n.v == 0 {
			*n.v = n.d
		}
	}
	if o.ResendAfter == 0 {
		o.ResendAfter = time.Minute
	}
	if o.Outcome == nil {
		o.Outcome = OutcomeOf
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Validate lists everything that is wrong.
func (o Options) Validate() error {
	o = o.withDefaults()
	var errs []error
	if len(o.Accounts) == 0 {
		errs = append(errs, errors.New("no account: name at least one SP id and secret"))
	}
	for id, secret := range o.Accounts {
		if id == "" || len(id) > 6 || secret == "" {
			errs = append(errs, fmt.Errorf("account %q: SP ids have 1 to 6 characters, secrets at least one", id))
		}
	}
	if o.Window < 0 || o.DeliverWindow < 0 || o.Rate < 0 || o.MaxPending < 0 || o.MaxConnections < 0 {
		errs = append(errs, errors.New("windows, rate and limits cannot be negative"))
	}
	sum := 0.0
	for _, s := range o.Mix {
		sum += s.Share
		if s.Share < 0 || len(s.Stat) > 7 {
			errs = append(errs, fmt.Errorf("mix %s=%v: shares are not negative, states have at most 7 characters", s.Stat, s.Share))
		}
	}
	if sum > 1 {
		errs = append(errs, fmt.Errorf("mix adds up to %v, more than 1", sum))
	}
	return errors.Join(errs...)
}
