package cmpp

import (
	"strings"

	"cardlink/dispatch/carrier"
)

// Stat is what a status report's word means.
type Stat struct {
	Final     bool          // the message's last word; else it only says that the message is under way
	Delivered bool          // it reached the handset
	Class     carrier.Class // of a final failure
}

// stats has the words of the protocol and the codes of the field that carriers.md §4.5 lists. The same code can mean other things on another
// channel: Options.Stats goes first.
var stats = map[string]Stat{
	"DELIVRD": {Final: true, Delivered: true, Class: carrier.OK},
	"ACCEPTD": {Class: carrier.OK},
	"EXPIRED": {Final: true, Class: carrier.Dest},
	"DELETED": {Final: true, Class: carrier.Content}, // somebody removed it: neither the number's fault nor worth repeating
	"UNDELIV": {Final: true, Class: carrier.Dest},
	"UNKNOWN": {Final: true, Class: carrier.Temp},
	"REJECTD": {Final: true, Class: carrier.Content},

	"MK:0001": {Final: true, Class: carrier.Dest}, // no such number
	"MI:0210": {Final: true, Class: carrier.Dest},
	"MI:0073": {Final: true, Class: carrier.Dest},
	"MK:0005": {Final: true, Class: carrier.Dest}, // suspended
	"MK:0013": {Final: true, Class: carrier.Dest},
	"MI:0024": {Final: true, Class: carrier.Dest}, // off or out of coverage
	"MI:0042": {Final: true, Class: carrier.Dest},
	"MI:0076": {Final: true, Class: carrier.Dest},
	"MI:0061": {Final: true, Class: carrier.Flow},
	"MI:0062": {Final: true, Class: carrier.Flow},
	"IB:0008": {Final: true, Class: carrier.Flow},
	"MA:0001": {Final: true, Class: carrier.Dest}, // blacklisted
	"DB:0144": {Final: true, Class: carrier.Dest},
	"HD:0001": {Final: true, Class: carrier.Dest},
	"DB:0142": {Final: true, Class: carrier.Dest},    // the number has had its day's share
	"MK:0115": {Final: true, Class: carrier.Content}, // taken for spam
	"NP:1243": {Final: true, Class: carrier.Route},   // ported to another network
}

// statFamilies are the codes by who speaks: M message centre, C prepaid platform, D service platform, S service provider, I next gateway; and
// A did not answer, B answered with an error, C did not report.
var statFamilies = map[string]Stat{
	"MA": {Final: true, Class: carrier.Ambig},
	"MB": {Final: true, Class: carrier.Temp},
	"MC": {Final: true, Class: carrier.Ambig},
	"CA": {Final: true, Class: carrier.Temp},
	"CB": {Final: true, Class: carrier.Temp},
	"DA": {Final: true, Class: carrier.Temp},
	"DB": {Final: true, Class: carrier.Dest}, // mostly a blacklist or a quota
	"SA": {Final: true, Class: carrier.Temp},
	"SB": {Final: true, Class: carrier.Temp},
	"IA": {Final: true, Class: carrier.Temp},
	"IB": {Final: true, Class: carrier.Temp},
	"IC": {Final: true, Class: carrier.Temp},
}

// statUnknown is for words nobody has told us of: a report that does not say DELIVRD is a failure, and not known to be the number's fault.
var statUnknown = Stat{Final: true, Class: carrier.Temp}

// StatOf is what a report's word means when the channel says nothing else.
func StatOf(word string) Stat {
	if s, ok := stats[word]; ok {
		return s
	}
	if family, _, ok := strings.Cut(word, ":"); ok {
		if s, ok := statFamilies[family]; ok {
			return s
		}
	}
	return statUnknown
}
