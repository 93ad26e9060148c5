package render

import (
	"strconv"
	"strings"
)

// buttons writes the buttons of a card and the hints that belong to them.
func (b *htmlBuilder) buttons(es []element, class string) {
	if len(es) > 1 {
		class += " two"
	}
	b.raw("<div class=\"" + class + "\">\n")
	for i := range es {
		look := "btn"
		if i > 0 {
			look = "btn alt"
		}
		b.button(&es[i], look)
	}
	b.hints(es)
	b.raw("</div>\n")
}

func (b *htmlBuilder) hints(es []element) {
	for i := range es {
		b.hint(&es[i])
	}
}

func (b *htmlBuilder) button(e *element, class string) {
	if a := e.action; a != nil && a.typ == "COPY_PARAMETER" {
		b.raw("<details id=\"" + b.anchor("c", e) + "\"><summary class=\"" + class + "\">")
		b.both(e)
		b.raw("</summary>")
		b.copyable(a)
		b.raw("</details>\n")
		return
	}
	end := b.open(e, class)
	b.both(e)
	b.raw(end + "\n")
}

// copyable writes a text to be copied: one touch selects the whole of it.
func (b *htmlBuilder) copyable(a *action) {
	b.use("copy")
	b.raw("<code>")
	b.text(&a.target)
	b.raw("</code><p class=\"hint\">" + b.words.hold + "</p>\n")
}

// open starts the element that carries e's action, a link or, without an action that a page can perform, a span; it returns the closing tag.
// Everything works without a script: dialogs and enlarged pictures are targets of the address' fragment.
func (b *htmlBuilder) open(e *element, class string) string {
	a := e.action
	if a == nil || a.typ == "COPY_PARAMETER" {
		tag := "span"
		if e.kind == "image" {
			tag = "div"
		}
		b.raw("<" + tag + " class=\"" + class + "\" id=\"" + b.anchor("c", e) + "\">")
		return "</" + tag + ">"
	}
	b.raw("<a class=\"" + class + "\" id=\"" + b.anchor("c", e) + "\" href=\"")
	more := ""
	switch {
	case a.dead:
		b.raw("#")
	case a.typ == "OPEN_POPUP":
		b.raw("#" + b.anchor("d", e))
		b.after = append(b.after, func() { b.dialog(e) })
	case a.typ == "VIEW_PIC":
		b.raw("#" + b.anchor("z", e))
		b.after = append(b.after, func() { b.zoom(e) })
	case a.typ == "DIAL_PHONE":
		b.raw("tel:")
		b.str(phone(a.source.Target), escHTML)
	case a.typ == "OPEN_SMS":
		b.raw("sms:")
		b.str(phone(a.source.Target), escHTML)
		b.raw("?body=")
		b.str(a.source.Body, escURL)
	case a.typ == "OPEN_EMAIL":
		b.raw("mailto:")
		b.str(mailbox(a.source.Target), escHTML)
		b.raw("?subject=")
		b.str(a.source.Subject, escURL)
		b.raw("&amp;body=")
		b.str(a.source.Body, escURL)
	case a.typ == "OPEN_MAP":
		b.geo(a)
	case a.typ == "OPEN_SCHEDULE":
		b.slot(slotLink, 0, escHTML) // the edge serves the file: a page may not carry one
		b.raw("?" + CalendarQuery + "=" + e.id)
		more = " download=\"event.ics\""
	default:
		switch {
		case a.link:
			b.slot(slotLink, 0, escHTML)
			b.raw("#" + a.part + e.id)
		case a.picture != nil:
			b.media(a.picture, escHTML)
		default:
			b.address(a, escHTML)
		}
		more = " rel=\"nofollow noopener noreferrer\""
	}
	b.raw("\"" + more)
	b.ping(e)
	b.raw(">")
	return "</a>"
}

// anchor is the id of a part of e; the preview draws several cards on one page and tells them apart by prefix.
func (b *htmlBuilder) anchor(part string, e *element) string { return b.prefix + part + e.id }

// hint writes what a page says beside a button because it cannot act by itself: the way on if the app is missing, what a quick app needs, a place's
// address, a number to dial by hand. The style shows some of it on computers only.
func (b *htmlBuilder) hint(e *element) {
	a := e.action
	if a == nil || a.dead {
		return
	}
	switch a.typ {
	case "OPEN_MAP":
		b.mapHint(a)
	case "OPEN_APP":
		b.floorHint(a)
		b.onPhone()
	case "OPEN_QUICK":
		b.note("hint", b.words.runs)
		b.onPhone()
	case "DIAL_PHONE", "OPEN_SMS":
		b.raw("<p class=\"hint desk\">" + b.words.number)
		b.str(a.source.Target, escHTML)
		b.raw("</p>\n")
	}
}

