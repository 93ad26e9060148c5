package render

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"cardlink/templates"
	"cardlink/templates/templatetest"
)

// Every card of every valid template is one that docs/cards.md describes and that its vendor can show, whatever the values.
func TestValidTemplatesGiveValidCards(t *testing.T) {
	cat := catalogue(t)
	rapid.Check(t, func(t *rapid.T) {
		tpl := validTemplate(cat).Draw(t, "template")
		sample, v := SampleValues(tpl), SampleValues(tpl)
		value := rapid.OneOf(anyWords(), rapid.Just(templatetest.Huge())).Filter(func(s string) bool { return s != "" })
		v.Params = rapid.SliceOfN(value, len(tpl.Params), len(tpl.Params)).Draw(t, "values")
		for target := range H5 {
			p, notes, err := Compile(cat, tpl, target)
			if err != nil {
				t.Fatal(err)
			}
			text := p.Append(nil, &v)
			card, err := parseCard(text)
			if err != nil {
				t.Fatalf("%s: %v\n%s", target, err, text)
			}
			if err := checkSchema(cat, target, &card, notes); err != nil {
				t.Fatalf("%s: %v\n%s", target, err, text)
			}
			checkLimits(t, cat, target, &card)
			before, err := parseCard(p.Append(nil, &sample))
			if err != nil {
				t.Fatal(err)
			}
			for i := range card.Card.Elements {
				if a, b := before.Card.Elements[i].Action, card.Card.Elements[i].Action; a != nil && builtin().dialects.Actions[a.Type].Target == "address" {
					if err := sameAddress(a.Target, b.Target); err != nil {
						t.Fatalf("%s: %v", target, err)
					}
				}
			}
		}
		page, _, err := Compile(cat, tpl, H5)
		if err != nil {
			t.Fatal(err)
		}
		one, err1 := parsePage(page.Append(nil, &sample))
		two, err2 := parsePage(page.Append(nil, &v))
		if err := errors.Join(err1, err2); err != nil || structure(one) != structure(two) || dangerous(two) != "" {
			t.Fatalf("values change the page: %v %s", err, dangerous(two))
		}
		for i := range one {
			if one[i].name == "style" && one[i].text != two[i].text {
				t.Fatalf("values change the style")
			}
			for j, a := range one[i].attrs {
				b := two[i].attrs[j]
				switch a[0] {
				case "href", "src", "poster", "ping":
					if err := sameAddress(a[1], b[1]); err != nil {
						t.Fatalf("<%s %s>: %v", one[i].name, a[0], err)
					}
				case "class", "id", "role", "type", "rel", "name", "property", "http-equiv", "lang":
					if a != b {
						t.Fatalf("values change %s of <%s>: %q became %q", a[0], one[i].name, a[1], b[1])
					}
				}
			}
		}
	})
}

// sameAddress checks that two renderings of an address differ only inside its components: same scheme, host, depth of path and names in the query.
func sameAddress(a, b string) error {
	before, err1 := url.Parse(a)
	after, err2 := url.Parse(b)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	names := func(u *url.URL) []string { return slices.Sorted(maps.Keys(u.Query())) }
	if before.Scheme != after.Scheme || before.Host != after.Host || before.User != nil || after.User != nil ||
		strings.Count(before.EscapedPath(), "/") != strings.Count(after.EscapedPath(), "/") || !slices.Equal(names(before), names(after)) || (before.Fragment == "") != (after.Fragment == "") {
		return fmt.Errorf("%q became %q", a, b)
	}
	return nil
}

