package render

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"cardlink/templates"
)

// cardFor compiles and parses t's card for target with its example values.
func cardFor(t *testing.T, tpl *templates.Template, target Target) (wireCard, []Note) {
	t.Helper()
	p, notes, err := Compile(catalogue(t), tpl, target)
	if err != nil {
		t.Fatal(err)
	}
	v := SampleValues(tpl)
	c, err := parseCard(p.Append(nil, &v))
	if err != nil {
		t.Fatal(err)
	}
	return c, notes
}

func noteOf(notes []Note, field string) Note {
	for _, n := range notes {
		if n.Field == field {
			return n
		}
	}
	return Note{}
}

func TestActionSubstitutes(t *testing.T) {
	for _, c := range []struct {
		typ        string
		action     templates.Action
		target     Target
		want, goal string
		field      string // with a note
	}{
		{"OPEN_URL", templates.Action{Target: "https://a.example"}, Oppo, "OPEN_URL", "https://a.example", ""},
		{"OPEN_EMAIL", templates.Action{Target: "a@b.example", Subject: "s", Body: "b"}, Huawei, "OPEN_EMAIL", "a@b.example", ""},
		{"OPEN_EMAIL", templates.Action{Target: "a@b.example", Subject: "s", Body: "b"}, Vivo, "OPEN_BROWSER", "https://s.example.com/Ab3dE6gH#c1-4", "action_type"},
		{"OPEN_POPUP", templates.Action{Target: "t", Content: "c", TextButton: "ok", Mode: new(0)}, Oppo, "OPEN_BROWSER", "https://s.example.com/Ab3dE6gH#d1-4", "action_type"},
		{"OPEN_SCHEDULE", templates.Action{Target: "t"}, Samsung, "OPEN_BROWSER", "https://s.example.com/Ab3dE6gH#c1-4", "action_type"},
		{"OPEN_BROWSER", templates.Action{Target: "javascript:alert(1)"}, Huawei, "OPEN_BROWSER", "#", "action.target"},
		{"OPEN_APP", templates.Action{Target: "x://y", PackageName: "p", FloorType: new(1), FloorURL: "https://f.example"}, Xiaomi, "OPEN_APP", "x://y", "action.floor_type"},
		{"OPEN_APP", templates.Action{Target: "x://y", PackageName: "p"}, Huawei, "OPEN_APP", "x://y", ""},
		{"OPEN_APP", templates.Action{Target: "x://y", PackageName: "p"}, Samsung, "OPEN_APP", "x://y", "action.floor_type"},
	} {
		tpl := fixtures()["StandardImageAndText"]
		b := &tpl.Pages[0].Contents[3]
		b.ActionType, b.Action = c.typ, &c.action
		card, notes := cardFor(t, tpl, c.target)
		got := card.Card.Elements[3].Action
		if got.Type != c.want || got.Target != c.goal {
			t.Errorf("%s on %s: %s %s, want %s %s", c.typ, c.target, got.Type, got.Target, c.want, c.goal)
		}
		for _, f := range []string{"action_type", "action.target", "action.floor_type"} {
			n := noteOf(notes, "pages[0].contents[3]."+f)
			if (n.Field != "") != (f == c.field) {
				t.Errorf("%s on %s: note of %s is %+v", c.typ, c.target, f, n)
			}
			if n.Field != "" && n.Why == "" {
				t.Errorf("%s on %s: no reason given", c.typ, c.target)
			}
		}
	}
}

func TestFloorTypes(t *testing.T) {
	for _, c := range []struct {
		target Target
		typ    int
		url    string
		want   int // -1 = none
	}{
		{Huawei, 1, "https://f.example", 1}, {Xiaomi, 1, "https://f.example", 2}, {Xiaomi, 1, "", 0}, {Oppo, 3, "hap://app/x", 0},
		{Samsung, 0, "", -1}, {Samsung, 0, "https://f.example", 1}, {Samsung, 2, "http://f.example", -1}, {Samsung, 2, "https://f.example", 1}, {Samsung, 3, "hap://x", 3},
	} {
		tpl := fixtures()["StandardImageAndText"]
		a := tpl.Pages[0].Contents[3].Action
		a.FloorType, a.FloorURL = &c.typ, c.url
		card, _ := cardFor(t, tpl, c.target)
		got := card.Card.Elements[3].Action
		if c.want < 0 && (got.FloorType != nil || got.FloorURL != "") || c.want >= 0 && (got.FloorType == nil || *got.FloorType != c.want) {
			t.Errorf("%s, floor %d %q: %v %q, want %d", c.target, c.typ, c.url, got.FloorType, got.FloorURL, c.want)
		}
	}
}

