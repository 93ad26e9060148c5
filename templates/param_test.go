package templates

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlaceholders(t *testing.T) {
	for in, want := range map[string]struct {
		names []string
		ok    bool
	}{
		"":               {nil, true},
		"plain $ { } $x": {nil, true},
		"${a}":           {[]string{"a"}, true},
		"x${a1}${B}y":    {[]string{"a1", "B"}, true},
		"${a}${a}":       {[]string{"a", "a"}, true},
		"${":             {nil, false},
		"${}":            {nil, false},
		"${a_b}":         {nil, false},
		"${1a}":          {nil, false},
		"${a}${b":        {[]string{"a"}, false},
		"${中}":           {nil, false},
		"$${a}":          {[]string{"a"}, true},
	} {
		ps, ok := placeholders(in)
		var got []string
		for _, p := range ps {
			got = append(got, p.name)
		}
		if d := cmp.Diff(want.names, got); d != "" || ok != want.ok {
			t.Errorf("%q: %v %s", in, ok, d)
		}
	}
}

func TestExpand(t *testing.T) {
	values := map[string]string{"a": "张", "b": "${a}"}
	for in, want := range map[string]string{
		"": "", "x": "x", "${a}": "张", "1${a}2${b}3${c}": "1张2${a}3${c}", "${a": "${a",
	} {
		if got := Expand(in, values); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestCharsAreCodePoints(t *testing.T) {
	for in, want := range map[string]int{"中文": 2, "abc": 3, "中a😀": 3, "": 0} {
		if got := chars(in); got != want {
			t.Errorf("%q has %d characters, want %d", in, got, want)
		}
	}
}

func FuzzPlaceholders(f *testing.F) {
	f.Add("x${a1}${B}y${")
	f.Fuzz(func(t *testing.T, s string) {
		ps, ok := placeholders(s)
		at := 0
		for _, p := range ps {
			if p.start < at || s[p.start:p.end] != "${"+p.name+"}" || !validParam(p.name) {
				t.Fatalf("%+v in %q", p, s)
			}
			at = p.end
		}
		if ok && strings.Contains(s[at:], "${") {
			t.Fatalf("%q: the rest of it opens a parameter", s)
		}
		if got := Expand(s, nil); got != s {
			t.Fatalf("%q expands to %q without values", s, got)
		}
	})
}
