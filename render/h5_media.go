package render

// picture writes an image, tappable if it has an action.
func (b *htmlBuilder) picture(e *element, class string) {
	end := b.open(e, class)
	b.image(e.src, e)
	b.raw(end + "\n")
	if a := e.action; a != nil && a.typ == "COPY_PARAMETER" { // a picture cannot be unfolded like a button: the text stands below it
		b.copyable(a)
	}
}

// image writes a picture of e. The first of a card loads at once, the others when they come near.
func (b *htmlBuilder) image(m *media, e *element) {
	b.raw("<img src=\"")
	b.media(m, escHTML)
	b.raw("\"")
	b.size(m, e)
	if e.position > 1 {
		b.raw(" loading=\"lazy\"")
	}
	b.raw(" decoding=\"async\" alt=\"")
	if e.action != nil && !e.action.dead || e.role == "poster" { // a link needs a name and a poster is all there is; a picture that only adorns has none
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

// video writes the browser's own player: nothing is loaded but the cover until it is started, and it starts only when it is told to.
func (b *htmlBuilder) video(e *element) {
	b.raw("<div class=\"pic\"><video controls=\"\" playsinline=\"\" preload=\"none\"")
	b.size(e.src, e)
	if e.cover != nil {
		b.raw(" poster=\"")
		b.media(e.cover, escHTML)
		b.raw("\"")
	}
	b.raw(" aria-label=\"")
	b.headline()
	b.raw("\" src=\"")
	b.media(e.src, escHTML)
	b.raw("\"></video></div>\n")
}

// slides writes pictures that are swiped, each with its number: a page without a script cannot tell otherwise which one is in view.
func (b *htmlBuilder) slides(es []element) {
	b.openStrip()
	for i := range es {
		end := b.open(&es[i], "slide")
		b.image(es[i].src, &es[i])
		b.raw("<i aria-hidden=\"true\">")
		b.int(i + 1)
		b.raw("/")
		b.int(len(es))
		b.raw("</i>" + end + "\n")
	}
	b.raw("</div>\n")
	b.dots(len(es))
}

// openStrip starts a row that is swiped, with a finger or with the arrow keys.
func (b *htmlBuilder) openStrip() {
	b.use("strip")
	b.raw("<div class=\"strip\" role=\"region\" aria-label=\"" + b.words.swipe + "\" tabindex=\"0\">\n")
}

// dots shows how many things a strip holds and, in browsers that can without a script, which one is in view.
func (b *htmlBuilder) dots(n int) {
	b.raw("<div class=\"dots\" aria-hidden=\"true\"><p>")
	for range n {
		b.raw("<i></i>")
	}
	b.raw("</p></div>\n")
}