func TestRedPacketBackgrounds(t *testing.T) {
	for target, want := range map[Target]string{Huawei: "", Xiaomi: "", Samsung: "", Oppo: "/m/oppo.png", Vivo: "/m/vivo.png"} {
		card, _ := cardFor(t, fixtures()["RedPacket"], target)
		got := ""
		if b := card.Card.Elements[0].Background; b != nil {
			got = strings.TrimPrefix(b.Src, "https://s.example.com")
		}
		if got != want {
			t.Errorf("%s: background %q, want %q", target, got, want)
		}
	}
}

func TestLayoutSubstitutes(t *testing.T) {
	for _, c := range []struct {
		layout string
		target Target
		want   string
		roles  []string
	}{
		{"RedPacket", Meizu, "StandardImageAndText", []string{"banner", "title", "body", "button"}},
		{"Notification1", Oppo, "PureText", []string{"title", "body", "button", "button"}},
		{"Notification1", Meizu, "StandardImageAndText", []string{"banner", "title", "body", "button", "button"}},
		{"PureText", Xiaomi, "StandardImageAndText", []string{"banner", "title", "body", "button", "button"}},
	} {
		card, notes := cardFor(t, fixtures()[c.layout], c.target)
		var roles []string
		for i, e := range card.Card.Elements {
			roles = append(roles, e.Role)
			if e.Position != i+1 {
				t.Errorf("%s on %s: element %d stands at %d", c.layout, c.target, i, e.Position)
			}
		}
		if card.Card.Layout != c.want || card.Template.Layout != c.layout || !slices.Equal(roles, c.roles) {
			t.Errorf("%s on %s: %s %v, want %s %v", c.layout, c.target, card.Card.Layout, roles, c.want, c.roles)
		}
		if n := noteOf(notes, "card_id"); n.Lost != c.layout || n.Shown != c.want {
			t.Errorf("%s on %s: note %+v", c.layout, c.target, n)
		}
	}
}

// The right to opt out survives every vendor's limit.
func TestOptOutIsNeverCut(t *testing.T) {
	for name, tpl := range fixtures() {
		phrase := "拒收请回复R"
		switch name {
		case "PureText":
			phrase = "Reply R to unsubscribe"
		case "SimplePoster": // has no text
			continue
		}
		for target := range Targets {
			for kind, v := range valuesOf(tpl) {
				p, _, err := Compile(catalogue(t), tpl, target)
				if err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(string(p.Append(nil, &v)), phrase) {
					t.Errorf("%s on %s with %s values has lost %q", name, target, kind, phrase)
				}
			}
		}
	}
}

func TestMissingMaterialIsNoted(t *testing.T) {
	tpl := fixtures()["StandardImageAndText"]
	tpl.Assets = nil
	card, notes := cardFor(t, tpl, Huawei)
	if card.Card.Elements[0].Type != "text" {
		t.Errorf("first element is %+v", card.Card.Elements[0])
	}
	if n := noteOf(notes, "pages[0].contents[0].src"); n.Lost == "" {
		t.Errorf("no note among %+v", notes)
	}
}

func TestCompileRefuses(t *testing.T) {
	cat := catalogue(t)
	tpl := fixtures()["PureText"]
	if _, _, err := Compile(cat, tpl, Targets); err == nil {
		t.Error("a target that does not exist compiles")
	}
	if _, _, err := Compile(cat, nil, Huawei); err == nil {
		t.Error("no template compiles")
	}
	tpl.CardID = "Nothing"
	if _, _, err := Compile(cat, tpl, H5); !errors.Is(err, ErrLayout) {
		t.Errorf("unknown layout: %v", err)
	}
}

