package templates

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

func (v *validator) pages() {
	d := v.d
	limit := v.catalogue.limits["pages"]
	switch n := len(d.Pages); {
	case n == 0:
		v.hard("pages", "is required")
		return
	case n > limit.max:
		v.figure(limit.hard, limit.source, "pages", "holds at most %d pages, not %d", limit.max, n)
		return // whatever else is wrong, a card this long is not looked at further
	}
	if l := v.layout; l != nil {
		if n := len(d.Pages); n < l.Pages.Min || n > l.Pages.Max {
			hard, source := l.Pages.MinHard, l.Pages.Source
			if n > l.Pages.Max {
				hard, source = l.Pages.MaxHard, l.Pages.MaxSource
			}
			v.figure(hard, source, "pages", "%s has %d-%d pages, not %d", l.CardID, l.Pages.Min, l.Pages.Max, n)
		}
	}
	orders := map[int]bool{}
	for i := range d.Pages {
		p := &d.Pages[i]
		field := fmt.Sprintf("pages[%d]", i)
		if p.Order < 1 || p.Order > limit.max {
			v.hard(field+".page_order", "must be 1-%d", limit.max)
		}
		if orders[p.Order] {
			v.hard(field+".page_order", "%d is given twice", p.Order)
		}
		orders[p.Order] = true
		v.page(field, p)
	}
}

// maxContents bounds the work one page can cause. The largest known layout has 17 places.
const maxContents = 50

func (v *validator) page(field string, p *Page) {
	if len(p.Contents) == 0 || len(p.Contents) > maxContents {
		v.hard(field+".contents", "must hold 1-%d contents", maxContents)
		return
	}
	roles := map[int]*SlotRule{} // by index in contents; nil for a content without a place
	var slots []Slot
	if v.types(field, p.Contents) && v.layout != nil {
		v.components(field, p.Contents)
		var problems []Problem
		slots, problems = v.layout.Bind(p.Contents)
		for i := range slots {
			roles[slots[i].At] = slots[i].Rule
		}
		for _, problem := range problems {
			problem.Field = field + "." + problem.Field
			v.problems = append(v.problems, problem)
		}
	}
	for i := range p.Contents {
		v.content(fmt.Sprintf("%s.contents[%d]", field, i), &p.Contents[i], roles[i])
	}
	for i := range slots {
		v.limits(fmt.Sprintf("%s.contents[%d]", field, slots[i].At), &slots[i])
	}
	v.coupon(field, p.Contents)
	if v.title == "" {
		v.title = mainTitle(p.Contents, slots)
	}
}

// types checks every content's type; a page with a wrong one is not laid out.
func (v *validator) types(field string, contents []Content) bool {
	good := true
	for i := range contents {
		at := fmt.Sprintf("%s.contents[%d].type", field, i)
		switch kind := contents[i].Type; {
		case knownType(kind):
			continue
		case kind == "":
			v.hard(at, "is required")
		case kind == "followPub":
			v.hard(at, "followPub is not supported")
		default:
			v.hard(at, "must be text, image, video or button")
		}
		good = false
	}
	return good
}

// mainTitle is the text in the title slot, else the first one that calls itself a title.
func mainTitle(contents []Content, slots []Slot) string {
	for i := range slots {
		if slots[i].Role == "title" {
			return slots[i].Content.Text
		}
	}
	for i := range contents {
		if contents[i].IsTitle == "true" {
			return contents[i].Text
		}
	}
	return ""
}

// components checks that the page is made of what the layout is made of.
func (v *validator) components(field string, contents []Content) {
	rule := v.layout.components
	has := func(kind string) bool {
		return slices.ContainsFunc(contents, func(c Content) bool { return c.Type == kind })
	}
	for _, kind := range rule.required {
		if !has(kind) {
			v.figure(rule.hard, rule.source, field+".contents", "%s needs a content of type %s", v.layout.CardID, kind)
		}
	}
	for i := range contents {
		kind := contents[i].Type
		if !slices.Contains(rule.required, kind) && !slices.Contains(rule.optional, kind) {
			v.figure(rule.hard, rule.source, fmt.Sprintf("%s.contents[%d].type", field, i), "%s has no %s", v.layout.CardID, kind)
		}
	}
}

// Types of content.
const (
	typeText   = "text"
	typeImage  = "image"
	typeVideo  = "video"
	typeButton = "button"
)

func knownType(s string) bool {
	return s == typeText || s == typeImage || s == typeVideo || s == typeButton
}

// limits compares a slot's text, with the parameters' examples in it, with what each vendor shows.
func (v *validator) limits(field string, s *Slot) {
	if s.Component != typeText && s.Component != typeButton {
		return
	}
	v.limit(field+".content", s.Role, chars(Expand(s.Content.Text, v.examples)), true)
	if s.Content.Child == "" || s.Content.Child == s.Content.Text {
		return
	}
	child := chars(Expand(s.Content.Child, v.examples))
	if s.Role == "pair" {
		v.limit(field+".content_child", s.Role, child, true)
		// Whether a figure means label and value each or both together is not known: together they only warn.
		v.limit(field, s.Role, chars(Expand(s.Content.Text, v.examples))+child, false)
	}
}

