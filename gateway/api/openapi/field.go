package openapi

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// field is a line of a table: a parameter, or a field of a body with its depth.
type field struct {
	Name, In  string
	Depth     int
	Type      string
	Range     string
	Unit      string // a word: what Range counts, "" a number
	Each      string // the same of an array's items or a map's values
	EachUnit  string
	Required  bool
	Values    []string // enumeration
	Default   string
	Pattern   string
	Extension bool
	Text      []inline
	Parent    string // what stands before the name, such as "params[]."
}

// deepest bounds the depth of a table; what lies below is in the document.
const deepest = 8

// fields is a schema as lines: an object's fields, or those of the objects in an array.
func (d *Document) fields(schema *yaml.Node) []field { return d.below(schema, 0, "") }

func (d *Document) below(schema *yaml.Node, depth int, parent string) []field {
	schema = d.resolve(schema)
	if depth > deepest || schema == nil {
		return nil
	}
	if items := get(schema, "items"); items != nil {
		if depth == 0 {
			parent = "[]."
		}
		return d.below(items, depth, parent)
	}
	if text := get(schema, "contentSchema"); text != nil {
		return d.below(text, depth, parent)
	}
	var out []field
	for _, one := range sequence(get(schema, "oneOf")) {
		out = append(out, d.below(one, depth, parent)...)
	}
	required := sequence(get(schema, "required"))
	for name, s := range members(get(schema, "properties")) {
		f := d.line(name, s)
		f.Depth, f.Parent = depth, parent
		for _, r := range required {
			f.Required = f.Required || r.Value == name
		}
		out = append(out, f)
		mark := "."
		if inner := d.resolve(s); get(inner, "items") != nil {
			mark = "[]."
		}
		out = append(out, d.below(s, depth+1, parent+name+mark)...)
	}
	return out
}

// line is one field without its place.
func (d *Document) line(name string, schema *yaml.Node) field {
	s := d.resolve(schema)
	f := field{
		Name: name, Type: d.typeOf(s), Default: scalar(get(s, "default")), Pattern: scalar(get(s, "pattern")),
		Extension: scalar(get(s, "x-cardlink-extension")) == "true",
	}
	f.Range, f.Unit = span(s)
	for _, inner := range [...]string{"items", "additionalProperties"} {
		if one := d.resolve(get(s, inner)); one != nil {
			f.Each, f.EachUnit = span(one)
		}
	}
	values := get(s, "enum")
	if items := d.resolve(get(s, "items")); values == nil && items != nil {
		values = get(items, "enum")
	}
	for _, v := range sequence(values) {
		f.Values = append(f.Values, v.Value)
	}
	if c := get(s, "const"); c != nil {
		f.Values = []string{c.Value}
	}
	f.Text = inlines(scalar(get(s, "description")))
	return f
}

// typeOf is a schema's type in words: "string", "integer", "array of objects".
func (d *Document) typeOf(s *yaml.Node) string {
	t := get(s, "type")
	kind := scalar(t)
	if t != nil && t.Kind == yaml.SequenceNode {
		var names []string
		for _, n := range t.Content {
			names = append(names, n.Value)
		}
		kind = strings.Join(names, " or ")
	}
	switch {
	case kind == "integer" && scalar(get(s, "format")) != "":
		return scalar(get(s, "format"))
	case strings.HasPrefix(kind, "array"):
		return d.typeOf(d.resolve(get(s, "items"))) + "[]"
	case kind == "object" && get(s, "additionalProperties") != nil && get(s, "additionalProperties").Kind == yaml.MappingNode:
		return "map of " + d.typeOf(d.resolve(get(s, "additionalProperties")))
	case kind == "":
		return "any"
	}
	return kind
}

// span is the bounds of a value and what they count: characters of a text, items of an array, or nothing if they are a number's.
func span(s *yaml.Node) (bounds, unit string) {
	for _, k := range [...][3]string{{"minLength", "maxLength", "characters"}, {"minItems", "maxItems", "items"}, {"minProperties", "maxProperties", "items"}, {"minimum", "maximum", ""}} {
		low, high := grouped(scalar(get(s, k[0]))), grouped(scalar(get(s, k[1])))
		switch {
		case low != "" && low == high:
			return low, k[2]
		case low != "" && high != "":
			return low + "–" + high, k[2]
		case high != "":
			return "≤ " + high, k[2]
		case low != "":
			return "≥ " + low, k[2]
		}
	}
	return "", ""
}

// grouped puts commas between the thousands of a number.
func grouped(n string) string {
	for i := len(n) - 3; i > 0 && n[i-1] != '-'; i -= 3 {
		n = n[:i] + "," + n[i:]
	}
	return n
}

func sequence(n *yaml.Node) []*yaml.Node {
	if n == nil {
		return nil
	}
	return n.Content
}
