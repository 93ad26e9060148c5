package render

import (
	"fmt"
	"strings"

	"cardlink/templates"
)

// CalendarType is the media type of calendar entries.
const CalendarType = "text/calendar; charset=utf-8"

// CalendarQuery is the name of the query field that asks for a calendar entry on a link's own address: "?ics=1-5" is content 5 of page 1.
const CalendarQuery = "ics"

// calendarFile is the calendar entry that an element of a page offers.
type calendarFile struct{ id, text string }

// Calendar is the calendar entry, an iCalendar file, that the element with an id ("1-5": page and content of the template) of an H5 page offers; empty if it
// offers none. It does not allocate.
func (p *Program) Calendar(id []byte) string {
	for i := range p.calendars {
		if p.calendars[i].id == string(id) {
			return p.calendars[i].text
		}
	}
	return ""
}

// calendars are the entries of c's elements.
func (c *card) calendars() (list []calendarFile) {
	for i := range c.elements {
		if e := &c.elements[i]; e.action != nil && e.action.typ == "OPEN_SCHEDULE" {
			list = append(list, calendarFile{e.id, calendar(c.tpl.ID, e.id, e.action.source)})
		}
	}
	return list
}

// calendar is an iCalendar file (RFC 5545) with one event. Times are the author's wall clock, so they carry no zone.
func calendar(tpl int64, id string, a *templates.Action) string {
	stamp := func(s string) string { return strings.NewReplacer("-", "", ":", "", " ", "T").Replace(s) }
	var b strings.Builder
	line := func(name, value string) {
		s := name + ":" + value
		for n := 75; len(s) > n; n = 74 { // folded lines are at most 75 octets, the blank included
			cut := n
			for cut > n-4 && s[cut]&0xC0 == 0x80 { // no character is torn, and none is longer
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
