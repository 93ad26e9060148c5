package templates

import (
	"context"
	"fmt"
	"slices"
)

// AttemptOptions configure Attempt.
type AttemptOptions struct {
	Strict          bool     // as Options.Strict
	SkipUnsupported bool     // as Options.SkipUnsupported
	SensitiveWords  []string // as Options.SensitiveWords
}

// Try judges a draft as Create would and gives the template it would become, with its assets, without storing anything. The template has no id, no version and no
// review; its Warnings are the soft problems. problems are all, hard and soft, in the order of the request: with a hard one the template is what could
// be read of the draft, fit to be looked at and for nothing else. The error is not about the draft.
func (s *Service) Try(ctx context.Context, tenant string, d Draft) (t *Template, problems []Problem, err error) {
	d = d.clone()
	vendors, problems, err := s.validate(ctx, tenant, &d)
	if err != nil {
		return nil, nil, err
	}
	t = d.attempt(tenant, vendors, problems)
	if len(materialsOf(t.Pages)) > maxContents*maxContents {
		return t, problems, nil // refused for its length; nobody looks anything up for it
	}
	return t, problems, s.fill(ctx, t)
}

// ForPreview reads the newest version of a template that a tenant wants to look at, with its assets: one of its own or a public one, whatever its state. The error is
// UnknownTemplateID or EmptyTemplateID, or not about the id.
func (s *Service) ForPreview(ctx context.Context, tenant, tplID string) (*Template, error) {
	t, err := s.visible(ctx, tenant, tplID)
	if err != nil {
		return nil, err
	}
	return t, s.fill(ctx, t)
}

// Origin is the edge's address that Options named.
func (s *Service) Origin() string { return s.o.Origin }

// Attempt is Try without a tenant and without a store. What it cannot look up it warns about: a draft that refers to materials is judged as if they were there
// and had whatever size and proportion is wanted.
func Attempt(cat *Catalogue, o AttemptOptions, d Draft) (*Template, []Problem) {
	d = d.clone()
	c := checks{catalogue: cat, strict: o.Strict, skip: o.SkipUnsupported, sensitive: o.SensitiveWords, materials: map[string]*Material{}}
	unseen := c.pretend(&d)
	vendors, problems := c.validate(&d)
	problems = append(problems, unseen...)
	t := d.attempt("", vendors, problems)
	t.Assets = map[string]Asset{}
	for id, m := range c.materials {
		t.Assets[id] = Asset{Path: m.Path(), ContentType: m.ContentType}
	}
	return t, problems
}

// pretend puts a stand-in where d refers to a material and tells so about each place.
func (c *checks) pretend(d *Draft) (unseen []Problem) {
	stand := func(field, id, kind string) {
		if id == "" {
			return
		}
		unseen = append(unseen, Problem{Field: field, Rule: fmt.Sprintf("material %s was not looked up", head(id))})
		if c.materials[id] != nil {
			return
		}
		m := &Material{ResourceID: id, Kind: kind, ContentType: "image/png", Ext: "png"}
		if kind == kindVideo {
			m.ContentType, m.Ext = "video/mp4", "mp4"
			// Every video has a cover that the system drew.
			m.Thumbnail = &Material{ResourceID: id + "-cover", Kind: kindThumbnail, ContentType: "image/png", Ext: "png"}
			c.materials[m.Thumbnail.ResourceID] = m.Thumbnail
		}
		c.materials[id] = m
	}
	for i := range d.Pages {
		for j := range d.Pages[i].Contents {
			f := &d.Pages[i].Contents[j]
			field := fmt.Sprintf("pages[%d].contents[%d]", i, j)
			if f.SrcType != srcMaterial || len(unseen) > maxContents*maxContents {
				continue
			}
			kind := kindImage
			if f.Type == typeVideo {
				kind = kindVideo
			}
			stand(field+".src", f.Src, kind)
			stand(field+".cover", f.Cover, kindImage)
			stand(field+".oppo_background", f.OppoBackground, kindImage)
			stand(field+".vivo_background", f.VivoBackground, kindImage)
		}
	}
	return unseen
}

// attempt is the template that a validated draft would become.
func (d *Draft) attempt(tenant string, vendors []Vendor, problems []Problem) *Template {
	t := &Template{Tenant: tenant}
	t.SetContent(*d)
	for _, p := range problems {
		if !p.Hard {
			t.Warnings = append(t.Warnings, p)
		}
	}
	for _, who := range vendors {
		t.Factories = append(t.Factories, Factory{Vendor: who, State: VendorNotEnabled, Pending: true})
	}
	return t
}

// Drawable reports whether a template that was only tried keeps the bounds within which cards are drawn: a known layout, and pages, contents and parameters as many as a
// template can have. One that does not is refused anyway, and nobody compiles it.
func (t *Template) Drawable(cat *Catalogue) bool {
	if _, ok := cat.Layout(t.CardID); !ok || len(t.Pages) == 0 || len(t.Pages) > cat.limits["pages"].max || len(t.Params) > cat.limits["params"].max {
		return false
	}
	return !slices.ContainsFunc(t.Pages, func(p Page) bool { return len(p.Contents) == 0 || len(p.Contents) > maxContents })
}

// DraftOf is the draft that makes t again. It names t's vendors, also if the draft that t was made from did not; their own figures are hard then.
func DraftOf(t *Template) Draft {
	d := t.Content()
	for _, f := range t.Factories {
		d.Factories = append(d.Factories, Factory{Vendor: f.Vendor, State: 1}) // submit
	}
	return d.clone()
}
