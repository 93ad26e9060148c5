package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// members ranges over a mapping in its order; a nil node has none.
func members(n *yaml.Node) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i].Value, n.Content[i+1]) {
				return
			}
		}
	}
}

func get(n *yaml.Node, key string) *yaml.Node {
	for k, v := range members(n) {
		if k == key {
			return v
		}
	}
	return nil
}

func scalar(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	return n.Value
}

func set(n *yaml.Node, key string, v *yaml.Node) {
	n.Content = append(n.Content, str(key), v)
}

// child is the mapping under key, made if it is not there.
func child(n *yaml.Node, key string) *yaml.Node {
	if v := get(n, key); v != nil {
		return v
	}
	v := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	set(n, key, v)
	return v
}

func str(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if _, err := strconv.Atoi(s); err == nil {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

func list(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle, Content: items}
}

func reference(kind, name string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Style: yaml.FlowStyle}
	set(n, "$ref", str("#/components/"+kind+"/"+name))
	return n
}

// appendJSON writes a node as JSON and keeps the order of its members, which encoding/json would not.
func appendJSON(b *bytes.Buffer, n *yaml.Node) error {
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		first := true
		for key, v := range members(n) {
			if !first {
				b.WriteByte(',')
			}
			first = false
			if err := appendString(b, key); err != nil {
				return err
			}
			b.WriteByte(':')
			if err := appendJSON(b, v); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, v := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := appendJSON(b, v); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case yaml.ScalarNode:
		switch n.Tag {
		case "!!str":
			return appendString(b, n.Value)
		case "!!null":
			b.WriteString("null")
		case "!!bool", "!!int", "!!float":
			if !json.Valid([]byte(n.Value)) {
				return fmt.Errorf("line %d: %s is not a JSON scalar", n.Line, n.Value)
			}
			b.WriteString(n.Value)
		default:
			return fmt.Errorf("line %d: JSON has no %s", n.Line, n.Tag)
		}
	default:
		return fmt.Errorf("line %d: JSON has no node of kind %d", n.Line, n.Kind)
	}
	return nil
}

func appendString(b *bytes.Buffer, s string) error {
	var one bytes.Buffer
	e := json.NewEncoder(&one)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return err
	}
	b.Write(bytes.TrimSuffix(one.Bytes(), []byte("\n")))
	return nil
}
