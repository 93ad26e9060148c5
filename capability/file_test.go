package capability

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"go.uber.org/goleak"

	"cardlink/templates"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// folder writes files and remembers a clock, so that every change of a file shows in its time.
type folder struct {
	t    *testing.T
	dir  string
	tick int
}

func (f *folder) write(name, text string) {
	f.t.Helper()
	file := filepath.Join(f.dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	f.tick++
	at := time.Unix(1_700_000_000+int64(f.tick), 0)
	if err := os.Chtimes(file, at, at); err != nil {
		f.t.Fatal(err)
	}
}

func (f *folder) remove(name string) {
	f.t.Helper()
	if err := os.Remove(filepath.Join(f.dir, name)); err != nil {
		f.t.Fatal(err)
	}
}

func number(t *testing.T, s string) Number {
	t.Helper()
	n, mobile, err := ParsePhone(s)
	if err != nil || !mobile {
		t.Fatalf("%s: %v %v", s, mobile, err)
	}
	return n
}

func vendorsOf(t *testing.T, f *File, phones ...string) string {
	t.Helper()
	ns := make([]Number, len(phones))
	for i, p := range phones {
		ns[i] = number(t, p)
	}
	got, err := f.Vendors(context.Background(), ns)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, s := range got {
		words = append(words, s.String())
	}
	return strings.Join(words, ", ")
}

func TestFileProvider(t *testing.T) {
	d := &folder{t: t, dir: t.TempDir()}
	d.write("h.txt", "13100000000\n13100000001\n13100000001\n")
	d.write("h2.sha1", fmt.Sprintf("%x\n", number(t, "13100000002")))
	d.write("o.txt", "13100000001\n")
	d.write("rules.yaml", "all_supported: [XIAOMI]\nvendors:\n  HUAWEI: {numbers: [h.txt], hashes: [h2.sha1]}\n  OPPO: {numbers: ["+filepath.Join(d.dir, "o.txt")+"]}\n")
	set := metrics.NewSet()
	f, err := OpenFile(context.Background(), FileOptions{Path: filepath.Join(d.dir, "rules.yaml"), Metrics: set})
	if err != nil {
		t.Fatal(err)
	}
	// A listed number is its vendors' alone, however many there are; the switch is for the others.
	if got, want := vendorsOf(t, f, "13100000000", "13100000001", "13100000002", "13100000003"), "HUAWEI, HUAWEI OPPO, HUAWEI, XIAOMI"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if n := f.now.Load().size(); n != 4 {
		t.Errorf("%d numbers are held, want 4: repetitions are forgotten", n)
	}
	var b bytes.Buffer
	set.WritePrometheus(&b)
	for _, line := range []string{"cardlink_capability_numbers 4\n", `cardlink_capability_loads_total{result="ok"} 1` + "\n", `cardlink_capability_loads_total{result="failed"} 0` + "\n"} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("metrics lack %s", line)
		}
	}
}

func TestOpenFileNamesWhatIsWrong(t *testing.T) {
	ctx := context.Background()
	d := &folder{t: t, dir: t.TempDir()}
	open := func() error {
		_, err := OpenFile(ctx, FileOptions{Path: filepath.Join(d.dir, "rules.yaml"), MaxNumbers: 3})
		return err
	}
	if err := open(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	d.write("bad.txt", "13100000000\nfoo\n")
	d.write("many.txt", "13100000000\n13100000001\n13100000002\n13100000003\n")
	d.write("rules.yaml", "vendors: {HUAWEI: {numbers: [bad.txt, gone.txt, '.', many.txt]}}")
	err := open()
	for _, want := range []string{"rules.yaml", "bad.txt: line 2", "gone.txt", ".: is not a file", "many.txt: the lists hold too many numbers: at most 3"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %q", err, want)
		}
	}
	d.write("three.txt", "13100000000\n13100000001\n13100000002\n")
	d.write("rules.yaml", "vendors: {HUAWEI: {numbers: [three.txt]}}")
	if err := open(); err != nil {
		t.Errorf("as many as are allowed: %v", err)
	}
}

