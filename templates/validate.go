package templates

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"cardlink/fault"
)

// Refused is why a draft was not accepted: every problem found, hard and soft, in the order of the request. It unwraps to the *fault.Error of the
// first hard one.
type Refused struct{ Problems []Problem }

// Error is the log form.
func (r *Refused) Error() string { return r.Unwrap().Error() }

// Unwrap gives the failure that is answered.
func (r *Refused) Unwrap() error {
	for _, p := range r.Problems {
		if p.Hard {
			code := p.Code
			if code == "" {
				code = fault.Parameter
			}
			return fault.In(code, p.Field, p.Rule)
		}
	}
	return fault.New(fault.Parameter, "")
}

// checks is what a validation needs beside the draft.
type checks struct {
	catalogue *Catalogue
	strict    bool     // the opt-out phrase and the test word refuse instead of warning (api.md D-13)
	skip      bool     // a named vendor that cannot show the layout is left out instead of refused
	sensitive []string // words no text may hold
	materials map[string]*Material
}

// validator collects the problems of one draft. A rule that several vendors decide is hard only if factorys named the vendors: without
// factorys no vendor check refuses (api.md D-15).
type validator struct {
	checks
	d        *Draft
	layout   *Layout // nil: card_id is unknown
	named    bool    // factorys was given
	vendors  []Vendor
	examples map[string]string // parameter → example
	used     map[string]bool   // parameters seen in contents and actions
	optOut   bool              // the opt-out phrase was seen
	title    string            // of the first page
	problems []Problem
}

// validate examines d, fills in what it may (vendors without factorys, covers from a video's thumbnail, order of pages) and returns the vendors to submit
// to with all problems. The draft is acceptable if no problem is hard.
func (c checks) validate(d *Draft) ([]Vendor, []Problem) {
	v := &validator{checks: c, d: d, examples: map[string]string{}, used: map[string]bool{}}
	v.head()
	v.factories()
	v.subType()
	v.declared()
	v.pages()
	v.parameters()
	v.sms()
	v.wording()
	sortPages(d.Pages)
	return v.vendors, v.problems
}

// The four ways to report: hard always refuses, soft never does, figure by its source, of a vendor only if vendors were named.

func (v *validator) hard(field, format string, args ...any) {
	v.problems = append(v.problems, Problem{Field: field, Rule: fmt.Sprintf(format, args...), Hard: true})
}

func (v *validator) soft(field, source, format string, args ...any) {
	v.problems = append(v.problems, Problem{Field: field, Rule: fmt.Sprintf(format, args...), Source: source})
}

func (v *validator) figure(hard bool, source, field, format string, args ...any) {
	v.problems = append(v.problems, Problem{Field: field, Rule: fmt.Sprintf(format, args...), Hard: hard, Source: source})
}

func (v *validator) vendor(who Vendor, hard bool, source, field, format string, args ...any) {
	v.problems = append(v.problems, Problem{
		Field: field, Rule: fmt.Sprintf(format, args...), Hard: hard && v.named, Source: source, Vendor: who,
	})
}

func (v *validator) mismatch(field, format string, args ...any) {
	v.problems = append(v.problems, Problem{Field: field, Rule: fmt.Sprintf(format, args...), Hard: true, Code: fault.ParameterMismatch})
}

// length checks a text against one of the catalogue's request limits.
func (v *validator) length(field, limit, s string) {
	l := v.catalogue.limits[limit]
	n := chars(s)
	switch {
	case n < l.min && n == 0:
		v.figure(l.hard, l.source, field, "is required")
	case n < l.min || n > l.max:
		v.figure(l.hard, l.source, field, "must be %d-%d characters, not %d", l.min, l.max, n)
	}
}

// text checks what every text of a request must keep: no markup characters, no repeated blanks, nothing unprintable (api.md §3.1). URLs may hold
// ampersands but no blank at all (D-51).
func (v *validator) text(field, s string) {
	for _, f := range v.catalogue.text.forbidden {
		if strings.Contains(s, f) {
			v.hard(field, "must not hold %q", f)
		}
	}
	if repeatedBlanks(s) {
		v.hard(field, "must not hold several consecutive blanks")
	}
	v.printable(field, s)
	for _, w := range v.sensitive {
		if w != "" && strings.Contains(s, w) {
			v.problems = append(v.problems, Problem{Field: field, Rule: "holds a sensitive word", Hard: true, Code: fault.SensitiveWords})
		}
	}
}

func (v *validator) url(field, s string) {
	for _, f := range v.catalogue.text.forbidden {
		if f != "&" && strings.Contains(s, f) {
			v.hard(field, "must not hold %q", f)
		}
	}
	if strings.ContainsFunc(s, unicode.IsSpace) {
		v.hard(field, "must not hold blanks")
	}
	v.printable(field, s)
}

