package render

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"cardlink/templates"
)

// ErrLayout is the cause when a template's card_id is not in the catalogue, or a vendor shows neither it nor any layout that could stand in.
var ErrLayout = errors.New("no layout to draw with")

// card is a template fitted to one target: what is shown, in reading order. The encoders draw it without asking what the target can do.
type card struct {
	tpl      *templates.Template
	target   Target
	layout   *templates.Layout
	subType  int // 0 = the layout has no variants
	elements []element
}

// element is one part of the card.
type element struct {
	page  int      // from 1
	id    string   // "1-4", page and content of the source; unique
	field string   // wire path of the source content
	from  []string // wire paths of all contents shown here; more than one if texts were joined
	order int      // place among all contents of the source

	kind        string // text, image, video, button
	role        string // of the shown layout; empty if it has no slot there (H5 only)
	was         string // its role on the source layout
	index       int    // which of several of its role: the item of a repeated place, else how many come before it on the page
	group       int    // item of the source it belongs to, from 0: a repeated row, or a page of cards that became one; -1 = none
	position    int    // position on the shown card, from 1
	text, child text
	title       bool // shown as the title
	currency    bool // shows the currency sign
	style       string
	ratio       string // image_rate of the place
	rate        templates.Rate
	src, cover  *media
	background  *media
	action      *action

	content *templates.Content
	tap     tap
	still   bool // its place takes no action: it follows the button
}

// tap is whose action an element performs: its own, or that of a button that found no place.
type tap struct {
	content   *templates.Content
	id, field string // of that content
}

// media is a picture or a video: a path below Values.Origin or an absolute address.
type media struct {
	path, url   string
	w, h        int // 0 = unknown
	contentType string
}

// fitter collects a card and what is lost on the way.
type fitter struct {
	rules  *Rules
	cat    *templates.Catalogue
	tpl    *templates.Template
	target Target
	vendor templates.Vendor // empty for H5
	source *templates.Layout
	layout *templates.Layout
	sample Values
	notes  []Note
}

func (f *fitter) note(field string, lost, shown, why phrase) {
	f.known("", field, lost, shown, why)
}

// known is note for what a fact of the catalogue decides; source is the fact's mark.
func (f *fitter) known(source, field string, lost, shown, why phrase) {
	n := Note{
		Target: f.target.String(), Field: field, Lost: lost.en, Shown: shown.en, Why: why.en, Source: RuleSource, Date: f.rules.degrade.Date,
		Chinese: NoteText{lost.zh, shown.zh, why.zh},
	}
	if source != "" {
		n.Source, n.Date = source, f.cat.Date()
	}
	if !slices.Contains(f.notes, n) { // a button's action may be performed in two places
		f.notes = append(f.notes, n)
	}
}

// fit fits t to target and notes every loss.
func (r *Rules) fit(cat *templates.Catalogue, t *templates.Template, target Target) (*card, []Note, error) {
	f := &fitter{rules: r, cat: cat, tpl: t, target: target, vendor: target.Vendor(), sample: Values{Params: Examples(t)}, notes: []Note{}}
	var ok bool
	if f.source, ok = cat.Layout(t.CardID); !ok {
		return nil, nil, fmt.Errorf("card_id %q is not in the catalogue: %w", t.CardID, ErrLayout)
	}
	f.layout = f.source
	if f.vendor != "" && !f.source.Supports(f.vendor) {
		if err := f.substitute(); err != nil {
			return nil, nil, err
		}
	}
	elements := f.collect()
	if f.layout != f.source {
		elements = f.refit(elements)
	}
	number(elements)
	for i := range elements {
		f.finish(&elements[i])
	}
	c := &card{tpl: t, target: target, layout: f.layout, subType: f.subType(), elements: elements}
	if f.vendor != "" && len(t.Params) > 0 {
		if yes, known := f.layout.Params(f.vendor); known && !yes {
			f.known(f.layout.Provenance().Params, "params", phrase{"parameters filled in by the vendor", "由厂商填充动态参数"}, phrase{"the values, filled in here", "由平台填好参数后下发"},
				phrase{string(f.vendor) + " takes no parameters on " + f.layout.CardID, f.target.nameZH() + "的" + layoutZH(f.layout) + "不支持动态参数"})
		}
	}
	return c, f.notes, nil
}

