package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cardlink/dispatch/carrier/sim"
)

// CarrierSimCmd runs a carrier simulator until the context ends.
type CarrierSimCmd struct {
	Listen  string   `help:"Address for CMPP clients." default:"127.0.0.1:7890" env:"CARDLINK_SIM_LISTEN"`
	Account []string `help:"SP id and secret, as 901234:secret; several times for more accounts." default:"901234:secret" sep:"none" env:"CARDLINK_SIM_ACCOUNT"`
	Version string   `help:"Highest CMPP version spoken: ${enum}." enum:"2.0,3.0" default:"3.0" env:"CARDLINK_SIM_VERSION"`

	Rate          int      `help:"Messages per account in any second; more are answered with flow control (8). 0: no limit." default:"0" env:"CARDLINK_SIM_RATE"`
	Window        int      `help:"Unanswered submits per connection." default:"16" env:"CARDLINK_SIM_WINDOW"`
	Connections   int      `help:"Connections per account. 0: no limit." default:"0" env:"CARDLINK_SIM_CONNECTIONS"`
	ServiceID     string   `help:"The only Service_Id accepted." env:"CARDLINK_SIM_SERVICE_ID"`
	AccessNumber  string   `help:"What source numbers must begin with." env:"CARDLINK_SIM_ACCESS_NUMBER"`
	ResponseAfter simDelay `help:"Time before a submit is answered, such as 5ms or 5ms-50ms." default:"0s" env:"CARDLINK_SIM_RESPONSE_AFTER"`
	DeliverAfter  simDelay `help:"Time before the status report, such as 500ms or 1s-5s." default:"500ms" env:"CARDLINK_SIM_DELIVER_AFTER"`
	ShortReports  bool     `help:"Send reports with 21-byte numbers in 3.0 too, as many gateways do." env:"CARDLINK_SIM_SHORT_REPORTS"`
	Mix           []string `help:"Shares of report states other than DELIVRD, such as UNDELIV=0.02,NONE=0.01 (NONE: no report)." env:"CARDLINK_SIM_MIX"`
	Fault         []string `help:"Ways to misbehave, such as drop-after=100 or split; an unknown word lists them." env:"CARDLINK_SIM_FAULT"`

	HTTP  string `name:"http" help:"Address that shows /messages and /stats and takes POST /replies. It has no access control." placeholder:"ADDR" env:"CARDLINK_SIM_HTTP"`
	Keep  int    `help:"Latest messages kept for --http." default:"1024" env:"CARDLINK_SIM_KEEP"`
	Quiet bool   `help:"Do not print messages." env:"CARDLINK_SIM_QUIET"`
	JSON  bool   `help:"Print JSON lines instead of text." env:"CARDLINK_SIM_JSON"`
}

