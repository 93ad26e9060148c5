package templates

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// SlotRule is one place on a layout, or one repeated place.
type SlotRule struct {
	Position  string // number, "a..b", "a,b,c" or "kn+c", where n is how often the layout's repeated component occurs
	Component string // text, image, video, button
	Role      string // what it is for: "banner", "title", "body", "name", "pair", "button", …; closed over the catalogue
	Label     string // the same in words
	Required  bool
	Repeat    Count // zero for a single place
	NoAction  bool  // the content must not carry an action: it follows the button
	Params    bool  // dynamic parameters may stand in its text
	Hard      bool  // position and presence are from a source that refuses a template
	Source    string

	pos position
}

// Slot is a content at its place. Contents of one page come sorted by position_number.
type Slot struct {
	Role      string
	Component string
	Position  int      // as the wire gave it
	Index     int      // how many slots of this role come before it: pair 0, pair 1, button 0, button 1
	Row       int      // which repetition of a repeated place this is: a product's picture, name and price are of one row; -1 in a single place
	At        int      // index in the page's contents, for field paths
	Content   *Content // points into the page given to Bind
	Rule      *SlotRule
}

// position is a parsed position expression: a list of numbers, or k·n+c.
type position struct {
	list []int
	k, c int
}

func (p position) many() bool { return len(p.list) > 1 }

// at gives the number of the i-th repetition when the repeated component occurs n times; 0 if there is none.
func (p position) at(i, n int) int {
	if p.list == nil {
		if i == 0 {
			return p.k*n + p.c
		}
		return 0
	}
	if i < len(p.list) {
		return p.list[i]
	}
	return 0
}

// maxPosition bounds the numbers an expression may hold: far above any layout, far below an overflow.
const maxPosition = 1000

func parsePosition(s string) (position, error) {
	bad := fmt.Errorf("position %q is none of 4, 1..5, 3,5,7, n+2, 3n+4", s)
	number := func(t string) (int, error) {
		v, err := strconv.Atoi(t)
		if err != nil || v < 0 || v > maxPosition {
			return 0, bad
		}
		return v, nil
	}
	if from, to, ok := strings.Cut(s, ".."); ok {
		a, err1 := number(from)
		b, err2 := number(to)
		if err := errors.Join(err1, err2); err != nil || a < 1 || b < a {
			return position{}, bad
		}
		var p position
		for i := a; i <= b; i++ {
			p.list = append(p.list, i)
		}
		return p, nil
	}
	if k, c, ok := strings.Cut(s, "n+"); ok {
		if k == "" {
			k = "1"
		}
		kv, err1 := number(k)
		cv, err2 := number(c)
		if errors.Join(err1, err2) != nil || kv < 1 || cv < 1 {
			return position{}, bad
		}
		return position{k: kv, c: cv}, nil
	}
	var p position
	for part := range strings.SplitSeq(s, ",") {
		v, err := number(part)
		if err != nil || v < 1 || len(p.list) > 0 && v <= p.list[len(p.list)-1] {
			return position{}, bad
		}
		p.list = append(p.list, v)
	}
	return p, nil
}

// place is one concrete place of a layout for a known repeat count.
type place struct {
	rule   *SlotRule
	number int // position_number expected there
	row    int // of a repeated place; -1 = a single one
	taken  bool
}

// Bind assigns the contents of a page to the layout's slots. A content whose position_number and type fit a slot gets it; any other goes to the
// first free slot of its type, which is a soft problem because most positions are not certain; one without any free slot is left out
// of the result and reported, as are required slots that stay empty and repeats out of their range. Fields of problems are relative to the page:
// "contents[2].position_number". The result is sorted by position, then by order of appearance.
func (l *Layout) Bind(page []Content) ([]Slot, []Problem) {
	n, counted := l.repeats(page)
	places := l.places(n)
	order := make([]int, len(page))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(page[a].Position, page[b].Position) })

	bound := make([]*place, len(page))
	for _, at := range order {
		for i := range places {
			if p := &places[i]; !p.taken && p.number == page[at].Position && p.rule.Component == page[at].Type {
				p.taken, bound[at] = true, p
				break
			}
		}
	}
	var problems []Problem
	for _, at := range order {
		if bound[at] != nil {
			continue
		}
		c := &page[at]
		field := fmt.Sprintf("contents[%d].position_number", at)
		if p := free(places, c.Type); p != nil {
			p.taken, bound[at] = true, p
			problems = append(problems, Problem{
				Field: field, Hard: false, Source: p.rule.Source,
				Rule: fmt.Sprintf("is %d, but the %s (%s) of %s stands at %d", c.Position, p.rule.Label, p.rule.Component, l.CardID, p.number),
			})
			continue
		}
		hard, source := l.overflow(c.Type)
		problems = append(problems, Problem{
			Field: field, Hard: hard, Source: source, Rule: fmt.Sprintf("%s has no place for one more %s", l.CardID, c.Type),
		})
	}
	problems = append(problems, l.missing(places, counted)...)

	slots := make([]Slot, 0, len(page))
	seen := map[string]int{}
	for _, at := range order {
		p := bound[at]
		if p == nil {
			continue
		}
		slots = append(slots, Slot{
			Role: p.rule.Role, Component: p.rule.Component, Position: page[at].Position, Index: seen[p.rule.Role], Row: p.row, At: at, Content: &page[at], Rule: p.rule,
		})
		seen[p.rule.Role]++
	}
	return slots, problems
}

