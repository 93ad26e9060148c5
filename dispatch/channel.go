package dispatch

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"cardlink/dispatch/carrier"
)

// Channel is one carrier account as the dispatcher sees it. How it is reached (host, account, secret) is the protocol's matter and stands
// beside these settings in the configuration file.
type Channel struct {
	Name     string `yaml:"name"`     // unique; label of metrics, key of the ledger
	Protocol string `yaml:"protocol"` // cmpp, …; read by whoever makes the session
	Number   string `yaml:"number"`   // access number, 1-21 digits: the channel_num of signatures
	Rate     int    `yaml:"rate"`     // contracted messages (parts) per second, at least 1
	// Carriers this channel reaches: cmcc, cucc, ctcc. Empty = all. Numbers of other carriers use it only if no other channel with the same
	// access number serves them.
	Carriers []string `yaml:"carriers"`
	// Kinds this channel may carry: notify, marketing. Empty = both.
	Kinds []string `yaml:"kinds"`
	// Margin is added to one second between message k and message k-Rate; default 5 ms.
	Margin time.Duration `yaml:"margin"`
	// Encoding says how texts are written and cut.
	Encoding carrier.Encoding `yaml:"encoding"`
}

func (c *Channel) serves(network string) bool {
	return len(c.Carriers) == 0 || slices.Contains(c.Carriers, network)
}

func (c *Channel) carries(kind string) bool {
	return len(c.Kinds) == 0 || slices.Contains(c.Kinds, kind)
}

// Validate reports every broken rule of one channel.
func (c *Channel) Validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("channel %q: "+format, append([]any{c.Name}, args...)...))
	}
	if c.Name == "" || len(c.Name) > 40 || !plainName(c.Name) {
		bad("name must be 1-40 letters, digits, - or _")
	}
	if len(c.Number) < 1 || len(c.Number) > 21 || !digits(c.Number) {
		bad("number must be 1-21 digits")
	}
	if c.Rate < 1 || c.Rate > 100_000 {
		bad("rate must be 1-100000 messages per second")
	}
	if c.Margin < 0 || c.Margin > time.Second {
		bad("margin must be at most one second")
	}
	for _, n := range c.Carriers {
		if !slices.Contains([]string{CMCC, CUCC, CTCC, Unknown}, n) {
			bad("carriers: %q is none of cmcc, cucc, ctcc, unknown", n)
		}
	}
	for _, k := range c.Kinds {
		if k != "notify" && k != "marketing" {
			bad("kinds: %q is neither notify nor marketing", k)
		}
	}
	return errors.Join(errs...)
}

func validateChannels(cs []Channel) error {
	var errs []error
	seen := make(map[string]bool, len(cs))
	for i := range cs {
		errs = append(errs, cs[i].Validate())
		if seen[cs[i].Name] {
			errs = append(errs, fmt.Errorf("channel %q is configured twice", cs[i].Name))
		}
		seen[cs[i].Name] = true
	}
	return errors.Join(errs...)
}

// numberFor is the access number that an approved signature of a kind gets: that of the first channel which carries the kind.
func numberFor(cs []Channel, kind string) (string, bool) {
	for i := range cs {
		if cs[i].carries(SMSKind(kind)) {
			return cs[i].Number, true
		}
	}
	return "", false
}

// homeRoute is the queue that a message waits in when any channel of its number may take it.
func homeRoute(number, kind, network string) string {
	return number + "/" + SMSKind(kind) + "/" + network
}

// pinnedRoute is the queue of one channel: messages that must be tried there next.
func pinnedRoute(channel string) string { return "@" + channel }

func plainName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.') {
			return false
		}
	}
	return true
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
