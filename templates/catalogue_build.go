package templates

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// catalogueBuilder turns the file into a Catalogue and collects every complaint with its path.
type catalogueBuilder struct {
	sources map[string]sourceFile
	errs    []error
}

func (b *catalogueBuilder) failf(path, format string, args ...any) {
	b.errs = append(b.errs, fmt.Errorf(path+": "+format, args...))
}

// hard looks a source up.
func (b *catalogueBuilder) hard(path, source string) bool {
	s, ok := b.sources[source]
	if !ok {
		b.failf(path, "source %q is not declared under sources", source)
	}
	return s.Hard
}

func (b *catalogueBuilder) vendor(path string, v Vendor, star bool) {
	if !slices.Contains(Vendors(), v) && v != Honor && !(star && v == anyVendor) {
		b.failf(path, "vendor %q is unknown", v)
	}
}

func (b *catalogueBuilder) count(path string, f countFile) Count {
	if f.Min < 0 || f.Max < f.Min {
		b.failf(path, "min %d and max %d are no range", f.Min, f.Max)
	}
	c := Count{Min: f.Min, Max: f.Max, MinHard: b.hard(path, f.Source), Source: f.Source, MaxSource: f.Source}
	c.MaxHard = c.MinHard
	if f.MaxSource != "" {
		c.MaxHard, c.MaxSource = b.hard(path, f.MaxSource), f.MaxSource
	}
	return c
}

func (b *catalogueBuilder) limit(path string, f limitFile) Limit {
	if f.Chars <= 0 || f.Lines < 0 {
		b.failf(path, "chars must be above 0 and lines not below")
	}
	return Limit{Chars: f.Chars, Lines: f.Lines, Hard: b.hard(path, f.Source), Source: f.Source}
}

func (b *catalogueBuilder) build(f *catalogueFile) *Catalogue {
	if f.Schema != catalogueSchema {
		b.failf("schema", "is %q, this program reads %q", f.Schema, catalogueSchema)
	}
	if _, err := time.Parse(time.DateOnly, f.Date); err != nil {
		b.failf("date", "must be a day such as 2026-01-31")
	}
	c := &Catalogue{
		date: f.Date, layouts: map[string]*Layout{}, actions: map[string]*ActionRule{}, floors: f.Floors.Vendors,
		floorHard: b.hard("floor_types", f.Floors.Source), floorSrc: f.Floors.Source, sources: map[string]Source{}, rates: map[string]Rate{}, tolerance: f.Tolerance,
		limits: map[string]lengthRule{}, materials: map[string]materialRule{},
		text: textRules{f.Text.Forbidden, f.Text.OptOut, f.Text.TestWord},
	}
	if f.Tolerance < 0.004 || f.Tolerance > 0.2 {
		b.failf("ratio_tolerance", "must be 0.004 to 0.2")
	}
	for mark, s := range f.Sources {
		c.sources[mark] = Source{Mark: mark, About: s.About, AboutZH: s.AboutZH, Hard: s.Hard}
	}
	for name, r := range f.Rates {
		if r[0] <= 0 || r[1] <= 0 {
			b.failf("image_rates."+name, "must be two numbers above 0")
		}
		c.rates[name] = Rate{r[0], r[1]}
	}
	for _, name := range limitNames {
		l, ok := f.Limits[name]
		if !ok || l.Max <= 0 || l.Min < 0 || l.Min > l.Max {
			b.failf("limits."+name, "needs 0 <= min <= max")
		}
		c.limits[name] = lengthRule{l.Min, l.Max, b.hard("limits."+name, l.Source), l.Source}
	}
	for _, kind := range [...]string{kindImage, kindVideo, kindThumbnail} {
		m, ok := f.Materials[kind]
		if !ok || len(m.Formats) == 0 || m.MaxBytes <= 0 {
			b.failf("materials."+kind, "needs formats and max_bytes")
		}
		c.materials[kind] = materialRule{m.Formats, m.MaxBytes, time.Duration(m.Advised) * time.Second}
	}
	for v := range f.Floors.Vendors {
		b.vendor("floor_types.vendors", v, false)
	}
	for name, raw := range f.Actions {
		c.actions[name] = b.action(name, raw)
	}
	defaults := map[string]Limit{}
	for class, l := range f.Defaults {
		lim := b.limit("default_text_limits."+class, l)
		lim.Hard, lim.Default = false, true
		defaults[class] = lim
	}
	order := map[string]int{}
	for id, raw := range f.Layouts {
		var lf layoutFile
		if err := strict(raw, &lf); err != nil {
			b.failf("layouts."+id, "%w", err)
			continue
		}
		order[id] = lf.Order
		c.layouts[id] = b.layout("layouts."+id, id, &lf, c, defaults)
		c.ids = append(c.ids, id)
	}
	slices.SortFunc(c.ids, func(x, y string) int { return order[x] - order[y] })
	b.guest(c, f.Guests)
	return c
}

