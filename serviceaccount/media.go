package serviceaccount

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path"
	"strconv"
	"strings"
	"time"

	"cardlink/fault"
)

// The kinds of pictures (api.md §17.1, file_type).
const (
	FilePubLogo     = "PUB_LOGO"
	FileBackground  = "BG_IMAGE"
	FileFastAppLogo = "FASTAPP_LOGO"
	FileOther       = "OTHER" // licences and letters: shown to the tenant and its reviewers only
)

// mediaQuota is a tenant's space for pictures in bytes.
const mediaQuota = 10 << 30

// MediaLimit is the most bytes of any picture.
const MediaLimit = 4 << 20

// MediaCacheControl is how public pictures are served: what stands under a resource id never changes.
const MediaCacheControl = "public, max-age=31536000, immutable"

// Media is a picture that a tenant uploaded.
type Media struct {
	ID          string // resource_id, 32 lower-case hex digits
	Tenant      string
	FileType    string
	FileName    string
	ContentType string // image/png, image/jpeg or image/bmp
	Size        int64  // bytes
	Width       int    // pixels
	Height      int
	Digest      string // lower-case hex SHA-256 of the content: the name of its blob
	CreatedAt   time.Time
}

// Private reports whether the picture is for its tenant and reviewers only. Its content lies sealed in the store, not among the blobs, and is served to who
// holds a signed address.
func (m *Media) Private() bool { return m.FileType == FileOther }

// Upload asks for a picture (api.md §17.1). Data is not kept beyond the call.
type Upload struct {
	FileType string
	FileName string
	Data     []byte
}

// UploadMedia checks a picture, keeps it and returns what it became. When it returns nil, content and row are durable.
func (s *Service) UploadMedia(ctx context.Context, tenant string, u Upload) (Media, error) {
	rule, ok := mediaRules[u.FileType]
	switch {
	case !ok:
		return Media{}, fault.OneOf("file_type", FilePubLogo, FileBackground, FileFastAppLogo, FileOther)
	case len(u.Data) == 0:
		return Media{}, fault.Required("file")
	case len(u.Data) > rule.bytes:
		kb := strconv.Itoa(rule.bytes >> 10)
		return Media{}, fault.Said("file", "must be at most "+kb+" KB for file_type "+u.FileType, "file_type为"+u.FileType+"时不能超过"+kb+"KB")
	}
	name, err := fileName(u.FileName)
	if err != nil {
		return Media{}, err
	}
	select {
	case s.decoding <- struct{}{}:
	case <-ctx.Done():
		return Media{}, ctx.Err()
	}
	p, err := decodePicture(ctx, u.Data)
	<-s.decoding
	if err != nil {
		return Media{}, err
	}
	if err := rule.check(p, u.FileType, strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))); err != nil {
		return Media{}, err
	}
	sum := sha256.Sum256(u.Data)
	m := Media{
		ID: newID(), Tenant: tenant, FileType: u.FileType, FileName: name, ContentType: p.format.contentType, Size: int64(len(u.Data)), Width: p.width, Height: p.height,
		Digest: hex.EncodeToString(sum[:]), CreatedAt: s.o.Now().UTC(),
	}
	if !m.Private() {
		if err := s.o.Blobs.Put(ctx, m.Digest, u.Data); err != nil {
			return Media{}, fmt.Errorf("keep a picture: %w", err)
		}
	}
	switch err := s.o.Store.AddMedia(ctx, m, u.Data, mediaQuota); {
	case errors.Is(err, ErrQuota):
		return Media{}, fault.Said("file", "does not fit: the space for pictures of service accounts is full", "服务号图片空间已满")
	case err != nil:
		return Media{}, err
	}
	s.o.Log.LogAttrs(ctx, slog.LevelInfo, "picture uploaded", slog.String("tenant", tenant), slog.String("resource", m.ID), slog.String("file_type", m.FileType),
		slog.Int64("bytes", m.Size))
	return m, nil
}

// fileName is the name a picture keeps: the last element of what was given, whatever the client's separators.
func fileName(given string) (string, error) {
	name := path.Base(strings.ReplaceAll(given, `\`, "/"))
	if err := checkName("file", name, chars, 1, 200); err != nil {
		return "", fault.Said("file", "must come with a file name of 1-200 characters without control characters", "文件名须为1-200个字符，且不能含控制字符")
	}
	return name, nil
}

// MediaFile is a picture opened for reading. Close Body.
type MediaFile struct {
	Body        io.ReadSeekCloser
	ContentType string
	Size        int64  // bytes
	ETag        string // quoted
	Private     bool   // must not be kept by caches
}

// OpenMedia opens a picture for the edge. A private one needs the expires and sign of the address it was given out under; without them, or with stale or wrong
// ones, it is as unknown as one that does not exist: ErrUnknown.
func (s *Service) OpenMedia(ctx context.Context, id, expires, sign string) (*MediaFile, error) {
	if !isID(id) {
		return nil, ErrUnknown
	}
	m, err := s.o.Store.Media(ctx, id)
	if err != nil {
		return nil, err
	}
	f := &MediaFile{ContentType: m.ContentType, Size: m.Size, ETag: `"` + m.Digest[:32] + `"`, Private: m.Private()}
	if !f.Private {
		f.Body, err = s.o.Blobs.Open(ctx, m.Digest)
		return f, err
	}
	if !s.admits(id, expires, sign) {
		return nil, ErrUnknown
	}
	content, err := s.o.Store.MediaContent(ctx, m)
	if err != nil {
		return nil, err
	}
	f.Body = nopCloser{bytes.NewReader(content)}
	return f, nil
}

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }
