package templates

import (
	"fmt"
	"slices"
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
	v.buttons(field, contents)
}

// buttons refuses a page with fewer buttons than the layout surely has. What is less sure, and what is too many, Bind says of the places.
func (v *validator) buttons(field string, contents []Content) {
	n := 0
	for i := range contents {
		if contents[i].Type == typeButton {
			n++
		}
	}
	if b := v.layout.Buttons; n < b.Min && b.MinHard {
		v.figure(true, b.Source, field+".contents", "%s has %d-%d buttons, not %d", v.layout.CardID, b.Min, b.Max, n)
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
