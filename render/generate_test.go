package render

import (
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"cardlink/templates"
)

// anyTemplate draws a template of any layout that fills its slots by the catalogue's rules, with parameters wherever they may stand.
func anyTemplate(cat *templates.Catalogue) *rapid.Generator[*templates.Template] {
	return rapid.Custom(func(t *rapid.T) *templates.Template {
		id := rapid.SampledFrom(cat.Layouts()).Draw(t, "layout")
		layout, _ := cat.Layout(id)
		tpl := &templates.Template{
			ID: 600000001, Version: 1, Name: "名称", CardID: id, SMSSigns: []string{"签名<b>"},
			Assets: map[string]templates.Asset{
				"1": {Path: "/m/1.png", ContentType: "image/png", Width: 640, Height: 480}, "2": {Path: "/m/2.mp4", ContentType: "video/mp4"},
			},
		}
		for i := range rapid.IntRange(0, 4).Draw(t, "params") {
			tpl.Params = append(tpl.Params, param(fmt.Sprintf("p%d", i), anyWords().Draw(t, "example")))
		}
		if subs := layout.SubTypes(); len(subs) > 0 {
			tpl.SubType = rapid.SampledFrom(subs).Draw(t, "sub type").Number
		}
		for page := range rapid.IntRange(max(1, layout.Pages.Min), max(1, layout.Pages.Max)).Draw(t, "pages") {
			p := templates.Page{Order: page + 1}
			for i := range layout.Slots() {
				s := &layout.Slots()[i]
				if !s.Required && rapid.Bool().Draw(t, "leave out") {
					continue
				}
				n := 1
				if s.Repeat.Max > 1 {
					n = rapid.IntRange(s.Repeat.Min, s.Repeat.Max).Draw(t, "repeat")
				}
				for range n {
					p.Contents = append(p.Contents, anyContent(t, cat, s, tpl, len(p.Contents)+1))
				}
			}
			tpl.Pages = append(tpl.Pages, p)
		}
		return tpl
	})
}

func anyWords() *rapid.Generator[string] {
	return rapid.OneOf(anyText(), rapid.StringMatching(`[一-龥]{0,90}`), rapid.SampledFrom(hostileText), rapid.String())
}

func withParams(t *rapid.T, tpl *templates.Template, s string) string {
	if len(tpl.Params) > 0 && rapid.Bool().Draw(t, "with a parameter") {
		s += rapid.SampledFrom(tpl.Params).Draw(t, "parameter").Name
		if rapid.Bool().Draw(t, "more") {
			s += anyWords().Draw(t, "rest")
		}
	}
	return s
}

func anyContent(t *rapid.T, cat *templates.Catalogue, s *templates.SlotRule, tpl *templates.Template, position int) templates.Content {
	c := templates.Content{Type: s.Component, Position: position}
	switch s.Component {
	case "text", "button":
		c.Text = withParams(t, tpl, anyWords().Draw(t, "text"))
		if s.Role == "pair" || rapid.IntRange(0, 9).Draw(t, "has a second text") == 0 {
			c.Child = withParams(t, tpl, anyWords().Draw(t, "child"))
		}
		if rapid.IntRange(0, 5).Draw(t, "opt out") == 0 {
			c.Text += "，拒收请回复R"
		}
	case "image":
		c.SrcType, c.Src = 1, "1"
		if rapid.Bool().Draw(t, "own server") {
			c.SrcType, c.Src = 2, "https://img.example.com/a.png?x=1&y=\"2\""
		}
		c.OppoBackground, c.VivoBackground = c.Src, c.Src
	case "video":
		c.SrcType, c.Src, c.Cover = 1, "2", "1"
	}
	if s.Component != "image" && s.Component != "button" || s.NoAction {
		return c
	}
	rule, _ := cat.Action(rapid.SampledFrom(actionTypes(cat)).Draw(t, "action"))
	a := &templates.Action{
		Target: anyWords().Draw(t, "target"), PackageName: "com.example.\"app", FloorType: new(rapid.IntRange(0, 3).Draw(t, "floor")),
		FloorURL: rapid.SampledFrom([]string{"", "https://a.example/?a=1&b=\"", "http://a.example", "hap://app/x", "javascript:alert(1)"}).Draw(t, "floor url"),
		Body:     anyWords().Draw(t, "body"), Subject: anyWords().Draw(t, "subject"), Description: anyWords().Draw(t, "description"),
		BeginTime: "2026-12-01 10:00:00", EndTime: "2026-12-01 11:00:00", Address: anyWords().Draw(t, "address"),
		Longitude: rapid.SampledFrom([]string{"116.4", "x\"", "NaN", "999"}).Draw(t, "longitude"), Latitude: "39.9", Content: anyWords().Draw(t, "content"),
		TextButton: anyWords().Draw(t, "text button"), Mode: new(0),
	}
	if rule.Params {
		a.Target = rapid.SampledFrom([]string{"https://a.example/", "shopapp://x?", "", "javascript:", "http://a.example/?u=\"&v="}).Draw(t, "address") + withParams(t, tpl, "")
	}
	c.ActionType, c.Action = rule.Type, a
	return c
}

// actionTypes are the types the dialects file spells; a test proves that these are the catalogue's.
func actionTypes(cat *templates.Catalogue) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(builtin().dialects.Actions)), func(s string) bool { _, ok := cat.Action(s); return !ok })
}