func (v *validator) printable(field, s string) {
	if strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }) {
		v.hard(field, "must not hold control characters")
	}
}

func repeatedBlanks(s string) bool {
	blank := false
	for _, r := range s {
		is := r != '\n' && unicode.IsSpace(r)
		if is && blank {
			return true
		}
		blank = is
	}
	return false
}

func (v *validator) head() {
	d := v.d
	l, ok := v.catalogue.Layout(d.CardID)
	switch {
	case d.CardID == "":
		v.hard("card_id", "is required")
	case !ok:
		v.hard("card_id", "%q is not a layout", head(d.CardID))
	}
	if ok {
		v.layout = l
	}
	v.length("tpl_name", "tpl_name", d.Name)
	v.text("tpl_name", d.Name)
	v.length("scene", "scene", d.Scene)
	v.text("scene", d.Scene)
	if d.UseID != useCommercial && d.UseID != useTrial {
		v.hard("use_id", "must be 1 (commercial) or 2 (trial)")
	}
	v.length("sms_example", "sms_example", d.SMSExample)
	v.text("sms_example", d.SMSExample)
}

// Values of use_id.
const (
	useCommercial = 1
	useTrial      = 2
)

func (v *validator) factories() {
	v.named = len(v.d.Factories) > 0
	if !v.named {
		if v.layout != nil {
			v.vendors = v.layout.Vendors()
		}
		return
	}
	if len(v.d.Factories) > len(Vendors()) {
		v.hard("factorys", "names each of the %d vendors at most once", len(Vendors()))
		return
	}
	seen, before := map[Vendor]bool{}, len(v.problems)
	for i := range v.d.Factories {
		f := &v.d.Factories[i]
		field := fmt.Sprintf("factorys[%d]", i)
		who, ok := VendorOf(string(f.Vendor))
		if !ok {
			v.hard(field+".factory_type", "must be one of %s", joinVendors(Vendors()))
			continue
		}
		f.Vendor = who
		if seen[who] {
			v.hard(field+".factory_type", "%s is given twice", who)
		}
		seen[who] = true
		switch {
		case f.State == 0:
		case f.State != 1:
			v.hard(field+".state", "must be 1 (submit) or 0 (do not)")
		case v.layout != nil && !v.layout.Supports(who):
			if v.skip {
				v.problems = append(v.problems, Problem{
					Field: field + ".factory_type", Rule: fmt.Sprintf("%s does not support %s and is left out", who, v.layout.CardID), Vendor: who, Source: v.layout.vendorsSrc,
				})
				continue
			}
			v.vendor(who, v.layout.vendorsHard, v.layout.vendorsSrc, field+".factory_type", "%s does not support %s", who, v.layout.CardID)
		default:
			v.vendors = append(v.vendors, who)
		}
	}
	if len(v.vendors) == 0 && !slices.ContainsFunc(v.problems[before:], func(p Problem) bool { return p.Hard }) {
		v.hard("factorys", "must submit to at least one vendor (state 1)")
	}
	slices.SortFunc(v.vendors, func(a, b Vendor) int { return slices.Index(Vendors(), a) - slices.Index(Vendors(), b) })
}

// submits reports whether factorys names the vendor with state 1.
func (v *validator) submits(who Vendor) bool { return v.named && slices.Contains(v.vendors, who) }

func joinVendors(vs []Vendor) string {
	s := make([]string, len(vs))
	for i, v := range vs {
		s[i] = string(v)
	}
	return strings.Join(s, ", ")
}

func (v *validator) subType() {
	l, n := v.layout, v.d.SubType
	if l == nil || n == 0 {
		return
	}
	if len(l.subTypes) == 0 {
		v.soft("sub_type", "sdk", "has no meaning for %s and is ignored", l.CardID)
		return
	}
	sub, ok := l.SubType(n)
	if !ok {
		v.figure(l.subHard, l.subSrc, "sub_type", "%s has no sub_type %d", l.CardID, n)
		return
	}
	if !slices.ContainsFunc(v.vendors, sub.Honoured) && len(v.vendors) > 0 {
		v.figure(l.subHard && v.named, l.subSrc, "sub_type", "%d (%s) is shown by %s only", n, sub.Label, joinVendors(sub.Vendors))
		return
	}
	for _, who := range v.vendors {
		if !sub.Honoured(who) {
			v.vendor(who, false, l.subSrc, "sub_type", "%s shows the default instead of %d (%s)", who, n, sub.Label)
		}
	}
}

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
