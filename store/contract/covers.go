package contract

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"cardlink/templates"
)

// Covers says what a templates.MaterialStore must do with the covers of videos.
var Covers = []struct {
	Name  string
	Check func(context.Context, TemplateStores) error
}{
	{"a video and its drawn cover come together, and both are charged", coverDrawn},
	{"the first uploaded cover takes the place of the drawn one, later ones do not", coverUploaded},
	{"exactly one cover is primary, whoever chooses at once", coverChosen},
	{"a primary cover that is deleted leaves its place to the newest uploaded one, then to the drawn one", coverDeleted},
	{"a drawn cover goes with its video only", coverGoesAlong},
}

// film stores a video with a drawn cover.
func film(ctx context.Context, s TemplateStores, tenant string) (*templates.Material, error) {
	return addMaterial(ctx, s, tenant, func(m *templates.Material) {
		m.Kind, m.Rate, m.ContentType, m.Ext, m.Duration = "video", "", "video/mp4", "mp4", 1500*time.Millisecond
		c := *m
		c.ID, c.ResourceID, c.Kind, c.Video, c.Primary, c.Generated, c.Duration = "c"+m.ID, "8"+m.ResourceID[1:], "thumbnail", m.ID, true, true, 0
		m.Thumbnail = &c
	})
}

// cover stores an uploaded cover of a video, hours after the video.
func cover(ctx context.Context, s TemplateStores, video *templates.Material, hours int) (*templates.Material, error) {
	return addMaterial(ctx, s, video.Tenant, func(m *templates.Material) {
		m.Kind, m.Video, m.CreatedAt = "thumbnail", video.ID, day.Add(time.Duration(hours)*time.Hour)
	})
}

// covers lists the ids of a video's covers, the primary ones with a star.
func covers(ctx context.Context, s TemplateStores, video *templates.Material) (string, error) {
	list, err := s.Covers(ctx, video.Tenant, video.ID)
	text := ""
	for _, c := range list {
		text += " " + c.ID
		if c.Primary {
			text += "*"
		}
	}
	return text, err
}

func wantCovers(ctx context.Context, s TemplateStores, what string, video *templates.Material, want string) error {
	got, err := covers(ctx, s, video)
	return errors.Join(err, same(what, got, want))
}

func coverDrawn(ctx context.Context, s TemplateStores) error {
	const tenant = "t-cover-drawn"
	video, err := film(ctx, s, tenant)
	if err != nil {
		return err
	}
	list, err := s.MaterialsOf(ctx, tenant, []string{video.ResourceID})
	if err != nil || len(list) != 1 || !reflect.DeepEqual(list[0], video) {
		return fmt.Errorf("video\n got %+v, %w\nwant %+v", list, err, video)
	}
	drawn, err := s.Covers(ctx, tenant, video.ID)
	if err != nil || len(drawn) != 1 || !reflect.DeepEqual(drawn[0], video.Thumbnail) {
		return fmt.Errorf("covers\n got %+v, %w\nwant %+v", drawn, err, video.Thumbnail)
	}
	if got, err := s.Covers(ctx, "t-other", video.ID); err != nil || len(got) != 0 {
		return fmt.Errorf("another tenant sees %v, %w", got, err)
	}
	// Video and cover are 1000 bytes each: a third thousand does not fit into 2999.
	m, err := addMaterial(ctx, s, "t-cover-shape", nil)
	if err != nil {
		return err
	}
	m.ID, m.ResourceID, m.Tenant = "q"+m.ID, "9"+m.ResourceID[1:], tenant
	if err := s.AddMaterial(ctx, m, 2999); !errors.Is(err, templates.ErrQuota) {
		return fmt.Errorf("the drawn cover was not charged: %w", err)
	}
	if err := s.DeleteMaterials(ctx, tenant, []string{video.ID}); err != nil {
		return err
	}
	return s.AddMaterial(ctx, m, 1000) // all space is free again
}

