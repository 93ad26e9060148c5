package cmpp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Version is the version byte of CONNECT: high nibble major, low nibble minor (carriers.md §4.2).
type Version uint8

// The versions in use.
const (
	V20 Version = 0x20
	V21 Version = 0x21
	V30 Version = 0x30
)

// String is the version as people write it: "3.0".
func (v Version) String() string { return fmt.Sprintf("%d.%d", v>>4, v&0x0f) }

// layout is what differs between the versions' PDUs. One row per version: the codec has no other "if version".
type layout struct {
	number int  // width of Fee_terminal_Id, Dest_terminal_Id and a DELIVER's Src_terminal_Id
	typed  bool // each of them has a type byte
	result int  // width of Status, Result and Success_Id
	tail   int  // Reserve, or LinkID
}

var (
	layout2 = layout{number: 21, result: 1, tail: 8}
	layout3 = layout{number: 32, typed: true, result: 4, tail: 20}
)

func (v Version) layout() *layout {
	if v>>4 >= 3 {
		return &layout3
	}
	return &layout2
}

// Command is a Command_Id. A response has the request's with the top bit set.
type Command uint32

// The commands between a service provider and a gateway (carriers.md §4.1).
const (
	CmdConnect    Command = 0x01
	CmdTerminate  Command = 0x02
	CmdSubmit     Command = 0x04
	CmdDeliver    Command = 0x05
	CmdQuery      Command = 0x06
	CmdCancel     Command = 0x07
	CmdActiveTest Command = 0x08

	// Response is the bit that makes a request's id its response's.
	Response Command = 0x80000000
)

var commandNames = map[Command]string{
	CmdConnect: "CONNECT", CmdTerminate: "TERMINATE", CmdSubmit: "SUBMIT", CmdDeliver: "DELIVER", CmdQuery: "QUERY", CmdCancel: "CANCEL",
	CmdActiveTest: "ACTIVE_TEST",
}

// String is the name in the protocol document, or the number in hex.
func (c Command) String() string {
	name, ok := commandNames[c&^Response]
	switch {
	case !ok:
		return fmt.Sprintf("0x%08x", uint32(c))
	case c&Response != 0:
		return name + "_RESP"
	}
	return name
}

// HeaderLen and MaxPDU bound Total_Length: the header alone, and 64 KiB, twenty times the longest legal PDU.
const (
	HeaderLen = 12
	MaxPDU    = 64 << 10
)

// Header is the twelve bytes before every body.
type Header struct {
	Length  uint32 // of the whole PDU
	Command Command
	Seq     uint32
}

// What codecs complain of.
var (
	// ErrLength is a Total_Length outside HeaderLen…MaxPDU. The stream cannot be read on: close the connection.
	ErrLength = errors.New("cmpp: illegal PDU length")
	// ErrBody is a body that does not have the size its command and fields ask for.
	ErrBody = errors.New("cmpp: malformed body")
	// ErrField is a value that does not fit its field when encoding.
	ErrField = errors.New("cmpp: value does not fit its field")
)

// begin appends a header whose length finish fills in.
func begin(dst []byte, cmd Command, seq uint32) []byte {
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, uint32(cmd))
	return binary.BigEndian.AppendUint32(dst, seq)
}

// finish writes the length of the PDU that starts at start and ends at the end of dst.
func finish(dst []byte, start int) []byte {
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start))
	return dst
}

var zeros [64]byte

// appendStr appends a fixed field: left-aligned, filled up with zeros. The caller has checked that s fits.
func appendStr[S ~string | ~[]byte](dst []byte, s S, width int) []byte {
	dst = append(dst, s...)
	return append(dst, zeros[:width-len(s)]...)
}

// fits complains about a value longer than its field.
func fits[S ~string | ~[]byte](name string, s S, width int) error {
	if len(s) > width {
		return fmt.Errorf("%w: %s has %d bytes, at most %d", ErrField, name, len(s), width)
	}
	return nil
}

// appendResult appends a status in the width of the version. A value over 255 does not fit one byte and becomes 255.
func (l *layout) appendResult(dst []byte, result uint32) []byte {
	if l.result == 1 {
		return append(dst, byte(min(result, 255)))
	}
	return binary.BigEndian.AppendUint32(dst, result)
}

// readResult reads a status of one or four bytes.
func readResult(b []byte) uint32 {
	if len(b) == 1 {
		return uint32(b[0])
	}
	return binary.BigEndian.Uint32(b)
}

// cut reads a fixed field: up to the first zero, without the spaces that some gateways pad with.
func cut(field []byte) []byte {
	if i := bytes.IndexByte(field, 0); i >= 0 {
		field = field[:i]
	}
	return bytes.Trim(field, " ")
}

// A cursor walks a body whose size has been checked.
type cursor struct{ b []byte }

func (c *cursor) bytes(n int) []byte {
	v := c.b[:n:n]
	c.b = c.b[n:]
	return v
}

func (c *cursor) str(n int) []byte { return cut(c.bytes(n)) }
func (c *cursor) u8() uint8        { return c.bytes(1)[0] }
func (c *cursor) u64() uint64      { return binary.BigEndian.Uint64(c.bytes(8)) }
