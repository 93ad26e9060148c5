package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cardlink/render"
	"cardlink/templates"
)

// Render measures what it takes to draw a vendor card with four parameters beside one append of the same bytes from memory, in turns, for all six
// vendors. It is the one workload that measures a function of the product and not a process. Latencies are of five thousand cards: one is
// too short to be timed. Rates are from the medians of those, so that a neighbour's turn on the processor is no card's.
func Render(ctx context.Context, c Config) (r *Result, err error) {
	const batch = 5000
	r = &Result{Workload: "render", Unit: "cards", Started: time.Now().UTC(), Machine: ThisMachine(),
		About: "vendor cards with four parameters, for all vendors in turn; reference: one append of the same bytes. Latencies are of 5,000 cards, rates from their medians"}
	cleanup, err := c.fill()
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, cleanup()) }()
	cards, err := benchCards()
	if err != nil {
		return r, err
	}
	memory := make([]byte, 16<<10)
	for round := range c.Rounds {
		c.Progress("rounds", round, c.Rounds)
		var product, reference Outcome
		drawn, copied := make([]Histogram, len(cards)), make([]Histogram, len(cards))
		for turn, end := 0, time.Now().Add(2*c.For); time.Now().Before(end); turn++ { // a round of each side
			// How fast a copy is depends on where its ends lie: both sides write to ever other places.
			buf := memory[turn%32*136:][:0]
			if err := ctx.Err(); err != nil {
				return r, err
			}
			for i := range cards {
				card := &cards[i]
				start := time.Now()
				for range batch {
					buf = card.program.Append(buf[:0], &card.values)
				}
				drawn[i].Record(time.Since(start))
				if product.Requests += batch; !bytes.Equal(buf, card.same) {
					product.Errors++
					product.First = card.vendor + ": not the card it was"
				}
				start = time.Now()
				for range batch {
					buf = append(buf[:0], card.same...)
				}
				copied[i].Record(time.Since(start))
				reference.Requests += batch
			}
		}
		var notes []string
		for i := range cards {
			product.Latency.Merge(&drawn[i])
			reference.Latency.Merge(&copied[i])
			d, c := drawn[i].Quantile(0.5), copied[i].Quantile(0.5)
			product.Took += d * time.Duration(drawn[i].Count())
			reference.Took += c * time.Duration(copied[i].Count())
			notes = append(notes, fmt.Sprintf("%s %.0f ns, %.1f×", cards[i].vendor, float64(d)/batch, float64(d)/float64(max(c, 1))))
		}
		r.Rounds = append(r.Rounds, roundOf("reference", &reference, reference.Took), roundOf("product", &product, product.Took))
		r.Notes = append(r.Notes, fmt.Sprintf("round %d, a card and what it is of the reference: %s", round+1, strings.Join(notes, "; ")))
	}
	c.Progress("rounds", c.Rounds, c.Rounds)
	r.conclude(0.2) // five times one append
	return r, nil
}

type benchCard struct {
	vendor  string
	program *render.Program
	values  render.Values
	same    []byte
}

// benchCards is one ordinary card for every vendor: a picture, a headline and a text with parameters, two buttons.
func benchCards() ([]benchCard, error) {
	cat, err := templates.LoadCatalogue(nil)
	if err != nil {
		return nil, err
	}
	one := 1
	param := func(name, example string) templates.Param {
		return templates.Param{Type: 1, Name: "${" + name + "}", Example: example}
	}
	t := &templates.Template{
		ID: 600000001, Version: 1, CardID: "StandardImageAndText", Name: "bench",
		Assets: map[string]templates.Asset{"1": {Path: "/m/banner.jpg", ContentType: "image/jpeg", Width: 1248, Height: 702}},
		Params: []templates.Param{param("name", "王小明"), param("points", "1280"), param("discount", "5折"), param("uid", "u8842")},
		Pages: []templates.Page{{Order: 1, Contents: []templates.Content{
			{Type: "image", Position: 1, SrcType: 1, Src: "1", ActionType: "OPEN_URL", Action: &templates.Action{Target: "https://shop.example.com/autumn?u=${uid}&from=card"}},
			{Type: "text", Position: 2, Text: "${name}，会员日礼遇已到账", IsTitle: "true"},
			{Type: "text", Position: 3, Text: "您有 ${points} 积分可用，全场低至 ${discount}，会员加赠一份当季好礼。数量有限，先到先得。拒收请回复R", IsTitle: "false"},
			{Type: "button", Position: 4, Text: "马上去看", ActionType: "OPEN_APP", Action: &templates.Action{
				Target: "shopapp://member/day?u=${uid}", PackageName: "com.example.shop", FloorType: &one, FloorURL: "https://shop.example.com/app",
			}},
			{Type: "button", Position: 5, Text: "联系我们", ActionType: "DIAL_PHONE", Action: &templates.Action{Target: "4000000000"}},
		}}},
	}
	var out []benchCard
	for target := range render.H5 {
		p, _, err := render.Compile(cat, t, target, render.At("https://s.example.com"))
		if err != nil {
			return nil, err
		}
		v := render.SampleValues(t)
		v.Measures = render.Measures(nil, v.Params) // as an edge keeps them with its links
		out = append(out, benchCard{vendor: target.String(), program: p, values: v, same: p.Append(nil, &v)})
	}
	return out, nil
}
