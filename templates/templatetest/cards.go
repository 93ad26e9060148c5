// Package templatetest has one complete card template per layout of the catalogue, values to fill them with, and the judge that accepts them. Tests of other rooms draw,
// send and fuzz with them; the product never imports it. Between them the cards fill every slot, use every action, hide components, and hold parameters wherever one
// may stand.
package templatetest

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"

	"cardlink/templates"
)

// The cards: bodies of CreateAimPersonalTemplate, one file per layout, named by its place in the catalogue and its card_id.
//
//go:embed cards/*.json
var files embed.FS

// Card is a complete template of one layout.
type Card struct {
	ID    int64  // tpl_id: 600000101 is the first layout's
	Body  []byte // JSON as a caller would send it
	Draft templates.Draft
}

// firstID is the tpl_id of the first card; the others follow in the catalogue's order.
const firstID = 600_000_101

// Cards reads the cards in the catalogue's order, each time anew: callers may change what they get.
func Cards() ([]Card, error) {
	entries, err := files.ReadDir("cards")
	if err != nil {
		return nil, err
	}
	out := make([]Card, len(entries))
	for i, e := range entries {
		c := &out[i]
		c.ID = firstID + int64(i)
		if c.Body, err = files.ReadFile("cards/" + e.Name()); err != nil {
			return nil, err
		}
		d := json.NewDecoder(bytes.NewReader(c.Body))
		d.DisallowUnknownFields()
		if err := d.Decode(&c.Draft); err != nil {
			return nil, fmt.Errorf("cards/%s: %w", e.Name(), err)
		}
		if want := fmt.Sprintf("%02d-%s.json", i+1, c.Draft.CardID); e.Name() != want {
			return nil, fmt.Errorf("cards/%s should be called %s", e.Name(), want)
		}
	}
	return out, nil
}

// Template is the card as it is loaded for rendering: approved, enabled, with its materials.
func (c *Card) Template() *templates.Template { return Template(c.ID, c.Draft) }

// Template makes of any draft what is loaded for rendering: approved, enabled, with those of Materials that it refers to. It shares the draft's slices.
func Template(id int64, d templates.Draft) *templates.Template {
	t := &templates.Template{
		ID: id, Version: 1, Tenant: Tenant, State: templates.StateEnabled, Audit: templates.AuditApproved, Assets: map[string]templates.Asset{},
	}
	t.SetContent(d)
	shelf := Materials()
	for _, p := range d.Pages {
		for _, content := range p.Contents {
			for _, id := range []string{content.Src, content.Cover, content.OppoBackground, content.VivoBackground} {
				for _, m := range shelf {
					if content.SrcType == 1 && m.ResourceID == id {
						t.Assets[id] = templates.Asset{Path: "/m/" + m.FileName, ContentType: m.ContentType, Width: m.Width, Height: m.Height}
					}
				}
			}
		}
	}
	return t
}

// Tenant is whose the cards and materials are.
const Tenant = "templatetest"
