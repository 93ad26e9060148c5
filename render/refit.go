package render

import (
	"cmp"
	"fmt"
	"slices"

	"cardlink/templates"
)

// substitute picks the first layout that may stand in and that the vendor shows.
func (f *fitter) substitute() error {
	for _, s := range f.rules.degrade.Layouts[f.source.CardID] {
		if l, ok := f.cat.Layout(s.To); ok && l.Supports(f.vendor) {
			f.layout = l
			f.known(f.source.Provenance().Vendors, "card_id", layoutPhrase(f.source), layoutPhrase(l),
				ruled(s.Why, s.WhyZH).after(fmt.Sprintf("%s does not show %s", f.vendor, f.source.CardID), f.target.nameZH()+"不支持"+layoutZH(f.source)))
			return nil
		}
	}
	return fmt.Errorf("%s does not show %s and nothing stands in: %w", f.vendor, f.source.CardID, ErrLayout)
}

// refit moves elements of the source layout to the slots of the layout that stands in. Texts without a slot join another text; pictures, videos
// and buttons without one are lost, but a picture that has no action of its own performs the one of a button.
func (f *fitter) refit(src []element) []element {
	pages := 1
	for i := range src {
		pages = max(pages, src[i].page)
	}
	if pages > f.layout.Pages.Max { // each page becomes an item of one page
		for i := range src {
			src[i].group, src[i].page = src[i].page-1, 1
		}
		pages = 1
	}
	var out []element
	for n := 1; n <= pages; n++ {
		p := pageFitter{fitter: f, count: map[string]int{}}
		for _, e := range src {
			if e.page == n {
				p.pool = append(p.pool, e)
			}
		}
		p.taken = make([]bool, len(p.pool))
		out = append(out, p.refit()...)
	}
	return out
}

// pageFitter moves the elements of one page.
type pageFitter struct {
	*fitter
	pool  []element // of the source, in reading order
	taken []bool    // which of them found a place
	out   []element // placed
	count map[string]int
}

func (p *pageFitter) refit() []element {
	var rows []*templates.SlotRule
	slots := p.layout.Slots()
	for i := range slots {
		if slots[i].Repeat.Max > 1 {
			rows = append(rows, &slots[i])
		}
	}
	placed := false
	for i := range slots {
		switch rule := &slots[i]; {
		case rule.Repeat.Max <= 1:
			if at, cover := p.pick(rule); at >= 0 {
				p.place(at, rule, p.count[rule.Role], cover)
			}
		case !placed:
			placed = true
			p.placeRows(rows)
		}
	}
	p.lend()
	for i := range p.pool {
		if e := &p.pool[i]; !p.taken[i] && e.kind != "text" {
			p.lose(e)
			p.taken[i] = true
		}
	}
	p.joinRest()
	slices.SortStableFunc(p.out, func(a, b element) int { return slices.Compare(p.slotOrder(&a), p.slotOrder(&b)) })
	return p.out
}

// place puts pool[at] into a slot.
func (p *pageFitter) place(at int, rule *templates.SlotRule, index int, cover bool) {
	p.taken[at] = true
	e := p.pool[at]
	if cover {
		p.known(p.layout.Provenance().Components, e.field, e.describe(p.fitter), phrase{"its cover", "视频封面"}, phrase{p.layout.CardID + " shows no video", layoutZH(p.layout) + "不支持视频"})
		e.src, e.cover = e.cover, nil
	}
	p.proportion(&e, rule)
	if e.currency && !(p.layout.Currency && (rule.Role == "price" || rule.Role == "item_price")) {
		e.text, e.currency = p.signed(&e), false
	}
	e.kind, e.role, e.index = rule.Component, rule.Role, index
	e.title, e.still = rule.Role == "title", rule.NoAction
	p.count[rule.Role] = max(p.count[rule.Role], index+1)
	p.out = append(p.out, e)
}

// placeRows fills the repeated slots. Items stay together: the picture, name and price of one row of the source are one row here too.
func (p *pageFitter) placeRows(rules []*templates.SlotRule) {
	row := 0
	if len(rules) > 1 {
		for _, group := range p.groups() {
			found := false
			for _, rule := range rules {
				if row >= rule.Repeat.Max {
					continue
				}
				at := slices.IndexFunc(p.pool, func(e element) bool { return e.group == group && p.suits(&e, rule) })
				if at >= 0 && !p.taken[at] {
					p.place(at, rule, row, false)
					found = true
				}
			}
			if found {
				row++
			}
		}
	}
	for _, rule := range rules {
		for i := range p.pool {
			if e := &p.pool[i]; !p.taken[i] && p.suits(e, rule) && (e.group < 0 || len(rules) == 1) && max(row, p.count[rule.Role]) < rule.Repeat.Max {
				p.place(i, rule, max(row, p.count[rule.Role]), false)
			}
		}
	}
}

