package templates

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// CacheControl is how the edge serves materials: what stands under an aim_resource_id never changes.
const CacheControl = "public, max-age=31536000, immutable"

// URL is where a material's content is served.
func (m *Materials) URL(mat *Material) string { return m.o.Origin + mat.Path() }

// Stored is an open material. The caller closes Body.
type Stored struct {
	Body        io.ReadSeekCloser
	ContentType string
	Size        int64  // bytes
	ETag        string // quoted, strong
	ModTime     time.Time
}

// Open opens a material's content for the edge, whoever owns it. id is an aim_resource_id (ParseAssetPath gives it). The error wraps ErrUnknown if there is none.
// Serve it with CacheControl.
func (m *Materials) Open(ctx context.Context, id string) (*Stored, error) {
	if p := m.gallery[id]; p != nil {
		return &Stored{bytesBody{bytes.NewReader(p.data)}, p.ContentType, p.Size, etag(&p.Material), p.CreatedAt}, nil
	}
	if !validResourceID(id) {
		return nil, fmt.Errorf("material %q: %w", head(id), ErrUnknown)
	}
	mat, err := m.o.Store.MaterialByResource(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("material %s: %w", id, err)
	}
	body, err := m.o.Blobs.Open(ctx, mat.Digest)
	if err != nil {
		return nil, fmt.Errorf("material %s: %w", id, err)
	}
	return &Stored{body, mat.ContentType, mat.Size, etag(mat), mat.CreatedAt}, nil
}

func etag(m *Material) string { return `"` + m.Digest[:32] + `"` }

type bytesBody struct{ *bytes.Reader }

func (bytesBody) Close() error { return nil }

// AssetPrefix begins the path of every material on the edge.
const AssetPrefix = "/m/"

// ParseAssetPath finds the aim_resource_id in a path such as "/m/700000000000000001.png". The extension is required but not compared: the stored content says what it is.
func ParseAssetPath(p string) (id string, ok bool) {
	rest, ok := strings.CutPrefix(p, AssetPrefix)
	if !ok {
		return "", false
	}
	id, ext, ok := strings.Cut(rest, ".")
	if !ok || !validResourceID(id) || !slices.Contains([]string{"png", "jpg", "jpeg", "mp4"}, ext) {
		return "", false
	}
	return id, true
}

// validResourceID reports whether s is 18 decimal digits without a leading zero.
func validResourceID(s string) bool {
	if len(s) != 18 || s[0] == '0' {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
