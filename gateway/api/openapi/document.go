// Package openapi owns the description of everything the gateway speaks: the KooMessage v1 operations, the IAM operations that SDKs need, our extensions, the edge and the
// webhooks, as one OpenAPI 3.1 document, and the reference pages made from it. It refuses to know handlers and rooms: tests hold the document to the router, to the SDK and
// to real answers.
//
// The fragments beside this file are plain OpenAPI in YAML, one per noun, one line per field. What New adds to them is their notation:
//
//   - An operation without tags gets the first tag of its fragment. x-cardlink-zh is a tag's name in Chinese. servers of a
//     fragment are those of its operations.
//   - operationId is the SDK's method name; x-cardlink-right is the right that the route asks for ("-" nobody is asked, "" any caller, te_admin administrators).
//   - x-cardlink-family names the form of its refusals (aim, plain, iam, gateway; api.md §3.5) and adds them. An operation without a family answers in its own way.
//   - x-cardlink-codes are the codes it is refused with for what it is itself; those of credentials and limits are known.
//   - schema: {x-envelope: S} is the envelope {status, message, data} around S.
//   - X-Request-Id and the RateLimit headers of good answers are added, and to a POST whose right does not end in :list or :check Idempotency-Key with what it answers.
//   - A body, a JSON answer, and each parameter that is required have an example; `go test ./gateway/api/openapi -update` makes the SDK's calls of snippets.txt from them.
//   - A field that the SDK does not know bears x-cardlink-extension: true.
//   - Texts are plain, with `code` in backticks; a schema composes by $ref alone, without allOf.
package openapi

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed *.yaml
var fragments embed.FS

// order is the fragments as readers meet their nouns, after base and shared.
var order = [...]string{
	"templates", "materials", "links", "sends", "capability", "callbacks", "reports",
	"sms_apps", "sms_signatures", "sms_templates", "sms_messages", "video_sms",
	"sa_media", "sa_pubs", "sa_menus", "sa_portals", "sa_ports",
	"template_previews", "domains", "company", "blacklist", "usage", "deliveries", "operators",
	"iam", "edge_links", "edge_accounts", "edge_media", "webhooks", "description",
}

// Document is the merged description. It is read-only.
type Document struct {
	root       *yaml.Node
	json, yaml []byte
}

// New merges the fragments. An error means that they contradict each other, which a test would have found.
func New() (*Document, error) {
	base, err := fragment("base")
	if err != nil {
		return nil, err
	}
	for _, name := range append([]string{"shared"}, order[:]...) {
		f, err := fragment(name)
		if err == nil {
			err = merge(base, f)
		}
		if err != nil {
			return nil, fmt.Errorf("openapi: %s.yaml: %w", name, err)
		}
	}
	if err := complete(base); err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	d := &Document{root: base}
	var b bytes.Buffer
	if err := appendJSON(&b, base); err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	d.json = append(b.Bytes(), '\n')
	if d.yaml, err = yaml.Marshal(base); err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	return d, nil
}

// JSON is the document as JSON, members in the order of the fragments. It must not be changed.
func (d *Document) JSON() []byte { return d.json }

// YAML is the document as YAML. It must not be changed.
func (d *Document) YAML() []byte { return d.yaml }

func fragment(name string) (*yaml.Node, error) {
	text, err := fragments.ReadFile(name + ".yaml")
	if err != nil {
		return nil, err
	}
	var n yaml.Node
	if err := yaml.Unmarshal(text, &n); err != nil {
		return nil, err
	}
	if len(n.Content) != 1 || n.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("is not a mapping")
	}
	return n.Content[0], plain(n.Content[0])
}

// plain refuses what JSON does not have and makes a string of what only YAML takes for a time.
func plain(n *yaml.Node) error {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return fmt.Errorf("line %d: anchors are for YAML alone; name a component instead", n.Line)
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == "":
		return fmt.Errorf("line %d: nothing stands here; a text with a comma or a colon needs quotes", n.Line)
	case n.Kind == yaml.ScalarNode && n.Tag == "!!timestamp":
		n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
	}
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			for j := 0; j < i; j += 2 {
				if n.Content[j].Value == c.Value {
					return fmt.Errorf("line %d: %s stands here twice", c.Line, c.Value)
				}
			}
		}
		if err := plain(c); err != nil {
			return err
		}
	}
	return nil
}

// resolve follows a reference to a component.
func (d *Document) resolve(n *yaml.Node) *yaml.Node {
	for {
		to := scalar(get(n, "$ref"))
		if to == "" {
			return n
		}
		n = d.root
		for key := range strings.SplitSeq(strings.TrimPrefix(to, "#/"), "/") {
			n = get(n, key)
		}
	}
}

// parameters are an operation's, references resolved.
func (d *Document) parameters(op *yaml.Node) []*yaml.Node {
	var out []*yaml.Node
	if p := get(op, "parameters"); p != nil {
		for _, n := range p.Content {
			out = append(out, d.resolve(n))
		}
	}
	return out
}
