package render

import (
	"time"
	"unicode/utf8"
)

// Program is a compiled card: static bytes with slots between them. It never changes after Compile and may be used by any number of goroutines.
type Program struct {
	static      string
	ops         []op
	runs        []run
	contentType string
	size        int
}

// slot says what is appended between two static runs.
type slot uint8

const (
	slotParam     slot = iota // the value of parameter arg
	slotTarget                // the value of parameter arg as a whole address; "#" unless its scheme is allowed
	slotRun                   // runs[arg], a text with a limit
	slotOrigin                // Values.Origin
	slotLink                  // Values.Link
	slotResolveID             // Values.ResolveID
	slotExpire                // Values.Expire
	slotClock                 // Values.Expire to the minute, in zones[arg]
)

// op is one slot: static bytes up to upTo are copied first, then the slot's value with its escaping.
type op struct {
	upTo uint32
	arg  uint16
	slot slot
	esc  escaping
}

// ContentType is the media type of what Append writes.
func (p *Program) ContentType() string { return p.contentType }

// Size is a good capacity in bytes for the buffer given to Append: the card with the template's example values and a reserve.
func (p *Program) Size() int { return p.size }

// Append writes the card with v's values to dst and returns the longer slice. It does no I/O and reads no clock, keeps nothing of v, and allocates
// only if dst must grow.
func (p *Program) Append(dst []byte, v *Values) []byte {
	from := uint32(0)
	for i := range p.ops {
		o := &p.ops[i]
		dst = append(dst, p.static[from:o.upTo]...)
		from = o.upTo
		switch o.slot {
		case slotParam:
			dst = appendEscaped(dst, v.param(o.arg), o.esc)
		case slotTarget:
			s := v.param(o.arg)
			if !web(s) {
				s = "#"
			}
			dst = appendEscaped(dst, s, o.esc)
		case slotRun:
			dst = p.runs[o.arg].append(dst, v, o.esc)
		case slotOrigin:
			dst = appendEscaped(dst, v.Origin, o.esc)
		case slotLink:
			dst = appendEscaped(dst, v.Link, o.esc)
		case slotResolveID:
			dst = appendEscaped(dst, v.ResolveID, o.esc)
		case slotExpire:
			dst = appendEscaped(dst, v.Expire, o.esc)
		case slotClock:
			dst = appendClock(dst, v.Expire, zones[o.arg])
		}
	}
	return append(dst, p.static[from:]...)
}

// zones are the clocks that pages show. A page runs no script, so it cannot ask for the reader's own.
var zones = [...]zone{{time.UTC, " UTC"}, {time.FixedZone("CST", 8*60*60), "（北京时间）"}}

type zone struct {
	at     *time.Location
	suffix string
}

// appendClock writes an RFC 3339 time for people; nothing if it is not one.
func appendClock(dst []byte, s string, z zone) []byte {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return dst
	}
	return append(t.In(z.at).AppendFormat(dst, "2006-01-02 15:04"), z.suffix...)
}

// param is the value of parameter i; a missing tail is empty.
func (v *Values) param(i uint16) string {
	if int(i) < len(v.Params) {
		return v.Params[i]
	}
	return ""
}

// run is a text with parameters and a limit. Whether it must be cut is known only when the values are.
type run struct {
	text  text
	fixed int // code points of the literals
	bytes int // bytes of the literals
}

// append writes the text, cut to its limit if need be.
func (r *run) append(dst []byte, v *Values, e escaping) []byte {
	// A text has at most as many code points as bytes: short values need no counting.
	bytes := r.bytes
	for i := range r.text.pieces {
		if p := &r.text.pieces[i]; p.param >= 0 {
			bytes += len(v.param(uint16(p.param)))
		}
	}
	if bytes > r.text.limit {
		n := r.fixed
		for i := range r.text.pieces {
			if p := &r.text.pieces[i]; p.param >= 0 {
				n += utf8.RuneCountInString(v.param(uint16(p.param)))
			}
		}
		if n > r.text.limit {
			return r.text.appendCut(dst, v, e)
		}
	}
	for i := range r.text.pieces {
		if p := &r.text.pieces[i]; p.param >= 0 {
			dst = appendEscaped(dst, v.param(uint16(p.param)), e)
		} else {
			dst = appendEscaped(dst, p.lit, e)
		}
	}
	return dst
}
