package videosms

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"
)

// files are small files that are what they say, by resource type.
func files(t testing.TB) map[string][]byte {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	m := image.NewPaletted(image.Rect(0, 0, 4, 3), color.Palette{color.Black, color.White})
	var j, p, g bytes.Buffer
	must(jpeg.Encode(&j, m, nil))
	must(png.Encode(&p, m))
	must(gif.EncodeAll(&g, &gif.GIF{Image: []*image.Paletted{m, m}, Delay: []int{1, 1}}))
	box := func(kind string, body ...byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
		return append(append(b, kind...), body...)
	}
	iso := func(brand string) []byte {
		return slices.Concat(box("ftyp", []byte(brand+"\x00\x00\x00\x00"+brand+"isom")...), box("mdat", 1, 2, 3), box("moov", 0))
	}
	// MPEG 1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes a frame.
	frame := append([]byte{0xFF, 0xFB, 0x90, 0x00}, make([]byte, 413)...)
	tag := append([]byte("ID3\x04\x00\x00\x00\x00\x00\x05"), "title"...)
	samples := []byte("fmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data\x03\x00\x00\x00abc\x00")
	wav := slices.Concat([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(4+len(samples))), []byte("WAVE"), samples)
	return map[string][]byte{
		"jpg": j.Bytes(), "jpeg": j.Bytes(), "png": p.Bytes(), "gif": g.Bytes(), "mp3": slices.Concat(tag, frame, frame, frame), "wav": wav,
		"3gp": iso("3gp5"), "mp4": iso("mp42"),
	}
}

func TestMediaIsWhatItSays(t *testing.T) {
	all := files(t)
	media := map[string]string{"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "mp3": "audio/mpeg", "wav": "audio/wav", "3gp": "video/3gpp", "mp4": "video/mp4"}
	for kind, data := range all {
		got, err := checkMedia(kind, data)
		if err != nil || got != media[kind] {
			t.Errorf("%s: %q, %v; want %s", kind, got, err, media[kind])
		}
		// No other type takes it, but for the two names of one and for mp4, whose brands include those of 3GPP.
		for other := range all {
			same := media[other] == media[kind] || other == "mp4" && kind == "3gp"
			if _, err := checkMedia(other, data); (err == nil) != same {
				t.Errorf("a %s as %s: %v", kind, other, err)
			}
		}
		// Cut anywhere it is damaged. A sound may end behind any of its frames.
		for n := range data {
			whole := kind == "mp3" && n >= 15+417 && (n-15)%417 == 0
			if _, err := checkMedia(kind, data[:n]); err == nil && !whole {
				t.Errorf("%s of %d of %d bytes was taken", kind, n, len(data))
			}
		}
	}
	for _, kind := range []string{"txt", "", "exe"} {
		if _, err := checkMedia(kind, all["jpg"]); !errors.Is(err, errFormat) {
			t.Errorf("type %q: %v", kind, err)
		}
	}
}

func TestPicturesThatUnfold(t *testing.T) {
	var p bytes.Buffer
	if err := png.Encode(&p, image.NewGray(image.Rect(0, 0, maxSide+1, 1))); err != nil {
		t.Fatal(err)
	}
	if _, err := checkMedia("png", p.Bytes()); !errors.Is(err, errPixels) {
		t.Errorf("a wide picture: %v", err)
	}
	p.Reset()
	if err := png.Encode(&p, image.NewGray(image.Rect(0, 0, 4100, 4100))); err != nil {
		t.Fatal(err)
	}
	if _, err := checkMedia("png", p.Bytes()); !errors.Is(err, errPixels) {
		t.Errorf("a large picture: %v", err)
	}
	g := slices.Clone(files(t)["gif"])
	binary.LittleEndian.PutUint16(g[6:], 60000)
	if _, err := checkMedia("gif", g); !errors.Is(err, errPixels) {
		t.Errorf("a wide animation: %v", err)
	}
}

func TestSoundsOfOtherRates(t *testing.T) {
	for _, c := range []struct {
		head []byte
		size int
	}{
		{[]byte{0xFF, 0xFB, 0x92, 0}, 418}, // padded
		{[]byte{0xFF, 0xF3, 0x80, 0}, 208}, // MPEG 2, 64 kbit/s, 22.05 kHz
		{[]byte{0xFF, 0xE3, 0x80, 0}, 417}, // MPEG 2.5, 64 kbit/s, 11.025 kHz
		{[]byte{0xFF, 0xFB, 0x00, 0}, 0},   // free rate
		{[]byte{0xFF, 0xFB, 0xF0, 0}, 0},   // bad rate
		{[]byte{0xFF, 0xFB, 0x9C, 0}, 0},   // reserved frequency
		{[]byte{0xFF, 0xEB, 0x90, 0}, 0},   // reserved version
		{[]byte{0xFF, 0xFD, 0x90, 0}, 0},   // layer II
	} {
		if got := mp3Frame(c.head); got != c.size {
			t.Errorf("% x: %d bytes, want %d", c.head, got, c.size)
		}
	}
}

func TestBase64(t *testing.T) {
	for s, want := range map[string]string{"aGVsbG8=": "hello", "aGVsbG8": "hello", " aGVs\r\nbG8=\n": "hello"} {
		if got, err := decodeBase64(s, 5); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	if _, err := decodeBase64("data:image/png;base64,aGVsbG8=", 1000); !errors.Is(err, errBase64) {
		t.Errorf("with a prefix: %v", err)
	}
	for s, want := range map[string]error{"": errBase64, "=": errBase64, "a": errBase64, "aGVs-_8=": errBase64, "aGVsbG8h": errSize} {
		if _, err := decodeBase64(s, 5); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", s, err, want)
		}
	}
}

func FuzzMedia(f *testing.F) {
	kinds := []string{"jpg", "png", "gif", "mp3", "wav", "3gp", "mp4"}
	for kind, data := range files(f) {
		if i := slices.Index(kinds, kind); i >= 0 {
			f.Add(byte(i), data)
		}
	}
	f.Fuzz(func(t *testing.T, kind byte, data []byte) {
		mediaType, err := checkMedia(kinds[int(kind)%len(kinds)], data) // must end, without a panic
		if err == nil && (mediaType == "" || len(data) < 12) {
			t.Fatalf("%d bytes are a %q", len(data), mediaType)
		}
	})
}

func FuzzBase64(f *testing.F) {
	f.Add("aGVsbG8=", int64(5))
	f.Add("data:,x", int64(9))
	f.Fuzz(func(t *testing.T, s string, limit int64) {
		got, err := decodeBase64(s, limit)
		if err != nil {
			return
		}
		if int64(len(got)) > limit || len(got) == 0 {
			t.Fatalf("%d bytes of at most %d", len(got), limit)
		}
		again, err := decodeBase64(base64.StdEncoding.EncodeToString(got), limit)
		if err != nil || !bytes.Equal(again, got) {
			t.Fatalf("%q does not survive: %v", got, err)
		}
	})
}
