package templates

import (
	"maps"
	"math"
	"slices"
	"time"
)

// Catalogue is what is known about layouts, actions and vendors: data from layouts.json, possibly corrected by an operator's file. It is built
// by LoadCatalogue, never changes afterwards, and is safe for concurrent use; slices that its methods return are shared and only read.
//
// Every figure names its source. Figures of a hard source refuse a template, all others only warn (Limit.Hard, Problem.Hard).
type Catalogue struct {
	date      string
	layouts   map[string]*Layout
	ids       []string
	actions   map[string]*ActionRule
	floors    map[Vendor][]int
	floorHard bool
	floorSrc  string
	sources   map[string]Source
	rates     map[string]Rate
	tolerance float64
	limits    map[string]lengthRule
	materials map[string]materialRule
	text      textRules
	guests    map[Vendor]Vendor // switched on → host
}

// Date is the day the facts were last reviewed, "2006-01-02".
func (c *Catalogue) Date() string { return c.date }

// Layout finds a layout by card_id, which is case-sensitive.
func (c *Catalogue) Layout(cardID string) (*Layout, bool) {
	l, ok := c.layouts[cardID]
	return l, ok
}

// Layouts lists the card_ids in the catalogue's order.
func (c *Catalogue) Layouts() []string { return c.ids }

// Action finds the rule of an action_type ("OPEN_URL"); ok is false for a type that does not exist.
func (c *Catalogue) Action(actionType string) (*ActionRule, bool) {
	a, ok := c.actions[actionType]
	return a, ok
}

// Floor lists the floor_type values that vendor v honours when the app of an OPEN_APP action is missing; empty for an unknown vendor.
func (c *Catalogue) Floor(v Vendor) []int { return c.floors[v] }

// Rate gives the proportion behind an image_rate value ("sixteenToNine" → 16:9).
func (c *Catalogue) Rate(name string) (Rate, bool) {
	r, ok := c.rates[name]
	return r, ok
}

// RateOf names the image_rate that w×h pixels are nearest to, within the catalogue's tolerance; empty if none.
func (c *Catalogue) RateOf(w, h int) (name string) {
	nearest := c.tolerance
	for _, n := range slices.Sorted(maps.Keys(c.rates)) {
		if d := c.rates[n].distance(w, h); d <= nearest {
			name, nearest = n, d
		}
	}
	return name
}

// Rate is a proportion of width to height.
type Rate struct{ W, H int }

// Fits reports whether w×h has the proportion within the relative tolerance.
func (r Rate) Fits(w, h int, tolerance float64) bool { return r.distance(w, h) <= tolerance }

// distance is how far off w×h is, relatively; infinite for no picture at all.
func (r Rate) distance(w, h int) float64 {
	if w <= 0 || h <= 0 {
		return math.Inf(1)
	}
	return math.Abs(float64(w)*float64(r.H)/(float64(h)*float64(r.W)) - 1)
}

// Layout is what is known about one card_id. All of it is read-only.
type Layout struct {
	CardID      string
	NameEN      string
	NameZH      string
	Group       string   // "image_text", "red_packet", …
	Preview     []string // kinds of the preview components (api.md §20.4)
	Pages       Count    // how many pages a card has
	Buttons     Count    // how many buttons a page has
	ButtonLabel Limit    // of every button
	Visible     bool     // slots may be hidden with visible 0
	Currency    bool     // currency_display is honoured
	LineBreaks  int      // lines a text may be broken into by hand; 0: no line breaks

	vendors     map[Vendor]bool
	vendorsHard bool
	vendorsSrc  string
	components  componentRule
	slots       []SlotRule
	class       map[string]string // role → class of text limit
	text        map[string]map[Vendor]Limit
	defaults    map[string]Limit
	images      map[string]ImageRule
	video       ImageRule
	params      map[Vendor]bool
	paramsHard  bool
	paramsSrc   string
	subTypes    map[int]SubType
	subDefault  int
	subHard     bool
	subSrc      string
	backgrounds []Vendor
	videoRates  []string
	coupon      couponZone
}

// Count is an inclusive range with its provenance.
type Count struct {
	Min, Max         int
	MinHard, MaxHard bool
	Source           string // of Min
	MaxSource        string
}

// Supports reports whether vendor v can show the layout.
func (l *Layout) Supports(v Vendor) bool { return l.vendors[v] }

// MayHide reports whether visible 0 hides what stands at a position: anything where the layout has Visible, but of a layout with a coupon zone only the zone.
func (l *Layout) MayHide(position int) bool {
	return l.Visible && (l.coupon.to == 0 || l.coupon.from <= position && position <= l.coupon.to)
}

// Vendors lists the vendors that can show the layout, in the order of the wire contract.
func (l *Layout) Vendors() []Vendor {
	var vs []Vendor
	for _, v := range Vendors() {
		if l.vendors[v] {
			vs = append(vs, v)
		}
	}
	return vs
}

// Slots lists the layout's slots as the catalogue knows them, in its order.
func (l *Layout) Slots() []SlotRule { return l.slots }

