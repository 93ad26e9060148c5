package templates

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"cardlink/fault"
)

// Upload asks for a material (api.md §6.1), in the wire's words.
type Upload struct {
	Kind        string // resource_type: image, video, thumbnail
	Video       string // material_id: the video a thumbnail belongs to
	FileType    string // url or stream
	FileURL     string
	FileStream  string // data URL
	Rate        string // image_rate
	FileName    string
	Description string
}

// Upload checks a file, keeps it and returns what it became. The error is a fault with one of the codes of api.md §6 if the file breaks a rule. When it returns nil, content and
// row are durable.
func (m *Materials) Upload(ctx context.Context, tenant string, u Upload) (*Material, error) {
	if tenant == "" {
		return nil, errors.New("a material needs a tenant")
	}
	if err := m.checkUpload(&u); err != nil {
		return nil, err
	}
	if u.Kind == kindThumbnail {
		if err := m.checkVideo(ctx, tenant, u.Video); err != nil {
			return nil, err
		}
	}
	data, err := m.content(ctx, &u)
	if err != nil {
		return nil, err
	}
	mat := &Material{
		ID: uuid.NewString(), Tenant: tenant, Kind: u.Kind, FileName: u.FileName, Description: u.Description, Rate: u.Rate,
		Size: int64(len(data)), Video: u.Video, CreatedAt: m.o.Now(),
	}
	if err := m.examine(ctx, mat, data, &u); err != nil {
		return nil, err
	}
	if err := m.keep(ctx, mat, data); err != nil {
		return nil, err
	}
	if mat.Kind == kindVideo {
		if err := m.drawCover(ctx, mat); err != nil {
			return nil, err
		}
	}
	switch err := m.o.Store.AddMaterial(ctx, mat, m.o.Quota); {
	case errors.Is(err, ErrQuota):
		return nil, fault.Newf(fault.Parameter, "the material space of %d bytes is full; delete materials that no template uses", m.o.Quota)
	case errors.Is(err, ErrUnknown):
		return nil, fault.In(fault.Parameter, "material_id", "the video does not exist")
	case err != nil:
		return nil, fmt.Errorf("store a material: %w", err)
	}
	m.o.Log.LogAttrs(ctx, slog.LevelInfo, "material uploaded", slog.String("tenant", tenant), slog.String("resource", mat.ResourceID),
		slog.String("kind", mat.Kind), slog.Int64("bytes", mat.Size))
	return mat, nil
}

// keep puts a material's content where the edge finds it and names it.
func (m *Materials) keep(ctx context.Context, mat *Material, data []byte) error {
	sum := sha256.Sum256(data)
	mat.Digest, mat.ResourceID = hex.EncodeToString(sum[:]), newResourceID()
	return m.o.Blobs.Put(ctx, mat.Digest, data)
}

// newResourceID draws an 18-digit number from 7·10^17 up. It is random, so that one customer's material addresses say nothing about another's; the store refuses the
// repetition that will not happen.
func newResourceID() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	const low, span = 700_000_000_000_000_000, 300_000_000_000_000_000
	return strconv.FormatUint(low+binary.BigEndian.Uint64(b[:])%span, 10)
}

// checkUpload checks everything that can be said without the content.
func (m *Materials) checkUpload(u *Upload) error {
	if _, ok := m.o.Catalogue.materials[u.Kind]; !ok {
		return fault.In(fault.Parameter, "resource_type", "must be image, video or thumbnail")
	}
	for _, f := range [...]struct {
		name, text string
		max        int
	}{
		{"material_id", u.Video, 36}, {"file_url", u.FileURL, 0}, {"image_rate", u.Rate, 32}, {"file_name", u.FileName, 200}, {"description", u.Description, 50},
	} {
		if f.max > 0 && chars(f.text) > f.max {
			return fault.Inf(fault.Parameter, f.name, "must be at most %d characters", f.max)
		}
		if strings.ContainsAny(f.text, "<>") || repeatedBlanks(f.text) || strings.ContainsFunc(f.text, isControl) {
			return fault.In(fault.Parameter, f.name, "must not hold <, >, several consecutive blanks or control characters")
		}
	}
	if u.Kind == kindImage && u.Rate == "" {
		return fault.In(fault.Parameter, "image_rate", "is required for image")
	}
	if u.Rate != "" && u.Kind != kindVideo {
		if _, ok := m.o.Catalogue.Rate(u.Rate); !ok {
			return fault.Inf(fault.Parameter, "image_rate", "must be one of %s", strings.Join(slices.Sorted(maps.Keys(m.o.Catalogue.rates)), ", "))
		}
	}
	if u.Kind == kindVideo {
		u.Rate = ""
	}
	if u.Kind != kindThumbnail {
		u.Video = ""
	} else if u.Video == "" {
		return fault.In(fault.Parameter, "material_id", "is required for thumbnail: the id of its video")
	}
	return m.checkSource(u)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func (m *Materials) checkSource(u *Upload) error {
	switch u.FileType {
	case "url":
		return m.checkFileURL(u)
	case "stream":
		u.FileURL = ""
		if u.FileStream == "" {
			return fault.In(fault.Parameter, "file_stream", "is required when file_type is stream")
		}
		if u.FileName == "" {
			return fault.In(fault.Parameter, "file_name", "is required when file_type is stream")
		}
		return nil
	}
	return fault.In(fault.Parameter, "file_type", "must be url or stream")
}

func (m *Materials) checkFileURL(u *Upload) error {
	switch {
	case u.FileURL == "":
		return fault.In(fault.Parameter, "file_url", "is required when file_type is url")
	case chars(u.FileURL) > 1000:
		return fault.In(fault.FileURLLength, "file_url", "")
	}
	if !webAddress(u.FileURL, "http", "https") {
		return fault.In(fault.FileURLScheme, "file_url", "")
	}
	parsed, err := url.Parse(u.FileURL)
	if err != nil {
		return fault.In(fault.FileURLScheme, "file_url", "")
	}
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(parsed.Path), "."))
	if !slices.Contains(m.o.Catalogue.materials[u.Kind].formats, ext) {
		return fault.Inf(formatCode(u.Kind), "file_url", "must end in %s", m.formats(u.Kind))
	}
	if u.FileName == "" {
		u.FileName = path.Base(parsed.Path)
		if r := []rune(u.FileName); len(r) > 200 {
			u.FileName = string(r[len(r)-200:])
		}
		if strings.ContainsAny(u.FileName, "<>") || repeatedBlanks(u.FileName) || strings.ContainsFunc(u.FileName, isControl) {
			u.FileName = u.Kind + "." + ext
		}
	}
	return nil
}

