package cardlink_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A fuzzing run that ended because its time was up found nothing, even where Go calls the end of the time a failure; everything else that Go calls one is a finding.
func TestFuzzScriptTellsFindingsFromTheEndOfTime(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err) // every script of the repository needs it
	}
	script, err := os.ReadFile("scripts/fuzz")
	if err != nil {
		t.Fatal(err)
	}
	const (
		began = "fuzz: elapsed: 0s, gathering baseline coverage: 0/9 completed\nfuzz: elapsed: 3s, execs: 1200 (400/sec), new interesting: 3 (total: 12)\n"
		end   = "FAIL\nexit status 1\nFAIL\tcardlink/x\t3.512s\n"
		timed = "--- FAIL: FuzzA (3.40s)\n    context deadline exceeded\n"
	)
	keep := `mkdir -p x/testdata/fuzz/FuzzA; echo found > x/testdata/fuzz/FuzzA/771e938e4458e983`
	for what, c := range map[string]struct {
		says, does string
		status     string
		finding    bool
	}{
		"nothing":                {began + "PASS\nok  \tcardlink/x\t3.512s\n", "", "0", false},
		"the end of the time":    {began + timed + end, "", "1", false},
		"an input is kept":       {began + timed + end, keep, "1", true},
		"a failing input":        {began + "--- FAIL: FuzzA (0.40s)\n    --- FAIL: FuzzA (0.00s)\n        x_test.go:9: context deadline exceeded\n" + end, keep, "1", true},
		"a deadline of a test":   {began + "--- FAIL: FuzzA (0.40s)\n    x_test.go:9: context deadline exceeded\n" + end, "", "1", true},
		"a seed that fails":      {"failure while testing seed corpus entry: FuzzA/seed#0\n" + began + timed + end, "", "1", true},
		"an input is made small": {began + "fuzz: minimizing 34-byte failing input file\n" + timed + end, "", "1", true},
		"a worker that died":     {began + "--- FAIL: FuzzA (0.40s)\n    fuzzing process hung or terminated unexpectedly: exit status 2\n" + end, "", "1", true},
		"a build that fails":     {"FAIL\tcardlink/x [build failed]\nFAIL\n", "", "1", true},
		"no word":                {"", "", "1", true},
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{
				"scripts/fuzz": string(script), "x/x_test.go": "package x\n\nfunc FuzzA(f *testing.F) {}\n", "says": c.says,
				"bin/go": "#!" + bash + "\n" + c.does + "\ncat says\nexit " + c.status + "\n",
			} {
				file := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o755); err != nil { //nolint:gosec // two of them are programs
					t.Fatal(err)
				}
			}
			cmd := exec.Command(bash, filepath.Join(dir, "scripts/fuzz"), "3s")
			cmd.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
			out, err := cmd.CombinedOutput()
			if (err != nil) != c.finding || !strings.Contains(string(out), "== fuzz ./x FuzzA for 3s") {
				t.Errorf("a finding is %v, but the script ends with %v:\n%s", c.finding, err, out)
			}
		})
	}
}