// counter is the repeated slot that says what n is: the first one of the layout.
func (l *Layout) counter() *SlotRule {
	for i := range l.slots {
		if l.slots[i].pos.many() {
			return &l.slots[i]
		}
	}
	return nil
}

// repeats counts n: how many numbers of the counting slot, from its first on and without a gap, hold a content of its type. found is what the page
// holds; n is found brought into the range the layout can place.
func (l *Layout) repeats(page []Content) (n, found int) {
	r := l.counter()
	if r == nil {
		return 0, 0
	}
	has := func(number int) bool {
		return slices.ContainsFunc(page, func(c Content) bool { return c.Position == number && c.Type == r.Component })
	}
	for found < len(r.pos.list) && has(r.pos.list[found]) {
		found++
	}
	if found == len(r.pos.list) && l.consecutive(r) { // one more than there is room for is worth saying
		for has(r.pos.list[len(r.pos.list)-1] + found - len(r.pos.list) + 1) {
			found++
		}
	}
	n = min(found, r.Repeat.Max)
	if n == 0 && l.alternative(r) {
		n = 1
	}
	return n, found
}

func (l *Layout) consecutive(r *SlotRule) bool {
	return r.pos.list[len(r.pos.list)-1]-r.pos.list[0] == len(r.pos.list)-1
}

// alternative reports whether another component may stand in the counting slot's first place (one video for the product images).
func (l *Layout) alternative(r *SlotRule) bool {
	return slices.ContainsFunc(l.slots, func(s SlotRule) bool {
		return s.Component != r.Component && len(s.pos.list) == 1 && s.pos.list[0] == r.pos.list[0]
	})
}

func (l *Layout) places(n int) []place {
	var ps []place
	for i := range l.slots {
		r := &l.slots[i]
		if !r.pos.many() {
			ps = append(ps, place{rule: r, number: r.pos.at(0, n), row: -1})
			continue
		}
		for j := range min(max(n, r.Repeat.Min), r.Repeat.Max) {
			ps = append(ps, place{rule: r, number: r.pos.at(j, n), row: j})
		}
	}
	return ps
}

// free prefers required places, then the order of the layout.
func free(places []place, component string) *place {
	var optional *place
	for i := range places {
		p := &places[i]
		if p.taken || p.rule.Component != component {
			continue
		}
		if p.rule.Required {
			return p
		}
		if optional == nil {
			optional = p
		}
	}
	return optional
}

// overflow says how sure it is that a layout takes no more of a component.
func (l *Layout) overflow(component string) (hard bool, source string) {
	if component == "button" {
		return l.Buttons.MaxHard, l.Buttons.MaxSource
	}
	for i := range l.slots {
		if s := &l.slots[i]; s.Component == component {
			if s.pos.many() {
				return s.Repeat.MaxHard, s.Repeat.MaxSource
			}
			hard, source = s.Hard, s.Source
		}
	}
	if source == "" {
		return l.components.hard, l.components.source
	}
	return hard, source
}

// missing reports required places that nothing fills, and a repeat out of its range.
func (l *Layout) missing(places []place, found int) []Problem {
	var out []Problem
	counter := l.counter()
	if counter != nil && !l.replaced(places, counter) {
		r := counter.Repeat
		if found < r.Min && counter.Required || found > r.Max {
			hard, source := r.MaxHard, r.MaxSource
			if found < r.Min {
				hard, source = r.MinHard, r.Source
			}
			out = append(out, Problem{
				Field: "contents", Hard: hard, Source: source,
				Rule: fmt.Sprintf("%s takes %d-%d of %s (%s), not %d", l.CardID, r.Min, r.Max, counter.Label, counter.Component, found),
			})
		}
	}
	if counter != nil && l.replaced(places, counter) && slices.ContainsFunc(places, func(p place) bool { return p.taken && p.rule == counter }) {
		out = append(out, Problem{
			Field: "contents", Source: counter.Source, Rule: fmt.Sprintf("%s takes %s (%s) or another component in its place, not both", l.CardID, counter.Label, counter.Component),
		})
	}
	for i := range places {
		p := &places[i]
		if p.taken || !p.rule.Required || p.rule == counter {
			continue
		}
		out = append(out, Problem{
			Field: "contents", Hard: p.rule.Hard, Source: p.rule.Source,
			Rule: fmt.Sprintf("%s needs a %s (%s) at position_number %d", l.CardID, p.rule.Label, p.rule.Component, p.number),
		})
	}
	return out
}

// replaced reports whether another component took the counting slot's first place.
func (l *Layout) replaced(places []place, counter *SlotRule) bool {
	return slices.ContainsFunc(places, func(p place) bool {
		return p.taken && len(p.rule.pos.list) == 1 && p.number == counter.pos.list[0] && p.rule.Component != counter.Component
	})
}