// groups lists the items of the source of which something is left to place.
func (p *pageFitter) groups() []int {
	var out []int
	for i := range p.pool {
		if g := p.pool[i].group; g >= 0 && !p.taken[i] && !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	slices.Sort(out)
	return out
}

// suits reports whether an element may stand in a repeated slot.
func (p *pageFitter) suits(e *element, rule *templates.SlotRule) bool {
	return e.kind == rule.Component && slices.Contains(p.sources(rule), e.role)
}

// sources are the roles that may fill a slot, best first.
func (p *pageFitter) sources(rule *templates.SlotRule) []string {
	if roles, ok := p.rules.degrade.Roles[rule.Role]; ok {
		return roles
	}
	return []string{rule.Role}
}

// pick finds the pool's element for a single slot.
func (p *pageFitter) pick(rule *templates.SlotRule) (at int, cover bool) {
	for _, role := range p.sources(rule) {
		for i := range p.pool {
			switch e := &p.pool[i]; {
			case p.taken[i]:
			case e.kind == rule.Component && e.role == role:
				return i, false
			case role == "cover" && rule.Component == "image" && e.kind == "video" && e.cover != nil:
				return i, true
			}
		}
	}
	return -1, false
}

// lend gives every picture without an action the action of a button: of its own item, else of one that found no place, else of the first.
func (p *pageFitter) lend() {
	for i := range p.out {
		e := &p.out[i]
		if e.kind != "image" || e.still || e.content.ActionType != "" {
			continue
		}
		best, rank := -1, 0
		for j := range p.pool {
			b := &p.pool[j]
			if b.kind != "button" || b.content.ActionType == "" || e.group >= 0 && b.group >= 0 && b.group != e.group {
				continue
			}
			r := 1
			if !p.taken[j] {
				r = 2
			}
			if e.group >= 0 && b.group == e.group {
				r = 3
			}
			if r > rank {
				best, rank = j, r
			}
		}
		if best >= 0 {
			e.tap = p.pool[best].tap
		}
	}
}

// lose notes an element that has no place; what is left of a button may be its action, on a picture.
func (p *pageFitter) lose(e *element) {
	var shown phrase
	why := phrase{fmt.Sprintf("%s has no place for this %s", p.layout.CardID, e.kind), layoutZH(p.layout) + "没有位置展示此" + named(kindsZH, e.kind)}
	if e.kind == "button" && slices.ContainsFunc(p.out, func(o element) bool { return o.field != e.field && o.tap.field == e.field }) {
		shown = phrase{"its action, on the picture", "点击图片触发此按钮的动作"}
	}
	p.known(p.layout.Provenance().Components, e.field, e.describe(p.fitter), shown, why)
}

// joinRest puts each text that no slot took into the text that the rules name for it. Texts of one place stand in the order of the source.
func (p *pageFitter) joinRest() {
	joined := map[int][]element{} // by the host's place in out
	var hosts []int
	source := p.layout.Provenance().Components
	for i := range p.pool {
		if p.taken[i] {
			continue
		}
		e := p.pool[i]
		host, rule := p.host(&e)
		switch {
		case rule == nil:
			p.known(source, e.field, e.describe(p.fitter), phrase{}, phrase{p.layout.CardID + " has no place for more text", layoutZH(p.layout) + "放不下更多文本"})
			continue
		case host < 0:
			p.place(i, rule, p.count[rule.Role], false)
			if h := &p.out[len(p.out)-1]; rule.Role != "pair" {
				h.text, h.child = p.flat(&e), text{keep: -1}
			}
		default:
			if joined[host] == nil {
				hosts = append(hosts, host)
			}
			joined[host] = append(joined[host], e)
		}
		p.known(source, e.field, phrase{"a place of its own (" + e.role + ")", "单独展示的" + named(rolesZH, e.role)}, phrase{"joined to the " + rule.Role, "并入" + named(rolesZH, rule.Role)},
			phrase{fmt.Sprintf("%s has no place of its own for this %s", p.layout.CardID, e.role), layoutZH(p.layout) + "没有位置单独展示" + named(rolesZH, e.role)})
	}
	for _, h := range hosts {
		p.join(&p.out[h], joined[h])
	}
}

// host finds where a left-over text goes: to a text already placed, of the same item if there is one, or to a free slot (host -1). rule is nil if
// there is neither.
func (p *pageFitter) host(e *element) (host int, rule *templates.SlotRule) {
	slots := p.layout.Slots()
	for _, role := range p.rules.degrade.Rest {
		for i := range p.out {
			if o := &p.out[i]; e.group >= 0 && o.group == e.group && o.role == role && o.kind == "text" {
				return i, &slots[slices.IndexFunc(slots, func(s templates.SlotRule) bool { return s.Role == role })]
			}
		}
	}
	for _, role := range p.rules.degrade.Rest {
		at := slices.IndexFunc(slots, func(s templates.SlotRule) bool { return s.Role == role && s.Component == "text" })
		if at < 0 {
			continue
		}
		for i := len(p.out) - 1; i >= 0; i-- {
			if p.out[i].role == role {
				return i, &slots[at]
			}
		}
		return -1, &slots[at]
	}
	return -1, nil
}

// join adds texts to the one of h. A pair that must take more keeps its label.
func (p *pageFitter) join(h *element, more []element) {
	j := &p.rules.degrade.Join
	if h.role == "pair" && !h.child.empty() {
		for i := range more {
			h.child.join(j.Texts, p.flat(&more[i]))
			h.from = append(h.from, more[i].from...)
		}
		return
	}
	parts := append([]element{*h}, more...)
	slices.SortStableFunc(parts, func(a, b element) int {
		return cmp.Or(p.rank(&a)-p.rank(&b), a.order-b.order)
	})
	all, from := text{keep: -1}, []string(nil)
	for i := range parts {
		sep := j.Texts
		if i > 0 && parts[i].group >= 0 && parts[i-1].group == parts[i].group && (parts[i-1].was == "item_title" || parts[i-1].role == "item_title") {
			sep = j.Pair
		}
		all.join(sep, p.flat(&parts[i]))
		from = append(from, parts[i].from...)
	}
	h.text, h.child, h.from = all, text{keep: -1}, from
}

// rank is 0 for texts that go first, so that a cut spares them.
func (p *pageFitter) rank(e *element) int {
	if slices.Contains(p.rules.degrade.Join.First, e.role) {
		return 0
	}
	return 1
}

// signed is an element's text with the currency sign that its place would have shown.
func (p *pageFitter) signed(e *element) text {
	t := text{keep: -1}
	if e.currency && !e.text.empty() {
		t.literal(p.rules.degrade.Join.Currency, "")
	}
	t.join("", e.text)
	return t
}

// flat is an element's first and second text in one.
func (p *pageFitter) flat(e *element) text {
	j := &p.rules.degrade.Join
	t := p.signed(e)
	if e.title { // the child of a title is no value
		t.join(j.Texts, e.child)
	} else {
		t.join(j.between(e.role), e.child)
	}
	return t
}

// slotOrder is where an element stands on the card. Repeated slots with a stride (title 1, picture 1, title 2 …) interleave.
func (f *fitter) slotOrder(e *element) []int {
	slots := f.layout.Slots()
	first := slices.IndexFunc(slots, func(s templates.SlotRule) bool { return s.Repeat.Max > 1 })
	at := slices.IndexFunc(slots, func(s templates.SlotRule) bool { return s.Role == e.role && s.Component == e.kind })
	switch {
	case at < 0:
		return []int{len(slots)}
	case slots[at].Repeat.Max > 1:
		return []int{first, e.index, at}
	}
	return []int{at, e.index}
}

// proportion notes a picture that the new place shows in another shape, and forgets the shape it asked for.
func (f *fitter) proportion(e *element, rule *templates.SlotRule) {
	if e.kind == "text" || e.kind == "button" {
		return
	}
	was := e.ratio
	if from, ok := f.source.Image(pictureRole(e.kind, e.role)); ok && was == "" && len(from.Rates) > 0 {
		was = from.Rates[0]
	}
	to, _ := f.layout.Image(pictureRole(rule.Component, rule.Role))
	if len(to.Rates) == 0 || slices.Contains(to.Rates, was) {
		return
	}
	if e.ratio = ""; was != "" {
		f.known(f.layout.Provenance().Components, e.field+".src", f.ratePhrase(was), f.ratePhrase(to.Rates[0]),
			phrase{"the place on " + f.layout.CardID + " has another shape; the handset fits the picture into it", layoutZH(f.layout) + "此处的图片比例不同，由手机适配显示"})
	}
}

// pictureRole is the role whose image rule gives the shape: a video has the shape of its cover.
func pictureRole(kind, role string) string {
	if kind == "video" {
		return "cover"
	}
	return role
}
