// Package render turns a card template into bytes: a vendor's card JSON, the H5 page, the preview model. A template is compiled once per target into a flat
// program of static byte runs and parameter slots (Compile); rendering appends runs and escaped parameters to the caller's buffer (Program.Append).
// The package is pure: it reads no clock, opens no file, knows no network, and takes all vendor facts from templates.Catalogue.
package render

import "cardlink/templates"

// Target is what a program draws for.
type Target uint8

// The targets: the six vendors of the wire contract in its order, then the H5 page.
const (
	Huawei Target = iota
	Xiaomi
	Oppo
	Vivo
	Meizu
	Samsung
	H5
	Targets // how many there are, the guest aside
)

// Honor is the guest: a maker that the wire contract does not name, drawn for if the operator's catalogue switches it on (templates.Catalogue.Guest).
const Honor = Targets

// Vendor is the target's vendor; empty for H5.
func (t Target) Vendor() templates.Vendor {
	switch {
	case t < H5:
		return templates.Vendors()[t]
	case t == Honor:
		return templates.Honor
	}
	return ""
}

// String is the vendor's name, or "H5".
func (t Target) String() string {
	if v := t.Vendor(); v != "" {
		return string(v)
	}
	return "H5"
}

// TargetFor is TargetOf with the guests that are switched on. host is the vendor at which a card must be active and as whose it counts: for a guest its host,
// else t itself.
func TargetFor(cat *templates.Catalogue, vendor []byte) (t, host Target, ok bool) {
	if t, ok = TargetOf(vendor); ok {
		return t, t, true
	}
	if !equalFold(vendor, string(templates.Honor)) {
		return 0, 0, false
	}
	if host = HostOf(cat, Honor); host == Honor {
		return 0, 0, false
	}
	return Honor, host, true
}

// HostOf is the vendor as whose a target counts: a guest's host, else t itself. A guest that is not switched on has none and is returned as it is.
func HostOf(cat *templates.Catalogue, t Target) Target {
	if t == Honor {
		if v, on := cat.Guest(templates.Honor); on {
			t, _ = targetNamed(v)
		}
	}
	return t
}

func targetNamed(v templates.Vendor) (Target, bool) {
	for i, name := range vendorNames {
		if name == string(v) {
			return Target(i), true
		}
	}
	return 0, false
}

// TargetOf finds a vendor's target without regard to case; ok is false for an unknown vendor.
func TargetOf(vendor []byte) (t Target, ok bool) {
	for i, v := range vendorNames {
		if equalFold(vendor, v) {
			return Target(i), true
		}
	}
	return 0, false
}

var vendorNames = [...]string{"HUAWEI", "XIAOMI", "OPPO", "VIVO", "MEIZU", "SAMSUNG"}

func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range b {
		c := b[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != s[i] {
			return false
		}
	}
	return true
}

// Values are what differs from one rendering of a program to the next. Params stand in the order of Template.Params, unescaped; a
// missing tail renders as empty text. All strings are only read.
type Values struct {
	Origin    string   // "https://s.example.com": prefix of material paths; unused if compiled At one
	Link      string   // the link's own URL, with scheme
	ResolveID string   // id of this resolution; empty on an H5 page
	Beacon    string   // token of this resolution or page view, URL-safe; empty: nothing is reported (previews)
	Expire    string   // RFC 3339 UTC
	Params    []string // values of the dynamic parameters

	// Measures are what the function of that name says of Params, kept from an earlier drawing or made for many to come; nil: Append measures by itself.
	Measures []Measure
}

// Note is a degrade note: what a target cannot show of the source template, where, and why.
type Note struct {
	Target string `json:"target"` // vendor or "H5"
	Field  string `json:"field"`  // wire path in the source, "pages[0].contents[3].action_type"
	Lost   string `json:"lost"`   // what is not shown as written
	Shown  string `json:"shown"`  // what stands in its place; empty: nothing
	Why    string `json:"why"`    // the rule

	// Source is who says that the target cannot: the mark of a source of the catalogue, or RuleSource for a decision of the rules. Date is the day
	// that file was last reviewed, "2006-01-02".
	Source string `json:"-"`
	Date   string `json:"-"`

	Chinese NoteText `json:"-"` // Lost, Shown and Why in Chinese; In picks
}

// RuleSource marks notes about decisions of the rules themselves (degrade.json): no vendor is known to be the reason.
const RuleSource = "rules"
