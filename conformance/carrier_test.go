package conformance

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"cardlink/dispatch/carrier/sim"
)

// carrier is a CMPP 3.0 gateway that outlives the server. Numbers that end in 7 are not delivered.
type carrier struct {
	t    testing.TB
	srv  *sim.Server
	mu   sync.Mutex
	seen []sim.Message
}

func newCarrier(t testing.TB) *carrier {
	c := &carrier{t: t}
	var err error
	c.srv, err = sim.Start(sim.Options{
		Accounts: map[string]string{"901234": "secret"}, DeliverAfter: sim.Delay{Min: 20 * time.Millisecond, Max: 200 * time.Millisecond},
		ResendAfter: 20 * time.Second, Keep: -1, // what a killed server leaves unanswered comes again at once; a slow one has a minute before it is given up
		Outcome: func(number string) sim.Outcome {
			if undelivered(number) {
				return sim.Outcome{Stat: "UNDELIV"}
			}
			return sim.Outcome{Stat: "DELIVRD"}
		},
		OnMessage: func(m sim.Message) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.seen = append(c.seen, m)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.srv.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func undelivered(number string) bool { return strings.HasSuffix(number, "7") }

// channels is the --channels value that leads to this carrier.
func (c *carrier) channels() string {
	b, err := json.Marshal([]map[string]any{{
		"name": "cmcc", "protocol": "cmpp", "number": "10690012345", "rate": 1000, "address": c.srv.Addr(), "account": "901234", "secret": "secret",
	}})
	if err != nil {
		c.t.Fatal(err)
	}
	return string(b)
}

// messages are all messages accepted so far, long ones whole.
func (c *carrier) messages() []sim.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]sim.Message(nil), c.seen...)
}

// delivered is how many of them reached their handset.
func (c *carrier) delivered() func() int {
	return func() int {
		n := 0
		for _, m := range c.messages() {
			if !undelivered(m.Dest) {
				n++
			}
		}
		return n
	}
}
