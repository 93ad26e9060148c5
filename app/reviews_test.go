package app

import (
	"testing"

	"cardlink/templates"
)

// A reviewer of one vendor's card reads what is doubtful there or everywhere, and not what only others mind.
func TestTemplateDetail(t *testing.T) {
	tpl := &templates.Template{CardID: "PureText", Warnings: []templates.Problem{{Field: "a", Rule: "all mind"}, {Field: "b", Rule: "OPPO minds", Vendor: templates.Oppo}}}
	for v, want := range map[templates.Vendor]string{
		templates.Oppo: "PureText, /p/1; a: all mind; b: OPPO minds", templates.Vivo: "PureText, /p/1; a: all mind",
	} {
		if got := templateDetail(tpl, v, "/p/1"); got != want {
			t.Errorf("%s: %s", v, got)
		}
	}
	for range 4 {
		tpl.Warnings = append(tpl.Warnings, templates.Problem{Field: "c", Rule: "x"})
	}
	if got, want := templateDetail(tpl, templates.Vivo, "/p/1"), "PureText, /p/1; a: all mind; c: x; c: x; and 2 more"; got != want {
		t.Error(got)
	}
}
