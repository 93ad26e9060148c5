package templates

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"log/slog"
	"path"
	"slices"
	"strings"
	"time"

	"cardlink/event"
)

// The built-in gallery: one JSON file per card, named by its order, and its pictures and films, named by their aim_resource_id. They are never removed or changed
// once released: templates made from a card, and links made from older versions of it, refer to them.
//
//go:generate go run ./gallery/draw
//go:embed gallery/*.json gallery/*.png gallery/*.mp4
var galleryFiles embed.FS

// galleryDate is the creation time of the public templates, so that they list after whatever tenants make.
var galleryDate = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Card is a card of the gallery.
type Card struct {
	ID    int64 `json:"tpl_id"`
	Draft Draft `json:"template"`
}

// Gallery reads the built-in cards in their order.
func Gallery() ([]Card, error) {
	entries, err := galleryFiles.ReadDir("gallery")
	if err != nil {
		return nil, err
	}
	var cards []Card
	for _, e := range entries {
		if path.Ext(e.Name()) != ".json" {
			continue
		}
		text, err := galleryFiles.ReadFile("gallery/" + e.Name())
		if err != nil {
			return nil, err
		}
		var c Card
		if err := strict(text, &c); err != nil {
			return nil, fmt.Errorf("gallery/%s: %w", e.Name(), err)
		}
		if c.ID < firstTplID || c.ID >= firstPrivateID || slices.ContainsFunc(cards, func(o Card) bool { return o.ID == c.ID }) {
			return nil, fmt.Errorf("gallery/%s: tpl_id %d is outside the gallery's range or taken", e.Name(), c.ID)
		}
		cards = append(cards, c)
	}
	return cards, nil
}

// galleryMedium is a picture or film of the gallery with its content.
type galleryMedium struct {
	Material
	data []byte
}

func galleryMedia(c *Catalogue) (map[string]*galleryMedium, error) {
	entries, err := galleryFiles.ReadDir("gallery")
	if err != nil {
		return nil, err
	}
	out := map[string]*galleryMedium{}
	for _, e := range entries {
		ext := path.Ext(e.Name())
		if ext != ".png" && ext != ".mp4" {
			continue
		}
		data, err := galleryFiles.ReadFile("gallery/" + e.Name())
		if err != nil {
			return nil, err
		}
		id := strings.TrimSuffix(e.Name(), ext)
		sum := sha256.Sum256(data)
		m := Material{ResourceID: id, FileName: e.Name(), Ext: ext[1:], Size: int64(len(data)), Digest: hex.EncodeToString(sum[:]), CreatedAt: galleryDate}
		if ext == ".mp4" {
			v, probeErr := probeMP4(data)
			m.Kind, m.ContentType, m.Width, m.Height, m.Duration, err = kindVideo, "video/mp4", v.size.W, v.size.H, v.duration.Round(time.Millisecond), probeErr
		} else {
			head, headErr := png.DecodeConfig(bytes.NewReader(data)) // the rest is known good: a test decodes it
			m.Kind, m.ContentType, m.Width, m.Height, err = kindImage, "image/png", head.Width, head.Height, headErr
			m.Rate = c.RateOf(head.Width, head.Height)
		}
		if err == nil && !validResourceID(id) {
			err = errors.New("its name is no aim_resource_id")
		}
		if err != nil {
			return nil, fmt.Errorf("gallery/%s: %w", e.Name(), err)
		}
		out[id] = &galleryMedium{m, data}
	}
	return out, nil
}

// PublishGallery makes the built-in cards public templates: a new card is added, a changed one becomes a new version, the rest is left alone. Call it at start after the
// migrations; several nodes may do so at once.
func (s *Service) PublishGallery(ctx context.Context) error {
	cards, err := Gallery()
	if err != nil {
		return err
	}
	// Several at a time: each is a transaction of its own, and commits that come together share a flush.
	free, done := make(chan struct{}, 8), make(chan error, len(cards))
	for _, c := range cards {
		free <- struct{}{}
		go func() {
			defer func() { <-free }()
			err := s.publish(ctx, c)
			if err != nil {
				err = fmt.Errorf("publish card %d of the gallery: %w", c.ID, err)
			}
			done <- err
		}()
	}
	var errs []error
	for range cards {
		errs = append(errs, <-done)
	}
	return errors.Join(errs...)
}

func (s *Service) publish(ctx context.Context, c Card) error {
	d := c.Draft.clone()
	vendors, warnings, err := s.accept(ctx, "", &d)
	if err != nil {
		return err
	}
	old, err := s.o.Store.Template(ctx, c.ID, 0)
	switch {
	case errors.Is(err, ErrUnknown):
		t := &Template{ID: c.ID, Version: 1, State: StateEnabled, CreatedAt: galleryDate}
		if _, err := s.submit(t, &d, vendors, warnings, galleryDate); err != nil {
			return err
		}
		if err := s.o.Store.AddTemplate(ctx, t, nil, nil); err != nil && !errors.Is(err, ErrExists) {
			return err
		}
		return nil
	case err != nil:
		return err
	}
	if same, err := old.says(&d, vendors); err != nil || same {
		return err
	}
	return s.o.Store.ChangeTemplate(ctx, "", c.ID, func(t *Template) ([]string, []event.Record, error) {
		if same, err := t.says(&d, vendors); err != nil || same { // another node was first
			return nil, nil, err
		}
		t.Version++
		_, err := s.submit(t, &d, vendors, warnings, s.o.Now())
		s.o.Log.LogAttrs(ctx, slog.LevelInfo, "gallery card changed", slog.Int64("tpl_id", t.ID), slog.Int("version", t.Version))
		return nil, nil, err
	})
}

// says reports whether t has the content of d and was submitted to these vendors.
func (t *Template) says(d *Draft, vendors []Vendor) (bool, error) {
	mine := make([]Vendor, len(t.Factories))
	for i, f := range t.Factories {
		mine[i] = f.Vendor
	}
	other := *d
	other.Factories = nil
	a, err1 := json.Marshal(t.Content())
	b, err2 := json.Marshal(other)
	if err := errors.Join(err1, err2); err != nil {
		return false, err
	}
	return bytes.Equal(a, b) && slices.Equal(mine, vendors), nil
}

// Content is the template's content as a draft, without factorys: what a version fixes.
func (t *Template) Content() Draft {
	return Draft{
		CardID: t.CardID, Name: t.Name, Scene: t.Scene, UseID: t.UseID, SubType: t.SubType, SMSExample: t.SMSExample, SMSSigns: t.SMSSigns,
		SMSPattern: t.SMSPattern, Pages: t.Pages, Params: t.Params,
	}
}

// SetContent is the inverse of Content.
func (t *Template) SetContent(d Draft) {
	t.CardID, t.Name, t.Scene, t.UseID, t.SubType, t.SMSExample = d.CardID, d.Name, d.Scene, d.UseID, d.SubType, d.SMSExample
	t.SMSSigns, t.SMSPattern, t.Pages, t.Params = d.SMSSigns, d.SMSPattern, d.Pages, d.Params
}
