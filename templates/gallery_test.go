package templates

import "testing"

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
		if len(vendors) < 3 {
			t.Errorf("%d is for %v only", c.ID, vendors)
		}
		layouts[c.Draft.CardID] = true
		plain = plain || len(c.Draft.Params) == 0
		four = four || len(c.Draft.Params) == 4
	}
	if len(cards) < 6 || len(layouts) != 4 || !plain || !four {
		t.Errorf("%d cards over %v; want 6 or more over four layouts, one without and one with four parameters", len(cards), layouts)
	}
	for id, p := range pictures {
		if _, err := decodePicture(t.Context(), p.data, decodeTime); err != nil {
			t.Errorf("picture %s: %v", id, err)
		}
		if !used[id] || p.Size > 100<<10 {
			t.Errorf("picture %s is unused or %d bytes, more than 100 KiB", id, p.Size)
		}
	}
}
