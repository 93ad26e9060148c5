package templates

import (
	"slices"
	"testing"
)

func TestGalleryCardsPassTheStrictRulesWithoutAWarning(t *testing.T) {
	cat := catalogue(t)
	pictures, err := galleryPictures(cat)
	if err != nil {
		t.Fatal(err)
	}
	cards, err := Gallery()
	if err != nil {
		t.Fatal(err)
	}
	layouts, used, plain, four := map[string]bool{}, map[string]bool{}, false, false
	for _, c := range cards {
		checks := checks{catalogue: cat, strict: true, materials: map[string]*Material{}}
		for _, id := range c.Draft.materials() {
			used[id] = true
			if p := pictures[id]; p != nil {
				checks.materials[id] = &p.Material
			}
		}
		d := c.Draft.clone()
		vendors, problems := checks.validate(&d)
		for _, p := range problems {
			t.Errorf("%d: %+v", c.ID, p)
		}
		if l, _ := cat.Layout(c.Draft.CardID); len(vendors) != len(l.Vendors()) {
			t.Errorf("%d is for %v only", c.ID, vendors)
		}
		layouts[c.Draft.CardID] = true
		plain = plain || len(c.Draft.Params) == 0
		four = four || len(c.Draft.Params) == 4
	}
	if len(cards) < 24 || !plain || !four {
		t.Errorf("%d cards; want 24 or more, one without and one with four parameters", len(cards))
	}
	for _, id := range cat.Layouts() {
		l, _ := cat.Layout(id)
		if video := slices.Contains(l.components.required, typeVideo); layouts[id] == video {
			t.Errorf("%s: the gallery has it: %v; it has every layout that needs no video", id, layouts[id])
		}
	}
	for id, p := range pictures {
		if _, err := decodePicture(t.Context(), p.data, decodeTime); err != nil {
			t.Errorf("picture %s: %v", id, err)
		}
		if !used[id] || p.Size > 150<<10 {
			t.Errorf("picture %s is unused or %d bytes, more than 150 KiB", id, p.Size)
		}
	}
}

// The pictures and cards are read at every start.
func BenchmarkGallery(b *testing.B) {
	cat := catalogue(b)
	for b.Loop() {
		if _, err := galleryPictures(cat); err != nil {
			b.Fatal(err)
		}
		if _, err := Gallery(); err != nil {
			b.Fatal(err)
		}
	}
}
