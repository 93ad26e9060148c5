package dispatch

import (
	"time"

	"cardlink/dispatch/carrier"
)

// Verdict is what receipts make of a message.
type Verdict struct {
	State State // Submitted = still waiting, Succeeded, Failed, Queued = send again
	Code  string
}

// Settled is a part with its receipt: state and code as in the ledger, class of a failure.
type Settled struct {
	State PartState
	Code  string
	Class carrier.Class
}

// Settle decides a submitted message by all parts of its last try (carriers.md §8): delivered when every part is, failed when one is.
// A failure that the carrier blames on its load, or once on itself, is sent again if an attempt is left and the message still valid: the failed
// copy will not be delivered any more.
func Settle(parts []Settled, attempts int, now, expire time.Time) Verdict {
	delivered := 0
	for _, p := range parts {
		switch p.State {
		case PartUndelivered:
			again := p.Class == carrier.Flow && attempts < maxAttempts || p.Class == carrier.Temp && attempts < 2
			if again && now.Before(expire) {
				return Verdict{Queued, p.Code}
			}
			return Verdict{Failed, p.Code}
		case PartDelivered:
			delivered++
		}
	}
	if delivered == len(parts) && delivered > 0 {
		return Verdict{Succeeded, parts[0].Code}
	}
	return Verdict{State: Submitted}
}

// Doubt decides about a message whose fate is unknown: notifications are sent once more after ResendAfter unless a receipt comes, others wait
// for the receipt. attempts includes the doubtful one.
func Doubt(class Class, maybeDup bool, attempts int, now, expire time.Time) (State, time.Time) {
	if class.Resend() && !maybeDup && attempts < maxAttempts && now.Add(ResendAfter).Before(expire) {
		return DoubtfulUp, now.Add(ResendAfter)
	}
	return Doubtful, now.Add(ReceiptLimit)
}
