package cmpp

import (
	"encoding/binary"
	"fmt"
)

// deliverFixed is a DELIVER's body up to and including Msg_Length in 2.0; 3.0 adds 11 and one type byte.
const deliverFixed = 65

// Deliver is a DELIVER: a text from a handset, or a status report. Byte fields of a decoded one point into its body.
type Deliver struct {
	MsgID   MsgID  // of this delivery, not of the message that a report speaks of
	Dest    []byte // our access number
	Service []byte
	PID     uint8
	UDHI    uint8
	Format  uint8
	Src     []byte // the handset
	SrcType uint8  // 3.0 only
	Report  uint8  // Registered_Delivery: 1 when Content is a status report
	Content []byte
	LinkID  []byte // 3.0 only
}

// AppendDeliver appends a DELIVER in the form of version v. It allocates only when dst must grow.
func AppendDeliver(dst []byte, v Version, seq uint32, d *Deliver) ([]byte, error) {
	l := v.layout()
	for _, f := range [...]struct {
		name  string
		value []byte
		width int
	}{
		{"Dest_Id", d.Dest, 21}, {"Service_Id", d.Service, 10}, {"Src_terminal_Id", d.Src, l.number}, {"Msg_Content", d.Content, 255},
		{"LinkID", d.LinkID, l.tail},
	} {
		if len(f.value) > f.width {
			return dst, fits(f.name, f.value, f.width)
		}
	}
	start := len(dst)
	dst = begin(dst, CmdDeliver, seq)
	dst = binary.BigEndian.AppendUint64(dst, uint64(d.MsgID))
	dst = appendStr(dst, d.Dest, 21)
	dst = appendStr(dst, d.Service, 10)
	dst = append(dst, d.PID, d.UDHI, d.Format)
	dst = appendStr(dst, d.Src, l.number)
	if l.typed {
		dst = append(dst, d.SrcType)
	}
	dst = append(dst, d.Report, byte(len(d.Content)))
	dst = append(dst, d.Content...)
	if l.typed {
		dst = appendStr(dst, d.LinkID, l.tail)
	} else {
		dst = append(dst, zeros[:l.tail]...)
	}
	return finish(dst, start), nil
}

// ParseDeliver reads the body of a DELIVER of version v into d, overwriting all of it.
func ParseDeliver(v Version, body []byte, d *Deliver) error {
	l := v.layout()
	fixed := deliverFixed + l.number - layout2.number
	if l.typed {
		fixed++
	}
	if len(body) < fixed || len(body) != fixed+int(body[fixed-1])+l.tail {
		return fmt.Errorf("%w: DELIVER of %d bytes", ErrBody, len(body))
	}
	c := cursor{body}
	d.MsgID = MsgID(c.u64())
	d.Dest, d.Service = c.str(21), c.str(10)
	d.PID, d.UDHI, d.Format = c.u8(), c.u8(), c.u8()
	d.Src = c.str(l.number)
	d.SrcType = 0
	if l.typed {
		d.SrcType = c.u8()
	}
	d.Report = c.u8()
	d.Content = c.bytes(int(c.u8()))
	d.LinkID = nil
	if l.typed {
		d.LinkID = c.str(l.tail)
	}
	return nil
}

// DeliverResp is a DELIVER_RESP: the delivery's id back, and 0 or why not.
type DeliverResp struct {
	MsgID  MsgID
	Result uint32
}

// AppendDeliverResp appends a DELIVER_RESP.
func AppendDeliverResp(dst []byte, v Version, seq uint32, r DeliverResp) []byte {
	return appendIDResult(dst, v, CmdDeliver|Response, seq, r.MsgID, r.Result)
}

// ParseDeliverResp reads the body of a DELIVER_RESP by its length.
func ParseDeliverResp(body []byte) (DeliverResp, error) {
	id, result, err := parseIDResult("DELIVER_RESP", body)
	return DeliverResp{id, result}, err
}
