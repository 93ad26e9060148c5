package clip

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
)

// still is a drawing of flat areas and a slope of colours.
func still(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{uint8(40 + x*2%160), 90, 180, 255}
			if x/8 > y/8 {
				c = color.RGBA{250, 240, 200, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

// moving is n pictures on which a square moves over the drawing; noisy ones are as hard to code as pictures can be.
func moving(n, w, h int, noisy bool) (out []*image.RGBA) {
	r := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	for i := range n {
		m := still(w, h)
		for y := range 20 {
			for x := range 20 {
				c := color.RGBA{200, 30, 60, 255}
				if noisy {
					c = color.RGBA{uint8(r.IntN(2) * 255), uint8(r.IntN(2) * 255), uint8(r.IntN(2) * 255), 255}
				}
				m.SetRGBA((x+3*i)%w, (y+i)%h, c)
			}
		}
		out = append(out, m)
	}
	return out
}

// noise is the signal's distance from what it should be, in decibels: above 40 nobody sees it.
func noise(a, b *frame) float64 {
	sum, n := 0.0, 0
	for i := range a.planes {
		for j, v := range a.planes[i].pix {
			d := float64(v) - float64(b.planes[i].pix[j])
			sum += d * d
			n++
		}
	}
	if sum == 0 {
		return math.Inf(1)
	}
	return 10 * math.Log10(255*255*float64(n)/sum)
}

func TestWhatADecoderShowsIsWhatWasDrawn(t *testing.T) {
	for _, noisy := range []bool{false, true} {
		for qp, atLeast := range map[int]float64{12: 44, 17: 40, 24: 35, 29: 31} {
			for _, size := range []image.Point{{64, 48}, {70, 34}, {16, 16}, {2, 2}} {
				pictures := moving(12, size.X, size.Y, noisy)
				s, err := encode(pictures, Options{Rate: 10, Quantizer: qp})
				if err != nil {
					t.Fatal(err)
				}
				for i, p := range pictures {
					if db := noise(newFrame(p), s.decoded[i]); db < atLeast {
						t.Errorf("noisy %v, quantizer %d, %v: picture %d is %.1f dB from what was drawn, want %v", noisy, qp, size, i, db, atLeast)
					}
				}
			}
		}
	}
}

// A picture that is like the one before costs next to nothing, and one of noise not more than its pixels.
func TestSizes(t *testing.T) {
	m := still(320, 176)
	s, err := encode([]*image.RGBA{m, m, m}, Options{Rate: 10, Quantizer: 24})
	if err != nil {
		t.Fatal(err)
	}
	if first, later := len(s.samples[0]), len(s.samples[1]); later > 16 || first < 20*later {
		t.Errorf("the first picture takes %d bytes, the same again %d", first, later)
	}
	hard := image.NewRGBA(image.Rect(0, 0, 64, 64))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range hard.Pix {
		hard.Pix[i] = uint8(r.IntN(2) * 255)
		if i%4 == 3 {
			hard.Pix[i] = 255
		}
	}
	if s, err = encode([]*image.RGBA{hard}, Options{Rate: 10, Quantizer: 12}); err != nil {
		t.Fatal(err)
	}
	if raw := 64 * 64 * 3 / 2; len(s.samples[0]) > raw*21/20 {
		t.Errorf("noise of %d bytes takes %d", raw, len(s.samples[0]))
	}
	if db := noise(newFrame(hard), s.decoded[0]); !math.IsInf(db, 1) {
		t.Errorf("pixels that are sent as they are come back %.1f dB off", db)
	}
}

// Bytes that begin a unit never stand inside of one, and the file's index is that of its samples.
func TestFile(t *testing.T) {
	pictures := moving(8, 96, 64, true)
	o := Options{Rate: 10, Quantizer: 12}
	data, err := Encode(pictures, o)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Encode(pictures, o)
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("the same pictures give other bytes (%v)", err)
	}
	moov, mdat := bytes.Index(data, []byte("moov")), bytes.Index(data, []byte("mdat"))
	if moov < 0 || mdat < moov {
		t.Fatal("the header does not stand before the media")
	}
	stco := bytes.Index(data, []byte("stco"))
	if at := int(binary.BigEndian.Uint32(data[stco+12:])); at != mdat+4 {
		t.Errorf("the index says that samples begin at %d; they begin at %d", at, mdat+4)
	}
	rest := data[mdat+4:]
	for i := range pictures {
		size := int(binary.BigEndian.Uint32(rest))
		unit := rest[4 : 4+size]
		for _, forbidden := range [][]byte{{0, 0, 0}, {0, 0, 1}, {0, 0, 2}} {
			if bytes.Contains(unit, forbidden) {
				t.Errorf("picture %d holds % x", i, forbidden)
			}
		}
		rest = rest[4+size:]
	}
	if len(rest) != 0 {
		t.Errorf("%d bytes after the last picture", len(rest))
	}
}

func TestRefused(t *testing.T) {
	good := Options{Rate: 10, Quantizer: 24}
	glass := still(16, 16)
	glass.Pix[3] = 10
	for name, c := range map[string]struct {
		pictures []*image.RGBA
		o        Options
	}{
		"no pictures":     {nil, good},
		"odd":             {[]*image.RGBA{still(15, 16)}, good},
		"sizes":           {[]*image.RGBA{still(16, 16), still(18, 16)}, good},
		"glass":           {[]*image.RGBA{glass}, good},
		"rate":            {[]*image.RGBA{still(16, 16)}, Options{Rate: 61, Quantizer: 24}},
		"no rate":         {[]*image.RGBA{still(16, 16)}, Options{Quantizer: 24}},
		"too fine":        {[]*image.RGBA{still(16, 16)}, Options{Rate: 10, Quantizer: 11}},
		"too coarse":      {[]*image.RGBA{still(16, 16)}, Options{Rate: 10, Quantizer: 30}},
		"more than plays": {[]*image.RGBA{image.NewRGBA(image.Rect(0, 0, 4096, 4096))}, good},
	} {
		if _, err := Encode(c.pictures, c.o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
