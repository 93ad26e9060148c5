package render

import (
	"context"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"cardlink/templates"
	"cardlink/templates/templatetest"
)

// FuzzTemplateJSON takes a template from outside through the API's validation and every renderer. Nothing panics, whether it is accepted or not; what is accepted
// has a card for every vendor and a page, within bounds, whose notes are complete.
func FuzzTemplateJSON(f *testing.F) {
	cat := catalogue(f)
	judge, err := templatetest.NewJudge(cat)
	if err != nil {
		f.Fatal(err)
	}
	cards, err := templatetest.Cards()
	if err != nil {
		f.Fatal(err)
	}
	for i := range cards {
		f.Add(cards[i].Body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var d templates.Draft
		if len(body) > 64<<10 || json.Unmarshal(body, &d) != nil || contents(&d) > 500 {
			return // more than the API reads
		}
		accepted, _ := judge.Accepts(context.Background(), d)
		tpl := templatetest.Template(600_000_001, d)
		set, notes, err := CompileAll(cat, tpl)
		if err != nil {
			if accepted {
				t.Fatalf("accepted and does not compile: %v", err)
			}
			return
		}
		v := SampleValues(tpl)
		v.Params = templatetest.Params(tpl, templatetest.Hostile)
		bound := 64<<10 + 512*len(body) // a parameter of four bytes may become a hundred characters, each escaped
		for target, p := range set[:Targets] {
			if p == nil {
				if accepted {
					t.Fatalf("accepted and has nothing for %s", Target(target))
				}
				continue
			}
			out := p.Append(nil, &v)
			if Target(target) == H5 {
				if nodes, err := parsePage(out); err != nil || dangerous(nodes) != "" || len(out) > bound*(2+contents(&d)) { // every picture is called by the headline
					t.Fatalf("%d bytes: %v %s\n%.9999s", len(out), err, dangerous(nodes), out)
				}
				continue
			}
			card, err := parseCard(out)
			if err != nil || !utf8.Valid(out) || len(out) > bound {
				t.Fatalf("%s: %d bytes: %v\n%.9999s", Target(target), len(out), err, out)
			}
			checkLimits(t, cat, Target(target), &card)
		}
		if !accepted {
			return
		}
		for target := range Targets {
			c, own, err := builtin().fit(cat, tpl, target)
			if err != nil {
				t.Fatal(err)
			}
			if err := complete(cat, c, own, tpl); err != nil {
				t.Fatalf("%s: %v\n%+v", target, err, notes)
			}
		}
	})
}

func contents(d *templates.Draft) (n int) {
	for _, p := range d.Pages {
		n += len(p.Contents)
	}
	return n
}

// FuzzParams renders the cards of all layouts with values from outside: they change neither the structure of a card or page nor what runs in it.
func FuzzParams(f *testing.F) {
	cat := catalogue(f)
	type compiled struct {
		set   *Set
		shape string
	}
	var programs []compiled
	all := fixtures()
	for _, id := range cat.Layouts() {
		set, _, err := CompileAll(cat, all[id])
		if err != nil {
			f.Fatal(err)
		}
		v := SampleValues(all[id])
		nodes, err := parsePage(set[H5].Append(nil, &v))
		if err != nil {
			f.Fatal(err)
		}
		programs = append(programs, compiled{set, structure(nodes)})
	}
	for i, s := range hostileText {
		f.Add(uint8(i), s, longText[i%len(longText)], "https://a.example/x", "hap://x", s)
	}
	f.Add(uint8(29), templatetest.Huge(), "", " ", "\x00", "")
	f.Fuzz(func(t *testing.T, layout uint8, a, b, c, d, rest string) {
		p := programs[int(layout)%len(programs)]
		v := Values{
			Origin: "https://s.example.com" + rest, Link: "https://s.example.com/" + rest, ResolveID: rest, Beacon: "x" + rest, Expire: rest, Params: []string{a, b, c, d},
		}
		for target, program := range p.set[:Targets] {
			out := program.Append(nil, &v)
			if Target(target) != H5 {
				card, err := parseCard(out)
				if err != nil {
					t.Fatalf("%s: %v\n%s", Target(target), err, out)
				}
				checkLimits(t, cat, Target(target), &card)
				continue
			}
			nodes, err := parsePage(out)
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if structure(nodes) != p.shape || dangerous(nodes) != "" {
				t.Fatalf("values change the page: %s\n%s", dangerous(nodes), out)
			}
		}
	})
}
