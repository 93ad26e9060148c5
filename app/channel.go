package app

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"cardlink/dispatch"
	"cardlink/dispatch/carrier"
	"cardlink/dispatch/carrier/cmpp"
)

// Channel is one carrier account in the configuration: how fast and for whom (dispatch.Channel), and how to reach it.
type Channel struct {
	Name     string   `json:"name"`               // unique; label of metrics and key of the submit ledger
	Protocol string   `json:"protocol"`           // cmpp
	Number   string   `json:"number"`             // access number, 1-21 digits: the channel_num of signatures
	Rate     int      `json:"rate"`               // contracted messages per second
	Carriers []string `json:"carriers,omitempty"` // cmcc, cucc, ctcc; empty: all
	Kinds    []string `json:"kinds,omitempty"`    // notify, marketing; empty: both
	Margin   Span     `json:"margin,omitempty"`   // added to the second between message k and message k-rate, at most 1s; default 5ms

	Encoding ChannelText `json:"encoding,omitzero"`

	Address     string `json:"address"`               // host:port of the gateway
	Account     string `json:"account"`               // SP id
	Secret      string `json:"secret"`                // shared secret
	Version     string `json:"version,omitempty"`     // "3.0" (default) or "2.0"
	Service     string `json:"service,omitempty"`     // Service_Id, contract data
	Connections int    `json:"connections,omitempty"` // default 2
	Window      int    `json:"window,omitempty"`      // unanswered submits per connection, default 16
	Verify      string `json:"verify,omitempty"`      // of the gateway's proof: off, warn (default), strict
	// International numbers carry their 86; by default a mainland number travels as its 11 digits.
	International bool `json:"international,omitempty"`
}

func (c Channel) validate() error {
	var errs []error
	if c.Protocol != "cmpp" {
		errs = append(errs, fmt.Errorf("channel %q: protocol %q is not known; use cmpp", c.Name, c.Protocol))
	}
	if c.Version != "" && c.Version != "3.0" && c.Version != "2.0" {
		errs = append(errs, fmt.Errorf("channel %q: version must be 3.0 or 2.0", c.Name))
	}
	if c.Account == "" || c.Address == "" {
		errs = append(errs, fmt.Errorf("channel %q: address and account are required", c.Name))
	}
	if err := c.Encoding.validate(); err != nil {
		errs = append(errs, fmt.Errorf("channel %q: %w", c.Name, err))
	}
	d := c.dispatch()
	return errors.Join(append(errs, d.Validate())...)
}

func (c Channel) dispatch() dispatch.Channel {
	return dispatch.Channel{
		Name: c.Name, Protocol: c.Protocol, Number: c.Number, Rate: c.Rate, Carriers: c.Carriers, Kinds: c.Kinds, Margin: time.Duration(c.Margin),
		Encoding: c.Encoding.encoding(),
	}
}

// sessions makes the carrier sessions of the configured channels: the one place that knows which protocols there are.
type sessions struct {
	channels map[string]Channel
	log      *slog.Logger
	metrics  *metrics.Set
	now      func() time.Time
}

func (s sessions) open(ch dispatch.Channel, h carrier.Handler) (carrier.Session, error) {
	c := s.channels[ch.Name]
	o := cmpp.Options{
		Name: c.Name, Addr: c.Address, SPID: c.Account, Secret: c.Secret, ServiceID: c.Service, Source: c.Number,
		Connections: c.Connections, Window: c.Window, Verify: cmpp.Verify(c.Verify), International: c.International,
		Now: s.now, Log: s.log, Metrics: s.metrics,
	}
	if c.Version == "2.0" {
		o.Version = cmpp.V20
	}
	return cmpp.New(o, h)
}
