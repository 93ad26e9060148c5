package capability

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// FileOptions configure a File. Path is required.
type FileOptions struct {
	Path       string        // the rule file; the lists it names are relative to its folder
	MaxNumbers int           // of all lists together; default 10,000,000 (200 MB, and as much again during a reload). More refuses the load
	Interval   time.Duration // between looks at the files; default 5 s
	Log        *slog.Logger  // nil = silent
	Metrics    *metrics.Set  // nil = none
}

// File is the provider that reads a rule file and lists of numbers (docs/configuration.md), and reads them again when one of them changes. A load replaces all
// that was known at once; one that fails changes nothing and is logged.
type File struct {
	o      FileOptions
	now    atomic.Pointer[table]
	seen   string // how the files looked before the last load; of Run, or of OpenFile before it
	loads  *metrics.Counter
	failed *metrics.Counter
}

// OpenFile reads the rules and lists. The error names every file that is wrong.
func OpenFile(ctx context.Context, o FileOptions) (*File, error) {
	if o.MaxNumbers <= 0 {
		o.MaxNumbers = 10_000_000
	}
	if o.Interval <= 0 {
		o.Interval = 5 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	set := o.Metrics
	if set == nil {
		set = metrics.NewSet()
	}
	f := &File{
		o: o, loads: set.NewCounter(`cardlink_capability_loads_total{result="ok"}`), failed: set.NewCounter(`cardlink_capability_loads_total{result="failed"}`),
	}
	set.NewGauge(`cardlink_capability_numbers`, func() float64 {
		if t := f.now.Load(); t != nil {
			return float64(t.size())
		}
		return 0
	})
	if _, err := f.Refresh(ctx); err != nil {
		return nil, err
	}
	return f, nil
}

// Vendors implements Provider.
func (f *File) Vendors(_ context.Context, numbers []Number) ([]Vendors, error) {
	t := f.now.Load()
	out := make([]Vendors, len(numbers))
	for i, n := range numbers {
		out[i] = t.vendors(n)
	}
	return out, nil
}

// Run looks at the files every Interval until ctx ends, and loads what changed.
func (f *File) Run(ctx context.Context) error {
	tick := time.NewTicker(f.o.Interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if _, err := f.Refresh(ctx); err != nil && ctx.Err() == nil {
				f.o.Log.LogAttrs(ctx, slog.LevelError, "capability rules are wrong; the former ones stay in force", slog.String("error", err.Error()))
			}
		}
	}
}

// Refresh loads the files if they look different from the last time, and reports whether it did. A state of the files that was found wrong is not tried again.
// It must not be called while Run runs.
func (f *File) Refresh(ctx context.Context) (loaded bool, err error) {
	// The look comes before the reading: what changes in between looks different at the next look.
	rules, looks, err := f.look()
	if looks == f.seen {
		return false, nil
	}
	f.seen = looks
	var t *table
	if err == nil {
		t, err = f.load(ctx, rules)
	}
	if err != nil {
		f.failed.Inc()
		return false, fmt.Errorf("capability file %s: %w", f.o.Path, err)
	}
	f.now.Store(t)
	f.loads.Inc()
	attrs := []slog.Attr{slog.String("unlisted", t.unlisted.String())}
	for _, l := range t.lists {
		attrs = append(attrs, slog.Int(strings.ToLower(string(l.vendor)), len(l.numbers)))
	}
	f.o.Log.LogAttrs(ctx, slog.LevelInfo, "capability rules loaded", attrs...)
	return true, nil
}

// look reads the rule file and notes what would change if it or one of its lists did.
func (f *File) look() (r rules, looks string, err error) {
	text, err := readWhole(f.o.Path)
	if err != nil {
		return rules{}, err.Error(), err
	}
	if r, err = parseRules(text); err != nil {
		return rules{}, string(text), err
	}
	var b strings.Builder
	b.Write(text)
	for _, l := range r.lists {
		info, err := os.Stat(f.at(l))
		if err != nil {
			fmt.Fprintf(&b, "\x00%v", err)
			continue
		}
		fmt.Fprintf(&b, "\x00%d %d", info.Size(), info.ModTime().UnixNano())
	}
	return r, b.String(), nil
}

func (f *File) at(l list) string {
	if filepath.IsAbs(l.file) {
		return l.file
	}
	return filepath.Join(filepath.Dir(f.o.Path), l.file)
}

// readWhole reads a rule file, and not much more than one may have.
func readWhole(name string) (text []byte, err error) {
	in, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	return io.ReadAll(io.LimitReader(in, rulesLimit+1))
}

// load reads all lists into a new table and names every list that is wrong.
func (f *File) load(ctx context.Context, r rules) (*table, error) {
	t := &table{unlisted: r.unlisted}
	var errs []error
	for _, l := range r.lists {
		if err := f.loadList(ctx, t, l); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", l.file, err))
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	t.seal()
	return t, nil
}

func (f *File) loadList(ctx context.Context, t *table, l list) (err error) {
	info, err := os.Stat(f.at(l)) // before the file is opened: opening a pipe would wait for its other end
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("is not a file")
	}
	in, err := os.Open(f.at(l))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	left := f.o.MaxNumbers - t.size()
	to := t.list(l.vendor)
	if want := min(int(info.Size()/lineBytes(l.hashed)), left); cap(to.numbers)-len(to.numbers) < want {
		grown := make([]Number, len(to.numbers), len(to.numbers)+want) // exactly: append would take a quarter more than millions of numbers need
		copy(grown, to.numbers)
		to.numbers = grown
	}
	to.numbers, err = readList(ctx, to.numbers, in, l.hashed, len(to.numbers)+left)
	if errors.Is(err, errTooMany) {
		err = fmt.Errorf("%w: at most %d are held", err, f.o.MaxNumbers)
	}
	return err
}

// lineBytes is the usual length of a line: a number or a hash, and its end.
func lineBytes(hashed bool) int64 {
	if hashed {
		return 41
	}
	return 12
}