func coverUploaded(ctx context.Context, s TemplateStores) error {
	video, err := film(ctx, s, "t-cover-uploaded")
	if err != nil {
		return err
	}
	drawn := video.Thumbnail
	first, err1 := cover(ctx, s, video, 1)
	second, err2 := cover(ctx, s, video, 2)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if !first.Primary || second.Primary {
		return fmt.Errorf("primary: first %v, second %v", first.Primary, second.Primary)
	}
	list, err := s.MaterialsOf(ctx, video.Tenant, []string{video.ResourceID})
	if err != nil || len(list) != 1 || list[0].Thumbnail == nil || list[0].Thumbnail.ID != first.ID {
		return fmt.Errorf("the video comes as %+v, %w", list, err)
	}
	return wantCovers(ctx, s, "covers", video, " "+second.ID+" "+first.ID+"* "+drawn.ID)
}

func coverChosen(ctx context.Context, s TemplateStores) error {
	video, err := film(ctx, s, "t-cover-chosen")
	if err != nil {
		return err
	}
	other, err1 := film(ctx, s, "t-cover-chosen")
	a, err2 := cover(ctx, s, video, 1)
	b, err3 := cover(ctx, s, video, 2)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	if err := s.SetPrimaryCover(ctx, video.Tenant, video.ID, b.ID); err != nil {
		return err
	}
	want := " " + b.ID + "* " + a.ID + " " + video.Thumbnail.ID
	if err := wantCovers(ctx, s, "chosen", video, want); err != nil {
		return err
	}
	for what, err := range map[string]error{
		"a cover of another video": s.SetPrimaryCover(ctx, video.Tenant, video.ID, other.Thumbnail.ID),
		"no cover":                 s.SetPrimaryCover(ctx, video.Tenant, video.ID, video.ID),
		"another tenant":           s.SetPrimaryCover(ctx, "t-other", video.ID, a.ID),
	} {
		if !errors.Is(err, templates.ErrUnknown) {
			return fmt.Errorf("%s: %w, want ErrUnknown", what, err)
		}
	}
	if err := wantCovers(ctx, s, "after refusals", video, want); err != nil {
		return err
	}
	ids := []string{a.ID, b.ID, video.Thumbnail.ID}
	errs := make([]error, 12)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = s.SetPrimaryCover(ctx, video.Tenant, video.ID, ids[i%3]) })
	}
	all.Wait()
	list, err := s.Covers(ctx, video.Tenant, video.ID)
	primaries := 0
	for _, c := range list {
		if c.Primary {
			primaries++
		}
	}
	return errors.Join(errors.Join(errs...), err, same("primaries", primaries, 1))
}

func coverDeleted(ctx context.Context, s TemplateStores) error {
	video, err := film(ctx, s, "t-cover-deleted")
	if err != nil {
		return err
	}
	a, err1 := cover(ctx, s, video, 1)
	b, err2 := cover(ctx, s, video, 2)
	c, err3 := cover(ctx, s, video, 3)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	drawn := video.Thumbnail.ID
	del := func(ids ...string) error { return s.DeleteMaterials(ctx, video.Tenant, ids) }
	return errors.Join(
		wantCovers(ctx, s, "all", video, " "+c.ID+" "+b.ID+" "+a.ID+"* "+drawn),
		del(a.ID), wantCovers(ctx, s, "without the first", video, " "+c.ID+"* "+b.ID+" "+drawn),
		del(b.ID), wantCovers(ctx, s, "without one that was not primary", video, " "+c.ID+"* "+drawn),
		del(c.ID), wantCovers(ctx, s, "without any uploaded one", video, " "+drawn+"*"),
	)
}

func coverGoesAlong(ctx context.Context, s TemplateStores) error {
	video, err := film(ctx, s, "t-cover-along")
	if err != nil {
		return err
	}
	if err := s.DeleteMaterials(ctx, video.Tenant, []string{video.Thumbnail.ID}); !errors.Is(err, templates.ErrGenerated) {
		return fmt.Errorf("deleting a drawn cover = %w, want ErrGenerated", err)
	}
	if err := s.DeleteMaterials(ctx, video.Tenant, []string{video.ID, video.Thumbnail.ID}); err != nil {
		return fmt.Errorf("both together: %w", err)
	}
	if _, err := s.MaterialByResource(ctx, video.Thumbnail.ResourceID); !errors.Is(err, templates.ErrUnknown) {
		return fmt.Errorf("a drawn cover outlives its video: %w", err)
	}
	return nil
}
