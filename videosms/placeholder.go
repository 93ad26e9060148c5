package videosms

import (
	"strconv"
	"strings"
)

// maxVar is the highest number of a placeholder.
const maxVar = 100

// placeholders calls found with every placeholder of s, "p_7" for #p_7#, and where it stands: s[from:to] is the whole of it. It reports the first that is
// written like one and has a number outside 1…100, or "" if there is none. What does not have the form #p_digits# is text.
func placeholders(s string, found func(name string, from, to int)) (wrong string) {
	for at := 0; ; {
		i := strings.Index(s[at:], "#p_")
		if i < 0 {
			return wrong
		}
		from := at + i
		digits := from + len("#p_")
		to := digits
		for to < len(s) && s[to] >= '0' && s[to] <= '9' {
			to++
		}
		if to == digits || to == len(s) || s[to] != '#' {
			at = digits
			continue
		}
		number := s[digits:to]
		to++
		at = to
		if n, err := strconv.Atoi(number); err != nil || n < 1 || n > maxVar || number[0] == '0' {
			if wrong == "" {
				wrong = s[from:to]
			}
			continue
		}
		found("p_"+number, from, to)
	}
}

// fill replaces the placeholders of a text by their values; one without a value stays as it is.
func fill(s string, values Values) string {
	var b strings.Builder
	last := 0
	placeholders(s, func(name string, from, to int) {
		if v, ok := values[name]; ok && v.Media == nil {
			b.WriteString(s[last:from])
			b.WriteString(v.Text)
			last = to
		}
	})
	if last == 0 {
		return s
	}
	b.WriteString(s[last:])
	return b.String()
}
