package templates

import (
	"cmp"
	"fmt"
	"slices"
)

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
	shown := map[int]bool{} // positions of the zone that hold something
	for i := range contents {
		c := &contents[i]
		if c.Position < z.from || c.Position > z.to {
			continue
		}
		shown[c.Position] = shown[c.Position] || c.Position != z.button || c.Type == typeButton
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
	if want == 0 || v.d.SubType == 0 {
		return
	}
	for n := z.from; n <= z.to; n++ { // a zone without its button cannot be shown; that its texts are all needed is less sure
		switch {
		case shown[n]:
		case n == z.button:
			v.figure(z.hard, z.source, field+".contents", "needs a button at position_number %d when sub_type is %d", n, sub)
		default:
			v.soft(field+".contents", z.source, "should hold position_number %d when sub_type is %d: the coupon zone is %d-%d", n, sub, z.from, z.to)
		}
	}
}
