package render

import "time"

// Program is a compiled card: static bytes with slots between them. It never changes after Compile and may be used by any number of goroutines.
type Program struct {
	static      string // with slack bytes behind it
	end         int    // of static without them
	ops         []op
	runs        []run
	pings       []string // ends of the click beacons' addresses
	origin      string   // empty: Values.Origin
	envelope    *envelope
	plain       bool // there are ops for appendPlain
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
	slotTarget                // the value of parameter arg as a whole address of a page; "#" unless its scheme is allowed
	slotDeepLink              // the same of an app: any scheme is allowed but those that run or embed what the address says
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
	need Measure // what the value must be to be copied
	arg  uint16  // see slot
	slot slot
	esc  escaping
	way  way
}

// ContentType is the media type of what Append writes.
func (p *Program) ContentType() string { return p.contentType }

// Size is a good capacity in bytes for the buffer given to Append: the card with the template's example values and a reserve.
func (p *Program) Size() int { return p.size }

// Append writes the card with v's values to dst and returns the longer slice. It does no I/O and reads no clock, keeps nothing of v, and allocates
// only if dst must grow. Bytes between the returned length and dst's capacity may have been written to.
func (p *Program) Append(dst []byte, v *Values) []byte {
	ms := v.Measures
	if len(ms) != len(v.Params) && p.plain {
		return p.appendUnmeasured(dst, v)
	}
	dst, i, from := p.appendPlain(dst, v, ms, 0, 0)
	if i == len(p.ops) && from == p.end {
		return dst
	}
	return p.append(dst, v, ms, i, from)
}

// appendUnmeasured measures first. It is a function of its own because only it has use for the room.
func (p *Program) appendUnmeasured(dst []byte, v *Values) []byte {
	var room [maxMeasures]Measure
	var ms []Measure
	if len(v.Params) <= len(room) {
		ms = Measures(room[:0], v.Params)
	}
	return p.append(dst, v, ms, 0, 0)
}

// append writes ops from i on, and what follows them, behind the static bytes from from on.
func (p *Program) append(dst []byte, v *Values, ms []Measure, i, from int) []byte {
	for i < len(p.ops) {
		if p.ops[i].way < waySlow {
			if dst, i, from = p.appendPlain(dst, v, ms, i, from); i == len(p.ops) {
				break
			}
		}
		dst, i, from = p.appendOp(dst, v, i, from)
	}
	return append(dst, p.static[from:p.end]...)
}

// appendOp writes the op at i behind the static bytes from from on, whatever its value, and tells where to go on.
func (p *Program) appendOp(dst []byte, v *Values, i, from int) (_ []byte, _, _ int) {
	o := &p.ops[i]
	dst = append(dst, p.static[from:o.upTo]...)
	from = int(o.upTo)
	var s string
	switch o.slot {
	case slotParam:
		s = v.param(o.arg)
	case slotTarget:
		if s = v.param(o.arg); !web(s) {
			s = "#"
		}
	case slotDeepLink:
		if s = v.param(o.arg); !deepLink(s) {
			s = "#"
		}
	case slotRun:
		// The text's pieces follow as ordinary slots. If it is too long they are skipped and the cut text is written instead.
		if r := &p.runs[o.arg]; !r.fits(v) {
			return r.appendCut(dst, v, o.esc), i + r.slots + 1, int(r.end)
		}
		return dst, i + 1, from
	case slotOrigin:
		s = v.Origin
	case slotLink:
		s = v.Link
	case slotResolveID:
		s = v.ResolveID
	case slotExpire:
		s = v.Expire
	case slotClock:
		return appendClock(dst, v.Expire, zones[o.arg]), i + 1, from
	case slotBeacon:
		return p.appendBeacon(dst, v, beaconPaths[o.arg], o.esc), i + 1, from
	case slotPixel:
		if v.Beacon != "" {
			dst = append(dst, `<img class="seen" src="`...)
			dst = p.appendBeacon(dst, v, ExposePath, o.esc)
			dst = append(dst, "?seq=1\" width=\"1\" height=\"1\" alt=\"\">\n"...)
		}
		return dst, i + 1, from
	case slotPing:
		if v.Beacon != "" {
			dst = append(dst, ` ping="`...)
			dst = p.appendBeacon(dst, v, ClickPath, o.esc)
			dst = append(append(dst, p.pings[o.arg]...), '"')
		}
		return dst, i + 1, from
	}
	return appendEscaped(dst, s, o.esc), i + 1, from
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
