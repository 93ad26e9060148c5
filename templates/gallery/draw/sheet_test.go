package main

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/draw"
)

var update = flag.Bool("update", false, "write docs/img/gallery.png")

var sheetFile = filepath.Join("..", "..", "..", "docs", "img", "gallery.png")

// The contact sheet of the manual shows every picture of the gallery.
func TestContactSheet(t *testing.T) {
	var list []image.Image
	for _, p := range pictures {
		list = append(list, released(t, p.id))
	}
	got := sheet(list, 1120, 80, 8)
	if *update {
		var b bytes.Buffer
		e := png.Encoder{CompressionLevel: png.BestCompression}
		if err := e.Encode(&b, got); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(sheetFile, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(sheetFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	want, ok := m.(*image.RGBA)
	if !ok || want.Bounds() != got.Bounds() || difference(got.Pix, want.Pix) > 6 {
		t.Error("docs/img/gallery.png is not the gallery; -update accepts")
	}
}

// sheet sets pictures in lines of one height, each line filled to at most width.
func sheet(list []image.Image, width, height, gap int) *image.RGBA {
	var at []image.Rectangle
	x, y := gap, gap
	for _, m := range list {
		w := m.Bounds().Dx() * height / m.Bounds().Dy()
		if x+w+gap > width {
			x, y = gap, y+height+gap
		}
		at = append(at, image.Rect(x, y, x+w, y+height))
		x += w + gap
	}
	out := image.NewRGBA(image.Rect(0, 0, width, y+height+gap))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	for i, m := range list {
		draw.CatmullRom.Scale(out, at[i], m, m.Bounds(), draw.Src, nil)
	}
	return out
}
