package render

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// escaping is the place a value is written to. Every value that is not the compiler's own markup passes through exactly one of them.
type escaping uint8

const (
	escJSON escaping = iota // inside a JSON string
	escHTML                 // HTML text or a double-quoted attribute; both take the same escapes here
	escURL                  // one component of an address: percent-encoded, hence plain ASCII that is safe in JSON and in attributes too
)

// appendEscaped appends s for its place. Invalid UTF-8 becomes U+FFFD, one per byte, so that counting code points before and after agrees.
func appendEscaped(dst []byte, s string, e escaping) []byte {
	switch e {
	case escJSON:
		return appendJSON(dst, s)
	case escURL:
		return appendURL(dst, s)
	default:
		return appendHTML(dst, s)
	}
}

const hexLower, hexUpper = "0123456789abcdef", "0123456789ABCDEF"

// special marks the ASCII bytes that one of the escapings must look at: bit 0 JSON, bit 1 HTML, bit 2 URL. Bytes from 0x80 on are always looked at.
var special = func() (t [256]uint8) {
	for c := range t {
		b := byte(c)
		if b < 0x20 || b == '"' || b == '\\' || b == '<' || b == '>' || b == '&' || b >= utf8.RuneSelf {
			t[c] |= 1
		}
		// Tab and newline are legal in HTML; U+007F is not.
		if b < 0x20 && b != '\t' && b != '\n' || b == 0x7f || b == '"' || b == '\'' || b == '<' || b == '>' || b == '&' || b == '`' || b >= utf8.RuneSelf {
			t[c] |= 2
		}
		if !('a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '-' || b == '.' || b == '_' || b == '~') {
			t[c] |= 4
		}
	}
	return t
}()

const (
	lsb = 0x0101010101010101
	msb = 0x8080808080808080
)

// exactJSON sets a high bit if a byte of w is not ASCII or needs an escape in JSON, and none if none is or does.
func exactJSON(w uint64) uint64 {
	return w | (w - lsb*0x20) | // not ASCII, or a control
		(((w | lsb*4) ^ lsb*'&') - lsb) | // & or "
		(((w | lsb*2) ^ lsb*'>') - lsb) | // > or <
		((w ^ lsb*'\\') - lsb)
}

// suspectJSON is exactJSON for addresses and ids, in fewer steps: it suspects all below "(", and ^ | ~ too.
func suspectJSON(w uint64) uint64 {
	return w | (w - lsb*'(') | (((w | lsb*0x62) ^ lsb*0x7e) - lsb)
}

// suspectURL sets the high bit of every byte of w that is neither letter nor digit.
func suspectURL(w uint64) uint64 {
	l := w | lsb*0x20
	letter := (l + lsb*(0x80-'a')) & (lsb*(0x80+'z') - l)
	digit := (w + lsb*(0x80-'0')) & (lsb*(0x80+'9') - w)
	return w | ^(letter | digit)
}

// scanJSON counts the characters of s if it may stand in a JSON string as it is; else ok is false and the count worthless. ASCII and Chinese are looked at in words.
func scanJSON(s string) (chars int, ok bool) {
	i := 0
	for len(s)-i >= 8 {
		switch w := binary.LittleEndian.Uint64([]byte(s[i : i+8])); {
		case w&0xC0C0F0C0C0F0 == 0x8080E08080E0 && wide>>(w&15)&(wide>>(w>>24&15))&1 != 0: // two characters of three bytes
			i += 6
			chars += 2
		case exactJSON(w)&msb == 0:
			i += 8
			chars += 8
		default:
			n := charJSON(s, i)
			if n == 0 {
				return 0, false
			}
			i += n
			chars++
		}
	}
	for i < len(s) {
		n := charJSON(s, i)
		if n == 0 {
			return 0, false
		}
		i += n
		chars++
	}
	return chars, true
}

// wide has a bit for each low half of a first byte 0xE0 to 0xEF that any two continuation bytes make a character with that JSON takes as it is. 0xE0 and 0xED do not, and
// 0xE2 begins the line separators too.
const wide = 0xDFFA

// charJSON is the length of the character at s[i], 0 if it is not valid or needs an escape in JSON.
func charJSON(s string, i int) int {
	c := s[i]
	if special[c]&1 == 0 {
		return 1
	}
	if c&0xF0 == 0xE0 && wide>>(c&15)&1 != 0 && i+2 < len(s) && s[i+1]&0xC0 == 0x80 && s[i+2]&0xC0 == 0x80 {
		return 3
	}
	if c < utf8.RuneSelf {
		return 0
	}
	n := runeLen(s[i:])
	if n == 3 && c == 0xE2 && s[i+1] == 0x80 && s[i+2]&^1 == 0xA8 {
		return 0
	}
	return n
}

