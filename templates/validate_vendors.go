package templates

import (
	"fmt"
	"slices"
	"strings"
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