// A vendor without any layout to fall back to has no program and a note; the others do.
func TestCompileAllWithoutSubstitute(t *testing.T) {
	rules, err := LoadRules([]byte(`{"layouts":{"RedPacket":[]}}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	set, notes, err := rules.CompileAll(catalogue(t), fixtures()["RedPacket"])
	if err != nil {
		t.Fatal(err)
	}
	for target, p := range set[:Targets] {
		if (p == nil) != (Target(target) == Meizu) {
			t.Errorf("%s: program %v", Target(target), p != nil)
		}
	}
	if !slices.ContainsFunc(notes, func(n Note) bool { return n.Target == "MEIZU" && n.Field == "card_id" && n.Shown == "" }) {
		t.Errorf("no note for MEIZU: %+v", notes)
	}
}

func TestParamValues(t *testing.T) {
	tpl := fixtures()["StandardImageAndText"]
	got := ParamValues(tpl, map[string]string{"points": "2", "${name}": "1", "other": "x"})
	if !slices.Equal(got, []string{"1", "2", "", ""}) {
		t.Errorf("%q", got)
	}
}

// Of a card with a coupon zone only the zone can be hidden: a product and its button are shown whatever visible says.
func TestOnlyTheCouponZoneIsHidden(t *testing.T) {
	tpl := fixtures()["EcommerceCouponVertical"]
	all := len(tpl.Pages[0].Contents)
	for i := range tpl.Pages[0].Contents {
		tpl.Pages[0].Contents[i].Visible = new(0)
	}
	card, _ := cardFor(t, tpl, Huawei)
	if got := len(card.Card.Elements); got != all-4 {
		t.Errorf("%d of %d contents are shown, want all but four: %+v", got, all, card.Card.Elements)
	}
}

// On a red packet the place is what makes a title, whatever the flags say: published requests flag none of its texts.
func TestTitleOfARedPacketIsItsPlace(t *testing.T) {
	tpl := fixtures()["RedPacket"]
	for i := range tpl.Pages[0].Contents {
		if c := &tpl.Pages[0].Contents[i]; c.Type == "text" {
			c.IsTitle = map[bool]string{true: "false", false: "true"}[c.Position == 3]
		}
	}
	card, _ := cardFor(t, tpl, Huawei)
	for _, e := range card.Card.Elements {
		if e.Title != (e.Role == "title") {
			t.Errorf("%s %q: title %v", e.Role, e.Text, e.Title)
		}
	}
	if h1 := find(page(t, tpl, SampleValues(tpl)), "h2", "", ""); h1.name != "" {
		t.Error("the page has two titles")
	}
}

// A value in an address stays one component of it: it adds no query field, no path, no fragment.
func TestValuesStayInTheirAddressComponent(t *testing.T) {
	tpl := fixtures()["StandardImageAndText"] // https://shop.example.com/autumn?u=${uid}&from=card
	for _, value := range append([]string{"a&from=evil#x", "/../..?q=1", "@evil.example/"}, hostileText...) {
		v := SampleValues(tpl)
		v.Params[3] = value
		p, _, err := Compile(catalogue(t), tpl, Huawei)
		if err != nil {
			t.Fatal(err)
		}
		card, err := parseCard(p.Append(nil, &v))
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range []string{card.Card.Elements[0].Action.Target, find(page(t, tpl, v), "a", "id", "c1-1").attr("href")} {
			u, err := url.Parse(target)
			if err != nil {
				t.Fatal(err)
			}
			q := u.Query()
			if u.Host != "shop.example.com" || u.Path != "/autumn" || u.Fragment != "" || len(q) != 2 || q.Get("from") != "card" || q.Get("u") != valid(value) {
				t.Errorf("%q became %s", value, target)
			}
		}
	}
}

// A picture that a stand-in layout shows in another shape is noted.
func TestProportionIsNoted(t *testing.T) {
	_, notes := cardFor(t, fixtures()["RedPacket"], Meizu)
	if n := noteOf(notes, "pages[0].contents[0].src"); n.Lost != "shape oneToOne" || n.Shown != "shape sixteenToNine" {
		t.Errorf("%+v", n)
	}
}
