package edge

import (
	"encoding/json"
	"testing"

	"cardlink/render"
	"cardlink/templates"
)

// A guest's handset gets a card of its own if the guest is switched on and its host may show the template; its beacons count as the host's.
func TestAGuestsHandset(t *testing.T) {
	h := newHouse(t, func(o *Options) {
		var err error
		o.Catalogue, err = templates.LoadCatalogue([]byte(`{"guest_vendors":{"HONOR":{"on":true}}}`))
		must(t, err)
	})
	r := h.get(h.link(1, nil), asks, "X-AIM-Vendor: Honor", "X-AIM-Device: d1")
	h.expect("card", r, 200, "")
	var card struct {
		Vendor  string
		Beacons struct{ Click string }
	}
	must(t, json.Unmarshal(r.Body(), &card))
	if card.Vendor != "HONOR" {
		t.Errorf("a card for %s", card.Vendor)
	}
	h.expect("beacon", h.get(card.Beacons.Click[len("https://s.example.com"):]+"?seq=1&page=1&position=4"), 204, "")

	for _, f := range h.facts(2) {
		if d := dataOf[struct{ Vendor string }](t, f); d.Vendor != "HUAWEI" {
			t.Errorf("%s names %s", f.Type, d.Vendor)
		}
	}
	other := newHouse(t, nil)
	other.expect("switched off", other.get(other.link(1, nil), asks, "X-AIM-Vendor: HONOR"), 406, `{"error":"vendor_not_supported"}`)
}

// What stands in for what a vendor lacks is the operator's to correct.
func TestCardsFollowTheOperatorsRules(t *testing.T) {
	rules, err := render.LoadRules([]byte(`{"actions":{"OPEN_EMAIL":[{"to":"OPEN_URL","target":"link","why":"stays in the inbox"}]}}`), nil)
	must(t, err)
	h := newHouse(t, func(o *Options) { o.Rules = rules })
	h.tpl.mu.Lock()
	h.tpl.t.Pages[0].Contents[3].ActionType = "OPEN_EMAIL"
	h.tpl.t.Factories = append(h.tpl.t.Factories, templates.Factory{Vendor: templates.Oppo, State: templates.VendorActive})
	h.tpl.mu.Unlock()
	r := h.get(h.link(1, nil), asks, "X-AIM-Vendor: OPPO")
	h.expect("card", r, 200, "")
	var card struct {
		Card struct {
			Elements []struct{ Action *struct{ Type string } }
		}
	}
	must(t, json.Unmarshal(r.Body(), &card))
	if e := card.Card.Elements; len(e) != 4 || e[3].Action == nil || e[3].Action.Type != "OPEN_URL" {
		t.Errorf("%s", r.Body())
	}
}
