package render

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// node is one element of a page: its name, attributes with their values unescaped, and the text directly inside.
type node struct {
	name  string
	attrs [][2]string
	text  string
}

var voids = regexp.MustCompile(`<((?:meta|img|br|hr)\b[^>]*)>`)

// parsePage reads a page as strictly as an XML reader does once void elements are closed: unquoted or repeated attributes, unclosed elements and
// stray markup are errors. The pages are written so that they pass; a value that broke out of its place would not.
func parsePage(page []byte) ([]node, error) {
	d := xml.NewDecoder(strings.NewReader(voids.ReplaceAllString(string(page), "<$1/>")))
	var nodes []node
	var open []int
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			if len(open) > 0 {
				return nil, errors.New("unclosed elements")
			}
			return nodes, nil
		}
		if err != nil {
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			n := node{name: tok.Name.Local}
			for _, a := range tok.Attr {
				if slices.ContainsFunc(n.attrs, func(b [2]string) bool { return b[0] == a.Name.Local }) {
					return nil, fmt.Errorf("<%s> has %s twice", n.name, a.Name.Local)
				}
				n.attrs = append(n.attrs, [2]string{a.Name.Local, a.Value})
			}
			open = append(open, len(nodes))
			nodes = append(nodes, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				nodes[open[len(open)-1]].text += string(tok)
			}
		case xml.Comment, xml.ProcInst:
			return nil, fmt.Errorf("unexpected %T", tok)
		}
	}
}

// structure is a page without any value: names and attribute names only.
func structure(nodes []node) string {
	var b strings.Builder
	for _, n := range nodes {
		b.WriteString("<" + n.name)
		for _, a := range n.attrs {
			b.WriteString(" " + a[0])
		}
		b.WriteString(">")
	}
	return b.String()
}

// dangerous finds what no page may hold: scripts, handlers, inline styles, addresses that run.
func dangerous(nodes []node) string {
	for _, n := range nodes {
		switch n.name {
		case "script", "iframe", "object", "embed", "form", "base", "link", "svg":
			return "<" + n.name + ">"
		}
		for _, a := range n.attrs {
			if strings.HasPrefix(a[0], "on") || a[0] == "style" {
				return a[0]
			}
			if a[0] == "href" || a[0] == "src" || a[0] == "poster" {
				if slices.Contains(scripts, literalScheme(a[1])) {
					return a[0] + "=" + a[1]
				}
			}
		}
	}
	return ""
}

// skeleton is a JSON value with every string and number replaced by its type.
func skeleton(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[k] = skeleton(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = skeleton(e)
		}
		return out
	default:
		return fmt.Sprintf("%T", v)
	}
}

// wireCard is the card as a handset reads it.
type wireCard struct {
	Schema   string
	Vendor   string
	Template struct {
		ID      string
		Version int
		Layout  string
	}
	Card struct {
		Layout   string
		SubType  int `json:"sub_type"`
		Elements []wireElement
	}
	ResolveID string `json:"resolve_id"`
	Link      string
	ExpireAt  string `json:"expire_at"`
	Beacons   struct{ Expose, Click string }
}

// wireElement is an element of it.
type wireElement struct {
	Page, Position    int
	Role, Type        string
	Text, Value       string
	Title             bool
	MaxLines          int `json:"max_lines"`
	Currency, Style   string
	Src, Ratio        string
	Width, Height     int
	ContentType       string `json:"content_type"`
	Cover, Background *struct {
		Src           string
		Width, Height int
		ContentType   string `json:"content_type"`
	}
	Action *struct {
		Type, Target string
		PackageName  string `json:"package_name"`
		FloorType    *int   `json:"floor_type"`
		FloorURL     string `json:"floor_url"`
		Body         string
		Subject      string
		Description  string
		BeginTime    string `json:"begin_time"`
		EndTime      string `json:"end_time"`
		Address      string
		Longitude    string
		Latitude     string
		Content      string
		TextButton   string `json:"text_button"`
		Mode         *int
	}
}

// parseCard reads a card; a field that docs/cards.md and wireCard do not know is an error.
func parseCard(text []byte) (wireCard, error) {
	var c wireCard
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	err := d.Decode(&c)
	return c, err
}
