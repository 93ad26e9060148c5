package templates

import "testing"

// Whatever the catalogue says about a layout as a whole, it says on whose word.
func TestProvenanceNamesKnownSources(t *testing.T) {
	cat, err := LoadCatalogue(nil)
	if err != nil {
		t.Fatal(err)
	}
	known := func(what, mark string) {
		t.Helper()
		if s, ok := cat.Source(mark); !ok || s.Mark != mark || s.About == "" {
			t.Errorf("%s: source %q is %+v", what, mark, s)
		}
	}
	known("floor types", cat.FloorSource())
	for _, id := range cat.Layouts() {
		l, _ := cat.Layout(id)
		p := l.Provenance()
		known(id+" vendors", p.Vendors)
		known(id+" components", p.Components)
		if p.Params != "" {
			known(id+" params", p.Params)
		}
		if len(l.SubTypes()) > 0 {
			known(id+" sub types", p.SubType)
		}
	}
	if _, ok := cat.Source("nobody"); ok {
		t.Error("a source that is not in the file is known")
	}
}
