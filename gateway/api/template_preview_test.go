package api

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"cardlink/fault"
	"cardlink/previewlink"
	"cardlink/render"
	"cardlink/templates"
)

// seen is a preview as a caller reads it.
type seen struct {
	TplID    string        `json:"tpl_id"`
	Version  int           `json:"version"`
	OK       bool          `json:"ok"`
	Problems []LintProblem `json:"problems"`
	URL      string        `json:"side_by_side_url"`
	Expire   string        `json:"expire_time"`
	QRSVG    string        `json:"qr_svg"`
	QRURL    string        `json:"qr_url"`
	Targets  []struct {
		Target string          `json:"target"`
		CardID string          `json:"card_id"`
		HTML   string          `json:"html"`
		Card   json.RawMessage `json:"card"`
		Notes  []LintNote      `json:"notes"`
	} `json:"targets"`
}

// A draft is drawn for every target and has an address for an hour, which shows what was drawn.
func TestPreviewOfADraft(t *testing.T) {
	h, previews, mine, _ := newPreviewHouse(t)
	status, answer := h.call(t, "POST", "/x/v1/templates/preview", pureText(`"theme":"dark","width":360`), "X-Tenant", mine)
	p := got[seen](t, status, answer)
	token, found := strings.CutPrefix(p.URL, "https://s.example.com/p/")
	if !p.OK || p.TplID != "" || len(p.Problems) == 0 || !found || p.Expire != "2026-03-04T06:06:07Z" || p.QRURL != p.URL+"/qr.png" || !strings.HasPrefix(p.QRSVG, "<svg ") {
		t.Fatalf("%s", answer)
	}
	for _, problem := range p.Problems {
		if !strings.ContainsFunc(problem.RuleZH, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s in Chinese is %q", problem.Rule, problem.RuleZH)
		}
	}
	var names []string
	for _, x := range p.Targets {
		names = append(names, x.Target)
		if x.CardID == "" || !strings.Contains(x.HTML, "王小明") || !strings.Contains(x.HTML, "width=360") || !strings.Contains(x.HTML, "color-scheme:dark") || (x.Target == "H5") != (x.Card == nil) {
			t.Errorf("%s: %+v", x.Target, x)
		}
		if x.Card != nil && !strings.Contains(string(x.Card), `"vendor":"`+x.Target+`"`) {
			t.Errorf("%s: %s", x.Target, x.Card)
		}
	}
	if want := []string{"HUAWEI", "XIAOMI", "OPPO", "VIVO", "MEIZU", "SAMSUNG", "H5"}; !slices.Equal(names, want) {
		t.Errorf("%v", names)
	}
	kept, until, err := previews.Open(t.Context(), token)
	if err != nil || kept.Name != "会员通知" || kept.Params[0].Example != "王小明" || kept.Tenant != mine || until.UTC().Format("15:04:05") != "06:06:07" {
		t.Errorf("%+v %v %v", kept, until, err)
	}
	if _, list := h.call(t, "GET", "/v1/aim/templates?tpl_type=private", "", "X-Tenant", mine); !strings.Contains(list, `"total":0`) {
		t.Errorf("previewing made a template: %s", list)
	}
}

