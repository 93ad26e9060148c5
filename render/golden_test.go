package render

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s differs (-update accepts): %v\n got %s\nwant %s", file, err, got, want)
	}
}

// Every layout for every target with every kind of values, and what each target loses. The files are the exact bytes but for line ends between the elements, and
// pages come without their style, which is the same in all.
func TestGoldenCards(t *testing.T) {
	cat := catalogue(t)
	for name, tpl := range fixtures() {
		files := []string{"notes.jsonl", "pages.json"} // the latter is TestGoldenPagesModel's
		losses := map[string][]Note{}
		for target := range Targets {
			p, notes, err := Compile(cat, tpl, target)
			if err != nil {
				t.Fatal(err)
			}
			losses[target.String()] = notes
			for kind, v := range valuesOf(tpl) {
				file, got := target.String()+"."+kind+".json", p.Append(nil, &v)
				switch {
				case target == H5:
					file = target.String() + "." + kind + ".html"
					got = withoutStyle(got)
				case !json.Valid(got):
					t.Errorf("%s for %s with %s values is not JSON: %s", name, target, kind, got)
				default:
					got = elementPerLine(got)
				}
				golden(t, filepath.Join(name, file), got)
				files = append(files, file)
			}
		}
		golden(t, filepath.Join(name, "notes.jsonl"), notesPerLine(t, losses))
		checkForgotten(t, name, files)
	}
}

// checkForgotten finds files in a folder of goldens that no test writes any more.
func checkForgotten(t *testing.T, folder string, files []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("testdata", folder))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(files, e.Name()) {
			t.Errorf("testdata/%s/%s belongs to no test", folder, e.Name())
		}
	}
}

// withoutStyle cuts what stands between <style> and </style>.
func withoutStyle(page []byte) []byte {
	head, rest, _ := bytes.Cut(page, []byte("<style>"))
	_, tail, found := bytes.Cut(rest, []byte("</style>"))
	if !found {
		return page
	}
	return slices.Concat(head, []byte("<style></style>"), tail)
}

// elementPerLine starts a new line at each object of an array, so that a reviewer sees one element per line and a diff shows what changed. Strings stay as written.
func elementPerLine(text []byte) []byte {
	var out []byte
	var open []byte // brackets
	inString := false
	for i, c := range text {
		switch {
		case inString:
			inString = c != '"' || escaped(text[:i])
		case c == '"':
			inString = true
		case c == '{' && len(open) > 0 && open[len(open)-1] == '[':
			out = append(out, '\n')
			open = append(open, c)
		case c == '{' || c == '[':
			open = append(open, c)
		case c == '}' || c == ']':
			if c == ']' && text[i-1] == '}' {
				out = append(out, '\n')
			}
			open = open[:len(open)-1]
		}
		out = append(out, c)
	}
	return append(out, '\n')
}

// escaped reports whether the next character stands behind a backslash that is not escaped itself.
func escaped(before []byte) bool {
	n := 0
	for n < len(before) && before[len(before)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// notesPerLine writes the notes of a layout, target by target in their order, a line each.
func notesPerLine(t *testing.T, losses map[string][]Note) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for target := range Targets {
		if len(losses[target.String()]) == 0 {
			b.WriteString(`{"target":"` + target.String() + `","lost":"nothing"}` + "\n")
		}
		for _, n := range losses[target.String()] {
			if err := e.Encode(n); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b.Bytes()
}

func TestGoldenErrorPages(t *testing.T) {
	for name, page := range errorPagesByName() {
		golden(t, filepath.Join("errors", name+".html"), page)
	}
}
