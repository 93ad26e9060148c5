package templates

import (
	"context"
	"errors"
	"time"

	"cardlink/event"
)

// What a Store or MaterialStore answers beside its results.
var (
	// ErrUnknown: there is no such template, version or material, or it was deleted, or it belongs to another tenant.
	ErrUnknown = errors.New("no such template or material")
	// ErrExists: a template with this id is there already.
	ErrExists = errors.New("the template exists")
	// ErrMaterialGone: a material that the template refers to was deleted meanwhile.
	ErrMaterialGone = errors.New("a material of the template is gone")
	// ErrInUse: the template has unexpired links, or the material has templates.
	ErrInUse = errors.New("in use")
	// ErrGenerated: the cover was drawn by the system and goes with its video.
	ErrGenerated = errors.New("drawn by the system")
	// ErrQuota: the tenant's material space is full.
	ErrQuota = errors.New("material space is full")
)

// Store keeps templates and their versions. Package store implements it; contract.Templates says in running code what that means.
//
// Facts handed to a method are written to the outbox in the transaction that makes them true, or not at all.
type Store interface {
	// LeaseIDs takes n consecutive numbers of a sequence that begins at from, for ever.
	LeaseIDs(ctx context.Context, sequence string, from, n int64) (first int64, err error)

	// AddTemplate stores a new template with its first version. uses lists the aim_resource_ids of the tenant's own materials that it holds on to.
	// ErrExists, ErrMaterialGone.
	AddTemplate(ctx context.Context, t *Template, uses []string, facts []event.Record) error

	// Template reads one version of a template of any tenant; version 0 is the newest. ErrUnknown. Assets stay empty.
	Template(ctx context.Context, id int64, version int) (*Template, error)

	// ListTemplates gives one window of the newest versions of a tenant's and, if asked, the public templates, newest first, ties by descending id,
	// and how many there are in all.
	ListTemplates(ctx context.Context, f Filter) (list []*Template, total int, err error)

	// PendingTemplates lists the newest versions, of all tenants, on which a vendor has yet to decide, oldest first, at most limit.
	PendingTemplates(ctx context.Context, limit int) ([]*Template, error)

	// ChangeTemplate reads the newest version of the tenant's template, lets change alter it, and stores the result, all in one transaction that no other
	// change of the same template overlaps. If change raised Version, a new version is added that uses the materials it returns; else the version
	// is overwritten except for its content. An error of change is returned as it is and nothing is stored. change may run more than once, each time with a fresh
	// template; it must do no I/O. ErrUnknown, ErrMaterialGone.
	ChangeTemplate(ctx context.Context, tenant string, id int64, change func(t *Template) (uses []string, facts []event.Record, err error)) error

	// DeleteTemplate forgets the tenant's template if check, which sees its newest version in the same transaction, agrees and no link made from it
	// expires after now. Its id is never given again and its materials become free. ErrUnknown, ErrInUse.
	DeleteTemplate(ctx context.Context, tenant string, id int64, now time.Time, check func(t *Template) error) error
}

// Filter selects templates (api.md §5.2). Zero fields do not filter.
type Filter struct {
	Tenant     string
	Private    bool // include the tenant's own
	Public     bool // include the gallery's
	ID         int64
	Name       string   // part of the name, case-sensitive
	Vendors    []Vendor // any of them active
	HasParam   *bool
	Begin, End time.Time // of creation, inclusive
	Offset     int
	Limit      int
}

// MaterialStore keeps what is known about materials; their contents are in Blobs.
type MaterialStore interface {
	// AddMaterial stores a material, with a video its Thumbnail, and charges their sizes to the tenant, up to quota bytes. A thumbnail becomes its video's
	// primary one if no uploaded one is yet, and Primary says so. ErrQuota; ErrUnknown if Video names no video of the tenant.
	AddMaterial(ctx context.Context, m *Material, quota int64) error
	// MaterialsOf reads the tenant's materials among the aim_resource_ids; those that do not exist are missing from the result. Videos come with their
	// primary thumbnail.
	MaterialsOf(ctx context.Context, tenant string, resourceIDs []string) ([]*Material, error)
	// MaterialByResource reads a material of any tenant. ErrUnknown.
	MaterialByResource(ctx context.Context, resourceID string) (*Material, error)
	// ListMaterials gives one window, newest first, ties by descending resource id, and how many there are in all.
	ListMaterials(ctx context.Context, f MaterialFilter) (list []*Material, total int, err error)
	// Covers lists the thumbnails of the tenant's video with this id, newest first, ties by descending resource id.
	Covers(ctx context.Context, tenant, video string) ([]*Material, error)
	// SetPrimaryCover makes one thumbnail the primary one of the tenant's video, and all others not. ErrUnknown if thumbnail names none of the video's.
	SetPrimaryCover(ctx context.Context, tenant, video, thumbnail string) error
	// DeleteMaterials forgets all of the tenant's materials with these ids, with the thumbnails of a video, or none: ErrUnknown, ErrInUse, ErrGenerated for a
	// thumbnail the system drew, which goes with its video only. A video that loses its primary thumbnail gets its newest uploaded one instead, else the drawn one.
	DeleteMaterials(ctx context.Context, tenant string, ids []string) error
	// KnownDigests tells which of the digests some material of any tenant has.
	KnownDigests(ctx context.Context, digests []string) (map[string]bool, error)
}

// MaterialFilter selects materials (api.md §6.2). Zero fields do not filter.
type MaterialFilter struct {
	Tenant     string
	Kind       string // image or video
	FileName   string // part of it, case-sensitive
	ID         string
	ResourceID string
	Offset     int // rows
	Limit      int
}