// What could not be created is drawn as far as it goes, for whoever is at it, and gets no address; what cannot be drawn is refused as creating it would.
func TestPreviewOfAFaultyDraft(t *testing.T) {
	h, _, mine, _ := newPreviewHouse(t)
	status, answer := h.call(t, "POST", "/x/v1/templates/preview", strings.Replace(pureText(``), `"use_id":1`, `"use_id":5`, 1), "X-Tenant", mine)
	if p := got[seen](t, status, answer); p.OK || p.URL != "" || p.QRSVG != "" || p.Expire != "" || len(p.Targets) != 7 || p.Problems[0].Field != "use_id" {
		t.Errorf("%s", answer)
	}
	for name, body := range map[string]string{
		"no layout": strings.Replace(pureText(``), "PureText", "Nope", 1), "no pages": `{"card_id":"PureText","tpl_name":"x","use_id":1}`,
		"width": pureText(`"width":100`), "theme": pureText(`"theme":"pink"`), "target": pureText(`"targets":["NOKIA"]`), "both": pureText(`"tpl_id":"600000002"`),
	} {
		if status, answer := h.call(t, "POST", "/x/v1/templates/preview", body, "X-Tenant", mine); status != 400 || !strings.Contains(answer, string(fault.Parameter)) {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
}

func TestPreviewOfATemplate(t *testing.T) {
	h, previews, mine, theirs := newPreviewHouse(t)
	status, answer := h.call(t, "POST", "/v1/aim/templates", pureText(``), "X-Tenant", mine)
	id := got[struct {
		Data struct {
			TplID string `json:"tpl_id"`
		} `json:"data"`
	}](t, status, answer).Data.TplID
	number, _ := templates.ParseTplID(id)
	address := "https://s.example.com/p/" + testAddresses(t).Name(previewlink.Template, number, 1)

	status, answer = h.call(t, "GET", "/x/v1/templates/"+id+"/preview?theme=light&width=390", "", "X-Tenant", mine)
	p := got[seen](t, status, answer)
	if p.TplID != id || p.Version != 1 || p.URL != address || p.Expire != "" || p.QRURL != p.URL+"/qr.png" || !strings.Contains(p.Targets[0].HTML, "width=390") {
		t.Errorf("%s", answer)
	}
	// Values go with the address while it can be read from a code.
	status, answer = h.call(t, "POST", "/x/v1/templates/preview", `{"tpl_id":"`+id+`","params":{"name":"Ann & <b>"},"targets":["OPPO"]}`, "X-Tenant", mine)
	p = got[seen](t, status, answer)
	if p.URL != address+"?p.name=Ann+%26+%3Cb%3E" || p.QRURL != address+"/qr.png?p.name=Ann+%26+%3Cb%3E" ||
		len(p.Targets) != 1 || !strings.Contains(p.Targets[0].HTML, "Ann &amp; &lt;b&gt;") {
		t.Errorf("%s", answer)
	}
	// Longer ones become a draft that says whose it is.
	long := strings.Repeat("王", 60)
	status, answer = h.call(t, "POST", "/x/v1/templates/preview", `{"tpl_id":"`+id+`","params":{"${name}":"`+long+`"}}`, "X-Tenant", mine)
	p = got[seen](t, status, answer)
	kept, _, err := previews.Open(t.Context(), strings.TrimPrefix(p.URL, "https://s.example.com/p/"))
	if err != nil || kept.TplID() != id || kept.Version != 1 || kept.Params[0].Example != long || p.Expire == "" || p.TplID != id || p.QRURL != p.URL+"/qr.png" {
		t.Errorf("%+v %v", kept, err)
	}
	// A public template is everybody's.
	if status, answer := h.call(t, "POST", "/x/v1/templates/preview", `{"tpl_id":"600000002"}`, "X-Tenant", theirs); status != 200 {
		t.Errorf("%d %s", status, answer)
	}

	// Another tenant's is not there, in exactly the words for one that nobody has.
	for _, call := range [][3]string{{"POST", "/x/v1/templates/preview", `{"tpl_id":"ID"}`}, {"GET", "/x/v1/templates/ID/preview", ""}} {
		at := func(id string) string {
			r := strings.NewReplacer("ID", id)
			status, answer := h.call(t, call[0], r.Replace(call[1]), r.Replace(call[2]), "X-Tenant", theirs)
			if status != 400 || !strings.Contains(answer, string(fault.UnknownTemplateID)) {
				t.Errorf("%s %s: %d %s", call[0], id, status, answer)
			}
			return answer
		}
		if foreign, unknown := at(id), at("699999999"); foreign != unknown {
			t.Errorf("another's: %s, nobody's: %s", foreign, unknown)
		}
	}
	for name, body := range map[string]string{
		"a parameter it does not have": `{"tpl_id":"` + id + `","params":{"nick":"x"}}`, "too long a value": `{"tpl_id":"` + id + `","params":{"name":"` + strings.Repeat("x", 501) + `"}}`,
		"values that are no object": `{"tpl_id":"` + id + `","params":[{"name":"x"}]}`, "a width of words": `{"tpl_id":"` + id + `","width":"wide"}`,
	} {
		if status, answer := h.call(t, "POST", "/x/v1/templates/preview", body, "X-Tenant", mine); status != 400 || !strings.Contains(answer, string(fault.Parameter)) {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	if status, answer := h.call(t, "GET", "/x/v1/templates/"+id+"/preview?width=x", "", "X-Tenant", mine); status != 400 {
		t.Errorf("%d %s", status, answer)
	}
}

// A tenant's hundred-and-first preview costs its first one its address, and nobody else's.
func TestPreviewsOfATenantAreBounded(t *testing.T) {
	h, previews, mine, theirs := newPreviewHouse(t)
	open := func(address string) error {
		u, err := url.Parse(address)
		if err == nil {
			_, _, err = previews.Open(t.Context(), strings.TrimPrefix(u.Path, "/p/"))
		}
		return err
	}
	address := func(tenant string) string {
		status, answer := h.call(t, "POST", "/x/v1/templates/preview", pureText(`"targets":["H5"]`), "X-Tenant", tenant)
		return got[seen](t, status, answer).URL
	}
	other := address(theirs)
	all := make([]string, 101)
	for i := range all {
		all[i] = address(mine)
	}
	gone := 0
	for _, a := range all { // all were made in one moment of the test's clock
		if err := open(a); errors.Is(err, templates.ErrUnknown) {
			gone++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if gone != 1 || open(other) != nil {
		t.Errorf("%d of 101 are gone; the other tenant's: %v", gone, open(other))
	}
}

// Judging goes by the operator's rules, not by the built-in ones.
func TestLintFollowsTheOperatorsRules(t *testing.T) {
	facts, judge := lintFacts(t)
	var err error
	if facts.Rules, err = render.LoadRules([]byte(`{"date":"2027-05-06","actions":{"OPEN_EMAIL":[{"to":"OPEN_URL","target":"link","why":"our own reason"}]}}`), nil); err != nil {
		t.Fatal(err)
	}
	r, err := Lint(t.Context(), []byte(pureText(``)), facts, judge)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range r.Targets {
		for _, n := range x.Notes {
			if strings.Contains(n.Why, "our own reason") {
				return
			}
		}
	}
	t.Errorf("%+v", r.Targets)
}
