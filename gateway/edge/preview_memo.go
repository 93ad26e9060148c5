package edge

import (
	"errors"
	"sync"
	"time"

	"cardlink/previewlink"
	"cardlink/templates"
)

// previews remembers what is previewed for a moment, so that a page that is passed around costs one read, and bounds how many are drawn.
type previews struct {
	server *Server
	budget budget        // by address block
	turns  chan struct{} // holds an element per preview that is drawn

	mu    sync.Mutex // held while a template is read: they are read one at a time
	known map[string]previewEntry
}

// previewEntry is a template as it was read; it is only read from then on.
type previewEntry struct {
	template *templates.Template // nil: there is none
	until    time.Time           // of a draft; zero: a template
	at       time.Time
}

func newPreviews(s *Server) *previews {
	p := &previews{server: s, turns: make(chan struct{}, previewsAtOnce), known: map[string]previewEntry{}}
	p.budget.burst, p.budget.interval = previewBurst, previewInterval
	return p
}

// enter waits for its turn to draw, for previewPatience at most.
func (p *previews) enter() bool {
	select {
	case p.turns <- struct{}{}:
		return true
	default:
	}
	late := time.NewTimer(previewPatience)
	defer late.Stop()
	select {
	case p.turns <- struct{}{}:
		return true
	case <-late.C:
		return false
	case <-p.server.ctx.Done():
		return false
	}
}

func (p *previews) leave() { <-p.turns }

// template gives what an address shows. A name that nobody was given is refused before anything is read, so that neither the answer nor its time tells whether a template
// exists; only the cards of the gallery, which are everybody's, go by their ids.
func (p *previews) template(name string) (previewEntry, error) {
	id, version, stored := p.server.o.Previews.Open(previewlink.Template, name)
	public := false
	if !stored {
		if id, public = templates.ParseTplID(name); public && !templates.GalleryID(id) {
			return previewEntry{}, nil
		}
	}
	if !stored && !public && (p.server.o.Drafts == nil || len(name) != templates.PreviewToken) {
		return previewEntry{}, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.server.o.Now()
	if e, ok := p.known[name]; ok && now.Sub(e.at) < previewFor && (e.until.IsZero() || now.Before(e.until)) {
		return e, nil
	}
	e := previewEntry{at: now}
	var err error
	if stored || public {
		e.template, err = p.server.o.Templates.Load(p.server.ctx, id, version)
		if err == nil && public && !e.template.Public() {
			err = templates.ErrUnknown
		}
	} else {
		e.template, e.until, err = p.server.o.Drafts.Open(p.server.ctx, name)
	}
	if errors.Is(err, templates.ErrUnknown) {
		e.template, err = nil, nil
	}
	if err != nil {
		return previewEntry{}, err
	}
	if len(p.known) >= maxPreviews {
		clear(p.known)
	}
	p.known[name] = e
	return e, nil
}
