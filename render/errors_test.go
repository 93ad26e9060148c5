package render

import (
	"testing"

	"cardlink/fault"
)

func errorPagesByName() map[string][]byte {
	return map[string][]byte{
		"gone.en": AppendGone(nil, fault.English), "gone.zh": AppendGone(nil, fault.Chinese),
		"not_found.en": AppendNotFound(nil, fault.English), "not_found.zh": AppendNotFound(nil, fault.Chinese),
	}
}

// The two pages must not tell by their length which of the two answers a guessed code got.
func TestErrorPagesHaveOneLength(t *testing.T) {
	n := 0
	for name, page := range errorPagesByName() {
		if n == 0 {
			n = len(page)
		}
		if len(page) != n {
			t.Errorf("%s has %d bytes, others %d", name, len(page), n)
		}
		if _, err := parsePage(page); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