var limitNames = [...]string{
	"tpl_name", "scene", "sms_example", "pages", "content", "url", "param_name", "param_example", "params", "sms_signs", "sms_sign", "sms_template",
	"placeholder",
}

func (b *catalogueBuilder) action(name string, raw json.RawMessage) *ActionRule {
	path := "actions." + name
	var f actionFile
	if err := strict(raw, &f); err != nil {
		b.failf(path, "%w", err)
		return &ActionRule{}
	}
	a := &ActionRule{
		Type: name, About: f.About, NameZH: f.NameZH, MinTarget: f.Target.Min, MaxTarget: f.Target.Max, Schemes: f.Target.Schemes, Params: f.Target.Params,
		Fields: map[string]FieldRule{}, Source: f.Source, vendors: f.Vendors, doubted: map[Vendor]bool{}, hard: b.hard(path, f.Source),
	}
	if a.MaxTarget <= 0 || a.MinTarget < 0 || a.MinTarget > a.MaxTarget {
		b.failf(path+".target", "needs 0 <= min <= max")
	}
	for v := range f.Vendors {
		b.vendor(path+".vendors", v, false)
	}
	for _, v := range f.Doubted {
		b.vendor(path+".doubted_by", v, false)
		a.doubted[v] = true
	}
	for name, r := range f.Fields {
		if _, ok := actionFields[name]; !ok {
			b.failf(path+".fields", "%q is not a field of an action", name)
		}
		if !slices.Contains([]string{"", "datetime", "longitude", "latitude"}, r.Format) {
			b.failf(path+".fields."+name, "format %q is unknown", r.Format)
		}
		a.Fields[name] = FieldRule(r)
	}
	return a
}

