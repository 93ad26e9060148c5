package render

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// errTooLarge says that a card has more slots or bytes than a program can address; no template within the wire's limits comes near.
var errTooLarge = errors.New("card too large to compile")

// builder collects a program.
type builder struct {
	static []byte
	ops    []op
	runs   []run
	pings  []string
	origin string // empty: known only when the card is rendered
}

// raw adds markup of the compiler's own.
func (b *builder) raw(s string) { b.static = append(b.static, s...) }

// str adds static text, escaped for its place.
func (b *builder) str(s string, e escaping) { b.static = appendEscaped(b.static, s, e) }

func (b *builder) int(n int) { b.static = strconv.AppendInt(b.static, int64(n), 10) }

func (b *builder) slot(s slot, arg int, e escaping) {
	b.ops = append(b.ops, op{upTo: uint32(len(b.static)), slot: s, arg: uint16(arg), esc: e})
}

// text adds a text; under a run if only its values decide whether it must be cut.
func (b *builder) text(t *text, e escaping) {
	if t.limit <= 0 || !t.dynamic() {
		for i := range t.pieces {
			b.piece(&t.pieces[i], e)
		}
		return
	}
	at, r := len(b.ops), run{text: *t, parts: make([]part, 1)}
	b.slot(slotRun, 0, e)
	for i := range t.pieces {
		if p := &t.pieces[i]; p.param >= 0 {
			b.piece(p, e)
			r.slots++
			r.params = append(r.params, uint16(p.param))
			r.parts[len(r.parts)-1].param = p.param
			r.parts = append(r.parts, part{})
		} else {
			b.part(&r, p, e)
		}
		if i == t.keep {
			r.keepChars, r.keepAfter, r.keepSlots = utf8.RuneCountInString(t.pieces[i].lit), r.fixed, r.slots
			r.keep = tailOf(string(appendEscaped([]byte(ellipsis), t.pieces[i].lit, e)))
		}
	}
	r.ellipsis, r.end = tailOf(ellipsis), uint32(len(b.static))
	b.ops[at].arg = uint16(len(b.runs))
	b.runs = append(b.runs, r)
}

func (b *builder) piece(p *piece, e escaping) {
	if p.param >= 0 {
		b.slot(slotParam, p.param, e)
	} else {
		b.str(p.lit, e)
	}
}

// part adds a literal of a run, noting where it may be cut.
func (b *builder) part(r *run, p *piece, e escaping) {
	l := &r.parts[len(r.parts)-1]
	for at := 0; at < len(p.lit); l.chars++ {
		next, _ := utf8.DecodeRuneInString(p.lit[at:])
		if l.chars < r.text.limit {
			here := uint32(0)
			if l.chars == 0 {
				here, l.first = uint32(len(b.static)), alone(next)
			} else if l.last && alone(next) {
				here = uint32(len(b.static))
			}
			l.cuts = append(l.cuts, here)
		}
		n := width(p.lit, at)
		b.str(p.lit[at:at+n], e)
		l.last = alone(next)
		at += n
		r.fixed++
	}
}

// address adds the target of an action that opens something: literal parts as written, parameters percent-encoded, a parameter that is the whole address checked.
func (b *builder) address(a *action, e escaping) {
	t := &a.target
	if p := t.whole(); p >= 0 {
		s := slotTarget
		if a.typ == "OPEN_APP" || a.typ == "OPEN_QUICK" {
			s = slotDeepLink
		}
		b.slot(s, p, e)
		return
	}
	for i := range t.pieces {
		if p := &t.pieces[i]; p.param >= 0 {
			b.piece(p, escURL)
		} else {
			b.piece(p, e)
		}
	}
}

// media adds the address of a picture or video.
func (b *builder) media(m *media, e escaping) {
	if m.path != "" {
		if b.origin != "" {
			b.str(b.origin, e)
		} else {
			b.slot(slotOrigin, 0, e)
		}
		b.str(m.path, e)
		return
	}
	b.str(m.url, e)
}

// program ends the collection. sample serves to find the size.
func (b *builder) program(contentType string, sample *Values) (*Program, error) {
	if uint64(len(b.static)) > math.MaxUint32 || len(b.runs) > math.MaxUint16 {
		return nil, errTooLarge
	}
	p := &Program{
		static: string(b.static) + noText, end: len(b.static), ops: b.ops, runs: b.runs, pings: b.pings, origin: b.origin, contentType: contentType,
	}
	from := uint32(0)
	for i := range p.ops {
		o := &p.ops[i]
		o.way, from = o.wayOf(int(o.upTo-from)), o.upTo
		if o.need = measureJSON; o.way == wayURL {
			o.need = measureURL
		}
		p.plain = p.plain || o.way < waySlow
	}
	if p.envelope = p.seal(); p.envelope != nil {
		p.ops[p.envelope.at].way = wayEnvelope
	}
	const reserve = 512
	p.size = len(p.Append(nil, sample)) + reserve
	return p, nil
}

// noText is what may be read behind the end of a static text.
var noText = strings.Repeat(" ", slack)
