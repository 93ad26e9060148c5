package render

import "strconv"

// The edge's paths of the two kinds of beacons; a token follows (docs/handset.md).
const (
	ExposePath = "/e/x/"
	ClickPath  = "/e/c/"
)

var beaconPaths = [...]string{ExposePath, ClickPath}

// appendBeacon writes a beacon's address without its parameters, or nothing.
func (p *Program) appendBeacon(dst []byte, v *Values, path string, e escaping) []byte {
	if v.Beacon == "" {
		return dst
	}
	origin := p.origin
	if origin == "" {
		origin = v.Origin
	}
	dst = append(appendEscaped(dst, origin, e), path...)
	return appendEscaped(dst, v.Beacon, e)
}

// touchable is an element that does something when it is touched.
type touchable struct {
	page, position int
	action         string
}

// Action is what a touch on the element at a place of the card does; ok is false if nothing stands there that could be touched. It does not allocate.
func (p *Program) Action(page, position int) (action string, ok bool) {
	for i := range p.touchables {
		if t := &p.touchables[i]; t.page == page && t.position == position {
			return t.action, true
		}
	}
	return "", false
}

// touchables are c's.
func (c *card) touchables() (list []touchable) {
	for i := range c.elements {
		if e := &c.elements[i]; e.action != nil {
			list = append(list, touchable{e.page, e.position, e.action.typ})
		}
	}
	return list
}

// ping adds the attribute that makes a browser report a click on e while it follows the link: no redirect, no script. A page view counts each element once,
// so an element's place in the card is its number.
func (b *htmlBuilder) ping(e *element) {
	n := strconv.Itoa
	b.slot(slotPing, len(b.pings), escHTML)
	b.pings = append(b.pings, "?seq="+n(e.order+1)+"&amp;page="+n(e.page)+"&amp;position="+n(e.position))
}
