package templates

import "testing"

func catalogue(t testing.TB) *Catalogue {
	t.Helper()
	c, err := LoadCatalogue(nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEmbeddedCatalogueLoads(t *testing.T) {
	c := catalogue(t)
	if n := len(c.Layouts()); n != 30 {
		t.Errorf("%d layouts, want 30", n)
	}
}
