package templates

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// drawDraft makes a valid draft of one of the four layouts.
func drawDraft(r *rapid.T) Draft {
	text := func(name string, longest int) string {
		return rapid.StringOfN(rapid.RuneFrom([]rune("春夏秋冬abcXYZ019，。！- ")), 1, longest, -1).Filter(func(s string) bool { return !repeatedBlanks(s) }).Draw(r, name)
	}
	d := rapid.SampledFrom([]func() Draft{standard, redPacketDraft, notification, pureText}).Draw(r, "layout")()
	d.Name = text("name", 17)
	d.Scene = text("scene", 10)
	for i := range d.Params {
		d.Params[i].Example = text("example", 4)
	}
	c := d.Pages[0].Contents
	for i := range c {
		switch {
		case c[i].Type == typeButton:
			c[i].Text = text("label", 8)
		case c[i].Type == typeText && !strings.Contains(c[i].Text, "${") && !strings.Contains(c[i].Text, "拒收"):
			c[i].Text = text("text", 12)
		}
	}
	if rapid.Bool().Draw(r, "free") {
		d.Factories = nil
	}
	d.Pages[0].Contents = rapid.Permutation(c).Draw(r, "order of contents")
	return d
}

func TestValidDraftsAreAcceptedAndEachMutationIsRefused(t *testing.T) {
	cat := catalogue(t)
	rapid.Check(t, func(r *rapid.T) {
		d := drawDraft(r)
		run := func(d Draft) []Problem {
			d = d.clone()
			_, ps := checks{catalogue: cat, materials: shelf()}.validate(&d)
			return ps
		}
		if code, field := firstHard(run(d)); code != "" {
			r.Fatalf("refused: %s %s", code, field)
		}
		i := rapid.IntRange(0, len(d.Pages[0].Contents)-1).Draw(r, "content")
		mutations := map[string]func(*Draft){
			"no card":       func(d *Draft) { d.CardID += "x" },
			"long name":     func(d *Draft) { d.Name += strings.Repeat("x", 17) },
			"markup":        func(d *Draft) { d.Name = "<" },
			"no use":        func(d *Draft) { d.UseID = 5 },
			"no pages":      func(d *Draft) { d.Pages = nil },
			"unused":        func(d *Draft) { d.Params = append(d.Params, Param{1, "${unused}", "x"}) },
			"no type":       func(d *Draft) { d.Pages[0].Contents[i].Type = "" },
			"no position":   func(d *Draft) { d.Pages[0].Contents[i].Position = -1 },
			"no page order": func(d *Draft) { d.Pages[0].Order = 11 },
			"no content": func(d *Draft) {
				c := &d.Pages[0].Contents[i]
				c.Text, c.Src = "", ""
			},
			"undeclared": func(d *Draft) {
				c := &d.Pages[0].Contents[i]
				c.Text += "${undeclared}"
				if c.Action != nil {
					c.Action = &Action{Target: "https://shop.example.com/${undeclared}"}
				}
			},
			"markup in a text": func(d *Draft) {
				c := &d.Pages[0].Contents[i]
				c.Text += "<b>"
				if c.Action != nil {
					c.Action = &Action{Target: "https://shop.example.com/<b>"}
				}
			},
		}
		for name, mutate := range mutations {
			m := d.clone()
			mutate(&m)
			if code, _ := firstHard(run(m)); code == "" {
				r.Fatalf("%s is accepted: %+v", name, m)
			}
		}
	})
}

// Any JSON that reads as a draft is judged without a panic, twice the same, and what is accepted is accepted again in the form in which it is kept.
func FuzzValidate(f *testing.F) {
	cat, err := LoadCatalogue(nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, d := range []Draft{standard(), redPacketDraft(), notification(), pureText(), video()} {
		b, err := json.Marshal(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	cards, err := filepath.Glob("templatetest/cards/*.json")
	if err != nil || len(cards) != len(cat.Layouts()) {
		f.Fatal(cards, err)
	}
	for _, name := range cards {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"card_id":"Carousel","pages":[{"page_order":-1,"contents":[{"type":"image","position_number":9223372036854775807}]},{}],"params":[{"name":"${"}],"factorys":[{}]}`))
	f.Add([]byte(`{"card_id":"StandardImageAndText","sms_template":"[文本0-99][字母9-1]【","pages":[{"contents":[{"type":"button","content":"${a}${a","action_type":"OPEN_MAP","action":{"longitude":"1e999","latitude":"-inf"}}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var given Draft
		if json.Unmarshal(body, &given) != nil {
			return
		}
		judge := func(d Draft) (Draft, []Problem) {
			d = d.clone()
			_, ps := checks{catalogue: cat, materials: shelf(), strict: true}.validate(&d)
			return d, ps
		}
		kept, first := judge(given)
		if _, second := judge(given); !slices.Equal(first, second) {
			t.Fatalf("judged differently the second time: %+v", first)
		}
		for _, p := range first {
			if p.Field == "" || p.Rule == "" || !utf8.ValidString(p.Rule) && utf8.Valid(body) {
				t.Fatalf("%+v", p)
			}
		}
		if code, _ := firstHard(first); code == "" {
			if _, again := judge(kept); slices.ContainsFunc(again, func(p Problem) bool { return p.Hard }) {
				t.Fatalf("accepted, and refused as it is kept: %+v", again)
			}
		}
	})
}
