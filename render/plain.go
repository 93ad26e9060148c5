package render

import (
	"runtime"
	"unicode/utf8"
	"unsafe"
)

// This file is the usual case of Append: values that need no escape, into a buffer with room. Whatever it does not know to be that it leaves to appendOp, which
// any op can be left to, so the same bytes come out.
//
// It writes through pointers, alone in this package, because a card is two dozen pieces of a few dozen bytes and an append of each costs more than its bytes do.
// Here room for a static run and its value is checked once; then both are copied in words and blocks of fixed size, which compile to plain moves
// but touch up to slack bytes too many. Those read lie behind every static text, those written in the room that was checked for, where the next piece
// overwrites them. FuzzAppend holds all this against a program that only appends, into buffers of any length and capacity.

// slack is how many bytes beyond what it copies a copy in blocks may read and write.
const slack = 64

// way is how an op is written if its value is plain.
type way uint8

const (
	wayJSON     way = iota // appendPlain: a parameter in a JSON string
	wayURL                 // appendPlain: a parameter in an address
	wayLink                // appendPlain: the link in a JSON string
	wayRun                 // appendPlain if the text is within its limit, else appendRun
	wayEnvelope            // with all ops that follow: envelope.append
	waySlow                // appendOp only
)

// longest is the longest static run that is copied in blocks; the library's copy is faster for more.
const longest = 512

// wayOf is the way of an op behind so many static bytes.
func (o *op) wayOf(static int) way {
	// Words are read and written at any address, which not every processor does.
	if o.esc == escHTML || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		return waySlow
	}
	if o.slot == slotRun {
		return wayRun // copies nothing if the text is short
	}
	if static > longest {
		return waySlow
	}
	switch o.slot {
	case slotParam:
		if o.esc == escURL {
			return wayURL
		}
		return wayJSON
	case slotLink:
		return wayLink
	}
	return waySlow
}

type block = [16]byte

// putBlocks copies n bytes.
func putBlocks(d, c unsafe.Pointer, n int) {
	for {
		*(*block)(d) = *(*block)(c)
		*(*block)(unsafe.Add(d, 16)) = *(*block)(unsafe.Add(c, 16))
		*(*block)(unsafe.Add(d, 32)) = *(*block)(unsafe.Add(c, 32))
		*(*block)(unsafe.Add(d, 48)) = *(*block)(unsafe.Add(c, 48))
		if n -= 64; n <= 0 {
			return
		}
		d, c = unsafe.Add(d, 64), unsafe.Add(c, 64)
	}
}

// putString copies s and not a byte more: a value has no slack.
func putString(d unsafe.Pointer, s string) {
	c, n := unsafe.Pointer(unsafe.StringData(s)), len(s)
	switch {
	case n >= 8:
		for i := 0; i < n-8; i += 8 {
			*(*uint64)(unsafe.Add(d, i)) = *(*uint64)(unsafe.Add(c, i))
		}
		*(*uint64)(unsafe.Add(d, n-8)) = *(*uint64)(unsafe.Add(c, n-8)) // overlaps the word before
	case n >= 4:
		*(*uint32)(d) = *(*uint32)(c)
		*(*uint32)(unsafe.Add(d, n-4)) = *(*uint32)(unsafe.Add(c, n-4))
	default:
		for i := range n {
			*(*byte)(unsafe.Add(d, i)) = s[i]
		}
	}
}

// bytes is how many bytes the values of the op's text have, as far as op knows them.
func (o *op) bytes(v *Values) (n int) {
	if int(o.arg) < len(v.Params) {
		n = len(v.Params[o.arg])
	}
	if int(o.more) < len(v.Params) {
		n += len(v.Params[o.more])
	}
	return n
}

// fits reports whether the op's text, whose values have so many bytes, is known to be within its limit when their characters are counted.
func (o *op) fits(v *Values, bytes int) bool {
	if bytes > utf8.UTFMax*int(o.spare) {
		return false
	}
	a, ok := scanJSON(v.param(o.arg))
	if !ok {
		return false
	}
	b, ok := scanJSON(v.param(o.more))
	return ok && a+b <= int(o.spare)
}

