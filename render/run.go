package render

import "unicode/utf8"

// run is a text with parameters and a limit. Whether it must be cut is known only when the values are.
type run struct {
	text   text
	fixed  int      // characters of the literals
	slots  int      // ops that follow for its pieces
	params []uint16 // their parameters
	end    uint32   // static bytes up to here are the text's

	// For cut, in JSON only.
	parts     []part
	ellipsis  string // what follows a cut
	keep      string // what follows it if the keep phrase must survive it
	keepChars int    // characters of the phrase
	keepAfter int    // characters of the literals up to its end
	keepSlots int    // slots before it
}

// part is what cut knows of a piece.
type part struct {
	param int // -1: a literal
	chars int // of a literal
	// cuts[i] is where the first i characters of a literal end in the program's static bytes, escaped; 0 if cutting between the two characters there may tear a
	// grapheme cluster. There are no more than the limit's.
	cuts []uint32
}

// cut is where a text ends that is too long.
type cut struct {
	slots int    // slots that are shown whole
	bytes int    // of their values
	upTo  int    // static bytes that are shown; 0: all before the next slot
	head  string // what is shown of that slot's value
	tail  string // what follows
}

// verdict is what cut can tell.
type verdict uint8

const (
	fitting verdict = iota // the text is within its limit
	tooLong                // it ends at the cut
	unknown                // it holds what needs a closer look
)

// cut finds where the text with v's values must end. It knows only values that need no escape in JSON, and cuts between characters that cannot belong together.
func (r *run) cut(v *Values, c *cut) verdict {
	most := r.fixed // no value has more characters than bytes
	for _, param := range r.params {
		most += len(v.param(param))
	}
	if most <= r.text.limit {
		return fitting
	}
	var chars [8]int
	if len(r.params) > len(chars) {
		return unknown
	}
	total, kept := r.fixed, r.keepAfter
	for i, param := range r.params {
		n, ok := scanJSON(v.param(param))
		if !ok {
			return unknown
		}
		chars[i] = n
		total += n
		if i < r.keepSlots {
			kept += n
		}
	}
	if total <= r.text.limit {
		return fitting
	}
	left := r.text.limit - 1
	c.tail = r.ellipsis
	if kept > left && r.keepChars <= left { // the phrase does not survive a plain cut, and there is room for it
		left -= r.keepChars
		c.tail = r.keep
	}
	before := "" // the last text that is shown whole, if any is
	for i := range r.parts {
		p := &r.parts[i]
		n, s := p.chars, r.text.pieces[i].lit
		if p.param >= 0 {
			n, s = chars[c.slots], v.param(uint16(p.param))
		}
		if n > left {
			return c.within(p, s, left, before)
		}
		left -= n
		if p.param >= 0 {
			c.slots++
			c.bytes += len(s)
		}
		if s != "" {
			before = s
		}
	}
	return unknown
}

// within ends c in a part whose text is s, after so many of its characters.
func (c *cut) within(p *part, s string, chars int, before string) verdict {
	if p.param < 0 {
		if c.upTo = int(p.cuts[chars]); c.upTo == 0 {
			return unknown
		}
		if chars > 0 {
			return tooLong // or there would be no place
		}
	} else if chars > 0 {
		before, _ = firstRunes(s, chars)
		c.head = before
	}
	if before != "" {
		last, _ := utf8.DecodeLastRuneInString(before)
		next, _ := utf8.DecodeRuneInString(s[len(c.head):])
		if !alone(last) || !alone(next) {
			return unknown
		}
	}
	return tooLong
}

// fits reports whether the text with v's values is within its limit. A value has at most as many characters as bytes, so short ones need no count.
func (r *run) fits(v *Values) bool {
	atMost := r.fixed
	for i := range r.text.pieces {
		if p := &r.text.pieces[i]; p.param >= 0 {
			atMost += len(v.param(uint16(p.param)))
		}
	}
	if atMost <= r.text.limit {
		return true
	}
	n := r.fixed
	for i := range r.text.pieces {
		if p := &r.text.pieces[i]; p.param >= 0 {
			_, m := firstRunes(v.param(uint16(p.param)), r.text.limit+1)
			n += m
		}
	}
	return n <= r.text.limit
}

// appendCut writes the text, which is over its limit: at once if the cut falls between two characters that cannot belong together, which is nearly
// always, else after looking for the boundary in the whole text.
func (r *run) appendCut(dst []byte, v *Values, e escaping) []byte {
	at := len(dst)
	dst, ok := r.text.appendHead(dst, v, e)
	if ok {
		return dst
	}
	return r.text.appendCut(dst[:at], v, e)
}