// checkSchema holds a card to the tables of docs/cards.md and to its layout's places.
func checkSchema(cat *templates.Catalogue, target Target, c *wireCard, notes []Note) error {
	layout, ok := cat.Layout(c.Card.Layout)
	if !ok || c.Schema != cardSchema || c.Vendor != target.String() || c.Template.ID == "" || c.Template.Version < 1 || c.Template.Layout == "" {
		return fmt.Errorf("head of the card: %+v", c)
	}
	for name, s := range map[string]string{"resolve_id": c.ResolveID, "link": c.Link, "expire_at": c.ExpireAt, "expose": c.Beacons.Expose, "click": c.Beacons.Click} {
		if s == "" {
			return fmt.Errorf("no %s", name)
		}
	}
	if (c.Card.SubType > 0) != (len(layout.SubTypes()) > 0) {
		return fmt.Errorf("sub_type %d on %s", c.Card.SubType, layout.CardID)
	}
	page, position, pages := 0, 0, 0
	count := map[string]int{}
	for i := range c.Card.Elements {
		e := &c.Card.Elements[i]
		if e.Page != page {
			if e.Page < page {
				return fmt.Errorf("page %d after page %d", e.Page, page)
			}
			page, position, pages = e.Page, 0, pages+1
			clear(count)
		}
		if position++; e.Position != position {
			return fmt.Errorf("position %d in place of %d", e.Position, position)
		}
		places, kind, still := 0, "", false
		for _, s := range layout.Slots() {
			if s.Role == e.Role && s.Component == e.Type {
				places += max(1, s.Repeat.Max)
				kind, still = s.Component, s.NoAction
			}
		}
		if count[e.Role]++; kind == "" || count[e.Role] > places {
			return fmt.Errorf("%d of %d places of %s (%s) on %s", count[e.Role], places, e.Role, e.Type, layout.CardID)
		}
		if err := checkElement(cat, layout, target, e, still); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
	}
	if pages > layout.Pages.Max {
		return fmt.Errorf("%d pages on %s", pages, layout.CardID)
	}
	if c.Card.Layout != c.Template.Layout && noteOf(notes, "card_id").Shown != c.Card.Layout {
		return fmt.Errorf("%s for %s without a note", c.Card.Layout, c.Template.Layout)
	}
	return nil
}

func checkElement(cat *templates.Catalogue, layout *templates.Layout, target Target, e *wireElement, still bool) error {
	words, picture := e.Text != "" || e.Value != "" || e.Title || e.MaxLines > 0 || e.Style != "" || e.Currency != "", e.Src != "" || e.Ratio != "" || e.Cover != nil || e.Background != nil
	switch e.Type {
	case "text", "button":
		if picture {
			return fmt.Errorf("a %s with a picture", e.Type)
		}
		if e.Style != "" && e.Role != "coupon_button" || e.Currency != "" && (e.Currency != "CNY" || !layout.Currency) {
			return fmt.Errorf("style %q, currency %q on a %s of %s", e.Style, e.Currency, e.Role, layout.CardID)
		}
	case "image", "video":
		if u, err := url.Parse(e.Src); words || err != nil || u.Host == "" {
			return fmt.Errorf("%s %q with words or without an address", e.Type, e.Src)
		}
		if (e.Type == "video") != (e.Cover != nil) {
			return fmt.Errorf("a %s with cover %v", e.Type, e.Cover)
		}
		if rule, ok := layout.Image(pictureRole(e.Type, e.Role)); ok && len(rule.Rates) > 0 && !slices.Contains(rule.Rates, e.Ratio) {
			return fmt.Errorf("%s in shape %q, the place has %v", e.Role, e.Ratio, rule.Rates)
		}
	}
	a := e.Action
	if (e.Type == "image" || e.Type == "button") && !still != (a != nil) {
		return fmt.Errorf("%s (%s) with action %v", e.Role, e.Type, a)
	}
	if a == nil {
		return nil
	}
	rule, ok := cat.Action(a.Type)
	if !ok || a.Target == "" {
		return fmt.Errorf("action %+v", a)
	}
	dialect := builtin().dialects.Actions[a.Type]
	if dialect.Target == "text" && utf8.RuneCountInString(a.Target) > rule.MaxTarget {
		return fmt.Errorf("%d characters for %s", utf8.RuneCountInString(a.Target), a.Type)
	}
	if s := literalScheme(a.Target); a.Target != "#" && len(rule.Schemes) > 0 && !slices.Contains(rule.Schemes, s) {
		return fmt.Errorf("%s of %q", a.Type, a.Target)
	}
	for name, has := range map[string]bool{
		"package_name": a.PackageName != "", "floor_type": a.FloorType != nil, "floor_url": a.FloorURL != "", "body": a.Body != "", "subject": a.Subject != "",
		"description": a.Description != "", "begin_time": a.BeginTime != "", "end_time": a.EndTime != "", "address": a.Address != "", "longitude": a.Longitude != "",
		"latitude": a.Latitude != "", "content": a.Content != "", "text_button": a.TextButton != "", "mode": a.Mode != nil,
	} {
		field, known := rule.Fields[name]
		link := strings.Contains(a.Target, "/Ab3dE6gH#") // the link's page stands in: no fields travel
		if has && (!known || !slices.Contains(dialect.Fields, name)) || !has && field.Required && !link {
			return fmt.Errorf("%s with %s: %v", a.Type, name, has)
		}
	}
	return nil
}