// collect binds the contents to the source layout's slots, in reading order.
func (f *fitter) collect() []element {
	var out []element
	order := make([]int, len(f.tpl.Pages))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return f.tpl.Pages[a].Order - f.tpl.Pages[b].Order })
	for n, at := range order {
		contents := f.tpl.Pages[at].Contents
		slots, _ := f.source.Bind(contents)
		bound := make([]bool, len(contents))
		for _, s := range slots {
			bound[s.At] = true
		}
		for i := range contents {
			if !bound[i] {
				slots = append(slots, templates.Slot{Component: contents[i].Type, Position: contents[i].Position, Row: -1, At: i, Content: &contents[i]})
			}
		}
		slices.SortStableFunc(slots, func(a, b templates.Slot) int { return a.Position - b.Position })
		for _, s := range slots {
			e := element{
				page: n + 1, id: fmt.Sprintf("%d-%d", n+1, s.At+1), field: fmt.Sprintf("pages[%d].contents[%d]", at, s.At), order: len(out),
				kind: s.Content.Type, role: s.Role, was: s.Role, index: s.Index, group: s.Row, content: s.Content, still: s.Rule != nil && s.Rule.NoAction,
			}
			e.from, e.tap = []string{e.field}, tap{e.content, e.id, e.field}
			if f.fill(&e, s.Rule) {
				out = append(out, e)
			}
		}
	}
	closeRanks(out)
	return out
}

// closeRanks numbers the items of each page from 0 without a gap, whichever were hidden, and makes an element's index its item's.
func closeRanks(es []element) {
	rows := map[int][]int{} // by page
	for i := range es {
		if e := &es[i]; e.group >= 0 && !slices.Contains(rows[e.page], e.group) {
			rows[e.page] = append(rows[e.page], e.group)
		}
	}
	for _, r := range rows {
		slices.Sort(r)
	}
	for i := range es {
		if e := &es[i]; e.group >= 0 {
			e.group = slices.Index(rows[e.page], e.group)
			e.index = e.group
		}
	}
}

// fill reads a content into its element; false if it is not shown.
func (f *fitter) fill(e *element, rule *templates.SlotRule) bool {
	c := e.content
	if f.source.MayHide(c.Position) && c.Visible != nil && *c.Visible == 0 {
		return false // hidden by its author: no loss
	}
	if rule == nil && f.vendor != "" {
		f.known(f.source.Provenance().Components, e.field, e.describe(f), phrase{},
			phrase{f.source.CardID + " has no place for one more " + c.Type, layoutZH(f.source) + "放不下更多" + named(kindsZH, c.Type)})
		return false
	}
	switch c.Type {
	case "text", "button":
		e.text = f.parse(c.Text)
		e.child = f.parse(c.Child)
		e.title = e.role == "title" || c.IsTitle == "true" && f.source.Group != "red_packet" // its places are known, its flags say nothing (templates.md §1.5)
		e.style = c.ButtonType
		e.currency = f.source.Currency && (e.role == "price" || e.role == "item_price") && (c.Currency == nil || *c.Currency != 0)
	case "image", "video":
		e.src = f.media(c.SrcType, c.Src)
		if e.src == nil {
			f.note(e.field+".src", e.describe(f), phrase{}, noMaterial)
			return false
		}
		if c.Type == "video" && c.Cover != "" {
			if e.cover = f.media(c.SrcType, c.Cover); e.cover == nil {
				f.note(e.field+".cover", phrase{"cover " + c.Cover, "封面 " + c.Cover}, phrase{}, noMaterial)
			}
		}
		e.ratio = c.Ratio
	default:
		f.note(e.field, e.describe(f), phrase{}, phrase{"contents of type " + c.Type + " are not drawn", "不支持类型为 " + c.Type + " 的内容"})
		return false
	}
	return true
}

func (f *fitter) parse(s string) text {
	for _, k := range f.rules.degrade.Keep {
		if t := parseText(s, f.tpl.Params, k); t.keep >= 0 {
			return t
		}
	}
	return parseText(s, f.tpl.Params, "")
}

// media resolves a material id or an address; nil if it is unknown or not an address a picture may have.
func (f *fitter) media(srcType int, src string) *media {
	if srcType == 2 {
		if !hasScheme(src, "https://") && !hasScheme(src, "http://") {
			return nil
		}
		return &media{url: src}
	}
	a, ok := f.tpl.Assets[src]
	if !ok || a.Path == "" {
		return nil
	}
	return &media{path: a.Path, w: a.Width, h: a.Height, contentType: a.ContentType}
}

// describe names an element in a note.
func (e *element) describe(f *fitter) phrase {
	c := e.content
	switch c.Type {
	case "image", "video":
		return phrase{c.Type + " " + c.Src, named(kindsZH, c.Type) + " " + c.Src}
	}
	s := c.Text
	if c.Child != "" {
		s += f.rules.degrade.Join.between(e.role) + c.Child
	}
	if s == "" {
		return phrase{"a " + c.Type + " without words", "没有文字的" + named(kindsZH, c.Type)}
	}
	return verbatim(s)
}

// number gives positions from 1 on each page.
func number(es []element) {
	for i := range es {
		es[i].position = 1
		if i > 0 && es[i-1].page == es[i].page {
			es[i].position = es[i-1].position + 1
		}
	}
}

