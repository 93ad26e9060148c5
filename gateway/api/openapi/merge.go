package openapi

import (
	"errors"
	"fmt"
	"iter"
	"strings"

	"go.yaml.in/yaml/v3"
)

// merge adds a fragment's tags, paths, webhooks and components. What is named twice is an error, two methods of one path aside.
func merge(base, f *yaml.Node) error {
	var errs []error
	tag := ""
	if tags := get(f, "tags"); tags != nil && len(tags.Content) > 0 {
		tag = scalar(get(tags.Content[0], "name"))
	}
	for op := range operations(f) {
		if get(op.node, "tags") == nil {
			set(op.node, "tags", list(str(tag)))
		}
		if servers := get(f, "servers"); servers != nil {
			set(op.node, "servers", servers)
		}
	}
	for key, v := range members(f) {
		switch key {
		case "servers": // stand with the operations
		case "tags":
			tags := get(base, key)
			tags.Content = append(tags.Content, v.Content...)
		case "paths":
			into := child(base, key)
			for path, item := range members(v) {
				errs = append(errs, adopt(child(into, path), item, path))
			}
		case "webhooks":
			errs = append(errs, adopt(child(base, key), v, key))
		case "components":
			for kind, named := range members(v) {
				errs = append(errs, adopt(child(child(base, key), kind), named, kind))
			}
		default:
			errs = append(errs, fmt.Errorf("%s does not belong in a fragment", key))
		}
	}
	return errors.Join(errs...)
}

func adopt(into, from *yaml.Node, what string) error {
	for key, v := range members(from) {
		if get(into, key) != nil {
			return fmt.Errorf("%s: %s stands in two fragments", what, key)
		}
		set(into, key, v)
	}
	return nil
}

// call is an operation where it stands.
type call struct {
	path, method string // method in lower case, as OpenAPI has it
	webhook      bool
	node         *yaml.Node
}

// operations ranges over the operations of a document or fragment, webhooks last.
func operations(root *yaml.Node) iter.Seq[call] {
	return func(yield func(call) bool) {
		for _, section := range [...]string{"paths", "webhooks"} {
			for path, item := range members(get(root, section)) {
				for method, op := range members(item) {
					switch method {
					case "get", "post", "put", "delete", "head":
						if !yield(call{path, method, section == "webhooks", op}) {
							return
						}
					}
				}
			}
		}
	}
}

// complete adds to each operation of a family what all of them have in common.
func complete(root *yaml.Node) error {
	envelopes(root)
	for op := range operations(root) {
		name := scalar(get(op.node, "x-cardlink-family"))
		if name == "" {
			continue
		}
		refusals, ok := families[name]
		if !ok {
			return fmt.Errorf("%s %s: there is no family %q", op.method, op.path, name)
		}
		responses := get(op.node, "responses")
		if responses == nil {
			return fmt.Errorf("%s %s has no responses", op.method, op.path)
		}
		// A list of no requirement at all: nobody is asked.
		open := get(op.node, "security") != nil && len(get(op.node, "security").Content) == 0
		headers := []string{"X-Request-Id"}
		if !open {
			headers = append(headers, "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy")
		}
		takesKey := !open && keyed(op)
		if takesKey {
			headers = append(headers, "Idempotent-Replayed", "Idempotent-Retried")
			if get(op.node, "parameters") == nil {
				set(op.node, "parameters", list())
			}
			p := get(op.node, "parameters")
			p.Content = append(p.Content, reference("parameters", "Idempotency-Key"))
		}
		for _, r := range members(responses) {
			if get(r, "$ref") != nil {
				continue
			}
			for _, h := range headers {
				set(child(r, "headers"), h, reference("headers", h))
			}
		}
		for _, r := range refusals {
			if open && r.caller || get(op.node, "requestBody") == nil && r.body || !takesKey && r.key || get(responses, r.status) != nil {
				continue
			}
			set(responses, r.status, reference("responses", r.component))
		}
	}
	return nil
}

// envelopes writes {x-envelope: S} out.
func envelopes(n *yaml.Node) {
	if data := get(n, "x-envelope"); data != nil {
		*n = yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		set(n, "type", str("object"))
		set(n, "required", list(str("status"), str("message"), str("data")))
		p := child(n, "properties")
		set(p, "status", reference("schemas", "Status"))
		set(p, "message", reference("schemas", "Message"))
		set(p, "data", data)
	}
	for _, c := range n.Content {
		envelopes(c)
	}
}

// keyed reports whether an Idempotency-Key has a meaning for an operation: a POST that changes something, as its right tells.
func keyed(op call) bool {
	right := scalar(get(op.node, "x-cardlink-right"))
	return op.method == "post" && !strings.HasSuffix(right, ":list") && !strings.HasSuffix(right, ":check")
}

// refusal is an answer that operations share; the marks say who can get it.
type refusal struct {
	status, component string
	caller            bool // who is asked for a credential
	body              bool // who sends a body
	key               bool // who may send an Idempotency-Key
}

// families maps a family of operations to its refusals (api.md §3.5): what the gateway in front refuses looks the same everywhere.
var families = map[string][]refusal{
	"aim":     refusals("AimRefused", "AimFailed"),
	"plain":   refusals("Refused", "Failed"),
	"iam":     refusals("GatewayRefused", "GatewayFailed"),
	"gateway": {{status: "500", component: "GatewayFailed"}, {status: "503", component: "Busy"}},
}

func refusals(wrong, failed string) []refusal {
	return []refusal{
		{status: "400", component: wrong}, {status: "401", component: "Unauthorized", caller: true}, {status: "403", component: "Forbidden", caller: true},
		{status: "409", component: "KeyRunning", key: true}, {status: "413", component: "TooLarge", body: true}, {status: "415", component: "MediaType", body: true},
		{status: "422", component: "KeyReused", key: true}, {status: "429", component: "Throttled"},
		{status: "500", component: failed}, {status: "503", component: "Busy"}, {status: "504", component: "TimedOut"},
	}
}
