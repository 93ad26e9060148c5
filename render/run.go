package render

// run is a text with parameters and a limit. Whether it must be cut is known only when the values are.
type run struct {
	text   text
	fixed  int      // characters of the literals
	slots  int      // ops that follow for its pieces
	params []uint16 // their parameters
	end    uint32   // static bytes up to here are the text's

	// For putRun, in JSON only.
	parts     []part
	ellipsis  tail // what follows a cut
	keep      tail // what follows it if the keep phrase must survive it
	keepChars int  // characters of the phrase
	keepAfter int  // characters of the literals up to its end
	keepSlots int  // slots before it
}

// part is what putRun knows of the text up to a value, the value included, or up to the end.
type part struct {
	chars int // of the literal before the value
	param int // the value; of the last part none, but whatever is cut is cut before its end
	// cuts[i] is where the first i characters of the literal end in the program's static bytes, escaped; 0 if cutting between the two characters there may tear a
	// grapheme cluster. There are no more than the limit's.
	cuts        []uint32
	first, last bool // the literal's first and last character stand alone
}

// tail is what follows a cut, with slack bytes behind it.
type tail struct {
	text string
	size int
}

func tailOf(s string) tail { return tail{s + noText[:slack], len(s)} }

// chars is how many characters the text has, -1 if it has values of which that is not known.
func (r *run) chars(v *Values, ms []Measure) int {
	n, all := r.fixed, measureJSON
	for _, param := range r.params {
		if int(param) < len(ms) {
			m := ms[param]
			all &= m
			n += chars(m)
		} else if int(param) < len(v.Params) {
			return -1
		}
	}
	if all == 0 {
		return -1
	}
	return n
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