func formatCode(kind string) fault.Code {
	if kind == kindVideo {
		return fault.VideoFormat
	}
	return fault.ImageFormat
}

func (m *Materials) formats(kind string) string {
	return "." + strings.Join(m.o.Catalogue.materials[kind].formats, ", .")
}

func (m *Materials) checkVideo(ctx context.Context, tenant, id string) error {
	videos, _, err := m.o.Store.ListMaterials(ctx, MaterialFilter{Tenant: tenant, Kind: kindVideo, ID: id, Limit: 1})
	if err != nil {
		return fmt.Errorf("look up the video of a thumbnail: %w", err)
	}
	if len(videos) == 0 {
		return fault.In(fault.Parameter, "material_id", "the video does not exist")
	}
	return nil
}

// content gets the bytes, never more than the kind allows.
func (m *Materials) content(ctx context.Context, u *Upload) ([]byte, error) {
	limit := m.o.Catalogue.materials[u.Kind].maxBytes
	if u.FileType == "stream" {
		media, data, err := decodeDataURL(u.FileStream, limit)
		switch {
		case errors.Is(err, errDataSize):
			return nil, m.tooLarge(u.Kind, "file_stream")
		case err != nil:
			return nil, fault.In(fault.Parameter, "file_stream", err.Error())
		}
		kind, format, _ := strings.Cut(media, "/")
		if want := map[bool]string{true: "video", false: "image"}[u.Kind == kindVideo]; kind != want || !slices.Contains(m.o.Catalogue.materials[u.Kind].formats, format) {
			return nil, fault.In(formatCode(u.Kind), "file_stream", "")
		}
		return data, nil
	}
	data, err := m.fetch.get(ctx, u.FileURL, int64(limit))
	switch {
	case errors.Is(err, errFetchSize):
		return nil, m.tooLarge(u.Kind, "file_url")
	case err != nil:
		// What exactly failed stays in the log: it could tell a caller about networks that only this server sees.
		return nil, &fault.Error{Code: fault.Parameter, Field: "file_url", Rule: "the file could not be fetched", Err: err}
	}
	return data, nil
}

func (m *Materials) tooLarge(kind, field string) error {
	code := fault.FileSize
	if kind == kindThumbnail {
		code = fault.ThumbnailSize
	}
	return fault.Inf(code, field, "a %s is at most %d KiB", kind, m.o.Catalogue.materials[kind].maxBytes>>10)
}

// examine looks into the content: format, size in pixels and proportion.
func (m *Materials) examine(ctx context.Context, mat *Material, data []byte, u *Upload) error {
	field := "file_" + u.FileType // file_url or file_stream
	select {
	case m.decoding <- struct{}{}:
		defer func() { <-m.decoding }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if mat.Kind == kindVideo {
		v, err := probeMP4(data)
		if err != nil {
			return fault.In(fault.VideoFormat, field, "")
		}
		mat.ContentType, mat.Ext, mat.Width, mat.Height = "video/mp4", "mp4", v.size.W, v.size.H
		mat.Duration = v.duration.Round(time.Millisecond)
		return nil
	}
	p, err := decodePicture(ctx, data, decodeTime)
	switch {
	case errors.Is(err, errPixels):
		return fault.Inf(fault.Parameter, field, "a picture is at most %d pixels wide and high and %d in all, and less if it is deep or of several passes", maxSide, maxPixels)
	case errors.Is(err, errSlow):
		return fault.In(fault.Parameter, field, "the picture takes too long to decode; save it as a plain one")
	case errors.Is(err, errFormat):
		return fault.In(fault.ImageFormat, field, "")
	case err != nil:
		return err // the caller left
	}
	mat.ContentType, mat.Ext, mat.Width, mat.Height = p.contentType, p.ext, p.size.W, p.size.H
	if u.Rate == "" {
		return nil
	}
	if rate, _ := m.o.Catalogue.Rate(u.Rate); !rate.Fits(p.size.W, p.size.H, m.o.Catalogue.tolerance) {
		return fault.Inf(fault.Parameter, "image_rate", "the picture is %d×%d, which is not %d:%d", p.size.W, p.size.H, rate.W, rate.H)
	}
	return nil
}
