package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"cardlink/fault"
)

// fields reads a JSON object leniently, as clients other than Go need it (api.md §3.1), and remembers the first value of a wrong type with its full path, such as
// "pages[0].contents[2].position_number".
type fields struct {
	values map[string]any
	path   string // of the object, with a dot behind it; empty for the body
	first  *error // shared by all objects of one body
}

// fieldsOf parses a body; code is the answer to one that is not JSON.
func fieldsOf(body []byte, code fault.Code) (fields, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return fields{}, fault.New(fault.EmptyInput, "")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return fields{}, &fault.Error{Code: code, Field: "body", Rule: "is not valid JSON", Err: err}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fields{}, fault.In(code, "body", "must be one JSON object and nothing after it")
	}
	m, isObject := v.(map[string]any)
	if !isObject {
		return fields{}, fault.In(code, "body", "must be a JSON object")
	}
	return fields{values: m, first: new(error)}, nil
}

// complaint is the first wrong type that was met.
func (f fields) complaint() error { return *f.first }

func (f fields) wrong(name, want string) {
	if *f.first == nil {
		*f.first = fault.In(fault.Parameter, f.path+name, "must be "+want)
	}
}

// text is a string; a number or boolean is taken as it is written.
func (f fields) text(name string) string {
	switch v := f.values[name].(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	f.wrong(name, "a string")
	return ""
}

// enum is a text without the remark that the SDK's constants carry after a colon.
func (f fields) enum(name string) string { return withoutRemark(f.text(name)) }

func withoutRemark(s string) string {
	if i := strings.IndexAny(s, ":："); i >= 0 {
		s = s[:i]
	}
	return strings.TrimSpace(s)
}

// integer is a whole number, or def if absent.
func (f fields) integer(name string, def int) int {
	if p := f.optional(name); p != nil {
		return *p
	}
	return def
}

func (f fields) optional(name string) *int {
	var s string
	switch v := f.values[name].(type) {
	case nil:
		return nil
	case json.Number:
		s = v.String()
	case string:
		if s = strings.TrimSpace(v); s == "" {
			return nil
		}
	case bool:
		s = map[bool]string{true: "1", false: "0"}[v]
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		f.wrong(name, "an integer")
		return nil
	}
	i := int(n)
	return &i
}

func (f fields) object(name string) (sub fields, given bool) {
	switch v := f.values[name].(type) {
	case nil:
		return fields{}, false
	case map[string]any:
		return fields{v, f.path + name + ".", f.first}, true
	}
	f.wrong(name, "a JSON object")
	return fields{}, false
}

func (f fields) array(name string) []any {
	switch v := f.values[name].(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	f.wrong(name, "a JSON array")
	return nil
}

func (f fields) objects(name string) []fields {
	list := f.array(name)
	out := make([]fields, 0, len(list))
	for i, v := range list {
		m, isObject := v.(map[string]any)
		at := name + "[" + strconv.Itoa(i) + "]"
		if !isObject {
			f.wrong(at, "a JSON object")
			continue
		}
		out = append(out, fields{m, f.path + at + ".", f.first})
	}
	return out
}

func (f fields) texts(name string) []string {
	var out []string
	for i, v := range f.array(name) {
		at := name + "[" + strconv.Itoa(i) + "]"
		out = append(out, fields{map[string]any{at: v}, f.path, f.first}.text(at))
	}
	return out
}

// strings is an object of scalars as text, such as dync_params; nil if absent.
func (f fields) strings(name string) map[string]string {
	sub, given := f.object(name)
	if !given {
		return nil
	}
	out := make(map[string]string, len(sub.values))
	for key := range sub.values {
		out[key] = sub.text(key)
	}
	return out
}
