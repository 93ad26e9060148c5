package templates

import (
	"strings"
	"unicode/utf8"
)

// placeholder is one ${name} in a text.
type placeholder struct {
	start, end int    // byte range in the text, wrapper included
	name       string // without wrapper
}

// placeholders finds every ${name}. ok is false if a "${" opens something that is no parameter: unclosed, empty, or of other characters than
// ASCII letters and digits with a letter first.
func placeholders(s string) (ps []placeholder, ok bool) {
	for at := 0; ; {
		i := strings.Index(s[at:], "${")
		if i < 0 {
			return ps, true
		}
		start := at + i
		n := strings.IndexByte(s[start:], '}')
		if n < 0 {
			return ps, false
		}
		name := s[start+2 : start+n]
		if !validParam(name) {
			return ps, false
		}
		at = start + n + 1
		ps = append(ps, placeholder{start, at, name})
	}
}

// validParam reports whether name, without wrapper, is a parameter's name.
func validParam(name string) bool {
	for i, r := range []byte(name) {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// Expand puts values, by bare name, in place of the parameters of s. A parameter without a value stays as it is.
func Expand(s string, values map[string]string) string {
	ps, _ := placeholders(s)
	if len(ps) == 0 {
		return s
	}
	var b strings.Builder
	at := 0
	for _, p := range ps {
		b.WriteString(s[at:p.start])
		if v, ok := values[p.name]; ok {
			b.WriteString(v)
		} else {
			b.WriteString(s[p.start:p.end])
		}
		at = p.end
	}
	b.WriteString(s[at:])
	return b.String()
}

// chars counts as every limit of the catalogue does: one Unicode code point is one character (templates.md §2.2).
func chars(s string) int { return utf8.RuneCountInString(s) }
