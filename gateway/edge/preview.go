package edge

import (
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"cardlink/render"
	"cardlink/templates"
)

// previewFor is how long a template's preview is taken from memory, and maxPreviews how many; beyond it all are dropped.
const (
	previewFor  = 5 * time.Second
	maxPreviews = 256
)

// previews keeps finished preview pages for a moment, so that a page that is passed around costs nothing.
type previews struct {
	server *Server

	mu    sync.Mutex // held while a page is made: previews are made one at a time
	pages map[previewKey]previewPage
}

// previewKey holds the origin because the page names it.
type previewKey struct {
	id     int64
	origin string
}

type previewPage struct {
	body []byte // nil: there is no such template
	at   time.Time
}

// preview shows a template's newest version with its example values, whatever its state: reviewers look at it before it is approved.
func (s *Server) preview(c *fasthttp.RequestCtx, tplID string) {
	s.stats.previews.Inc()
	id, err := strconv.ParseInt(tplID, 10, 64)
	if !s.o.Previews || err != nil || len(tplID) != 9 {
		s.notFound(c, false)
		return
	}
	body, err := s.previews.page(c, id)
	switch {
	case err != nil:
		s.fail(c, "preview a template", err)
	case body == nil:
		s.notFound(c, false)
	default:
		s.page(c, fasthttp.StatusOK)
		c.Response.SetBody(body)
	}
}

func (p *previews) page(c *fasthttp.RequestCtx, id int64) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.server
	now := s.o.Now()
	key := previewKey{id, s.origin}
	if key.origin == "" {
		key.origin = "https://" + string(c.Host())
	}
	if page, ok := p.pages[key]; ok && now.Sub(page.at) < previewFor {
		return page.body, nil
	}
	body, err := p.make(key)
	if err != nil {
		return nil, err
	}
	if len(p.pages) >= maxPreviews {
		clear(p.pages)
	}
	p.pages[key] = previewPage{body, now}
	return body, nil
}

func (p *previews) make(key previewKey) ([]byte, error) {
	s := p.server
	t, err := s.o.Templates.Load(s.ctx, key.id, 0)
	if errors.Is(err, templates.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	program, _, err := render.Compile(s.o.Catalogue, t, render.H5)
	if err != nil {
		return nil, err
	}
	values := render.SampleValues(t)
	values.Origin, values.Beacon = key.origin, "" // looking at a preview is no exposure
	values.Link = key.origin + "/p/" + strconv.FormatInt(key.id, 10)
	return program.Append(make([]byte, 0, program.Size()), &values), nil
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
