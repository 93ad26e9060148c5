package render

// cardSchema names the shape of a vendor card; docs/cards.md describes it field by field.
const cardSchema = "cardlink.card/1"

// CardType is the media type of a vendor card.
const CardType = "application/vnd.cardlink.card+json"

// jsonBuilder writes JSON into a program. Commas follow from the last byte written, which is always the builder's own.
type jsonBuilder struct{ builder }

func (b *jsonBuilder) comma() {
	if n := len(b.static); n > 0 && b.static[n-1] != '{' && b.static[n-1] != '[' {
		b.raw(",")
	}
}

func (b *jsonBuilder) key(name string) {
	b.comma()
	b.raw(`"` + name + `":`)
}

func (b *jsonBuilder) str(name, s string) {
	b.key(name)
	b.raw(`"`)
	b.builder.str(s, escJSON)
	b.raw(`"`)
}

// opt is str, left out if empty.
func (b *jsonBuilder) opt(name, s string) {
	if s != "" {
		b.str(name, s)
	}
}

func (b *jsonBuilder) num(name string, n int) {
	b.key(name)
	b.int(n)
}

func (b *jsonBuilder) text(name string, t *text) {
	b.key(name)
	b.raw(`"`)
	b.builder.text(t, escJSON)
	b.raw(`"`)
}

func (b *jsonBuilder) value(name string, s slot) {
	b.key(name)
	b.raw(`"`)
	b.slot(s, 0, escJSON)
	b.raw(`"`)
}

// card writes the vendor card.
func (b *jsonBuilder) card(c *card) {
	b.raw("{")
	b.str("schema", cardSchema)
	b.str("vendor", c.target.String())
	b.key("template")
	b.raw("{")
	b.key("id")
	b.raw(`"`)
	b.int(int(c.tpl.ID))
	b.raw(`"`)
	b.num("version", c.tpl.Version)
	b.str("layout", c.tpl.CardID)
	b.raw("}")
	b.key("card")
	b.raw("{")
	b.str("layout", c.layout.CardID)
	if c.subType != 0 {
		b.num("sub_type", c.subType)
	}
	b.key("elements")
	b.raw("[")
	for i := range c.elements {
		b.element(&c.elements[i])
	}
	b.raw("]}")
	b.value("resolve_id", slotResolveID)
	b.value("link", slotLink)
	b.value("expire_at", slotExpire)
	b.key("beacons")
	b.raw("{")
	for i, name := range []string{"expose", "click"} {
		b.key(name)
		b.raw(`"`)
		b.slot(slotBeacon, i, escJSON)
		b.raw(`"`)
	}
	b.raw("}")
	b.raw("}")
}

func (b *jsonBuilder) element(e *element) {
	b.comma()
	b.raw("{")
	b.num("page", e.page)
	b.num("position", e.position)
	b.str("role", e.role)
	b.str("type", e.kind)
	switch e.kind {
	case "text", "button":
		b.text("text", &e.text)
		if !e.child.empty() {
			b.text("value", &e.child)
		}
		if e.title {
			b.key("title")
			b.raw("true")
		}
		if e.text.lines > 0 {
			b.num("max_lines", e.text.lines)
		}
		if e.currency {
			b.str("currency", "CNY")
		}
		b.opt("style", e.style)
	default:
		b.media(e.src)
		b.opt("ratio", e.ratio)
		b.nested("cover", e.cover)
		b.nested("background", e.background)
	}
	if e.action != nil {
		b.action(e)
	}
	b.raw("}")
}

func (b *jsonBuilder) media(m *media) {
	b.key("src")
	b.raw(`"`)
	b.builder.media(m, escJSON)
	b.raw(`"`)
	if m.w > 0 && m.h > 0 {
		b.num("width", m.w)
		b.num("height", m.h)
	}
	b.opt("content_type", m.contentType)
}

func (b *jsonBuilder) nested(name string, m *media) {
	if m == nil {
		return
	}
	b.key(name)
	b.raw("{")
	b.media(m)
	b.raw("}")
}

func (b *jsonBuilder) action(e *element) {
	a := e.action
	b.key("action")
	b.raw("{")
	b.str("type", a.typ)
	b.key("target")
	b.raw(`"`)
	switch {
	case a.dead:
		b.raw("#")
	case a.link:
		b.slot(slotLink, 0, escJSON)
		b.raw("#" + a.part + a.id)
	case a.picture != nil:
		b.builder.media(a.picture, escJSON)
	case a.dialect.Target == "address":
		b.address(a, escJSON)
	default:
		b.builder.text(&a.target, escJSON)
	}
	b.raw(`"`)
	if !a.link {
		b.fields(a)
	}
	b.raw("}")
}

// fields writes what travels with the target, as the dialect names it.
func (b *jsonBuilder) fields(a *action) {
	for _, name := range a.dialect.Fields {
		s, n, _ := actionField(a.source, name)
		switch {
		case name == "floor_type":
			if a.floor >= 0 {
				b.num(name, a.floor)
			}
		case name == "floor_url":
			if a.floor >= 0 && s != "" && !deadLiteral(s) {
				b.str(name, s)
			}
		case n != nil:
			b.num(name, *n)
		default:
			b.opt(name, s)
		}
	}
}

// deadLiteral reports whether a literal address may not be opened.
func deadLiteral(s string) bool {
	t := text{keep: -1, pieces: []piece{{lit: s, param: -1}}}
	return !openable(&t, true)
}
