package render

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cardlink/templates"
	"cardlink/templates/templatetest"
)

// validTemplate draws a template that the API accepts: any layout, any repeats, any actions, parameters wherever they may stand, hidden components and variants.
func validTemplate(cat *templates.Catalogue) *rapid.Generator[*templates.Template] {
	return rapid.Custom(func(t *rapid.T) *templates.Template {
		return templatetest.Template(600_000_001, validDraft(cat).Draw(t, "draft"))
	})
}

// The generator keeps its promise.
func TestValidTemplatesAreValid(t *testing.T) {
	cat := catalogue(t)
	judge, err := templatetest.NewJudge(cat)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		d := validDraft(cat).Draw(t, "draft")
		if ok, why := judge.Accepts(context.Background(), d); !ok {
			t.Fatalf("refused: %+v", why)
		}
	})
}

func validDraft(cat *templates.Catalogue) *rapid.Generator[templates.Draft] {
	return rapid.Custom(func(t *rapid.T) templates.Draft {
		layout, _ := cat.Layout(rapid.SampledFrom(cat.Layouts()).Draw(t, "layout"))
		v := &validGen{T: t, cat: cat, layout: layout, draft: templates.Draft{
			CardID: layout.CardID, Name: plainWords(1, 17).Draw(t, "name"), UseID: 1, SMSSigns: []string{"示例商城"},
		}}
		for i := range rapid.IntRange(0, 4).Draw(t, "parameters") {
			v.draft.Params = append(v.draft.Params, param(fmt.Sprintf("p%d", i), plainWords(1, 3).Draw(t, "example")))
		}
		if subs := layout.SubTypes(); len(subs) > 0 && rapid.Bool().Draw(t, "variant") {
			v.draft.SubType = rapid.SampledFrom(subs).Draw(t, "sub type").Number
		}
		for n := range rapid.IntRange(layout.Pages.Min, layout.Pages.Max).Draw(t, "pages") {
			v.draft.Pages = append(v.draft.Pages, templates.Page{Order: n + 1, Contents: v.page()})
		}
		v.draft.Params = slices.DeleteFunc(v.draft.Params, func(p templates.Param) bool { return !v.used[p.Name] })
		return v.draft
	})
}

// validGen draws the contents of one draft.
type validGen struct {
	*rapid.T
	cat    *templates.Catalogue
	layout *templates.Layout
	draft  templates.Draft
	used   map[string]bool
}

// plainWords are words that any text of a request may hold: no markup characters, no repeated blanks.
func plainWords(least, most int) *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune("春夏秋冬花月风雪abcXYZ019，。！:'\"\\/{}$`()é\u0301中\u202e👩🚀")), least, most, -1).Filter(func(s string) bool {
		return !strings.Contains(s, "${")
	})
}

func (v *validGen) page() []templates.Content {
	var out []templates.Content
	n := -1 // repeats of every repeated slot
	position := 0
	var places []*templates.SlotRule
	video := slices.ContainsFunc(v.layout.Slots(), func(s templates.SlotRule) bool { return s.Role == "product" }) && v.layout.CardID == "ECImageAndText" && rapid.IntRange(0, 3).Draw(v.T, "video instead") == 0
	var rows []*templates.SlotRule
	slots := v.layout.Slots()
	for i := range slots {
		if slots[i].Repeat.Max > 1 {
			rows = append(rows, &slots[i])
		}
	}
	for i := range slots {
		s := &slots[i]
		switch {
		case s.Repeat.Max > 1 && video:
		case s.Repeat.Max > 1 && n < 0:
			n = rapid.IntRange(max(s.Repeat.Min, 0), s.Repeat.Max).Draw(v.T, "repeat")
			for range n {
				places = append(places, rows...)
			}
		case s.Repeat.Max > 1:
		case s.Component == "video" && v.layout.CardID == "ECImageAndText":
			if video {
				places = append(places, s)
			}
		default:
			places = append(places, s)
		}
	}
	isText := func(s templates.SlotRule) bool { return s.Component == "text" }
	texts := slices.IndexFunc(slots, func(s templates.SlotRule) bool { return isText(s) && s.Required })
	if texts < 0 { // some text there must be
		texts = slices.IndexFunc(slots, isText)
	}
	for _, s := range places {
		position++
		kept := s.Role == "coupon_button" && v.draft.SubType == 1 // a zone that is to be shown has its button
		if !s.Required && !kept && (texts < 0 || s != &slots[texts]) && rapid.IntRange(0, 3).Draw(v.T, "leave out") == 0 {
			continue // its number stays reserved
		}
		out = append(out, v.content(s, position))
	}
	return out
}

func (v *validGen) content(s *templates.SlotRule, position int) templates.Content {
	c := templates.Content{Type: s.Component, Position: position}
	hidden := false
	zone := (v.layout.CardID == "EcommerceCouponVertical" || v.layout.CardID == "EcommerceCouponHorizontal") && position >= 4 && position <= 7
	switch {
	case zone && v.draft.SubType != 0:
		c.Visible = new(1)
		if v.draft.SubType == 2 {
			c.Visible, hidden = new(0), true
		} else if position == 7 {
			c.ButtonType = rapid.SampledFrom([]string{"static", "dynamic"}).Draw(v.T, "style")
		}
	case v.layout.MayHide(position) && rapid.IntRange(0, 4).Draw(v.T, "hidden") == 0:
		c.Visible, hidden = new(0), true
	}
	switch s.Component {
	case "text", "button":
		most := 12
		if lim, ok := v.layout.Limit(s.Role, ""); ok {
			most = lim.Chars + 5
		}
		c.Text = v.words(most, !hidden)
		if s.Role == "pair" || s.Role == "amount" || s.Role == "departure" || rapid.IntRange(0, 9).Draw(v.T, "second text") == 0 {
			c.Child = v.words(most, !hidden)
		}
		if s.Role == "price" {
			c.Currency = new(rapid.IntRange(0, 1).Draw(v.T, "currency"))
		}
	case "image":
		c.SrcType, c.Src = v.picture(s.Role)
		if v.layout.Background(templates.Oppo) {
			c.SrcType, c.Src, c.OppoBackground, c.VivoBackground = 1, "700000000000000002", "700000000000000003", "700000000000000004"
		}
	case "video":
		c.SrcType, c.Src, c.Cover = 1, "700000000000000051", "700000000000000052"
		if v.layout.CardID == "ShortVideo" {
			c.Src, c.Cover, c.Ratio = "700000000000000053", "700000000000000054", "threeToFour"
		}
	}
	if (s.Component == "image" || s.Component == "button") && !s.NoAction {
		v.action(&c)
	}
	return c
}

