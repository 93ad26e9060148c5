package templates

import (
	"slices"
	"strings"
)

// content checks one content; rule is its slot, nil if it has none.
func (v *validator) content(field string, c *Content, rule *SlotRule) {
	if !knownType(c.Type) {
		return // types has said so
	}
	if c.Position < 1 || c.Position > maxPosition {
		v.hard(field+".position_number", "must be an integer from 1")
	}
	hidden := v.visible(field, c)
	tidy(c)
	switch c.Type {
	case typeText, typeButton:
		v.label(field, c, hidden)
	case typeImage, typeVideo:
		v.media(field, c, rule)
	}
	v.flags(field, c)
	v.action(field, c, rule)
}

// tidy empties the fields that mean nothing on a content of this type: they are neither checked nor kept.
func tidy(c *Content) {
	if c.Type == typeText || c.Type == typeButton {
		c.SrcType, c.Src = 0, ""
	} else {
		c.Text, c.Child = "", ""
	}
	if c.Type != typeVideo {
		c.Cover, c.Ratio = "", ""
	}
	if c.Type != typeImage {
		c.OppoBackground, c.VivoBackground = "", ""
	}
}

// label checks the words of a text or a button.
func (v *validator) label(field string, c *Content, hidden bool) {
	limit := v.catalogue.limits["content"]
	if c.Text == "" && !hidden {
		v.hard(field+".content", "is required for %s", c.Type)
	}
	for _, t := range [...]namedText{{field + ".content", c.Text}, {field + ".content_child", c.Child}} {
		if n := chars(t.text); n > limit.max {
			v.figure(limit.hard, limit.source, t.field, "must be at most %d characters, not %d", limit.max, n)
		}
		v.text(t.field, t.text)
		v.uses(t.field, t.text)
		v.lineBreaks(t.field, t.text)
		if hidden && strings.Contains(t.text, "${") {
			v.soft(t.field, "sibling", "a hidden component should not hold parameters")
		}
		if c.Type == typeText && !hidden && strings.Contains(t.text, v.catalogue.text.optOut) {
			v.optOut = true
		}
	}
}

func (v *validator) lineBreaks(field, s string) {
	n := strings.Count(s, "\n")
	if n == 0 || v.layout == nil {
		return
	}
	if v.layout.LineBreaks == 0 {
		v.soft(field, "sibling", "%s shows no line breaks", v.layout.CardID)
	} else if n+1 > v.layout.LineBreaks {
		v.soft(field, "sibling", "%s shows at most %d lines", v.layout.CardID, v.layout.LineBreaks)
	}
}

func (v *validator) visible(field string, c *Content) (hidden bool) {
	if c.Visible == nil {
		return false
	}
	if *c.Visible != 0 && *c.Visible != 1 {
		v.hard(field+".visible", "must be 0 (hidden) or 1 (visible)")
		return false
	}
	if v.layout != nil && !v.layout.MayHide(c.Position) {
		v.soft(field+".visible", "sdk", "has no effect on %s", v.layout.CardID)
		return false
	}
	return *c.Visible == 0
}

// flags checks the small fields that belong to single layouts.
func (v *validator) flags(field string, c *Content) {
	if c.IsTitle != "" && c.IsTitle != "true" && c.IsTitle != "false" {
		v.hard(field+".is_text_title", `must be "true" or "false"`)
	}
	if c.Currency != nil {
		if *c.Currency != 0 && *c.Currency != 1 {
			v.hard(field+".currency_display", "must be 0 or 1")
		} else if v.layout != nil && !v.layout.Currency {
			v.soft(field+".currency_display", "sdk", "has no effect on %s", v.layout.CardID)
		}
	}
	if c.ButtonType != "" && c.ButtonType != "static" && c.ButtonType != "dynamic" {
		v.hard(field+".button_type", "must be static or dynamic")
	} else if c.ButtonType != "" && v.layout != nil && v.layout.coupon.to == 0 {
		v.soft(field+".button_type", "sdk", "has no effect on %s", v.layout.CardID)
	}
	if v.layout == nil || c.Type != typeVideo {
		return
	}
	if rates := v.layout.videoRates; len(rates) == 0 {
		c.Ratio = ""
	} else if !slices.Contains(rates, c.Ratio) {
		v.hard(field+".ratio", "must be %s", strings.Join(rates, " or "))
	}
}
