package render

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PageType is the media type of the H5 page and of the error pages.
const PageType = "text/html; charset=utf-8"

//go:embed h5.css
var h5CSS string

//go:embed error.css
var errorCSS string

var (
	h5Style    = squeeze(h5CSS)
	errorStyle = squeeze(errorCSS)
)

// H5CSP is the Content-Security-Policy to send with the H5 page and the error pages: nothing runs, nothing is framed, styles are the two known
// sheets, pictures and videos come from the edge or over TLS from the customer's server, and clicks are reported to the edge (without a script nothing else connects).
var H5CSP = "default-src 'none'; style-src " + hashOf(h5Style) + " " + hashOf(errorStyle) +
	"; img-src 'self' https:; media-src 'self' https:; connect-src 'self' https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func hashOf(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// squeeze strips comments, indentation and line ends from our own sheets.
func squeeze(css string) string {
	var b strings.Builder
	for css != "" {
		before, rest, found := strings.Cut(css, "/*")
		b.WriteString(before)
		if css = ""; found {
			_, css, _ = strings.Cut(rest, "*/")
		}
	}
	lines := strings.Split(b.String(), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(l)
		if n := len(lines[i]); n > 0 && lines[i][n-1] == ',' {
			lines[i] += " "
		}
	}
	return strings.Join(lines, "")
}

// htmlBuilder writes HTML into a program. All attributes are quoted and all elements closed or void, so the output is also well-formed markup.
type htmlBuilder struct {
	builder
	c      *card
	words  *words
	after  []func() // dialogs and enlarged pictures, written at the end
	titled bool     // the page has its h1
	prefix string   // of ids
}

// words are the page's own texts.
type words struct {
	lang, until, store, page, quick, hold, close, place string
	zone                                                int // index of zones
}

var chinese = words{"zh-CN", "有效期至", "未安装应用？前往应用市场", "未安装应用？打开网页", "未安装应用？打开快应用", "长按上方文字即可复制", "关闭", "地址：", 1}

var english = words{"en", "Valid until", "No app yet? Get it from the store", "No app yet? Open the web page", "No app yet? Open the quick app", "Press and hold the text to copy it", "Close", "Address: ", 0}

// wordsOf follows the language the template is written in: any Chinese character makes it Chinese.
func wordsOf(c *card) *words {
	for i := range c.elements {
		for _, t := range []*text{&c.elements[i].text, &c.elements[i].child} {
			for _, p := range t.pieces {
				if strings.ContainsFunc(p.lit, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
					return &chinese
				}
			}
		}
	}
	return &english
}

func h5Program(c *card, sample *Values) (*Program, error) {
	b := &htmlBuilder{c: c, words: wordsOf(c)}
	b.page()
	return b.program(PageType, sample)
}

func (b *htmlBuilder) page() {
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
	b.raw("<style>" + h5Style + "</style>\n</head>\n<body class=\"" + b.bodyClass() + "\">\n<main>\n")
	b.body()
	b.raw("<footer>" + b.words.until + " <time datetime=\"")
	b.slot(slotExpire, 0, escHTML)
	b.raw("\">")
	b.slot(slotClock, b.words.zone, escHTML)
	b.raw("</time></footer>\n</main>\n")
	for _, f := range b.after {
		f()
	}
	b.slot(slotPixel, 0, escHTML) // last, so that a page that was cut off is not taken for one that was shown
	b.raw("</body>\n</html>\n")
}

// body draws the sender and the cards: one, or a strip of them for layouts whose pages are swiped.
func (b *htmlBuilder) body() {
	if s := b.c.tpl.SMSSigns; len(s) > 0 && s[0] != "" {
		first, _ := utf8.DecodeRuneInString(s[0])
		b.raw("<header class=\"from\"><i aria-hidden=\"true\">")
		b.str(string(first), escHTML)
		b.raw("</i>")
		b.str(s[0], escHTML)
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
		b.raw("<div class=\"strip\" tabindex=\"0\">\n")
	}
	for _, es := range pages {
		b.raw("<article class=\"card\">\n")
		if b.c.layout.Group == "red_packet" {
			b.redPacket(es)
		} else {
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
	class := "g-" + b.c.layout.Group
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
