package edge

import (
	"errors"
	"io"

	"github.com/valyala/fasthttp"

	"cardlink/templates"
)

// material serves a picture or video of a card. What stands under an id never changes, so it may be kept for ever.
func (s *Server) material(c *fasthttp.RequestCtx, path string) {
	s.stats.materials.Inc()
	id, ok := templates.ParseAssetPath(path)
	if !ok {
		s.notFound(c, false)
		return
	}
	m, err := s.o.Materials.Open(s.ctx, id)
	if errors.Is(err, templates.ErrUnknown) {
		s.notFound(c, false)
		return
	}
	if err != nil {
		s.fail(c, "open a material", err)
		return
	}
	s.stored(c, m)
}

// stored serves a content that never changes, whole or in part, and closes it.
func (s *Server) stored(c *fasthttp.RequestCtx, m *templates.Stored) {
	h := &c.Response.Header
	h.Set("Cache-Control", templates.CacheControl)
	h.SetCanonical(headerETag, []byte(m.ETag))
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox") // a picture opened by itself runs nothing
	h.SetContentType(m.ContentType)
	if string(c.Request.Header.Peek("If-None-Match")) == m.ETag {
		_ = m.Body.Close()
		c.SetStatusCode(fasthttp.StatusNotModified)
		return
	}
	n := m.Size
	if r := c.Request.Header.Peek("Range"); len(r) > 0 && rangeHolds(c, m.ETag) {
		begin, end, err := fasthttp.ParseByteRange(r, int(m.Size))
		if err != nil {
			_ = m.Body.Close()
			h.Set("Content-Range", "bytes */"+itoa(m.Size))
			c.SetStatusCode(fasthttp.StatusRequestedRangeNotSatisfiable)
			return
		}
		from := int64(begin)
		n = int64(end - begin + 1)
		h.Set("Content-Range", "bytes "+itoa(from)+"-"+itoa(int64(end))+"/"+itoa(m.Size))
		c.SetStatusCode(fasthttp.StatusPartialContent)
		if _, err := m.Body.Seek(from, io.SeekStart); err != nil {
			_ = m.Body.Close()
			h.Del("Content-Range")
			s.fail(c, "read a material", err)
			return
		}
	}
	c.Response.SetBodyStream(&part{io.LimitReader(m.Body, n), m.Body}, int(n))
}

// rangeHolds reports whether a range is wanted of the content we have.
func rangeHolds(c *fasthttp.RequestCtx, etag string) bool {
	cond := c.Request.Header.Peek("If-Range")
	return len(cond) == 0 || string(cond) == etag
}

// part is a stretch of a body; the server closes it.
type part struct {
	io.Reader
	io.Closer
}
