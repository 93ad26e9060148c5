package api

import (
	"encoding/json"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

func (r *jsonReader) word(w string) bool {
	if len(r.in)-r.at < len(w) || string(r.in[r.at:r.at+len(w)]) != w {
		return false
	}
	r.at += len(w)
	return true
}

// number reads by the grammar of RFC 8259: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
func (r *jsonReader) number() (any, bool) {
	start := r.at
	if r.peek() == '-' {
		r.at++
	}
	if r.peek() == '0' {
		r.at++
	} else if !r.digits() {
		return nil, false
	}
	if r.peek() == '.' {
		r.at++
		if !r.digits() {
			return nil, false
		}
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		r.at++
		if c := r.peek(); c == '+' || c == '-' {
			r.at++
		}
		if !r.digits() {
			return nil, false
		}
	}
	if r.at-start > maxNumber {
		n := strconv.Itoa(maxNumber)
		return nil, r.refuse("must be a number of at most "+n+" characters", "数字长度不能超过"+n+"个字符")
	}
	return json.Number(r.in[start:r.at]), true
}

// digits reads one or more.
func (r *jsonReader) digits() bool {
	start := r.at
	for c := r.peek(); '0' <= c && c <= '9'; c = r.peek() {
		r.at++
	}
	return r.at > start
}

// text reads a string. Runs without escapes are copied whole.
func (r *jsonReader) text() (string, bool) {
	r.at++
	start := r.at
	var b []byte // nil as long as nothing was escaped
	for r.at < len(r.in) {
		switch c := r.in[r.at]; {
		case c == '"':
			run := r.in[start:r.at]
			r.at++
			if b == nil {
				return string(run), true
			}
			return string(append(b, run...)), true
		case c == '\\':
			b = append(b, r.in[start:r.at]...)
			var ok bool
			if b, ok = r.escape(b); !ok {
				return "", false
			}
			start = r.at
		case c < ' ':
			return "", false // control characters are escaped in JSON
		case c < utf8.RuneSelf:
			r.at++
		default:
			u, n := utf8.DecodeRune(r.in[r.at:])
			if u == utf8.RuneError && n <= 1 {
				return "", r.refuse("must be valid UTF-8", "须为合法的UTF-8文本")
			}
			r.at += n
		}
	}
	return "", false
}

// escape reads one escape, or two that are a surrogate pair, and appends what it stands for.
func (r *jsonReader) escape(b []byte) ([]byte, bool) {
	r.at++
	c := r.peek()
	r.at++
	switch c {
	case '"', '\\', '/':
		return append(b, c), true
	case 'b':
		return append(b, '\b'), true
	case 'f':
		return append(b, '\f'), true
	case 'n':
		return append(b, '\n'), true
	case 'r':
		return append(b, '\r'), true
	case 't':
		return append(b, '\t'), true
	case 'u':
		u, ok := r.hex()
		if !ok {
			return nil, false
		}
		if utf16.IsSurrogate(u) {
			if len(r.in)-r.at >= 2 && r.in[r.at] == '\\' && r.in[r.at+1] == 'u' {
				r.at += 2
				low, ok := r.hex()
				if !ok {
					return nil, false
				}
				u = utf16.DecodeRune(u, low)
			} else {
				u = utf8.RuneError
			}
			if u == utf8.RuneError {
				return nil, r.refuse("must not hold half a surrogate pair", "不能包含不完整的代理对")
			}
		}
		if u == 0 {
			return nil, r.refuse("must not hold the character U+0000", "不能包含字符U+0000")
		}
		return utf8.AppendRune(b, u), true
	}
	r.at-- // the byte at which it is not JSON
	return nil, false
}

// hex reads four hex digits.
func (r *jsonReader) hex() (rune, bool) {
	var u rune
	for range 4 {
		c := r.peek()
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		u = u<<4 | rune(c)
		r.at++
	}
	return u, true
}