// words draws a text that fits every vendor with a hard figure, with a parameter now and then.
func (v *validGen) words(most int, params bool) string {
	for _, who := range templates.Vendors() {
		for _, s := range v.layout.Slots() {
			if lim, ok := v.layout.Known(s.Role, who); ok && lim.Hard {
				most = min(most, lim.Chars) // of whatever role: simple, and short enough
			}
		}
	}
	if !params || len(v.draft.Params) == 0 || most < 10 || rapid.IntRange(0, 2).Draw(v.T, "plain") == 0 {
		s := plainWords(1, most).Draw(v.T, "text")
		if rapid.IntRange(0, 4).Draw(v.T, "opt out") == 0 && most > 10 {
			s = plainWords(1, most-7).Draw(v.T, "text") + "拒收请回复R"
		}
		return s
	}
	return plainWords(0, most-6).Draw(v.T, "before") + v.parameter() + plainWords(0, 2).Draw(v.T, "after")
}

func (v *validGen) parameter() string {
	name := rapid.SampledFrom(v.draft.Params).Draw(v.T, "parameter").Name
	if v.used == nil {
		v.used = map[string]bool{}
	}
	v.used[name] = true
	return name
}

// picture finds a material of the shape that a role wants, or an address.
func (v *validGen) picture(role string) (srcType int, src string) {
	if rapid.IntRange(0, 3).Draw(v.T, "own server") == 0 {
		return 2, rapid.SampledFrom([]string{"https://img.example.com/a.png?x=1&y=2", "http://img.example.com/b%20c.jpg", "https://img.example.com/\"'.png"}).Draw(v.T, "picture")
	}
	rule, _ := v.layout.Image(role)
	var fit []string
	for _, m := range templatetest.Materials() {
		if m.Kind == "image" && (len(rule.Rates) == 0 || slices.ContainsFunc(rule.Rates, func(name string) bool { r, _ := v.cat.Rate(name); return r.Fits(m.Width, m.Height, 0.02) })) {
			fit = append(fit, m.ResourceID)
		}
	}
	return 1, rapid.SampledFrom(fit).Draw(v.T, "material")
}

func (v *validGen) action(c *templates.Content) {
	kind := rapid.SampledFrom(actionTypes(v.cat)).Draw(v.T, "action")
	if kind == "VIEW_PIC" && c.Type != "image" {
		kind = "DIAL_PHONE"
	}
	rule, _ := v.cat.Action(kind)
	a := &templates.Action{Target: plainWords(1, 20).Draw(v.T, "target")}
	switch kind {
	case "OPEN_URL":
		a.Target = rapid.SampledFrom([]string{"https://a.example/?u=", "https://a.example/p/", "https://a.example/#"}).Draw(v.T, "address")
	case "OPEN_BROWSER":
		a.Target = rapid.SampledFrom([]string{"http://a.example/?a=1&u=", "https://a.example/p/"}).Draw(v.T, "address")
	case "OPEN_QUICK", "OPEN_APP":
		a.Target = rapid.SampledFrom([]string{"hap://app/x?u=", "shop-app://y/", "https://a.example/"}).Draw(v.T, "address")
	case "DIAL_PHONE", "OPEN_SMS":
		a.Target = rapid.StringMatching(`[0-9]{3,20}`).Draw(v.T, "number")
	case "VIEW_PIC":
		a.Target = c.Src
	}
	if rule.Params && len(v.draft.Params) > 0 && rapid.Bool().Draw(v.T, "parameter in the target") {
		if kind == "COPY_PARAMETER" {
			a.Target = ""
		}
		a.Target += v.parameter()
	}
	short := func(name string) string { return plainWords(1, 12).Draw(v.T, name) }
	switch kind {
	case "OPEN_APP":
		a.PackageName = "com.example.app"
		if rapid.Bool().Draw(v.T, "floor") {
			floor := rapid.IntRange(0, 3).Draw(v.T, "floor type")
			a.FloorType, a.FloorURL = &floor, [...]string{"", "https://f.example/?a=1&b=2", "http://f.example/", "hap://app/f"}[floor]
		}
	case "OPEN_SMS":
		a.Body = short("body")
	case "OPEN_EMAIL":
		a.Target, a.Subject, a.Body = "help@example.com", short("subject"), short("body")
	case "OPEN_SCHEDULE":
		a.Description, a.BeginTime, a.EndTime = short("description"), "2026-12-01 10:00:00", "2026-12-01 11:00:00"
	case "OPEN_MAP":
		a.Address, a.Longitude, a.Latitude = short("place"), "116.397", "-39.9"
	case "OPEN_POPUP":
		a.Content, a.TextButton, a.Mode = short("dialog"), short("close"), new(0)
	}
	c.ActionType, c.Action = kind, a
}
