package api

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"cardlink/fault"
)

// encode writes v as compact JSON with HTML escaping off, as the original does.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// envelope is the second response style (api.md §3.2); data is null where an operation has no payload.
type envelope struct {
	Status  string `json:"status"`
	Message string `json:"message"`
	Data    any    `json:"data"`
}

func ok(data any) envelope { return envelope{"200", "success", data} }

// pageInfo is the paging answer of every list.
type pageInfo struct {
	Offset int `json:"offset"`
	Limit  int `json:"limit"`
	Total  int `json:"total"`
}

// page is a list's window, checked.
type page struct{ Offset, Limit int }

// beyond reports whether offset+limit is past the 10,000 rows that some lists serve; such lists answer empty (api.md §3.3).
func (p page) beyond() bool { return p.Offset+p.Limit > 10_000 }

// paging reads offset and limit of the query. A required one that is absent, or one out of its range, is refused with its name.
func paging(r *Request, required bool, maxOffset, maxLimit, defaultLimit int) (page, error) {
	read := func(name string, low, high, def int) (int, error) {
		s := queryText(r, name)
		if s == "" {
			if required {
				return 0, fault.Required(name)
			}
			return def, nil
		}
		v, err := strconv.Atoi(s)
		if err != nil || v < low || v > high {
			return 0, fault.Range(name, int64(low), int64(high))
		}
		return v, nil
	}
	offset, err := read("offset", 0, maxOffset, 0)
	if err != nil {
		return page{}, err
	}
	limit, err := read("limit", 1, maxLimit, defaultLimit)
	return page{offset, limit}, err
}

// queryText is one query parameter, decoded; an enum's remark after a colon (half or full width) is cut by queryEnum, not here.
func queryText(r *Request, name string) string { return string(r.QueryArgs().Peek(name)) }

// queryEnum is a query parameter without the remark that the SDK's constants carry after a colon (api.md §12).
func queryEnum(r *Request, name string) string { return withoutRemark(queryText(r, name)) }

var timeForms = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999-0700",
	"2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999-0700",
}

// parseTime reads every time form of api.md §3.4; without a zone it is UTC.
func parseTime(field, s string) (time.Time, error) {
	for _, form := range timeForms {
		if t, err := time.ParseInLocation(form, s, time.UTC); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fault.Time(field)
}

// parseEnd reads the end of a window. Answers cut times to the second (those of send tasks to the hundredth) while rows have milliseconds: an end means all of
// the unit it is written in, so that a row is within when the end is the very time it is shown with.
func parseEnd(field, s string) (time.Time, error) {
	t, err := parseTime(field, s)
	unit := time.Second
	if _, fraction, found := strings.Cut(s, "."); found {
		for i := 0; i < len(fraction) && '0' <= fraction[i] && fraction[i] <= '9'; i++ {
			unit /= 10
		}
	}
	if err == nil && unit > time.Millisecond {
		t = t.Add(unit - time.Millisecond)
	}
	return t, err
}

// The response forms of a time (api.md §3.4). A zero time is the Unix epoch in zulu and "" in the others.
func zulu(t time.Time) string {
	if t.IsZero() {
		t = time.Unix(0, 0)
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

func noZone(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05")
}

func blank(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// window is a begin/end pair of the query.
type window struct{ Begin, End time.Time }

// timeWindow reads begin_time and end_time. One alone is ignored; with neither (or one), the last def is meant; def 0 = no limit (api.md §3.4).
func timeWindow(r *Request, now time.Time, def time.Duration) (window, error) {
	b, e := queryText(r, "begin_time"), queryText(r, "end_time")
	if b == "" || e == "" {
		if def == 0 {
			return window{}, nil
		}
		return window{now.Add(-def), now.Add(time.Minute)}, nil
	}
	begin, err := parseTime("begin_time", b)
	if err != nil {
		return window{}, err
	}
	end, err := parseEnd("end_time", e)
	if err != nil {
		return window{}, err
	}
	if year := now.AddDate(-1, 0, 0); begin.Before(year) {
		begin = year // older data is not served
	}
	if future := now.AddDate(0, 0, 1); end.After(future) {
		end = future // there is none, and some lists work by the day
	}
	return window{begin, end}, nil
}

// bothOrNeither reads begin_time and end_time where one alone is refused and their order matters (templates and video templates, api.md §3.4). A zero window is no limit.
func bothOrNeither(r *Request) (w window, err error) {
	b, e := queryText(r, "begin_time"), queryText(r, "end_time")
	switch {
	case b == "" && e == "":
		return w, nil
	case b == "":
		return w, fault.Said("begin_time", "is required with end_time", "与end_time须同时提供")
	case e == "":
		return w, fault.Said("end_time", "is required with begin_time", "与begin_time须同时提供")
	}
	if w.Begin, err = parseTime("begin_time", b); err != nil {
		return window{}, err
	}
	if w.End, err = parseEnd("end_time", e); err != nil {
		return window{}, err
	}
	if w.End.Before(w.Begin) {
		return window{}, fault.Said("begin_time", "must not be after end_time", "不能晚于end_time")
	}
	return w, nil
}
