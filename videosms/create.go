package videosms

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"

	"cardlink/fault"
)

// The sequence that template ids come from: 9 digits, leading 8.
const (
	templateSequence = "vms_templates"
	firstTemplate    = 800_000_001
	lastTemplate     = 899_999_999
)

// CreateTemplate checks a draft, gets and checks its contents, and keeps it (api.md §16.1). When it returns nil, everything is durable. Unless reviews are
// manual or it is a draft, the template is usable at once.
func (s *Service) CreateTemplate(ctx context.Context, tenant string, d Draft) (*Template, error) {
	if tenant == "" {
		return nil, errors.New("videosms: a template needs a tenant")
	}
	t, contents, err := d.lay(s.o.Now())
	if err != nil {
		return nil, err
	}
	if d.CallbackURL != "" {
		if err := s.o.CheckURL("callbackurl", d.CallbackURL); err != nil {
			return nil, err
		}
	}
	t.Tenant = tenant
	for _, f := range t.Frames {
		for _, e := range f.Elements {
			t.Size += int64(len(e.Text))
		}
	}
	if t.Size > s.o.MaxBytes {
		return nil, s.tooLarge("reslist")
	}
	for i := range contents {
		if err := s.get(ctx, t, &contents[i]); err != nil {
			return nil, err
		}
	}
	switch {
	case t.Draft:
		t.setAll(InReview, "draft")
	case s.o.ManualReview:
		t.setAll(InReview, "")
	default:
		t.setAll(Usable, "")
	}
	if t.ID, err = s.o.Store.LeaseIDs(ctx, templateSequence, firstTemplate, 1); err != nil {
		return nil, err
	}
	if t.ID > lastTemplate {
		return nil, errors.New("videosms: the template ids are used up")
	}
	t.Sequence, t.PreviewURL = 1, s.previewURL(t.ID)
	if err := s.o.Store.AddVideoTemplate(ctx, t); err != nil {
		return nil, fmt.Errorf("store a video template: %w", err)
	}
	s.o.WakeNews()
	s.o.Log.LogAttrs(ctx, slog.LevelInfo, "video template created", slog.String("tenant", tenant), slog.Int64("template", t.ID), slog.Int64("bytes", t.Size))
	return t, nil
}

func (s *Service) tooLarge(field string) error {
	return fault.Said(field, fmt.Sprintf("texts and contents together must be at most %d bytes", s.o.MaxBytes), fmt.Sprintf("文字与文件合计不能超过%d字节", s.o.MaxBytes)).Coded(fault.FileSize)
}

// get fills an element's content: never more than the template has room for.
func (s *Service) get(ctx context.Context, t *Template, c *content) error {
	m, err := s.fetch(ctx, c, s.o.MaxBytes-t.Size)
	if err != nil {
		return err
	}
	t.Frames[c.frame].Elements[c.element].Media = m
	t.Size += m.Size
	return nil
}

// fetch gets, checks and keeps one content of at most limit bytes.
func (s *Service) fetch(ctx context.Context, c *content, limit int64) (*Media, error) {
	var data []byte
	var err error
	if c.source == "file" {
		data, err = decodeBase64(c.text, limit)
	} else {
		data, err = s.download(ctx, c, limit)
	}
	switch {
	case errors.Is(err, errSize):
		return nil, s.tooLarge(c.field)
	case errors.Is(err, errBase64):
		return nil, fault.Said(c.field, errBase64.Error(), "须为不带前缀的Base64编码")
	case err != nil:
		return nil, err
	}
	m, err := s.examine(ctx, c, data)
	if err != nil {
		return nil, err
	}
	if err := s.o.Blobs.Put(ctx, m.Digest, data); err != nil {
		return nil, err
	}
	return m, nil
}

func (s *Service) download(ctx context.Context, c *content, limit int64) ([]byte, error) {
	if s.o.Fetch == nil {
		return nil, fault.Said(c.field, "addresses are not fetched here; send the file itself", "不支持URL，请直接上传文件内容")
	}
	if limit <= 0 {
		return nil, errSize
	}
	data, err := s.o.Fetch(ctx, c.text, limit)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, ErrTooLarge):
		return nil, errSize
	case err != nil: // the error's own text names the address and may tell what stands inside a network: it is for the log
		f := fault.Said(c.field, "could not be fetched", "无法下载")
		f.Err = err
		return nil, f
	}
	return data, nil
}

// ErrTooLarge is what Options.Fetch says of a file that is larger than the limit.
var ErrTooLarge = errors.New("the file is too large")

// examine checks that a content is what its type says.
func (s *Service) examine(ctx context.Context, c *content, data []byte) (*Media, error) {
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	mediaType, err := checkMedia(c.kind, data)
	switch {
	case errors.Is(err, errPixels):
		return nil, fault.Said(c.field, "has too many pixels; at most 8192 a side and 16 million in all", "图片像素过多，单边不超过8192，总数不超过1600万")
	case err != nil:
		return nil, fault.Said(c.field, "is not a "+c.kind+" file", "不是"+c.kind+"文件")
	}
	sum := sha256.Sum256(data)
	return &Media{hex.EncodeToString(sum[:]), mediaType, int64(len(data))}, nil
}
