package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Faults are ways to misbehave. Counts are per connection for …After and over the whole server for …Every, so that runs repeat; 0 is never.
type Faults struct {
	DropAfter      int // close the connection at its n-th submit, before answering that
	GarbageAfter   int // at a connection's n-th submit send bytes that are no PDU
	TerminateAfter int // at a connection's n-th submit say TERMINATE after answering it

	FlowEvery      int // refuse every n-th submit with flow control
	MuteEvery      int // accept every n-th submit without ever answering it
	DuplicateEvery int // send every n-th receipt twice
	EarlyEvery     int // send every n-th receipt at once and before its SUBMIT_RESP

	Split         bool   // write bytes in pieces of 1 to 7
	Deaf          bool   // do not answer heartbeats
	BadProof      bool   // log clients in with a wrong AuthenticatorISMG
	ConnectStatus uint32 // refuse every login with this status
}

// faults is the vocabulary of ParseFaults.
func (f *Faults) numbers() map[string]*int {
	return map[string]*int{
		"drop-after": &f.DropAfter, "garbage-after": &f.GarbageAfter, "terminate-after": &f.TerminateAfter, "flow-every": &f.FlowEvery,
		"mute-every": &f.MuteEvery, "duplicate-every": &f.DuplicateEvery, "early-every": &f.EarlyEvery,
	}
}

func (f *Faults) switches() map[string]*bool {
	return map[string]*bool{"split": &f.Split, "deaf": &f.Deaf, "bad-proof": &f.BadProof}
}

// FaultNames are the words of ParseFaults, in order.
func FaultNames() []string {
	var f Faults
	names := []string{"connect-status=N"}
	for name := range f.numbers() {
		names = append(names, name+"=N")
	}
	for name := range f.switches() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// ParseFaults reads faults as the command line gives them: "drop-after=100", "split". It complains of what it does not know.
func ParseFaults(words []string) (f Faults, err error) {
	numbers, switches := f.numbers(), f.switches()
	for _, word := range words {
		name, value, valued := strings.Cut(word, "=")
		n, bad := strconv.ParseUint(value, 10, 31)
		switch {
		case !valued && switches[name] != nil:
			*switches[name] = true
		case valued && bad == nil && numbers[name] != nil:
			*numbers[name] = int(n)
		case valued && bad == nil && name == "connect-status":
			f.ConnectStatus = uint32(n)
		default:
			return Faults{}, fmt.Errorf("unknown fault %q; there are %s", word, strings.Join(FaultNames(), ", "))
		}
	}
	return f, nil
}
