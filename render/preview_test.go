package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"image/png"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rsc.io/qr"

	"cardlink/fault"
	"cardlink/templates"
	"cardlink/templates/templatetest"
)

const previewSelf = "https://s.example.com/p/600000102"

// previewPage is a preview under the built-in rules and its policy.
func previewPage(t *testing.T, tpl *templates.Template, look Look) (page []byte, csp string) {
	t.Helper()
	page, csp, err := builtin().AppendPreview([]byte("x"), catalogue(t), tpl, look)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimPrefix(page, []byte("x")), csp
}

var inputs = regexp.MustCompile(`<(input\b[^>]*)>`)

// previewNodes reads a preview strictly. Its one form and its one picture of a code are taken out: no other page has any.
func previewNodes(t *testing.T, page []byte) []node {
	t.Helper()
	nodes, err := parsePage(inputs.ReplaceAll(page, []byte("<$1/>")))
	if err != nil {
		t.Fatal(err)
	}
	forms, codes := 0, 0
	nodes = slices.DeleteFunc(nodes, func(n node) bool {
		switch n.name {
		case "form":
			if forms++; n.attr("method") != "get" || n.attr("action") != "/p/600000102" {
				t.Errorf("form %v", n.attrs)
			}
		case "svg":
			codes++
		}
		return n.name == "form" || n.name == "svg"
	})
	if forms > 1 || codes > 1 {
		t.Errorf("%d forms, %d codes", forms, codes)
	}
	return nodes
}

// hostileLook is a preview with values, and an address, that try to leave their places.
func hostileLook(tpl *templates.Template) Look {
	l := Look{Origin: `https://s.example.com"><b>`, Self: previewSelf, Values: map[string]string{}, Language: fault.Chinese}
	for i, v := range templatetest.Params(tpl, templatetest.Hostile) {
		l.Values[tpl.Params[i].Bare()] = strings.ToValidUTF8(strings.Map(func(r rune) rune {
			if r < ' ' {
				return ' ' // an XML reader, which the test uses, has no such characters at all
			}
			return r
		}, v), "?")
	}
	return l
}

func TestPreviewShowsEveryTargetAndEveryLoss(t *testing.T) {
	for name, tpl := range fixtures() {
		_, notes, err := CompileAll(catalogue(t), tpl)
		if err != nil {
			t.Fatal(err)
		}
		plain := structure(previewNodes(t, first(previewPage(t, tpl, Look{Self: previewSelf, Language: fault.Chinese, Values: examplesOf(tpl)}))))
		for kind, look := range map[string]Look{
			"sample": {Self: previewSelf, Values: examplesOf(tpl)}, "Chinese": {Self: previewSelf, Language: fault.Chinese, Values: examplesOf(tpl)}, "hostile": hostileLook(tpl),
		} {
			page, _ := previewPage(t, tpl, look)
			nodes := previewNodes(t, page)
			if what := dangerous(nodes); what != "" {
				t.Errorf("%s, %s: preview holds %s", name, kind, what)
			}
			ids, phones := map[string]bool{}, 0
			for _, n := range nodes {
				if id := n.attr("id"); id != "" {
					if ids[id] {
						t.Errorf("%s: id %s twice", name, id)
					}
					ids[id] = true
				}
				if n.attr("class") == "phone" {
					phones++
				}
			}
			if phones != len(TargetsOf(catalogue(t))) {
				t.Errorf("%s: %d phones", name, phones)
			}
			for _, n := range notes {
				says, other := n.In(look.Language), n.In(1-look.Language)
				if !bytes.Contains(page, appendHTML(nil, says.Why)) || !bytes.Contains(page, []byte(n.Source+previewWordsIn(look.Language).comma+n.Date)) {
					t.Errorf("%s: the preview does not tell %q of %s, %s", name, says.Why, n.Source, n.Date)
				}
				if bytes.Contains(page, appendHTML(nil, other.Why)) {
					t.Errorf("%s: the preview tells %q in the other language", name, other.Why)
				}
			}
			if kind == "hostile" && structure(nodes) != plain {
				t.Errorf("%s: hostile values change the page's structure", name)
			}
		}
	}
}

func first(page []byte, _ string) []byte { return page }

