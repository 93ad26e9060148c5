package sim

import (
	"strings"

	"cardlink/dispatch/carrier/cmpp"

	"github.com/cespare/xxhash/v2"
)

// Outcome is what becomes of a message.
type Outcome struct {
	Result uint32 // of SUBMIT_RESP; not 0: nothing else happens
	Stat   string // of the status report; empty: none comes
}

// Share is a part of all messages that ends in a state other than DELIVRD. An empty state means that no report comes.
type Share struct {
	Stat  string
	Share float64 // 0…1
}

// outcomes are chosen by the last four digits of the number, so that a test says by its numbers what is to happen.
var outcomes = map[string]Outcome{
	"0404": {Stat: "UNDELIV"},
	"0408": {}, // no report
	"0409": {Stat: "EXPIRED"},
	"0410": {Stat: "MK:0001"}, // no such number
	"0403": {Stat: "REJECTD"},
	"0451": {Stat: "MK:0115"}, // taken for spam
	"0480": {Stat: "IB:0008"}, // flow control, said afterwards
	"0444": {Stat: "MA:0002"}, // message centre does not answer
	"0500": {Stat: "UNKNOWN"},
	"0502": {Stat: "DB:0144"}, // blacklisted

	"0901": {Result: cmpp.ResultStructure},
	"0905": {Result: cmpp.ResultFeeCode},
	"0906": {Result: cmpp.ResultTooLong},
	"0908": {Result: cmpp.ResultFlow},
	"0909": {Result: cmpp.ResultOther},
	"0910": {Result: cmpp.ResultSource},
	"0913": {Result: cmpp.ResultDest},
	"0950": {Result: 150}, // a vendor's own
}

// OutcomeOf decides by the last four digits: …0404 UNDELIV, …0408 no report, …0409 EXPIRED, …0908 flow control and so on
// (docs/carriers.md lists them all); any other number is delivered.
func OutcomeOf(number string) Outcome {
	if len(number) >= 4 {
		if o, ok := outcomes[number[len(number)-4:]]; ok {
			return o
		}
	}
	return Outcome{Stat: "DELIVRD"}
}

// mixed gives a delivered number its share of other states. The same number always has the same fate.
func mixed(mix []Share, number string, o Outcome) Outcome {
	if len(mix) == 0 || o.Result != 0 || o.Stat != "DELIVRD" {
		return o
	}
	at := float64(xxhash.Sum64String(strings.TrimPrefix(number, "86"))>>11) / (1 << 53)
	for _, s := range mix {
		if at -= s.Share; at < 0 {
			o.Stat = s.Stat
			break
		}
	}
	return o
}
