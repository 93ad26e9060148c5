package render

import (
	"fmt"
	"strconv"
	"strings"

	"cardlink/templates"
)

// buttons writes the buttons of a card and the hints that belong to them.
func (b *htmlBuilder) buttons(es []element, class string) {
	b.raw("<div class=\"" + class + "\">\n")
	for i := range es {
		look := "btn"
		if i > 0 {
			look = "btn alt"
		}
		b.button(&es[i], look)
	}
	for i := range es {
		b.hint(&es[i])
	}
	b.raw("</div>\n")
}

func (b *htmlBuilder) button(e *element, class string) {
	if a := e.action; a != nil && a.typ == "COPY_PARAMETER" {
		b.raw("<details id=\"" + b.anchor("c", e) + "\"><summary class=\"" + class + "\">")
		b.both(e)
		b.raw("</summary><code>")
		b.text(&a.target)
		b.raw("</code><p class=\"hint\">" + b.words.hold + "</p></details>\n")
		return
	}
	end := b.open(e, class)
	b.both(e)
	b.raw(end + "\n")
}

// open starts the element that carries e's action, a link or, without an action that a page can perform, a span; it returns the closing tag.
// Everything works without a script: dialogs and enlarged pictures are targets of the address' fragment.
func (b *htmlBuilder) open(e *element, class string) string {
	a := e.action
	tag := "a"
	if a == nil || a.typ == "COPY_PARAMETER" {
		tag = "span"
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
		b.raw("data:text/calendar;charset=utf-8,")
		b.str(calendar(b.c.tpl.ID, e.id, a.source), escURL)
		more = " download=\"event.ics\""
	default:
		switch {
		case a.link:
			b.slot(slotLink, 0, escHTML)
			b.raw("#" + a.part + e.id)
		case a.picture != nil:
			b.media(a.picture, escHTML)
		default:
			b.address(&a.target, escHTML)
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

// hint writes what a page says beside a button because it cannot act by itself: the way on if the app is missing, a place's address.
func (b *htmlBuilder) hint(e *element) {
	a := e.action
	if a == nil {
		return
	}
	switch a.typ {
	case "OPEN_MAP":
		b.raw("<p class=\"hint\">" + b.words.place)
		b.str(a.source.Address, escHTML)
		b.raw("</p>\n")
	case "OPEN_APP":
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
}

func (b *htmlBuilder) dialog(e *element) {
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
	b.raw("<a class=\"zoom\" id=\"" + b.anchor("z", e) + "\" href=\"#" + b.anchor("c", e) + "\" aria-label=\"" + b.words.close + "\">")
	b.image(e.action.picture, e)
	b.raw("</a>\n")
}

// geo writes a geo: address (RFC 5870) with the query that map apps read; without usable coordinates the map app searches for the place.
func (b *htmlBuilder) geo(a *action) {
	lat, err1 := strconv.ParseFloat(a.source.Latitude, 64)
	lon, err2 := strconv.ParseFloat(a.source.Longitude, 64)
	if err1 != nil || err2 != nil || !(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180) {
		b.raw("geo:0,0?q=")
		b.str(a.source.Target+" "+a.source.Address, escURL)
		return
	}
	at := strconv.FormatFloat(lat, 'f', -1, 64) + "," + strconv.FormatFloat(lon, 'f', -1, 64)
	b.raw("geo:" + at + "?q=" + at + "(")
	b.str(a.source.Target, escURL)
	b.raw(")")
}

// phone keeps what a tel: or sms: address may hold.
func phone(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' || strings.ContainsRune("+*#,;-", r) {
			if r == '#' { // would start a fragment
				return -1
			}
			return r
		}
		return -1
	}, s)
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

// calendar is an iCalendar file (RFC 5545) with one event. Times are the author's wall clock, so they carry no zone.
func calendar(tpl int64, id string, a *templates.Action) string {
	stamp := func(s string) string { return strings.NewReplacer("-", "", ":", "", " ", "T").Replace(s) }
	var b strings.Builder
	line := func(name, value string) {
		s := name + ":" + value
		for n := 75; len(s) > n; n = 74 { // folded lines are at most 75 octets, the blank included
			cut := n
			for cut > 0 && s[cut]&0xC0 == 0x80 {
				cut--
			}
			b.WriteString(s[:cut] + "\r\n ")
			s = s[cut:]
		}
		b.WriteString(s + "\r\n")
	}
	escape := strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//Cardlink//Card//EN")
	line("BEGIN", "VEVENT")
	line("UID", fmt.Sprintf("%d-%s@cardlink", tpl, id))
	line("DTSTAMP", stamp(a.BeginTime)+"Z") // required; the page has no clock
	line("DTSTART", stamp(a.BeginTime))
	line("DTEND", stamp(a.EndTime))
	line("SUMMARY", escape.Replace(a.Target))
	line("DESCRIPTION", escape.Replace(a.Description))
	line("END", "VEVENT")
	line("END", "VCALENDAR")
	return b.String()
}
