package main

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestReleasedPicturesAreWhatTheProgramDraws(t *testing.T) {
	for _, p := range pictures {
		got, want := p.draw(), released(t, p.id)
		if got.Bounds() != want.Bounds() {
			t.Errorf("%s: %v, want %v", p.id, got.Bounds(), want.Bounds())
			continue
		}
		if d := difference(got.Pix, want.Pix); d > 3 { // of 255; processors round differently
			t.Errorf("%s differs by %d; run go generate ./templates, or give the new look a new number", p.id, d)
		}
	}
}

func TestReleasedFilmsAreWhatTheProgramDraws(t *testing.T) {
	for _, f := range films {
		want, err := os.ReadFile(filepath.Join("..", f.id+".mp4"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.encode()
		if err != nil {
			t.Fatal(err)
		}
		// Other processors round differently, and a pixel that differs by one is coded otherwise.
		if runtime.GOARCH == "amd64" && !bytes.Equal(got, want) || len(got) < len(want)*9/10 || len(got) > len(want)*11/10 {
			t.Errorf("%s: %d bytes drawn, %d released; run go generate ./templates, or give the new look a new number", f.id, len(got), len(want))
		}
	}
}

// released reads a picture of the gallery. Opaque pictures come back in the form in which they were drawn.
func released(t *testing.T, id string) *image.RGBA {
	t.Helper()
	f, err := os.Open(filepath.Join("..", id+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	rgba, ok := m.(*image.RGBA)
	if !ok {
		t.Fatalf("%s is a %T; pictures of the gallery are opaque", id, m)
	}
	return rgba
}

func difference(a, b []uint8) (most int) {
	for i := range a {
		d := int(a[i]) - int(b[i])
		most = max(most, d, -d)
	}
	return most
}
