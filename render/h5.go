package render

import (
	_ "embed"
	"slices"
	"unicode/utf8"
)

// PageType is the media type of the H5 page and of the error pages.
const PageType = "text/html; charset=utf-8"

//go:embed error.css
var errorCSS string

var errorStyle = squeeze(errorCSS)

// ErrorCSP is the Content-Security-Policy to send with the error pages. A program's page has one of its own, Program.CSP.
var ErrorCSP = policy(errorStyle)

// CSP is the Content-Security-Policy to send with what Append writes: it allows exactly the style that the page carries. Empty for a vendor's card.
func (p *Program) CSP() string { return p.csp }

// htmlBuilder writes HTML into a program. All attributes are quoted and all elements closed or void, so the output is also well-formed markup.
type htmlBuilder struct {
	builder
	c      *card
	words  *words
	after  []func()        // dialogs and enlarged pictures, written at the end
	titled bool            // the page has its h1
	prefix string          // of ids
	sheets []string        // sheets of the style that the markup written so far needs
	hinted map[string]bool // hints that the page has given
}

// use notes that the page needs a sheet of the style.
func (b *htmlBuilder) use(sheet string) {
	if !slices.Contains(b.sheets, sheet) {
		b.sheets = append(b.sheets, sheet)
	}
}

func h5Program(c *card, sample *Values, base builder) (*Program, error) {
	// What style a page needs is known when its body is written, which comes after it: the body is written twice.
	try := &htmlBuilder{c: c, words: wordsOf(c)}
	try.main()
	style := styleOf(try.sheets)
	b := &htmlBuilder{builder: base, c: c, words: try.words}
	b.page(style)
	p, err := b.program(PageType, sample)
	if err != nil {
		return nil, err
	}
	p.csp, p.calendars = policy(style), c.calendars()
	return p, nil
}

func (b *htmlBuilder) page(style string) {
	b.raw("<!doctype html>\n<html lang=\"" + b.words.lang + "\">\n<head>\n<meta charset=\"utf-8\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1,viewport-fit=cover\">\n" +
		"<meta name=\"robots\" content=\"noindex,nofollow\">\n<meta name=\"referrer\" content=\"no-referrer\">\n" +
		"<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"format-detection\" content=\"telephone=no\">\n<title>")
	b.headline()
	b.raw("</title>\n<meta property=\"og:type\" content=\"website\">\n<meta property=\"og:title\" content=\"")
	b.headline()
	b.raw("\">\n<meta property=\"og:url\" content=\"")
	b.slot(slotLink, 0, escHTML)
	b.raw("\">\n")
	if sender := b.sender(); sender != "" {
		b.raw("<meta property=\"og:site_name\" content=\"")
		b.str(sender, escHTML)
		b.raw("\">\n")
	}
	if t := b.summary(); t != nil {
		b.raw("<meta property=\"og:description\" content=\"")
		b.builder.text(t, escHTML)
		b.raw("\">\n<meta name=\"description\" content=\"")
		b.builder.text(t, escHTML)
		b.raw("\">\n")
	}
	if m := b.cover(); m != nil {
		b.raw("<meta property=\"og:image\" content=\"")
		b.media(m, escHTML)
		b.raw("\">\n<meta name=\"twitter:card\" content=\"summary_large_image\">\n")
	}
	b.raw("<style>" + style + "</style>\n</head>\n<body class=\"" + b.bodyClass() + "\">\n")
	b.main()
	b.slot(slotPixel, 0, escHTML) // last, so that a page that was cut off is not taken for one that was shown
	b.raw("</body>\n</html>\n")
}

// main writes what is seen.
func (b *htmlBuilder) main() {
	b.raw("<main>\n")
	b.body()
	b.raw("<footer>" + b.words.until + " <time datetime=\"")
	b.slot(slotExpire, 0, escHTML)
	b.raw("\">")
	b.slot(slotClock, b.words.zone, escHTML)
	b.raw("</time></footer>\n</main>\n")
	for _, f := range b.after {
		f()
	}
}

// sender is the name that the message comes from; empty if the template does not say.
func (b *htmlBuilder) sender() string {
	if s := b.c.tpl.SMSSigns; len(s) > 0 {
		return s[0]
	}
	return ""
}

// body draws the sender and the cards: one, or a strip of them for layouts whose pages are swiped.
func (b *htmlBuilder) body() {
	b.use(b.c.layout.Group)
	if s := b.sender(); s != "" {
		first, _ := utf8.DecodeRuneInString(s)
		b.raw("<header class=\"from\"><i aria-hidden=\"true\">")
		b.str(string(first), escHTML)
		b.raw("</i>")
		b.str(s, escHTML)
		b.raw("</header>\n")
	}
	pages := slices.Collect(func(yield func([]element) bool) {
		for es := b.c.elements; len(es) > 0; {
			n := 1
			for n < len(es) && es[n].page == es[0].page {
				n++
			}
			if !yield(es[:n]) {
				return
			}
			es = es[n:]
		}
	})
	if len(pages) > 1 {
		b.openStrip()
	}
	for _, es := range pages {
		b.raw("<article class=\"card\">\n")
		switch b.c.layout.Group {
		case "red_packet":
			b.redPacket(es)
		case "voucher":
			b.voucher(es)
		default:
			b.blocks(es)
		}
		b.raw("</article>\n")
	}
	if len(pages) > 1 {
		b.raw("</div>\n")
		b.dots(len(pages))
	}
}

func (b *htmlBuilder) bodyClass() string {
	class := "g-" + b.c.layout.Group + " l-" + b.c.layout.CardID
	if b.c.subType > 0 && b.c.subType < 10 {
		class += " s" + string(rune('0'+b.c.subType))
	}
	return string(appendHTML(nil, class))
}

// headline writes the card's title as plain text.
func (b *htmlBuilder) headline() {
	for _, role := range []string{"title", "name", "item_title", "body"} {
		for i := range b.c.elements {
			if e := &b.c.elements[i]; e.role == role && !e.text.empty() {
				b.builder.text(&e.text, escHTML)
				return
			}
		}
	}
	b.str(b.c.tpl.Name, escHTML)
}

// summary is the text under the title in a link preview.
func (b *htmlBuilder) summary() *text {
	for i := range b.c.elements {
		if e := &b.c.elements[i]; e.kind == "text" && !e.title && !e.text.empty() && e.role != "name" && e.role != "pair" {
			return &e.text
		}
	}
	return nil
}

// cover is the picture of a link preview.
func (b *htmlBuilder) cover() *media {
	for i := range b.c.elements {
		switch e := &b.c.elements[i]; {
		case e.kind == "image":
			return e.src
		case e.kind == "video" && e.cover != nil:
			return e.cover
		}
	}
	return nil
}

// text writes a text to be read: each parameter isolated from the direction of what surrounds it, the opt-out phrase small.
func (b *htmlBuilder) text(t *text) {
	if t.limit > 0 && t.dynamic() { // a vendor's card in the preview
		b.builder.text(t, escHTML)
		return
	}
	for i, p := range t.pieces {
		switch {
		case p.param >= 0:
			b.raw("<bdi>")
			b.slot(slotParam, p.param, escHTML)
			b.raw("</bdi>")
		case i == t.keep:
			b.raw("<small class=\"opt\">")
			b.str(p.lit, escHTML)
			b.raw("</small>")
		default:
			b.str(p.lit, escHTML)
		}
	}
}
