package openapi

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v3"
)

// example is what a reader can copy.
type example struct {
	Curl, Go, Answer string
	Status           string
}

// exampleOf makes an operation's examples; snippets are the calls through the SDK by operationId.
func (d *Document) exampleOf(op *Operation, snippets map[string]string) example {
	e := example{Go: snippets[op.ID]}
	if op.Webhook {
		e.Answer = sample(get(d.resolve(get(op.node, "requestBody")), "content"))
		return e
	}
	e.Curl = d.curl(op)
	for status, r := range members(get(op.node, "responses")) {
		if status[0] == '2' && e.Status == "" {
			e.Status, e.Answer = status, sample(get(d.resolve(r), "content"))
		}
	}
	return e
}

// sample is the first example of a body, as it travels.
func sample(content *yaml.Node) string {
	for media, m := range members(content) {
		x := get(m, "example")
		switch {
		case x == nil:
		case isJSON(media):
			return pretty(x)
		case media == "application/x-www-form-urlencoded":
			form := url.Values{}
			for name, v := range members(x) {
				form.Set(name, v.Value)
			}
			return form.Encode()
		}
	}
	return ""
}

// isJSON reports whether a media type is JSON or built on it.
func isJSON(media string) bool {
	return media == "application/json" || strings.HasSuffix(media, "+json")
}

// curl is the call at a command line, with a token: signatures are for programs.
func (d *Document) curl(op *Operation) string {
	path, query := op.Path, url.Values{}
	var headers []string
	for _, p := range d.parameters(op.node) {
		name, value := scalar(get(p, "name")), scalar(get(p, "example"))
		switch {
		case value == "":
		case scalar(get(p, "in")) == "path":
			path = strings.Replace(path, "{"+name+"}", url.PathEscape(value), 1)
		case scalar(get(p, "in")) == "query":
			query.Set(name, value)
		case scalar(get(p, "in")) == "header":
			headers = append(headers, "-H "+quoted(name+": "+value))
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	lines := []string{`curl "` + server(op) + path + `"`} // an escaped path and query hold nothing that a shell reads in quotes
	if op.Method != "GET" {
		lines[0] = "curl -X " + op.Method + ` "` + server(op) + path + `"`
	}
	lines = append(lines, headers...)
	if !op.Public {
		lines = append(lines, `-H "X-Auth-Token: $TOKEN"`)
	}
	content := get(d.resolve(get(op.node, "requestBody")), "content")
	if media := get(content, "application/json"); media != nil {
		lines = append(lines, "-H 'Content-Type: application/json'")
		if x := get(media, "example"); x != nil {
			lines = append(lines, "-d "+quoted(pretty(x)))
		}
	}
	if media := get(content, "multipart/form-data"); media != nil {
		for name, v := range members(get(media, "example")) {
			lines = append(lines, "-F "+quoted(name+"="+v.Value))
		}
	}
	return strings.Join(lines, " \\\n  ")
}

// server is the address before an operation's path: its own, with the defaults of its variables, or that of the API.
func server(op *Operation) string {
	own := sequence(get(op.node, "servers"))
	if len(own) == 0 {
		return "$API"
	}
	at := scalar(get(own[0], "url"))
	for name, v := range members(get(own[0], "variables")) {
		at = strings.ReplaceAll(at, "{"+name+"}", scalar(get(v, "default")))
	}
	return at
}

// quoted is a word of a POSIX shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// pretty is JSON to read: as long as it fits, an object or array stands on one line.
func pretty(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	var b bytes.Buffer
	writePretty(&b, n, "")
	return b.String()
}

// wide is how long a line of an example may be, in characters that are mostly narrow.
const wide = 64

func writePretty(b *bytes.Buffer, n *yaml.Node, indent string) {
	var flat bytes.Buffer
	if appendJSON(&flat, n) != nil {
		return // an example that is no JSON has failed the tests
	}
	if n.Kind == yaml.ScalarNode || flat.Len()+len(indent) <= wide || len(n.Content) == 0 {
		b.Write(spaced(flat.Bytes()))
		return
	}
	open, shut, step := byte('{'), byte('}'), 2
	if n.Kind == yaml.SequenceNode {
		open, shut, step = '[', ']', 1
	}
	b.WriteByte(open)
	for i := 0; i < len(n.Content); i += step {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n" + indent + "  ")
		if step == 2 {
			key, _ := json.Marshal(n.Content[i].Value) // a string cannot fail
			b.Write(append(key, ": "...))
		}
		writePretty(b, n.Content[i+step-1], indent+"  ")
	}
	b.WriteString("\n" + indent)
	b.WriteByte(shut)
}

// spaced puts a blank behind the commas and colons of one line of JSON.
func spaced(flat []byte) []byte {
	out := make([]byte, 0, len(flat)+8)
	text, escaped := false, false
	for _, c := range flat {
		out = append(out, c)
		switch {
		case escaped:
			escaped = false
		case c == '\\' && text:
			escaped = true
		case c == '"':
			text = !text
		case !text && (c == ',' || c == ':'):
			out = append(out, ' ')
		}
	}
	return out
}
