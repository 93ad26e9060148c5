package render

import "time"

// Program is a compiled card: static bytes with slots between them. It never changes after Compile and may be used by any number of goroutines.
type Program struct {
	static      string
	ops         []op
	runs        []run
	pings       []string // ends of the click beacons' addresses
	touchables  []touchable
	contentType string
	csp         string         // of a page
	calendars   []calendarFile // of a page
	size        int
}

// slot says what is appended between two static runs.
type slot uint8

const (
	slotParam     slot = iota // the value of parameter arg
	slotTarget                // the value of parameter arg as a whole address; "#" unless its scheme is allowed
	slotRun                   // runs[arg]: the next ops are a text with a limit
	slotOrigin                // Values.Origin
	slotLink                  // Values.Link
	slotResolveID             // Values.ResolveID
	slotExpire                // Values.Expire
	slotClock                 // Values.Expire to the minute, in zones[arg]
	slotBeacon                // address of the beacons of kind beaconPaths[arg]; empty without Values.Beacon
	slotPixel                 // the page's picture that reports its exposure; nothing without Values.Beacon
	slotPing                  // attribute that reports a click, its address ending in pings[arg]; nothing without Values.Beacon
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
	for i := 0; i < len(p.ops); i++ {
		o := &p.ops[i]
		dst = append(dst, p.static[from:o.upTo]...)
		from = o.upTo
		var s string
		switch o.slot {
		case slotParam:
			s = v.param(o.arg)
		case slotTarget:
			if s = v.param(o.arg); !web(s) {
				s = "#"
			}
		case slotRun:
			// A text with a limit: its pieces follow as ordinary slots. If it is too long they are skipped and the cut text is written instead.
			if r := &p.runs[o.arg]; !r.fits(v) {
				dst = r.appendCut(dst, v, o.esc)
				from = r.end
				i += r.slots
			}
			continue
		case slotOrigin:
			s = v.Origin
		case slotLink:
			s = v.Link
		case slotResolveID:
			s = v.ResolveID
		case slotExpire:
			s = v.Expire
		case slotClock:
			dst = appendClock(dst, v.Expire, zones[o.arg])
			continue
		case slotBeacon:
			dst = v.appendBeacon(dst, beaconPaths[o.arg], o.esc)
			continue
		case slotPixel:
			if v.Beacon != "" {
				dst = append(dst, `<img class="seen" src="`...)
				dst = v.appendBeacon(dst, ExposePath, o.esc)
				dst = append(dst, "?seq=1\" width=\"1\" height=\"1\" alt=\"\">\n"...)
			}
			continue
		case slotPing:
			if v.Beacon != "" {
				dst = append(dst, ` ping="`...)
				dst = v.appendBeacon(dst, ClickPath, o.esc)
				dst = append(append(dst, p.pings[o.arg]...), '"')
			}
			continue
		}
		if o.esc == escJSON {
			dst = appendJSON(dst, s)
		} else {
			dst = appendEscaped(dst, s, o.esc)
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
	fixed int    // characters of the literals
	slots int    // ops that follow for its pieces
	end   uint32 // static bytes up to here are the text's
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
