package bench

import (
	"bytes"
	"encoding/json"
	"math"
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
	if len(r.Rounds) != 4 || r.Product <= 0 || r.Ratio != r.Product/r.Peer || len(r.Notes) != 2 {
		t.Errorf("result %+v", r)
	}
	rates, quickest := map[string]float64{}, map[string]time.Duration{}
	for _, round := range r.Rounds {
		if round.Errors != 0 || round.Count == 0 {
			t.Errorf("round %+v", round)
		}
		rates[round.Side] += round.Rate / 2
		if q, ok := quickest[round.Side]; !ok || round.P50 < q {
			quickest[round.Side] = round.P50
		}
	}
	if !near(r.Product, rates["product"]) || !near(r.Peer, rates["reference"]) {
		t.Errorf("%v beside %v, the rounds say %v", r.Product, r.Peer, rates)
	}
	// Copying takes less than drawing. A round of one turn is short enough for a neighbour to take most of it; half of the batches of both rounds it cannot have met.
	if quickest["reference"] >= quickest["product"] {
		t.Errorf("copies take %v, cards %v", quickest["reference"], quickest["product"])
	}
}

// near allows for the order of additions.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) }
