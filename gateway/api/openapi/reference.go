package openapi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"strings"

	"cardlink/fault"
)

//go:embed page.html.tmpl
var pageTemplate string

//go:embed style.css
var style []byte

// File is something to serve. Its fields must not be changed.
type File struct {
	Body, Gzip []byte
	Type       string // Content-Type
	ETag       string // weak: the same for Body and Gzip
}

// Reference is the document as files: for machines, and as pages in English and Chinese that need no script. It is read-only.
type Reference struct {
	files map[string]File
}

// The names under which the document itself is kept in a Reference.
const (
	JSONFile = "openapi.json"
	YAMLFile = "openapi.yaml"
)

// Reference renders the document; codes are the failures callers may see.
func (d *Document) Reference(codes []fault.Entry) (*Reference, error) {
	r := &Reference{files: map[string]File{}}
	r.add(JSONFile, "", "application/json", d.json)
	r.add(YAMLFile, "", "application/yaml", d.yaml)
	r.add("style.css", "", "text/css; charset=utf-8", style)
	t, err := template.New("page").Funcs(template.FuncMap{"arguments": func(of any, w map[string]string) map[string]any { return map[string]any{"Of": of, "W": w} }}).Parse(pageTemplate)
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	for lang := range words {
		for _, p := range d.pages(lang, codes) {
			var b bytes.Buffer
			if err := t.Execute(&b, p); err != nil {
				return nil, fmt.Errorf("openapi: page %q: %w", p.Slug, err)
			}
			r.add(p.Slug, lang, "text/html; charset=utf-8", b.Bytes())
		}
	}
	return r, nil
}

// Page is a file by its name: "" and the slugs of nouns are pages in both languages ("en", "zh"), openapi.json, openapi.yaml and style.css have none.
func (r *Reference) Page(name, lang string) (File, bool) {
	f, ok := r.files[lang+"/"+name]
	if !ok {
		f, ok = r.files["/"+name]
	}
	return f, ok
}

func (r *Reference) add(name, lang, media string, body []byte) {
	sum := sha256.Sum256(body)
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is known
	_, _ = z.Write(body)                                  // a buffer takes everything
	_ = z.Close()
	r.files[lang+"/"+name] = File{Body: body, Gzip: b.Bytes(), Type: media, ETag: `W/"` + hex.EncodeToString(sum[:12]) + `"`}
}

// page is what the template sees.
type page struct {
	Slug, Title, Lang, Other string
	W                        map[string]string
	Nav                      []navEntry
	Blocks                   []block
	Operations               []shown
	Codes                    []fault.Entry
	Token                    string
}

type navEntry struct {
	Slug, Title, Description string
	Here                     bool
	Operations               []Operation
}

// shown is an operation as its page shows it.
type shown struct {
	Operation
	Summary    string
	Text       []inline
	Parameters []field
	Body       []field
	Answer     []field
	Empty      bool         // no good answer has a body
	Statuses   []statusLine // of an operation that answers in its own way
	Own        []fault.Entry
	Example    example
}

// statusLine is an answer by its status.
type statusLine struct {
	Status string   // such as 200, 2XX or default
	Media  []string // what it may be
	Text   []inline
}

// tokenLines get a token into a shell.
const tokenLines = `API=https://api.example.com
TOKEN=$(curl -si "$API/v3/auth/tokens" -H 'Content-Type: application/json' -d '{"auth": {
    "identity": {"methods": ["password"], "password": {"user": {
      "name": "api-user", "password": "…", "domain": {"name": "Example Mall"}}}},
    "scope": {"project": {"name": "cn-north-4"}}}}' |
  tr -d '\r' | awk 'tolower($1) == "x-subject-token:" {print $2}')`

func slug(tag string) string { return strings.ReplaceAll(strings.ToLower(tag), " ", "-") }

// pages are the pages of a language, the first one first.
func (d *Document) pages(lang string, codes []fault.Entry) []page {
	ops, w, calls := d.Operations(), words[lang], snippets()
	texts := map[string]fault.Entry{}
	for _, c := range codes {
		texts[string(c.Code)] = c
	}
	var nouns []navEntry
	for _, n := range get(d.root, "tags").Content {
		tag := scalar(get(n, "name"))
		e := navEntry{Slug: slug(tag), Title: tag, Description: scalar(get(n, "description"))}
		if lang == "zh" {
			e.Title = scalar(get(n, "x-cardlink-zh"))
		}
		for _, op := range ops {
			if op.tag == tag {
				e.Operations = append(e.Operations, op)
			}
		}
		nouns = append(nouns, e)
	}
	other := map[string]string{"en": "zh", "zh": "en"}[lang]
	at := func(slug, title string) page {
		p := page{Slug: slug, Title: title, Lang: lang, Other: other, W: w}
		p.Nav = append(append([]navEntry{{Title: w["start"]}}, nouns...), navEntry{Slug: "errors", Title: w["errors"]})
		for i := range p.Nav {
			p.Nav[i].Here = p.Nav[i].Slug == slug
		}
		return p
	}
	first := at("", w["start"])
	first.Token = tokenLines
	first.Blocks = blocks(scalar(get(get(d.root, "info"), "description")))
	out := []page{first}
	for _, n := range nouns {
		p := at(n.Slug, n.Title)
		for i := range n.Operations {
			p.Operations = append(p.Operations, d.show(&n.Operations[i], texts, calls))
		}
		out = append(out, p)
	}
	last := at("errors", w["errors"])
	last.Codes = codes
	return append(out, last)
}

func (d *Document) show(op *Operation, texts map[string]fault.Entry, calls map[string]string) shown {
	s := shown{Operation: *op, Empty: true, Summary: scalar(get(op.node, "summary")), Text: inlines(scalar(get(op.node, "description"))), Example: d.exampleOf(op, calls)}
	for _, p := range d.parameters(op.node) {
		f := d.line(scalar(get(p, "name")), get(p, "schema"))
		f.In, f.Required, f.Text = scalar(get(p, "in")), scalar(get(p, "required")) == "true", inlines(scalar(get(p, "description")))
		s.Parameters = append(s.Parameters, f)
	}
	for _, media := range members(get(d.resolve(get(op.node, "requestBody")), "content")) {
		s.Body = d.fields(get(media, "schema"))
		break
	}
	for status, r := range members(get(op.node, "responses")) {
		r = d.resolve(r)
		kinds := []string{}
		for media, m := range members(get(r, "content")) {
			kinds = append(kinds, media)
			if isJSON(media) && len(kinds) == 1 && status[0] == '2' && s.Answer == nil { // what has other forms is told in words
				s.Answer = d.fields(get(m, "schema"))
			}
		}
		s.Empty = s.Empty && (len(kinds) == 0 || status[0] > '2')
		if op.Family == "" {
			s.Statuses = append(s.Statuses, statusLine{status, kinds, inlines(scalar(get(r, "description")))})
		}
	}
	for _, c := range op.Codes {
		s.Own = append(s.Own, texts[c])
	}
	return s
}
