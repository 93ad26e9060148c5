package bench

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

func TestRenderMeasuresWholeCards(t *testing.T) {
	cards, err := benchCards()
	if err != nil {
		t.Fatal(err)
	}
	if len(cards) != 6 {
		t.Fatalf("%d vendors, want 6", len(cards))
	}
	for _, c := range cards {
		if !json.Valid(c.same) || !bytes.Contains(c.same, []byte("王小明")) || !bytes.Contains(c.same, []byte("u8842")) {
			t.Errorf("%s: %s", c.vendor, c.same)
		}
	}
	r, err := Render(t.Context(), Config{Rounds: 2, For: time.Millisecond, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Rounds) != 4 || r.Peer <= r.Product || r.Product <= 0 || r.Ratio != r.Product/r.Peer || len(r.Notes) != 2 {
		t.Errorf("result %+v", r)
	}
	for _, round := range r.Rounds {
		if round.Errors != 0 || round.Count == 0 {
			t.Errorf("round %+v", round)
		}
	}
}
