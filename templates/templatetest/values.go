package templatetest

import (
	"strings"

	"cardlink/templates"
)

// Kind names a set of values for a card's parameters.
type Kind string

// The kinds of values.
const (
	Sample  Kind = "sample"  // the examples the card was submitted with
	Longest Kind = "longest" // values over every limit, of characters that must not be torn
	Hostile Kind = "hostile" // values that try to leave the place they are put in
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Sample, Longest, Hostile} }

// Params gives a card's values of a kind, in the order of its parameters.
func Params(t *templates.Template, k Kind) []string {
	pool := LongValues()
	if k == Hostile {
		pool = HostileValues()
	}
	out := make([]string, len(t.Params))
	for i, p := range t.Params {
		if out[i] = pool[(int(t.ID)+i)%len(pool)]; k == Sample { // another card starts elsewhere in the pool, so that all values meet all places
			out[i] = p.Example
		}
	}
	return out
}

// LongValues are values of about a hundred characters, as many as an example may have and more than any title shows: Chinese, an emoji of seven code points, English, accents that combine.
func LongValues() []string {
	return []string{
		strings.Repeat("一二三四五六七八九十", 10),
		strings.Repeat("👨‍👩‍👧‍👦", 15),
		strings.Repeat("The quick brown fox jumps over the lazy dog. ", 3),
		strings.Repeat("e\u0301", 30),
	}
}

// HostileValues are values that a careless renderer would let out of a JSON string, a text, an attribute, an address or a style, and values that break what
// counts or cuts characters. Huge is not among them.
func HostileValues() []string {
	return []string{
		`"></script><script>alert(1)</script>'` + "`" + ` onload=x`,
		"a\\\"b\u2028c\u2029d\x00e\nf\rg\th\x7f<!--]]>&amp;${name}",
		"\u202egnp.exe\u202c \u2066مرحبا\u2069 👩‍🚀\xff\xfe\xc0\xaf",
		"javascript:alert(document.domain)//?a=b&c=d#e /../%2e%2e",
		"x;}</style>*{background:url(//evil.example)}/*\\9 expression(1)",
		"https://evil.example/\"onclick='x' <b>&lt;",
		"${uid}${${name}}$${uid", "\xed\xa0\x80\xf4\x90\x80\x80\ufffe\uffff\u0085",
		"JaVaScRiPt\n:\talert(1)", "data:text/html,<script>1</script>",
	}
}

// Huge is a value far over anything the API takes: ten thousand characters.
func Huge() string { return strings.Repeat("长👩‍🚀\"<", 10_000/6+1) }