func examplesOf(tpl *templates.Template) map[string]string {
	m := map[string]string{}
	for _, p := range tpl.Params {
		m[p.Bare()] = p.Example
	}
	return m
}

// The policy of a page allows exactly the style it carries, in each theme, and no origin can widen it.
func TestPreviewPolicies(t *testing.T) {
	tpl := fixtures()["RedPacket"]
	allowed := func(what, csp string, page []byte) {
		t.Helper()
		_, rest, _ := bytes.Cut(page, []byte("<style>"))
		style, _, _ := bytes.Cut(rest, []byte("</style>"))
		sum := sha256.Sum256(style)
		if !strings.Contains(csp, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
			t.Errorf("%s: the style is not allowed by %s", what, csp)
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "script-src") || strings.Contains(csp, "*") || !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") {
			t.Errorf("%s: policy %s", what, csp)
		}
	}
	for theme := range themeNames {
		for _, origin := range []string{"https://s.example.com", "http://10.0.0.5:8080", "http://x; script-src *", "http://x 'unsafe-inline'"} {
			look := Look{Theme: Theme(theme), Origin: origin}
			page, csp := previewPage(t, tpl, look)
			allowed("page", csp, page)
			for _, target := range TargetsOf(catalogue(t)) {
				s, err := builtin().Shot(catalogue(t), tpl, target, look)
				if err != nil {
					t.Fatal(err)
				}
				nodes, err := parsePage(s.HTML)
				if err != nil {
					t.Fatal(err)
				}
				allowed("document", find(nodes, "meta", "http-equiv", "Content-Security-Policy").attr("content"), s.HTML)
			}
		}
	}
	if _, csp := previewPage(t, tpl, Look{Origin: "http://10.0.0.5:8080"}); !strings.Contains(csp, "img-src 'self' https: http://10.0.0.5:8080;") {
		t.Errorf("pictures of an edge without TLS: %s", csp)
	}
}

func TestThemesHoldOrNeverHold(t *testing.T) {
	const css = "a{color:red}" + darkQuery + ":root{--x:1}b{c:d}}e{f:g}" + darkQuery + "h{i:j}}"
	for theme, want := range map[Theme]string{
		AutoTheme: css, LightTheme: "a{color:red}e{f:g}:root{color-scheme:light}", DarkTheme: "a{color:red}:root{--x:1}b{c:d}e{f:g}h{i:j}:root{color-scheme:dark}",
	} {
		if got := themed(css, theme); got != want {
			t.Errorf("%s: %s", theme, got)
		}
		if got, ok := ThemeOf(theme.String()); got != theme || !ok {
			t.Errorf("%s reads as %v, %v", theme, got, ok)
		}
	}
	if strings.Contains(previewStyles[LightTheme]+previewStyles[DarkTheme], "prefers-color-scheme") || !strings.Contains(previewStyles[AutoTheme], darkQuery) {
		t.Error("a theme that was asked for still follows the system, or the automatic one does not")
	}
	if strings.Count(previewStyles[DarkTheme], "{") != strings.Count(previewStyles[DarkTheme], "}") {
		t.Error("unbalanced")
	}
	if regexp.MustCompile(`(^|[{},> ])main[{,> ]`).MatchString(previewStyles[AutoTheme]) {
		t.Error("a rule for the page's main element is left, which the cards of a preview are not in")
	}
	if _, ok := ThemeOf("pink"); ok {
		t.Error("pink is a theme")
	}
}

