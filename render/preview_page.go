package render

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cardlink/templates"
)

// maxSample is how many characters a sample value may have in the page's form; the wire's bound of examples.
const maxSample = 100

// PreviewValue begins how the preview's address names a parameter's value: "?p.param1=Ann".
const PreviewValue = "p."

// AppendPreview appends the page that shows t as H5 page and on every vendor side by side, each with its degrade notes and, for vendors, the card as it is sent; and gives
// the Content-Security-Policy to send with it. It works without a script: sample values, colours and language are asked for with a query (lang, theme, p.NAME).
func (r *Rules) AppendPreview(dst []byte, cat *templates.Catalogue, t *templates.Template, look Look) (page []byte, csp string, err error) {
	style := previewStyles[look.Theme]
	p := previewer{rules: r, cat: cat, tpl: t, look: &look, w: previewWordsIn(look.Language), sample: look.values(t), dst: dst}
	if u, err := url.Parse(look.Self); err == nil {
		p.path = u.EscapedPath()
	}
	shots, err := p.shoot()
	if err != nil {
		return dst, "", err
	}
	p.raw("<!doctype html>\n<html lang=\"" + p.w.lang + "\">\n<head>\n<meta charset=\"utf-8\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1,viewport-fit=cover\">\n<meta name=\"robots\" content=\"noindex,nofollow\">\n" +
		"<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"format-detection\" content=\"telephone=no\">\n<title>")
	p.esc(t.Name + " · " + p.w.page)
	p.raw("</title>\n<style>" + style + "</style>\n</head>\n<body class=\"preview\">\n")
	p.top()
	p.tools()
	p.index(shots)
	p.raw("<div class=\"shelf\">\n")
	for i := range shots {
		p.section(&shots[i])
	}
	p.raw("</div>\n</body>\n</html>\n")
	return p.dst, pagePolicy(style, look.Origin), nil
}

// previewer writes the page.
type previewer struct {
	rules  *Rules
	cat    *templates.Catalogue
	tpl    *templates.Template
	look   *Look
	w      *previewWords
	sample Values
	path   string // of the page itself
	dst    []byte
}

func (p *previewer) raw(s string) { p.dst = append(p.dst, s...) }
func (p *previewer) esc(s string) { p.dst = appendHTML(p.dst, s) }

// exhibit is what a target's section shows.
type exhibit struct {
	target Target
	card   *card // nil: none
	notes  []Note
	json   []byte
}

// shoot fits the template to all targets, the page first: it is what any phone shows, and what a phone's reader sees first.
func (p *previewer) shoot() ([]exhibit, error) {
	var out []exhibit
	targets := slices.DeleteFunc(TargetsOf(p.cat), func(t Target) bool { return t == H5 })
	for _, target := range append([]Target{H5}, targets...) {
		c, notes, err := p.rules.fit(p.cat, p.tpl, target)
		if errors.Is(err, ErrLayout) && target != H5 {
			out = append(out, exhibit{target: target, notes: []Note{p.rules.unshown(p.cat, p.tpl, target)}})
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("preview template %d for %s: %w", p.tpl.ID, target, err)
		}
		x := exhibit{target: target, card: c, notes: notes}
		if target != H5 {
			var b jsonBuilder
			b.card(c)
			prog, err := b.program(CardType, &p.sample)
			if err != nil {
				return nil, err
			}
			x.json = indented(prog.Append(nil, &p.sample))
		}
		out = append(out, x)
	}
	return out, nil
}

// top says what is previewed, with the code that takes it to a phone.
func (p *previewer) top() {
	t := p.tpl
	p.raw("<header class=\"top\">\n<div>\n<p class=\"kind\">")
	if l, ok := p.cat.Layout(t.CardID); ok {
		if p.w == &previewChinese {
			p.esc(l.NameZH + " · ")
		} else {
			p.esc(l.NameEN + " · ")
		}
	}
	p.esc(t.CardID)
	p.raw("</p>\n<h1>")
	p.esc(t.Name)
	p.raw("</h1>\n<p class=\"facts\">")
	if t.ID != 0 {
		p.raw("<b>" + strconv.FormatInt(t.ID, 10) + "</b> <span>" + p.w.version + " " + strconv.Itoa(t.Version) + "</span>")
	}
	switch {
	case !p.look.Until.IsZero():
		p.raw(" <span class=\"mark\">" + p.w.draft + "</span>")
	case t.State == templates.StateDisabled:
		p.raw(" <span class=\"mark\">" + p.w.disabled + "</span>")
	default:
		p.raw(" <span class=\"mark\">" + p.w.reviews[t.Audit&3] + "</span>")
	}
	p.raw("</p>\n")
	if !p.look.Until.IsZero() {
		p.raw("<p class=\"until\">" + p.w.until + " " + p.w.time(p.look.Until) + "</p>\n")
	}
	p.raw("</div>\n")
	p.code()
	p.raw("</header>\n")
}

