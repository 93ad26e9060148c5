package render

import (
	"slices"
	"strings"
	"testing"

	"cardlink/templates"
)

// The rules speak of things the catalogue knows, and leave nothing of it out.
func TestRulesMatchTheCatalogue(t *testing.T) {
	cat := catalogue(t)
	r, err := LoadRules(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(cat); err != nil {
		t.Error(err)
	}
	for _, id := range cat.Layouts() {
		l, _ := cat.Layout(id)
		if len(r.degrade.Layouts[id]) == 0 {
			t.Errorf("nothing stands in for %s", id)
		}
		for _, v := range templates.Vendors() {
			if !l.Supports(v) && !slices.ContainsFunc(r.degrade.Layouts[id], func(s substitute) bool { o, ok := cat.Layout(s.To); return ok && o.Supports(v) }) {
				t.Errorf("nothing stands in for %s on %s", id, v)
			}
		}
	}
	for typ, p := range r.degrade.Page {
		if _, ok := cat.Action(typ); !ok || p.Shown == "" || p.Why == "" {
			t.Errorf("page.%s: %+v", typ, p)
		}
	}
	for typ, d := range r.dialects.Actions {
		rule, ok := cat.Action(typ)
		if !ok {
			t.Errorf("actions.%s is not in the catalogue", typ)
			continue
		}
		for name := range rule.Fields {
			if !slices.Contains(d.Fields, name) {
				t.Errorf("actions.%s does not carry %s", typ, name)
			}
		}
		for _, v := range templates.Vendors() {
			if !rule.Supports(v) && len(r.degrade.Actions[typ]) == 0 {
				t.Errorf("nothing stands in for %s on %s", typ, v)
			}
		}
	}
	for _, v := range templates.Vendors() {
		if _, ok := r.dialects.Vendors[v]; !ok {
			t.Errorf("no dialect of %s", v)
		}
	}
	for _, typ := range []string{
		"OPEN_URL", "OPEN_QUICK", "OPEN_APP", "DIAL_PHONE", "OPEN_SMS", "OPEN_EMAIL", "OPEN_SCHEDULE", "OPEN_MAP", "OPEN_BROWSER", "OPEN_POPUP", "COPY_PARAMETER", "VIEW_PIC",
	} {
		if _, ok := r.dialects.Actions[typ]; !ok {
			t.Errorf("no dialect of %s", typ)
		}
	}
}

func TestRulesOverride(t *testing.T) {
	r, err := LoadRules([]byte(`{"date":"2027-01-01","actions":{"OPEN_EMAIL":[{"to":"OPEN_URL","target":"link","why":"in the inbox"}]}}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.DegradeDate() != "2027-01-01" || len(r.degrade.Actions) < 10 || r.degrade.Actions["OPEN_EMAIL"][0].To != "OPEN_URL" {
		t.Errorf("override not merged: %+v", r.degrade.Actions["OPEN_EMAIL"])
	}
	p, notes, err := r.Compile(catalogue(t), fixtures()["PureText"], Oppo)
	if err != nil {
		t.Fatal(err)
	}
	v := SampleValues(fixtures()["PureText"])
	card, err := parseCard(p.Append(nil, &v))
	if err != nil {
		t.Fatal(err)
	}
	if a := card.Card.Elements[0].Action; a.Type != "OPEN_URL" || !strings.Contains(noteOf(notes, "pages[0].contents[0].action_type").Why, "in the inbox") {
		t.Errorf("%+v %+v", a, notes)
	}
	if fresh := builtin().degrade.Actions["OPEN_EMAIL"][0].To; fresh != "OPEN_BROWSER" {
		t.Errorf("the override leaked into the built-in rules: %s", fresh)
	}
}

func TestRulesComplain(t *testing.T) {
	for _, c := range []struct{ degrade, dialects, want string }{
		{`{"lay":{}}`, "", "unknown field"},
		{`[`, "", "degrade override"},
		{`{"schema":"x"}`, "", "degrade.schema"},
		{`{"layouts":{"RedPacket":[{"to":"RedPacket","why":"x"}]}}`, "", "degrade.layouts.RedPacket[0]"},
		{`{"actions":{"OPEN_APP":[{"to":"FLY","target":"same","why":"x"}]}}`, "", "degrade.actions.OPEN_APP[0]"},
		{`{"actions":{"OPEN_APP":[{"to":"OPEN_URL","target":"moon","why":"x"}]}}`, "", "degrade.actions.OPEN_APP[0].target"},
		{"", `{"schema":"x"}`, "dialects.schema"},
		{"", `{"actions":{"OPEN_APP":{"target":"sky"}}}`, "dialects.actions.OPEN_APP.target"},
		{"", `{"actions":{"OPEN_APP":{"target":"text","fields":["colour"]}}}`, "dialects.actions.OPEN_APP.fields"},
		{"", `{"vendors":{"OPPO":{"background":"mi_background"}}}`, "dialects.vendors.OPPO.background"},
	} {
		if _, err := LoadRules([]byte(c.degrade), []byte(c.dialects)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v, want a complaint about %s", c.degrade, c.dialects, err, c.want)
		}
	}
}

// A correction that names what the catalogue does not know is refused.
func TestRulesKnowTheCatalogue(t *testing.T) {
	for _, c := range []struct{ degrade, want string }{
		{`{"layouts":{"RedPackets":[{"to":"PureText","why":"x"}]}}`, `no layout "RedPackets"`},
		{`{"layouts":{"RedPacket":[{"to":"PureTexts","why":"x"}]}}`, `no layout "PureTexts"`},
		{`{"roles":{"bodies":["body"]}}`, `no layout has a role "bodies"`},
		{`{"roles":{"body":["bodies"]}}`, `no layout has a role "bodies"`},
		{`{"rest":["bodies"]}`, `no layout has a role "bodies"`},
		{`{"join":{"first":["prices"]}}`, `no layout has a role "prices"`},
	} {
		r, err := LoadRules([]byte(c.degrade), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Check(catalogue(t)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want a complaint about %s", c.degrade, err, c.want)
		}
	}
}