// A document is what a handset of its target shows and no more, drawn to a width, and the card beside it is the one that is sent.
func TestShots(t *testing.T) {
	for name, tpl := range fixtures() {
		for _, target := range TargetsOf(catalogue(t)) {
			look := hostileLook(tpl)
			look.Width, look.Theme = 360, DarkTheme
			s, err := builtin().Shot(catalogue(t), tpl, target, look)
			if err != nil {
				t.Fatal(err)
			}
			nodes, err := parsePage(s.HTML)
			if err != nil {
				t.Fatalf("%s for %s: %v\n%s", name, target, err, s.HTML)
			}
			if what := dangerous(nodes); what != "" {
				t.Errorf("%s for %s: holds %s", name, target, what)
			}
			if !bytes.Contains(s.HTML, []byte("body{width:360px;")) || find(nodes, "meta", "name", "viewport").attr("content") != "width=360" {
				t.Errorf("%s for %s: not drawn to its width", name, target)
			}
			if find(nodes, "img", "class", "seen").name != "" || bytes.Contains(s.HTML, []byte(" ping=")) {
				t.Errorf("%s for %s: a preview reports something", name, target)
			}
			if target == H5 {
				if s.Card != nil {
					t.Errorf("%s: the page has a card", name)
				}
				continue
			}
			p, notes, err := Compile(catalogue(t), tpl, target)
			if err != nil {
				t.Fatal(err)
			}
			values := look.values(tpl)
			if !json.Valid(s.Card) || !bytes.Equal(s.Card, p.Append(nil, &values)) {
				t.Errorf("%s for %s: not the card that is sent: %s", name, target, s.Card)
			}
			if !slices.Equal(notes, s.Notes) {
				t.Errorf("%s for %s: other notes than the compiler's", name, target)
			}
		}
	}
}

