package edge

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"cardlink/previewlink"
	"cardlink/templates"
	"cardlink/videosms"
)

// Videos reads the templates of video messages. *videosms.Service implements it.
type Videos interface {
	// Show reads a template of any tenant; videosms.ErrUnknown if there is none.
	Show(ctx context.Context, id int64) (*videosms.Template, error)
	// Media opens a content by its digest.
	Media(ctx context.Context, digest string) (io.ReadSeekCloser, error)
}

// videoMemo keeps templates, and that there is none, for previewFor: a page and its pictures are read at once. Beyond maxPreviews all are dropped.
type videoMemo struct {
	mu    sync.Mutex // held while a template is read: they are read one at a time
	known map[int64]videoEntry
}

type videoEntry struct {
	template *videosms.Template // nil: there is none
	at       time.Time
}

func (m *videoMemo) show(ctx context.Context, from Videos, id int64, now time.Time) (*videosms.Template, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.known[id]; ok && now.Sub(e.at) < previewFor {
		return e.template, nil
	}
	t, err := from.Show(ctx, id)
	if errors.Is(err, videosms.ErrUnknown) {
		t, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	if m.known == nil || len(m.known) >= maxPreviews {
		m.known = make(map[int64]videoEntry)
	}
	m.known[id] = videoEntry{t, now}
	return t, nil
}

// video shows the frames of a video message's template, whatever its state, or one of their contents: {name} and {name}/{frame}-{element}.{type}. Pages and unknown
// addresses count against the visitor's budget of previews; contents do not, since a page may have many.
func (s *Server) video(c *fasthttp.RequestCtx, path string) {
	if s.o.Videos == nil || s.o.Previews == nil {
		s.notFound(c, false)
		return
	}
	name, media, _ := strings.Cut(path, "/")
	id, _, ok := s.o.Previews.Open(previewlink.Video, name)
	if (!ok || media == "") && !s.previews.budget.take(s.client(c).id, s.o.Now().UnixMilli()) {
		s.busy(c, fasthttp.StatusTooManyRequests, errLimited)
		return
	}
	if !ok {
		s.notFound(c, false)
		return
	}
	t, err := s.videos.show(s.ctx, s.o.Videos, id, s.o.Now())
	switch {
	case err != nil:
		s.fail(c, "preview a video template", err)
	case t == nil:
		s.notFound(c, false)
	case media != "":
		s.videoMedia(c, t.MediaAt(media))
	case len(path) > len(name): // a slash and nothing behind it
		s.notFound(c, false)
	default:
		s.stats.previews.Inc()
		s.page(c, fasthttp.StatusOK)
		c.Response.Header.Set("Content-Security-Policy", videosms.PreviewCSP)
		c.Response.SetBody(videosms.AppendPreview(nil, name, t))
	}
}

func (s *Server) videoMedia(c *fasthttp.RequestCtx, m *videosms.Media) {
	s.stats.materials.Inc()
	if m == nil {
		s.notFound(c, false)
		return
	}
	body, err := s.o.Videos.Media(s.ctx, m.Digest)
	if errors.Is(err, fs.ErrNotExist) { // on a node that does not share the folder
		s.notFound(c, false)
		return
	}
	if err != nil {
		s.fail(c, "open a video message's content", err)
		return
	}
	s.stored(c, &templates.Stored{Body: body, ContentType: m.Type, Size: m.Size, ETag: `"` + m.Digest[:32] + `"`})
}
