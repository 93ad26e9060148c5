package render

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
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

func TestGoldenCards(t *testing.T) {
	cat := catalogue(t)
	for name, tpl := range fixtures() {
		for target := range Targets {
			p, notes, err := Compile(cat, tpl, target)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.MarshalIndent(notes, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join(name, target.String()+".notes.json"), append(text, '\n'))
			for kind, v := range valuesOf(tpl) {
				got := p.Append(nil, &v)
				ext := ".html"
				if target != H5 {
					ext = ".json"
					var b bytes.Buffer // indented for reviewers: the escapes inside strings stay as written
					if err := json.Indent(&b, got, "", "  "); err != nil {
						t.Errorf("%s for %s with %s values is not JSON: %v\n%s", name, target, kind, err, got)
						continue
					}
					b.WriteByte('\n')
					got = b.Bytes()
				}
				golden(t, filepath.Join(name, target.String()+"."+kind+ext), got)
			}
		}
	}
}

func TestGoldenErrorPages(t *testing.T) {
	for name, page := range errorPagesByName() {
		golden(t, filepath.Join("errors", name+".html"), page)
	}
}