// A vendor that shows neither the layout nor a stand-in gets no card: its reader is told what the recipient sees.
func TestPreviewWithoutACard(t *testing.T) {
	rules, err := LoadRules([]byte(`{"layouts":{"Trip1":[]}}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	tpl := fixtures()["Trip1"]
	tpl.SMSExample, tpl.SMSSigns = "出票<成功>", []string{"示例商城"}
	s, err := rules.Shot(catalogue(t), tpl, Xiaomi, Look{})
	if err != nil || s.HTML != nil || s.Card != nil || s.Layout != "" || len(s.Notes) != 1 || s.Notes[0].Field != "card_id" || s.Notes[0].Source == "" {
		t.Errorf("%+v, %v", s, err)
	}
	page, _, err := rules.AppendPreview(nil, catalogue(t), tpl, Look{Self: previewSelf})
	if err != nil || !bytes.Contains(page, []byte("【示例商城】出票&lt;成功&gt; "+previewSelf)) || !bytes.Contains(page, []byte("No card")) {
		t.Errorf("%v %s", err, page)
	}
	if _, _, err := rules.AppendPreview(nil, catalogue(t), &templates.Template{CardID: "Nothing"}, Look{}); !errors.Is(err, ErrLayout) {
		t.Errorf("an unknown layout: %v", err)
	}
}

// Every note says on whose word and of which day.
func TestNotesHaveTheirSource(t *testing.T) {
	for name, tpl := range fixtures() {
		_, notes, err := CompileAll(catalogue(t), tpl)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range notes {
			if SourceAbout(catalogue(t), n.Source) == "" {
				t.Errorf("%s: %q of nobody (%q)", name, n.Why, n.Source)
			}
			if _, err := time.Parse(time.DateOnly, n.Date); err != nil {
				t.Errorf("%s: %q of no day: %v", name, n.Why, err)
			}
			if place := previewEnglish.place(tpl, n.Field); strings.Contains(place, "pages[") || strings.Contains(place, "_id") {
				t.Errorf("%s: %s is shown as %s", name, n.Field, place)
			}
		}
	}
}

func TestGoldenPreviews(t *testing.T) {
	files := []string{}
	for name, look := range map[string]Look{
		"RedPacket": {Origin: "https://s.example.com", Self: previewSelf, Language: fault.Chinese},
		"Trip1": {Origin: "https://s.example.com", Self: "https://s.example.com/p/" + strings.Repeat("a", 43), Theme: DarkTheme, Values: map[string]string{"name": `Ann "<b>&`},
			Until: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
	} {
		tpl := fixtures()[name]
		if !look.Until.IsZero() {
			tpl.ID = 0
		}
		page, csp := previewPage(t, tpl, look)
		page = regexp.MustCompile(` d="M[^"]*"`).ReplaceAll(withoutStyle(page), []byte(` d="…"`)) // TestQRCodes looks at that
		golden(t, filepath.Join("preview", name+".html"), append([]byte(csp[strings.Index(csp, "; img-src")+2:]+"\n"), page...))
		s, err := builtin().Shot(catalogue(t), tpl, Meizu, look)
		if err != nil {
			t.Fatal(err)
		}
		text := regexp.MustCompile(`sha256-[^&]*`).ReplaceAll(withoutStyle(s.HTML), []byte("sha256-…"))
		golden(t, filepath.Join("preview", name+".MEIZU.html"), text)
		files = append(files, name+".html", name+".MEIZU.html")
	}
	checkForgotten(t, "preview", files)
}

// The two forms of a code are the same code with its border, black on white.
func TestQRCodes(t *testing.T) {
	address := previewSelf + "?p.name=%E7%8E%8B"
	svg, err := AppendQR(nil, address, `a<b>"`)
	if err != nil {
		t.Fatal(err)
	}
	if nodes, err := parsePage(svg); err != nil || len(nodes) != 4 || nodes[1].text != `a<b>"` || nodes[2].attr("fill") != "#fff" {
		t.Errorf("%v %v", nodes, err)
	}
	code, err := qr.Encode(address, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	dark := map[[2]int]bool{}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(string(svg), -1) {
		var x, y, n, back int
		fmt.Sscan(strings.Join(m[1:], " "), &x, &y, &n, &back)
		if n != back {
			t.Errorf("%s does not close", m[0])
		}
		for i := range n {
			dark[[2]int{x + i, y}] = true
		}
	}
	picture, err := QRPNG(address)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	side := code.Size + 2*quiet
	scale := img.Bounds().Dx() / side
	if img.Bounds().Dx() < 300 || img.Bounds().Dx() != side*scale {
		t.Errorf("%v for %d modules", img.Bounds(), side)
	}
	for y := range side {
		for x := range side {
			r, _, _, _ := img.At(x*scale+scale/2, y*scale+scale/2).RGBA()
			if want := code.Black(x-quiet, y-quiet); dark[[2]int{x, y}] != want || (r == 0) != want {
				t.Fatalf("module %d,%d is %v, svg %v, png %v", x, y, want, dark[[2]int{x, y}], r == 0)
			}
		}
	}
	if _, err := AppendQR(nil, strings.Repeat("a", maxQR+1), ""); err == nil {
		t.Error("an address too long to be read from a screen has a code")
	}
}

// What is looked at can be passed on with its values, unless they make the address too long for a code.
func TestPreviewAddress(t *testing.T) {
	tpl := &templates.Template{Params: []templates.Param{param("name", "Ann"), param("city", "Ulm")}}
	for _, c := range []struct {
		values map[string]string
		want   string
	}{
		{nil, previewSelf},
		{map[string]string{"name": "A&B=c d", "other": "x"}, previewSelf + "?p.name=A%26B%3Dc+d"},
		{map[string]string{"name": "王", "city": ""}, previewSelf + "?p.city=&p.name=%E7%8E%8B"},
		{map[string]string{"name": strings.Repeat("王", 50)}, previewSelf},
	} {
		if got := (&Look{Self: previewSelf, Values: c.values}).Address(tpl); got != c.want {
			t.Errorf("%v: %s", c.values, got)
		}
	}
}

// The form shows the values in use, offers the examples, and keeps what else was chosen.
func TestPreviewForm(t *testing.T) {
	tpl := fixtures()["Notification1"]
	name := tpl.Params[0].Bare()
	page, _ := previewPage(t, tpl, Look{Self: previewSelf, Theme: DarkTheme, Values: map[string]string{name: `"><x>`}})
	var got []string
	for _, n := range previewNodes(t, page) {
		if n.name == "input" && (n.attr("type") == "hidden" || n.attr("name") == PreviewValue+name) {
			got = append(got, n.attr("name")+"="+n.attr("value"))
		}
	}
	if want := []string{"lang=en", "theme=dark", PreviewValue + name + `="><x>`}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, href := range []string{"/p/600000102?lang=zh&" + PreviewValue + name + "=%22%3E%3Cx%3E&theme=dark", "/p/600000102?lang=en&" + PreviewValue + name + "=%22%3E%3Cx%3E&theme=light", "/p/600000102/OPPO?lang=en&"} {
		if !strings.Contains(html.UnescapeString(string(page)), `href="`+href) {
			t.Errorf("no link to %s", href)
		}
	}
}
