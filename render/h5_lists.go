package render

// items draws what repeats: goods with prices as a grid, vouchers with a button of their own as coupons, all else as rows.
func (b *htmlBuilder) items(es []element) {
	count := 0
	priced, claimed := false, false
	for i := range es {
		count = max(count, es[i].index+1)
		priced = priced || es[i].role == "item_price"
		claimed = claimed || es[i].role == "item_button"
	}
	class := "list"
	switch {
	case priced:
		if class = "grid"; count == 3 {
			class = "grid three"
		}
		b.use("grid")
	case claimed:
		class = "coupons"
		b.use("coupon")
	default:
		b.use("list")
	}
	b.raw("<ul class=\"" + class + "\">\n")
	for row := range count {
		b.item(es, row, claimed)
	}
	b.raw("</ul>\n")
}

// item draws one row: its picture where the template has it, its texts together, its button last.
func (b *htmlBuilder) item(es []element, row int, claimed bool) {
	if claimed {
		b.raw("<li class=\"coupon\">")
	} else {
		b.raw("<li>")
	}
	words := false // the texts' box is open
	for i := range es {
		e := &es[i]
		if e.index != row {
			continue
		}
		wordy := e.kind == "text"
		if wordy != words {
			if words = wordy; words {
				b.raw("<div>")
			} else {
				b.raw("</div>")
			}
		}
		switch e.role {
		case "item_title":
			b.raw("<h2>")
			b.both(e)
			b.raw("</h2>")
		case "item_price":
			b.price(e, "price")
		case "item_button":
			b.button(e, "btn")
		case "item_body":
			b.raw("<p>")
			b.both(e)
			b.raw("</p>")
		default:
			b.picture(e, "thumb")
		}
	}
	if words {
		b.raw("</div>")
	}
	b.raw("</li>\n")
}

// pairs draws labels with their values.
func (b *htmlBuilder) pairs(es []element) {
	b.use("list")
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

// route draws a journey: from, to, and between them what goes there. The picture on the line is the style's.
func (b *htmlBuilder) route(es []element) {
	b.use("route")
	b.raw("<div class=\"route\">\n")
	for i := range es {
		e := &es[i]
		switch e.role {
		case "number":
			b.raw("<p class=\"num\">")
			b.both(e)
			b.raw("<i aria-hidden=\"true\"></i></p>\n")
			continue
		case "arrival":
			b.raw("<p class=\"to\">")
		default:
			b.raw("<p>")
		}
		b.raw("<b>")
		b.text(&e.text)
		b.raw("</b>")
		if !e.child.empty() {
			b.raw(" <span>")
			b.text(&e.child)
			b.raw("</span>")
		}
		b.raw("</p>\n")
	}
	b.raw("</div>\n")
}

// coupon draws the zone of a card of goods where a coupon is claimed: amount, conditions, button.
func (b *htmlBuilder) coupon(es []element) {
	b.use("coupon")
	b.raw("<section class=\"coupon\">")
	words := false
	for i := range es {
		e := &es[i]
		wordy := e.role == "condition" || e.role == "validity"
		if wordy != words {
			if words = wordy; words {
				b.raw("<div>")
			} else {
				b.raw("</div>")
			}
		}
		switch {
		case wordy:
			b.raw("<p>")
			b.both(e)
			b.raw("</p>")
		case e.kind == "button":
			class := "btn"
			if e.style == "dynamic" {
				class = "btn beat"
			}
			b.button(e, class)
		default:
			b.price(e, "amount")
		}
	}
	if words {
		b.raw("</div>")
	}
	b.raw("</section>\n")
	b.hints(es)
}
