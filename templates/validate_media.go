package templates

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

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
	if m := v.materials[c.Src]; c.SrcType == srcMaterial && m != nil {
		v.film(field+".src", m, c.Ratio)
		if c.Cover == "" && m.Thumbnail != nil {
			c.Cover = m.Thumbnail.ResourceID // the video's primary cover, which is held to what every cover is held to
			v.materials[c.Cover] = m.Thumbnail
		}
	}
	if c.Cover == "" {
		v.hard(field+".cover", "is required for video")
		return
	}
	v.source(field+".cover", c, c.Cover, kindImage, "cover")
}

// film checks an uploaded video against the layout: the proportion in which it is shown, and how long it should be.
func (v *validator) film(field string, m *Material, ratio string) {
	if m.Kind != kindVideo {
		return // source has said so
	}
	if v.layout != nil {
		v.proportion(field, "video", v.layout.video, Size{m.Width, m.Height}, ratio)
	}
	if most := v.catalogue.materials[kindVideo].advised; most > 0 && m.Duration > most {
		v.soft(field, "sdk", "the video takes %v; at most %v is advised", m.Duration.Round(time.Second), most)
	}
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
		switch {
		case !webAddress(src, "http", "https"):
			v.hard(field, "must be an http or https address when src_type is 2")
		case !webAddress(src, "https"):
			v.soft(field, "assumed", "is not shown on the page, which takes media over https only")
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
	v.proportion(field, "picture", rule, Size{m.Width, m.Height}, ratio)
	for _, who := range v.vendors {
		if least, ok := rule.min[who]; ok && (m.Width < least.W || m.Height < least.H) {
			v.vendor(who, least.hard, least.source, field, "the picture is %d×%d; %s needs at least %d×%d", m.Width, m.Height, who, least.W, least.H)
		}
	}
}

// proportion checks a size against the proportions of a rule; ratio is the one that the content itself names, or empty. A size that is not known passes.
func (v *validator) proportion(field, what string, rule ImageRule, s Size, ratio string) {
	rates := rule.Rates
	if slices.Contains(rates, ratio) {
		rates = []string{ratio} // ShortVideo chose one for its video and cover
	}
	fits := func(name string) bool {
		r, _ := v.catalogue.Rate(name)
		return r.Fits(s.W, s.H, v.catalogue.tolerance)
	}
	if s.W > 0 && len(rates) > 0 && !slices.ContainsFunc(rates, fits) {
		v.figure(rule.Hard, rule.Source, field, "the %s is %d×%d; %s needs %s here", what, s.W, s.H, v.layout.CardID, v.ratios(rates))
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
