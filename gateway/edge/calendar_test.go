package edge

import (
	"strings"
	"testing"
	"time"

	"cardlink/render"
	"cardlink/templates"
)

// The calendar entry of a page is a file on the page's own address: it is offered as long as the page is, is no second visit, and nothing else is found by guessing.
func TestCalendarEntries(t *testing.T) {
	h := newHouse(t, nil)
	h.tpl.t.Pages[0].Contents[3].ActionType = "OPEN_SCHEDULE"
	h.tpl.t.Pages[0].Contents[3].Action = &templates.Action{Target: "Sale", Description: "Doors; open", BeginTime: "2026-12-01 10:00:00", EndTime: "2026-12-01 22:00:00"}
	path := h.link(1, nil)

	page := h.get(path)
	if body := string(page.Body()); page.StatusCode() != 200 || !strings.Contains(body, `href="http`) || !strings.Contains(body, path+`?ics=1-4" download="event.ics"`) {
		t.Fatalf("page %d: %s", page.StatusCode(), body)
	}
	policy := string(page.Header.Peek("Content-Security-Policy"))
	if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || policy == render.ErrorCSP {
		t.Errorf("policy of the page: %s", policy)
	}
	file := h.get(path + "?ics=1-4")
	if body := string(file.Body()); file.StatusCode() != 200 || !strings.HasPrefix(body, "BEGIN:VCALENDAR\r\n") || !strings.Contains(body, `DESCRIPTION:Doors\; open`) {
		t.Errorf("entry %d: %s", file.StatusCode(), body)
	}
	for name, want := range map[string]string{
		"Content-Type": render.CalendarType, "Content-Disposition": `attachment; filename="event.ics"`, "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store",
		"X-Robots-Tag": "noindex, nofollow",
	} {
		if got := string(file.Header.Peek(name)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, query := range []string{"?ics=1-3", "?ics=", "?ics=../1-4", "?x=1"} {
		if r := h.get(path + query); r.StatusCode() != 200 || !strings.HasPrefix(string(r.Header.ContentType()), "text/html") {
			t.Errorf("%s answers %d %s, want the page", query, r.StatusCode(), r.Header.ContentType())
		}
	}
	if r := h.get("/nobody?ics=1-4"); r.StatusCode() != 404 || string(r.Header.Peek("Content-Security-Policy")) != render.ErrorCSP {
		t.Errorf("an unknown link's entry: %d", r.StatusCode())
	}
	h.facts(5) // the pages, not the entry
	h.pass(8 * 24 * time.Hour)
	if r := h.get(path + "?ics=1-4"); r.StatusCode() != 410 {
		t.Errorf("an expired link's entry: %d", r.StatusCode())
	}
}
