package render

import (
	"testing"

	"cardlink/templates"
)

// A guest that is switched on has cards of its own, by what is known of it and else by its host's facts; switched off it does not exist.
func TestGuestHasItsOwnCards(t *testing.T) {
	off := catalogue(t)
	on, err := templates.LoadCatalogue([]byte(`{"guest_vendors":{"HONOR":{"on":true}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for id, tpl := range fixtures() {
		without, _, err := CompileAll(off, tpl)
		if err != nil || without[Honor] != nil {
			t.Fatalf("%s: a card for a guest that is switched off: %v", id, err)
		}
		set, notes, err := CompileAll(on, tpl)
		if err != nil || set[Honor] == nil {
			t.Fatalf("%s: no card for the guest: %v", id, err)
		}
		v := SampleValues(tpl)
		card, err := parseCard(set[Honor].Append(nil, &v))
		if err != nil || card.Vendor != "HONOR" {
			t.Fatalf("%s: %v %+v", id, err, card)
		}
		layout, _ := on.Layout(card.Card.Layout)
		if !layout.Supports(templates.Honor) {
			t.Errorf("%s is drawn as %s, which HONOR does not show", id, card.Card.Layout)
		}
		if n := noteOf(notes, "card_id"); id == "MultipleImageAndText" && (card.Card.Layout != "StandardImageAndText" || n.Target != "HONOR") {
			t.Errorf("%s is drawn as %s, noted %+v", id, card.Card.Layout, n)
		}
		six, err := parseCard(set[Huawei].Append(nil, &v))
		if err != nil || six.Card.Layout != id {
			t.Errorf("%s: the host's card changed: %v %s", id, err, six.Card.Layout)
		}
	}
	if _, _, err := Compile(off, fixtures()["PureText"], Honor); err == nil {
		t.Error("a guest that is switched off compiles")
	}
	for _, c := range []struct {
		cat          *templates.Catalogue
		vendor       string
		target, host Target
		ok           bool
	}{
		{on, "honor", Honor, Huawei, true}, {off, "HONOR", 0, 0, false}, {on, "Oppo", Oppo, Oppo, true}, {on, "H5", 0, 0, false}, {on, "", 0, 0, false},
	} {
		if target, host, ok := TargetFor(c.cat, []byte(c.vendor)); ok != c.ok || target != c.target || host != c.host {
			t.Errorf("%q: %s as %s, %v", c.vendor, target, host, ok)
		}
	}
	if HostOf(off, Honor) != Honor || HostOf(on, Honor) != Huawei || HostOf(on, Vivo) != Vivo || HostOf(on, H5) != H5 {
		t.Error("hosts")
	}
}
