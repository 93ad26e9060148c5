package templates

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"
)

// patience is for pictures that are no matter of time: under the race detector on a busy machine a large one takes seconds.
const patience = 5 * time.Minute

func pngOf(t testing.TB, w, h int) []byte {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.White, color.Black})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func dataURL(mediaType string, data []byte) string {
	return "data:" + mediaType + ";base64," + base64.StdEncoding.EncodeToString(data)
}

func TestDecodePicture(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want pictureFacts
	}{
		"png":                {pngOf(t, 16, 9), pictureFacts{"image/png", "png", Size{16, 9}}},
		"jpeg":               {jpegOf(t, 30, 10), pictureFacts{"image/jpeg", "jpg", Size{30, 10}}},
		"jpeg of two passes": {manyPasses(24, 16, 1), pictureFacts{"image/jpeg", "jpg", Size{24, 16}}},
	} {
		if got, err := decodePicture(t.Context(), c.data, patience); got != c.want || err != nil {
			t.Errorf("%s: %+v %v, want %+v", name, got, err, c.want)
		}
	}
	whole, deep := pngOf(t, 64, 64), pngHeader(4200, 5000, 16, 6, 0)
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"empty":                  {nil, errFormat},
		"gif":                    {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), errFormat},
		"html":                   {[]byte("<html>"), errFormat},
		"only a signature":       {[]byte("\x89PNG\r\n\x1a\n"), errFormat},
		"only a jpeg's start":    {[]byte{0xFF, 0xD8, 0xFF}, errFormat},
		"cut off":                {whole[:len(whole)-20], errFormat},
		"no width":               {pngHeader(0, 9, 8, 2, 0), errFormat},
		"too wide":               {pngOf(t, maxSide+1, 1), errPixels},
		"a bomb":                 {pngOf(t, 6000, 6000), errPixels},
		"a deep bomb":            {deep, errPixels},
		"a bomb of passes":       {pngHeader(5000, 4800, 8, 6, 1), nil}, // 6 bytes × 24 M are within; the pixels are missing
		"a deep one with passes": {pngHeader(4000, 4000, 16, 6, 1), errPixels},
		"a jpeg's":               {manyPasses(6000, 5000, 1), errPixels},
	} {
		want := c.want
		if want == nil {
			want = errFormat
		}
		if _, err := decodePicture(t.Context(), c.data, patience); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

// A JPEG of some kilobytes that asks for hours of passes over its pixels holds the decoder for the time it is given and no longer, and not when its caller has left.
func TestDecodingHasAnEnd(t *testing.T) {
	hostile := manyPasses(5600, 4200, 30_000)
	if len(hostile) > 2<<20 {
		t.Fatalf("%d bytes would not be taken at all", len(hostile))
	}
	begin := time.Now()
	if _, err := decodePicture(t.Context(), hostile, 50*time.Millisecond); !errors.Is(err, errSlow) {
		t.Errorf("%v, want errSlow", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := decodePicture(ctx, hostile, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the caller's", err)
	}
	if d := time.Since(begin); d > 2*time.Minute { // some thirty passes each of thirty thousand, and this machine may be busy
		t.Errorf("took %v", d)
	}
}

// manyPasses is a grey progressive JPEG: one pass for the mean of each block and n that say that there is nothing more.
func manyPasses(w, h, n int) []byte {
	b := []byte{0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0}
	b = append(b, bytes.Repeat([]byte{1}, 64)...)
	b = append(b, 0xFF, 0xC2, 0, 11, 8, byte(h>>8), byte(h), byte(w>>8), byte(w), 1, 1, 0x11, 0)
	table := func(class, symbol byte) { // one code, "0", for one symbol
		b = append(b, 0xFF, 0xC4, 0, 20, class<<4, 1)
		b = append(b, make([]byte, 15)...)
		b = append(b, symbol)
	}
	table(0, 0)    // no difference
	table(1, 0xE0) // blocks without coefficients: 2^14 and as many as 14 more bits say
	blocks := (w + 7) / 8 * ((h + 7) / 8)
	b = append(b, 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0)
	b = append(b, make([]byte, (blocks+7)/8)...)
	runs := (blocks + 1<<14 - 1) >> 14
	for range n {
		b = append(b, 0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 63, 0)
		b = append(b, make([]byte, (15*runs+7)/8)...)
	}
	return append(b, 0xFF, 0xD9)
}

// pngHeader is the beginning of a PNG: signature and IHDR.
func pngHeader(w, h int, depth, kind, interlace byte) []byte {
	head := []byte("IHDR")
	head = binary.BigEndian.AppendUint32(head, uint32(w))
	head = binary.BigEndian.AppendUint32(head, uint32(h))
	head = append(head, depth, kind, 0, 0, interlace)
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(head))
}

func TestDecodeDataURL(t *testing.T) {
	for in, want := range map[string]string{
		"data:image/png;base64,aGk=":             "image/png hi",
		"data:image/png;base64,aGk":              "image/png hi",
		"DATA:Image/JPEG;BASE64,aGk=":            "image/jpeg hi",
		"data:image/png;name=x;base64,aG\r\nk= ": "image/png hi",
	} {
		media, data, err := decodeDataURL(in, 10)
		if got := media + " " + string(data); got != want || err != nil {
			t.Errorf("%q: %q %v", in, got, err)
		}
	}
	for _, in := range []string{"", "aGk=", "data:", "data:image/png,hi", "data:;base64,aGk=", "data:image/png;base64,", "data:image/png;base64,@@@@", "data:image/png;base64", "data:image/png;base64,aGk=aGk="} {
		if media, data, err := decodeDataURL(in, 100); !errors.Is(err, errDataURL) {
			t.Errorf("%q: %q %q %v", in, media, data, err)
		}
	}
	if _, _, err := decodeDataURL(dataURL("image/png", make([]byte, 11)), 10); !errors.Is(err, errDataSize) {
		t.Error(err)
	}
	if _, data, err := decodeDataURL(dataURL("image/png", make([]byte, 10)), 10); err != nil || len(data) != 10 {
		t.Error(len(data), err)
	}
}

func FuzzDataURL(f *testing.F) {
	f.Add("data:image/png;base64,aGk=")
	f.Add("data:image/jpeg;charset=x;base64,\n/9j/4AAQ")
	f.Fuzz(func(t *testing.T, s string) {
		media, data, err := decodeDataURL(s, 1000)
		if err != nil {
			return
		}
		if len(data) == 0 || len(data) > 1000 || media == "" {
			t.Fatalf("%q: %q with %d bytes", s, media, len(data))
		}
		again, same, err := decodeDataURL(dataURL(media, data), 1000)
		if strings.ContainsAny(media, ";,") {
			return
		}
		if err != nil || again != media || !bytes.Equal(same, data) {
			t.Fatalf("%q does not survive a round trip: %v", s, err)
		}
	})
}

// Whatever the bytes, a picture is refused, or is within the bounds and the same a second time.
func FuzzMedia(f *testing.F) {
	f.Add(pngOf(f, 3, 2))
	f.Add(jpegOf(f, 3, 2))
	f.Add(manyPasses(9, 9, 3))
	f.Add(pngHeader(8, 8, 16, 6, 1))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"))
	f.Add([]byte{0xFF, 0xD8, 0xFF, 0xE0, 0, 2, 0xFF, 0xFF, 0xD0, 0xFF, 0xC2})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := decodePicture(t.Context(), data, time.Second)
		if err != nil {
			return
		}
		if p.size.W < 1 || p.size.H < 1 || p.size.W > maxSide || p.size.H > maxSide || p.size.W*p.size.H > maxPixels || p.ext == "" || p.contentType == "" {
			t.Fatalf("%+v", p)
		}
		if again, err := decodePicture(t.Context(), data, time.Minute); err != nil || again != p {
			t.Fatalf("%+v, then %+v %v", p, again, err)
		}
	})
}
