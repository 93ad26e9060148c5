package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"cardlink/fault"
	"cardlink/templates"
)

// Theme says which colours a preview has. Its zero value follows the reader's system.
type Theme uint8

// The themes.
const (
	AutoTheme Theme = iota
	LightTheme
	DarkTheme
)

var themeNames = [...]string{"auto", "light", "dark"}

// String is the theme's name in addresses: "auto", "light", "dark".
func (t Theme) String() string { return themeNames[t] }

// ThemeOf finds a theme by name; empty is AutoTheme.
func ThemeOf(name string) (t Theme, ok bool) {
	for i, n := range themeNames {
		if n == name {
			return Theme(i), true
		}
	}
	return AutoTheme, name == ""
}

// Bounds of a document's width in px: the narrowest phone, and more than any window that shows one card.
const (
	MinWidth = 240
	MaxWidth = 1280
)

// Look is how a template is previewed. Its zero value is a page with the example values, in English, in the reader's colours.
type Look struct {
	Origin   string            // prefix of material paths, "https://s.example.com"; empty for the page's own host
	Self     string            // the preview's own address, without query: what its QR code says and its links lead to. Empty: no code
	Values   map[string]string // values of parameters by bare name; a parameter without one shows its example
	Theme    Theme
	Language fault.Language
	Width    int       // px, of a single document: MinWidth to MaxWidth; 0: whatever the window has
	Until    time.Time // when the address stops to work; zero: it stays
}

// values are what the programs are filled with.
func (l *Look) values(t *templates.Template) Values {
	v := SampleValues(t)
	v.Origin, v.Link, v.Beacon = l.Origin, "", "" // looking at a preview is no exposure
	if l.Self != "" {
		v.Link = l.Self + "/" + H5.String() // what a card leads to: the page alone, with its dialogs and calendar entries
	}
	for i, p := range t.Params {
		if said, ok := l.Values[p.Bare()]; ok {
			v.Params[i] = said
		}
	}
	return v
}

// Query is the given values of t's parameters as a preview's address has them, encoded.
func (l *Look) Query(t *templates.Template) string { return l.query(t).Encode() }

func (l *Look) query(t *templates.Template) url.Values {
	q := url.Values{}
	for _, p := range t.Params {
		if v, ok := l.Values[p.Bare()]; ok {
			q.Set(PreviewValue+p.Bare(), v)
		}
	}
	return q
}

// Address is where what is looked at can be looked at again: Self with the values, without them if that is too long for a QR code.
func (l *Look) Address(t *templates.Template) string {
	if q := l.query(t); l.Self != "" && len(q) > 0 {
		if whole := l.Self + "?" + q.Encode(); len(whole) <= maxQR {
			return whole
		}
	}
	return l.Self
}

// TargetsOf lists what cards are drawn for: the vendors, the page, and the guest if the catalogue switches it on.
func TargetsOf(cat *templates.Catalogue) []Target {
	list := make([]Target, 0, Targets+1)
	for t := range Targets {
		list = append(list, t)
	}
	if HostOf(cat, Honor) != Honor {
		list = append(list, Honor)
	}
	return list
}

// Shot is a template as one target shows it.
type Shot struct {
	Target Target
	Layout string // card_id that is drawn; empty: the vendor gets no card, and its handsets show the text message
	HTML   []byte // a page of its own with the card; nil without one
	Card   []byte // what a handset is sent, JSON; nil for H5 and without a card
	Notes  []Note
}

// Shot draws t for one target. A vendor that cannot show it gives a shot without card and a note that says so.
func (r *Rules) Shot(cat *templates.Catalogue, t *templates.Template, target Target, look Look) (Shot, error) {
	if cat == nil || t == nil || target > Honor {
		return Shot{}, errors.New("preview: needs a catalogue, a template and a target")
	}
	c, notes, err := r.fit(cat, t, target)
	if errors.Is(err, ErrLayout) && target != H5 {
		return Shot{Target: target, Notes: []Note{r.unshown(cat, t, target)}}, nil
	}
	if err != nil {
		return Shot{}, fmt.Errorf("preview template %d for %s: %w", t.ID, target, err)
	}
	values := look.values(t)
	s := Shot{Target: target, Layout: c.layout.CardID, Notes: notes}
	if s.HTML, err = document(c, &look, &values); err != nil {
		return Shot{}, err
	}
	if target != H5 {
		var b jsonBuilder
		b.card(c)
		p, err := b.program(CardType, &values)
		if err != nil {
			return Shot{}, err
		}
		s.Card = p.Append(nil, &values)
	}
	return s, nil
}

// document is one card as a page that needs no other file but its pictures. It carries its own policy, since it may be opened from anywhere: nothing runs,
// pictures come from the origin or over TLS.
func document(c *card, look *Look, values *Values) ([]byte, error) {
	class, first := "", &htmlBuilder{c: c, words: wordsOf(c)}
	first.exhibit()
	style := themed(styleOf(first.sheets), look.Theme) + frameStyle(look.Width)
	if c.target != H5 {
		class = "native "
		style += ".native .hint{display:none}" // what only a page has to say
	}
	b := &htmlBuilder{c: c, words: first.words}
	viewport := "width=device-width,initial-scale=1"
	if look.Width > 0 {
		viewport = fmt.Sprintf("width=%d", look.Width)
	}
	b.raw("<!doctype html>\n<html lang=\"" + b.words.lang + "\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"")
	b.builder.str(documentPolicy(style, look.Origin), escHTML)
	b.raw("\">\n<meta name=\"viewport\" content=\"" + viewport + "\">\n<meta name=\"robots\" content=\"noindex,nofollow\">\n" +
		"<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"format-detection\" content=\"telephone=no\">\n<title>")
	b.builder.str(c.tpl.Name+" · "+c.target.String(), escHTML)
	b.raw("</title>\n<style>" + style + "</style>\n</head>\n<body class=\"" + class + b.bodyClass() + "\">\n")
	b.exhibit()
	b.raw("</body>\n</html>\n")
	p, err := b.program(PageType, values)
	if err != nil {
		return nil, err
	}
	return p.Append(nil, values), nil
}

// exhibit writes the card as a page's main part, without what only a link has: until when it is valid.
func (b *htmlBuilder) exhibit() {
	b.raw("<main>\n")
	b.body()
	b.raw("</main>\n")
	for _, f := range b.after {
		f()
	}
}

// DocumentCSP is the Content-Security-Policy to send with a Shot's HTML besides the one it carries: what a page cannot say of itself.
const DocumentCSP = "frame-ancestors 'self'; form-action 'none'; base-uri 'none'"

// frameStyle holds a document to a width, so that a picture taken in a window of that width shows the card and nothing beside it.
func frameStyle(width int) string {
	if width <= 0 {
		return ""
	}
	return fmt.Sprintf("body{width:%dpx;min-height:0}main{max-width:none;padding-top:18px}", width)
}

// SourceAbout explains the mark of a note's source in English; empty for an unknown one.
func SourceAbout(cat *templates.Catalogue, mark string) string { return aboutSource(cat, mark).en }

func aboutSource(cat *templates.Catalogue, mark string) phrase {
	if mark == RuleSource {
		return phrase{"a decision of the rules for what stands in", "替代规则的约定"}
	}
	s, _ := cat.Source(mark)
	return ruled(s.About, s.AboutZH)
}

// indented is JSON for people.
func indented(b []byte) []byte {
	var out bytes.Buffer
	if json.Indent(&out, b, "", "  ") != nil { // ours, so it is valid
		return b
	}
	return out.Bytes()
}
