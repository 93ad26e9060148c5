package cmpp

import (
	"strconv"
	"time"
)

// MsgID is the gateway's 64-bit message id (carriers.md §4.6). It has no year, so it repeats: keys made of it expire. Text forms are
// decimal, never a JSON number.
type MsgID uint64

// NewMsgID packs the gateway's local time (its zone is the caller's choice; gateways use UTC+8), a gateway code of 22 bits and a sequence.
func NewMsgID(t time.Time, gateway uint32, seq uint16) MsgID {
	return MsgID(t.Month())<<60 | MsgID(t.Day())<<55 | MsgID(t.Hour())<<50 | MsgID(t.Minute())<<44 | MsgID(t.Second())<<38 |
		MsgID(gateway&(1<<22-1))<<16 | MsgID(seq)
}

// Fields unpacks the id. The month of an id that no gateway made may be 0 or up to 15, and so on.
func (id MsgID) Fields() (month time.Month, day, hour, minute, second int, gateway uint32, seq uint16) {
	return time.Month(id >> 60), int(id >> 55 & 31), int(id >> 50 & 31), int(id >> 44 & 63), int(id >> 38 & 63), uint32(id>>16) & (1<<22 - 1), uint16(id)
}

// Of is the id of destination k (from 0) of a SUBMIT with several: only the 16-bit sequence counts on, and wraps (carriers.md §4.4).
func (id MsgID) Of(k int) MsgID { return id&^0xffff | MsgID(uint16(id)+uint16(k)) }

// String is the id in decimal.
func (id MsgID) String() string { return strconv.FormatUint(uint64(id), 10) }
