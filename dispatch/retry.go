package dispatch

import (
	"time"

	"cardlink/dispatch/carrier"
)

const (
	maxAttempts = 3  // tries that count, per message (carriers.md §3)
	maxFlow     = 30 // FLOW answers per message
	maxTries    = 60 // tries of any kind: the ledger's key has room for 255
)

// tempDelays are the waits before the next try on the same channel after temporary trouble; when they are used up, the next channel is tried.
var tempDelays = [...]time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute}

// flowSpill is how long a message bears FLOW on one channel before it tries the next.
const flowSpill = 5 * time.Second

// where a message goes next.
type where uint8

const (
	toReceipt where = iota // accepted: wait
	again                  // same channel
	next                   // next channel, else home
	never                  // final failure
	doubt                  // fate unknown
)

// policy is what a class of result means for a message and for its channel (carriers.md §3), as data.
type policy struct {
	to      where
	counts  bool // the try counts as an attempt
	avoid   bool // this channel is not tried again
	breaker bool // opens the channel's breaker at once
	alarm   bool // somebody must look
}

var policies = [...]policy{
	carrier.OK:        {to: toReceipt, counts: true},
	carrier.Flow:      {to: again},
	carrier.Temp:      {to: again, counts: true},
	carrier.Route:     {to: next, counts: true, avoid: true},
	carrier.Dest:      {to: never, counts: true},
	carrier.Content:   {to: never, counts: true},
	carrier.Config:    {to: next, breaker: true, alarm: true},
	carrier.NoSession: {to: again},
	carrier.Bug:       {to: never, counts: true, alarm: true},
	carrier.Ambig:     {to: doubt, counts: true},
}

// worst orders classes within one try of a long message: what decides about the whole.
var worst = [...]int{
	carrier.OK: 0, carrier.Flow: 1, carrier.Temp: 2, carrier.Route: 3, carrier.NoSession: 4, carrier.Config: 5, carrier.Dest: 7,
	carrier.Content: 8, carrier.Bug: 9, carrier.Ambig: 6,
}

// step is the decision about a message after a try.
type step struct {
	to       where
	delay    time.Duration
	attempts int  // after this try
	avoid    bool // add the channel to those not to be tried again
	code     string
}

// judge decides what follows a try. temps and flows count the earlier answers of that class on this channel, flowing is for how long.
func judge(class carrier.Class, code string, attempts, tries, temps, flows int, flowing time.Duration, now, expire time.Time) step {
	p := policies[class]
	s := step{to: p.to, attempts: attempts, avoid: p.avoid, code: code}
	if p.counts {
		s.attempts++
	}
	switch class {
	case carrier.Temp:
		if temps >= len(tempDelays) {
			s.to, s.avoid = next, true
		} else {
			s.delay = tempDelays[temps]
		}
	case carrier.Flow:
		s.delay = 200 * time.Millisecond
		if flows+1 >= maxFlow {
			s.to = never
		} else if flowing > flowSpill {
			s.to = next
		}
	case carrier.NoSession:
		s.delay = time.Second
	}
	if s.to == again || s.to == next {
		if p.counts && s.attempts >= maxAttempts || tries >= maxTries {
			s.to = never
		}
		if !now.Add(s.delay).Before(expire) { // validity beats retry
			s.to, s.code = never, codeExpired
		}
	}
	return s
}

// Codes of failures that no carrier gave.
const (
	codeExpired = "EXPIRED" // could not be sent within its validity
	codeNoRoute = "NOROUTE" // every channel refused to reach the number
	codeTooLong = "TOOLONG" // more parts than a message may have

	// CodeBlocked is the code of marketing that was not sent because its recipient wants none (api.md §21).
	CodeBlocked = "MBBLACK"
	// CodeTimeout is the code of a message that no receipt came for.
	CodeTimeout = "TIMEOUT"
)
