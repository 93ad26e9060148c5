package render

import (
	"encoding/json"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cardlink/templates"
)

// Any template compiles for all six vendors and H5; whatever the values, a card is JSON of one and the same structure within the vendor's limits,
// and a page is well-formed markup of one and the same structure without anything that runs.
func TestAnyTemplateRenders(t *testing.T) {
	cat := catalogue(t)
	rapid.Check(t, func(t *rapid.T) {
		tpl := anyTemplate(cat).Draw(t, "template")
		sample := SampleValues(tpl)
		other := sample
		other.Params = rapid.SliceOfN(anyWords(), 0, len(tpl.Params)).Draw(t, "values")
		other.Link, other.Origin = "https://s.example.com/"+anyWords().Draw(t, "link"), "https://s.example.com"+anyWords().Draw(t, "origin")
		other.Beacon = "x" + anyWords().Draw(t, "beacon")
		other.ResolveID, other.Expire = anyWords().Draw(t, "resolve id"), anyWords().Draw(t, "expire")
		set, _, err := CompileAll(cat, tpl)
		if err != nil {
			t.Fatal(err)
		}
		for target, p := range set[:Targets] {
			if p == nil {
				t.Fatalf("no program for %s", Target(target))
			}
			if Target(target) == H5 {
				checkPages(t, p.Append(nil, &sample), p.Append(nil, &other))
				continue
			}
			checkCards(t, cat, Target(target), p.Append(nil, &sample), p.Append(nil, &other))
		}
	})
}

func checkPages(t *rapid.T, a, b []byte) {
	t.Helper()
	one, err := parsePage(a)
	if err != nil {
		t.Fatalf("%v\n%s", err, a)
	}
	two, err := parsePage(b)
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	if structure(one) != structure(two) {
		t.Fatalf("values change the structure of the page:\n%s\n%s", a, b)
	}
	for _, nodes := range [][]node{one, two} {
		if what := dangerous(nodes); what != "" {
			t.Fatalf("page holds %s", what)
		}
	}
}

func checkCards(t *rapid.T, cat *templates.Catalogue, target Target, texts ...[]byte) {
	t.Helper()
	var shapes []any
	for _, text := range texts {
		var v any
		if err := json.Unmarshal(text, &v); err != nil || !utf8.Valid(text) {
			t.Fatalf("%s: %v\n%s", target, err, text)
		}
		shapes = append(shapes, skeleton(v))
		card, err := parseCard(text)
		if err != nil {
			t.Fatalf("%s: %v\n%s", target, err, text)
		}
		checkLimits(t, cat, target, &card)
	}
	if diff := cmp.Diff(shapes[0], shapes[1]); diff != "" {
		t.Fatalf("%s: values change the structure of the card: %s", target, diff)
	}
}

func checkLimits(t tester, cat *templates.Catalogue, target Target, card *wireCard) {
	t.Helper()
	v := target.Vendor()
	layout, ok := cat.Layout(card.Card.Layout)
	if !ok || !layout.Supports(v) {
		t.Fatalf("%s does not show %s", target, card.Card.Layout)
	}
	if st, ok := layout.SubType(card.Card.SubType); card.Card.SubType != 0 && (!ok || !st.Honoured(v)) {
		t.Fatalf("%s does not know sub_type %d of %s", target, card.Card.SubType, card.Card.Layout)
	}
	for _, e := range card.Card.Elements {
		lim, ok := layout.Known(e.Role, v)
		if ok && lim.Source != "assumed" {
			if n := utf8.RuneCountInString(e.Text); n > lim.Chars {
				t.Fatalf("%s: %d characters of %s, limit %d", target, n, e.Role, lim.Chars)
			}
			if n := utf8.RuneCountInString(e.Value); e.Role == "pair" && n > lim.Chars {
				t.Fatalf("%s: %d characters of a pair's value, limit %d", target, n, lim.Chars)
			}
		}
		if e.Background != nil && !layout.Background(v) {
			t.Fatalf("%s takes no background on %s", target, card.Card.Layout)
		}
		if e.Action == nil {
			continue
		}
		rule, ok := cat.Action(e.Action.Type)
		if !ok || !rule.Supports(v) {
			t.Fatalf("%s does not perform %s", target, e.Action.Type)
		}
		if f := e.Action.FloorType; f != nil && !slices.Contains(cat.Floor(v), *f) {
			t.Fatalf("%s does not know floor_type %d", target, *f)
		}
		if slices.Contains(scripts, literalScheme(e.Action.Target)) && builtin().dialects.Actions[e.Action.Type].Target == "address" {
			t.Fatalf("%s opens %s", target, e.Action.Target)
		}
	}
}
