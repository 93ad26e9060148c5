package templates

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/google/uuid"

	"cardlink/fault"
)

// drawCover gives a video that was just examined its first cover. The store keeps both at once, so that no video is ever without one.
func (m *Materials) drawCover(ctx context.Context, video *Material) error {
	data, size := poster(Size{video.Width, video.Height})
	cover := &Material{
		ID: uuid.NewString(), Tenant: video.Tenant, Kind: kindThumbnail, FileName: coverName(video.FileName), Rate: m.o.Catalogue.RateOf(size.W, size.H),
		ContentType: "image/png", Ext: "png", Size: int64(len(data)), Width: size.W, Height: size.H, Video: video.ID, Primary: true, Generated: true,
		CreatedAt: video.CreatedAt,
	}
	if err := m.keep(ctx, cover, data); err != nil {
		return err
	}
	video.Thumbnail = cover
	return nil
}

// coverName is "clip-cover.png" for "clip.mp4", at most 200 characters as all file names.
func coverName(video string) string {
	const tail = "-cover.png"
	name := []rune(strings.TrimSuffix(video, path.Ext(video)))
	return string(name[:min(len(name), 200-len(tail))]) + tail
}

// Covers lists the covers of the tenant's video, newest first (api.md §6.5). resourceID is the video's aim_resource_id.
func (m *Materials) Covers(ctx context.Context, tenant, resourceID string) ([]*Material, error) {
	video, err := m.video(ctx, tenant, resourceID)
	if err != nil {
		return nil, err
	}
	list, err := m.o.Store.Covers(ctx, tenant, video.ID)
	if err != nil {
		return nil, fmt.Errorf("list the covers of a video: %w", err)
	}
	return list, nil
}

// SetPrimaryCover makes one of a video's covers the one that cards show (api.md §6.4). Templates that exist keep the cover they were made with.
func (m *Materials) SetPrimaryCover(ctx context.Context, tenant, resourceID, thumbnailID string) error {
	if thumbnailID == "" {
		return fault.In(fault.Parameter, "thumbnail_id", "is required")
	}
	video, err := m.video(ctx, tenant, resourceID)
	if err != nil {
		return err
	}
	unknown := fault.In(fault.Parameter, "thumbnail_id", "is none of the video's covers")
	if !plainMaterialID(thumbnailID) {
		return unknown
	}
	err = m.o.Store.SetPrimaryCover(ctx, tenant, video.ID, thumbnailID)
	if errors.Is(err, ErrUnknown) {
		return unknown
	}
	return err
}

// video finds the tenant's video behind an aim_resource_id.
func (m *Materials) video(ctx context.Context, tenant, resourceID string) (*Material, error) {
	if resourceID == "" {
		return nil, fault.In(fault.Parameter, "aim_resource_id", "is required")
	}
	found, err := m.find(ctx, tenant, []string{resourceID})
	if err != nil {
		return nil, fmt.Errorf("look up a video: %w", err)
	}
	if v := found[resourceID]; v != nil && v.Kind == kindVideo && v.Tenant == tenant {
		return v, nil
	}
	return nil, fault.In(fault.Parameter, "aim_resource_id", "the video does not exist")
}

// plainMaterialID reports whether s could be a material's id. Others are unknown without asking the store, which may not even be able to read them.
func plainMaterialID(s string) bool {
	return s != "" && len(s) <= 36 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}
