package cmpp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"cardlink/dispatch/carrier"

	"github.com/VictoriaMetrics/metrics"
)

// Verify says what to do about the gateway's proof that it knows the secret. Implementations disagree on how it is made.
type Verify string

// The values of Verify.
const (
	VerifyOff    Verify = "off"
	VerifyWarn   Verify = "warn"   // log and go on
	VerifyStrict Verify = "strict" // do not log in
)

// Fee is the charging part of SUBMIT, contract data. The zero value means: the service provider pays, free of charge for the handset.
type Fee struct {
	UserType uint8  // 0 destination, 1 source, 2 service provider (also when the whole Fee is zero), 3 Terminal
	Terminal string // who pays when UserType is 3
	Type     string // "01" (default) free, "02" per message, "03" monthly …
	Code     string // fen in six digits, default "000000"
}

// Heartbeat are the timers of carriers.md §10. Any byte received counts as life.
type Heartbeat struct {
	Idle  time.Duration // silence before the first ACTIVE_TEST, default 30 s
	Wait  time.Duration // for an answer before the next, default 10 s
	Tries int           // unanswered before the connection is given up, default 3
}

// Options describe one account at one gateway.
type Options struct {
	Name   string // of the channel, for logs and metrics; default "SPID@Addr"
	Addr   string // host:port
	SPID   string // service provider id, up to 6 characters
	Secret string

	Version   Version // V30 (default) or V20; pin what the account was opened for
	Downgrade bool    // on "version too high" speak 2.0 from then on

	ServiceID     string // Service_Id, contract data
	Source        string // access number of parts that name none
	Fee           Fee
	Level         uint8 // Msg_level of ordinary parts
	NotifyLevel   uint8 // Msg_level of parts marked Notify, default 1
	International bool  // the gateway wants numbers with 86; by default a mainland number travels as its 11 digits

	Connections int // default 2
	Window      int // unanswered submits per connection, default 16

	SubmitTimeout time.Duration // for SUBMIT_RESP, default 60 s
	DialTimeout   time.Duration // default 10 s
	LoginTimeout  time.Duration // for CONNECT_RESP, default 10 s
	WriteTimeout  time.Duration // default 10 s
	DrainTimeout  time.Duration // for open answers when Run's context ends, default 10 s; the farewell may take 3 s more
	Heartbeat     Heartbeat
	Verify        Verify // default VerifyWarn

	// MaxDeliveries is how many receipts and replies of one connection may wait for their done at once, default 4096. Beyond it they are dropped
	// unanswered and counted; the gateway sends them again.
	MaxDeliveries int

	Results map[uint32]carrier.Class // what this gateway means by its codes, ahead of ResultClass
	Stats   map[string]Stat          // ahead of StatOf

	Dial    func(ctx context.Context, network, addr string) (net.Conn, error) // default net.Dialer
	Now     func() time.Time                                                  // stamps results and logins; timers use the runtime's clock
	Log     *slog.Logger                                                      // default: none. Never gets numbers, texts or secrets
	Metrics *metrics.Set                                                      // default: none
}

// withDefaults fills in what is zero.
func (o Options) withDefaults() Options {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	num := func(n *int, v int) {
		if *n == 0 {
			*n = v
		}
	}
	if o.Name == "" {
		o.Name = o.SPID + "@" + o.Addr
	}
	if o.Version == 0 {
		o.Version = V30
	}
	if o.Fee == (Fee{}) {
		o.Fee.UserType = 2
	}
	if o.Fee.Type == "" {
		o.Fee.Type = "01"
	}
	if o.Fee.Code == "" {
		o.Fee.Code = "000000"
	}
	if o.NotifyLevel == 0 {
		o.NotifyLevel = 1
	}
	if o.Verify == "" {
		o.Verify = VerifyWarn
	}
	num(&o.Connections, 2)
	num(&o.Window, 16)
	num(&o.MaxDeliveries, 4096)
	num(&o.Heartbeat.Tries, 3)
	def(&o.Heartbeat.Idle, 30*time.Second)
	def(&o.Heartbeat.Wait, 10*time.Second)
	def(&o.SubmitTimeout, 60*time.Second)
	def(&o.DialTimeout, 10*time.Second)
	def(&o.LoginTimeout, 10*time.Second)
	def(&o.WriteTimeout, 10*time.Second)
	def(&o.DrainTimeout, 10*time.Second)
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = metrics.NewSet()
	}
	return o
}

// Validate lists everything that is wrong, defaults filled in.
func (o Options) Validate() error {
	o = o.withDefaults()
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	_, _, err := net.SplitHostPort(o.Addr)
	check(err == nil, "address %q is not host:port", o.Addr)
	check(o.SPID != "" && len(o.SPID) <= 6, "SP id must have 1 to 6 characters")
	check(o.Secret != "", "secret is empty")
	check(o.Version == V20 || o.Version == V21 || o.Version == V30, "version %#02x is not 0x20, 0x21 or 0x30", uint8(o.Version))
	check(len(o.ServiceID) <= 10, "service id has more than 10 characters")
	check(len(o.Source) <= 21, "source number has more than 21 digits")
	check(o.Fee.UserType <= 3, "fee user type %d is not 0 to 3", o.Fee.UserType)
	check(len(o.Fee.Terminal) <= 21, "fee terminal has more than 21 digits")
	check(len(o.Fee.Type) == 2, "fee type %q is not two digits", o.Fee.Type)
	check(len(o.Fee.Code) <= 6, "fee code %q has more than six digits", o.Fee.Code)
	check(o.Connections > 0 && o.Connections <= 64, "connections %d is not 1 to 64", o.Connections)
	check(o.Window > 0 && o.Window <= 1024, "window %d is not 1 to 1024", o.Window)
	check(o.MaxDeliveries > 0, "max deliveries %d is not positive", o.MaxDeliveries)
	check(o.Heartbeat.Idle > 0 && o.Heartbeat.Wait > 0 && o.Heartbeat.Tries > 0, "heartbeat idle, wait and tries must be positive")
	for name, d := range map[string]time.Duration{"submit": o.SubmitTimeout, "dial": o.DialTimeout, "login": o.LoginTimeout,
		"write": o.WriteTimeout, "drain": o.DrainTimeout} {
		check(d > 0, "%s timeout must be positive", name)
	}
	check(o.Verify == VerifyOff || o.Verify == VerifyWarn || o.Verify == VerifyStrict, "verify %q is not off, warn or strict", o.Verify)
	for code := range o.Results {
		check(code != ResultOK, "result 0 cannot be given another class")
	}
	return errors.Join(errs...)
}
