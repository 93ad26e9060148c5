package fault

import "testing"

func TestCodesIsTheTable(t *testing.T) {
	codes := Codes()
	if len(codes) != len(table) {
		t.Fatalf("%d codes of %d", len(codes), len(table))
	}
	for i, e := range codes {
		if i > 0 && codes[i-1].Code >= e.Code {
			t.Errorf("%s after %s", e.Code, codes[i-1].Code)
		}
		if f := New(e.Code, ""); f.Status() != e.Status || f.Text(English) != e.English || f.Text(Chinese) != e.Chinese {
			t.Errorf("%+v", e)
		}
	}
}
