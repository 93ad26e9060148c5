package cmpp

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Reader cuts a byte stream, split in any way, into PDUs. It reads ahead as much as the stream offers, up to its buffer.
type Reader struct {
	r          io.Reader
	buf        []byte
	start, end int // unread bytes
}

// NewReader reads from r, with a buffer of 8 KiB that grows to at most MaxPDU when a PDU needs it.
func NewReader(r io.Reader) *Reader { return &Reader{r: r, buf: make([]byte, 8<<10)} }

// Next waits for one whole PDU. The body is valid until the next call. Errors: io.EOF between PDUs, io.ErrUnexpectedEOF within
// one, ErrLength when the length field is illegal, or the stream's own; the connection is of no use after any of them.
func (r *Reader) Next() (h Header, body []byte, err error) {
	if err = r.need(HeaderLen); err != nil {
		return h, nil, err
	}
	p := r.buf[r.start:]
	h = Header{
		Length:  binary.BigEndian.Uint32(p),
		Command: Command(binary.BigEndian.Uint32(p[4:])),
		Seq:     binary.BigEndian.Uint32(p[8:]),
	}
	if h.Length < HeaderLen || h.Length > MaxPDU {
		return h, nil, fmt.Errorf("%w: %d", ErrLength, h.Length)
	}
	n := int(h.Length)
	if err = r.need(n); err != nil {
		return h, nil, err
	}
	body = r.buf[r.start+HeaderLen : r.start+n : r.start+n]
	r.start += n
	return h, body, nil
}

// Buffered reports whether Next would return without reading: a whole PDU, or an illegal length, is here already.
func (r *Reader) Buffered() bool {
	if r.end-r.start < HeaderLen {
		return false
	}
	n := binary.BigEndian.Uint32(r.buf[r.start:])
	return n < HeaderLen || n > MaxPDU || r.end-r.start >= int(n)
}

// need reads until n unread bytes are in the buffer.
func (r *Reader) need(n int) error {
	if r.end-r.start >= n {
		return nil
	}
	if r.start+n > len(r.buf) || r.start == r.end {
		to := r.buf
		if n > len(to) {
			to = make([]byte, n)
		}
		r.end = copy(to, r.buf[r.start:r.end])
		r.buf, r.start = to, 0
	}
	for r.end-r.start < n {
		m, err := r.r.Read(r.buf[r.end:])
		r.end += m
		if r.end-r.start >= n {
			return nil // an error that came with the last bytes comes again
		}
		switch {
		case err == io.EOF && r.end > r.start:
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		}
	}
	return nil
}
