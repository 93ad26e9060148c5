package render

import (
	"errors"
	"math"
	"strconv"
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
	limited := t.limit > 0 && t.dynamic()
	if limited {
		r := run{text: *t}
		for _, p := range t.pieces {
			if p.param < 0 {
				r.fixed += utf8.RuneCountInString(p.lit)
			} else {
				r.slots++
			}
		}
		b.slot(slotRun, len(b.runs), e)
		b.runs = append(b.runs, r)
	}
	for _, p := range t.pieces {
		if p.param >= 0 {
			b.slot(slotParam, p.param, e)
		} else {
			b.str(p.lit, e)
		}
	}
	if limited {
		b.runs[len(b.runs)-1].end = uint32(len(b.static))
	}
}

// address adds a target that is opened: literal parts as written, parameters percent-encoded, a parameter that is the whole address checked.
func (b *builder) address(t *text, e escaping) {
	if p := t.whole(); p >= 0 {
		b.slot(slotTarget, p, e)
		return
	}
	for _, p := range t.pieces {
		if p.param >= 0 {
			b.slot(slotParam, p.param, escURL)
		} else {
			b.str(p.lit, e)
		}
	}
}

// media adds the address of a picture or video.
func (b *builder) media(m *media, e escaping) {
	if m.path != "" {
		b.slot(slotOrigin, 0, e)
		b.str(m.path, e)
		return
	}
	b.str(m.url, e)
}

// program ends the collection. sample serves to find the size.
func (b *builder) program(contentType string, sample *Values) (*Program, error) {
	if len(b.static) > math.MaxUint32 || len(b.runs) > math.MaxUint16 {
		return nil, errTooLarge
	}
	p := &Program{static: string(b.static), ops: b.ops, runs: b.runs, pings: b.pings, contentType: contentType}
	const reserve = 512
	p.size = len(p.Append(nil, sample)) + reserve
	return p, nil
}
