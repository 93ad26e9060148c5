package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cardlink/app"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var dates = regexp.MustCompile(`\d{4}-\d\d-\d\d\)`)

// Each testdata/lint/*.yaml with what the command says of it beside it; the first line is the exit code.
func TestTemplateLint(t *testing.T) {
	files, err := filepath.Glob("testdata/lint/*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		code, out, errs := runWith(t, "template", "lint", file, "--data", filepath.Join(t.TempDir(), "none"))
		got := "exit " + string(rune('0'+code)) + "\n" + out + errs
		got = dates.ReplaceAllString(got, "DATE)") // of the catalogue, which is looked through now and then
		golden := strings.TrimSuffix(file, ".yaml") + ".txt"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || string(want) != got {
			t.Errorf("%s (-update accepts): %v\n got %s\nwant %s", golden, err, got, want)
		}
	}
}

// JSON says the same as the table, of JSON and of YAML.
func TestTemplateLintJSON(t *testing.T) {
	dir := t.TempDir()
	asJSON := filepath.Join(dir, "faulty.json")
	text, err := os.ReadFile("testdata/lint/faulty.yaml")
	if err != nil {
		t.Fatal(err)
	}
	body, err := jsonBody(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(asJSON, body, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := runWith(t, "template", "lint", asJSON, "--json")
	again, same, _ := runWith(t, "template", "lint", "testdata/lint/faulty.yaml", "--json")
	var r app.LintReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 1 || again != 1 || out != same || r.OK || len(r.Targets) != 7 || len(r.Problems) < 5 {
		t.Errorf("exit %d, %d: %v\n%s\n%s", code, again, err, out, same)
	}
	if code, out, errs := runWith(t, "template", "lint", "testdata/lint/good.yaml", "--json"); code != 0 || !strings.Contains(out, `"ok": true`) || errs != "" {
		t.Errorf("exit %d: %s %s", code, out, errs)
	}
}

func TestTemplateLintRefusals(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		f := filepath.Join(dir, name)
		if err := os.WriteFile(f, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return f
	}
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for _, c := range []string{"ba", "cb", "dc", "ed", "fe", "gf"} {
		bomb += c[:1] + ": &" + c[:1] + " [" + strings.TrimSuffix(strings.Repeat("*"+c[1:]+",", 10), ",") + "]\n"
	}
	for name, c := range map[string]struct{ file, says string }{
		"no such file":    {filepath.Join(dir, "none"), "no such file"},
		"neither":         {file("a", "{"), "neither JSON nor YAML"},
		"a list":          {file("b", "- a"), "must be an object"},
		"a name twice":    {file("c", "card_id: a\ncard_id: b"), "card_id"},
		"a bomb":          {file("d", bomb), "unfolds into more"},
		"large":           {file("e", strings.Repeat("x", maxTemplateFile+1)), "larger than any template"},
		"large when read": {file("f", "card_id: "+strings.Repeat("x", 300<<10)), "at most 262144 bytes"},
	} {
		code, out, errs := runWith(t, "template", "lint", c.file)
		if code != 1 || out != "" || !strings.Contains(errs, c.says) {
			t.Errorf("%s: exit %d %s %s", name, code, out, errs)
		}
	}
}

// With a tenant, its materials are looked up; without one nothing is opened, not even made.
func TestTemplateLintLooksMaterialsUp(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if _, out, _ := runWith(t, "template", "lint", "testdata/lint/faulty.yaml", "--data", data); !strings.Contains(out, "material 700000000000000099 was not looked up") {
		t.Error(out)
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("judging made a data folder: %v", err)
	}
	code, out, errs := runWith(t, "tenant", "create", "Example", "--data", data, "--json")
	var tenant struct {
		ID string `json:"tenant_id"`
	}
	if err := json.Unmarshal([]byte(out), &tenant); err != nil || code != 0 {
		t.Fatal(code, out, errs)
	}
	if _, out, errs := runWith(t, "template", "lint", "testdata/lint/faulty.yaml", "--data", data, "--tenant", tenant.ID); !strings.Contains(out, "material 700000000000000099 does not exist") {
		t.Errorf("%s %s", out, errs)
	}
	if code, _, errs := runWith(t, "template", "lint", "testdata/lint/good.yaml", "--data", data, "--tenant", "nobody"); code != 1 || !strings.Contains(errs, "tenant") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestYAMLKeepsItsSpelling(t *testing.T) {
	got, err := jsonBody([]byte("a: 2027-01-02 10:00:00\nb: 0x10\nc: 116.400\nd: yes\ne: true\nf: null\ng: \"7\"\nh: &x {i: 1}\nj: *x\nk: 007\nl: .inf\n"))
	if want := `{"a":"2027-01-02 10:00:00","b":16,"c":116.400,"d":"yes","e":true,"f":null,"g":"7","h":{"i":1},"j":{"i":1},"k":7,"l":".inf"}`; err != nil || string(got) != want {
		t.Errorf("%s %v", got, err)
	}
}

func FuzzTemplateYAML(f *testing.F) {
	f.Add([]byte("a: 1\nb: [x, {c: 2027-01-01}]\n"))
	f.Add([]byte("{\"a\": 1}"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if body, err := jsonBody(text); err == nil && !json.Valid(body) {
			t.Fatalf("not JSON: %q", body)
		}
	})
}
