package api

import (
	"context"
	"time"

	"cardlink/fault"
	"cardlink/templates"
)

type materialHandlers struct{ room *templates.Materials }

func (h materialHandlers) routes() []route {
	return []route{
		{"POST", "/v1/aim/template-materials", "UploadAimTemplateMaterial", "kooMessage:devTemplateMaterial:create", plain, h.upload},
		{"GET", "/v1/aim/template-materials", "ListAimTemplateMaterials", "kooMessage:devTemplateMaterial:list", plain, h.list},
		{"POST", "/v1/aim/template-materials/delete", "DeleteTemplateMaterial", "kooMessage:devTemplateMaterial:delete", plain, h.delete},
		{"POST", "/v1/aim/template-material-thumbnails", "SetPrimaryVideoThumbnail", "kooMessage:devTemplateMaterial:create", plain, h.setCover},
		{"GET", "/v1/aim/template-material-thumbnails", "ShowTemplateVideoThumbnail", "kooMessage:devTemplateMaterial:list", plain, h.covers},
	}
}

// upload is UploadAimTemplateMaterial (api.md §6.1).
func (h materialHandlers) upload(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	u := templates.Upload{
		Kind: b.enum("resource_type"), Video: b.text("material_id"), FileType: b.enum("file_type"), FileURL: b.text("file_url"),
		FileStream: b.text("file_stream"), Rate: b.enum("image_rate"), FileName: b.text("file_name"), Description: b.text("description"),
	}
	if err := b.complaint(); err != nil {
		return nil, err
	}
	m, err := h.room.Upload(ctx, r.Principal.Tenant, u)
	if err != nil {
		return nil, err
	}
	return ok(struct {
		MaterialID    string `json:"material_id"`
		AimResourceID string `json:"aim_resource_id"`
	}{m.ID, m.ResourceID}), nil
}

// materialsPerPage is the most one page of materials holds, whatever limit asks for.
const materialsPerPage = 100

// list is ListAimTemplateMaterials (api.md §6.2), whose offset is a page number from 1.
func (h materialHandlers) list(ctx context.Context, r *Request) (any, error) {
	p, err := paging(r, true, 1000, 1000, 0)
	if err != nil {
		return nil, err
	}
	if p.Offset < 1 {
		return nil, fault.In(fault.Parameter, "offset", "must be a page number from 1 to 1000")
	}
	size := min(p.Limit, materialsPerPage)
	f := templates.MaterialFilter{
		Tenant: r.Principal.Tenant, Kind: queryEnum(r, "resource_type"), FileName: queryText(r, "file_name"), ID: queryText(r, "material_id"),
		ResourceID: queryText(r, "aim_resource_id"), Offset: (p.Offset - 1) * size, Limit: size,
	}
	for _, q := range [...]struct {
		name string
		max  int
	}{{"file_name", 100}, {"material_id", 36}, {"aim_resource_id", 64}} {
		if err := plainQuery(r, q.name, q.max); err != nil {
			return nil, err
		}
	}
	list, total, err := h.room.List(ctx, f)
	if err != nil {
		return nil, err
	}
	out := materialList{PageInfo: pageInfo{p.Offset, size, total}, Results: make([]wireMaterial, len(list))}
	for i, m := range list {
		out.Results[i] = h.wire(m)
	}
	return ok(out), nil
}

type materialList struct {
	PageInfo pageInfo       `json:"page_info"`
	Results  []wireMaterial `json:"results"`
}

// wireMaterial is Material (api.md §6.2) in the SDK's exact types.
type wireMaterial struct {
	ID            string         `json:"id"`
	CreatedAt     string         `json:"created_at"`
	ResourceType  string         `json:"resource_type"`
	FileName      string         `json:"file_name"`
	AimResourceID string         `json:"aim_resource_id"`
	ObsObjectKey  string         `json:"obs_object_key"`
	ObsFileURL    string         `json:"obs_file_url"`
	ImageRate     string         `json:"image_rate,omitempty"`
	Description   string         `json:"description,omitempty"`
	Size          int64          `json:"size"`
	Thumbnail     *wireThumbnail `json:"thumbnail,omitempty"`
}

type wireThumbnail struct {
	ID            string `json:"id"`
	CreatedAt     string `json:"created_at"`
	IsPrimary     int    `json:"is_primary"`
	ResourceType  string `json:"resource_type"`
	FileName      string `json:"file_name"`
	AimResourceID string `json:"aim_resource_id"`
	ObsObjectKey  string `json:"obs_object_key"`
	ObsFileURL    string `json:"obs_file_url"`
	ImageRate     string `json:"image_rate,omitempty"`
	IsAutoGen     int    `json:"is_auto_gen"` // see autoGen
	Description   string `json:"description,omitempty"`
	Size          int64  `json:"size"`
}

func (h materialHandlers) wire(m *templates.Material) wireMaterial {
	w := wireMaterial{
		ID: m.ID, CreatedAt: materialTime(m.CreatedAt), ResourceType: m.Kind, FileName: m.FileName, AimResourceID: m.ResourceID,
		ObsObjectKey: objectKey(m), ObsFileURL: h.room.URL(m), ImageRate: m.Rate, Description: m.Description, Size: m.Size,
	}
	if t := m.Thumbnail; t != nil {
		w.Thumbnail = &wireThumbnail{
			ID: t.ID, CreatedAt: materialTime(t.CreatedAt), IsPrimary: zeroOne(t.Primary), ResourceType: "image", FileName: t.FileName, AimResourceID: t.ResourceID,
			ObsObjectKey: objectKey(t), ObsFileURL: h.room.URL(t), ImageRate: t.Rate, IsAutoGen: autoGen(t), Description: t.Description, Size: t.Size,
		}
	}
	return w
}

// objectKey is the name under which a material is stored, as far as callers care.
func objectKey(m *templates.Material) string { return m.Path()[1:] }

// materialTime is the form of materials, "2022-06-01 23:13:09.0" (api.md §3.4).
func materialTime(t time.Time) string { return blank(t) + ".0" }

// delete is DeleteTemplateMaterial (api.md §6.3).
func (h materialHandlers) delete(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	ids := b.texts("material_ids")
	if err := b.complaint(); err != nil {
		return nil, err
	}
	if err := h.room.Delete(ctx, r.Principal.Tenant, ids); err != nil {
		return nil, err
	}
	return ok(nil), nil
}
