package render

import "unicode/utf8"

// Measure is what Append must know of a value before it may copy it. Who draws with the same values more than once keeps it beside them. It is an alias so that
// it can be kept by rooms that do not know this one.
type Measure = uint32

// The bits of a Measure above the number of characters, which holds only with measureJSON. All are unset if nothing is known.
const (
	measureJSON  Measure = 1 << 31 // may stand in a JSON string as it is
	measureURL   Measure = 1 << 30 // may stand in an address as it is
	measureAlone Measure = 1 << 29 // a cut between any two of its characters tears no grapheme cluster
	measureEven  Measure = 1 << 28 // all its characters have the same number of bytes

	measureChars Measure = 1<<24 - 1
	measureEmpty         = measureJSON | measureURL | measureAlone | measureEven
)

// maxMeasures is how many values Append measures by itself; more are written the slow way. A template declares 20 at most (templates.md §5).
const maxMeasures = 32

// Measures appends the measure of each value to dst. They hold for these values only.
func Measures(dst []Measure, values []string) []Measure {
	for _, s := range values {
		dst = append(dst, measure(s))
	}
	return dst
}

func measure(s string) Measure {
	if s == "" {
		return measureEmpty
	}
	n, ok := scanJSON(s)
	if !ok || n > int(measureChars) {
		return 0
	}
	m := Measure(n) | measureJSON
	if plainURL(s) {
		m |= measureURL
	}
	for _, r := range s {
		if !alone(r) {
			return m
		}
	}
	m |= measureAlone
	if len(s) == n || len(s) == utf8.RuneLen('中')*n { // characters that stand alone have three bytes at most
		m |= measureEven
	}
	return m
}

// chars is how many characters a value of measure m has that is plain in JSON.
func chars(m Measure) int { return int(m & measureChars) }

// beginning is s, of which m is known, up to its first n characters. n is at most their number.
func beginning(s string, m Measure, n int) string {
	if m&measureEven != 0 && m&measureChars != 0 {
		if len(s) != chars(m) {
			n *= utf8.RuneLen('中')
		}
		return s[:n]
	}
	head, _ := firstRunes(s, n)
	return head
}

// measured is the value of parameter i and its measure; a missing tail is empty.
func (v *Values) measured(ms []Measure, i uint16) (string, Measure) {
	switch {
	case int(i) >= len(v.Params):
		return "", measureEmpty
	case int(i) >= len(ms):
		return v.Params[i], 0
	}
	return v.Params[i], ms[i]
}
