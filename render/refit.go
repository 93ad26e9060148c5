package render

import (
	"fmt"
	"slices"

	"cardlink/templates"
)

// substitute picks the first layout that may stand in and that the vendor shows.
func (f *fitter) substitute() error {
	for _, s := range f.rules.degrade.Layouts[f.source.CardID] {
		if l, ok := f.cat.Layout(s.To); ok && l.Supports(f.vendor) {
			f.layout = l
			f.known(f.source.Provenance().Vendors, "card_id", f.source.CardID, l.CardID, fmt.Sprintf("%s does not show %s: %s", f.vendor, f.source.CardID, s.Why))
			return nil
		}
	}
	return fmt.Errorf("%s does not show %s and nothing stands in: %w", f.vendor, f.source.CardID, ErrLayout)
}

// refit moves elements of the source layout to the slots of the layout that stands in. Texts without a slot join another text; pictures, videos
// and buttons without one are lost.
func (f *fitter) refit(src []element) []element {
	pages := 1
	for i := range src {
		pages = max(pages, src[i].page)
	}
	if pages > f.layout.Pages.Max {
		for i := range src {
			src[i].page = 1
		}
		pages = 1
	}
	var out []element
	for p := 1; p <= pages; p++ {
		var pool []element
		for _, e := range src {
			if e.page == p {
				pool = append(pool, e)
			}
		}
		out = append(out, f.refitPage(pool)...)
	}
	return out
}

func (f *fitter) refitPage(pool []element) []element {
	var out []element
	taken := make([]bool, len(pool))
	count := map[string]int{}
	place := func(e element, rule *templates.SlotRule) {
		f.proportion(&e, rule.Role)
		e.kind, e.role, e.index = rule.Component, rule.Role, count[rule.Role]
		e.title = rule.Role == "title"
		count[rule.Role]++
		if rule.NoAction {
			e.content = withoutAction(e.content)
		}
		out = append(out, e)
	}
	slots := f.layout.Slots()
	for i := range slots {
		rule := &slots[i]
		for range max(1, rule.Repeat.Max) {
			at, cover := f.pick(pool, taken, rule)
			if at < 0 {
				break
			}
			taken[at] = true
			e := pool[at]
			if cover {
				f.known(f.layout.Provenance().Components, e.field, e.describe(f), "its cover", f.layout.CardID+" shows no video")
				e.src, e.cover = e.cover, nil
			}
			place(e, rule)
		}
	}
	for i := range pool {
		if taken[i] {
			continue
		}
		if e := &pool[i]; e.kind != "text" {
			f.known(f.layout.Provenance().Components, e.field, e.describe(f), "", fmt.Sprintf("%s has no place for one more %s", f.layout.CardID, e.kind))
			taken[i] = true
		}
	}
	f.joinRest(&out, pool, taken, place)
	slices.SortStableFunc(out, func(a, b element) int { return f.slotOrder(a.role, a.index) - f.slotOrder(b.role, b.index) })
	return out
}

// slotOrder is where a role's element stands on the card. Repeated slots with a stride (title 1, picture 1, title 2 …) interleave.
func (f *fitter) slotOrder(role string, index int) int {
	const row = 100 // more than any layout's slots
	first := -1
	for i, s := range f.layout.Slots() {
		if s.Repeat.Max > 1 && first < 0 {
			first = i
		}
		if s.Role != role {
			continue
		}
		if s.Repeat.Max > 1 {
			return first*row + index*row/10 + i
		}
		return i * row
	}
	return row * row
}

// pick finds the pool's element for a slot: a single slot prefers roles in the order of the rules, a repeated one takes them as they come.
func (f *fitter) pick(pool []element, taken []bool, rule *templates.SlotRule) (at int, cover bool) {
	roles, ok := f.rules.degrade.Roles[rule.Role]
	if !ok {
		roles = []string{rule.Role}
	}
	if rule.Repeat.Max > 1 {
		for i := range pool {
			if !taken[i] && pool[i].kind == rule.Component && slices.Contains(roles, pool[i].role) {
				return i, false
			}
		}
		return -1, false
	}
	for _, role := range roles {
		for i := range pool {
			switch e := &pool[i]; {
			case taken[i]:
			case e.kind == rule.Component && e.role == role:
				return i, false
			case role == "cover" && rule.Component == "image" && e.kind == "video" && e.cover != nil:
				return i, true
			}
		}
	}
	return -1, false
}

// joinRest puts the texts that no slot took into the text that the rules name for it, in the order of the source.
func (f *fitter) joinRest(out *[]element, pool []element, taken []bool, place func(element, *templates.SlotRule)) {
	if !slices.Contains(taken, false) {
		return
	}
	host, rule := f.restSlot(*out)
	if rule == nil {
		for i := range pool {
			if !taken[i] {
				f.known(f.layout.Provenance().Components, pool[i].field, pool[i].describe(f), "", f.layout.CardID+" has no place for more text")
			}
		}
		return
	}
	var parts []element
	for i := range pool {
		if !taken[i] {
			parts = append(parts, pool[i])
		}
	}
	if host >= 0 {
		parts = append(parts, (*out)[host])
		slices.SortStableFunc(parts, func(a, b element) int { return a.order - b.order })
	}
	joined := parts[0]
	joined.text, joined.child, joined.from = text{keep: -1}, text{keep: -1}, nil
	for _, e := range parts {
		e.text.join(f.rules.degrade.Join.Pair, e.child)
		joined.text.join(f.rules.degrade.Join.Texts, e.text)
		joined.from = append(joined.from, e.from...)
		if host < 0 || e.field != (*out)[host].field {
			f.known(f.layout.Provenance().Components, e.field, "a place of its own ("+e.role+")", "joined to the "+rule.Role, f.layout.CardID+" has no "+e.role)
		}
	}
	if host < 0 {
		place(joined, rule)
		return
	}
	h := &(*out)[host]
	h.text, h.child, h.from = joined.text, joined.child, joined.from
}

// restSlot finds where left-over texts go: an element already placed (host), or a free slot (host -1). rule is nil if there is neither.
func (f *fitter) restSlot(out []element) (host int, rule *templates.SlotRule) {
	slots := f.layout.Slots()
	for _, role := range f.rules.degrade.Rest {
		at := slices.IndexFunc(slots, func(s templates.SlotRule) bool { return s.Role == role && s.Component == "text" })
		if at < 0 {
			continue
		}
		for i := len(out) - 1; i >= 0; i-- {
			if out[i].role == role {
				return i, &slots[at]
			}
		}
		return -1, &slots[at]
	}
	return -1, nil
}

// proportion notes a picture that the new place shows in another shape.
func (f *fitter) proportion(e *element, role string) {
	if e.kind != "image" && e.kind != "video" {
		return
	}
	was, ok1 := f.source.Image(e.role)
	now, ok2 := f.layout.Image(role)
	if !ok1 || !ok2 || len(was.Rates) == 0 || len(now.Rates) == 0 || slices.Contains(now.Rates, was.Rates[0]) {
		return
	}
	f.known(f.layout.Provenance().Components, e.field+".src", "shape "+was.Rates[0], "shape "+now.Rates[0], "the place on "+f.layout.CardID+" has another shape; the handset fits the picture into it")
}

func withoutAction(c *templates.Content) *templates.Content {
	d := *c
	d.ActionType, d.Action = "", nil
	return &d
}
