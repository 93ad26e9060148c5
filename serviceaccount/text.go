package serviceaccount

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"cardlink/fault"
)

// chars counts characters.
func chars(s string) int { return utf8.RuneCountInString(s) }

// cells counts as the lengths marked w of api.md §17 do: 2 for a character that is drawn double, as CJK is, 1 for any other.
func cells(s string) (n int) {
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// checkText refuses a text that is too short or too long by the given measure, blank, or holds control characters; line breaks are welcome.
func checkText(field, s string, measure func(string) int, low, high int) error {
	switch n := measure(s); {
	case s == "":
		return fault.Required(field)
	case (n < low || n > high) && measure("中") == 2:
		r := fault.Length(field, low, high)
		return fault.Said(field, r.Rule+", of which a Chinese one counts 2", fmt.Sprintf("长度须为%d-%d个字符，一个中文占2个字符", low, high))
	case n < low || n > high:
		return fault.Length(field, low, high)
	case strings.TrimSpace(s) == "":
		return fault.Said(field, "must not be blank", "不能为空白")
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' }):
		return fault.Said(field, "must not hold control characters", "不能含控制字符")
	}
	return nil
}

// checkName is checkText for names, which people tell apart by looking at them: no blanks at the ends, no line breaks, nothing invisible.
func checkName(field, s string, measure func(string) int, low, high int) error {
	if err := checkText(field, s, measure, low, high); err != nil {
		return err
	}
	if s != strings.TrimSpace(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
		return fault.Said(field, "must not begin or end with a blank or hold line breaks or invisible characters", "首尾不能有空格，且不能含换行或不可见字符")
	}
	return nil
}

// checkReason is checkText for change_reason.
func checkReason(s string, low, high int) error {
	return checkText("change_reason", s, chars, low, high)
}

func phone(field string) error {
	return fault.Said(field, "must be 2-20 characters: digits, with single dashes between them", "须为2-20个字符，只能含数字和数字之间的单个“-”")
}

// isPhone reports whether s is a phone number as api.md §17.2 has it: digits, with single dashes between them, 2-20 characters.
func isPhone(s string) bool {
	if len(s) < 2 || len(s) > 20 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
		case c == '-' && i > 0 && i < len(s)-1 && s[i-1] != '-':
		default:
			return false
		}
	}
	return true
}
