package render

import (
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/rivo/uniseg"

	"cardlink/templates"
)

// ellipsis ends a text that was cut; it counts as one character of the limit.
const ellipsis = "…"

// text is a content string with its parameters found.
type text struct {
	pieces []piece
	limit  int // characters (code points) the target shows; 0 = no figure, nothing is cut
	lines  int // lines the target shows before it cuts on its own; advisory; 0 = no figure
	keep   int // piece that must survive a cut, the opt-out phrase; -1 = none
}

// piece is a literal or a parameter.
type piece struct {
	lit   string
	param int // index in Template.Params; -1 for a literal
}

// parseText splits s at the declared parameters. Anything else that looks like one is literal text. A keep phrase, if it stands in a literal,
// becomes a piece of its own.
func parseText(s string, params []templates.Param, keep string) text {
	t := text{keep: -1}
	lit := 0
	for i := 0; i < len(s); {
		if s[i] == '$' {
			if p := paramAt(s[i:], params); p >= 0 {
				t.literal(s[lit:i], keep)
				t.pieces = append(t.pieces, piece{param: p})
				i += len(params[p].Name)
				lit = i
				continue
			}
		}
		i++
	}
	t.literal(s[lit:], keep)
	return t
}

func paramAt(s string, params []templates.Param) int {
	for i := range params {
		if n := params[i].Name; n != "" && strings.HasPrefix(s, n) {
			return i
		}
	}
	return -1
}

func (t *text) literal(s, keep string) {
	if keep != "" && t.keep < 0 {
		if before, after, ok := strings.Cut(s, keep); ok {
			t.literal(before, "")
			t.keep = len(t.pieces)
			t.pieces = append(t.pieces, piece{lit: keep, param: -1})
			s = after
		}
	}
	if s != "" {
		t.pieces = append(t.pieces, piece{lit: s, param: -1})
	}
}

// join appends u to t with a separator between them.
func (t *text) join(sep string, u text) {
	if len(u.pieces) == 0 {
		return
	}
	if len(t.pieces) > 0 && sep != "" {
		t.pieces = append(t.pieces, piece{lit: sep, param: -1})
	}
	if t.keep < 0 && u.keep >= 0 {
		t.keep = len(t.pieces) + u.keep
	}
	t.pieces = append(t.pieces, u.pieces...)
}

// empty reports whether there is nothing to show whatever the values.
func (t *text) empty() bool { return len(t.pieces) == 0 }

// dynamic reports whether values change the text.
func (t *text) dynamic() bool {
	for _, p := range t.pieces {
		if p.param >= 0 {
			return true
		}
	}
	return false
}

// whole is the parameter the text consists of, -1 if it has other parts too.
func (t *text) whole() int {
	if len(t.pieces) == 1 {
		return t.pieces[0].param
	}
	return -1
}

// fill is the text with v's values, uncut.
func (t *text) fill(v *Values) string {
	var b strings.Builder
	for i := range t.pieces {
		b.WriteString(t.pieces[i].value(v))
	}
	return b.String()
}

func (p *piece) value(v *Values) string {
	if p.param >= 0 {
		return v.param(uint16(p.param))
	}
	return p.lit
}

// cut splits the text with v's values into what its limit leaves (with the ellipsis) and what is lost; lost is empty if all fits.
func (t *text) cut(v *Values) (shown, lost string) {
	full := t.fill(v)
	if t.limit <= 0 || utf8.RuneCountInString(full) <= t.limit {
		return full, ""
	}
	raw, keepAt := t.appendRaw(nil, v, -1)
	head, kept := t.cutPoint(raw, keepAt)
	if !kept {
		return full[:head] + ellipsis, full[head:]
	}
	keep := t.pieces[t.keep].lit
	return full[:head] + ellipsis + keep, full[head:keepAt] + full[keepAt+len(keep):]
}

// appendHead appends the text with v's values, which is known to be over the limit, cut without looking at grapheme clusters. ok is false, and what
// was appended worthless, unless the characters on both sides of the cut are of kinds that never form a cluster.
func (t *text) appendHead(dst []byte, v *Values, e escaping) (_ []byte, ok bool) {
	left, end, tail := t.limit-1, len(t.pieces), ""
	if t.keep >= 0 {
		// The phrase survives a plain cut if all up to its end fits; else it follows the ellipsis, if there is room for it at all.
		n := 0
		for i := 0; i <= t.keep && n <= left; i++ {
			_, m := firstRunes(t.pieces[i].value(v), t.limit)
			n += m
		}
		keep := t.pieces[t.keep].lit
		if room := left - utf8.RuneCountInString(keep); n > left && room >= 0 {
			left, end, tail = room, t.keep, keep
		}
	}
	at, last := len(dst), rune(0)
	for i := range t.pieces[:end] {
		s := t.pieces[i].value(v)
		head, n := firstRunes(s, left)
		dst = appendEscaped(dst, head, e)
		if head != "" {
			last, _ = utf8.DecodeLastRuneInString(head)
		}
		if len(head) < len(s) {
			next, _ := utf8.DecodeRuneInString(s[len(head):])
			if len(dst) > at && !(alone(last) && alone(next)) {
				return dst, false
			}
			break
		}
		left -= n
	}
	return appendEscaped(append(dst, ellipsis...), tail, e), true
}

