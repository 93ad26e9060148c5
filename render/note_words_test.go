package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"cardlink/fault"
	"cardlink/templates"
)

// latinNames are the names in Latin letters that a Chinese sentence has of its own accord. The ids of layouts and actions stand beside their Chinese names.
var latinNames = []string{"OPPO", "vivo", "H5", "App", "Go SDK", "API"}

var latin = regexp.MustCompile(`[A-Za-z]{2,}`)

// englishIn finds Latin words in a text, the given ones and ids of the catalogue aside.
func englishIn(cat *templates.Catalogue, s string, known []string) string {
	for _, k := range slices.SortedFunc(slices.Values(slices.Concat(known, latinNames, cat.Layouts(), actionTypes(cat))), func(a, b string) int { return len(b) - len(a) }) {
		if k != "" {
			s = strings.ReplaceAll(s, k, "")
		}
	}
	return latin.FindString(s)
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// checkChinese finds a note whose Chinese text says less than the English.
func checkChinese(n *Note) error {
	zh := n.Chinese
	if zh.Lost == "" || !hasHan(zh.Why) || (zh.Shown == "") != (n.Shown == "") {
		return fmt.Errorf("%s of %s: %+v in Chinese is %+v", n.Field, n.Target, n.In(fault.English), zh)
	}
	return nil
}

// authorsWords are what the author wrote, and the examples of the parameters in it.
func authorsWords(t *templates.Template) []string {
	values := Values{Params: Examples(t)}
	var out []string
	for _, p := range t.Pages {
		for _, c := range p.Contents {
			out = append(out, c.Src, c.Cover, c.OppoBackground, c.VivoBackground)
			for _, s := range []string{c.Text, c.Child} {
				whole := parseText(s, t.Params, "")
				out = append(out, s, whole.fill(&values))
			}
			if c.Action != nil {
				out = append(out, c.Action.Target, c.Action.FloorURL)
			}
		}
	}
	return out
}

// On every fixture and every target, guest included, a Chinese reader reads Chinese.
func TestNotesInChinese(t *testing.T) {
	cat, err := templates.LoadCatalogue([]byte(`{"guest_vendors":{"HONOR":{"on":true}}}`))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for name, tpl := range fixtures() {
		own := authorsWords(tpl)
		_, notes, err := CompileAll(cat, tpl)
		if err != nil {
			t.Fatal(err)
		}
		total += len(notes)
		for i := range notes {
			n := &notes[i]
			if err := checkChinese(n); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if said := englishIn(cat, n.Chinese.Why, nil); said != "" {
				t.Errorf("%s: the reason holds %q: %s", name, said, n.Chinese.Why)
			}
			if strings.HasSuffix(n.Field, ".content") || strings.HasSuffix(n.Field, ".content_child") { // the author's own text, cut
				if n.Chinese.Lost != n.Lost || n.Chinese.Shown != n.Shown {
					t.Errorf("%s: %s for %s is cut otherwise in Chinese: %+v", name, n.Field, n.Target, n.Chinese)
				}
				continue
			}
			for _, s := range []string{n.Chinese.Lost, n.Chinese.Shown} {
				if said := englishIn(cat, s, own); said != "" {
					t.Errorf("%s: %s for %s holds %q: %s", name, n.Field, n.Target, said, s)
				}
			}
		}
	}
	if total < 300 {
		t.Errorf("only %d notes were looked at", total)
	}
}

// No template, however odd, has a note without its Chinese text.
func TestNotesInChineseOfAnyTemplate(t *testing.T) {
	cat := catalogue(t)
	rapid.Check(t, func(t *rapid.T) {
		tpl := rapid.OneOf(anyTemplate(cat), validTemplate(cat)).Draw(t, "template")
		_, notes, err := CompileAll(cat, tpl)
		if err != nil {
			t.Fatal(err)
		}
		for i := range notes {
			if err := checkChinese(&notes[i]); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Losses that no fixture has.
func TestRareNotesInChinese(t *testing.T) {
	cat := catalogue(t)
	lost := fixtures()["Video"]
	lost.Assets = nil
	none, err := LoadRules([]byte(`{"layouts":{"Trip1":[]},"actions":{"OPEN_SCHEDULE":[],"OPEN_EMAIL":[],"OPEN_POPUP":[],"OPEN_MAP":[]},"floors":{"0":[],"1":[],"2":[],"3":[]}}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	look := func(r *Rules, tpl *templates.Template) {
		_, notes, err := r.CompileAll(cat, tpl)
		if err != nil {
			t.Fatal(err)
		}
		for i := range notes {
			seen[notes[i].Chinese.Why] = true
			if err := checkChinese(&notes[i]); err != nil {
				t.Error(err)
			}
			if said := englishIn(cat, notes[i].Chinese.Why, nil); said != "" {
				t.Errorf("%q in %s", said, notes[i].Chinese.Why)
			}
		}
	}
	look(builtin(), lost)
	for _, tpl := range fixtures() {
		look(none, tpl)
	}
	for _, want := range []string{"模板里找不到这个素材", "小米不支持此版式，也没有可替代的版式", "OPPO 不支持“新建日程”，也没有可替代的动作"} {
		if !seen[want] {
			t.Errorf("no note says %s", want)
		}
	}
}

// What the catalogue and the rules name, they name in Chinese too.
func TestChineseNamesAreComplete(t *testing.T) {
	cat := catalogue(t)
	named := func(what, zh string) {
		t.Helper()
		if !hasHan(zh) || englishIn(cat, zh, nil) != "" {
			t.Errorf("%s is called %q", what, zh)
		}
	}
	for _, id := range cat.Layouts() {
		l, _ := cat.Layout(id)
		named(id, l.NameZH)
		for _, s := range l.Slots() {
			named("role "+s.Role, rolesZH[s.Role])
			named("component "+s.Component, kindsZH[s.Component])
		}
		for _, s := range l.SubTypes() {
			named(id+": "+s.Label, s.LabelZH)
		}
	}
	for _, typ := range actionTypes(cat) {
		a, _ := cat.Action(typ)
		named(typ, a.NameZH)
	}
	for _, v := range templates.Vendors() {
		for _, n := range cat.Floor(v) {
			named(fmt.Sprint("floor_type ", n), floorsZH[n])
		}
	}
	for _, mark := range []string{"sdk", "api-doc", "faq", "faq-inferred", "sibling", "partial", "assumed", "operator", RuleSource} {
		named("source "+mark, aboutSource(cat, mark).zh)
	}
	rules := builtin().degrade
	for _, lists := range []map[string][]substitute{rules.Layouts, rules.Actions} {
		for id, list := range lists {
			for _, s := range list {
				named(id+": "+s.Why, s.WhyZH)
			}
		}
	}
	for typ, p := range rules.Page {
		named(typ+": "+p.Shown, p.ShownZH)
		named(typ+": "+p.Why, p.WhyZH)
	}
	for n, list := range rules.Floors {
		for _, s := range list {
			named("floor "+n+": "+s.Why, s.WhyZH)
		}
	}
}

// An operator's correction without Chinese is read in English; the Chinese of the entry it replaces does not outlive it.
func TestChineseOfACorrection(t *testing.T) {
	for correction, want := range map[string]string{
		`{"to":"OPEN_URL","target":"link","why":"in the inbox"}`:                   "OPPO 不支持“发邮件”：in the inbox",
		`{"to":"OPEN_URL","target":"link","why":"in the inbox","why_zh":"留在收件箱内"}`: "OPPO 不支持“发邮件”：留在收件箱内",
	} {
		r, err := LoadRules([]byte(`{"actions":{"OPEN_EMAIL":[`+correction+`]}}`), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, notes, err := r.Compile(catalogue(t), fixtures()["PureText"], Oppo)
		if err != nil {
			t.Fatal(err)
		}
		if n := noteOf(notes, "pages[0].contents[0].action_type"); n.Chinese.Why != want || n.Chinese.Shown != "打开 H5 页面（OPEN_URL）：短链的 H5 页面" {
			t.Errorf("%+v, want %s", n.Chinese, want)
		}
	}
}
