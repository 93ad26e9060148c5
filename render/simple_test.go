package render

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// simply tells what p writes, piece by piece, as plainly as it can be said: what Append is held against.
func (p *Program) simply(v *Values, piece func(string)) {
	from := uint32(0)
	for i := 0; i < len(p.ops); i++ {
		o := &p.ops[i]
		piece(p.static[from:o.upTo])
		from = o.upTo
		if o.slot != slotRun {
			piece(p.simpleSlot(o, v))
			continue
		}
		r := &p.runs[o.arg]
		if shown, lost := r.text.cut(v); lost != "" {
			piece(simpleEscape(shown, o.esc))
			from = r.end
			i += r.slots
		}
	}
	piece(p.static[from:p.end])
}

func (p *Program) simple(v *Values) string {
	var b strings.Builder
	p.simply(v, func(s string) { b.WriteString(s) })
	return b.String()
}

func (p *Program) simpleSlot(o *op, v *Values) string {
	param := func() string {
		if int(o.arg) < len(v.Params) {
			return v.Params[o.arg]
		}
		return ""
	}
	origin := v.Origin
	if p.origin != "" {
		origin = p.origin
	}
	beacon := func(path string) string {
		return simpleEscape(origin, o.esc) + path + simpleEscape(v.Beacon, o.esc)
	}
	switch o.slot {
	case slotParam:
		return simpleEscape(param(), o.esc)
	case slotTarget:
		if !web(param()) {
			return "#"
		}
		return simpleEscape(param(), o.esc)
	case slotDeepLink:
		if !deepLink(param()) {
			return "#"
		}
		return simpleEscape(param(), o.esc)
	case slotOrigin:
		return simpleEscape(v.Origin, o.esc)
	case slotLink:
		return simpleEscape(v.Link, o.esc)
	case slotResolveID:
		return simpleEscape(v.ResolveID, o.esc)
	case slotExpire:
		return simpleEscape(v.Expire, o.esc)
	case slotClock:
		return string(appendClock(nil, v.Expire, zones[o.arg]))
	}
	if v.Beacon == "" {
		return ""
	}
	switch o.slot {
	case slotBeacon:
		return beacon(beaconPaths[o.arg])
	case slotPixel:
		return `<img class="seen" src="` + beacon(ExposePath) + `?seq=1" width="1" height="1" alt="">` + "\n"
	case slotPing:
		return ` ping="` + beacon(ClickPath) + p.pings[o.arg] + `"`
	}
	panic(fmt.Sprintf("slot %d", o.slot))
}

func simpleEscape(s string, e escaping) string {
	switch e {
	case escHTML:
		return string(appendHTML(nil, s))
	case escURL:
		return string(appendURL(nil, s))
	}
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b[1 : len(b)-1])
}

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkAppend appends to a buffer of some length with some capacity left, in the middle of memory that must not change, with and without measures.
func checkAppend(t tester, p *Program, v *Values, length, spare int) {
	t.Helper()
	measured := *v
	measured.Measures = Measures(nil, v.Params)
	checkAppendOf(t, p, v, length, spare)
	checkAppendOf(t, p, &measured, length, spare)
}

func checkAppendOf(t tester, p *Program, v *Values, length, spare int) {
	t.Helper()
	const guard = 2 * slack
	want := p.simple(v)
	memory := make([]byte, guard+length+spare+guard)
	for i := range memory {
		memory[i] = byte(i) | 0x80
	}
	before := string(memory)
	got := p.Append(memory[guard:guard+length:guard+length+spare], v)
	if string(got[:length]) != before[guard:guard+length] {
		t.Fatalf("Append to %d bytes with %d to spare changes what was there", length, spare)
	}
	if string(got[length:]) != want {
		t.Fatalf("Append to %d bytes with %d to spare\n got %s\nwant %s", length, spare, got[length:], want)
	}
	if string(memory[:guard+length]) != before[:guard+length] || string(memory[guard+length+spare:]) != before[guard+length+spare:] {
		t.Fatalf("Append to %d bytes with %d to spare writes outside of them", length, spare)
	}
	const scratch = 4 << 10 // a text that is cut after a closer look is assembled behind the card first
	if spare >= len(want)+scratch && &got[0] != &memory[guard] {
		t.Fatalf("Append to %d bytes with %d to spare for %d needs another buffer", length, spare, len(want))
	}
}

// programsOf are a template's programs for all targets, with and without a known origin.
func programsOf(t tester, tb testing.TB, name string) []*Program {
	t.Helper()
	var out []*Program
	for target := range Targets {
		for _, origin := range []string{"", "https://s.example.com"} {
			p, _, err := Compile(catalogue(tb), fixtures()[name], target, At(origin))
			if err != nil {
				t.Fatalf("%v", err)
			}
			out = append(out, p)
		}
	}
	return out
}

// Whatever the room a buffer has, the same bytes come out, in it if they fit, and nowhere else.
func TestAppendIntoAnyRoom(t *testing.T) {
	for _, name := range []string{"StandardImageAndText", "Notification1"} {
		tpl := fixtures()[name]
		for _, p := range programsOf(t, t, name) {
			for _, v := range valuesOf(tpl) {
				size := len(p.simple(&v))
				step := 1
				if size > 4000 {
					step = 97 // pages
				}
				for spare := 0; spare < size+2*slack; spare += step {
					checkAppend(t, p, &v, spare%3, spare)
				}
			}
		}
	}
}

