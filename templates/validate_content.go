package templates

import (
	"fmt"
	"net/url"
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
		if c.Type == typeText && strings.Contains(t.text, v.catalogue.text.optOut) {
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
	if v.layout != nil && !v.layout.Visible {
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

// media checks where a picture or video comes from and, for a material, what it is.
func (v *validator) media(field string, c *Content, rule *SlotRule) {
	if c.SrcType != srcMaterial && c.SrcType != srcURL {
		v.hard(field+".src_type", "must be 1 (material) or 2 (URL) for %s", c.Type)
		return
	}
	if c.Src == "" {
		v.hard(field+".src", "is required for %s", c.Type)
	}
	role := ""
	if rule != nil {
		role = rule.Role
	}
	if c.Type == typeImage {
		v.source(field+".src", c, c.Src, kindImage, role)
		v.backgrounds(field, c)
		return
	}
	v.source(field+".src", c, c.Src, kindVideo, "")
	if m := v.materials[c.Src]; c.Cover == "" && c.SrcType == srcMaterial && m != nil && m.Thumbnail != nil {
		c.Cover = m.Thumbnail.ResourceID // the video's primary cover
		return
	}
	if c.Cover == "" {
		v.hard(field+".cover", "is required for video")
		return
	}
	v.source(field+".cover", c, c.Cover, kindImage, "cover")
}

func (v *validator) backgrounds(field string, c *Content) {
	for _, b := range [...]struct {
		who        Vendor
		name, text string
	}{{Oppo, "oppo_background", c.OppoBackground}, {Vivo, "vivo_background", c.VivoBackground}} {
		if b.text == "" {
			continue
		}
		v.source(field+"."+b.name, c, b.text, kindImage, "")
		if v.layout != nil && !v.layout.Background(b.who) {
			v.soft(field+"."+b.name, "sdk", "has no effect on %s", v.layout.CardID)
		}
	}
}

// source checks one src-like field. role names the image rule that the picture must keep; empty = none.
func (v *validator) source(field string, c *Content, src, kind, role string) {
	if src == "" {
		return
	}
	v.plain(field, src)
	if c.SrcType == srcURL {
		limit := v.catalogue.limits["url"]
		if n := chars(src); n > limit.max {
			v.figure(limit.hard, limit.source, field, "must be at most %d characters, not %d", limit.max, n)
		}
		v.url(field, src)
		if !webAddress(src, "http", "https") {
			v.hard(field, "must be an http or https address when src_type is 2")
		}
		return
	}
	m := v.materials[src]
	if m == nil {
		v.hard(field, "material %s does not exist", head(src))
		return
	}
	if m.Kind != kind && !(kind == kindImage && m.Kind == kindThumbnail) {
		v.hard(field, "material %s is a %s, not a %s", src, m.Kind, kind)
		return
	}
	if kind == kindImage && role != "" && v.layout != nil {
		v.picture(field, m, role, c.Ratio)
	}
}

// picture checks a material against the layout's rule for the role.
func (v *validator) picture(field string, m *Material, role, ratio string) {
	rule, ok := v.layout.Image(role)
	if !ok || m.Width == 0 {
		return
	}
	rates := rule.Rates
	if slices.Contains(rates, ratio) {
		rates = []string{ratio} // ShortVideo chose one for its video and cover
	}
	fits := func(name string) bool {
		r, _ := v.catalogue.Rate(name)
		return r.Fits(m.Width, m.Height, v.catalogue.tolerance)
	}
	if len(rates) > 0 && !slices.ContainsFunc(rates, fits) {
		v.figure(rule.Hard, rule.Source, field, "the picture is %d×%d; %s needs %s here", m.Width, m.Height, v.layout.CardID, v.ratios(rates))
	}
	for _, who := range v.vendors {
		if least, ok := rule.min[who]; ok && (m.Width < least.W || m.Height < least.H) {
			v.vendor(who, least.hard, least.source, field, "the picture is %d×%d; %s needs at least %d×%d", m.Width, m.Height, who, least.W, least.H)
		}
	}
}

func (v *validator) ratios(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		r, _ := v.catalogue.Rate(n)
		out[i] = fmt.Sprintf("%d:%d", r.W, r.H)
	}
	return strings.Join(out, " or ")
}

// webAddress reports whether s is an absolute address with a host and one of the schemes.
func webAddress(s string, schemes ...string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Hostname() != "" && slices.Contains(schemes, strings.ToLower(u.Scheme))
}
