package templates

import (
	"testing"
	"time"
)

func TestGalleryCardsPassTheStrictRulesWithoutAWarning(t *testing.T) {
	cat := catalogue(t)
	media, err := galleryMedia(cat)
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
			if p := media[id]; p != nil {
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
		if !layouts[id] {
			t.Errorf("the gallery has no card of the layout %s", id)
		}
	}
	films := 0
	for id, m := range media {
		most := int64(150 << 10)
		if m.Kind == kindVideo {
			films++
			most *= 2
			if _, err := probeMP4(m.data); err != nil || m.Duration < 2*time.Second {
				t.Errorf("film %s of %v: %v", id, m.Duration, err)
			}
		} else if _, err := decodePicture(t.Context(), m.data, patience); err != nil {
			t.Errorf("picture %s: %v", id, err)
		}
		if !used[id] || m.Size > most {
			t.Errorf("%s %s is unused or %d bytes, more than %d", m.Kind, id, m.Size, most)
		}
	}
	if films == 0 {
		t.Error("the gallery has no film")
	}
}

// The pictures and cards are read at every start.
func BenchmarkGallery(b *testing.B) {
	cat := catalogue(b)
	for b.Loop() {
		if _, err := galleryMedia(cat); err != nil {
			b.Fatal(err)
		}
		if _, err := Gallery(); err != nil {
			b.Fatal(err)
		}
	}
}
