package render

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cardlink/templates"
)

// What a card shows and what its notes say is lost make up the source, for valid templates and for any other.
func TestNotesAreComplete(t *testing.T) {
	cat := catalogue(t)
	rapid.Check(t, func(t *rapid.T) {
		tpl := rapid.OneOf(anyTemplate(cat), validTemplate(cat)).Draw(t, "template")
		for target := range Targets {
			c, notes, err := builtin().fit(cat, tpl, target)
			if err != nil {
				t.Fatal(err)
			}
			if err := complete(cat, c, notes, tpl); err != nil {
				t.Fatalf("%s: %v\n%+v", target, err, notes)
			}
		}
	})
}

// ledger compares a card and its notes with the source.
type ledger struct {
	cat    *templates.Catalogue
	source *templates.Layout
	c      *card
	notes  []Note
	v      Values              // the examples
	shown  map[string]*element // by the fields an element shows
	doing  map[string]*element // by the field whose action it performs
}

func (l *ledger) noted(fields ...string) bool {
	return slices.ContainsFunc(l.notes, func(n Note) bool { return slices.Contains(fields, n.Field) })
}

func complete(cat *templates.Catalogue, c *card, notes []Note, tpl *templates.Template) error {
	l := &ledger{cat: cat, c: c, notes: notes, v: Values{Params: Examples(tpl)}, shown: map[string]*element{}, doing: map[string]*element{}}
	l.source, _ = cat.Layout(tpl.CardID)
	for i, n := range notes {
		if n.Target != c.target.String() || n.Lost == "" || n.Why == "" || n.Source == "" || n.Date == "" || slices.Contains(notes[:i], n) {
			return fmt.Errorf("a note that says nothing new: %+v", n)
		}
	}
	for i := range c.elements {
		e := &c.elements[i]
		for _, f := range e.from {
			if l.shown[f] != nil {
				return fmt.Errorf("%s is shown twice", f)
			}
			l.shown[f] = e
		}
		if e.action != nil {
			l.doing[e.action.field] = e
		}
		for name, t := range map[string]*text{".content": &e.text, ".content_child": &e.child} {
			if err := l.cut(t, e.field+name); err != nil {
				return err
			}
		}
	}
	if c.layout != l.source && !l.noted("card_id") {
		return errors.New("another layout without a note")
	}
	if want, ok := l.source.SubType(tpl.SubType); ok && c.target == H5 && c.subType != want.Number {
		return errors.New("the page shows another variant")
	} else if plain, _ := l.source.SubType(0); ok && want.Number != plain.Number && c.subType != want.Number && !l.source.Visible && !l.noted("sub_type") {
		if got, _ := c.layout.SubType(c.subType); got.Label != want.Label {
			return fmt.Errorf("sub_type %d is shown as %d without a note", want.Number, c.subType)
		}
	}
	for p := range tpl.Pages {
		for i := range tpl.Pages[p].Contents {
			src := &tpl.Pages[p].Contents[i]
			if err := l.content(tpl, src, fmt.Sprintf("pages[%d].contents[%d]", p, i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// cut checks that what is shown of a text and what its note calls lost are all of it. A static text was cut for good: then its note knew the whole.
func (l *ledger) cut(t *text, field string) error {
	shown, lost := t.cut(&l.v)
	if i := slices.IndexFunc(l.notes, func(n Note) bool { return n.Field == field }); i >= 0 {
		if n := l.notes[i]; n.Shown != shown || n.Lost == "" || lost != "" && n.Lost != lost {
			return fmt.Errorf("%s shows %q and loses %q, its note says %q and %q", field, shown, lost, n.Shown, n.Lost)
		}
		return nil
	}
	if lost != "" {
		return fmt.Errorf("%s loses %q without a note", field, lost)
	}
	return nil
}

// whole is a text before it was cut, with the example values.
func (l *ledger) whole(t *text, field string) string {
	i := slices.IndexFunc(l.notes, func(n Note) bool { return n.Field == field })
	if i < 0 || t.dynamic() {
		return t.fill(&l.v)
	}
	head, keep, found := cutLast(l.notes[i].Shown, ellipsis)
	if !found || keep == "" {
		return head + l.notes[i].Lost
	}
	return head + l.notes[i].Lost + keep // where in it the phrase stood does not matter to what follows
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func (l *ledger) content(tpl *templates.Template, src *templates.Content, field string) error {
	if l.source.MayHide(src.Position) && src.Visible != nil && *src.Visible == 0 {
		if l.shown[field] != nil {
			return fmt.Errorf("%s is hidden and shown", field)
		}
		return nil
	}
	e := l.shown[field]
	if err := l.action(src, e, field); err != nil {
		return err
	}
	if e == nil {
		if !l.noted(field, field+".src") {
			return fmt.Errorf("%s is neither shown nor noted", field)
		}
		return nil
	}
	if src.Type == "image" || src.Type == "video" {
		return l.picture(src, e, field)
	}
	if src.ButtonType != "" && src.ButtonType != "static" && e.style != src.ButtonType && !l.noted(field+".button_type") {
		return fmt.Errorf("%s: the style of the button is lost without a note", field)
	}
	all := l.whole(&e.text, e.field+".content") + "\n" + l.whole(&e.child, e.field+".content_child")
	for _, s := range []string{src.Text, src.Child} {
		t := parseText(s, tpl.Params, "")
		if want := t.fill(&l.v); !l.holds(all, want) {
			return fmt.Errorf("%s: %q is missing in %q", field, want, all)
		}
	}
	if len(e.from) > 1 && field != e.field && !l.noted(field) {
		return fmt.Errorf("%s is joined to another text without a note", field)
	}
	slots, _ := l.source.Bind(tpl.Pages[0].Contents)
	for _, s := range slots {
		price := s.Content == src && l.source.Currency && (s.Role == "price" || s.Role == "item_price") && (src.Currency == nil || *src.Currency != 0)
		if price && src.Text != "" && !e.currency && !strings.Contains(all, "¥") {
			return fmt.Errorf("%s lost its currency sign", field)
		}
	}
	return nil
}

// holds reports whether all holds want, whose opt-out phrase may have moved to the end of a text that was cut.
func (l *ledger) holds(all, want string) bool {
	if strings.Contains(all, want) {
		return true
	}
	for _, k := range builtin().degrade.Keep {
		if before, after, found := strings.Cut(want, k); found && strings.Contains(all, k) && strings.Contains(all, before) && strings.Contains(all, after) {
			return true
		}
	}
	return false
}

func (l *ledger) picture(src *templates.Content, e *element, field string) error {
	if e.kind != src.Type && !l.noted(field) {
		return fmt.Errorf("%s: a %s became a %s without a note", field, src.Type, e.kind)
	}
	if src.Cover != "" && e.kind == "video" && e.cover == nil && !l.noted(field+".cover") {
		return fmt.Errorf("%s lost its cover without a note", field)
	}
	was := src.Ratio
	if r, ok := l.source.Image(pictureRole(src.Type, e.was)); ok && was == "" && len(r.Rates) > 0 {
		was = r.Rates[0]
	}
	if was != "" && e.ratio != "" && e.ratio != was && !l.noted(field+".src") {
		return fmt.Errorf("%s: shape %s became %s without a note", field, was, e.ratio)
	}
	return nil
}

// action checks that what a tap does is as written, or noted.
func (l *ledger) action(src *templates.Content, e *element, field string) error {
	if src.ActionType == "" || src.Type != "image" && src.Type != "button" {
		return nil
	}
	does := l.doing[field]
	switch {
	case does == nil && e == nil: // its element is lost and noted
	case does == nil:
		if !l.noted(field + ".action_type") {
			return fmt.Errorf("%s: action %s is neither performed nor noted", field, src.ActionType)
		}
	case does.action.typ != src.ActionType:
		if !l.noted(field + ".action_type") {
			return fmt.Errorf("%s: action %s became %s without a note", field, src.ActionType, does.action.typ)
		}
	case does.action.dead:
		if !l.noted(field + ".action.target") {
			return fmt.Errorf("%s: dead target without a note", field)
		}
	case src.ActionType == "OPEN_APP":
		want := 0
		if src.Action.FloorType != nil {
			want = *src.Action.FloorType
		}
		if u := src.Action.FloorURL; u != "" && deadLiteral(u) && !l.noted(field+".action.floor_url") {
			return fmt.Errorf("%s: floor_url is dropped without a note", field)
		}
		if does.action.floor != want && !l.noted(field+".action.floor_type") {
			return fmt.Errorf("%s: floor_type %d became %d without a note", field, want, does.action.floor)
		}
	}
	if e != nil && does != nil && does != e && e.kind == src.Type && e.tap.field == field {
		return fmt.Errorf("%s: another element performs its action", field)
	}
	return nil
}
