package render

import (
	"fmt"
	"testing"
	"time"

	"cardlink/templates"
)

// samples compiles a fixture and gives values for it.
func compiled(t testing.TB, name string, target Target) (*Program, Values) {
	t.Helper()
	tpl := fixtures()[name]
	p, _, err := Compile(catalogue(t), tpl, target)
	if err != nil {
		t.Fatal(err)
	}
	return p, valuesOf(tpl)["sample"]
}

// The promise of the edge: rendering touches no allocator, whatever the values, cut texts included.
func TestAppendDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for name, tpl := range fixtures() {
		for target := range Targets {
			for _, origin := range []string{"", atOrigin} {
				p, _, err := Compile(catalogue(t), tpl, target, At(origin))
				if err != nil {
					t.Fatal(err)
				}
				for kind, v := range valuesOf(tpl) {
					buf := make([]byte, 0, 64<<10)
					if n := testing.AllocsPerRun(20, func() { buf = p.Append(buf[:0], &v) }); n != 0 {
						t.Errorf("%s for %s at %q with %s values: %v allocations, want 0", name, target, origin, kind, n)
					}
				}
			}
		}
	}
}

// A buffer of Size holds the card of the example values.
func TestSizeIsEnough(t *testing.T) {
	for name := range fixtures() {
		for target := range Targets {
			p, v := compiled(t, name, target)
			if n := len(p.Append(nil, &v)); n > p.Size() {
				t.Errorf("%s for %s: %d bytes, Size %d", name, target, n, p.Size())
			}
		}
	}
}

// atOrigin is the origin of the benchmarked programs, as an edge compiles them.
const atOrigin = "https://s.example.com"

func compiledAt(t testing.TB, name string, target Target) (*Program, Values) {
	t.Helper()
	tpl := fixtures()[name]
	p, _, err := Compile(catalogue(t), tpl, target, At(atOrigin))
	if err != nil {
		t.Fatal(err)
	}
	v := valuesOf(tpl)["sample"]
	v.Measures = Measures(nil, v.Params) // as an edge keeps them with its links
	return p, v
}

// quietest times a against b and c in alternation and gives the shortest time of each: on a shared machine that is what the code costs, all else is what the
// neighbours cost.
func quietest(fs ...func()) []float64 {
	const rounds, times = 2000, 100
	best := make([]time.Duration, len(fs))
	for round := range rounds {
		for i, f := range fs {
			start := time.Now()
			for range times {
				f()
			}
			if took := time.Since(start); round == 0 || took < best[i] {
				best[i] = took
			}
		}
	}
	out := make([]float64, len(fs))
	for i := range out {
		out[i] = float64(best[i]) / times
	}
	return out
}

// compare reports what p costs beside its two references: the same bytes appended at once ("copy"), and appended piece by piece as the program has them, without
// looking at the values ("pieces").
func compare(b *testing.B, p *Program, v *Values) {
	buf := make([]byte, 0, 64<<10)
	same := p.Append(nil, v)
	var pieces []string
	p.simply(v, func(s string) { pieces = append(pieces, s) })
	b.SetBytes(int64(len(same)))
	b.ReportAllocs()
	for b.Loop() {
		buf = p.Append(buf[:0], v)
	}
	ns := quietest(func() { buf = p.Append(buf[:0], v) }, func() { buf = append(buf[:0], same...) }, func() {
		buf = buf[:0]
		for _, s := range pieces {
			buf = append(buf, s...)
		}
	})
	b.ReportMetric(ns[0], "quiet-ns")
	b.ReportMetric(ns[1], "copy-ns")
	b.ReportMetric(ns[2], "pieces-ns")
	b.ReportMetric(ns[0]/ns[1], "x-copy")
	b.ReportMetric(ns[0]/ns[2], "x-pieces")
}

// BenchmarkVendorCard4Params is the promise of docs/cards.md: a vendor's card with four parameters against one append of the same bytes.
func BenchmarkVendorCard4Params(b *testing.B) {
	for _, name := range []string{"StandardImageAndText", "CardVoucher", "PureText", "Notification1"} {
		if n := len(fixtures()[name].Params); n != 4 {
			b.Fatalf("%s has %d parameters", name, n)
		}
		for target := range H5 {
			b.Run(name+"/"+target.String(), func(b *testing.B) {
				p, v := compiledAt(b, name, target)
				compare(b, p, &v)
			})
		}
	}
}

// BenchmarkH5 is a page with four parameters.
func BenchmarkH5(b *testing.B) {
	p, v := compiledAt(b, "StandardImageAndText", H5)
	compare(b, p, &v)
}

// BenchmarkCompile compiles the largest card of all layouts: for one vendor, as a page, and for all targets.
func BenchmarkCompile(b *testing.B) {
	cat, size := catalogue(b), 0
	var largest *templates.Template
	for _, tpl := range fixtures() {
		p, _, err := Compile(cat, tpl, Huawei)
		if err != nil {
			b.Fatal(err)
		}
		if p.end > size {
			largest, size = tpl, p.end
		}
	}
	for name, compile := range map[string]func() error{
		"vendor": func() error { _, _, err := Compile(cat, largest, Huawei, At(atOrigin)); return err },
		"page":   func() error { _, _, err := Compile(cat, largest, H5, At(atOrigin)); return err },
		"all":    func() error { _, _, err := CompileAll(cat, largest, At(atOrigin)); return err },
	} {
		b.Run(largest.CardID+"/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := compile(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkStream renders one card for each of many links, as an edge does: a program in cache, values that are not. The reference appends the
// finished cards of the same links from memory.
func BenchmarkStream(b *testing.B) {
	const links = 1 << 14
	p, v := compiledAt(b, "StandardImageAndText", Xiaomi)
	values := make([]Values, links)
	cards := make([][]byte, links)
	for i := range values {
		values[i] = v
		values[i].Link = fmt.Sprintf("https://s.example.com/%08d", i)
		values[i].ResolveID = fmt.Sprintf("8d7c1f2e-6b7a-4c3d-9e8f-%012d", i)
		values[i].Params = []string{fmt.Sprintf("王%04d", i%10000), fmt.Sprint(i), "5折", fmt.Sprintf("u%07d", i)}
		values[i].Measures = Measures(nil, values[i].Params)
		cards[i] = p.Append(nil, &values[i])
	}
	buf := make([]byte, 0, 64<<10)
	n := 0
	b.Run("render", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf = p.Append(buf[:0], &values[n&(links-1)])
			n += 7919
		}
	})
	b.Run("copy", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf = append(buf[:0], cards[n&(links-1)]...)
			n += 7919
		}
	})
}
