package templatetest

import (
	"context"
	"strings"

	"cardlink/templates"
)

// Materials are what the cards refer to: pictures and videos of the shapes that the layouts want and the sizes that the vendors ask for. There are no contents;
// Template serves them as "/m/" and their FileName.
func Materials() []*templates.Material {
	image := func(id, name string, w, h int) *templates.Material {
		kind := "image/png"
		if strings.HasSuffix(name, ".jpg") {
			kind = "image/jpeg"
		}
		return &templates.Material{ResourceID: id, Tenant: Tenant, Kind: "image", FileName: name, ContentType: kind, Width: w, Height: h}
	}
	video := func(id, name string, w, h int) *templates.Material {
		return &templates.Material{ResourceID: id, Tenant: Tenant, Kind: "video", FileName: name, ContentType: "video/mp4", Width: w, Height: h}
	}
	return []*templates.Material{
		image("700000000000000001", "banner.jpg", 1248, 702),
		image("700000000000000011", "banner2.jpg", 1248, 702),
		image("700000000000000012", "banner3.jpg", 1088, 612),
		image("700000000000000002", "logo.png", 320, 320),
		image("700000000000000003", "oppo.png", 984, 1200),
		image("700000000000000004", "vivo.png", 984, 1312),
		image("700000000000000005", "wide.jpg", 1120, 372),
		image("700000000000000021", "square1.png", 1088, 1088),
		image("700000000000000022", "square2.png", 1088, 1088),
		image("700000000000000023", "square3.png", 1088, 1088),
		image("700000000000000024", "square4.png", 1088, 1088),
		image("700000000000000025", "square5.png", 1088, 1088),
		image("700000000000000031", "vertical1.png", 960, 1300),
		image("700000000000000032", "vertical2.png", 960, 1300),
		image("700000000000000033", "vertical3.png", 960, 1300),
		image("700000000000000041", "poster.jpg", 900, 1200),
		image("700000000000000042", "birthday.png", 984, 1312),
		video("700000000000000051", "clip.mp4", 1280, 720),
		image("700000000000000052", "cover.jpg", 1248, 702),
		video("700000000000000053", "drama.mp4", 720, 960),
		image("700000000000000054", "drama.jpg", 900, 1200),
	}
}

// Judge validates drafts as the API does, with Materials as the caller's own.
type Judge struct{ service *templates.Service }

// NewJudge builds a judge over a catalogue.
func NewJudge(catalogue *templates.Catalogue) (*Judge, error) {
	m, err := templates.NewMaterials(templates.MaterialOptions{Store: shelf{}, Blobs: noBlobs{}, Catalogue: catalogue})
	if err != nil {
		return nil, err
	}
	s, err := templates.NewService(templates.Options{Store: noStore{}, Catalogue: catalogue, Materials: m})
	if err != nil {
		return nil, err
	}
	return &Judge{s}, nil
}

// Problems lists what is wrong with a draft; it is acceptable if none is hard. The error is not about the draft.
func (j *Judge) Problems(ctx context.Context, d templates.Draft) ([]templates.Problem, error) {
	return j.service.Check(ctx, Tenant, d)
}

// Accepts reports whether the API would take the draft, and if not, the first reason.
func (j *Judge) Accepts(ctx context.Context, d templates.Draft) (bool, templates.Problem) {
	problems, err := j.Problems(ctx, d)
	if err != nil {
		return false, templates.Problem{Rule: err.Error(), Hard: true}
	}
	for _, p := range problems {
		if p.Hard {
			return false, p
		}
	}
	return true, templates.Problem{}
}

// The judge reads materials and nothing else: any other call is a nil dereference, which a test shows at once.
type (
	noStore struct{ templates.Store }
	noBlobs struct{ templates.Blobs }
	shelf   struct{ templates.MaterialStore }
)

func (shelf) MaterialsOf(_ context.Context, tenant string, ids []string) ([]*templates.Material, error) {
	var out []*templates.Material
	for _, m := range Materials() {
		for _, id := range ids {
			if m.ResourceID == id && tenant == Tenant {
				out = append(out, m)
			}
		}
	}
	return out, nil
}
