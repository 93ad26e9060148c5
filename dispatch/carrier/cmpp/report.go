package cmpp

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Widths of the number in a status report: 60 bytes in all with the short one, 71 with the long one (carriers.md §4.5).
const (
	ShortNumber = 21
	LongNumber  = 32

	reportBefore = 35 // Msg_Id, Stat and the two times
	reportLeast  = 15 // Msg_Id and Stat: enough to know what became of the message
)

// Report is the content of a DELIVER whose Report field is 1. Byte fields of a decoded one point into the content.
type Report struct {
	MsgID     MsgID  // as in SUBMIT_RESP, plus the destination's index
	Stat      []byte // DELIVRD, UNDELIV, MK:0001 …
	Submitted []byte // YYMMDDhhmm at the gateway
	Done      []byte // YYMMDDhhmm
	Dest      []byte
	SMSC      uint32 // the message centre's sequence
}

// AppendReport appends a status report whose number takes width bytes: ShortNumber or LongNumber.
func AppendReport(dst []byte, width int, r *Report) ([]byte, error) {
	for _, f := range [...]struct {
		name  string
		value []byte
		width int
	}{{"Stat", r.Stat, 7}, {"Submit_time", r.Submitted, 10}, {"Done_time", r.Done, 10}, {"Dest_terminal_Id", r.Dest, width}} {
		if len(f.value) > f.width {
			return dst, fits(f.name, f.value, f.width)
		}
	}
	dst = binary.BigEndian.AppendUint64(dst, uint64(r.MsgID))
	dst = appendStr(dst, r.Stat, 7)
	dst = appendStr(dst, r.Submitted, 10)
	dst = appendStr(dst, r.Done, 10)
	dst = appendStr(dst, r.Dest, width)
	return binary.BigEndian.AppendUint32(dst, r.SMSC), nil
}

// ParseReport reads a status report by its length: 71 bytes or more have the long number, 60 the short one, whatever version the
// session speaks. A shorter one is read as far as it goes; below 15 bytes it is an error.
func ParseReport(content []byte) (r Report, err error) {
	if len(content) < reportLeast {
		return r, fmt.Errorf("%w: status report of %d bytes", ErrBody, len(content))
	}
	c := cursor{content}
	r.MsgID = MsgID(c.u64())
	r.Stat = c.str(7)
	if len(content) < reportBefore {
		return r, nil
	}
	r.Submitted, r.Done = c.str(10), c.str(10)
	width := ShortNumber
	if len(content) >= reportBefore+LongNumber+4 {
		width = LongNumber
	}
	if len(c.b) < width+4 {
		r.Dest = cut(c.b[:min(len(c.b), width)])
		return r, nil
	}
	r.Dest = c.str(width)
	r.SMSC = binary.BigEndian.Uint32(c.b)
	return r, nil
}

// AppendReportTime appends a moment as status reports write it: YYMMDDhhmm in the gateway's zone.
func AppendReportTime(dst []byte, t time.Time) []byte {
	return t.In(gatewayZone).AppendFormat(dst, "0601021504")
}

// AppendValidTime appends an absolute time as ValId_Time and At_Time want it: seconds of the gateway's zone, then "032+", thirty-two
// quarter hours ahead of UTC.
func AppendValidTime(dst []byte, t time.Time) []byte {
	return append(t.In(gatewayZone).AppendFormat(dst, "060102150405"), "032+"...)
}
