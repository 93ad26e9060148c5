package templates

import (
	"bytes"
	"context"
	"flag"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestPosterSize(t *testing.T) {
	for _, c := range []struct{ of, want Size }{
		{Size{1920, 1080}, Size{1280, 720}},
		{Size{1080, 1920}, Size{720, 1280}},
		{Size{640, 480}, Size{1280, 960}},
		{Size{3, 4}, Size{960, 1280}},
		{Size{1, 1}, Size{1280, 1280}},
		{Size{16384, 1}, Size{1280, 16}},
	} {
		if got := posterSize(c.of); got != c.want {
			t.Errorf("%v: %v, want %v", c.of, got, c.want)
		}
	}
}

// The picture is looked at once and then compared point by point; its bytes may change with the compressor.
func TestPosterPicture(t *testing.T) {
	data, size := poster(Size{1280, 720})
	file := filepath.Join("testdata", "poster.png")
	if *update {
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err1 := png.Decode(bytes.NewReader(data))
	golden, err2 := png.Decode(bytes.NewReader(want))
	if err1 != nil || err2 != nil || got.Bounds() != golden.Bounds() || got.Bounds().Dx() != size.W {
		t.Fatal(err1, err2, size)
	}
	for y := range size.H {
		for x := range size.W {
			if got.At(x, y) != golden.At(x, y) {
				t.Fatalf("%d,%d is %v, want %v (-update accepts)", x, y, got.At(x, y), golden.At(x, y))
			}
		}
	}
}

// Whatever a header claims, the cover is a valid picture of the video's proportion and small enough for a cover.
func TestPosterProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of := Size{rapid.IntRange(1, maxVideoSide).Draw(t, "w"), rapid.IntRange(1, maxVideoSide).Draw(t, "h")}
		data, size := poster(of)
		got, err := decodePicture(context.Background(), data, patience)
		if err != nil || got != (pictureFacts{"image/png", "png", size}) || len(data) > 100<<10 {
			t.Fatalf("%v: %v %d bytes %v", of, got, len(data), err)
		}
		if min(size.W, size.H) > posterShort {
			// A side is rounded to a pixel, so the proportion may be off by half of one.
			off := math.Abs(float64(size.W)/float64(size.H)*float64(of.H)/float64(of.W) - 1)
			if off > 1/float64(min(size.W, size.H)) {
				t.Fatalf("%v became %v", of, size)
			}
		}
		if again, _ := poster(of); !bytes.Equal(again, data) {
			t.Fatal("the same size gives other bytes")
		}
	})
}
