package templates

import (
	"maps"
	"net/mail"
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
		if ps, _ := placeholders(target); len(ps) > 0 && ps[0].end-ps[0].start < len(target) && scheme(target[:ps[0].start]) == "" {
			v.soft(field, "assumed", "opens nothing: its scheme must not come from a parameter, unless one parameter is the whole address")
		}
	} else {
		v.text(field, target)
	}
	if n := chars(shown); n < a.MinTarget || n > a.MaxTarget {
		v.figure(a.hard, a.Source, field, "must be %d-%d characters for %s, not %d", a.MinTarget, a.MaxTarget, a.Type, n)
	}
	switch {
	case len(a.Schemes) > 0:
		if !webAddress(shown, a.Schemes...) {
			v.figure(a.hard, a.Source, field, "must be an address beginning with %s:// for %s", strings.Join(a.Schemes, ":// or "), a.Type)
		}
	case a.Type == "OPEN_APP" || a.Type == "OPEN_QUICK":
		v.deepLink(field, shown)
	case a.Type == "DIAL_PHONE" || a.Type == "OPEN_SMS":
		if strings.Trim(shown, "0123456789+-*#() ") != "" || !strings.ContainsAny(shown, "0123456789") {
			v.soft(field, "assumed", "should be a phone number for %s", a.Type)
		}
	case a.Type == "OPEN_EMAIL":
		if _, err := mail.ParseAddress(shown); err != nil {
			v.soft(field, "assumed", "should be an e-mail address for %s", a.Type)
		}
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

func (v *validator) hasPicture(src string) bool {
	return slices.ContainsFunc(v.d.Pages, func(p Page) bool {
		return slices.ContainsFunc(p.Contents, func(c Content) bool { return c.Type == typeImage && c.Src == src })
	})
}