func TestRefresh(t *testing.T) {
	ctx := context.Background()
	d := &folder{t: t, dir: t.TempDir()}
	d.write("h.txt", "13100000000\n")
	d.write("rules.yaml", "vendors: {HUAWEI: {numbers: [h.txt]}}")
	f, err := OpenFile(ctx, FileOptions{Path: filepath.Join(d.dir, "rules.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what   string
		change func()
		loaded bool
		fails  bool
		want   string // vendors of 13100000000, 13100000001
	}{
		{"nothing", func() {}, false, false, "HUAWEI, "},
		{"a list", func() { d.write("h.txt", "13100000001\n") }, true, false, ", HUAWEI"},
		{"the rules", func() { d.write("rules.yaml", "all_supported: true\nvendors: {OPPO: {numbers: [h.txt]}}") }, true, false, All.String() + ", OPPO"},
		{"a bad list", func() { d.write("h.txt", "x\n") }, false, true, All.String() + ", OPPO"},
		{"nothing after a bad list", func() {}, false, false, All.String() + ", OPPO"},
		{"bad rules", func() { d.write("rules.yaml", "x: y") }, false, true, All.String() + ", OPPO"},
		{"no rules", func() { d.remove("rules.yaml") }, false, true, All.String() + ", OPPO"},
		{"rules without a list", func() { d.write("rules.yaml", "all_supported: false"); d.remove("h.txt") }, true, false, ", "},
		{"a list that is missing", func() { d.write("rules.yaml", "vendors: {OPPO: {numbers: [h.txt]}}") }, false, true, ", "},
		{"the list is there", func() { d.write("h.txt", "13100000000\n") }, true, false, "OPPO, "},
	} {
		c.change()
		loaded, err := f.Refresh(ctx)
		if loaded != c.loaded || (err != nil) != c.fails {
			t.Errorf("%s: loaded %v, %v", c.what, loaded, err)
		}
		if got := vendorsOf(t, f, "13100000000", "13100000001"); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// Run takes up a change within one interval, logs what is wrong once, and ends with its context.
func TestRun(t *testing.T) {
	d := &folder{t: t, dir: t.TempDir()}
	d.write("rules.yaml", "all_supported: false")
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		ctx, cancel := context.WithCancel(context.Background())
		f, err := OpenFile(ctx, FileOptions{Path: filepath.Join(d.dir, "rules.yaml"), Interval: time.Second, Log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelError}))})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- f.Run(ctx) }()
		d.write("rules.yaml", "all_supported: true")
		wait := time.NewTimer(1500 * time.Millisecond)
		<-wait.C
		synctest.Wait()
		if got := vendorsOf(t, f, "13100000000"); got != All.String() {
			t.Errorf("after an interval: %q", got)
		}
		d.write("rules.yaml", "wrong")
		wait.Reset(5 * time.Second)
		<-wait.C
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if n := strings.Count(out.String(), "level=ERROR"); n != 1 || strings.Contains(out.String(), "131") {
			t.Errorf("logged %d times: %s", n, out.String())
		}
	})
}

// Questions are answered from one whole state or the next, while states change.
func TestVendorsWhileLoading(t *testing.T) {
	ctx := context.Background()
	d := &folder{t: t, dir: t.TempDir()}
	states := []string{"all_supported: [HUAWEI]", "all_supported: [OPPO]"}
	d.write("rules.yaml", states[0])
	f, err := OpenFile(ctx, FileOptions{Path: filepath.Join(d.dir, "rules.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	ns := make([]Number, 100)
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got, _ := f.Vendors(ctx, ns)
				for _, s := range got {
					if s != got[0] || s != SetOf(templates.Huawei) && s != SetOf(templates.Oppo) {
						t.Errorf("mixed: %v", got)
						return
					}
				}
			}
		})
	}
	for i := range 50 {
		d.write("rules.yaml", states[i%2])
		if _, err := f.Refresh(ctx); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	readers.Wait()
}

// 20 bytes a number and nothing more.
func TestTableIsLean(t *testing.T) {
	const n = 50_000
	var text strings.Builder
	for range n {
		fmt.Fprintf(&text, "1%010d\n", 3_000_000_000+rand.Int64N(6_999_999_999))
	}
	d := &folder{t: t, dir: t.TempDir()}
	d.write("h.txt", text.String())
	d.write("rules.yaml", "vendors: {HUAWEI: {numbers: [h.txt]}}")
	f, err := OpenFile(context.Background(), FileOptions{Path: filepath.Join(d.dir, "rules.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	if l := f.now.Load().lists[0]; cap(l.numbers) > n+n/100 {
		t.Errorf("%d numbers take the place of %d", len(l.numbers), cap(l.numbers))
	}
}

func BenchmarkVendors(b *testing.B) {
	t := &table{}
	l := t.list(templates.Huawei)
	for range 1_000_000 {
		var n Number
		for i := range n {
			n[i] = byte(rand.Uint32())
		}
		l.numbers = append(l.numbers, n)
	}
	t.seal()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		t.vendors(l.numbers[i%len(l.numbers)])
	}
}