// code draws the QR code of the page as it is looked at; without the values if they make it too long, and not at all if there is no address.
func (p *previewer) code() {
	if p.look.Self == "" {
		return
	}
	svg, err := AppendQR(nil, p.look.Address(p.tpl), p.w.scan)
	if err != nil {
		return
	}
	p.raw("<figure>")
	p.dst = append(p.dst, svg...)
	p.raw("<figcaption>" + p.w.scan + "</figcaption></figure>\n")
}

// address is that of this page, or of a part of it, in other colours or another language.
func (p *previewer) address(part string, theme Theme, lang string) string {
	q := p.look.query(p.tpl)
	if theme != AutoTheme {
		q.Set("theme", theme.String())
	}
	q.Set("lang", lang)
	return p.path + part + "?" + q.Encode()
}

func (p *previewer) lang() string { return p.w.lang[:2] }

// tools are colours, language and sample values.
func (p *previewer) tools() {
	p.raw("<div class=\"tools\">\n<nav aria-label=\"" + p.w.theme + "\">")
	for theme, name := range p.w.themes {
		p.choice(p.address("", Theme(theme), p.lang()), name, Theme(theme) == p.look.Theme)
	}
	p.raw("</nav>\n<nav aria-label=\"Language\">")
	p.choice(p.address("", p.look.Theme, "zh"), "中文", p.lang() == "zh")
	p.choice(p.address("", p.look.Theme, "en"), "English", p.lang() == "en")
	p.raw("</nav>\n")
	if len(p.tpl.Params) > 0 {
		p.form()
	}
	p.raw("</div>\n")
}

func (p *previewer) choice(href, name string, chosen bool) {
	p.raw("<a href=\"")
	p.esc(href)
	if chosen {
		p.raw("\" aria-current=\"true")
	}
	p.raw("\">" + name + "</a>")
}

// form asks for other sample values. They go into the address, so that what is seen can be passed on.
func (p *previewer) form() {
	p.raw("<details class=\"values\"")
	if len(p.look.Values) > 0 {
		p.raw(" open=\"\"")
	}
	p.raw("><summary>" + p.w.values + "</summary>\n<form method=\"get\" action=\"")
	p.esc(p.path)
	p.raw("\"><input type=\"hidden\" name=\"lang\" value=\"" + p.lang() + "\"><input type=\"hidden\" name=\"theme\" value=\"" + p.look.Theme.String() + "\">\n")
	for i, param := range p.tpl.Params {
		p.raw("<label><span>")
		p.esc(param.Bare())
		p.raw("</span><input name=\"")
		p.esc(PreviewValue + param.Bare())
		p.raw("\" value=\"")
		p.esc(p.sample.Params[i])
		p.raw("\" placeholder=\"")
		p.esc(param.Example)
		p.raw("\" maxlength=\"" + strconv.Itoa(maxSample) + "\" autocomplete=\"off\"></label>\n")
	}
	p.raw("<p><button>" + p.w.apply + "</button> <a href=\"")
	p.esc(p.path + "?lang=" + p.lang() + "&theme=" + p.look.Theme.String())
	p.raw("\">" + p.w.reset + "</a></p></form></details>\n")
}

// index leads to the targets and says of each how it fares.
func (p *previewer) index(shots []exhibit) {
	p.raw("<nav class=\"index\" aria-label=\"" + p.w.page + "\">")
	for i := range shots {
		p.raw("<a href=\"#" + shots[i].target.String() + "\">" + p.w.targets[shots[i].target])
		p.badge(&shots[i])
		p.raw("</a>")
	}
	p.raw("</nav>\n")
}

func (p *previewer) badge(x *exhibit) {
	switch {
	case x.card == nil:
		p.raw(" <i class=\"badge lost\">" + p.w.noCard + "</i>")
	case len(x.notes) == 0:
		p.raw(" <i class=\"badge same\">" + p.w.same + "</i>")
	default:
		s := fmt.Sprintf(p.w.changes, len(x.notes))
		if len(x.notes) == 1 {
			s = strings.TrimSuffix(s, "s")
		}
		p.raw(" <i class=\"badge\">" + s + "</i>")
	}
}

