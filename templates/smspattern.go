package templates

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// SMSPattern is a compiled sms_template (templates.md §8.1): the shape that the SMS around a card must have, without its signature.
type SMSPattern struct {
	re   *regexp.Regexp
	size int
}

// placeholderForm is the inside of a placeholder's brackets.
var placeholderForm = regexp.MustCompile(`^(文本|字母|数字)([0-9]{1,3})-([0-9]{1,3})$`)

var placeholderClass = map[string]string{"文本": `[\s\S]`, "字母": `[A-Za-z]`, "数字": `[0-9]`}

const (
	maxPlaceholder = 99  // characters of one placeholder
	maxSMSPattern  = 370 // static characters plus the maxima of the placeholders
)

// CompileSMSPattern reads the grammar: static text with placeholders [文本m-n], [字母m-n] and [数字m-n] in ASCII brackets, m <= n <= 99. The error says
// what is wrong in words that may be shown. Matching takes time linear in the text: the expression is RE2.
func CompileSMSPattern(s string) (*SMSPattern, error) {
	var re strings.Builder
	re.WriteString(`\A`)
	size := 0
	for rest := s; rest != ""; {
		i := strings.IndexAny(rest, "[]【】［］")
		static := rest
		if i >= 0 {
			static = rest[:i]
		}
		re.WriteString(regexp.QuoteMeta(static))
		size += chars(static)
		if i < 0 {
			break
		}
		rest = rest[i:]
		end := strings.IndexByte(rest, ']')
		if rest[0] != '[' || end < 0 {
			return nil, fmt.Errorf("%q: brackets only enclose placeholders such as [文本0-20], in ASCII", head(rest))
		}
		m := placeholderForm.FindStringSubmatch(rest[1:end])
		if m == nil {
			return nil, fmt.Errorf("placeholder %q is none of [文本m-n], [字母m-n], [数字m-n]", head(rest[:end+1]))
		}
		low, _ := strconv.Atoi(m[2]) // at most three digits
		high, _ := strconv.Atoi(m[3])
		if low > high || high > maxPlaceholder {
			return nil, fmt.Errorf("placeholder %q needs m <= n <= %d", rest[:end+1], maxPlaceholder)
		}
		fmt.Fprintf(&re, "(%s{%d,%d})", placeholderClass[m[1]], low, high)
		size += high
		rest = rest[end+1:]
	}
	if size == 0 {
		return nil, fmt.Errorf("is empty")
	}
	if size > maxSMSPattern {
		return nil, fmt.Errorf("static text plus the maxima of the placeholders is %d characters; at most %d", size, maxSMSPattern)
	}
	re.WriteString(`\z`)
	compiled, err := regexp.Compile(re.String())
	if err != nil { // cannot happen for what the grammar lets through
		return nil, fmt.Errorf("is not a pattern")
	}
	return &SMSPattern{compiled, size}, nil
}

// Match reports whether text, an SMS without its signature, has the shape.
func (p *SMSPattern) Match(text string) bool { return p.re.MatchString(text) }

// Size is the number of static characters plus the maxima of the placeholders.
func (p *SMSPattern) Size() int { return p.size }

// head is enough of s to recognise it in a message.
func head(s string) string {
	const n = 20
	for i := range s {
		if i >= n {
			return s[:i] + "…"
		}
	}
	return s
}