func (b *catalogueBuilder) layout(path, id string, f *layoutFile, c *Catalogue, defaults map[string]Limit) *Layout {
	l := &Layout{
		CardID: id, NameEN: f.NameEN, NameZH: f.NameZH, Group: f.Group, Preview: f.Preview,
		Pages: b.count(path+".pages", f.Pages), Buttons: b.count(path+".buttons", f.Buttons), ButtonLabel: b.limit(path+".button_label", f.ButtonLabel),
		Visible: f.Visible, Currency: f.Currency,
		vendors: f.Vendors, vendorsHard: b.hard(path+".vendors_source", f.VendorsSource), vendorsSrc: f.VendorsSource,
		components: componentRule{f.Components.Required, f.Components.Optional, b.hard(path+".components", f.Components.Source), f.Components.Source},
		class:      map[string]string{}, text: map[string]map[Vendor]Limit{}, defaults: defaults, images: map[string]ImageRule{},
		backgrounds: f.Backgrounds, videoRates: f.VideoRates,
	}
	for v := range f.Vendors {
		b.vendor(path+".vendors", v, false)
	}
	if f.LineBreaks != nil {
		l.LineBreaks = f.LineBreaks.MaxLines
	}
	for i, s := range f.Slots {
		l.slots = append(l.slots, b.slot(fmt.Sprintf("%s.slots[%d]", path, i), s))
		if s.Limit != "" {
			if _, ok := defaults[s.Limit]; !ok {
				b.failf(fmt.Sprintf("%s.slots[%d].limit", path, i), "%q has no default_text_limits", s.Limit)
			}
			l.class[s.Role] = s.Limit
		}
	}
	for class, by := range f.Text {
		l.text[class] = map[Vendor]Limit{}
		for v, lim := range by {
			p := path + ".text_limits." + class + "." + string(v)
			b.vendor(p, v, true)
			l.text[class][v] = b.limit(p, lim)
		}
	}
	if len(f.Video.Rates) > 0 {
		l.video = b.image(path+".video", imageFile{Rates: f.Video.Rates, Source: f.Video.Source}, c)
	}
	for role, im := range f.Images {
		l.images[role] = b.image(path+".images."+role, im, c)
	}
	if f.Params != nil {
		l.params, l.paramsHard, l.paramsSrc = f.Params.Vendors, b.hard(path+".params", f.Params.Source), f.Params.Source
		for v := range f.Params.Vendors {
			b.vendor(path+".params", v, true)
		}
	}
	if s := f.SubType; s != nil {
		l.subTypes, l.subDefault, l.subHard, l.subSrc = map[int]SubType{}, s.Default, b.hard(path+".sub_type", s.Source), s.Source
		for number, v := range s.Values {
			n, err := strconv.Atoi(number)
			if err != nil || n < 1 {
				b.failf(path+".sub_type.values", "%q is not a number above 0", number)
			}
			l.subTypes[n] = SubType{n, v.Label, v.LabelZH, v.Vendors}
		}
		if _, ok := l.subTypes[s.Default]; !ok {
			b.failf(path+".sub_type.default", "%d is not among the values", s.Default)
		}
	}
	if z := f.Coupon; z != nil {
		l.coupon = couponZone{z.From, z.To, z.Button, b.hard(path+".coupon_zone", z.Source), z.Source}
	}
	return l
}

func (b *catalogueBuilder) slot(path string, f slotFile) SlotRule {
	pos, err := parsePosition(f.Position)
	if err != nil {
		b.failf(path+".position", "%w", err)
	}
	if !slices.Contains([]string{"text", "image", "video", "button"}, f.Component) || f.Role == "" {
		b.failf(path, "needs a role and a component of text, image, video, button")
	}
	if f.Action != "" && f.Action != actionForbidden {
		b.failf(path+".action", "must be %s or absent", actionForbidden)
	}
	s := SlotRule{
		Position: f.Position, Component: f.Component, Role: f.Role, Label: f.Label, Required: f.Required, Params: f.Params,
		Hard: b.hard(path, f.Source), Source: f.Source, NoAction: f.Action == actionForbidden, pos: pos,
	}
	if f.Repeat != nil {
		s.Repeat = b.count(path+".repeat", *f.Repeat)
		if !pos.many() || s.Repeat.Max > len(pos.list) {
			b.failf(path+".repeat", "max %d, but position %q has %d numbers", s.Repeat.Max, f.Position, len(pos.list))
		}
	}
	return s
}

// actionForbidden marks a slot whose content follows another slot's action. Every other image and button must carry one of its own.
const actionForbidden = "forbidden"

func (b *catalogueBuilder) image(path string, f imageFile, c *Catalogue) ImageRule {
	r := ImageRule{Rates: f.Rates, Hard: b.hard(path, f.Source), Source: f.Source, min: map[Vendor]sizeLimit{}}
	for _, name := range f.Rates {
		if _, ok := c.rates[name]; !ok {
			b.failf(path+".rates", "%q is not among image_rates", name)
		}
	}
	for v, px := range f.Min {
		b.vendor(path+".min_px", v, false)
		if px.W <= 0 || px.H <= 0 {
			b.failf(path+".min_px", "w and h must be above 0")
		}
		r.min[v] = sizeLimit{Size{px.W, px.H}, b.hard(path+".min_px", px.Source), px.Source}
	}
	if f.Recommended != nil {
		r.Recommended = Size{f.Recommended.W, f.Recommended.H}
	}
	return r
}
