package serviceaccount

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"golang.org/x/image/bmp"
)

// draw makes a picture of a format.
func draw(t testing.TB, format string, width, height int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, width, height))
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, m)
	case "jpg":
		err = jpeg.Encode(&b, m, nil)
	case "bmp":
		err = bmp.Encode(&b, m)
	case "gif":
		err = gif.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestMediaRules(t *testing.T) {
	f := func(kind, format, suffix string, width, height int, field string) {
		t.Helper()
		name := fmt.Sprintf("%s %s.%s %d×%d", kind, format, suffix, width, height)
		p, err := decodePicture(context.Background(), draw(t, format, width, height))
		if err == nil && (p.width != width || p.height != height) {
			t.Errorf("%s: decoded as %d×%d", name, p.width, p.height)
		}
		if err == nil {
			err = mediaRules[kind].check(p, kind, suffix)
		}
		refused(t, name, err, field)
	}
	for _, format := range []string{"png", "jpg", "bmp"} {
		f(FilePubLogo, format, format, 240, 240, "")
		f(FilePubLogo, format, "gif", 240, 240, "file")
		f(FilePubLogo, format, "", 240, 240, "file")
	}
	f(FilePubLogo, "jpg", "jpeg", 300, 300, "")
	f(FilePubLogo, "png", "jpg", 300, 300, "file") // the suffix lies
	f(FilePubLogo, "gif", "gif", 300, 300, "file")
	f(FilePubLogo, "png", "png", 239, 239, "file")
	f(FilePubLogo, "png", "png", 240, 241, "file")
	f(FileFastAppLogo, "png", "png", 192, 192, "")
	f(FileFastAppLogo, "png", "png", 191, 191, "file")
	f(FileBackground, "jpg", "jpg", 1440, 810, "")
	f(FileBackground, "jpg", "jpg", 1439, 810, "file")
	f(FileBackground, "jpg", "jpg", 1441, 811, "")     // no height is nearer to 16:9
	f(FileBackground, "jpg", "jpg", 1441, 810, "file") // 811 is
	f(FileBackground, "jpg", "jpg", 1440, 811, "file")
	f(FileBackground, "jpg", "jpg", 1920, 1080, "")
	f(FileBackground, "jpg", "jpg", 1600, 1200, "file")
	f(FileOther, "bmp", "bmp", 3, 70, "")
	f(FileOther, "png", "png", 8193, 1, "file")
}

// Half a picture is none, whatever its header says.
func TestBrokenPictures(t *testing.T) {
	for _, format := range []string{"png", "jpg", "bmp"} {
		whole := draw(t, format, 300, 300)
		for _, n := range []int{0, 2, 10, len(whole) / 2} {
			if p, err := decodePicture(context.Background(), whole[:n]); err == nil {
				t.Errorf("%d of %d bytes of a %s: %+v", n, len(whole), format, p)
			}
		}
	}
	// A header of 54 bytes that promises 20 million pixels is refused before anything is reserved for them.
	bomb := draw(t, "bmp", 1, 1)[:54]
	copy(bomb[18:], []byte{0x00, 0x10, 0, 0, 0x00, 0x13, 0, 0})
	if n := testing.AllocsPerRun(1, func() {
		if _, err := decodePicture(context.Background(), bomb); err == nil {
			t.Error("a bomb passed")
		}
	}); n > 1000 {
		t.Errorf("%v allocations", n)
	}
}

// A JPEG of many scans over many pixels does not hold a decoder for longer than its caller waits.
func TestDecodingEndsWithItsCaller(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := decodePicture(ctx, draw(t, "jpg", 300, 300)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Whatever the bytes, a picture is refused or lies within the bounds, and is what its bytes say the second time too.
func FuzzPicture(f *testing.F) {
	for _, format := range []string{"png", "jpg", "bmp", "gif"} {
		f.Add(draw(f, format, 2, 3))
	}
	f.Add([]byte("BM"))
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := decodePicture(context.Background(), data)
		if err != nil {
			refused(t, "picture", err, "file")
			return
		}
		if p.width < 1 || p.height < 1 || p.width > maxSide || p.height > maxSide || p.width*p.height > maxPixels || !bytes.HasPrefix(data, []byte(p.format.magic)) {
			t.Fatalf("accepted %+v", p)
		}
		if again, err := decodePicture(context.Background(), data); err != nil || again != p {
			t.Fatalf("%+v, then %+v, %v", p, again, err)
		}
	})
}
