package cmpp

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Limits of SUBMIT (carriers.md §4.3).
const (
	MaxDest     = 99  // destinations
	MaxContent  = 140 // bytes of content, user data header included
	MaxASCII    = 159 // bytes of content in format 0
	submitFixed = 117 // body before the destinations in 2.0; 3.0 adds 11 and one type byte
)

// Submit is a SUBMIT. Byte fields of a decoded one point into its body.
type Submit struct {
	MsgID           MsgID // zero: the gateway gives it
	Total, Number   uint8 // parts of a long message and which this is, from 1
	Report          uint8 // Registered_Delivery: 1 asks for a status report
	Level           uint8 // priority, by agreement
	Service         []byte
	FeeUser         uint8 // Fee_UserType: 2 = the service provider pays
	FeeTerminal     []byte
	FeeTerminalType uint8 // 3.0 only
	PID             uint8
	UDHI            uint8 // content begins with a user data header; test with HasUDH
	Format          uint8
	Src             []byte // Msg_src: service provider id
	FeeType         []byte
	FeeCode         []byte // fen, digits
	ValidTime       []byte // YYMMDDhhmmss032+, or empty
	AtTime          []byte
	Source          []byte   // Src_Id: access number shown to the user
	Dest            [][]byte // 1…99 numbers; decoding reuses the slice
	DestType        uint8    // 3.0 only
	Content         []byte
	LinkID          []byte // 3.0 only
}

// HasUDH reports whether a TP_udhi field announces a user data header. Some gateways pass the air interface's bit 0x40.
func HasUDH(udhi uint8) bool { return udhi&0x41 != 0 }

// check complains of the first value that does not fit its field.
func (s *Submit) check(l *layout) error {
	limit := MaxContent
	if s.Format == 0 {
		limit = MaxASCII
	}
	for _, f := range [...]struct {
		name  string
		value []byte
		width int
	}{
		{"Service_Id", s.Service, 10}, {"Fee_terminal_Id", s.FeeTerminal, l.number}, {"Msg_src", s.Src, 6}, {"FeeType", s.FeeType, 2},
		{"FeeCode", s.FeeCode, 6}, {"ValId_Time", s.ValidTime, 17}, {"At_Time", s.AtTime, 17}, {"Src_Id", s.Source, 21},
		{"Msg_Content", s.Content, limit}, {"LinkID", s.LinkID, l.tail},
	} {
		if len(f.value) > f.width {
			return fits(f.name, f.value, f.width)
		}
	}
	if len(s.Dest) == 0 || len(s.Dest) > MaxDest {
		return fmt.Errorf("%w: %d destinations, 1 to %d", ErrField, len(s.Dest), MaxDest)
	}
	for _, d := range s.Dest {
		if len(d) > l.number {
			return fits("Dest_terminal_Id", d, l.number)
		}
	}
	return nil
}

// AppendSubmit appends a SUBMIT in the form of version v. It allocates only when dst must grow.
func AppendSubmit(dst []byte, v Version, seq uint32, s *Submit) ([]byte, error) {
	l := v.layout()
	if err := s.check(l); err != nil {
		return dst, err
	}
	start := len(dst)
	dst = begin(dst, CmdSubmit, seq)
	dst = binary.BigEndian.AppendUint64(dst, uint64(s.MsgID))
	dst = append(dst, s.Total, s.Number, s.Report, s.Level)
	dst = appendStr(dst, s.Service, 10)
	dst = append(dst, s.FeeUser)
	dst = appendStr(dst, s.FeeTerminal, l.number)
	if l.typed {
		dst = append(dst, s.FeeTerminalType)
	}
	dst = append(dst, s.PID, s.UDHI, s.Format)
	dst = appendStr(dst, s.Src, 6)
	dst = appendStr(dst, s.FeeType, 2)
	dst = appendStr(dst, s.FeeCode, 6)
	dst = appendStr(dst, s.ValidTime, 17)
	dst = appendStr(dst, s.AtTime, 17)
	dst = appendStr(dst, s.Source, 21)
	dst = append(dst, byte(len(s.Dest)))
	for _, d := range s.Dest {
		dst = appendStr(dst, d, l.number)
	}
	if l.typed {
		dst = append(dst, s.DestType)
	}
	dst = append(dst, byte(len(s.Content)))
	dst = append(dst, s.Content...)
	if l.typed {
		dst = appendStr(dst, s.LinkID, l.tail)
	} else {
		dst = append(dst, zeros[:l.tail]...)
	}
	return finish(dst, start), nil
}

