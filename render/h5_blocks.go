package render

// blocks draws one page's elements in reading order, like kinds grouped: slides in a strip, pairs in a list, items in rows, a coupon, buttons side by side.
func (b *htmlBuilder) blocks(es []element) {
	for i := 0; i < len(es); {
		i += b.block(es, i)
	}
}

// block draws what begins with es[i] and tells how many elements that were.
func (b *htmlBuilder) block(es []element, i int) int {
	e, rest := &es[i], es[i:]
	switch {
	case isItem(e, es):
		n := span(rest, func(e *element) bool { return isItem(e, es) })
		b.items(rest[:n])
		return n
	case isCoupon(e):
		n := span(rest, isCoupon)
		b.coupon(rest[:n])
		return n
	case isStop(e):
		n := span(rest, isStop)
		b.route(rest[:n])
		if n < len(rest) && rest[n].role == "pair" {
			b.raw("<hr class=\"perf\">\n")
		}
		return n
	case e.kind == "button":
		n := span(rest, func(e *element) bool { return e.kind == "button" })
		b.buttons(rest[:n], "do")
		return n
	case e.kind == "image":
		return b.pictures(es, i)
	case e.kind == "video":
		b.video(e)
	case e.role == "pair":
		n := span(rest, func(e *element) bool { return e.role == "pair" })
		b.pairs(rest[:n])
		return n
	case e.title:
		b.heading(e)
	default:
		b.paragraph(e)
	}
	return 1
}

// pictures draws es[i] and what belongs to it: a logo stands beside the title, several pictures become slides, a title may lie on a picture.
func (b *htmlBuilder) pictures(es []element, i int) int {
	e := &es[i]
	titled := i+1 < len(es) && es[i+1].title
	switch {
	case e.role == "logo" && titled:
		b.use("head")
		b.raw("<div class=\"head\">")
		b.picture(e, "logo")
		b.heading(&es[i+1])
		b.raw("</div>\n")
		return 2
	case e.role == "logo":
		b.use("head")
		b.picture(e, "logo")
		return 1
	}
	n := span(es[i:], func(e *element) bool { return e.kind == "image" && e.role != "logo" })
	switch {
	case n > 1:
		b.slides(es[i : i+n])
	case titled && (e.role == "poster" || i+2 < len(es) && isItem(&es[i+2], es)):
		b.use("hero")
		b.raw("<div class=\"hero\">")
		b.picture(e, "pic")
		b.heading(&es[i+1])
		b.raw("</div>\n")
		return 2
	default:
		b.picture(e, "pic")
	}
	return n
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

// isCoupon reports whether e is a part of a coupon that lies on a card of goods.
func isCoupon(e *element) bool {
	return e.role == "amount" || e.role == "condition" || e.role == "validity" || e.role == "coupon_button"
}

// isStop reports whether e is a part of a journey.
func isStop(e *element) bool {
	return e.role == "departure" || e.role == "arrival" || e.role == "number"
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

// price writes an amount. Its second text is a unit, or the price it was before if it has a figure.
func (b *htmlBuilder) price(e *element, class string) {
	b.use("price")
	b.raw("<p class=\"" + class + "\">")
	if e.currency {
		b.raw("<small>¥</small>")
	}
	b.text(&e.text)
	if !e.child.empty() {
		tag := "small"
		if figure(&e.child) && (e.role == "price" || e.role == "item_price") {
			tag = "s"
		}
		b.raw(" <" + tag + ">")
		if tag == "s" && e.currency && !signed(&e.child) {
			b.raw("¥")
		}
		b.text(&e.child)
		b.raw("</" + tag + ">")
	}
	b.raw("</p>\n")
}

// figure reports whether a text holds a digit, as a price does, or will with its values.
func figure(t *text) bool {
	for _, p := range t.pieces {
		if p.param >= 0 {
			return true
		}
		for _, c := range p.lit {
			if '0' <= c && c <= '9' {
				return true
			}
		}
	}
	return false
}

// signed reports whether a price is written with more than its figure.
func signed(t *text) bool {
	p := t.pieces[0]
	return p.param < 0 && (p.lit[0] < '0' || p.lit[0] > '9')
}

// both writes a text and its second text on one line.
func (b *htmlBuilder) both(e *element) {
	b.text(&e.text)
	if !e.child.empty() {
		b.raw(" ")
		b.text(&e.child)
	}
}
