package render

import (
	"runtime"
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
	wayRun                 // nothing if the text is within its limit, else putRun
	wayEnvelope            // with all ops that follow: envelope.put
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

// aligned is from how many bytes on it pays to write blocks where they do not straddle cache lines.
const aligned = 200

// align copies a block and steps to where the next may be written at an address that is a multiple of its size.
func align(d, c unsafe.Pointer, n int) (_, _ unsafe.Pointer, left int) {
	*(*block)(d) = *(*block)(c)
	k := int(-uintptr(d) % uintptr(len(block{})))
	return unsafe.Add(d, k), unsafe.Add(c, k), n - k
}

// putString copies s and not a byte more: a value has no slack.
func putString(d unsafe.Pointer, s string) {
	if len(s) < 8 {
		putShort(d, s)
	} else {
		putLong(d, s)
	}
}

// putLong copies eight bytes or more.
func putLong(d unsafe.Pointer, s string) {
	c, last := unsafe.Pointer(unsafe.StringData(s)), len(s)-8
	for i := 0; i < last; i += 8 {
		*(*uint64)(unsafe.Add(d, i)) = *(*uint64)(unsafe.Add(c, i))
	}
	*(*uint64)(unsafe.Add(d, last)) = *(*uint64)(unsafe.Add(c, last)) // overlaps the word before
}

// putShort copies less than eight bytes.
func putShort(d unsafe.Pointer, s string) {
	c, n := unsafe.Pointer(unsafe.StringData(s)), len(s)
	if n >= 4 {
		*(*uint32)(d) = *(*uint32)(c)
		*(*uint32)(unsafe.Add(d, n-4)) = *(*uint32)(unsafe.Add(c, n-4))
	} else if n > 0 {
		*(*byte)(d) = *(*byte)(c)
		*(*byte)(unsafe.Add(d, n/2)) = *(*byte)(unsafe.Add(c, n/2))
		*(*byte)(unsafe.Add(d, n-1)) = *(*byte)(unsafe.Add(c, n-1))
	}
}

// usualJSON reports whether s, eight bytes or more, is an address or id that may stand in a JSON string as it is, as far as suspectJSON knows them.
func usualJSON(s string) bool {
	bad := uint64(0)
	for k, last := 0, len(s)-8; ; k += 8 {
		k = min(k, last)
		bad |= suspectJSON(*(*uint64)(unsafe.Add(unsafe.Pointer(unsafe.StringData(s)), k)))
		if k == last {
			return bad&msb == 0
		}
	}
}

// appendPlain writes ops from i on, the first behind the static bytes from from on, and tells how far it came. It stops at an op that is not its own, whose value
// needs more than a copy, or that dst has no room for; the static bytes before it may be written already.
func (p *Program) appendPlain(dst []byte, v *Values, ms []Measure, i, from int) (_ []byte, _, _ int) {
	buf, static := unsafe.Pointer(unsafe.SliceData(dst)), unsafe.Pointer(unsafe.StringData(p.static))
	n, room := len(dst), cap(dst)-slack
	link := false // it was looked at
ops:
	for ; i < len(p.ops); i++ {
		o := &p.ops[i]
		var s string
		switch {
		case o.way <= wayURL:
			if a := int(o.arg); a < len(v.Params) {
				if a >= len(ms) || ms[a]&o.need == 0 {
					break ops
				}
				s = v.Params[a]
			}
		case o.way == wayRun:
			r := &p.runs[o.arg]
			all := r.chars(v, ms)
			if all < 0 {
				break ops
			} else if all <= r.text.limit {
				continue
			}
			if n > room { // not even a pointer may leave the buffer
				break ops
			}
			size := p.putRun(unsafe.Add(buf, n), room-n, v, ms, all, i, from)
			if size == 0 {
				break ops
			}
			n += size
			i += r.slots
			from = int(r.end)
			continue
		case o.way == wayLink:
			if link = link || len(v.Link) >= 8 && usualJSON(v.Link); !link {
				break ops
			}
			s = v.Link
		case o.way == wayEnvelope:
			if n > room { // as above
				break ops
			}
			if size := p.envelope.put(unsafe.Add(buf, n), room-n, v, unsafe.Add(static, from), int(o.upTo)-from, link); size > 0 {
				return dst[:n+size], len(p.ops), p.end
			}
			break ops
		default:
			break ops
		}
		size := int(o.upTo) - from
		if room-n < size+len(s) {
			break
		}
		d, c := unsafe.Add(buf, n), unsafe.Add(static, from)
		n += size
		from += size
		if size > aligned {
			d, c, size = align(d, c, size)
		}
		putBlocks(d, c, size)
		if size = len(s); size < 8 {
			putShort(unsafe.Add(buf, n), s)
		} else {
			putLong(unsafe.Add(buf, n), s)
		}
		n += size
	}
	return dst[:n], i, from
}

// putRun writes the static bytes from from on and the text at op i, which is too long with all its characters and whose values are all plain, up to its cut. It tells how many bytes that were;
// 0: it takes a closer look, because there is no room or because the characters on both sides of the cut may belong together.
func (p *Program) putRun(d unsafe.Pointer, room int, v *Values, ms []Measure, all, i, from int) (size int) {
	r := &p.runs[p.ops[i].arg]
	tail, left := &r.ellipsis, r.text.limit-1
	if r.keepChars != 0 && r.keepChars <= left { // there is a phrase, and room for it
		kept := all - r.fixed + r.keepAfter
		for _, param := range r.params[r.keepSlots:] {
			_, m := v.measured(ms, param)
			kept -= chars(m)
		}
		if kept > left { // it does not survive a plain cut
			tail, left = &r.keep, left-r.keepChars
		}
	}
	room -= tail.size
	static := unsafe.Pointer(unsafe.StringData(p.static))
	before := true // the character before stands alone, if there is one
	for k := range r.parts {
		part := &r.parts[k]
		if part.chars > left {
			upTo := int(part.cuts[left])
			if upTo == 0 || left == 0 && !(before && part.first) || size+upTo-from > room {
				return 0
			}
			putBlocks(unsafe.Add(d, size), unsafe.Add(static, from), upTo-from)
			size += upTo - from
			break
		}
		if part.chars != 0 {
			left -= part.chars
			before = part.last
		}
		i++
		upTo := int(p.ops[i].upTo)
		s, m := "", measureEmpty
		if a := part.param; a < len(ms) { // else it is empty, or not all values were plain
			s, m = v.Params[a], ms[a]
		}
		// A value is never cut to more bytes than it has, whatever its measure says of its characters.
		if size+upTo-from+len(s) > room {
			return 0
		}
		putBlocks(unsafe.Add(d, size), unsafe.Add(static, from), upTo-from)
		size += upTo - from
		from = upTo
		if n := chars(m); n > left {
			if m&measureAlone == 0 || left == 0 && !before {
				return 0
			}
			if n == len(s) {
				s = s[:left]
			} else {
				s = beginning(s, m, left)
			}
			putString(unsafe.Add(d, size), s)
			size += len(s)
			break
		} else if n != 0 {
			left -= n
			before = m&measureAlone != 0
		}
		if len(s) < 8 { // putString, without a call
			putShort(unsafe.Add(d, size), s)
		} else {
			putLong(unsafe.Add(d, size), s)
		}
		size += len(s)
	}
	putBlocks(unsafe.Add(d, size), unsafe.Pointer(unsafe.StringData(tail.text)), tail.size)
	return size + tail.size
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

// put writes so many static bytes and the envelope to d, in which there is room for room bytes and slack. It tells how many bytes that were; 0, and nothing of worth
// written, unless all values are plain and of the usual lengths. link says that the link is known to be plain.
func (e *envelope) put(d unsafe.Pointer, room int, v *Values, static unsafe.Pointer, size int, link bool) int {
	n := size + e.total + len(v.Link)
	if len(v.ResolveID) != idLen || len(v.Expire) != expireLen || len(v.Beacon) != beaconLen || len(v.Link) < 8 || n > room {
		return 0
	}
	c, end := static, unsafe.Add(d, size)
	if size > aligned {
		d, c, size = align(d, c, size)
	}
	putBlocks(d, c, size)
	d, c = end, unsafe.Pointer(unsafe.StringData(e.static))

	s := unsafe.Pointer(unsafe.StringData(v.ResolveID))
	*(*block)(d) = *(*block)(s)
	*(*block)(unsafe.Add(d, 16)) = *(*block)(unsafe.Add(s, 16))
	*(*uint32)(unsafe.Add(d, 32)) = *(*uint32)(unsafe.Add(s, 32))
	bad := suspectJSON(*(*uint64)(s)) | suspectJSON(*(*uint64)(unsafe.Add(s, 8))) | suspectJSON(*(*uint64)(unsafe.Add(s, 16))) |
		suspectJSON(*(*uint64)(unsafe.Add(s, 24))) | suspectJSON(*(*uint64)(unsafe.Add(s, 28)))
	d = unsafe.Add(d, idLen)
	*(*block)(d) = *(*block)(unsafe.Add(c, e.start[0]))
	d = unsafe.Add(d, e.size[0])

	putLong(d, v.Link)
	if !link {
		s, size = unsafe.Pointer(unsafe.StringData(v.Link)), len(v.Link)-8
		for k := 0; k < size; k += 8 {
			bad |= suspectJSON(*(*uint64)(unsafe.Add(s, k)))
		}
		bad |= suspectJSON(*(*uint64)(unsafe.Add(s, size)))
	}
	d = unsafe.Add(d, len(v.Link))
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
		return 0
	}
	return n
}
