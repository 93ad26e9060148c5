package edge

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"cardlink/fault"
	"cardlink/render"
	"cardlink/templates"
)

// Drafts opens previews of drafts by their tokens. *templates.Previews implements it.
type Drafts interface {
	// Open gives the draft as a template and until when; templates.ErrUnknown if the token is forged, expired or forgotten.
	Open(ctx context.Context, token string) (*templates.Template, time.Time, error)
}

// Bounds of previews. They are drawn for each request, some milliseconds of a core, so both who asks and how many are drawn at once is bounded.
const (
	previewFor      = 5 * time.Second // how long a template is taken from memory
	maxPreviews     = 256             // templates in memory; beyond it all are dropped
	previewsAtOnce  = 2               // drawn at once; others wait
	previewPatience = 2 * time.Second // and are answered 503 after this long
	previewBurst    = 60              // asked for by one address block at once
	previewInterval = 100             // milliseconds until it may ask for one more
	previewSample   = 100             // characters of a sample value; what is longer is cut
)

// pictureName is the part of a preview that is its QR code.
const pictureName = "qr.png"

// preview serves /p/{name}: a version of a template, a draft, or a card of the gallery on every vendor, whatever its state, since reviewers look at it before it is
// approved. Below it are each target's card alone (/p/{name}/OPPO, /p/{name}/H5) and the QR code (/p/{name}/qr.png). Asking for what is not there costs as much of the
// visitor's budget as what is, and is answered as any other unknown address.
func (s *Server) preview(c *fasthttp.RequestCtx, path string) {
	s.stats.previews.Inc()
	name, part, deeper := strings.Cut(path, "/")
	target, known := s.previewTarget(part)
	if s.o.Previews == nil || deeper && !known && part != pictureName {
		s.notFound(c, false)
		return
	}
	if !s.previews.budget.take(s.client(c).id, s.o.Now().UnixMilli()) {
		s.busy(c, fasthttp.StatusTooManyRequests, errLimited)
		return
	}
	entry, err := s.previews.template(name)
	switch {
	case err != nil:
		s.fail(c, "preview a template", err)
		return
	case entry.template == nil:
		s.notFound(c, false)
		return
	}
	if !s.previews.enter() {
		s.busy(c, fasthttp.StatusServiceUnavailable, errUnavailable)
		return
	}
	defer s.previews.leave()
	look := s.look(c, name, entry)
	switch {
	case part == pictureName:
		s.previewCode(c, entry.template, &look)
	case deeper:
		err = s.previewCard(c, entry.template, target, look)
	default:
		err = s.previewPage(c, entry.template, look)
	}
	if err != nil {
		s.fail(c, "preview a template", err)
	}
}

// previewTarget finds a target by its name as the address has it: upper case, so that every part has one address.
func (s *Server) previewTarget(part string) (target render.Target, known bool) {
	for _, t := range render.TargetsOf(s.o.Catalogue) {
		if t.String() == part {
			return t, true
		}
	}
	return 0, false
}

// look reads how the preview is wanted: lang, theme and width, and the values of the template's own parameters.
func (s *Server) look(c *fasthttp.RequestCtx, name string, e previewEntry) render.Look {
	q := c.QueryArgs()
	l := render.Look{Origin: s.originOf(c), Language: s.previewLanguage(c), Until: e.until}
	l.Self = l.Origin + "/p/" + name
	l.Theme, _ = render.ThemeOf(string(q.Peek("theme")))
	if n, err := strconv.Atoi(string(q.Peek("width"))); err == nil && n >= render.MinWidth && n <= render.MaxWidth {
		l.Width = n
	}
	for _, p := range e.template.Params {
		key := render.PreviewValue + p.Bare()
		if !q.Has(key) {
			continue
		}
		if l.Values == nil {
			l.Values = map[string]string{}
		}
		l.Values[p.Bare()] = firstChars(string(q.Peek(key)), previewSample)
	}
	return l
}

// originOf is the edge's own address, or the one it was asked by.
func (s *Server) originOf(c *fasthttp.RequestCtx) string {
	if s.origin != "" {
		return s.origin
	}
	return "https://" + string(c.Host())
}

// previewLanguage is what the address asks for, else what the reader's browser does, else the installation's.
func (s *Server) previewLanguage(c *fasthttp.RequestCtx) fault.Language {
	first, _, _ := strings.Cut(string(c.Request.Header.Peek(fasthttp.HeaderAcceptLanguage)), ",")
	for _, said := range [...]string{string(c.QueryArgs().Peek("lang")), strings.ToLower(strings.TrimSpace(first))} {
		switch {
		case strings.HasPrefix(said, "zh"):
			return fault.Chinese
		case strings.HasPrefix(said, "en"):
			return fault.English
		}
	}
	return s.o.Language & 1
}

func firstChars(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// previewPage is all targets side by side.
func (s *Server) previewPage(c *fasthttp.RequestCtx, t *templates.Template, look render.Look) error {
	body, csp, err := s.o.Rules.AppendPreview(nil, s.o.Catalogue, t, look)
	if err != nil {
		return err
	}
	s.page(c, fasthttp.StatusOK)
	c.Response.Header.Set("Content-Security-Policy", csp)
	c.Response.SetBodyRaw(body)
	return nil
}

// previewCard is one target's card as a page of its own. The H5 page also gives its calendar entries, since cards lead there.
func (s *Server) previewCard(c *fasthttp.RequestCtx, t *templates.Template, target render.Target, look render.Look) error {
	if target == render.H5 && c.QueryArgs().Has(render.CalendarQuery) {
		program, _, err := s.o.Rules.Compile(s.o.Catalogue, t, render.H5)
		if err != nil {
			return err
		}
		if s.calendar(c, program) {
			return nil
		}
	}
	shot, err := s.o.Rules.Shot(s.o.Catalogue, t, target, look)
	if err != nil {
		return err
	}
	if shot.HTML == nil {
		s.notFound(c, false)
		return nil
	}
	s.page(c, fasthttp.StatusOK)
	c.Response.Header.Set("Content-Security-Policy", render.DocumentCSP)
	c.Response.SetBodyRaw(shot.HTML)
	return nil
}

// previewCode is the QR code of the preview's address, with the values asked for if they are not too long for one.
func (s *Server) previewCode(c *fasthttp.RequestCtx, t *templates.Template, look *render.Look) {
	picture, err := render.QRPNG(look.Address(t))
	if err != nil {
		s.notFound(c, false) // the installation's own name is too long for one
		return
	}
	h := &c.Response.Header
	h.SetContentType("image/png")
	h.SetCanonical(headerCacheControl, valueNoStore)
	h.SetCanonical(headerRobots, valueNoIndex)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	c.Response.SetBodyRaw(picture)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
