package templatetest

import (
	"context"
	"slices"
	"testing"
	"unicode/utf8"

	"cardlink/templates"
)

// There is a card for every layout, the API takes all of them, and between them nothing of the catalogue is left out.
func TestCardsAreComplete(t *testing.T) {
	cat, err := templates.LoadCatalogue(nil)
	if err != nil {
		t.Fatal(err)
	}
	judge, err := NewJudge(cat)
	if err != nil {
		t.Fatal(err)
	}
	cards, err := Cards()
	if err != nil {
		t.Fatal(err)
	}
	if len(cards) != len(cat.Layouts()) {
		t.Fatalf("%d cards for %d layouts", len(cards), len(cat.Layouts()))
	}
	actions := map[string]bool{}
	for i := range cards {
		c := &cards[i]
		if c.Draft.CardID != cat.Layouts()[i] {
			t.Errorf("card %d is %s, the layout is %s", i, c.Draft.CardID, cat.Layouts()[i])
		}
		if ok, why := judge.Accepts(context.Background(), c.Draft); !ok {
			t.Errorf("%s is refused: %+v", c.Draft.CardID, why)
		}
		layout, _ := cat.Layout(c.Draft.CardID)
		for _, p := range c.Draft.Pages {
			slots, problems := layout.Bind(p.Contents)
			if len(slots) != len(p.Contents) || len(problems) > 0 {
				t.Errorf("%s: contents without a place of their own: %+v", c.Draft.CardID, problems)
			}
			filled := map[string]int{}
			for _, s := range slots {
				filled[s.Role]++
				actions[s.Content.ActionType] = true
			}
			places := map[string]int{}
			for _, s := range layout.Slots() {
				places[s.Role] += max(1, s.Repeat.Min)
				if s.Role == "video" && filled["product"] > 0 { // one or the other
					places["video"] = 0
				}
			}
			for role, n := range places {
				if filled[role] < n {
					t.Errorf("%s: %d of %d places of %s are filled", c.Draft.CardID, filled[role], n, role)
				}
			}
		}
		tpl := c.Template()
		for _, k := range Kinds() {
			if got := Params(tpl, k); len(got) != len(tpl.Params) {
				t.Errorf("%s: %d %s values for %d parameters", c.Draft.CardID, len(got), k, len(tpl.Params))
			}
		}
	}
	for _, name := range []string{
		"OPEN_URL", "OPEN_QUICK", "OPEN_APP", "DIAL_PHONE", "OPEN_SMS", "OPEN_EMAIL", "OPEN_SCHEDULE", "OPEN_MAP", "OPEN_BROWSER", "OPEN_POPUP", "COPY_PARAMETER", "VIEW_PIC",
	} {
		if !actions[name] {
			t.Errorf("no card performs %s", name)
		}
	}
}

func TestValuesAreWhatTheyPromise(t *testing.T) {
	for _, v := range LongValues() {
		if n := utf8.RuneCountInString(v); n < 60 {
			t.Errorf("%d characters are not long: %q", n, v)
		}
	}
	if !slices.ContainsFunc(HostileValues(), func(s string) bool { return !utf8.ValidString(s) }) || utf8.RuneCountInString(Huge()) < 10_000 {
		t.Error("no value is invalid, or none is huge")
	}
}
