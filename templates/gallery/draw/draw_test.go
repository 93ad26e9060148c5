package main

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

func TestReleasedPicturesAreWhatTheProgramDraws(t *testing.T) {
	folder := t.TempDir()
	if err := run(folder); err != nil {
		t.Fatal(err)
	}
	for _, p := range pictures {
		got, want := open(t, filepath.Join(folder, p.id+".png")), open(t, filepath.Join("..", p.id+".png"))
		if got.Bounds() != want.Bounds() {
			t.Errorf("%s: %v, want %v", p.id, got.Bounds(), want.Bounds())
			continue
		}
		if d := difference(got, want); d > 3 { // of 255; processors round differently
			t.Errorf("%s differs by %d; run go generate ./templates, or give the new look a new number", p.id, d)
		}
	}
}

func open(t *testing.T, name string) image.Image {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func difference(a, b image.Image) int {
	most := 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			for _, d := range [...]int{int(r1) - int(r2), int(g1) - int(g2), int(b1) - int(b2)} {
				most = max(most, d>>8, -d>>8)
			}
		}
	}
	return most
}
