package templates

import (
	"fmt"
	"slices"
	"strings"

	"cardlink/fault"
)

// valueRule is one text of a template that holds parameters, and the most it may become with their values.
type valueRule struct {
	field   string   // "pages[0].contents[2].content"
	static  int      // characters beside the parameters
	params  []string // bare names, as often as they occur
	most    int      // characters; 0 = any number
	shown   string   // who sets most, in words
	schemes []string // an address that is one parameter alone must begin with one of them
	link    bool     // an app's address that is one parameter alone: any scheme but those of scripts
}

// CheckValues judges the values, by bare name, that one recipient's card is to be filled with (templates.md §2.2, §3). The error is the recipient's, not the
// task's: ParameterLength if a text or a target gets longer than the wire lets it be, Parameter if a whole address is not one that its action opens. What
// single vendors show of a text refuses nobody: their cards are cut, and the page shows all. A template that PrepareValues has not seen passes
// everything. The error holds no value.
func (t *Template) CheckValues(values map[string]string) *fault.Error {
	for i := range t.values {
		if err := t.values[i].check(values); err != nil {
			return err
		}
	}
	return nil
}

func (r *valueRule) check(values map[string]string) *fault.Error {
	n := r.count(func(name string) string { return values[name] })
	if r.most > 0 && n > r.most {
		return fault.Inf(fault.ParameterLength, "dync_params", "make %s %d characters long; %s at most %d", r.field, n, r.shown, r.most)
	}
	if len(r.schemes) > 0 && !webAddress(values[r.params[0]], r.schemes...) {
		return fault.Inf(fault.Parameter, "dync_params."+r.params[0], "must be a whole address beginning with %s://", strings.Join(r.schemes, ":// or "))
	}
	if r.link {
		if name := scheme(strings.TrimSpace(values[r.params[0]])); slices.Contains(scripts, name) {
			return fault.Inf(fault.Parameter, "dync_params."+r.params[0], "must be a deep link, not %s:", name)
		}
	}
	return nil
}

func (r *valueRule) count(value func(name string) string) int {
	n := r.static
	for _, name := range r.params {
		n += chars(value(name))
	}
	return n
}

// PrepareValues makes a template ready for CheckValues. ForLinks does it for every template it gives.
func (c *Catalogue) PrepareValues(t *Template) { t.values = c.valueRules(t) }

// valueRules compiles what CheckValues holds values to. A limit that the examples break already was accepted so, or came later: it refuses nobody.
func (c *Catalogue) valueRules(t *Template) []valueRule {
	if len(t.Params) == 0 {
		return nil
	}
	examples := map[string]string{}
	for _, p := range t.Params {
		examples[p.Bare()] = p.Example
	}
	var rules []valueRule
	add := func(field, text string, most int, shown string, schemes []string, link bool) {
		ps, _ := placeholders(text)
		if len(ps) == 0 {
			return
		}
		r := valueRule{field: field, static: chars(text), most: most, shown: shown}
		for _, p := range ps {
			r.static -= p.end - p.start // a placeholder is ASCII
			r.params = append(r.params, p.name)
		}
		if len(ps) == 1 && ps[0].start == 0 && ps[0].end == len(text) {
			r.schemes, r.link = schemes, link
		}
		if r.most > 0 && r.count(func(name string) string { return examples[name] }) > r.most {
			r.most = 0
		}
		if r.most > 0 || len(r.schemes) > 0 || r.link {
			rules = append(rules, r)
		}
	}
	limit := c.limits["content"]
	for i, page := range t.Pages {
		for j := range page.Contents {
			p := &page.Contents[j]
			field := fmt.Sprintf("pages[%d].contents[%d]", i, j)
			if limit.hard {
				add(field+".content", p.Text, limit.max, "a text has", nil, false)
				add(field+".content_child", p.Child, limit.max, "a text has", nil, false)
			}
			if a, ok := c.Action(p.ActionType); ok && a.Params && a.hard && p.Action != nil {
				add(field+".action.target", p.Action.Target, a.MaxTarget, a.Type+" takes", a.Schemes, urlTarget(a.Type) && len(a.Schemes) == 0)
			}
		}
	}
	return rules
}
