package render

import "unicode/utf8"

// blocks draws one page's elements in reading order, like kinds grouped: slides in a strip, pairs in a list, items in rows, buttons side by side.
func (b *htmlBuilder) blocks(es []element) {
	for i := 0; i < len(es); {
		e := &es[i]
		n := 1
		switch {
		case isItem(e, es):
			n = span(es[i:], func(e *element) bool { return isItem(e, es) })
			b.items(es[i : i+n])
		case e.kind == "image" && e.role == "logo" && i+1 < len(es) && es[i+1].title:
			n = 2
			b.raw("<div class=\"head\">")
			b.picture(e, "logo")
			b.heading(&es[i+1])
			b.raw("</div>\n")
		case e.kind == "image" && e.role == "logo":
			b.picture(e, "logo")
		case e.kind == "image":
			if n = span(es[i:], func(e *element) bool { return e.kind == "image" }); n > 1 {
				b.raw("<div class=\"strip\" tabindex=\"0\">\n")
				for j := range n {
					b.picture(&es[i+j], "slide")
				}
				b.raw("</div>\n")
				b.dots(n)
			} else {
				b.picture(e, "pic")
			}
		case e.kind == "video":
			b.video(e)
		case e.kind == "button":
			n = span(es[i:], func(e *element) bool { return e.kind == "button" })
			b.buttons(es[i:i+n], "do")
		case e.role == "pair":
			n = span(es[i:], func(e *element) bool { return e.role == "pair" })
			b.pairs(es[i : i+n])
		case e.role == "departure" || e.role == "arrival" || e.role == "number":
			n = span(es[i:], func(e *element) bool { return e.role == "departure" || e.role == "arrival" || e.role == "number" })
			b.route(es[i : i+n])
		case e.title:
			b.heading(e)
		default:
			b.paragraph(e)
		}
		i += n
	}
}

func span(es []element, in func(*element) bool) int {
	n := 0
	for n < len(es) && in(&es[n]) {
		n++
	}
	return n
}

// isItem reports whether e is a part of a row that repeats: an article, a product, a voucher.
func isItem(e *element, page []element) bool {
	switch e.role {
	case "thumbnail", "item_title", "item_body", "item_price", "item_button":
		return true
	case "product":
		for i := range page {
			if page[i].role == "item_title" {
				return true
			}
		}
	}
	return false
}

func (b *htmlBuilder) items(es []element) {
	b.raw("<ul class=\"items\">\n")
	last := -1
	for i := range es {
		last = max(last, es[i].index)
	}
	for row := 0; row <= last; row++ {
		b.raw("<li>")
		for i := range es {
			e := &es[i]
			if e.index != row {
				continue
			}
			switch e.role {
			case "item_title":
				b.raw("<h2>")
				b.both(e)
				b.raw("</h2>")
			case "item_price":
				b.price(e, "price")
			case "item_button":
				b.button(e, "btn alt")
			case "item_body":
				b.raw("<p>")
				b.both(e)
				b.raw("</p>")
			default:
				b.picture(e, "thumb")
			}
		}
		b.raw("</li>\n")
	}
	b.raw("</ul>\n")
}

func (b *htmlBuilder) pairs(es []element) {
	b.raw("<dl>\n")
	for i := range es {
		b.raw("<div><dt>")
		b.text(&es[i].text)
		b.raw("</dt>")
		if !es[i].child.empty() {
			b.raw("<dd>")
			b.text(&es[i].child)
			b.raw("</dd>")
		}
		b.raw("</div>\n")
	}
	b.raw("</dl>\n")
}

func (b *htmlBuilder) route(es []element) {
	b.raw("<div class=\"route\">")
	for i := range es {
		e := &es[i]
		switch e.role {
		case "number":
			b.raw("<div class=\"num\">")
			b.both(e)
			b.raw("</div>")
			continue
		case "arrival":
			b.raw("<div class=\"to\">")
		default:
			b.raw("<div>")
		}
		b.raw("<b>")
		b.text(&e.text)
		b.raw("</b><span>")
		b.text(&e.child)
		b.raw("</span></div>")
	}
	b.raw("</div>\n")
}

// heading writes a title: h1 the first time, h2 from then on.
func (b *htmlBuilder) heading(e *element) {
	tag := "h2"
	if !b.titled {
		tag, b.titled = "h1", true
	}
	b.raw("<" + tag + ">")
	b.both(e)
	b.raw("</" + tag + ">\n")
}

