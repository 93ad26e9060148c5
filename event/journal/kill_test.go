package journal

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var kills = flag.Int("kills", 3, "how often to kill -9 a writing process (more in a soak)")

// TestKilledWriterLosesNothingItReported kills a process in the middle of its writes: each record whose Append had returned, or
// whose Add had become durable, is there.
func TestKilledWriterLosesNothingItReported(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	reported := map[string]bool{}
	for round := range *kills {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "JOURNAL_TEST_CHILD="+dir, fmt.Sprint("JOURNAL_TEST_ROUND=", round))
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines, n := bufio.NewScanner(out), 0
		for lines.Scan() {
			if !strings.HasSuffix(lines.Text(), ".") { // the last line may be torn itself
				continue
			}
			reported[lines.Text()] = true
			if n++; n == 2000+round*137 {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := child.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
	}
	j := mustOpen(t, dir, childOptions)
	defer mustClose(t, j)
	there := map[string]bool{}
	for _, rec := range all(t, j, 0) {
		there[strings.TrimRight(rec, "x")] = true
	}
	for line := range reported {
		if !there[line] {
			t.Errorf("%q was reported and is gone", line)
		}
	}
	if r := j.Recovery(); r.DamagedBytes != 0 {
		t.Errorf("%+v", r)
	}
	t.Logf("%d reported, %d there, %+v", len(reported), len(there), j.Recovery())
}

var childOptions = Options{SegmentBytes: 256 << 10, MaxBytes: 1 << 30, MaxRecord: 4 << 10}

// writeUntilKilled is the child: it reports each record after the call that took it has returned.
func writeUntilKilled(dir string) {
	j, err := Open(dir, childOptions)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	round := os.Getenv("JOURNAL_TEST_ROUND")
	var mu sync.Mutex
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := 0; ; i++ {
				line := fmt.Sprintf("%s/%d/%d.", round, g, i)
				rec := []byte(line + strings.Repeat("x", i*g%977))
				var err error
				if g%4 == 0 {
					var at Position
					if at, err = j.Add(rec); err == nil {
						err = j.Wait(context.Background(), at) // what Add took is safe once it is durable
					}
				} else {
					_, err = j.Append(context.Background(), rec)
				}
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				mu.Lock()
				fmt.Fprintln(os.Stdout, line)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}
