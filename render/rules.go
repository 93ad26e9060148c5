package render

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"cardlink/templates"
)

//go:embed degrade.json
var embeddedDegrade []byte

//go:embed dialects.json
var embeddedDialects []byte

// Rules say what stands in for what a vendor cannot show, and how a card is spelt for each vendor. They are data: degrade.json and dialects.json,
// which an operator may correct. Rules never change after LoadRules and may be shared.
type Rules struct {
	degrade  degradeFile
	dialects dialectFile
}

// The shape of degrade.json.
type degradeFile struct {
	Schema   string                  `json:"schema"`
	Date     string                  `json:"date"`
	About    string                  `json:"about"`
	Source   string                  `json:"source"`           // who says so
	Keep     []string                `json:"keep"`             // phrases that a cut leaves in place: the right to opt out
	Advisory []string                `json:"advisory_sources"` // provenance marks whose figures cut nothing
	Join     joinRule                `json:"join"`
	Layouts  map[string][]substitute `json:"layouts"` // card_id → layouts that stand in
	Roles    map[string][]string     `json:"roles"`   // role of a stand-in layout → roles of the source that may fill it
	Rest     []string                `json:"rest"`    // roles that take the texts no slot took
	Actions  map[string][]substitute `json:"actions"` // action_type → actions that stand in
	Page     map[string]pageRule     `json:"page"`    // action_type → what the H5 page does in its place
	Floors   map[string][]floorRule  `json:"floors"`  // floor_type → floor types that stand in
}

type joinRule struct {
	Pair     string   `json:"pair"`     // between a label and its value, an item and its details
	Texts    string   `json:"texts"`    // between two texts put into one place
	Close    []string `json:"close"`    // roles whose second text, a unit, follows the first without anything between
	First    []string `json:"first"`    // roles whose text comes before all others in the same place, so that a cut spares it
	Currency string   `json:"currency"` // before an amount that loses the place that shows its currency sign
}

// between is what stands between the first and the second text of a role.
func (j *joinRule) between(role string) string {
	if slices.Contains(j.Close, role) {
		return ""
	}
	return j.Pair
}

type substitute struct {
	To     string `json:"to"`
	Target string `json:"target,omitempty"` // actions: "same", "link" (the link's own page) or "picture"
	Why    string `json:"why"`
	WhyZH  string `json:"why_zh,omitempty"` // the same in Chinese; empty: the English stands
}

type pageRule struct {
	Shown   string `json:"shown"`
	ShownZH string `json:"shown_zh,omitempty"`
	Why     string `json:"why"`
	WhyZH   string `json:"why_zh,omitempty"`
}

type floorRule struct {
	To    int      `json:"to"`
	Needs []string `json:"needs,omitempty"` // schemes of which floor_url must have one
	Why   string   `json:"why"`
	WhyZH string   `json:"why_zh,omitempty"`
}

// The shape of dialects.json.
type dialectFile struct {
	Schema  string                             `json:"schema"`
	Date    string                             `json:"date"`
	About   string                             `json:"about"`
	Source  string                             `json:"source"`
	Vendors map[templates.Vendor]vendorDialect `json:"vendors"`
	Actions map[string]actionDialect           `json:"actions"`
}

type vendorDialect struct {
	Background string `json:"background,omitempty"` // content field with the vendor's own background picture
}

type actionDialect struct {
	Target string   `json:"target"`           // what the target is: "address", "text" or "picture"
	Fields []string `json:"fields,omitempty"` // further fields that travel, by wire name
}

