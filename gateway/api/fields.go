package api

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"cardlink/fault"
)

// fields reads a JSON object leniently, as clients other than Go need it (api.md §3.1): null is absent, unknown names are ignored, and a string, a number or a boolean
// will do for each other where one can be read as the other. It remembers the values that will not do, with their full paths, such as
// "pages[0].contents[2].position_number".
type fields struct {
	values map[string]any // as readJSON gives them
	path   string         // of the object, with a dot behind it; empty for the body
	noted  *[]error       // complaints, at most maxComplaints; shared by all objects of one body
}

// maxComplaints is how many are remembered. A body with more is not made better by knowing the rest at once.
const maxComplaints = 100

// fieldsOf parses a body; code is the answer to one that is not JSON.
func fieldsOf(body []byte, code fault.Code) (fields, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return fields{}, fault.New(fault.EmptyInput, "")
	}
	values, err := readJSON(body, code)
	return fields{values: values, noted: new([]error)}, err
}

// complaint is the first value that would not do.
func (f fields) complaint() error {
	if len(*f.noted) == 0 {
		return nil
	}
	return (*f.noted)[0]
}

// complaints are all values that would not do, in the order they were read.
func (f fields) complaints() []error { return *f.noted }

// wrong notes a complaint about a field of this object.
func (f fields) wrong(err *fault.Error) {
	if len(*f.noted) < maxComplaints {
		moved := *err
		moved.Field = f.path + err.Field
		*f.noted = append(*f.noted, &moved)
	}
}

// has reports whether the field is there and not null.
func (f fields) has(name string) bool { return f.values[name] != nil }

// require complains about the first of the names that is not there.
func (f fields) require(names ...string) {
	for _, name := range names {
		if !f.has(name) {
			f.wrong(fault.Required(name))
		}
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
	f.wrong(fault.Type(cutName(name), fault.String))
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

// integer is a whole number of 32 bits, or def if absent.
func (f fields) integer(name string, def int) int {
	if p := f.optional(name); p != nil {
		return *p
	}
	return def
}

// optional is a whole number of 32 bits, nil if absent. An empty string is absent; a boolean is 1 or 0; "7.0" is 7, as some languages write it.
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
	if whole, fraction, found := strings.Cut(s, "."); found && fraction != "" && strings.Trim(fraction, "0") == "" {
		s = whole
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		f.wrong(fault.Integer(cutName(name)))
		return nil
	}
	i := int(n)
	return &i
}

func (f fields) object(name string) (sub fields, given bool) {
	switch v := f.values[name].(type) {
	case nil:
		return fields{noted: f.noted}, false
	case map[string]any:
		return fields{v, f.path + name + ".", f.noted}, true
	}
	f.wrong(fault.Type(name, fault.Object))
	return fields{noted: f.noted}, false
}

func (f fields) array(name string) []any {
	switch v := f.values[name].(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	f.wrong(fault.Type(name, fault.Array))
	return nil
}

func (f fields) objects(name string) []fields {
	list := f.array(name)
	out := make([]fields, 0, len(list))
	for i, v := range list {
		m, isObject := v.(map[string]any)
		at := name + "[" + strconv.Itoa(i) + "]"
		if !isObject {
			f.wrong(fault.Type(at, fault.Object))
			continue
		}
		out = append(out, fields{m, f.path + at + ".", f.noted})
	}
	return out
}

func (f fields) texts(name string) []string {
	var out []string
	for i, v := range f.array(name) {
		at := name + "[" + strconv.Itoa(i) + "]"
		out = append(out, fields{map[string]any{at: v}, f.path, f.noted}.text(at))
	}
	return out
}

// strings is an object of scalars as text, such as dync_params; nil if absent. A null in it is absent too.
func (f fields) strings(name string) map[string]string {
	sub, given := f.object(name)
	if !given {
		return nil
	}
	out := make(map[string]string, len(sub.values))
	for key := range sub.values {
		if sub.has(key) {
			out[key] = sub.text(key)
		}
	}
	return out
}
