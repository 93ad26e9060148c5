package contract

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"cardlink/templates"
)

// addMaterial stores an image of 1000 bytes; alter may make it something else.
func addMaterial(ctx context.Context, s TemplateStores, tenant string, alter func(*templates.Material)) (*templates.Material, error) {
	n, err := s.LeaseIDs(ctx, "contract-materials", 700_000_000_000_000_000, 1)
	if err != nil {
		return nil, err
	}
	text := strconv.FormatInt(n, 10)
	m := &templates.Material{
		ID: "id-" + text, ResourceID: text, Tenant: tenant, Kind: "image", FileName: "sale.jpg", Description: "a \"sale\"", Rate: "sixteenToNine",
		ContentType: "image/jpeg", Ext: "jpg", Size: 1000, Width: 1248, Height: 702, Digest: strings.Repeat("a", 64-len(text)) + text, CreatedAt: day,
	}
	if alter != nil {
		alter(m)
	}
	return m, s.AddMaterial(ctx, m, 1<<30)
}

func materialInUse(ctx context.Context, s TemplateStores) error {
	const tenant = "t-in-use"
	used, err1 := addMaterial(ctx, s, tenant, nil)
	free, err2 := addMaterial(ctx, s, tenant, nil)
	_, err3 := addTemplate(ctx, s, tenant, nil, used.ResourceID)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	if err := s.DeleteMaterials(ctx, tenant, []string{free.ID, used.ID}); !errors.Is(err, templates.ErrInUse) {
		return fmt.Errorf("DeleteMaterials = %v, want ErrInUse", err)
	}
	if err := s.DeleteMaterials(ctx, tenant, []string{free.ID, "nobody"}); !errors.Is(err, templates.ErrUnknown) {
		return fmt.Errorf("DeleteMaterials = %v, want ErrUnknown", err)
	}
	if err := s.DeleteMaterials(ctx, "t-other", []string{free.ID}); !errors.Is(err, templates.ErrUnknown) {
		return fmt.Errorf("DeleteMaterials of another tenant = %v, want ErrUnknown", err)
	}
	if _, err := s.MaterialByResource(ctx, free.ResourceID); err != nil {
		return fmt.Errorf("a refused deletion deleted: %w", err)
	}
	if err := s.DeleteMaterials(ctx, tenant, []string{free.ID}); err != nil {
		return err
	}
	if _, err := s.MaterialByResource(ctx, free.ResourceID); !errors.Is(err, templates.ErrUnknown) {
		return fmt.Errorf("MaterialByResource = %v, want ErrUnknown", err)
	}
	return nil
}

func materialRoundTrip(ctx context.Context, s TemplateStores) error {
	want, err := addMaterial(ctx, s, "t-material", nil)
	if err != nil {
		return err
	}
	got, err := s.MaterialByResource(ctx, want.ResourceID)
	if err != nil || !reflect.DeepEqual(got, want) {
		return fmt.Errorf("material\n got %+v, %v\nwant %+v", got, err, want)
	}
	list, err := s.MaterialsOf(ctx, "t-material", []string{"700000000000000000", want.ResourceID})
	if err != nil || len(list) != 1 || !reflect.DeepEqual(list[0], want) {
		return fmt.Errorf("MaterialsOf = %+v, %v", list, err)
	}
	if list, err := s.MaterialsOf(ctx, "t-other", []string{want.ResourceID}); err != nil || len(list) != 0 {
		return fmt.Errorf("another tenant sees %+v, %v", list, err)
	}
	return nil
}

func materialQuota(ctx context.Context, s TemplateStores) error {
	const tenant = "t-quota"
	add := func(size, quota int64) (*templates.Material, error) {
		m, err := addMaterial(ctx, s, "t-quota-shape", nil)
		if err != nil {
			return nil, err
		}
		m.ID, m.ResourceID, m.Tenant, m.Size = "q"+m.ID, "9"+m.ResourceID[1:], tenant, size
		return m, s.AddMaterial(ctx, m, quota)
	}
	if _, err := add(101, 100); !errors.Is(err, templates.ErrQuota) {
		return fmt.Errorf("one too large = %v, want ErrQuota", err)
	}
	first, err := add(60, 100)
	if err != nil {
		return err
	}
	if _, err := add(41, 100); !errors.Is(err, templates.ErrQuota) {
		return fmt.Errorf("one over the quota = %v, want ErrQuota", err)
	}
	if _, err := add(40, 100); err != nil {
		return fmt.Errorf("one that just fits: %w", err)
	}
	if err := s.DeleteMaterials(ctx, tenant, []string{first.ID}); err != nil {
		return err
	}
	if _, err := add(60, 100); err != nil {
		return fmt.Errorf("after deleting: %w", err)
	}
	return nil
}

