package render

import "unicode/utf8"

// redPacket draws an envelope: sender and title on the flap, the button as its seal if the label is short.
func (b *htmlBuilder) redPacket(es []element) {
	b.use("head")
	onFlap := func(e *element) bool {
		return e.role == "logo" || e.role == "name" || e.title || e.kind == "image" && e.role != "background"
	}
	for i := range es {
		if es[i].role == "background" {
			b.picture(&es[i], "bg")
		}
	}
	b.raw("<div class=\"flap\">\n")
	var buttons, rest []element
	for i := range es {
		switch e := &es[i]; {
		case e.role == "background":
		case e.kind == "button":
			buttons = append(buttons, *e)
		case !onFlap(e):
			rest = append(rest, *e)
		case e.kind == "image":
			b.picture(e, "logo")
		case e.title:
			b.heading(e)
		default:
			b.paragraph(e)
		}
	}
	b.raw("</div>\n")
	if len(buttons) == 1 && seal(&buttons[0]) {
		b.raw("<div class=\"do seal\">\n")
		b.button(&buttons[0], "btn")
		b.raw("</div>\n")
		b.blocks(rest)
		b.hints(buttons)
		return
	}
	b.blocks(rest)
	if len(buttons) > 0 {
		b.buttons(buttons, "do")
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

// voucher draws a single voucher: who gives it and what it is worth on the coloured part, conditions below the tear line. Several are rows of a list.
func (b *htmlBuilder) voucher(es []element) {
	worth := span(es, func(e *element) bool { return e.role == "logo" || e.title || e.role == "amount" })
	if worth == len(es) || span(es, func(e *element) bool { return e.role != "amount" }) >= worth {
		b.blocks(es)
		return
	}
	b.raw("<div class=\"worth\">\n")
	for i := 0; i < worth; {
		if es[i].kind != "image" {
			if es[i].title {
				b.heading(&es[i])
			} else {
				b.price(&es[i], "amount")
			}
			i++
			continue
		}
		i += b.pictures(es[:worth], i)
	}
	b.raw("</div>\n<hr class=\"perf\">\n")
	b.use("route") // its tear line
	b.blocks(es[worth:])
}
