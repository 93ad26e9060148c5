package render

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"strconv"

	"cardlink/templates"
)

//go:embed preview.css
var previewCSS string

var previewStyle = squeeze(previewCSS)

// PreviewCSP is the Content-Security-Policy to send with AppendPreview's page.
var PreviewCSP = "default-src 'none'; style-src " + hashOf(h5Style+previewStyle) +
	"; img-src 'self' https: http:; media-src 'self' https: http:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// AppendPreview appends an HTML page that shows t on every vendor and as H5 page side by side, filled with the example values, each with its
// degrade notes and, for vendors, the card's JSON. origin prefixes material paths ("https://s.example.com"; empty for the page's own host).
func AppendPreview(dst []byte, cat *templates.Catalogue, t *templates.Template, origin string) ([]byte, error) {
	return builtin().AppendPreview(dst, cat, t, origin)
}

// AppendPreview is the package's AppendPreview under these rules.
func (r *Rules) AppendPreview(dst []byte, cat *templates.Catalogue, t *templates.Template, origin string) ([]byte, error) {
	sample := SampleValues(t)
	sample.Origin, sample.Beacon = origin, "" // looking at a preview is no exposure
	p := previewer{rules: r, cat: cat, tpl: t, sample: &sample}
	p.dst = append(dst, "<!doctype html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n"+
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta name=\"robots\" content=\"noindex,nofollow\">\n"+
		"<meta name=\"color-scheme\" content=\"light dark\">\n<title>"...)
	p.esc(t.Name)
	p.raw("</title>\n<style>" + h5Style + previewStyle + "</style>\n</head>\n<body class=\"preview\">\n<h1>")
	p.esc(t.Name)
	p.raw("</h1>\n<p>")
	p.esc(t.CardID)
	p.raw(" · " + strconv.FormatInt(t.ID, 10) + " · v" + strconv.Itoa(t.Version) + "</p>\n<div class=\"shelf\">\n")
	for target := range Targets {
		if err := p.phone(target); err != nil {
			return dst, err
		}
	}
	p.raw("</div>\n</body>\n</html>\n")
	return p.dst, nil
}

type previewer struct {
	rules  *Rules
	cat    *templates.Catalogue
	tpl    *templates.Template
	sample *Values
	dst    []byte
}

func (p *previewer) raw(s string) { p.dst = append(p.dst, s...) }
func (p *previewer) esc(s string) { p.dst = appendHTML(p.dst, s) }

// phone draws one target: the card, its notes, its JSON.
func (p *previewer) phone(target Target) error {
	p.raw("<section><h3>" + target.String())
	c, notes, err := p.rules.fit(p.cat, p.tpl, target)
	if errors.Is(err, ErrLayout) && target != H5 {
		p.raw("</h3>\n<ul class=\"notes\"><li><b>card_id</b>")
		p.esc(err.Error())
		p.raw("</li></ul></section>\n")
		return nil
	}
	if err != nil {
		return err
	}
	p.raw(" <small>")
	p.esc(c.layout.CardID)
	p.raw("</small></h3>\n")
	b := &htmlBuilder{c: c, words: wordsOf(c), prefix: target.String() + "-"}
	b.raw("<div class=\"phone " + b.bodyClass() + "\">\n")
	b.body()
	b.raw("</div>\n")
	for _, f := range b.after {
		f()
	}
	prog, err := b.program(PageType, p.sample)
	if err != nil {
		return err
	}
	p.dst = prog.Append(p.dst, p.sample)
	p.notes(notes)
	if target != H5 {
		if err := p.json(target); err != nil {
			return err
		}
	}
	p.raw("</section>\n")
	return nil
}

func (p *previewer) notes(notes []Note) {
	p.raw("<ul class=\"notes\">\n")
	if len(notes) == 0 {
		p.raw("<li class=\"same\">原样显示 · shown as written</li>\n")
	}
	for _, n := range notes {
		p.raw("<li><b>")
		p.esc(n.Field)
		p.raw("</b><q>")
		p.esc(n.Lost)
		p.raw("</q> → ")
		if n.Shown == "" {
			p.raw("∅")
		} else {
			p.raw("<q>")
			p.esc(n.Shown)
			p.raw("</q>")
		}
		p.raw("<br>")
		p.esc(n.Why)
		p.raw("</li>\n")
	}
	p.raw("</ul>\n")
}

func (p *previewer) json(target Target) error {
	prog, _, err := p.rules.Compile(p.cat, p.tpl, target)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, prog.Append(nil, p.sample), "", "  "); err != nil {
		return err
	}
	p.raw("<details class=\"json\"><summary>JSON</summary><pre>")
	p.esc(b.String())
	p.raw("</pre></details>\n")
	return nil
}
