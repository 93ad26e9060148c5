package templates

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
)

// Sides of a poster in pixels. The longer one is enough for every vendor's smallest cover; the shorter one keeps a ribbon visible.
const (
	posterLong  = 1280
	posterShort = 16
)

// poster draws the cover of a video that has no other yet: a plain picture of the video's proportion with a play sign in its middle. It does not show the video:
// that would take an H.264 decoder, which is no part of this program. The same size always gives the same bytes, so that all of a size are kept once. The
// PNG has 16 shades and is far below the 100 KB that a cover may have.
func poster(of Size) (data []byte, size Size) {
	size = posterSize(of)
	shades := make(color.Palette, 16)
	for i := range shades { // from slate to white
		up := func(low int) uint8 { return uint8(low + (255-low)*i/15) }
		shades[i] = color.RGBA{up(0x26), up(0x32), up(0x3f), 255}
	}
	m := image.NewPaletted(image.Rect(0, 0, size.W, size.H), shades)
	sign := newPlaySign(size)
	for y := int(sign.y - sign.radius - 1); y <= int(sign.y+sign.radius+1); y++ { // the rest is dark already
		for x := int(sign.x - sign.radius - 1); x <= int(sign.x+sign.radius+1); x++ {
			m.Pix[y*m.Stride+x] = uint8(math.Round(15 * sign.light(float64(x)+0.5, float64(y)+0.5)))
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, m) // a picture in memory cannot fail to encode
	return b.Bytes(), size
}

// posterSize scales a video's size to posterLong, keeping its proportion as long as no side gets below posterShort.
func posterSize(of Size) Size {
	long := max(of.W, of.H)
	side := func(n int) int { return max(posterShort, (n*posterLong+long/2)/long) }
	return Size{side(of.W), side(of.H)}
}

// playSign is a disc with a triangle cut out of it.
type playSign struct {
	x, y, radius float64 // of the disc, in pixels
	back, reach  float64 // the triangle: its upright side, and half of its height there
}

func newPlaySign(of Size) playSign {
	r := 0.22 * float64(min(of.W, of.H))
	return playSign{x: float64(of.W) / 2, y: float64(of.H) / 2, radius: r, back: -0.3 * r, reach: 0.5 * r}
}

// light is how bright a point is, 0 to 1. Edges are one pixel soft: coverage falls with the distance from them.
func (s playSign) light(x, y float64) float64 {
	dx, dy := x-s.x, y-s.y
	inside := func(distance float64) float64 { return min(max(distance+0.5, 0), 1) }
	disc := inside(s.radius - math.Hypot(dx, dy))
	// The triangle's tip is as far right of its upright side as that is high, times cos 30°.
	tip := s.back + 2*s.reach*math.Sqrt(3)/2
	slope := math.Hypot(tip-s.back, s.reach)
	edge := ((tip-dx)*s.reach - math.Abs(dy)*(tip-s.back)) / slope
	return disc * (1 - inside(min(dx-s.back, edge)))
}
