package render

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestSqueeze(t *testing.T) {
	for in, want := range map[string]string{
		"/* a */ a , b > c {\n\tcolor : red; }\n":            "a,b>c{color :red}",
		"a{b:calc(100% - 6px);}":                             "a{b:calc(100% - 6px)}",
		`a::after { content: " ;  } /* */ "; }  b { c: d }`:  `a::after{content:" ;  } /* */ "}b{c:d}`,
		"@media (min-width: 1px) { .a .b:not(.c) { d: e } }": "@media (min-width:1px){.a .b:not(.c){d:e}}",
		"a { b: c /* why */ d } /* open":                     "a{b:c d}",
		`x { font: "open`:                                    `x{font:"open`,
		"":                                                   "",
	} {
		if got := squeeze(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// A page of any layout is small, and what its style leaves out could not have matched anything on it.
func TestPagesCarryTheStyleTheyNeed(t *testing.T) {
	const most = 14 << 10
	sheets := map[string]bool{}
	for name, tpl := range fixtures() {
		p, _, err := Compile(catalogue(t), tpl, H5)
		if err != nil {
			t.Fatal(err)
		}
		v := valuesOf(tpl)["sample"]
		text := p.Append(nil, &v)
		if len(text) > most {
			t.Errorf("the page of %s has %d bytes, want at most %d", name, len(text), most)
		}
		nodes, err := parsePage(text)
		if err != nil {
			t.Fatal(err)
		}
		style := find(nodes, "style", "", "").text
		if !strings.Contains(p.CSP(), hashOf(style)) || strings.Count(p.CSP(), "sha256-") != 1 {
			t.Errorf("%s: the policy %s does not allow exactly the page's style", name, p.CSP())
		}
		for i, sheet := range h5Sheets {
			if strings.Contains(style, h5Parts[i]) {
				sheets[sheet] = true
			} else if s := mayMatch(h5Parts[i], nodes); s != "" {
				t.Errorf("%s lacks the sheet %s, whose %q may match on it", name, sheet, s)
			}
		}
	}
	for _, s := range h5Sheets {
		if !sheets[s] && s != "copy" { // which buttons the samples have is not theirs to choose
			t.Errorf("no page uses the sheet %s", s)
		}
	}
}

var selectorNames = regexp.MustCompile(`([.]?)([a-zA-Z][\w-]*)`)

// mayMatch finds a selector all of whose classes and elements are on the page and which is not about what every page has.
func mayMatch(sheet string, nodes []node) string {
	common := []string{"card", "main", "text", "pic", "btn", "do", "hint", "alt", "h1", "h2", "p", "a", "img", "i", "b", "div", "span", "small", "two", "body", "root"}
	on := map[string]bool{}
	for _, n := range nodes {
		on[n.name] = true
		for c := range strings.FieldsSeq(n.attr("class")) {
			on["."+c] = true
		}
	}
	for rule := range strings.SplitSeq(sheet, "}") {
		head, _, _ := strings.Cut(rule[strings.LastIndex(rule, "{@")+1:], "{")
		if strings.HasPrefix(head, "@") {
			_, rest, _ := strings.Cut(rule, "{")
			head, _, _ = strings.Cut(rest, "{")
		}
		for s := range strings.SplitSeq(head, ",") {
			s = regexp.MustCompile(`::?[\w-]+(\([^)]*\))?|\[[^]]*\]`).ReplaceAllString(s, "")
			own, all := false, true
			for _, m := range selectorNames.FindAllStringSubmatch(s, -1) {
				own = own || !slices.Contains(common, m[2])
				all = all && on[m[0]]
			}
			if own && all {
				return s
			}
		}
	}
	return ""
}
