package templates

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cardlink/fault"
)

func TestCheckValues(t *testing.T) {
	cat := catalogue(t)
	of := func(n int) string { return strings.Repeat("字", n) }
	body, address, code := standard(), standard(), standard()
	body.Pages[0].Contents[1].Text = "${param1}"
	body.Pages[0].Contents[2].Text, body.Pages[0].Contents[2].Child = "券${param2}，拒收请回复R", "${param2}${param2}"
	address.Pages[0].Contents[2].Text = "${param1}，拒收请回复R"
	address.Pages[0].Contents[3].ActionType, address.Pages[0].Contents[3].Action = "OPEN_URL", &Action{Target: "${param2}"}
	address.Params[1].Example = "https://shop.example.com"
	code.Pages[0].Contents[3].ActionType, code.Pages[0].Contents[3].Action = "COPY_PARAMETER", &Action{Target: "A${param2}"}
	app := address.clone()
	app.Params[1].Example = "shopapp://p/1"
	app.Pages[0].Contents[3].ActionType, app.Pages[0].Contents[3].Action = "OPEN_APP", &Action{Target: "${param2}", PackageName: "com.example.shop"}
	older := code.clone()
	older.Params[1].Example = of(30)
	for name, c := range map[string]struct {
		d        Draft
		one, two string
		code     fault.Code
		inRule   string
	}{
		"short":                           {body, "王", "1", "", ""},
		"longer than any vendor shows":    {body, of(256), "1", "", ""},
		"as long as a text may be":        {body, of(1000), "1", "", ""},
		"characters, not bytes":           {body, strings.Repeat("😀", 1000), "1", "", ""},
		"longer than a text may be":       {body, of(1001), "1", fault.ParameterLength, "pages[0].contents[1].content 1001 characters long; a text has at most 1000"},
		"the rest of the text counts":     {body, "王", of(993), fault.ParameterLength, "contents[2].content 1001"},
		"a second text counts each time":  {body, "王", of(501), fault.ParameterLength, "contents[2].content_child 1002"},
		"a whole address":                 {address, "王", "https://shop.example.com/1", "", ""},
		"a whole address of another kind": {address, "王", "javascript:alert(1)", fault.Parameter, "https://"},
		"http where https is needed":      {address, "王", "http://shop.example.com/1", fault.Parameter, "https://"},
		"an address too long":             {address, "王", "https://a.example/" + strings.Repeat("a", 983), fault.ParameterLength, "OPEN_URL takes at most 1000"},
		"an app's whole address":          {app, "王", "weixin://dl/1", "", ""},
		"a script instead of an app":      {app, "王", " JavaScript:alert(1)", fault.Parameter, "must be a deep link, not javascript:"},
		"a page that is read by itself":   {app, "王", "view-source:https://a.example", fault.Parameter, "view-source:"},
		"a text to copy":                  {code, "王", of(19), "", ""},
		"a text to copy too long":         {code, "王", of(20), fault.ParameterLength, "COPY_PARAMETER takes at most 20"},
		"examples broke the limit before": {older, "王", of(60), "", ""},
	} {
		tpl := &Template{}
		tpl.SetContent(c.d)
		values := map[string]string{"param1": c.one, "param2": c.two}
		if tpl.CheckValues(values) != nil {
			t.Errorf("%s: a template that was not loaded for links refuses", name)
		}
		tpl.values = cat.valueRules(tpl)
		err := tpl.CheckValues(values)
		switch {
		case err == nil && c.code == "":
		case err == nil || err.Code != c.code || !strings.Contains(err.Rule, c.inRule) || strings.Contains(err.Rule, "字"):
			t.Errorf("%s: %+v, want %s %q", name, err, c.code, c.inRule)
		}
	}
}

// The examples of whatever was accepted are values that pass, and so is everything shorter.
func TestExamplesAreGoodValues(t *testing.T) {
	cat := catalogue(t)
	cards, err := Gallery()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		d := drawDraft(r)
		if rapid.Bool().Draw(r, "gallery") {
			d = rapid.SampledFrom(cards).Draw(r, "card").Draft
		}
		tpl := &Template{}
		tpl.SetContent(d)
		tpl.values = cat.valueRules(tpl)
		values, shorter := map[string]string{}, map[string]string{}
		for _, p := range d.Params {
			values[p.Bare()] = p.Example
			shorter[p.Bare()] = string([]rune(p.Example)[:1])
		}
		if err := tpl.CheckValues(values); err != nil {
			r.Fatalf("the examples: %v", err)
		}
		if err := tpl.CheckValues(shorter); err != nil {
			r.Fatalf("shorter: %v", err)
		}
	})
}
