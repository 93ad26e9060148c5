package api

import (
	"context"
	"strings"
	"sync"

	"github.com/valyala/fasthttp"

	"cardlink/fault"
	"cardlink/gateway/api/openapi"
)

// descriptionHandlers serve the API's description: OpenAPI 3.1 for machines, pages for people. It is made when it is first asked for.
type descriptionHandlers struct {
	reference func() (*openapi.Reference, error)
}

func newDescription() descriptionHandlers {
	return descriptionHandlers{sync.OnceValues(func() (*openapi.Reference, error) {
		d, err := openapi.New()
		if err != nil {
			return nil, err
		}
		return d.Reference(fault.Codes())
	})}
}

func (h descriptionHandlers) routes() []route {
	return []route{
		{"GET", "/openapi.json", "ShowOpenAPIJSON", public, gateway, h.file(openapi.JSONFile)},
		{"GET", "/openapi.yaml", "ShowOpenAPIYAML", public, gateway, h.file(openapi.YAMLFile)},
		{"GET", "/docs", "ShowReference", public, gateway, h.file("")},
		{"GET", "/docs/{page}", "ShowReferencePage", public, gateway, h.page},
	}
}

func (h descriptionHandlers) file(name string) handler {
	return func(_ context.Context, r *Request) (any, error) { return h.serve(r, name) }
}

func (h descriptionHandlers) page(_ context.Context, r *Request) (any, error) {
	return h.serve(r, r.Param(0))
}

// pagePolicy lets a page load its style sheet and nothing else: it has no script, no form and no frame.
const pagePolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func (h descriptionHandlers) serve(r *Request, name string) (any, error) {
	lang, err := pageLanguage(r)
	if err != nil {
		return nil, err
	}
	ref, err := h.reference()
	if err != nil {
		return nil, err
	}
	f, ok := ref.Page(name, lang)
	if !ok {
		return nil, fault.Newf(fault.NoRoute, "no API answers GET %s", printable(string(r.Path()), 200))
	}
	head := &r.Response.Header
	head.Set("Cache-Control", "no-cache") // ask again each time, by tag
	head.Set("Vary", "Accept-Encoding, Accept-Language")
	head.Set("ETag", f.ETag)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Content-Security-Policy", pagePolicy)
	if known(string(r.Request.Header.Peek("If-None-Match")), f.ETag) {
		r.SetStatusCode(fasthttp.StatusNotModified)
		return written, nil
	}
	r.SetContentType(f.Type)
	if r.Request.Header.HasAcceptEncoding("gzip") {
		head.Set("Content-Encoding", "gzip")
		r.Response.SetBodyRaw(f.Gzip)
		return written, nil
	}
	r.Response.SetBodyRaw(f.Body)
	return written, nil
}

// pageLanguage is the language that the query asks for, else Chinese for who names it first.
func pageLanguage(r *Request) (string, error) {
	switch lang := queryText(r, "lang"); lang {
	case "en", "zh":
		return lang, nil
	case "":
	default:
		return "", fault.OneOf("lang", "en", "zh")
	}
	if first := strings.TrimSpace(string(r.Request.Header.Peek("Accept-Language"))); len(first) >= 2 && strings.EqualFold(first[:2], "zh") {
		return "zh", nil
	}
	return "en", nil
}

// known reports whether an If-None-Match header names a tag, weakly.
func known(header, tag string) bool {
	for t := range strings.SplitSeq(header, ",") {
		if t = strings.TrimSpace(t); t == "*" || t != "" && strings.TrimPrefix(t, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}
