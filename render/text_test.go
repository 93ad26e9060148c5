package render

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"cardlink/templates"
)

func TestParseText(t *testing.T) {
	params := []templates.Param{param("a", "1"), param("ab", "2")}
	lit := func(s string) piece { return piece{lit: s, param: -1} }
	for _, c := range []struct {
		in   string
		want []piece
		keep int
	}{
		{"", nil, -1},
		{"x", []piece{lit("x")}, -1},
		{"${a}", []piece{{param: 0}}, -1},
		{"x${ab}y${a}", []piece{lit("x"), {param: 1}, lit("y"), {param: 0}}, -1},
		{"${c}$a{a}${", []piece{lit("${c}$a{a}${")}, -1},
		{"go STOP end STOP", []piece{lit("go "), lit("STOP"), lit(" end STOP")}, 1},
		{"${a}STOP", []piece{{param: 0}, lit("STOP")}, 1},
	} {
		got := parseText(c.in, params, "STOP")
		if diff := cmp.Diff(c.want, got.pieces, cmp.AllowUnexported(piece{})); diff != "" || got.keep != c.keep {
			t.Errorf("%q: keep %d, want %d %s", c.in, got.keep, c.keep, diff)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in, keep    string
		limit       int
		shown, lost string
	}{
		{"短文本", "", 3, "短文本", ""},
		{"短文本字", "", 3, "短文…", "本字"},
		{"abcdef", "", 1, "…", "abcdef"},
		{"ab👨‍👩‍👧‍👦cd", "", 8, "ab…", "👨‍👩‍👧‍👦cd"},         // the family has seven code points and is not torn
		{"cafe\u0301 noir", "", 6, "cafe\u0301…", " noir"}, // nor is an accent
		{"cafe\u0301 noir", "", 5, "caf…", "e\u0301 noir"},
		{"很长的正文，STOP", "STOP", 8, "很长的…STOP", "正文，"},
		{"很长的正文，STOP，谢谢您", "STOP", 8, "很长的…STOP", "正文，，谢谢您"},
		{"短STOP，谢谢您的支持", "STOP", 8, "短STOP，谢…", "谢您的支持"},
		{"短的STOP尾", "STOP", 6, "短…STOP", "的尾"},
		{"正文STOP尾", "STOP", 4, "正文S…", "TOP尾"}, // no room for the phrase: an ordinary cut
	} {
		text := parseText(c.in, nil, c.keep)
		text.limit = c.limit
		shown, lost := text.cut(&Values{})
		if shown != c.shown || lost != c.lost {
			t.Errorf("%q at %d: shown %q lost %q, want %q and %q", c.in, c.limit, shown, lost, c.shown, c.lost)
		}
	}
}

// anyText draws strings of characters that form clusters, and of such that do not.
func anyText() *rapid.Generator[string] {
	atoms := []string{"中", "文", "a", " ", "，", "\u0301", "\u200d", "👨", "👩", "🏽", "🇨", "🇳", "ก", "ำ", "각", "\u1100", "\u1161", "\r", "\n", "\xff", "‼", "\ufe0f", "क", "्", "ष"}
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(atoms), 0, 24).Draw(t, "atoms"), "")
	})
}

// A cut loses exactly what it says, keeps to its limit, tears no grapheme cluster, keeps the phrase if there is room, and the way without memory
// gives what the plain way gives.
func TestCutProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		params := []templates.Param{param("a", ""), param("b", "")}
		source := strings.Join(rapid.SliceOfN(rapid.OneOf(anyText(), rapid.SampledFrom([]string{"${a}", "${b}", "STOP"})), 0, 5).Draw(t, "source"), "")
		v := &Values{Params: []string{anyText().Draw(t, "a"), anyText().Draw(t, "b")}}
		text := parseText(source, params, "STOP")
		text.limit = rapid.IntRange(1, 40).Draw(t, "limit")

		full := text.fill(v)
		shown, lost := text.cut(v)
		r := run{text: text}
		for _, p := range text.pieces {
			if p.param < 0 {
				r.fixed += utf8.RuneCountInString(p.lit)
			}
		}
		if fits := r.fits(v); fits != (lost == "") {
			t.Fatalf("fits = %v, lost %q", fits, lost)
		}
		if lost == "" {
			if shown != full {
				t.Fatalf("nothing lost, but %q became %q", full, shown)
			}
			return
		}
		if n := utf8.RuneCountInString(shown); n > text.limit {
			t.Fatalf("%d characters shown, limit %d", n, text.limit)
		}
		head, tail, ok := strings.Cut(shown, ellipsis)
		if !ok || tail != "" && tail != "STOP" {
			t.Fatalf("shown %q has no ellipsis", shown)
		}
		rest, ok := strings.CutPrefix(full, head)
		if !ok || strings.Replace(rest, tail, "", 1) != lost && rest != lost {
			t.Fatalf("shown %q and lost %q are not %q", shown, lost, full)
		}
		if text.keep >= 0 && text.limit > len("STOP") && !strings.Contains(shown, "STOP") {
			t.Fatalf("the phrase is gone from %q", shown)
		}
		if head != "" && rest != "" {
			whole := uniseg.GraphemeClusterCount(full)
			if tail == "" && uniseg.GraphemeClusterCount(head)+uniseg.GraphemeClusterCount(rest) != whole {
				t.Fatalf("%q tears a cluster of %q", head, full)
			}
		}
		prefix := []byte("before ")
		if got := string(r.appendCut(prefix, v, escJSON)); got != "before "+string(appendJSON(nil, shown)) {
			t.Fatalf("appended %q, want %q", got, shown)
		}
		if got := string(text.appendCut(prefix, v, escHTML)); got != "before "+string(appendHTML(nil, shown)) {
			t.Fatalf("appended %q, want %q", got, shown)
		}
	})
}

// Whatever stands alone may be cut from whatever else does.
func TestAloneCharactersFormNoCluster(t *testing.T) {
	var all []rune
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if alone(r) {
			all = append(all, r)
			if utf8.RuneLen(r) > 3 {
				t.Errorf("%U has more than three bytes", r)
			}
		}
	}
	if len(all) < 20_000 {
		t.Fatalf("only %d characters stand alone", len(all))
	}
	for i, a := range all {
		for _, b := range []rune{' ', 'e', '中', '。', 'é', '’', '…', '·', 'Ａ', all[len(all)-1-i]} {
			if s := string([]rune{a, b}); uniseg.GraphemeClusterCount(s) != 2 {
				t.Fatalf("%+q is one cluster", s)
			}
			if s := string([]rune{b, a}); uniseg.GraphemeClusterCount(s) != 2 {
				t.Fatalf("%+q is one cluster", s)
			}
		}
	}
}
