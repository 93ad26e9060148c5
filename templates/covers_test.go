package templates_test

import (
	"bytes"
	"context"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"

	"cardlink/fault"
	"cardlink/templates"
)

func (h *house) film(t *testing.T, w, height int, name string) *templates.Material {
	t.Helper()
	m, err := h.materials.Upload(context.Background(), tenant, templates.Upload{Kind: "video", FileType: "stream", FileName: name,
		FileStream: dataURL("video/mp4", templates.Film(w, height, 100))})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Every video has a cover from the moment it is there; the edge serves it as any other material.
func TestVideoComesWithACover(t *testing.T) {
	h, ctx := newHouse(t), context.Background()
	video := h.film(t, 1080, 1920, "spring sale.mp4")
	if video.Width != 1080 || video.Height != 1920 || video.Duration != time.Second {
		t.Errorf("%+v", video)
	}
	list, err := h.materials.Covers(ctx, tenant, video.ResourceID)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	c := list[0]
	if !c.Primary || !c.Generated || c.Width != 720 || c.Height != 1280 || c.FileName != "spring sale-cover.png" || c.Rate != "" || c.Video != video.ID {
		t.Errorf("%+v", c)
	}
	s, err := h.materials.Open(ctx, c.ResourceID)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Body.Close()
	b, err := io.ReadAll(s.Body)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(b)); err != nil || s.ContentType != "image/png" || int64(len(b)) != c.Size {
		t.Error(s.ContentType, len(b), c.Size, err)
	}
	if wide := h.film(t, 1920, 1080, strings.Repeat("长", 196)+".mp4"); wide.Thumbnail.Rate != "sixteenToNine" || len([]rune(wide.Thumbnail.FileName)) != 200 {
		t.Errorf("%+v", wide.Thumbnail)
	}
}

func TestSetPrimaryCover(t *testing.T) {
	h, ctx := newHouse(t), context.Background()
	video, picture := h.film(t, 640, 360, "a.mp4"), h.upload(t, 100, 100, "oneToOne")
	drawn := video.Thumbnail.ID
	primary := func() string {
		t.Helper()
		list, total, err := h.materials.List(ctx, templates.MaterialFilter{Tenant: tenant, Kind: "video", Limit: 10})
		if err != nil || total != 1 || list[0].Thumbnail == nil {
			t.Fatal(list, err)
		}
		return list[0].Thumbnail.ID
	}
	if primary() != drawn {
		t.Error("the drawn cover is not primary")
	}
	mine := h.cover(t, video)
	if primary() != mine.ID {
		t.Error("the first uploaded cover is not primary")
	}
	if err := h.materials.SetPrimaryCover(ctx, tenant, video.ResourceID, drawn); err != nil || primary() != drawn {
		t.Errorf("back to the drawn one: %v", err)
	}
	for _, c := range []struct{ what, tenant, resource, thumbnail, field string }{
		{"no video", tenant, "", drawn, "aim_resource_id"},
		{"unknown video", tenant, "799999999999999999", drawn, "aim_resource_id"},
		{"odd video", tenant, "a\x00", drawn, "aim_resource_id"},
		{"a picture", tenant, picture.ResourceID, drawn, "aim_resource_id"},
		{"the cover itself", tenant, mine.ResourceID, drawn, "aim_resource_id"},
		{"another tenant's video", stranger, video.ResourceID, drawn, "aim_resource_id"},
		{"no cover", tenant, video.ResourceID, "", "thumbnail_id"},
		{"unknown cover", tenant, video.ResourceID, picture.ID, "thumbnail_id"},
		{"odd cover", tenant, video.ResourceID, "a\x00", "thumbnail_id"},
	} {
		answered(t, c.what, h.materials.SetPrimaryCover(ctx, c.tenant, c.resource, c.thumbnail), fault.Parameter, c.field)
		if c.field == "aim_resource_id" {
			_, err := h.materials.Covers(ctx, c.tenant, c.resource)
			answered(t, c.what, err, fault.Parameter, c.field)
		}
	}
	if primary() != drawn {
		t.Error("a refusal changed the cover")
	}
	answered(t, "deleting the drawn cover", h.materials.Delete(ctx, tenant, []string{drawn}), fault.Parameter, "material_ids")
	if err := h.materials.Delete(ctx, tenant, []string{video.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.materials.Open(ctx, mine.ResourceID); err == nil {
		t.Error("a cover outlives its video")
	}
}

func (h *house) cover(t *testing.T, video *templates.Material) *templates.Material {
	t.Helper()
	m, err := h.materials.Upload(context.Background(), tenant, templates.Upload{Kind: "thumbnail", Video: video.ID, FileType: "stream", FileName: "c.png",
		FileStream: dataURL("image/png", picture(t, 160, 90))})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A card whose template names no cover shows the video's primary one, and keeps it when another becomes primary.
func TestCardTakesThePrimaryCover(t *testing.T) {
	h, ctx := newHouse(t), context.Background()
	video := h.film(t, 1280, 720, "a.mp4")
	d := card("")
	d.CardID, d.Factories = "Video", []templates.Factory{{Vendor: "HUAWEI", State: 1}}
	d.Pages[0].Contents[0] = templates.Content{Type: "video", Position: 1, SrcType: 1, Src: video.ResourceID}
	create := func() *templates.Template {
		t.Helper()
		made, err := h.service.Create(ctx, tenant, "", d)
		if err != nil {
			t.Fatal(err)
		}
		got, err := h.service.ForLinks(ctx, tenant, made.TplID())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := create()
	if c := first.Pages[0].Contents[0].Cover; c != video.Thumbnail.ResourceID || first.Assets[c].Width != 1280 {
		t.Errorf("cover %q of %+v, want the drawn one", c, first.Assets)
	}
	mine := h.cover(t, video)
	if c := create().Pages[0].Contents[0].Cover; c != mine.ResourceID {
		t.Errorf("cover %q, want the uploaded one", c)
	}
	again, err := h.service.Load(ctx, first.ID, 1)
	if err != nil || again.Pages[0].Contents[0].Cover != video.Thumbnail.ResourceID {
		t.Errorf("%+v %v", again, err)
	}
	answered(t, "deleting a cover that cards show", h.materials.Delete(ctx, tenant, []string{mine.ID}), fault.Parameter, "material_ids")
}