// Limit is how much text vendor v shows in slots of a role. A vendor without a figure has the catalogue's default, which is never hard. ok is
// false for a role that carries no text or whose text nothing limits.
func (l *Layout) Limit(role string, v Vendor) (Limit, bool) {
	class := l.class[role]
	if class == "" {
		return Limit{}, false
	}
	if class == classButton {
		return l.ButtonLabel, l.ButtonLabel.Chars > 0
	}
	for _, who := range [...]Vendor{v, anyVendor} {
		if lim, ok := l.text[class][who]; ok {
			return lim, true
		}
	}
	lim, ok := l.defaults[class]
	return lim, ok
}

// Known is Limit without the default: ok is false where no figure for this very vendor was found.
func (l *Layout) Known(role string, v Vendor) (Limit, bool) {
	lim, ok := l.Limit(role, v)
	return lim, ok && !lim.Default
}

// Image is the rule of the pictures in slots of a role; role "cover" is the cover of the layout's video.
func (l *Layout) Image(role string) (ImageRule, bool) {
	r, ok := l.images[role]
	return r, ok
}

// Params tells whether vendor v fills dynamic parameters into this layout. known is false where the sources are silent.
func (l *Layout) Params(v Vendor) (supported, known bool) {
	for _, who := range [...]Vendor{v, anyVendor} {
		if yes, ok := l.params[who]; ok {
			return yes, true
		}
	}
	return false, false
}

// SubType finds a variant of the layout. Number 0 (not given) is the default variant; ok is false for a layout without variants and for a
// variant that does not exist.
func (l *Layout) SubType(number int) (SubType, bool) {
	if number == 0 {
		number = l.subDefault
	}
	s, ok := l.subTypes[number]
	return s, ok
}

// SubTypes lists the variants by number; empty if the layout has none.
func (l *Layout) SubTypes() []SubType {
	out := make([]SubType, 0, len(l.subTypes))
	for _, n := range slices.Sorted(maps.Keys(l.subTypes)) {
		out = append(out, l.subTypes[n])
	}
	return out
}

// Background reports whether vendor v takes a background picture of its own on this layout (oppo_background, vivo_background).
func (l *Layout) Background(v Vendor) bool { return slices.Contains(l.backgrounds, v) }

// SubType is one value of sub_type on a layout.
type SubType struct {
	Number  int
	Label   string   // what it looks like, in English
	LabelZH string   // the same in Chinese; empty: not known
	Vendors []Vendor // that know it; empty = all
}

// Honoured reports whether vendor v shows this variant rather than the default one.
func (s SubType) Honoured(v Vendor) bool { return len(s.Vendors) == 0 || slices.Contains(s.Vendors, v) }

// Limit is how much text a slot shows.
type Limit struct {
	Chars   int    // Unicode code points, parameters counted with their values
	Lines   int    // lines before the handset cuts; 0 = unknown. Advisory: only Chars is enforced
	Hard    bool   // the source is one that refuses a template
	Default bool   // no figure for the vendor was found; this is the catalogue's own default
	Source  string // provenance mark
}

// ImageRule is what a picture must be.
type ImageRule struct {
	Rates       []string // image_rate names of which it must have one; empty = free
	Hard        bool     // of Rates
	Source      string
	Recommended Size // zero if unknown

	min map[Vendor]sizeLimit
}

// Size is in pixels.
type Size struct{ W, H int }

type sizeLimit struct {
	Size
	hard   bool
	source string
}

// Min is the smallest picture vendor v takes; ok is false if no figure is known.
func (r ImageRule) Min(v Vendor) (size Size, ok bool) {
	s, ok := r.min[v]
	return s.Size, ok
}

// ActionRule is what is known about one action_type.
type ActionRule struct {
	Type      string
	About     string // what a tap does, in English
	NameZH    string // what it is called in Chinese; empty: not known
	MinTarget int    // characters
	MaxTarget int    // characters
	Schemes   []string
	Params    bool // the target may hold dynamic parameters
	Fields    map[string]FieldRule
	Source    string

	vendors map[Vendor]bool
	doubted map[Vendor]bool
	hard    bool
}

// Supports reports whether vendor v performs the action.
func (a *ActionRule) Supports(v Vendor) bool { return a.vendors[v] }

// Doubted reports whether sources disagree about vendor v: the action is accepted there with a warning.
func (a *ActionRule) Doubted(v Vendor) bool { return a.doubted[v] }

// Vendors lists the vendors that perform the action, in the order of the wire contract.
func (a *ActionRule) Vendors() []Vendor {
	var vs []Vendor
	for _, v := range Vendors() {
		if a.vendors[v] {
			vs = append(vs, v)
		}
	}
	return vs
}

// FieldRule is what one field of an action must be, besides target.
type FieldRule struct {
	Required    bool
	Max         int    // characters; 0 = no limit
	Enum        []int  // allowed integers; empty = text
	Unavailable []int  // members of Enum that exist but cannot be used yet
	Format      string // "datetime", "longitude", "latitude" or empty
}

type lengthRule struct {
	min, max int
	hard     bool
	source   string
}

type materialRule struct {
	formats  []string
	maxBytes int
	advised  time.Duration // how long a video should be at most; 0 = nothing is known
}

type textRules struct {
	forbidden []string
	optOut    string
	testWord  string
}

type componentRule struct {
	required, optional []string
	hard               bool
	source             string
}

type couponZone struct {
	from, to, button int
	hard             bool
	source           string
}

const (
	anyVendor   Vendor = "*"
	classButton string = "button"
)
