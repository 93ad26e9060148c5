package templates

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// movie describes an mp4 to be made.
type movie struct {
	w, h      int
	duration  time.Duration
	padding   int    // bytes of media
	brand     string // default isom
	handler   string // default vide
	rotated   bool
	version1  bool // 64-bit times
	noEntry   bool
	noSize    bool // width and height stand in the sample entry only
	fragments bool
}

// Film is an mp4 of w×h pixels and one second with padding bytes of media: headers as an encoder writes them and no frame worth seeing.
func Film(w, h, padding int) []byte {
	return movie{w: w, h: h, duration: time.Second, padding: padding}.bytes()
}

func box(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), kind...), body...)
}

func u32(vs ...uint32) (b []byte) {
	for _, v := range vs {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

func u16(vs ...uint16) (b []byte) {
	for _, v := range vs {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

func (c movie) bytes() []byte {
	brand, handler := c.brand, c.handler
	if brand == "" {
		brand = "isom"
	}
	if handler == "" {
		handler = "vide"
	}
	units := uint32(c.duration.Milliseconds())
	zeros := func(n int) []byte { return make([]byte, n) }
	matrix := u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
	if c.rotated {
		matrix = u32(0, 0x10000, 0, 0xFFFF0000, 0, 0, 0, 0, 0x40000000)
	}
	tw, th := uint32(c.w)<<16, uint32(c.h)<<16
	if c.noSize {
		tw, th = 0, 0
	}
	times, trackTimes, mediaTimes := u32(0, 0, 0, 1000, units), u32(7, 0, 0, 1, 0, units), u32(0, 0, 0, 1000, units)
	if c.version1 {
		times, trackTimes, mediaTimes = u32(1<<24, 0, 0, 0, 0, 1000, 0, units), u32(1<<24|7, 0, 0, 0, 0, 1, 0, 0, units), u32(1<<24, 0, 0, 0, 0, 1000, 0, units)
	}
	if c.fragments {
		times = u32(0, 0, 0, 1000, 0)
	}
	entry := box("avc1", zeros(6), u16(1), zeros(16), u16(uint16(c.w), uint16(c.h)), zeros(50))
	stsd := box("stsd", u32(0, 1), entry)
	if c.noEntry {
		stsd = box("stsd", u32(0, 0))
	}
	trak := box("trak",
		box("tkhd", trackTimes, zeros(8), u16(0, 0, 0, 0), matrix, u32(tw, th)),
		box("mdia",
			box("mdhd", mediaTimes, zeros(4)),
			box("hdlr", u32(0, 0), []byte(handler), zeros(13)),
			box("minf", box("vmhd", zeros(12)), box("stbl", stsd, box("stts", u32(0, 0))))))
	parts := [][]byte{box("mvhd", times, zeros(80)), trak}
	if c.fragments {
		parts = append(parts, box("mvex", box("mehd", u32(0, units))))
	}
	out := append(box("ftyp", []byte(brand), u32(512)), box("moov", parts...)...)
	if c.fragments {
		out = append(out, box("moof", zeros(8))...)
	}
	return append(out, box("mdat", zeros(c.padding))...)
}

func TestProbeMP4(t *testing.T) {
	plain := movie{w: 640, h: 360, duration: 1500 * time.Millisecond, padding: 10}
	with := func(alter func(*movie)) []byte {
		c := plain
		alter(&c)
		return c.bytes()
	}
	upright, wide := videoFacts{Size{360, 640}, plain.duration}, videoFacts{Size{640, 360}, plain.duration}
	for name, c := range map[string]struct {
		data []byte
		want videoFacts
	}{
		"plain":          {plain.bytes(), wide},
		"64-bit times":   {with(func(c *movie) { c.version1 = true }), wide},
		"rotated":        {with(func(c *movie) { c.rotated = true }), upright},
		"rotated, 64":    {with(func(c *movie) { c.rotated, c.version1 = true, true }), upright},
		"size of sample": {with(func(c *movie) { c.noSize = true }), wide},
		"fragmented":     {with(func(c *movie) { c.fragments = true }), wide},
		"mp42":           {with(func(c *movie) { c.brand = "mp42" }), wide},
		"compatible":     {append(box("ftyp", []byte("XXXX"), u32(0), []byte("avc1")), plain.bytes()[16:]...), wide},
		"64-bit box":     {append(plain.bytes(), append([]byte("\x00\x00\x00\x01mdat"), 0, 0, 0, 0, 0, 0, 0, 20, 1, 2, 3, 4)...), wide},
		"to the end":     {append(plain.bytes(), "\x00\x00\x00\x00free12"...), wide},
		"unknown boxes":  {append(plain.bytes(), box("uuid", make([]byte, 20))...), wide},
	} {
		if got, err := probeMP4(c.data); err != nil || got != c.want {
			t.Errorf("%s: %+v %v, want %+v", name, got, err, c.want)
		}
	}
	good := plain.bytes()
	moov := good[16 : len(good)-18]
	for name, data := range map[string][]byte{
		"empty": nil, "text": []byte("not a video at all"), "cut off": good[:len(good)-1], "junk behind": append(slices.Clone(good), 1, 2, 3),
		"no moov": append(slices.Clone(good[:16]), good[len(good)-18:]...), "moov first": slices.Concat(moov, good[:16], good[len(good)-18:]),
		"two moov": slices.Concat(good, moov), "two ftyp": slices.Concat(good[:16], good), "size below header": []byte("\x00\x00\x00\x04ftyp"), "short 64-bit": []byte("\x00\x00\x00\x01ftyp\x00\x00"),
		"QuickTime":        with(func(c *movie) { c.brand = "qt  " }),
		"sound only":       with(func(c *movie) { c.handler = "soun" }),
		"no samples":       with(func(c *movie) { c.noEntry = true }),
		"no media":         with(func(c *movie) { c.padding = 0 }),
		"no time":          with(func(c *movie) { c.duration = 0 }),
		"weeks":            with(func(c *movie) { c.duration = 25 * time.Hour }),
		"no size":          with(func(c *movie) { c.w = 0 }),
		"too wide":         with(func(c *movie) { c.w = maxVideoSide + 1 }),
		"empty moov":       slices.Concat(good[:16], box("moov"), good[len(good)-18:]),
		"scale 0":          bytes.Replace(good, u32(0, 0, 0, 1000), u32(0, 0, 0, 0), 1),
		"track cut off":    bytes.Replace(good, []byte("\x5ctkhd"), []byte("\x10tkhd"), 1),
		"two media boxes":  bytes.Replace(good, []byte("mdhd"), []byte("mdia"), 1),
		"entry over end":   bytes.Replace(good, []byte{86, 'a', 'v', 'c', '1'}, []byte{0xff, 'a', 'v', 'c', '1'}, 1),
		"sample box small": bytes.Replace(good, []byte{86, 'a', 'v', 'c', '1'}, []byte{8, 'a', 'v', 'c', '1'}, 1),
	} {
		if got, err := probeMP4(data); err == nil {
			t.Errorf("%s passes for an mp4: %+v", name, got)
		}
	}
}

// A hostile file of a million boxes costs time in proportion, and no memory.
func TestProbeMP4DoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	data := slices.Concat(Film(640, 360, 10), bytes.Repeat([]byte("\x00\x00\x00\x08free"), 100_000))
	if n := testing.AllocsPerRun(3, func() { _, _ = probeMP4(data) }); n > 20 {
		t.Errorf("%v allocations for 100000 boxes", n)
	}
}

func FuzzProbeMP4(f *testing.F) {
	f.Add(Film(640, 360, 3))
	f.Add(movie{w: 3, h: 2, duration: time.Second, padding: 1, version1: true, rotated: true}.bytes())
	f.Add(movie{w: 3, h: 2, duration: time.Second, padding: 1, fragments: true, noSize: true}.bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := probeMP4(data)
		if err != nil {
			return
		}
		if v.size.W < 1 || v.size.H < 1 || v.size.W > maxVideoSide || v.size.H > maxVideoSide || v.duration < 0 || v.duration > maxVideoDuration {
			t.Fatalf("%+v", v)
		}
		if again, err := probeMP4(append(slices.Clone(data), box("free")...)); err == nil && again != v {
			t.Fatalf("an empty box behind changes %+v to %+v", v, again)
		}
	})
}

// testdata/clip.mp4 is for tests of other packages, which cannot make one.
func TestClipFile(t *testing.T) {
	want := Film(1280, 720, 16)
	file := filepath.Join("testdata", "clip.mp4")
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s differs (-update accepts): %v", file, err)
	}
}