// finish applies what depends on the place an element ended up in: limits, backgrounds, picture proportions, the action.
func (f *fitter) finish(e *element) {
	f.limit(e)
	if e.kind == "image" || e.kind == "video" {
		role := e.role
		if e.kind == "video" {
			role = "cover"
		}
		if rule, ok := f.layout.Image(role); ok && e.ratio == "" && len(rule.Rates) > 0 {
			e.ratio = rule.Rates[0]
		}
		e.rate, _ = f.cat.Rate(e.ratio)
	}
	if f.vendor != "" && e.style != "" && e.role != "coupon_button" { // static is what any other button is
		if e.style != "static" {
			f.known(f.layout.Provenance().Components, e.field+".button_type", phrase{e.style, named(buttonsZH, e.style)}, phrase{},
				phrase{f.layout.CardID + " has no buttons of this style here", layoutZH(f.layout) + "此处没有这种按钮样式"})
		}
		e.style = ""
	}
	if f.vendor != "" && f.layout.Background(f.vendor) {
		switch f.rules.dialects.Vendors[f.vendor].Background {
		case "oppo_background":
			e.background = f.backdrop(e, "oppo_background", e.content.OppoBackground)
		case "vivo_background":
			e.background = f.backdrop(e, "vivo_background", e.content.VivoBackground)
		}
	}
	e.action = f.action(e)
}

func (f *fitter) backdrop(e *element, field, src string) *media {
	if src == "" {
		return nil
	}
	m := f.media(e.content.SrcType, src)
	if m == nil {
		f.note(e.field+"."+field, phrase{"background " + src, "背景图 " + src}, phrase{}, noMaterial)
	}
	return m
}

// limit cuts what the vendor would not show. A figure of an advisory source cuts nothing; a pair's figure is for its label and for its value.
func (f *fitter) limit(e *element) {
	if f.vendor == "" || e.kind != "text" && e.kind != "button" {
		return
	}
	lim, ok := f.layout.Known(e.role, f.vendor)
	if !ok || lim.Chars <= 0 || slices.Contains(f.rules.degrade.Advisory, lim.Source) {
		return
	}
	why := phrase{
		fmt.Sprintf("%s shows %d characters of a %s on %s (%s)", f.vendor, lim.Chars, e.role, f.layout.CardID, lim.Source),
		fmt.Sprintf("%s的%s中，%s最多显示 %d 个字", f.target.nameZH(), layoutZH(f.layout), named(rolesZH, e.role), lim.Chars),
	}
	e.text.lines = lim.Lines
	e.text.limit = lim.Chars
	if e.role == "pair" { // whether the figure means label and value together is not known; the validator refuses by each alone
		e.child.limit = lim.Chars
	}
	f.settle(&e.text, lim.Source, e.field+".content", why)
	f.settle(&e.child, lim.Source, e.field+".content_child", why)
}

// settle cuts a static text for good. A text with parameters keeps its limit, for only its values decide; the note then tells what the example
// values lose.
func (f *fitter) settle(t *text, source, field string, why phrase) {
	if t.limit == 0 || t.empty() {
		return
	}
	shown, lost := t.cut(&f.sample)
	if t.dynamic() {
		why.en += ", with the example values"
		why.zh += "（按示例参数计算）"
	}
	if lost != "" {
		f.known(source, field, verbatim(lost), verbatim(shown), why)
	}
	if !t.dynamic() {
		t.pieces, t.keep, t.limit = []piece{{lit: shown, param: -1}}, -1, 0
	}
}

// subType is the variant the target shows. A layout that stands in shows the variant of the same name, if it has it.
func (f *fitter) subType() int {
	want, ok := f.source.SubType(f.tpl.SubType)
	if f.layout == f.source && ok && (f.vendor == "" || want.Honoured(f.vendor)) {
		return want.Number
	}
	shown, _ := f.layout.SubType(0)
	for _, s := range f.layout.SubTypes() {
		if f.layout != f.source && ok && s.Label == want.Label && s.Honoured(f.vendor) {
			return s.Number
		}
	}
	// Where components may be hidden, the variant only says which are; that was followed already.
	if plain, _ := f.source.SubType(0); ok && want.Number != plain.Number && !f.source.Visible {
		var label phrase
		if f.layout == f.source || shown.Label == plain.Label {
			label = ruled(shown.Label, shown.LabelZH)
		}
		f.known(f.source.Provenance().SubType, "sub_type",
			phrase{fmt.Sprintf("%d (%s)", want.Number, want.Label), fmt.Sprintf("%d（%s）", want.Number, cmp.Or(want.LabelZH, want.Label))}, label,
			phrase{fmt.Sprintf("%s does not know this variant", f.target), f.target.nameZH() + "不支持此样式"})
	}
	return shown.Number
}

// Examples are the template's example values, in the order of its parameters.
func Examples(t *templates.Template) []string {
	out := make([]string, len(t.Params))
	for i, p := range t.Params {
		out[i] = p.Example
	}
	return out
}
