package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cardlink/templates"
)

// action is what a tap does on the target.
type action struct {
	typ     string
	dialect actionDialect
	source  *templates.Action // the fields besides target
	target  text              // an address or a text
	dead    bool              // the address is refused; "#" stands in its place
	link    bool              // the target is the link's own page, at the element
	part    string            // which part of the element there: "c" itself, "d" its dialog
	picture *media            // the target is a picture
	floor   int               // floor_type as fitted; -1 = none
	id      string            // of the element on the link's page that has this action
	field   string
}

// action fits an element's action to the vendor. Texts and videos have none.
func (f *fitter) action(e *element) *action {
	c := e.tap.content
	if e.kind != "image" && e.kind != "button" || c.ActionType == "" {
		return nil
	}
	if e.still && f.vendor != "" {
		f.known(f.layout.Provenance().Components, e.tap.field+".action_type", f.actionPhrase(c.ActionType), phrase{},
			phrase{fmt.Sprintf("this %s of %s does what its button does", e.kind, f.layout.CardID), layoutZH(f.layout) + "中，点击此" + named(kindsZH, e.kind) + "与点击按钮相同"})
		return nil
	}
	rule, ok := f.cat.Action(c.ActionType)
	if !ok {
		f.note(e.tap.field+".action_type", verbatim(c.ActionType), phrase{}, phrase{"no such action", "没有这种动作"})
		return nil
	}
	a := &action{typ: rule.Type, dialect: f.rules.dialects.Actions[rule.Type], source: c.Action, floor: -1, id: e.tap.id, field: e.tap.field}
	if a.source == nil {
		a.source = &templates.Action{}
	}
	f.setTarget(a, e, rule)
	if f.vendor != "" && !rule.Supports(f.vendor) {
		a = f.substituteAction(a)
	}
	if a == nil {
		return nil
	}
	if p, ok := f.rules.degrade.Page[a.typ]; ok && f.target == H5 {
		f.note(a.field+".action_type", f.actionPhrase(a.typ), ruled(p.Shown, p.ShownZH), ruled(p.Why, p.WhyZH))
	}
	if a.dead {
		f.note(a.field+".action.target", phrase{cmp.Or(a.source.Target, "no address"), cmp.Or(a.source.Target, "没有填地址")}, verbatim("#"), noOpening)
	}
	if slices.Contains(a.dialect.Fields, "floor_type") {
		f.fitFloor(a)
	}
	return a
}

func (f *fitter) setTarget(a *action, e *element, rule *templates.ActionRule) {
	a.target = text{keep: -1}
	if rule.Params {
		a.target = parseText(a.source.Target, f.tpl.Params, "")
	} else if a.source.Target != "" {
		a.target.pieces = []piece{{lit: a.source.Target, param: -1}}
	}
	switch a.dialect.Target {
	case "address":
		a.dead = !openable(&a.target, f.target == H5)
	case "picture":
		a.picture = f.picture(e, a.source.Target)
		a.dead = a.picture == nil
	case "text":
		if f.vendor != "" {
			a.target.limit = rule.MaxTarget
			f.settle(&a.target, rule.Source, a.field+".action.target", phrase{
				fmt.Sprintf("%s takes %d characters for %s (%s)", f.vendor, rule.MaxTarget, a.typ, rule.Source),
				fmt.Sprintf("%s的“%s”动作最多支持 %d 个字", f.target.nameZH(), f.actionZH(a.typ), rule.MaxTarget),
			})
		}
	}
}

// picture finds what VIEW_PIC enlarges: the picture of the card with this id or address, else the element's own.
func (f *fitter) picture(e *element, target string) *media {
	for p := range f.tpl.Pages {
		for i := range f.tpl.Pages[p].Contents {
			if c := &f.tpl.Pages[p].Contents[i]; c.Type == "image" && c.Src == target {
				if m := f.media(c.SrcType, c.Src); m != nil {
					return m
				}
			}
		}
	}
	if e.tap.field == e.field && e.src != nil {
		return e.src
	}
	return f.media(1, target)
}