// section is one target: a phone with the card, what is different there, and what is sent.
func (p *previewer) section(x *exhibit) {
	name := x.target.String()
	p.raw("<section class=\"target\" id=\"" + name + "\">\n<h2>" + p.w.targets[x.target])
	p.badge(x)
	p.raw("</h2>\n<p class=\"how\">")
	switch {
	case x.target == H5:
		p.esc(p.w.say(layoutPhrase(x.card.layout)))
	case x.card == nil:
		p.raw(p.w.sms)
	default:
		p.esc(p.w.say(layoutPhrase(x.card.layout)))
		p.raw(" · " + p.w.state(p.tpl, HostOf(p.cat, x.target).Vendor()))
	}
	p.raw("</p>\n<div class=\"phone\">\n")
	p.screen(x)
	p.raw("</div>\n")
	p.notes(x.notes)
	if x.json != nil {
		p.raw("<details class=\"sent\"><summary>" + p.w.json + "</summary><pre>")
		p.esc(string(x.json))
		p.raw("</pre></details>\n")
	}
	if x.card != nil && p.path != "" {
		p.raw("<p class=\"more\"><a href=\"")
		p.esc(p.address("/"+name, p.look.Theme, p.lang()))
		p.raw("\">" + p.w.alone + "</a></p>\n")
	}
	p.raw("</section>\n")
}

// screen draws the card, or the text message that stands in its place.
func (p *previewer) screen(x *exhibit) {
	if x.card == nil {
		p.raw("<div class=\"screen plain\">\n")
		if len(p.tpl.SMSSigns) > 0 {
			first, _ := utf8.DecodeRuneInString(p.tpl.SMSSigns[0])
			p.raw("<header class=\"from\"><i aria-hidden=\"true\">")
			p.esc(string(first))
			p.raw("</i>")
			p.esc(p.tpl.SMSSigns[0])
			p.raw("</header>\n")
		}
		p.raw("<p class=\"bubble\">")
		p.esc(p.message())
		p.raw("</p>\n</div>\n")
		return
	}
	b := &htmlBuilder{c: x.card, words: wordsOf(x.card), prefix: x.target.String() + "-"}
	kind := "native "
	if x.target == H5 {
		kind = ""
	}
	b.raw("<div class=\"screen " + kind + b.bodyClass() + "\">\n")
	b.body()
	for _, f := range b.after {
		f()
	}
	b.raw("</div>\n")
	prog, err := b.program(PageType, &p.sample)
	if err != nil {
		return // a card too large for a program; shoot has compiled it already
	}
	p.dst = prog.Append(p.dst, &p.sample)
}

// message is the text message as far as the template knows it.
func (p *previewer) message() string {
	s := p.tpl.SMSExample
	if s == "" {
		s = p.tpl.Name
	}
	if len(p.tpl.SMSSigns) > 0 && !strings.HasPrefix(s, "【") {
		s = "【" + p.tpl.SMSSigns[0] + "】" + s
	}
	return s + " " + p.look.Self
}

// notes say what is different on the target, and on whose word.
func (p *previewer) notes(notes []Note) {
	if len(notes) == 0 {
		p.raw("<p class=\"none\">" + p.w.none + "</p>\n")
		return
	}
	if len(notes) <= openNotes+1 {
		p.list(notes)
		return
	}
	p.list(notes[:openNotes])
	p.raw("<details class=\"fold\"><summary>" + fmt.Sprintf(p.w.rest, len(notes)-openNotes) + "</summary>\n")
	p.list(notes[openNotes:])
	p.raw("</details>\n")
}

// openNotes is how many notes stand below a phone; further ones are folded away if they are more than one.
const openNotes = 3

func (p *previewer) list(notes []Note) {
	p.raw("<ol class=\"notes\">\n")
	for i := range notes {
		n := &notes[i]
		p.raw("<li><b title=\"")
		p.esc(n.Field)
		p.raw("\">")
		p.esc(p.w.place(p.tpl, n.Field))
		p.raw("</b><p><s>")
		says := n.In(p.look.Language)
		p.esc(says.Lost)
		p.raw("</s> <span>→</span> ")
		if says.Shown == "" {
			p.raw("<em>" + p.w.nothing + "</em>")
		} else {
			p.raw("<q>")
			p.esc(says.Shown)
			p.raw("</q>")
		}
		p.raw("</p><p class=\"why\">")
		p.esc(says.Why)
		p.raw(" <small title=\"")
		p.esc(p.w.say(aboutSource(p.cat, n.Source)))
		p.raw("\">" + p.w.source + " ")
		p.esc(n.Source + p.w.comma + n.Date)
		p.raw("</small></p></li>\n")
	}
	p.raw("</ol>\n")
}