// Run serves until ctx ends, then prints what happened.
func (c CarrierSimCmd) Run(ctx context.Context, s streams) (err error) {
	o, err := c.options()
	if err != nil {
		return err
	}
	out := newSimPrinter(s.out, c.JSON)
	defer out.close()
	if !c.Quiet {
		o.OnMessage = out.message
	}
	srv, err := sim.Start(o)
	if err != nil {
		return err
	}
	ready := map[string]any{"event": "listening", "cmpp": srv.Addr()}
	line := "carrier simulator listening on " + srv.Addr()
	var web *http.Server
	var serving sync.WaitGroup
	if c.HTTP != "" {
		ln, err := net.Listen("tcp", c.HTTP)
		if err != nil {
			return errors.Join(err, srv.Close())
		}
		web = &http.Server{Handler: srv.Handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
		serving.Go(func() { _ = web.Serve(ln) })
		ready["http"] = "http://" + ln.Addr().String()
		line += ", messages at http://" + ln.Addr().String() + "/messages"
	}
	out.line(line, ready)
	err = srv.Run(ctx)
	if web != nil {
		err = errors.Join(err, web.Close())
		serving.Wait()
	}
	st := srv.Stats()
	out.line(fmt.Sprintf("accepted %d messages, refused %d submits, flow control %d, delivered %d reports and replies", st.Accepted, st.Refused, st.Flow, st.Acked),
		map[string]any{"event": "stopped", "stats": st})
	return err
}

// options turns flags into the simulator's options, with every complaint at once.
func (c CarrierSimCmd) options() (sim.Options, error) {
	faults, err := sim.ParseFaults(c.Fault)
	errs := []error{err}
	o := sim.Options{
		Addr: c.Listen, Accounts: map[string]string{}, Version: sim.V30, Rate: c.Rate, Window: c.Window, MaxConnections: c.Connections,
		ServiceID: c.ServiceID, AccessNumber: c.AccessNumber, ResponseAfter: sim.Delay(c.ResponseAfter), DeliverAfter: sim.Delay(c.DeliverAfter),
		ShortReports: c.ShortReports, Faults: faults, Keep: c.Keep,
	}
	if c.Version == "2.0" {
		o.Version = sim.V20
	}
	if c.HTTP == "" {
		o.Keep = -1
	}
	for _, word := range c.Account {
		id, secret, ok := strings.Cut(word, ":")
		if !ok {
			errs = append(errs, errors.New("an account is an SP id, a colon and a secret"))
		}
		o.Accounts[id] = secret
	}
	for _, word := range c.Mix {
		stat, share, _ := strings.Cut(word, "=")
		n, err := strconv.ParseFloat(share, 64)
		if err != nil {
			errs = append(errs, fmt.Errorf("mix %q is not STATE=SHARE with a share from 0 to 1", word))
		}
		if stat == "NONE" {
			stat = ""
		}
		o.Mix = append(o.Mix, sim.Share{Stat: stat, Share: n})
	}
	return o, errors.Join(append(errs, o.Validate())...)
}

// simDelay is a duration or a span of two.
type simDelay sim.Delay

// UnmarshalText reads "500ms" and "1s-5s".
func (d *simDelay) UnmarshalText(text []byte) (err error) {
	low, high, span := strings.Cut(string(text), "-")
	if d.Min, err = time.ParseDuration(low); err != nil {
		return err
	}
	d.Max = d.Min
	if span {
		d.Max, err = time.ParseDuration(high)
	}
	if err == nil && (d.Min < 0 || d.Max < d.Min) {
		err = fmt.Errorf("%q is not a span of time", text)
	}
	return err
}

// simPrinter prints messages without holding up the connections they came over: those that it cannot keep up with are counted, not printed.
type simPrinter struct {
	out     io.Writer
	json    bool
	queue   chan sim.Message
	skipped atomic.Int64
	done    chan struct{}
	mu      sync.Mutex // of out
}

func newSimPrinter(out io.Writer, asJSON bool) *simPrinter {
	p := &simPrinter{out: out, json: asJSON, queue: make(chan sim.Message, 1024), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		for m := range p.queue {
			p.print(m)
			if n := p.skipped.Swap(0); n > 0 {
				p.line(fmt.Sprintf("… %d more, too fast to print", n), map[string]any{"event": "skipped", "messages": n})
			}
		}
	}()
	return p
}

func (p *simPrinter) message(m sim.Message) {
	select {
	case p.queue <- m:
	default:
		p.skipped.Add(1)
	}
}

func (p *simPrinter) print(m sim.Message) {
	stat := m.Stat
	if stat == "" {
		stat = "no report"
	}
	m.Dest = maskNumber(m.Dest)
	p.line(fmt.Sprintf("%s  %s → %s  [%d]  %s  %s", m.At.Format("15:04:05.000"), m.Source, m.Dest, m.Parts, stat, strconv.Quote(m.Text)),
		map[string]any{"event": "message", "message": m})
}

// line prints text, or v as JSON.
func (p *simPrinter) line(text string, v any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.json {
		_ = json.NewEncoder(p.out).Encode(v) // a closed terminal is no reason to stop
		return
	}
	_, _ = fmt.Fprintln(p.out, text)
}

// close prints what is left and ends the printing goroutine. Nobody may call message any more.
func (p *simPrinter) close() {
	close(p.queue)
	<-p.done
}

// maskNumber keeps the first three and the last four digits: 138****8000.
func maskNumber(number string) string {
	if len(number) < 8 {
		return "****"
	}
	return number[:len(number)-8] + "****" + number[len(number)-4:]
}