// LoadRules gives the built-in rules, corrected by an operator's files. Either override may be empty. An override has the shape of the built-in
// file and replaces whole entries: a layout's list of substitutes, an action's, a vendor's dialect. All complaints are returned at once.
func LoadRules(degrade, dialects []byte) (*Rules, error) {
	r := &Rules{}
	err := errors.Join(
		decode("degrade.json", embeddedDegrade, &r.degrade), decode("degrade override", degrade, &r.degrade),
		decode("dialects.json", embeddedDialects, &r.dialects), decode("dialects override", dialects, &r.dialects),
	)
	if err == nil {
		err = r.validate()
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Check finds rules that speak of layouts or roles that the catalogue does not know, so that a misspelt correction cannot silently do nothing.
func (r *Rules) Check(cat *templates.Catalogue) error {
	var errs []error
	roles := map[string]bool{"cover": true}
	for _, id := range cat.Layouts() {
		l, _ := cat.Layout(id)
		for _, s := range l.Slots() {
			roles[s.Role] = true
		}
	}
	role := func(where, name string) {
		if !roles[name] {
			errs = append(errs, fmt.Errorf("degrade.%s: no layout has a role %q", where, name))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.degrade.Layouts)) {
		if _, ok := cat.Layout(id); !ok {
			errs = append(errs, fmt.Errorf("degrade.layouts: no layout %q", id))
		}
		for _, s := range r.degrade.Layouts[id] {
			if _, ok := cat.Layout(s.To); !ok {
				errs = append(errs, fmt.Errorf("degrade.layouts.%s: no layout %q", id, s.To))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.degrade.Roles)) {
		role("roles", name)
		for _, from := range r.degrade.Roles[name] {
			role("roles."+name, from)
		}
	}
	for _, name := range slices.Concat(r.degrade.Rest, r.degrade.Join.Close, r.degrade.Join.First) {
		role("rest and join", name)
	}
	for _, typ := range slices.Sorted(maps.Keys(r.dialects.Actions)) {
		if _, ok := cat.Action(typ); !ok {
			errs = append(errs, fmt.Errorf("dialects.actions: no action %q", typ))
		}
	}
	return errors.Join(errs...)
}

// DegradeDate is the day the substitutes were last reviewed, "2006-01-02".
func (r *Rules) DegradeDate() string { return r.degrade.Date }

// decode reads text over what v holds: maps are merged entry by entry, all else is replaced.
func decode(name string, text []byte, v any) error {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (r *Rules) validate() error {
	var errs []error
	failf := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if r.degrade.Schema != "cardlink.degrade/1" {
		failf("degrade.schema: %q, want cardlink.degrade/1", r.degrade.Schema)
	}
	if r.dialects.Schema != cardSchema {
		failf("dialects.schema: %q, want %s", r.dialects.Schema, cardSchema)
	}
	for _, id := range slices.Sorted(maps.Keys(r.degrade.Layouts)) {
		for i, s := range r.degrade.Layouts[id] {
			if s.To == "" || s.To == id || s.Why == "" {
				failf("degrade.layouts.%s[%d]: needs another layout and a reason", id, i)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.degrade.Actions)) {
		for i, s := range r.degrade.Actions[id] {
			if _, ok := r.dialects.Actions[s.To]; !ok || s.To == id || s.Why == "" {
				failf("degrade.actions.%s[%d]: needs another action of the dialects file and a reason", id, i)
			}
			if !slices.Contains([]string{"same", "link", "picture"}, s.Target) {
				failf("degrade.actions.%s[%d].target: %q is none of same, link, picture", id, i, s.Target)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.dialects.Actions)) {
		a := r.dialects.Actions[id]
		if !slices.Contains([]string{"address", "text", "picture"}, a.Target) {
			failf("dialects.actions.%s.target: %q is none of address, text, picture", id, a.Target)
		}
		for _, f := range a.Fields {
			if _, _, ok := actionField(&templates.Action{}, f); !ok {
				failf("dialects.actions.%s.fields: %q is not a field of an action", id, f)
			}
		}
	}
	for _, v := range slices.Sorted(maps.Keys(r.dialects.Vendors)) {
		if b := r.dialects.Vendors[v].Background; b != "" && b != "oppo_background" && b != "vivo_background" {
			failf("dialects.vendors.%s.background: %q is not a content field with a background", v, b)
		}
	}
	return errors.Join(errs...)
}

// builtin is the embedded rules; a test proves that they load.
var builtin = sync.OnceValue(func() *Rules {
	r, err := LoadRules(nil, nil)
	if err != nil {
		panic("render: embedded rules: " + err.Error())
	}
	return r
})

// actionField reads a field of an action by its wire name: text, or a number that may be absent.
func actionField(a *templates.Action, name string) (s string, n *int, ok bool) {
	switch name {
	case "package_name":
		return a.PackageName, nil, true
	case "floor_type":
		return "", a.FloorType, true
	case "floor_url":
		return a.FloorURL, nil, true
	case "body":
		return a.Body, nil, true
	case "subject":
		return a.Subject, nil, true
	case "description":
		return a.Description, nil, true
	case "begin_time":
		return a.BeginTime, nil, true
	case "end_time":
		return a.EndTime, nil, true
	case "address":
		return a.Address, nil, true
	case "longitude":
		return a.Longitude, nil, true
	case "latitude":
		return a.Latitude, nil, true
	case "content":
		return a.Content, nil, true
	case "text_button":
		return a.TextButton, nil, true
	case "mode":
		return "", a.Mode, true
	}
	return "", nil, false
}
