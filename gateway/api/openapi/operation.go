package openapi

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// Operation is an operation as tests and pages look at it.
type Operation struct {
	ID, Method, Path string // method in upper case; a webhook's path is its name
	Webhook          bool
	Right            string   // "-" nobody is asked, "" any caller, te_admin administrators, else an action of a policy
	Family           string   // "" answers in its own way
	Public           bool     // no credential
	Parameters       []string // "in name", such as "query limit"
	Codes            []string // refusals of its own

	tag  string
	node *yaml.Node
}

// Operations are all operations in the order of the document, webhooks last.
func (d *Document) Operations() []Operation {
	var out []Operation
	for c := range operations(d.root) {
		op := Operation{
			ID: scalar(get(c.node, "operationId")), Method: strings.ToUpper(c.method), Path: c.path, Webhook: c.webhook, node: c.node,
			Right: scalar(get(c.node, "x-cardlink-right")), Family: scalar(get(c.node, "x-cardlink-family")),
		}
		if s := get(c.node, "security"); s != nil && len(s.Content) == 0 {
			op.Public = true
		}
		if tags := get(c.node, "tags"); tags != nil && len(tags.Content) > 0 {
			op.tag = tags.Content[0].Value
		}
		for _, p := range d.parameters(c.node) {
			op.Parameters = append(op.Parameters, scalar(get(p, "in"))+" "+scalar(get(p, "name")))
		}
		if codes := get(c.node, "x-cardlink-codes"); codes != nil {
			for _, n := range codes.Content {
				op.Codes = append(op.Codes, n.Value)
			}
		}
		out = append(out, op)
	}
	return out
}