// appendPlain writes ops from i on, the first behind the static bytes from from on, and tells how far it came. It stops at an op that is not its own, whose value
// needs more than a copy, or that dst has no room for; the static bytes before it may be written already.
func (p *Program) appendPlain(dst []byte, v *Values, i, from int) (_ []byte, _, _ int) {
	buf := unsafe.Pointer(unsafe.SliceData(dst))
	n, room := len(dst), cap(dst)-slack
	for ; i < len(p.ops); i++ {
		o := &p.ops[i]
		var s string
		if o.way > wayURL {
			if o.way == wayLink {
				s = v.Link
			} else if o.way != wayRun {
				break
			} else if n := o.bytes(v); n <= int(o.spare) || o.fits(v, n) { // no value has more characters than bytes
				continue
			} else {
				break
			}
		} else if int(o.arg) < len(v.Params) {
			s = v.Params[o.arg]
		}
		size := int(o.upTo) - from
		if room-n < size+len(s) {
			break
		}
		putBlocks(unsafe.Add(buf, n), unsafe.Add(unsafe.Pointer(unsafe.StringData(p.static)), from), size)
		n += size
		from += size
		// The value is copied and looked at in one go.
		d, c := unsafe.Add(buf, n), unsafe.Pointer(unsafe.StringData(s))
		size = len(s)
		if size >= 8 {
			if o.way == wayURL {
				if !plainURL(s) {
					break
				}
				putString(d, s)
				n += size
				continue
			}
			size -= 8
			bad := uint64(0)
			for k := 0; k < size; k += 8 {
				w := *(*uint64)(unsafe.Add(c, k))
				*(*uint64)(unsafe.Add(d, k)) = w
				bad |= suspectJSON(w)
			}
			w := *(*uint64)(unsafe.Add(c, size))
			*(*uint64)(unsafe.Add(d, size)) = w
			if bad |= suspectJSON(w); bad&msb != 0 {
				if _, ok := scanJSON(s); !ok {
					break
				}
			}
			n += len(s)
			continue
		}
		w := uint64(lsb * '0')
		if size >= 4 {
			lo, hi := *(*uint32)(c), *(*uint32)(unsafe.Add(c, size-4))
			*(*uint32)(d) = lo
			*(*uint32)(unsafe.Add(d, size-4)) = hi
			w = uint64(lo) | uint64(hi)<<32
		} else {
			for k := range size {
				b := *(*byte)(unsafe.Add(c, k))
				*(*byte)(unsafe.Add(d, k)) = b
				w = w<<8 | uint64(b)
			}
		}
		if o.way == wayURL {
			if suspectURL(w)&msb != 0 && !plainURL(s) {
				break
			}
		} else if suspectJSON(w)&msb != 0 {
			if _, ok := scanJSON(s); !ok {
				break
			}
		}
		n += size
	}
	return dst[:n], i, from
}

// appendRun writes the text at op i if its plain values make it too long, and passes over the op if they do not. It goes on behind what it wrote.
func (p *Program) appendRun(dst []byte, v *Values, i, from int) (_ []byte, _, _ int) {
	r := &p.runs[p.ops[i].run]
	var c cut
	switch r.cut(v, &c) {
	case fitting:
		return dst, i + 1, from
	case unknown:
		return p.appendOp(dst, v, i, from)
	}
	if c.upTo == 0 {
		c.upTo = int(p.ops[i+1+c.slots].upTo)
	}
	n := len(dst) + c.upTo - from + c.bytes + len(c.head) + len(c.tail)
	if cap(dst) < n+slack {
		return p.appendOp(dst, v, i, from)
	}
	d, static := unsafe.Add(unsafe.Pointer(unsafe.SliceData(dst)), len(dst)), unsafe.Pointer(unsafe.StringData(p.static))
	for k := range c.slots {
		o := &p.ops[i+1+k]
		size := int(o.upTo) - from
		putBlocks(d, unsafe.Add(static, from), size)
		s := v.param(o.arg)
		putString(unsafe.Add(d, size), s)
		d, from = unsafe.Add(d, size+len(s)), int(o.upTo)
	}
	putBlocks(d, unsafe.Add(static, from), c.upTo-from)
	d = unsafe.Add(d, c.upTo-from)
	putString(d, c.head)
	putString(unsafe.Add(d, len(c.head)), c.tail)
	return dst[:n], i + 1 + r.slots, int(r.end)
}

// envelope is what every vendor card ends in, from the resolution's id on: four values, one of them twice, between five texts that never change. As their lengths are
// nearly always the same, it is written in one go.
type envelope struct {
	at     int    // the op of the id; the other four follow
	static string // the texts behind the values, each followed by slack bytes
	start  [5]int // where each begins in static
	size   [5]int // and its length
	total  int    // bytes of the whole but the link
}

// The usual lengths of the values.
const (
	idLen     = 36
	expireLen = 20
	beaconLen = 64
)

