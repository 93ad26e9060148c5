package render

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"cardlink/templates"
)

// The tables of docs/cards.md say what the rules do: each is generated, and differs only until -update.
func TestDocumentedMatrix(t *testing.T) {
	const file = "../docs/cards.md"
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := doc
	for name, table := range map[string]string{"layouts": layoutMatrix(t), "actions": actionMatrix(t), "floors": floorMatrix(t)} {
		from, to := []byte("<!-- "+name+": generated -->\n"), []byte("<!-- /"+name+" -->\n")
		head, rest, ok1 := bytes.Cut(want, from)
		_, tail, ok2 := bytes.Cut(rest, to)
		if !ok1 || !ok2 {
			t.Fatalf("%s has no place for the table of %s", file, name)
		}
		want = slices.Concat(head, from, []byte(table), to, tail)
	}
	if bytes.Equal(doc, want) {
		return
	}
	if !*update {
		t.Fatalf("the tables of %s are not what the rules do (-update rewrites them)", file)
	}
	if err := os.WriteFile(file, want, 0o644); err != nil {
		t.Fatal(err)
	}
}

func matrixHead(first string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s |", first)
	for _, v := range templates.Vendors() {
		fmt.Fprintf(&b, " %s |", v)
	}
	b.WriteString("\n|---" + strings.Repeat("|---", len(templates.Vendors())) + "|\n")
	return b.String()
}

// layoutMatrix says which layout each vendor is sent, by compiling every layout's complete card.
func layoutMatrix(t *testing.T) string {
	cat := catalogue(t)
	all := fixtures()
	var b strings.Builder
	b.WriteString(matrixHead("layout"))
	for _, id := range cat.Layouts() {
		fmt.Fprintf(&b, "| `%s` |", id)
		for target := range H5 {
			c, _, err := builtin().fit(cat, all[id], target)
			if err != nil {
				t.Fatal(err)
			}
			if c.layout.CardID == id {
				b.WriteString(" ✓ |")
			} else {
				fmt.Fprintf(&b, " `%s` |", c.layout.CardID)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func actionMatrix(t *testing.T) string {
	cat := catalogue(t)
	var b strings.Builder
	b.WriteString(matrixHead("action"))
	for _, typ := range actionTypes(cat) {
		rule, _ := cat.Action(typ)
		fmt.Fprintf(&b, "| `%s` |", typ)
		for _, v := range templates.Vendors() {
			cell := " nothing |"
			for _, s := range builtin().degrade.Actions[typ] {
				if to, ok := cat.Action(s.To); ok && to.Supports(v) {
					cell = fmt.Sprintf(" `%s` of the %s |", s.To, map[string]string{"same": "same address", "link": "link's page", "picture": "picture"}[s.Target])
					break
				}
			}
			if rule.Supports(v) {
				cell = " ✓ |"
			}
			b.WriteString(cell)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// floorMatrix says which fallback of OPEN_APP each vendor is sent, with an https address to fall back to and without any.
func floorMatrix(t *testing.T) string {
	cat := catalogue(t)
	var b strings.Builder
	b.WriteString(matrixHead("`floor_type`"))
	for want := range 4 {
		for _, address := range []string{"https://a.example/", ""} {
			with := "with an https `floor_url`"
			if address == "" {
				with = "without"
			}
			fmt.Fprintf(&b, "| %d, %s |", want, with)
			for target := range H5 {
				f := &fitter{rules: builtin(), cat: cat, target: target, vendor: target.Vendor()}
				a := &action{floor: -1, source: &templates.Action{FloorType: &want, FloorURL: address}}
				f.fitFloor(a)
				switch {
				case a.floor == want:
					b.WriteString(" ✓ |")
				case a.floor < 0:
					b.WriteString(" none |")
				default:
					fmt.Fprintf(&b, " %d |", a.floor)
				}
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}
