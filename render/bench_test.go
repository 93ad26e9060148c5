package render

import (
	"fmt"
	"testing"
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
			p, _, err := Compile(catalogue(t), tpl, target)
			if err != nil {
				t.Fatal(err)
			}
			for kind, v := range valuesOf(tpl) {
				buf := make([]byte, 0, 64<<10)
				if n := testing.AllocsPerRun(100, func() { buf = p.Append(buf[:0], &v) }); n != 0 {
					t.Errorf("%s for %s with %s values: %v allocations, want 0", name, target, kind, n)
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

// BenchmarkAppend renders one card again and again. Its references append the same bytes, at once (copy) and piece by piece as the program does but
// without escaping or limits (pieces).
func BenchmarkAppend(b *testing.B) {
	for _, c := range []struct {
		name   string
		target Target
	}{{"StandardImageAndText", Huawei}, {"StandardImageAndText", Xiaomi}, {"RedPacket", Oppo}, {"Notification1", Vivo}, {"PureText", Samsung}, {"StandardImageAndText", H5}} {
		p, v := compiled(b, c.name, c.target)
		buf := p.Append(nil, &v)
		same := append([]byte(nil), buf...)
		b.Run(c.name+"/"+c.target.String()+"/render", func(b *testing.B) {
			b.SetBytes(int64(len(same)))
			b.ReportAllocs()
			for b.Loop() {
				buf = p.Append(buf[:0], &v)
			}
		})
		pieces := piecesOf(p, &v)
		b.Run(c.name+"/"+c.target.String()+"/pieces", func(b *testing.B) {
			b.SetBytes(int64(len(same)))
			b.ReportAllocs()
			for b.Loop() {
				buf = buf[:0]
				for _, s := range pieces {
					buf = append(buf, s...)
				}
			}
		})
		b.Run(c.name+"/"+c.target.String()+"/copy", func(b *testing.B) {
			b.SetBytes(int64(len(same)))
			b.ReportAllocs()
			for b.Loop() {
				buf = append(buf[:0], same...)
			}
		})
	}
}

// piecesOf splits p's output at its slots.
func piecesOf(p *Program, v *Values) []string {
	var out []string
	from := uint32(0)
	for i := range p.ops {
		one := Program{static: p.static[:from], ops: p.ops[i : i+1], runs: p.runs, pings: p.pings}
		if one.ops[0].slot == slotRun {
			continue
		}
		one.static = p.static[:one.ops[0].upTo]
		value := one.Append(nil, v)[one.ops[0].upTo:]
		out = append(out, p.static[from:one.ops[0].upTo], string(value))
		from = one.ops[0].upTo
	}
	return append(out, p.static[from:])
}

// BenchmarkStream renders one card for each of many links, as an edge does: a program in cache, values that are not. The reference appends the
// finished cards of the same links from memory.
func BenchmarkStream(b *testing.B) {
	const links = 1 << 14
	p, v := compiled(b, "StandardImageAndText", Xiaomi)
	values := make([]Values, links)
	cards := make([][]byte, links)
	for i := range values {
		values[i] = v
		values[i].Link = fmt.Sprintf("https://s.example.com/%08d", i)
		values[i].ResolveID = fmt.Sprintf("8d7c1f2e-6b7a-4c3d-9e8f-%012d", i)
		values[i].Params = []string{fmt.Sprintf("王%04d", i%10000), fmt.Sprint(i), "5折", fmt.Sprintf("u%07d", i)}
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
