package templates

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
)

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
	if ct, ext, size, err := decodePicture(pngOf(t, 16, 9)); ct != "image/png" || ext != "png" || size != (Size{16, 9}) || err != nil {
		t.Error(ct, ext, size, err)
	}
	if ct, ext, size, err := decodePicture(jpegOf(t, 30, 10)); ct != "image/jpeg" || ext != "jpg" || size != (Size{30, 10}) || err != nil {
		t.Error(ct, ext, size, err)
	}
	whole := pngOf(t, 64, 64)
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"empty":            {nil, errFormat},
		"gif":              {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), errFormat},
		"html":             {[]byte("<html>"), errFormat},
		"only a signature": {[]byte("\x89PNG\r\n\x1a\n"), errFormat},
		"cut off":          {whole[:len(whole)-20], errFormat},
		"too wide":         {pngOf(t, maxSide+1, 1), errPixels},
		"a bomb":           {pngOf(t, 6000, 6000), errPixels},
	} {
		if _, _, _, err := decodePicture(c.data); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
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

func FuzzMedia(f *testing.F) {
	f.Add(pngOf(f, 3, 2))
	f.Add(jpegOf(f, 3, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, ext, size, err := decodePicture(data); err == nil && (size.W < 1 || size.H < 1 || size.W*size.H > maxPixels || ext == "") {
			t.Fatalf("%v %q", size, ext)
		}
	})
}
