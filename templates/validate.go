package templates

import (
	"fmt"
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
			return
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