func materialCovers(ctx context.Context, s TemplateStores) error {
	const tenant = "t-covers"
	video, err := addMaterial(ctx, s, tenant, func(m *templates.Material) { m.Kind, m.Rate, m.ContentType, m.Ext = "video", "", "video/mp4", "mp4" })
	if err != nil {
		return err
	}
	thumb := func(of string) (*templates.Material, error) {
		return addMaterial(ctx, s, tenant, func(m *templates.Material) { m.Kind, m.Video = "thumbnail", of })
	}
	if _, err := thumb("nobody"); !errors.Is(err, templates.ErrUnknown) {
		return fmt.Errorf("a thumbnail of no video = %v, want ErrUnknown", err)
	}
	first, err1 := thumb(video.ID)
	second, err2 := thumb(video.ID)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if !first.Primary || second.Primary {
		return fmt.Errorf("primary: first %v, second %v", first.Primary, second.Primary)
	}
	list, err := s.MaterialsOf(ctx, tenant, []string{video.ResourceID})
	if err != nil || len(list) != 1 || list[0].Thumbnail == nil || list[0].Thumbnail.ID != first.ID {
		return fmt.Errorf("the video comes as %+v, %v", list, err)
	}
	if err := s.DeleteMaterials(ctx, tenant, []string{video.ID}); err != nil {
		return err
	}
	if _, err := s.MaterialByResource(ctx, second.ResourceID); !errors.Is(err, templates.ErrUnknown) {
		return fmt.Errorf("a thumbnail outlives its video: %v", err)
	}
	return nil
}

func materialLists(ctx context.Context, s TemplateStores) error {
	const tenant = "t-material-lists"
	var made []*templates.Material
	for i, name := range []string{"a.png", "b_a.png", "c.mp4"} {
		m, err := addMaterial(ctx, s, tenant, func(m *templates.Material) {
			m.FileName, m.CreatedAt = name, day.Add(time.Duration(i)*time.Hour)
			if i == 2 {
				m.Kind = "video"
			}
		})
		if err != nil {
			return err
		}
		made = append(made, m)
	}
	for _, c := range []struct {
		name  string
		f     templates.MaterialFilter
		want  []string
		total int
	}{
		{"images", templates.MaterialFilter{Kind: "image", Limit: 10}, []string{made[1].ID, made[0].ID}, 2},
		{"videos", templates.MaterialFilter{Kind: "video", Limit: 10}, []string{made[2].ID}, 1},
		{"window", templates.MaterialFilter{Kind: "image", Limit: 1, Offset: 1}, []string{made[0].ID}, 2},
		{"part of a name", templates.MaterialFilter{Kind: "image", FileName: "_a", Limit: 10}, []string{made[1].ID}, 1},
		{"by id", templates.MaterialFilter{Kind: "image", ID: made[0].ID, Limit: 10}, []string{made[0].ID}, 1},
		{"by resource", templates.MaterialFilter{Kind: "image", ResourceID: made[1].ResourceID, Limit: 10}, []string{made[1].ID}, 1},
		{"of another kind", templates.MaterialFilter{Kind: "video", ID: made[0].ID, Limit: 10}, nil, 0},
	} {
		c.f.Tenant = tenant
		list, total, err := s.ListMaterials(ctx, c.f)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		var got []string
		for _, m := range list {
			got = append(got, m.ID)
		}
		if !slices.Equal(got, c.want) || total != c.total {
			return fmt.Errorf("%s: %v of %d, want %v of %d", c.name, got, total, c.want, c.total)
		}
	}
	return nil
}

func materialDigests(ctx context.Context, s TemplateStores) error {
	m, err := addMaterial(ctx, s, "t-digests", nil)
	if err != nil {
		return err
	}
	unknown := strings.Repeat("0", 64)
	known, err := s.KnownDigests(ctx, []string{m.Digest, unknown})
	if err != nil || !known[m.Digest] || known[unknown] {
		return fmt.Errorf("KnownDigests = %v, %v", known, err)
	}
	return nil
}