// ParseSubmit reads the body of a SUBMIT of version v into s, overwriting all of it.
func ParseSubmit(v Version, body []byte, s *Submit) error {
	l := v.layout()
	fixed := submitFixed + l.number - layout2.number
	if l.typed {
		fixed++
	}
	if len(body) < fixed {
		return fmt.Errorf("%w: SUBMIT of %d bytes", ErrBody, len(body))
	}
	n := int(body[fixed-1])
	before := fixed + n*l.number // the content's length byte, or the type byte before it
	if l.typed {
		before++
	}
	if n == 0 || n > MaxDest || len(body) <= before || len(body) != before+1+int(body[before])+l.tail {
		return fmt.Errorf("%w: SUBMIT of %d bytes to %d destinations", ErrBody, len(body), n)
	}
	c := cursor{body}
	s.MsgID = MsgID(c.u64())
	s.Total, s.Number, s.Report, s.Level = c.u8(), c.u8(), c.u8(), c.u8()
	s.Service = c.str(10)
	s.FeeUser = c.u8()
	s.FeeTerminal = c.str(l.number)
	s.FeeTerminalType = 0
	if l.typed {
		s.FeeTerminalType = c.u8()
	}
	s.PID, s.UDHI, s.Format = c.u8(), c.u8(), c.u8()
	s.Src, s.FeeType, s.FeeCode = c.str(6), c.str(2), c.str(6)
	s.ValidTime, s.AtTime = c.str(17), c.str(17)
	s.Source = c.str(21)
	c.u8()
	s.Dest = slices.Grow(s.Dest[:0], n)
	for range n {
		s.Dest = append(s.Dest, c.str(l.number))
	}
	s.DestType = 0
	if l.typed {
		s.DestType = c.u8()
	}
	s.Content = c.bytes(int(c.u8()))
	s.LinkID = nil
	if l.typed {
		s.LinkID = c.str(l.tail)
	}
	return nil
}

// SubmitResp is a SUBMIT_RESP. Results are in result.go.
type SubmitResp struct {
	MsgID  MsgID
	Result uint32
}

// AppendSubmitResp appends a SUBMIT_RESP.
func AppendSubmitResp(dst []byte, v Version, seq uint32, r SubmitResp) []byte {
	return appendIDResult(dst, v, CmdSubmit|Response, seq, r.MsgID, r.Result)
}

// ParseSubmitResp reads the body of a SUBMIT_RESP by its length, whatever the session speaks.
func ParseSubmitResp(body []byte) (SubmitResp, error) {
	id, result, err := parseIDResult("SUBMIT_RESP", body)
	return SubmitResp{id, result}, err
}

// SUBMIT_RESP and DELIVER_RESP have one form: Msg_Id, then a result of one or four bytes.
func appendIDResult(dst []byte, v Version, cmd Command, seq uint32, id MsgID, result uint32) []byte {
	start := len(dst)
	dst = begin(dst, cmd, seq)
	dst = binary.BigEndian.AppendUint64(dst, uint64(id))
	return finish(v.layout().appendResult(dst, result), start)
}

func parseIDResult(name string, body []byte) (MsgID, uint32, error) {
	if len(body) != 9 && len(body) != 12 {
		return 0, 0, fmt.Errorf("%w: %s of %d bytes", ErrBody, name, len(body))
	}
	return MsgID(binary.BigEndian.Uint64(body)), readResult(body[8:]), nil
}
