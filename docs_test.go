package cardlink_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// codeOf is all Go code but the tests.
func codeOf(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			text, err := os.ReadFile(path)
			b.Write(text)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Metrics that the documents and the alerts name are metrics of the code, so that no alert waits for one that was renamed.
func TestDocumentedMetricsExist(t *testing.T) {
	code := codeOf(t)
	files, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, file := range append(files, "docs/alerts.yaml", "README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`\bcardlink_[a-z0-9_]+[a-z0-9]\b`).FindAllString(string(text), -1) {
			seen++
			base := name
			for _, suffix := range []string{"_sum", "_count", "_bucket"} {
				base = strings.TrimSuffix(base, suffix)
			}
			if carrier, ok := strings.CutPrefix(name, "cardlink_carrier_"); ok && strings.Contains(code, `"`+carrier+`"`) {
				continue // named in dispatch/carrier, channel by channel
			}
			if !strings.Contains(code, name) && !strings.Contains(code, base+"`") && !strings.Contains(code, base+`"`) && !strings.Contains(code, base+"{") {
				t.Errorf("%s names the metric %s, which nobody counts", file, name)
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d metrics are named: is the pattern still right?", seen)
	}
}

// The alerts are YAML as Prometheus reads it, each with an expression, a severity and words.
func TestAlertsAreRules(t *testing.T) {
	text, err := os.ReadFile("docs/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []struct {
				Alert       string            `yaml:"alert"`
				Expr        string            `yaml:"expr"`
				For         string            `yaml:"for"`
				Labels      map[string]string `yaml:"labels"`
				Annotations map[string]string `yaml:"annotations"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	if len(file.Groups) == 0 || len(file.Groups[0].Rules) < 10 {
		t.Fatal("the rules are gone")
	}
	for _, r := range file.Groups[0].Rules {
		if r.Alert == "" || !strings.Contains(r.Expr, "cardlink_") || r.Labels["severity"] == "" || r.Annotations["summary"] == "" {
			t.Errorf("rule %+v", r)
		}
	}
}

// Links between the documents lead to files that are there.
func TestDocumentsLinkToFiles(t *testing.T) {
	files, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("docs/*/*.md")
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)#\s]+)(#[^)]*)?\)`)
	for _, file := range append(append(files, more...), "README.md", "CONTRIBUTING.md", "CHANGELOG.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", file, m[1], err)
			}
		}
	}
}