// substituteAction finds the action that stands in for one the vendor does not perform.
func (f *fitter) substituteAction(a *action) *action {
	was := a.typ
	for _, s := range f.rules.degrade.Actions[a.typ] {
		rule, ok := f.cat.Action(s.To)
		if !ok || !rule.Supports(f.vendor) {
			continue
		}
		b := &action{typ: rule.Type, dialect: f.rules.dialects.Actions[rule.Type], source: a.source, floor: -1, id: a.id, field: a.field}
		shown := f.actionPhrase(rule.Type)
		switch s.Target {
		case "same":
			if a.dead || len(rule.Schemes) > 0 && !slices.Contains(rule.Schemes, scheme(&a.target)) {
				continue
			}
			b.target = a.target
		case "picture":
			if b.picture = a.picture; b.picture == nil {
				continue
			}
			shown.en += " of the picture"
			shown.zh += "：该图片"
		case "link":
			b.link, b.part = true, "c"
			if was == "OPEN_POPUP" {
				b.part = "d"
			}
			shown.en += " of the link's page"
			shown.zh += "：短链的 H5 页面"
		}
		f.known(f.performs(was), a.field+".action_type", f.actionPhrase(was), shown,
			ruled(s.Why, s.WhyZH).after(fmt.Sprintf("%s does not perform %s", f.vendor, was), f.target.nameZH()+"不支持“"+f.actionZH(was)+"”"))
		return b
	}
	f.known(f.performs(was), a.field+".action_type", f.actionPhrase(was), phrase{},
		phrase{fmt.Sprintf("%s does not perform %s and nothing stands in", f.vendor, was), f.target.nameZH() + "不支持“" + f.actionZH(was) + "”，也没有可替代的动作"})
	return nil
}

// performs is the mark of the source that says which vendors perform an action.
func (f *fitter) performs(actionType string) string {
	if rule, ok := f.cat.Action(actionType); ok {
		return rule.Source
	}
	return ""
}

// fitFloor fits what happens if the app is not installed.
func (f *fitter) fitFloor(a *action) {
	if s := a.source.FloorURL; s != "" && deadLiteral(s) {
		f.note(a.field+".action.floor_url", verbatim(s), phrase{}, noOpening)
	}
	want := 0
	if a.source.FloorType != nil {
		want = *a.source.FloorType
	}
	if f.vendor == "" || slices.Contains(f.cat.Floor(f.vendor), want) {
		a.floor = want
		return
	}
	for _, s := range f.rules.degrade.Floors[fmt.Sprint(want)] {
		if !slices.Contains(f.cat.Floor(f.vendor), s.To) || len(s.Needs) > 0 && !slices.Contains(s.Needs, literalScheme(a.source.FloorURL)) {
			continue
		}
		a.floor = s.To
		f.known(f.cat.FloorSource(), a.field+".action.floor_type", floorPhrase(want), floorPhrase(s.To),
			ruled(s.Why, s.WhyZH).after(string(f.vendor)+" does not know this fallback", f.target.nameZH()+"不支持此兜底方式"))
		return
	}
	f.known(f.cat.FloorSource(), a.field+".action.floor_type", floorPhrase(want), phrase{},
		phrase{string(f.vendor) + " does not know this fallback and nothing stands in", f.target.nameZH() + "不支持此兜底方式，也没有可替代的方式"})
}

// scripts are the schemes that run or embed what the address itself says. No target may have one.
var scripts = []string{"javascript", "vbscript", "data", "blob", "file", "filesystem", "about", "view-source"}

// openable reports whether an address may stand on the target: its scheme is literal and no script's, or the whole address is one parameter, which
// is then checked with its value. A page needs a scheme; a handset's deep link may go without.
func openable(t *text, page bool) bool {
	if t.whole() >= 0 {
		return true
	}
	if t.empty() || t.pieces[0].param >= 0 {
		return false
	}
	s := scheme(t)
	if s == "" {
		return !page && !strings.ContainsAny(t.pieces[0].lit, ":") && !t.dynamic()
	}
	return !slices.Contains(scripts, s)
}

// scheme is the literal scheme of an address, in lower case; empty if it has none.
func scheme(t *text) string {
	if t.empty() || t.pieces[0].param >= 0 {
		return ""
	}
	return literalScheme(t.pieces[0].lit)
}

// literalScheme reads a scheme as a browser would: leading blanks and controls do not count, tabs and line ends nowhere.
func literalScheme(s string) string {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return r <= ' ' })
	head, _, ok := strings.Cut(s, ":")
	if !ok {
		return ""
	}
	head = strings.ToLower(strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(head))
	for i, c := range head {
		if !('a' <= c && c <= 'z' || i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.')) {
			return ""
		}
	}
	return head
}
