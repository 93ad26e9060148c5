package cmpp

import "cardlink/dispatch/carrier"

// Results of SUBMIT_RESP that the rest of the house names (carriers.md §4.3).
const (
	ResultOK        uint32 = 0
	ResultStructure uint32 = 1
	ResultCommand   uint32 = 2
	ResultSequence  uint32 = 3
	ResultLength    uint32 = 4
	ResultFeeCode   uint32 = 5
	ResultTooLong   uint32 = 6
	ResultService   uint32 = 7
	ResultFlow      uint32 = 8
	ResultOther     uint32 = 9 // 3.0: number not served here; 2.0: other error
	ResultSource    uint32 = 10
	ResultMsgSrc    uint32 = 11
	ResultFeeNumber uint32 = 12
	ResultDest      uint32 = 13
)

// resultClasses is the table of carriers.md §4.3. A session never sends the same PDU twice over one connection, so result 3 speaks of a
// fresh one and is our mistake.
var resultClasses = [...]carrier.Class{
	ResultOK:        carrier.OK,
	ResultStructure: carrier.Bug,
	ResultCommand:   carrier.Bug,
	ResultSequence:  carrier.Bug,
	ResultLength:    carrier.Bug,
	ResultFeeCode:   carrier.Config,
	ResultTooLong:   carrier.Content,
	ResultService:   carrier.Config,
	ResultFlow:      carrier.Flow,
	ResultOther:     carrier.Route,
	ResultSource:    carrier.Config,
	ResultMsgSrc:    carrier.Config,
	ResultFeeNumber: carrier.Config,
	ResultDest:      carrier.Dest,
}

// ResultClass is what a result means when the channel says nothing else. Codes that the protocol reserves or leaves to vendors are Temp.
func ResultClass(v Version, result uint32) carrier.Class {
	switch {
	case result >= uint32(len(resultClasses)):
		return carrier.Temp
	case result == ResultOther && v.layout() == &layout2:
		return carrier.Temp
	}
	return resultClasses[result]
}

// connectClasses is the table of carriers.md §4.2; statuses beyond it are mostly "too many connections".
var connectClasses = [...]carrier.Class{
	ConnectOK: carrier.OK, ConnectStructure: carrier.Bug, ConnectAddress: carrier.Config, ConnectAuth: carrier.Config,
	ConnectVersion: carrier.NoSession,
}

// ConnectClass is what the status of a login means.
func ConnectClass(status uint32) carrier.Class {
	if status >= uint32(len(connectClasses)) {
		return carrier.NoSession
	}
	return connectClasses[status]
}
