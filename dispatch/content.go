package dispatch

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"cardlink/fault"
)

// A piece of a template's content: literal text, or a variable by its index from 1.
type piece struct {
	text     string
	variable int
}

// parseContent cuts template_content at its variables ${1}, ${2}, … A brace that does not hold a number is text.
func parseContent(content string) (pieces []piece) {
	for rest := content; rest != ""; {
		open := strings.Index(rest, "${")
		if open < 0 {
			return append(pieces, piece{text: rest})
		}
		size := strings.IndexByte(rest[open:], '}')
		if size < 0 {
			return append(pieces, piece{text: rest})
		}
		n, err := strconv.Atoi(rest[open+2 : open+size])
		if err != nil || n < 1 || n > 99 || rest[open+2] == '0' || rest[open+2] == '+' {
			pieces = append(pieces, piece{text: rest[:open+2]})
			rest = rest[open+2:]
			continue
		}
		if open > 0 {
			pieces = append(pieces, piece{text: rest[:open]})
		}
		pieces = append(pieces, piece{variable: n})
		rest = rest[open+size+1:]
	}
	return pieces
}

// checkContent checks a new template's content against its declared variables (api.md §14).
func checkContent(content string, vars []Variable) error {
	if n := utf8.RuneCountInString(content); n < 1 || n > 500 || strings.TrimSpace(content) == "" {
		return fault.In(fault.Parameter, "template_content", "must be 1-500 characters")
	}
	if !utf8.ValidString(content) || strings.ContainsFunc(content, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
		return fault.In(fault.Parameter, "template_content", "must be text without control characters but line breaks")
	}
	declared := make(map[int]bool, len(vars))
	for i, v := range vars {
		field := "variable_attributes[" + strconv.Itoa(i) + "]"
		if _, ok := variableTypes[v.Type]; !ok {
			return fault.In(fault.Parameter, field+".variable_type", "must be PHONE, NEWTEXT, CHARDIGIT, DATETIME, MONEY or TEXT")
		}
		if v.Index < 1 || v.Index > len(vars) || declared[v.Index] {
			return fault.Inf(fault.Parameter, field+".variable_index", "must run from 1 to %d, each once", len(vars))
		}
		if err := textRule(field+".variable_desc", v.Desc, 100); err != nil {
			return err
		}
		if v.Type == VarText && strings.TrimSpace(v.Desc) == "" {
			return fault.In(fault.Parameter, field+".variable_desc", "is required for type TEXT")
		}
		declared[v.Index] = true
	}
	used := make(map[int]bool, len(vars))
	previous := false
	for _, p := range parseContent(content) {
		if p.variable == 0 {
			previous = false
			continue
		}
		if previous {
			return fault.In(fault.ConsecutiveParameters, "template_content", "")
		}
		if !declared[p.variable] {
			return fault.Inf(fault.Parameter, "variable_attributes", "must declare ${%d} of template_content", p.variable)
		}
		previous, used[p.variable] = true, true
	}
	if len(used) != len(declared) {
		return fault.In(fault.Parameter, "variable_attributes", "must declare only variables that template_content holds")
	}
	return nil
}

// text is the SMS of a template: 【sign】 and the content, its variables replaced by values in the order of their indices. The short link
// stands at every NEWTEXT, with a blank on each side so that handsets see where it begins and ends (api.md §14).
func (t *SMSTemplate) text(values []string, link string) string {
	vars := t.ordered()
	given := make([]string, len(vars))
	for i, v := range vars {
		if v.Type == VarLink {
			given[i] = link
		} else {
			given[i], values = values[0], values[1:]
		}
	}
	return t.fill(vars, given)
}

// plainText is the SMS of a template whose caller gives all values, that of the short link included (api.md §15.1).
func (t *SMSTemplate) plainText(values []string) string { return t.fill(t.ordered(), values) }

// fill puts values, one per variable, into the content.
func (t *SMSTemplate) fill(vars []Variable, given []string) string {
	var b strings.Builder
	b.WriteString("【" + t.SignatureName + "】")
	pieces := parseContent(t.Content)
	for i, p := range pieces {
		switch {
		case p.variable == 0:
			b.WriteString(p.text)
		case vars[p.variable-1].Type == VarLink:
			if !strings.HasSuffix(b.String(), " ") {
				b.WriteByte(' ')
			}
			b.WriteString(given[p.variable-1])
			if i+1 == len(pieces) || !strings.HasPrefix(pieces[i+1].text, " ") {
				b.WriteByte(' ')
			}
		default:
			b.WriteString(given[p.variable-1])
		}
	}
	return b.String()
}

// ordered is the template's variables by index.
func (t *SMSTemplate) ordered() []Variable {
	vs := make([]Variable, len(t.Variables))
	for _, v := range t.Variables {
		vs[v.Index-1] = v // indices run from 1 without gaps, by checkContent
	}
	return vs
}

// checkValues checks sms_params: the values of all variables but the link, in order.
func (t *SMSTemplate) checkValues(field string, values []string) error {
	want := t.ordered()
	n := 0
	for _, v := range want {
		if v.Type != VarLink {
			n++
		}
	}
	if len(values) != n {
		return fault.Inf(fault.SMSParameterCount, field, "must hold %d values (all variables but the short link), not %d", n, len(values))
	}
	i := 0
	for _, v := range want {
		if v.Type == VarLink {
			continue
		}
		if err := checkVariable(field+"["+strconv.Itoa(i)+"]", v.Type, values[i]); err != nil {
			return err
		}
		i++
	}
	return nil
}

// checkAllValues checks template_params: the values of all variables, in order.
func (t *SMSTemplate) checkAllValues(field string, values []string) error {
	vars := t.ordered()
	if len(values) != len(vars) {
		return fault.Inf(fault.SMSParameterCount, field, "must hold %d values (all variables, the short link included), not %d", len(vars), len(values))
	}
	for i, v := range vars {
		if err := checkVariable(field+"["+strconv.Itoa(i)+"]", v.Type, values[i]); err != nil {
			return err
		}
	}
	return nil
}

// hasLink reports whether the template holds the short-link variable.
func (t *SMSTemplate) hasLink() bool {
	for _, v := range t.Variables {
		if v.Type == VarLink {
			return true
		}
	}
	return false
}