// limit reports n characters against every vendor's limit of a role, tightest first. Without factorys each vendor's own figure only warns; a text that
// is too long for every vendor with a hard figure is refused all the same.
func (v *validator) limit(field, role string, n int, refuse bool) {
	type broken struct {
		who Vendor
		lim Limit
	}
	var over []broken
	widest, defaulted := 0, false
	for _, who := range v.vendors {
		lim, ok := v.layout.Limit(role, who)
		if !ok {
			continue
		}
		if lim.Hard {
			widest = max(widest, lim.Chars)
		}
		if n <= lim.Chars {
			continue
		}
		if lim.Default || role == classButton {
			defaulted = true
			continue
		}
		over = append(over, broken{who, lim})
	}
	slices.SortStableFunc(over, func(a, b broken) int { return cmp.Compare(a.lim.Chars, b.lim.Chars) })
	for _, b := range over {
		v.vendor(b.who, b.lim.Hard && refuse, b.lim.Source, field, "%s shows at most %d characters here, not %d", b.who, b.lim.Chars, n)
	}
	switch {
	case refuse && !v.named && widest > 0 && n > widest:
		v.hard(field, "no vendor shows more than %d characters here; it has %d", widest, n)
	case defaulted:
		lim, _ := v.layout.Limit(role, "")
		v.soft(field, lim.Source, "may be cut: %d characters, where %d are sure to be shown", n, lim.Chars)
	}
}

// coupon checks the zone that sub_type shows or hides (api.md §5.1).
func (v *validator) coupon(field string, contents []Content) {
	if v.layout == nil || v.layout.coupon.to == 0 {
		return
	}
	z, sub := v.layout.coupon, cmp.Or(v.d.SubType, v.layout.subDefault)
	want := 1
	if sub == 2 {
		want = 0
	}
	for i := range contents {
		c := &contents[i]
		if c.Position < z.from || c.Position > z.to {
			continue
		}
		at := fmt.Sprintf("%s.contents[%d]", field, i)
		if v.d.SubType != 0 && (c.Visible == nil || *c.Visible != want) {
			v.figure(z.hard, z.source, at+".visible", "must be %d when sub_type is %d", want, sub)
		}
		if c.Position != z.button {
			continue
		}
		if want == 1 && c.ButtonType == "" && v.d.SubType != 0 {
			v.figure(z.hard, z.source, at+".button_type", "must be static or dynamic when sub_type is %d", sub)
		}
		if want == 0 && c.ButtonType != "" {
			v.figure(z.hard, z.source, at+".button_type", "must be empty when sub_type is %d", sub)
		}
	}
}

// declared checks params by itself and remembers the examples.
func (v *validator) declared() {
	limit := v.catalogue.limits["params"]
	if n := len(v.d.Params); n > limit.max {
		v.figure(limit.hard, limit.source, "params", "holds at most %d parameters, not %d", limit.max, n)
		if n > maxContents {
			return // refused or not, nobody means this
		}
	}
	for i, p := range v.d.Params {
		field := fmt.Sprintf("params[%d]", i)
		switch {
		case p.Type < 0 || p.Type > 100:
			v.hard(field+".type", "must be 0-100")
		case p.Type != 1:
			v.soft(field+".type", "sdk", "only 1 (text) has a meaning")
		}
		v.length(field+".name", "param_name", p.Name)
		bare := p.Bare()
		if p.Name != "" && (bare == p.Name || !validParam(bare)) {
			v.hard(field+".name", "must be letters and digits in its wrapper, a letter first, such as ${param1}")
			continue
		}
		if _, twice := v.examples[bare]; twice {
			v.hard(field+".name", "%s is declared twice", p.Name)
		}
		v.length(field+".example", "param_example", p.Example)
		v.text(field+".example", p.Example)
		v.examples[bare] = p.Example
	}
}

// uses remembers the parameters of a text and refuses those that are not declared.
func (v *validator) uses(field, s string) {
	ps, ok := placeholders(s)
	if !ok {
		v.mismatch(field, "holds a ${ that opens no parameter")
	}
	for _, p := range ps {
		v.used[p.name] = true
		if _, declared := v.examples[p.name]; !declared {
			v.mismatch(field, "uses ${%s}, which params does not declare", p.name)
		}
	}
}

// plain refuses parameters where none may stand.
func (v *validator) plain(field, s string) {
	if strings.Contains(s, "${") {
		v.hard(field, "must not hold parameters")
	}
}

// parameters compares declared with used, and vendors that fill none in.
func (v *validator) parameters() {
	for i, p := range v.d.Params {
		if bare := p.Bare(); validParam(bare) && bare != p.Name && !v.used[bare] {
			v.mismatch(fmt.Sprintf("params[%d].name", i), "%s is declared but not used", p.Name)
		}
	}
	if len(v.used) == 0 || v.layout == nil {
		return
	}
	for _, who := range v.vendors {
		if yes, known := v.layout.Params(who); known && !yes {
			v.vendor(who, v.layout.paramsHard, v.layout.paramsSrc, "params", "%s shows no parameters in %s", who, v.layout.CardID)
		}
	}
}