func (b *htmlBuilder) paragraph(e *element) {
	switch e.role {
	case "price", "amount":
		b.price(e, e.role)
	case "name":
		b.raw("<p class=\"name\">")
		b.both(e)
		b.raw("</p>\n")
	default:
		b.raw("<p class=\"text\">")
		b.both(e)
		b.raw("</p>\n")
	}
}

func (b *htmlBuilder) price(e *element, class string) {
	b.raw("<p class=\"" + class + "\">")
	if e.currency {
		b.raw("<small>¥</small>")
	}
	b.text(&e.text)
	if !e.child.empty() {
		b.raw("<small>")
		b.text(&e.child)
		b.raw("</small>")
	}
	b.raw("</p>\n")
}

// both writes a text and its second text on one line.
func (b *htmlBuilder) both(e *element) {
	b.text(&e.text)
	if !e.child.empty() {
		b.raw(" ")
		b.text(&e.child)
	}
}

// picture writes an image, tappable if it has an action.
func (b *htmlBuilder) picture(e *element, class string) {
	end := b.open(e, class)
	b.image(e.src, e)
	b.raw(end + "\n")
}

func (b *htmlBuilder) image(m *media, e *element) {
	b.raw("<img src=\"")
	b.media(m, escHTML)
	b.raw("\"")
	b.size(m, e)
	if e.position > 1 {
		b.raw(" loading=\"lazy\"")
	}
	b.raw(" decoding=\"async\" alt=\"")
	if e.action != nil && !e.action.dead { // a link needs a name; a picture that only adorns does not
		b.headline()
	}
	b.raw("\">")
}

// size writes the natural size, or the proportion of the place if the size is unknown, so that nothing moves while pictures load.
func (b *htmlBuilder) size(m *media, e *element) {
	w, h := m.w, m.h
	if w <= 0 || h <= 0 {
		w, h = e.rate.W*100, e.rate.H*100
	}
	if w > 0 && h > 0 {
		b.raw(" width=\"")
		b.int(w)
		b.raw("\" height=\"")
		b.int(h)
		b.raw("\"")
	}
}

func (b *htmlBuilder) video(e *element) {
	b.raw("<div class=\"pic\"><video controls=\"\" playsinline=\"\" preload=\"none\"")
	b.size(e.src, e)
	if e.cover != nil {
		b.raw(" poster=\"")
		b.media(e.cover, escHTML)
		b.raw("\"")
	}
	b.raw(" src=\"")
	b.media(e.src, escHTML)
	b.raw("\"></video></div>\n")
}

func (b *htmlBuilder) dots(n int) {
	b.raw("<div class=\"dots\" aria-hidden=\"true\">")
	for range n {
		b.raw("<i></i>")
	}
	b.raw("</div>\n")
}

// redPacket draws an envelope: sender and title on the flap, the button as its seal if the label is short.
func (b *htmlBuilder) redPacket(es []element) {
	onFlap := func(e *element) bool {
		return e.role == "logo" || e.role == "name" || e.title || e.kind == "image" && e.role != "background"
	}
	for i := range es {
		if es[i].role == "background" {
			b.picture(&es[i], "bg")
		}
	}
	b.raw("<div class=\"flap\">\n")
	for i := range es {
		switch e := &es[i]; {
		case !onFlap(e):
		case e.kind == "image":
			b.picture(e, "logo")
		case e.title:
			b.heading(e)
		default:
			b.paragraph(e)
		}
	}
	b.raw("</div>\n")
	var buttons, rest []element
	for i := range es {
		switch e := &es[i]; {
		case e.kind == "button":
			buttons = append(buttons, *e)
		case !onFlap(e) && e.role != "background":
			rest = append(rest, *e)
		}
	}
	class := "do"
	if len(buttons) == 1 && seal(&buttons[0]) {
		class = "do seal"
	}
	if class == "do" {
		b.blocks(rest)
	}
	if len(buttons) > 0 {
		b.buttons(buttons, class)
	}
	if class != "do" {
		b.blocks(rest)
	}
}

// seal reports whether a button's label fits the round seal and its action opens something.
func seal(e *element) bool {
	if e.text.dynamic() || !e.child.empty() || e.action == nil || e.action.typ == "COPY_PARAMETER" {
		return false
	}
	n := 0
	for _, p := range e.text.pieces {
		n += utf8.RuneCountInString(p.lit)
	}
	return n >= 1 && n <= 2
}