// Any template, any values, any origin: Append writes what the plain reading of the program says.
func TestAppendIsSimple(t *testing.T) {
	cat := catalogue(t)
	rapid.Check(t, func(t *rapid.T) {
		tpl := anyTemplate(cat).Draw(t, "template")
		words := rapid.OneOf(anyWords(), rapid.SampledFrom([]string{"", "王小明", "1280", "5折", "u-8842", "30 November", "2026年12月", "“好”", "1234567", "12345678"}))
		fixed := func(usual, name string) string {
			return rapid.OneOf(rapid.Just(usual), rapid.Just(usual), words).Draw(t, name)
		}
		v := Values{
			Origin: fixed("https://s.example.com", "origin"), Link: fixed("https://s.example.com/Ab3dE6gH", "link"), Expire: fixed("2026-12-31T15:59:59Z", "expire"),
			ResolveID: fixed("8d7c1f2e-6b7a-4c3d-9e8f-0a1b2c3d4e5f", "id"), Beacon: fixed("AI18Hy5rekw9no8KGyw9Tl8AAAAAAAAAUWnCnLl3qohVRd3MuwAR_-nTzMxNQWN4", "beacon"),
			Params: rapid.SliceOfN(words, 0, len(tpl.Params)).Draw(t, "values"),
		}
		set, _, err := CompileAll(cat, tpl, At(fixed("", "origin of the programs")))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range set {
			if p == nil {
				continue
			}
			size := len(p.simple(&v))
			for _, spare := range []int{0, max(0, size-rapid.IntRange(0, 200).Draw(t, "short of")), size, size + rapid.IntRange(0, 2*slack).Draw(t, "more than enough"), 4 * size} {
				checkAppend(t, p, &v, rapid.IntRange(0, 40).Draw(t, "length"), spare)
			}
		}
	})
}

// FuzzAppend appends values from outside to buffers of any length and capacity.
func FuzzAppend(f *testing.F) {
	var programs []*Program
	for _, name := range []string{"StandardImageAndText", "PureText", "RedPacket", "Trip1"} {
		programs = append(programs, programsOf(f, f, name)...)
	}
	v := valuesOf(fixtures()["StandardImageAndText"])["sample"]
	for i := range programs {
		f.Add(uint8(i), uint8(i), uint16(1000+i), "王小明", "1280", "5折", "u8842", v.Link, v.ResolveID, v.Beacon, v.Expire)
	}
	for i, s := range hostileText {
		f.Add(uint8(i), uint8(3), uint16(4000), s, longText[i%len(longText)], s, "中", s, s, s, s)
	}
	f.Fuzz(func(t *testing.T, program, length uint8, spare uint16, a, b, c, d, link, id, beacon, expire string) {
		v := Values{Origin: "https://s.example.com", Link: link, ResolveID: id, Beacon: beacon, Expire: expire, Params: []string{a, b, c, d}}
		checkAppend(t, programs[int(program)%len(programs)], &v, int(length), int(spare))
	})
}

// Measures that are not there for every value are none, and more values than Append measures by itself are drawn too.
func TestAppendMakesItsOwnMeasures(t *testing.T) {
	tpl := fixtures()["StandardImageAndText"]
	v := valuesOf(tpl)["sample"]
	many := v
	many.Params = append(slices.Clip(many.Params), make([]string, maxMeasures)...)
	for _, p := range programsOf(t, t, "StandardImageAndText") {
		want := p.simple(&v)
		for _, v := range []Values{v, many} {
			for n := range len(v.Params) + 2 {
				if v.Measures = make([]Measure, n); n == len(v.Params) {
					v.Measures = Measures(nil, v.Params)
				}
				if got := string(p.Append(make([]byte, 0, 8192), &v)); got != want {
					t.Fatalf("%d measures of %d values\n got %s\nwant %s", n, len(v.Params), got, want)
				}
			}
		}
	}
}

// Measures of other values draw another card, but never outside of the buffer.
func TestWrongMeasuresStayInTheBuffer(t *testing.T) {
	const guard, room = 2 * slack, 4 << 10
	for _, name := range []string{"StandardImageAndText", "Notification1", "PureText"} {
		for _, p := range programsOf(t, t, name) {
			all := valuesOf(fixtures()[name])
			for _, v := range all {
				for _, other := range all {
					v.Measures = Measures(nil, other.Params)
					for spare := 0; spare < room; spare += 61 {
						memory := make([]byte, guard+spare+guard)
						for i := range memory {
							memory[i] = byte(i) | 0x80
						}
						before := string(memory)
						func() {
							defer func() { _ = recover() }() // a value shorter than its measure says may be too short to be cut
							p.Append(memory[guard:guard:guard+spare], &v)
						}()
						if string(memory[:guard]) != before[:guard] || string(memory[guard+spare:]) != before[guard+spare:] {
							t.Fatalf("%s: wrong measures write outside of %d bytes", name, spare)
						}
					}
				}
			}
		}
	}
}
