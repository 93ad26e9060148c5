package render

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestGoldenPagesModel(t *testing.T) {
	for name, tpl := range fixtures() {
		text := []byte(PagesModel(catalogue(t), tpl, "https://s.example.com"))
		if !json.Valid(text) {
			t.Fatalf("%s: not JSON: %s", name, text)
		}
		golden(t, filepath.Join(name, "pages.json"), elementPerLine(text))
	}
}

// Every box of every layout lies on its page, has an extent, and boxes in the flow do not overlap.
func TestPagesModelBoxes(t *testing.T) {
	cat := catalogue(t)
	rapid.Check(t, func(t *rapid.T) {
		tpl := anyTemplate(cat).Draw(t, "template")
		var pages []modelPage
		if err := json.Unmarshal([]byte(PagesModel(cat, tpl, "")), &pages); err != nil {
			t.Fatal(err)
		}
		if len(pages) == 0 {
			t.Fatal("no page")
		}
		for _, p := range pages {
			for i, b := range p.Content {
				if b.X < 0 || b.Y < 0 || b.W <= 0 || b.H <= 0 || b.X+b.W > modelWidth || b.Z != i {
					t.Fatalf("box %+v", b)
				}
				if px(b.Y+b.H) > p.Style.Height && len(px(b.Y+b.H)) >= len(p.Style.Height) {
					t.Fatalf("box %+v reaches below the page of %s", b, p.Style.Height)
				}
				for _, o := range p.Content[:i] {
					if !o.IsBgimg && b.X < o.X+o.W && o.X < b.X+b.W && b.Y < o.Y+o.H && o.Y < b.Y+b.H {
						t.Fatalf("%+v and %+v overlap", o, b)
					}
				}
			}
		}
	})
}

// A price stands with its currency sign unless the template hides it.
func TestPagesModelShowsTheCurrency(t *testing.T) {
	tpl := fixtures()["ECImageAndText"]
	price := &tpl.Pages[0].Contents[0]
	for i := range tpl.Pages[0].Contents {
		if c := &tpl.Pages[0].Contents[i]; c.Type == "text" {
			price = c // the last of its texts
		}
	}
	for _, c := range []struct {
		display *int
		want    string
	}{{nil, "¥139"}, {new(1), "¥139"}, {new(0), "139"}} {
		price.Text, price.Child, price.Currency = "139", "", c.display
		var pages []modelPage
		if err := json.Unmarshal([]byte(PagesModel(catalogue(t), tpl, "")), &pages); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(pages[0].Content, func(b *modelBox) bool { return b.Type == "text" && b.Text == c.want }) {
			t.Errorf("no text %s", c.want)
		}
	}
}

func TestPagesModelOfUnknownLayout(t *testing.T) {
	tpl := fixtures()["PureText"]
	tpl.CardID = "Nothing"
	if got := PagesModel(catalogue(t), tpl, ""); got != "[]" {
		t.Errorf("%s", got)
	}
}