func (b *htmlBuilder) onPhone() { b.note("hint desk", b.words.phone) }

// note writes one of the page's own sentences, once.
func (b *htmlBuilder) note(class, words string) {
	if b.hinted[words] {
		return
	}
	if b.hinted == nil {
		b.hinted = map[string]bool{}
	}
	b.hinted[words] = true
	b.raw("<p class=\"" + class + "\">" + words + "</p>\n")
}

// mapHint writes a place's address in words, leading to a map on the web where geo: addresses open nothing.
func (b *htmlBuilder) mapHint(a *action) {
	lat, lon, ok := coordinates(a)
	if ok {
		m := &b.words.maps
		if b.words.swapped {
			lat, lon = lon, lat
		}
		b.raw("<a class=\"hint\" rel=\"nofollow noopener noreferrer\" href=\"")
		b.str(m[0]+lat+m[1]+lon+m[2], escHTML)
		b.raw("\">" + b.words.place)
		b.str(a.source.Address, escHTML)
		b.raw("</a>\n")
		return
	}
	b.raw("<p class=\"hint\">" + b.words.place)
	b.str(a.source.Address, escHTML)
	b.raw("</p>\n")
}

// floorHint writes the way on if the app is not installed.
func (b *htmlBuilder) floorHint(a *action) {
	word := map[int]string{0: b.words.store, 1: b.words.page, 2: b.words.page, 3: b.words.quick}[a.floor]
	switch {
	case a.floor == 0 && a.source.PackageName != "":
		b.raw("<a class=\"hint\" href=\"market://details?id=")
		b.str(a.source.PackageName, escURL)
	case a.floor > 0 && a.source.FloorURL != "" && !deadLiteral(a.source.FloorURL):
		b.raw("<a class=\"hint\" rel=\"nofollow noopener noreferrer\" href=\"")
		b.str(a.source.FloorURL, escHTML)
	default:
		return
	}
	b.raw("\">" + word + "</a>\n")
}

func (b *htmlBuilder) dialog(e *element) {
	b.use("pop")
	a := e.action.source
	b.raw("<div class=\"pop\" id=\"" + b.anchor("d", e) + "\" role=\"dialog\" aria-modal=\"true\" aria-labelledby=\"" + b.anchor("t", e) + "\"><a class=\"veil\" href=\"#" + b.anchor("c", e) +
		"\" aria-label=\"" + b.words.close + "\"></a><section><h2 id=\"" + b.anchor("t", e) + "\">")
	b.str(a.Target, escHTML)
	b.raw("</h2><p>")
	b.str(a.Content, escHTML)
	b.raw("</p><a class=\"btn\" href=\"#" + b.anchor("c", e) + "\">")
	if a.TextButton == "" {
		b.raw(b.words.close)
	}
	b.str(a.TextButton, escHTML)
	b.raw("</a></section></div>\n")
}

func (b *htmlBuilder) zoom(e *element) {
	b.use("zoom")
	b.raw("<a class=\"zoom\" id=\"" + b.anchor("z", e) + "\" href=\"#" + b.anchor("c", e) + "\" aria-label=\"" + b.words.close + "\">")
	b.image(e.action.picture, e)
	b.raw("</a>\n")
}

// geo writes a geo: address (RFC 5870) with the query that map apps read; without usable coordinates the map app searches for the place.
func (b *htmlBuilder) geo(a *action) {
	lat, lon, ok := coordinates(a)
	if !ok {
		b.raw("geo:0,0?q=")
		b.str(a.source.Target+" "+a.source.Address, escURL)
		return
	}
	at := lat + "," + lon
	b.raw("geo:" + at + "?q=" + at + "(")
	b.str(a.source.Target, escURL)
	b.raw(")")
}

// coordinates are a place's latitude and longitude as plain decimals.
func coordinates(a *action) (lat, lon string, ok bool) {
	y, err1 := strconv.ParseFloat(a.source.Latitude, 64)
	x, err2 := strconv.ParseFloat(a.source.Longitude, 64)
	if err1 != nil || err2 != nil || !(y >= -90 && y <= 90 && x >= -180 && x <= 180) {
		return "", "", false
	}
	return strconv.FormatFloat(y, 'f', -1, 64), strconv.FormatFloat(x, 'f', -1, 64), true
}

// phone keeps what a tel: or sms: address may hold. The hash key is part of a number, but as it is it would start a fragment.
func phone(s string) string {
	return strings.ReplaceAll(strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' || strings.ContainsRune("+*#,;-", r) {
			return r
		}
		return -1
	}, s), "#", "%23")
}

// mailbox percent-encodes what would end the address part of mailto:.
func mailbox(s string) string {
	local, domain, ok := strings.Cut(s, "@")
	out := string(appendURL(nil, local))
	if ok {
		out += "@" + string(appendURL(nil, domain))
	}
	return out
}
