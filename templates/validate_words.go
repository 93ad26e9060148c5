package templates

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// sms checks which SMS may carry the card. Both fields are required as soon as VIVO is named.
func (v *validator) sms() {
	d := v.d
	if v.submits(Vivo) {
		if len(d.SMSSigns) == 0 {
			v.vendor(Vivo, true, "sdk", "sms_signs", "is required when VIVO is among the vendors")
		}
		if d.SMSPattern == "" {
			v.vendor(Vivo, true, "sdk", "sms_template", "is required when VIVO is among the vendors")
		}
	}
	if l := v.catalogue.limits["sms_signs"]; len(d.SMSSigns) > l.max {
		v.figure(l.hard, l.source, "sms_signs", "holds at most %d signatures", l.max)
		return
	}
	for i, s := range d.SMSSigns {
		field := fmt.Sprintf("sms_signs[%d]", i)
		v.length(field, "sms_sign", s)
		v.text(field, s)
		if strings.ContainsAny(s, "[]【】［］") {
			v.hard(field, "must be without brackets")
		}
	}
	if d.SMSPattern != "" {
		v.text("sms_template", d.SMSPattern)
		if _, err := CompileSMSPattern(d.SMSPattern); err != nil {
			v.hard("sms_template", "%s", err)
		}
	}
}

// wording checks what reviewers look for in the words. It warns unless strict (api.md D-13).
func (v *validator) wording() {
	rules := v.catalogue.text
	say := func(field, format string, args ...any) { v.figure(v.strict, "api-doc", field, format, args...) }
	if !v.optOut && rules.optOut != "" && v.layout.holds(typeText) { // a poster has no text: the SMS around it says how to opt out
		say("pages", "the card's text must hold the opt-out phrase %s", rules.optOut)
	}
	if rules.testWord == "" {
		return
	}
	switch v.d.UseID {
	case useTrial:
		if !strings.Contains(v.d.Name, rules.testWord) {
			say("tpl_name", "must hold %s when use_id is 2", rules.testWord)
		}
		if !strings.Contains(v.title, rules.testWord) && v.layout.holds(typeText) {
			say("pages", "the main title must hold %s when use_id is 2", rules.testWord)
		}
	case useCommercial:
		for _, f := range v.words() {
			if strings.Contains(f.text, rules.testWord) {
				say(f.field, "must not hold %s when use_id is 1", rules.testWord)
			}
		}
	}
}

// holds reports whether cards of the layout have a content of the type; a layout that is not known may have any.
func (l *Layout) holds(kind string) bool {
	return l == nil || slices.Contains(l.components.required, kind) || slices.Contains(l.components.optional, kind)
}

type namedText struct{ field, text string }

// words lists every text a reader sees.
func (v *validator) words() []namedText {
	d := v.d
	out := []namedText{{"tpl_name", d.Name}, {"scene", d.Scene}, {"sms_example", d.SMSExample}, {"sms_template", d.SMSPattern}}
	for i, s := range d.SMSSigns {
		out = append(out, namedText{fmt.Sprintf("sms_signs[%d]", i), s})
	}
	for i, p := range d.Params {
		out = append(out, namedText{fmt.Sprintf("params[%d].example", i), p.Example})
	}
	for i, p := range d.Pages {
		for j := range p.Contents {
			c := &p.Contents[j]
			field := fmt.Sprintf("pages[%d].contents[%d]", i, j)
			out = append(out, namedText{field + ".content", c.Text}, namedText{field + ".content_child", c.Child})
			if a := c.Action; a != nil {
				out = append(out, namedText{field + ".action.target", a.Target})
				for _, name := range slices.Sorted(maps.Keys(actionFields)) {
					s, _ := actionFields[name].read(a)
					out = append(out, namedText{field + ".action." + name, s})
				}
			}
		}
	}
	return out
}
