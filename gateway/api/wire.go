package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"cardlink/fault"
)

// text, number and flag accept a JSON string, number or boolean for a scalar, whatever was declared: clients other than Go mix them (api.md §3.1).
// null is absent. Set tells absent from zero.

type text struct {
	Value string
	Set   bool
}

func (t *text) UnmarshalJSON(b []byte) error {
	switch {
	case string(b) == "null":
		return nil
	case b[0] == '"':
		t.Set = true
		return json.Unmarshal(b, &t.Value)
	case b[0] == '{' || b[0] == '[':
		return errors.New("must be a string")
	}
	t.Value, t.Set = string(b), true
	return nil
}

type number struct {
	Value int64
	Set   bool
}

func (n *number) UnmarshalJSON(b []byte) error {
	s := string(b)
	if s == "null" {
		return nil
	}
	if b[0] == '"' {
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
	}
	v, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil {
		return errors.New("must be an integer")
	}
	n.Value, n.Set = v, true
	return nil
}

// Or is the value, or def if absent.
func (n number) Or(def int64) int64 {
	if n.Set {
		return n.Value
	}
	return def
}

// decode reads a JSON body into v. Unknown fields are ignored (api.md §3.1); a body that is empty, not JSON, of a wrong type, or followed by
// something else is refused with the field's name where one is known.
func decode(body []byte, v any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return fault.New(fault.EmptyInput, "")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(v); err != nil {
		return decodeFault(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fault.New(fault.Parameter, "the body must be one JSON object and nothing after it")
	}
	return nil
}

func decodeFault(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		field := kind.Field
		if field == "" {
			field = "body"
		}
		return &fault.Error{Code: fault.Parameter, Field: field, Rule: "must not be a JSON " + kind.Value, Err: err}
	case errors.As(err, &syntax):
		return &fault.Error{Code: fault.Parameter, Field: "body", Rule: "is not valid JSON (at byte " + strconv.FormatInt(syntax.Offset, 10) + ")", Err: err}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &fault.Error{Code: fault.Parameter, Field: "body", Rule: "is not valid JSON (it ends too early)", Err: err}
	}
	return &fault.Error{Code: fault.Parameter, Field: "body", Rule: err.Error(), Err: err}
}

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
				return 0, fault.In(fault.Parameter, name, "is required")
			}
			return def, nil
		}
		v, err := strconv.Atoi(s)
		if err != nil || v < low || v > high {
			return 0, fault.Inf(fault.Parameter, name, "must be an integer from %d to %d", low, high)
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
func queryEnum(r *Request, name string) string {
	s := queryText(r, name)
	if i := strings.IndexAny(s, ":："); i >= 0 {
		s = s[:i]
	}
	return s
}

var timeForms = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999-0700",
}

// parseTime reads every time form of api.md §3.4; without a zone it is UTC.
func parseTime(field, s string) (time.Time, error) {
	for _, form := range timeForms {
		if t, err := time.ParseInLocation(form, s, time.UTC); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fault.In(fault.Parameter, field, "must be a time such as 2026-01-02T03:04:05Z")
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
	end, err := parseTime("end_time", e)
	if err != nil {
		return window{}, err
	}
	if year := now.AddDate(-1, 0, 0); begin.Before(year) {
		begin = year // older data is not served
	}
	return window{begin, end}, nil
}