// alone reports whether r can join no other such character: printable ASCII, Latin letters, Chinese characters, and the punctuation of both. None has more than three bytes.
func alone(r rune) bool {
	return 0x20 <= r && r < 0x7f || 0x4E00 <= r && r <= 0x9FFF || 0x3001 <= r && r <= 0x3029 || 0xFF01 <= r && r <= 0xFF60 ||
		0xB0 <= r && r <= 0x24F || 0x2010 <= r && r <= 0x2027
}

// appendCut appends the text with v's values, which is known to be over the limit. The unescaped text is assembled behind dst's end, measured
// there, and overwritten by its escaped beginning: no other memory is needed.
func (t *text) appendCut(dst []byte, v *Values, e escaping) []byte {
	at := len(dst)
	dst, keepAt := t.appendRaw(dst, v, t.limit+1)
	if keepAt >= 0 {
		keepAt -= at
	}
	end := len(dst)
	head, kept := t.cutPoint(dst[at:], keepAt)
	if head > 0 {
		// The bytes read lie before end, the bytes written after it, so the view stays true; if dst moves, it keeps the old memory.
		dst = appendEscaped(dst, unsafe.String(&dst[at], head), e)
	}
	dst = append(dst, ellipsis...)
	if kept {
		dst = appendEscaped(dst, t.pieces[t.keep].lit, e)
	}
	return dst[:at+copy(dst[at:], dst[end:])]
}

// appendRaw appends the unescaped text and tells at which length of dst the keep phrase starts, -1 if it was not reached. With most >= 0 it
// takes no more than that many characters of a value and stops after a value it had to shorten: what follows lies beyond any limit anyway.
func (t *text) appendRaw(dst []byte, v *Values, most int) ([]byte, int) {
	keepAt := -1
	for i := range t.pieces {
		if i == t.keep {
			keepAt = len(dst)
		}
		s := t.pieces[i].value(v)
		if most >= 0 && len(s) > most {
			if short, _ := firstRunes(s, most); len(short) < len(s) {
				return append(dst, short...), keepAt
			}
		}
		dst = append(dst, s...)
	}
	return dst, keepAt
}

// cutPoint decides where raw, which is over the limit, ends: at a grapheme boundary, so that no emoji sequence or accent is torn. kept says that
// the keep phrase follows the ellipsis; head then lies before it.
func (t *text) cutPoint(raw []byte, keepAt int) (head int, kept bool) {
	head = boundary(raw, t.limit-1)
	if t.keep < 0 {
		return head, false
	}
	keep := t.pieces[t.keep].lit
	room := t.limit - 1 - utf8.RuneCountInString(keep)
	if room < 0 || keepAt >= 0 && head >= keepAt+len(keep) {
		return head, false // the phrase cannot fit, or survives a plain cut
	}
	if keepAt >= 0 {
		raw = raw[:keepAt]
	}
	return boundary(raw, room), true
}

// boundary is the last grapheme boundary of b with at most n characters before it.
func boundary(b []byte, n int) int {
	pos, state := 0, -1
	for rest := b; len(rest) > 0; {
		var cluster []byte
		cluster, rest, _, state = uniseg.FirstGraphemeCluster(rest, state)
		if n -= utf8.RuneCount(cluster); n < 0 {
			break
		}
		pos += len(cluster)
	}
	return pos
}

// firstRunes is s up to its first n characters, and how many these are. An invalid byte is a character, as it is when it is escaped.
func firstRunes(s string, n int) (head string, count int) {
	for i := 0; i < len(s); count++ {
		if count == n {
			return s[:i], count
		}
		i += width(s, i)
	}
	return s, count
}

// width is the length of the character at s[i] in bytes. Chinese and ASCII are told by their bytes, all else is decoded.
func width(s string, i int) int {
	switch c := s[i]; {
	case c < utf8.RuneSelf:
		return 1
	case c >= 0xE1 && c <= 0xEC && i+2 < len(s) && s[i+1]&0xC0 == 0x80 && s[i+2]&0xC0 == 0x80:
		return 3
	}
	_, n := utf8.DecodeRuneInString(s[i:])
	return n
}