// plainURL reports whether s may stand in an address as it is.
func plainURL(s string) bool {
	for i := range len(s) {
		if special[s[i]]&4 != 0 {
			return false
		}
	}
	return true
}

// appendJSON appends s as the inside of a JSON string, byte for byte as encoding/json writes it with HTML escaping on: a card pasted into a
// page cannot close its script element, and U+2028/U+2029 do not end a JavaScript line.
func appendJSON(dst []byte, s string) []byte {
	if _, ok := scanJSON(s); ok {
		return append(dst, s...)
	}
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if special[c]&1 == 0 {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			case '\b':
				dst = append(dst, '\\', 'b')
			case '\f':
				dst = append(dst, '\\', 'f')
			default:
				dst = append(dst, '\\', 'u', '0', '0', hexLower[c>>4], hexLower[c&15])
			}
			i++
			start = i
			continue
		}
		n := runeLen(s[i:])
		switch {
		case n == 0:
			dst = append(append(dst, s[start:i]...), `\ufffd`...)
			i++
			start = i
		case n == 3 && c == 0xE2 && s[i+1] == 0x80 && s[i+2]&^1 == 0xA8:
			dst = append(append(dst, s[start:i]...), `\u202`...)
			dst = append(dst, hexLower[s[i+2]&15])
			i += 3
			start = i
		default:
			i += n
		}
	}
	return append(dst, s[start:]...)
}

// appendHTML appends s as HTML text or inside a double-quoted attribute. Characters that HTML forbids (controls, noncharacters at the end of the
// first plane) become U+FFFD.
func appendHTML(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if special[c]&2 == 0 {
			i++
			continue
		}
		var rep string
		n := 1
		switch {
		case c == '&':
			rep = "&amp;"
		case c == '<':
			rep = "&lt;"
		case c == '>':
			rep = "&gt;"
		case c == '"':
			rep = "&#34;"
		case c == '\'':
			rep = "&#39;"
		case c == '`':
			rep = "&#96;"
		case c == '\r': // would be normalised away by the parser
			rep = "&#13;"
		case c < utf8.RuneSelf:
			rep = "\uFFFD"
		default:
			n = runeLen(s[i:])
			switch {
			case n == 0:
				rep, n = "\uFFFD", 1
			case n == 2 && c == 0xC2 && s[i+1] < 0xA0: // C1 controls
				rep = "\uFFFD"
			case n == 3 && c == 0xEF && s[i+1] == 0xBF && s[i+2] >= 0xBE: // U+FFFE, U+FFFF
				rep = "\uFFFD"
			default:
				i += n
				continue
			}
		}
		dst = append(append(dst, s[start:i]...), rep...)
		i += n
		start = i
	}
	return append(dst, s[start:]...)
}

// appendURL percent-encodes all but the unreserved characters of RFC 3986.
func appendURL(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if special[c]&4 == 0 {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		n := 1
		if c >= utf8.RuneSelf {
			if n = runeLen(s[i:]); n == 0 {
				dst = append(dst, "%EF%BF%BD"...)
				i++
				start = i
				continue
			}
		}
		for _, b := range []byte(s[i : i+n]) {
			dst = append(dst, '%', hexUpper[b>>4], hexUpper[b&15])
		}
		i += n
		start = i
	}
	return append(dst, s[start:]...)
}

// runeLen is the length in bytes of the character s starts with, 0 if it is not valid UTF-8. s starts above ASCII.
func runeLen(s string) int {
	n := width(s, 0)
	if n == 1 {
		return 0
	}
	return n
}

// web reports whether s may stand as a whole address in an action that opens a page: a scheme that opens a page or a quick app. A value that is a whole address can
// only come from a parameter, so nothing else (javascript:, data:, file:) is let through.
func web(s string) bool {
	return hasScheme(s, "https://") || hasScheme(s, "http://") || hasScheme(s, "hap://")
}

// deepLink reports whether s may stand as the whole address of an app: it begins with a scheme, letter by letter, that is none of scripts. It does not allocate.
func deepLink(s string) bool {
	n := strings.IndexByte(s, ':')
	if n < 1 || len(s) == n+1 {
		return false
	}
	for i := range n {
		c := s[i] | 0x20 // lower case, if it is a letter
		if !('a' <= c && c <= 'z' || i > 0 && ('0' <= s[i] && s[i] <= '9' || s[i] == '+' || s[i] == '-' || s[i] == '.')) {
			return false
		}
	}
	for _, script := range scripts {
		if len(script) == n && hasScheme(s, script) {
			return false
		}
	}
	return true
}

func hasScheme(s, scheme string) bool {
	if len(s) <= len(scheme) {
		return false
	}
	for i := range len(scheme) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != scheme[i] {
			return false
		}
	}
	return true
}
