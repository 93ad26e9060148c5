package templates

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"cardlink/fault"
)

// MaterialOptions configure Materials.
type MaterialOptions struct {
	Store     MaterialStore // required
	Blobs     Blobs         // required
	Catalogue *Catalogue    // required: formats, sizes and proportions
	Quota     int64         // bytes per tenant; 0 = 10 GiB (api.md §6)
	Fetch     FetchOptions
	Origin    string           // the edge's address, for file addresses in lists; empty gives paths without origin
	Now       func() time.Time // nil = time.Now
	Log       *slog.Logger     // nil = silent
}

// defaultQuota is a tenant's material space in bytes.
const defaultQuota = 10 << 30

// Materials keeps images and videos: it takes them in, lists and deletes them, and opens their contents for the edge. It also serves the pictures of the built-in gallery,
// which belong to nobody and cannot be deleted. Its methods are safe for concurrent use.
type Materials struct {
	o       MaterialOptions
	gallery map[string]*galleryMedium
	fetch   *fetcher
	// decoding bounds how many uploads are unfolded at once (maxUnfold bytes and decodeTime each at worst); more wait, bounded by their context.
	decoding chan struct{}
}

// NewMaterials builds the service.
func NewMaterials(o MaterialOptions) (*Materials, error) {
	if o.Store == nil || o.Blobs == nil || o.Catalogue == nil {
		return nil, errors.New("materials: Store, Blobs and Catalogue are required")
	}
	if o.Quota <= 0 {
		o.Quota = defaultQuota
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	media, err := galleryMedia(o.Catalogue)
	if err != nil {
		return nil, err
	}
	return &Materials{o: o, gallery: media, fetch: newFetcher(o.Fetch), decoding: make(chan struct{}, 4)}, nil
}

// Close lets go of connections kept for fetching.
func (m *Materials) Close() error {
	m.fetch.close()
	return nil
}

// List gives one window of a tenant's materials, newest first, and how many match in all (api.md §6.2). Kind must be image or video.
func (m *Materials) List(ctx context.Context, f MaterialFilter) ([]*Material, int, error) {
	if f.Kind != kindImage && f.Kind != kindVideo {
		return nil, 0, fault.In(fault.Parameter, "resource_type", "must be image or video")
	}
	list, total, err := m.o.Store.ListMaterials(ctx, f)
	if err != nil {
		return nil, 0, fmt.Errorf("list materials: %w", err)
	}
	return list, total, nil
}

// Delete forgets materials of the tenant, all or none (api.md §6.3). One that a template uses is refused; deleting a video deletes its covers.
func (m *Materials) Delete(ctx context.Context, tenant string, ids []string) error {
	if len(ids) == 0 || len(ids) > 20 {
		return fault.In(fault.Parameter, "material_ids", "must hold 1-20 ids")
	}
	for i, id := range ids {
		if !plainMaterialID(id) {
			return fault.In(fault.Parameter, fmt.Sprintf("material_ids[%d]", i), "must be 1-36 ASCII characters")
		}
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	switch err := m.o.Store.DeleteMaterials(ctx, tenant, ids); {
	case errors.Is(err, ErrUnknown):
		return fault.In(fault.Parameter, "material_ids", "holds a material that does not exist")
	case errors.Is(err, ErrInUse):
		return fault.In(fault.Parameter, "material_ids", "holds a material that a template uses")
	case errors.Is(err, ErrGenerated):
		return fault.In(fault.Parameter, "material_ids", "holds a cover that the system drew; it goes with its video")
	case err != nil:
		return fmt.Errorf("delete materials: %w", err)
	}
	return nil
}

// Sweep removes contents that no material has any more and that were last uploaded before a time; an upload keeps its content before its row, so an hour ago or
// earlier is right. It may run at any time, on one node at a time.
func (m *Materials) Sweep(ctx context.Context, before time.Time) (removed int, err error) {
	return m.o.Blobs.Sweep(ctx, before, m.o.Store.KnownDigests)
}

// find reads the materials among ids that a tenant may refer to, by aim_resource_id: its own and the gallery's.
func (m *Materials) find(ctx context.Context, tenant string, ids []string) (map[string]*Material, error) {
	out := make(map[string]*Material, len(ids))
	var rest []string
	for _, id := range ids {
		if p := m.gallery[id]; p != nil {
			out[id] = &p.Material
		} else if tenant != "" && validResourceID(id) {
			rest = append(rest, id)
		}
	}
	if len(rest) == 0 {
		return out, nil
	}
	list, err := m.o.Store.MaterialsOf(ctx, tenant, rest)
	if err != nil {
		return nil, err
	}
	for _, mat := range list {
		out[mat.ResourceID] = mat
	}
	return out, nil
}

// own leaves out the ids that need no holding on to: the gallery's.
func (m *Materials) own(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return m.gallery[id] != nil })
}
