package openapi

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// The cards that package render compares itself with, of every vendor and with hostile values, are what the document says of a card, and nothing more.
func TestCardsAreAsDescribed(t *testing.T) {
	_, doc := described(t)
	CloseObjects(doc)
	card, err := compiler(t, doc).Compile("cardlink.json#/components/schemas/Card")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, values := range []string{"sample", "longest", "hostile"} {
		files, err := filepath.Glob("../../../render/testdata/*/[A-Z]*." + values + ".json")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			n++
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var v any
			if err := json.Unmarshal(b, &v); err != nil {
				t.Fatal(f, err)
			}
			if err := card.Validate(v); err != nil {
				t.Errorf("%s: %v", f, err)
			}
		}
	}
	if n < 18 {
		t.Errorf("only %d cards were found", n)
	}
}