// seal finds the envelope of a finished program; nil if it has none, or beacons whose origin is not known.
func (p *Program) seal() *envelope {
	const slots = 5
	at := len(p.ops) - slots
	if at < 0 || p.origin == "" {
		return nil
	}
	ops := p.ops[at:]
	for i, want := range [slots]slot{slotResolveID, slotLink, slotExpire, slotBeacon, slotBeacon} {
		if ops[i].slot != want || ops[i].esc != escJSON {
			return nil
		}
	}
	e := &envelope{at: at, total: idLen + expireLen + 2*beaconLen}
	for i := range slots {
		end := p.end
		if i+1 < slots {
			end = int(ops[i+1].upTo)
		}
		text := p.static[ops[i].upTo:end]
		if i+1 < slots && ops[i+1].slot == slotBeacon {
			text += string(appendJSON(nil, p.origin)) + beaconPaths[ops[i+1].arg]
		} else if len(text) > len(block{}) {
			return nil
		}
		e.start[i], e.size[i] = len(e.static), len(text)
		e.static += text + noText[:slack]
		e.total += len(text)
	}
	return e
}

// append writes the static bytes and the envelope; ok is false, and nothing of worth written, unless dst has room and all values are plain and of the usual lengths.
func (e *envelope) append(dst []byte, v *Values, static string) (_ []byte, ok bool) {
	n := len(dst) + len(static) - slack + e.total + len(v.Link)
	if len(v.ResolveID) != idLen || len(v.Expire) != expireLen || len(v.Beacon) != beaconLen || len(v.Link) < 8 || cap(dst) < n+slack {
		return dst, false
	}
	d := unsafe.Add(unsafe.Pointer(unsafe.SliceData(dst)), len(dst))
	size := len(static) - slack
	putBlocks(d, unsafe.Pointer(unsafe.StringData(static)), size)
	d, c := unsafe.Add(d, size), unsafe.Pointer(unsafe.StringData(e.static))

	s := unsafe.Pointer(unsafe.StringData(v.ResolveID))
	*(*block)(d) = *(*block)(s)
	*(*block)(unsafe.Add(d, 16)) = *(*block)(unsafe.Add(s, 16))
	*(*uint32)(unsafe.Add(d, 32)) = *(*uint32)(unsafe.Add(s, 32))
	bad := suspectJSON(*(*uint64)(s)) | suspectJSON(*(*uint64)(unsafe.Add(s, 8))) | suspectJSON(*(*uint64)(unsafe.Add(s, 16))) |
		suspectJSON(*(*uint64)(unsafe.Add(s, 24))) | suspectJSON(*(*uint64)(unsafe.Add(s, 28)))
	d = unsafe.Add(d, idLen)
	*(*block)(d) = *(*block)(unsafe.Add(c, e.start[0]))
	d = unsafe.Add(d, e.size[0])

	s, size = unsafe.Pointer(unsafe.StringData(v.Link)), len(v.Link)-8
	for k := 0; k < size; k += 8 {
		w := *(*uint64)(unsafe.Add(s, k))
		*(*uint64)(unsafe.Add(d, k)) = w
		bad |= suspectJSON(w)
	}
	w := *(*uint64)(unsafe.Add(s, size))
	*(*uint64)(unsafe.Add(d, size)) = w
	bad |= suspectJSON(w)
	d = unsafe.Add(d, size+8)
	*(*block)(d) = *(*block)(unsafe.Add(c, e.start[1]))
	d = unsafe.Add(d, e.size[1])

	s = unsafe.Pointer(unsafe.StringData(v.Expire))
	*(*block)(d) = *(*block)(s)
	*(*uint32)(unsafe.Add(d, 16)) = *(*uint32)(unsafe.Add(s, 16))
	bad |= suspectJSON(*(*uint64)(s)) | suspectJSON(*(*uint64)(unsafe.Add(s, 8))) | suspectJSON(*(*uint64)(unsafe.Add(s, 12)))
	d = unsafe.Add(d, expireLen)

	s = unsafe.Pointer(unsafe.StringData(v.Beacon))
	for k := 0; k < beaconLen; k += 16 {
		bad |= suspectJSON(*(*uint64)(unsafe.Add(s, k))) | suspectJSON(*(*uint64)(unsafe.Add(s, k+8)))
	}
	for i := 2; i < 4; i++ {
		putBlocks(d, unsafe.Add(c, e.start[i]), e.size[i])
		d = unsafe.Add(d, e.size[i])
		putBlocks(d, s, beaconLen)
		d = unsafe.Add(d, beaconLen)
	}
	*(*block)(d) = *(*block)(unsafe.Add(c, e.start[4]))
	if bad&msb != 0 {
		return dst, false
	}
	return dst[:n], true
}
