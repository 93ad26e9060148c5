package templates

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// action checks what a tap does (api.md §5.1.1).
func (v *validator) action(field string, c *Content, rule *SlotRule) {
	switch {
	case c.Type == typeText || c.Type == typeVideo:
		if c.ActionType != "" || c.Action != nil {
			v.soft(field+".action_type", "sdk", "is ignored on %s", c.Type)
			c.ActionType, c.Action = "", nil
		}
		return
	case rule != nil && rule.NoAction:
		if c.ActionType != "" || c.Action != nil {
			v.figure(true, "sdk", field+".action_type", "must be absent: this %s follows the button", c.Type)
		}
		return
	case c.ActionType == "":
		v.hard(field+".action_type", "is required for %s", c.Type)
		return
	}
	a, ok := v.catalogue.Action(c.ActionType)
	if !ok {
		v.hard(field+".action_type", "%q is not an action", head(c.ActionType))
		return
	}
	for _, who := range v.vendors {
		switch {
		case !a.Supports(who):
			v.vendor(who, a.hard, a.Source, field+".action_type", "%s does not support %s", who, a.Type)
		case a.Doubted(who):
			v.vendor(who, false, a.Source, field+".action_type", "sources disagree whether %s supports %s", who, a.Type)
		}
	}
	if c.Action == nil {
		v.hard(field+".action", "is required for %s", c.Type)
		return
	}
	c.Action = c.Action.only(a)
	v.target(field+".action.target", a, c.Action.Target)
	for _, name := range slices.Sorted(maps.Keys(a.Fields)) {
		v.actionField(field+".action."+name, a, a.Fields[name], name, c.Action)
	}
	v.span(field+".action", a, c.Action)
	if _, ok := a.Fields["floor_type"]; ok {
		v.floor(field+".action", c.Action)
	}
	if a.Type == "VIEW_PIC" && c.Action.Target != "" && !v.hasPicture(c.Action.Target) {
		v.hard(field+".action.target", "must be the src of a picture of this card")
	}
}

// urlTargets are the actions whose target is an address, in which ampersands are at home (D-51).
func urlTarget(actionType string) bool {
	switch actionType {
	case "OPEN_URL", "OPEN_BROWSER", "OPEN_QUICK", "OPEN_APP", "VIEW_PIC":
		return true
	}
	return false
}

func (v *validator) target(field string, a *ActionRule, target string) {
	if target == "" {
		v.hard(field, "is required for %s", a.Type)
		return
	}
	shown := target
	if a.Params {
		v.uses(field, target)
		shown = Expand(target, v.examples)
	} else {
		v.plain(field, target)
	}
	if urlTarget(a.Type) {
		v.url(field, target)
	} else {
		v.text(field, target)
	}
	if n := chars(shown); n < a.MinTarget || n > a.MaxTarget {
		v.figure(a.hard, a.Source, field, "must be %d-%d characters for %s, not %d", a.MinTarget, a.MaxTarget, a.Type, n)
	}
	if len(a.Schemes) > 0 && !webAddress(shown, a.Schemes...) {
		v.figure(a.hard, a.Source, field, "must be an address beginning with %s:// for %s", strings.Join(a.Schemes, ":// or "), a.Type)
	}
}

func (v *validator) actionField(field string, a *ActionRule, rule FieldRule, name string, action *Action) {
	text, number := actionFields[name].read(action)
	if len(rule.Enum) > 0 {
		switch {
		case number == nil && rule.Required:
			v.figure(a.hard, a.Source, field, "is required for %s", a.Type)
		case number == nil:
		case !slices.Contains(rule.Enum, *number):
			v.figure(a.hard, a.Source, field, "must be one of %v", rule.Enum)
		case slices.Contains(rule.Unavailable, *number):
			v.figure(a.hard, a.Source, field, "%d is not available yet", *number)
		}
		return
	}
	if text == "" {
		if rule.Required {
			v.figure(a.hard, a.Source, field, "is required for %s", a.Type)
		}
		return
	}
	if n := chars(text); rule.Max > 0 && n > rule.Max {
		v.figure(a.hard, a.Source, field, "must be at most %d characters, not %d", rule.Max, n)
	}
	if name == "floor_url" {
		v.url(field, text)
	} else {
		v.text(field, text)
	}
	v.plain(field, text)
	switch rule.Format {
	case "datetime":
		if _, err := time.Parse(time.DateTime, text); err != nil {
			v.figure(a.hard, a.Source, field, "must be a time such as 2026-01-02 15:04:05")
		}
	case "longitude":
		v.coordinate(field, text, 180)
	case "latitude":
		v.coordinate(field, text, 90)
	}
}

func (v *validator) coordinate(field, s string, most float64) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != f { // not a number at all
		v.hard(field, "must be a decimal number of degrees")
		return
	}
	if f < -most || f > most {
		v.soft(field, "assumed", "is outside -%.0f to %.0f degrees", most, most)
	}
}

// span checks that a calendar entry does not end before it begins.
func (v *validator) span(field string, a *ActionRule, action *Action) {
	if a.Fields["begin_time"].Format == "" {
		return
	}
	begin, err1 := time.Parse(time.DateTime, action.BeginTime)
	end, err2 := time.Parse(time.DateTime, action.EndTime)
	if err1 == nil && err2 == nil && !begin.Before(end) {
		v.soft(field+".end_time", "assumed", "should be after begin_time")
	}
}

// floorBrowser is the floor_type that opens the browser.
const floorBrowser = 2

// floor checks the fallback of OPEN_APP (templates.md §4). SAMSUNG's own limits count only where SAMSUNG is alone.
func (v *validator) floor(field string, a *Action) {
	kind := 0
	if a.FloorType != nil {
		kind = *a.FloorType
	}
	if v.named {
		for _, who := range v.vendors {
			if who == Samsung && len(v.vendors) > 1 || slices.Contains(v.catalogue.Floor(who), kind) {
				continue
			}
			// A caller who did not choose is not refused for the default.
			v.vendor(who, v.catalogue.floorHard && a.FloorType != nil, "sdk", field+".floor_type", "%s does not support floor_type %d", who, kind)
		}
	}
	switch {
	case a.FloorURL == "" && kind == floorBrowser && v.submits(Oppo):
		v.vendor(Oppo, v.catalogue.floorHard, "sdk", field+".floor_url", "is required for floor_type 2 when OPPO is among the vendors")
	case a.FloorURL == "" && kind != 0:
		v.soft(field+".floor_url", "sdk", "is missing: floor_type %d has nothing to open", kind)
	case strings.HasPrefix(strings.ToLower(a.FloorURL), "http://") && kind != floorBrowser:
		v.hard(field+".floor_url", "an http address needs floor_type 2; use https")
	}
}

func (v *validator) hasPicture(src string) bool {
	return slices.ContainsFunc(v.d.Pages, func(p Page) bool {
		return slices.ContainsFunc(p.Contents, func(c Content) bool { return c.Type == typeImage && c.Src == src })
	})
}
