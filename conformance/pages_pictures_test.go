package conformance

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/vector"
)

// easel paints the pictures of the sample cards: flat shapes, soft shades, always the same. Coordinates are shares of the picture's width, y from the top.
type easel struct {
	*image.RGBA
	w, h float64
}

// tone is 0xRRGGBB.
func tone(hex uint32, alpha float64) color.NRGBA {
	return color.NRGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), uint8(math.Round(255 * alpha))}
}

func (e easel) shape(c color.Color, outline func(z *vector.Rasterizer, k float32)) {
	b := e.Bounds()
	z := vector.NewRasterizer(b.Dx(), b.Dy())
	outline(z, float32(e.w))
	z.ClosePath()
	z.Draw(e, b, image.NewUniform(c), image.Point{})
}

// poly fills a polygon; only the part of the picture that it lies in is looked at.
func (e easel) poly(c color.Color, xy ...float64) {
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for i, v := range xy {
		lo[i%2], hi[i%2] = min(lo[i%2], v*e.w), max(hi[i%2], v*e.w)
	}
	r := image.Rect(int(math.Floor(lo[0])), int(math.Floor(lo[1])), int(hi[0])+2, int(hi[1])+2).Intersect(e.Bounds())
	if r.Empty() {
		return
	}
	z := vector.NewRasterizer(r.Dx(), r.Dy())
	at := func(i int) (x, y float32) {
		return float32(xy[i]*e.w - float64(r.Min.X)), float32(xy[i+1]*e.w - float64(r.Min.Y))
	}
	z.MoveTo(at(0))
	for i := 2; i < len(xy); i += 2 {
		z.LineTo(at(i))
	}
	z.ClosePath()
	z.Draw(e, r, image.NewUniform(c), image.Point{})
}

func (e easel) oval(c color.Color, x, y, rx, ry float64) {
	const n = 72
	var xy []float64
	for i := range n {
		s, co := math.Sincos(2 * math.Pi * float64(i) / n)
		xy = append(xy, x+rx*co, y+ry*s)
	}
	e.poly(c, xy...)
}

func (e easel) disc(c color.Color, x, y, r float64) { e.oval(c, x, y, r, r) }

// box is a rectangle with round corners.
func (e easel) box(c color.Color, x, y, w, h, r float64) {
	var xy []float64
	for q, centre := range [4][2]float64{{x + w - r, y + r}, {x + w - r, y + h - r}, {x + r, y + h - r}, {x + r, y + r}} {
		for i := range 9 {
			s, co := math.Sincos(math.Pi/2*float64(q-1) + math.Pi/16*float64(i))
			xy = append(xy, centre[0]+r*co, centre[1]+r*s)
		}
	}
	e.poly(c, xy...)
}

// glow is a soft spot of light or shade.
func (e easel) glow(hex uint32, alpha, x, y, rx, ry float64) {
	light := tone(hex, 1)
	box := image.Rect(int((x-rx)*e.w), int((y-ry)*e.w), int((x+rx)*e.w)+1, int((y+ry)*e.w)+1).Intersect(e.Bounds())
	for py := box.Min.Y; py < box.Max.Y; py++ {
		for px := box.Min.X; px < box.Max.X; px++ {
			dx, dy := (float64(px)/e.w-x)/rx, (float64(py)/e.w-y)/ry
			f := alpha * max(0, 1-dx*dx-dy*dy) * max(0, 1-dx*dx-dy*dy)
			at := e.Pix[e.PixOffset(px, py):]
			for i, v := range [3]uint8{light.R, light.G, light.B} {
				at[i] = uint8(math.Round(float64(at[i]) + (float64(v)-float64(at[i]))*f))
			}
		}
	}
}

// sky fills the picture from top to bottom.
func (e easel) sky(hex ...uint32) {
	b := e.Bounds()
	for y := range b.Dy() {
		t := float64(y) / float64(b.Dy()-1) * float64(len(hex)-1)
		i := min(int(t), len(hex)-2)
		from, to, f := tone(hex[i], 1), tone(hex[i+1], 1), t-float64(i)
		mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (float64(b)-float64(a))*f)) }
		row := color.RGBA{mix(from.R, to.R), mix(from.G, to.G), mix(from.B, to.B), 255}
		draw.Draw(e, image.Rect(0, y, b.Dx(), y+1), image.NewUniform(row), image.Point{}, draw.Src)
	}
}

// ridge is a line of hills down to the lower edge.
func (e easel) ridge(c color.Color, y, height, phase float64) {
	xy := []float64{0, e.h / e.w}
	for i := range 61 {
		x := float64(i) / 60
		xy = append(xy, x, y-height*(0.55*math.Sin(x*4.1+phase)+0.3*math.Sin(x*9.3+phase*2.3)+0.12*math.Sin(x*21+phase)))
	}
	e.poly(c, append(xy, 1, e.h/e.w)...)
}

// towers is a skyline with lit windows.
func (e easel) towers(c, light color.Color, base, least, most float64, seed uint64) {
	dice := rand.New(rand.NewPCG(seed, 1))
	for x := -0.02; x < 1; {
		w, h := 0.05+0.05*dice.Float64(), least+(most-least)*dice.Float64()
		e.box(c, x, base-h, w, h+1, 0.004)
		for wy := base - h + 0.018; wy < base-0.02; wy += 0.026 {
			for wx := x + 0.012; wx < x+w-0.014; wx += 0.02 {
				if dice.Float64() < 0.42 {
					e.box(light, wx, wy, 0.008, 0.011, 0.001)
				}
			}
		}
		x += w + 0.006
	}
}

// studio is a backdrop for goods: wall, table and the shade of what stands there.
func (e easel) studio(wall, table uint32, ground float64) {
	e.sky(wall, wall)
	e.glow(0xffffff, 0.5, 0.4, ground*0.45, 0.6, 0.5)
	e.poly(tone(table, 1), 0, ground-0.06, 1, ground-0.06, 1, 2, 0, 2)
	e.glow(0x000000, 0.22, 0.52, ground+0.012, 0.27, 0.035)
}

// paintings by name, with their sizes.
var paintings = map[string]struct {
	w, h  int
	paint func(e easel)
}{
	"seaside": {960, 540, func(e easel) {
		e.sky(0xffcf9e, 0xffb199, 0xf48b94, 0x6f7fb8)
		e.glow(0xfff3cf, 0.9, 0.68, 0.25, 0.24, 0.24)
		e.disc(tone(0xfff4d6, 1), 0.68, 0.25, 0.062)
		e.poly(tone(0x2f5d8c, 1), 0, 0.36, 1, 0.36, 1, 1, 0, 1)
		for i := range 9 {
			f := float64(i)
			e.oval(tone(0xffdcae, 0.5-0.045*f), 0.68+0.01*math.Sin(f*2), 0.372+0.021*f, 0.05+0.022*f, 0.004)
		}
		e.ridge(tone(0x274b74, 1), 0.37, 0.03, 2.6)
		e.poly(tone(0xf3d6a6, 1), 0, 0.47, 0.35, 0.5, 0.72, 0.545, 1, 0.56, 1, 1, 0, 1)
		e.poly(tone(0x3d3142, 1), 0.13, 0.53, 0.146, 0.53, 0.185, 0.2, 0.175, 0.19)
		for _, a := range []float64{-2.9, -2.3, -1.5, -0.8, -0.2, 0.5} {
			s, c := math.Sincos(a)
			e.poly(tone(0x2d4a3e, 1), 0.18, 0.185, 0.18+0.08*c-0.02*s, 0.19+0.07*s-0.025, 0.18+0.165*c, 0.205+0.11*s+0.02, 0.18+0.075*c+0.018*s, 0.195+0.07*s+0.012)
		}
	}},
	"hills": {960, 540, func(e easel) {
		e.sky(0xffe3ea, 0xffeeda, 0xf9f6e4)
		e.glow(0xffffff, 0.9, 0.72, 0.16, 0.2, 0.2)
		e.disc(tone(0xfff7e6, 1), 0.72, 0.16, 0.055)
		e.ridge(tone(0xbcd6c8, 1), 0.33, 0.05, 0.4)
		e.ridge(tone(0x86b79c, 1), 0.41, 0.05, 2.1)
		e.ridge(tone(0x4f8f74, 1), 0.49, 0.04, 4.2)
		dice := rand.New(rand.NewPCG(3, 1))
		for range 46 {
			x, y := dice.Float64(), 0.56*dice.Float64()
			e.oval(tone(0xff9fb6, 0.75), x, y, 0.007+0.006*dice.Float64(), 0.005)
		}
	}},
	"bowl": {960, 540, func(e easel) {
		e.sky(0x3a2b26, 0x4a352c)
		e.glow(0x000000, 0.5, 0.52, 0.31, 0.34, 0.28)
		e.disc(tone(0xf4efe6, 1), 0.5, 0.28, 0.25)
		e.disc(tone(0xd9cfbf, 1), 0.5, 0.28, 0.222)
		e.disc(tone(0xd98a3d, 1), 0.5, 0.28, 0.212)
		for i := range 14 {
			e.oval(tone(0xf6d98c, 0.55), 0.46+0.012*float64(i%5), 0.24+0.008*float64(i), 0.12-0.004*float64(i), 0.006)
		}
		e.oval(tone(0xfffdf6, 1), 0.6, 0.22, 0.058, 0.048)
		e.disc(tone(0xf6a623, 1), 0.605, 0.22, 0.026)
		e.oval(tone(0xb4583f, 1), 0.41, 0.36, 0.07, 0.035)
		e.oval(tone(0xe09a83, 1), 0.41, 0.357, 0.055, 0.022)
		for i := range 12 {
			s, c := math.Sincos(float64(i) * 2.4)
			e.oval(tone(0x4d9a58, 1), 0.53+0.06*c*float64(i)/9, 0.36+0.045*s*float64(i)/9, 0.013, 0.008)
		}
		e.poly(tone(0x1f1714, 1), 0.78, 0.02, 0.795, 0.02, 0.7, 0.56, 0.69, 0.56)
		e.poly(tone(0x1f1714, 1), 0.83, 0.02, 0.845, 0.02, 0.73, 0.56, 0.72, 0.56)
	}},
	"harbour": {1120, 372, func(e easel) {
		e.sky(0x8fb9ea, 0xcfe3f7, 0xf6efe2)
		e.disc(tone(0xffffff, 0.9), 0.8, 0.09, 0.032)
		e.ridge(tone(0xa7c4de, 1), 0.2, 0.03, 1)
		e.towers(tone(0x4b6d93, 1), tone(0xfff1c4, 0.9), 0.27, 0.05, 0.17, 4)
		e.poly(tone(0x5d8fc0, 1), 0, 0.27, 1, 0.27, 1, 1, 0, 1)
		for i := range 7 {
			e.oval(tone(0xffffff, 0.25), 0.12+0.14*float64(i), 0.285+0.006*float64(i%3), 0.05, 0.0025)
		}
	}},
	"night": {1120, 372, func(e easel) {
		e.sky(0x141b3c, 0x2b3a72, 0x6d5a94)
		e.disc(tone(0xf6e9c8, 1), 0.83, 0.08, 0.028)
		e.towers(tone(0x1c2550, 1), tone(0xffd98a, 0.5), 0.3, 0.06, 0.2, 9)
		e.towers(tone(0x0e1432, 1), tone(0xffcf74, 0.95), 0.34, 0.03, 0.13, 2)
	}},
	"parcel": {1120, 372, func(e easel) {
		e.sky(0xdfe9ff, 0xf3f7ff)
		e.glow(0xffffff, 0.8, 0.5, 0.1, 0.4, 0.2)
		e.oval(tone(0x2f55a8, 0.16), 0.5, 0.285, 0.16, 0.018)
		e.poly(tone(0xd9a066, 1), 0.38, 0.11, 0.5, 0.14, 0.5, 0.285, 0.38, 0.245)
		e.poly(tone(0xbf834a, 1), 0.5, 0.14, 0.62, 0.11, 0.62, 0.245, 0.5, 0.285)
		e.poly(tone(0xebbd86, 1), 0.38, 0.11, 0.5, 0.083, 0.62, 0.11, 0.5, 0.14)
		e.poly(tone(0xf7e2c4, 1), 0.425, 0.1, 0.445, 0.095, 0.565, 0.124, 0.565, 0.165, 0.545, 0.17, 0.545, 0.129)
		e.poly(tone(0x2b62e3, 1), 0.17, 0.19, 0.29, 0.19, 0.29, 0.197, 0.17, 0.197)
		e.poly(tone(0x2b62e3, 0.6), 0.21, 0.22, 0.31, 0.22, 0.31, 0.227, 0.21, 0.227)
	}},
	"bottle": {720, 720, func(e easel) {
		e.studio(0xf6e7e2, 0xeed3ca, 0.82)
		e.box(tone(0xe8b4a2, 1), 0.36, 0.4, 0.28, 0.42, 0.045)
		e.box(tone(0xf3cdbf, 1), 0.39, 0.43, 0.07, 0.36, 0.03)
		e.box(tone(0xd8937c, 1), 0.455, 0.31, 0.09, 0.09, 0.01)
		e.box(tone(0x3a2a28, 1), 0.435, 0.2, 0.13, 0.13, 0.022)
		e.box(tone(0xfff8f3, 1), 0.43, 0.53, 0.14, 0.16, 0.008)
		e.box(tone(0x9a5a45, 1), 0.455, 0.575, 0.09, 0.008, 0.002)
		e.box(tone(0x9a5a45, 0.6), 0.47, 0.6, 0.06, 0.006, 0.002)
	}},
	"mug": {720, 720, func(e easel) {
		e.studio(0xdfe9e4, 0xc6d8cf, 0.8)
		e.disc(tone(0x2f6f5b, 1), 0.67, 0.6, 0.12)
		e.disc(tone(0xdde8e2, 1), 0.67, 0.6, 0.075)
		e.box(tone(0x2f6f5b, 1), 0.3, 0.42, 0.36, 0.39, 0.06)
		e.oval(tone(0x24564a, 1), 0.48, 0.43, 0.18, 0.04)
		e.oval(tone(0x5b3420, 1), 0.48, 0.435, 0.155, 0.03)
		e.box(tone(0x4c917b, 1), 0.335, 0.5, 0.045, 0.26, 0.022)
		e.glow(0xffffff, 0.35, 0.45, 0.27, 0.05, 0.1)
	}},
	"lamp": {720, 720, func(e easel) {
		e.studio(0x2c3247, 0x232838, 0.84)
		e.glow(0xffdf9a, 0.9, 0.5, 0.52, 0.4, 0.34)
		e.poly(tone(0xffe9bd, 1), 0.38, 0.25, 0.62, 0.25, 0.72, 0.5, 0.28, 0.5)
		e.poly(tone(0xffd98b, 1), 0.28, 0.5, 0.72, 0.5, 0.715, 0.485, 0.285, 0.485)
		e.box(tone(0xc08a4a, 1), 0.487, 0.5, 0.026, 0.29, 0.01)
		e.box(tone(0xc08a4a, 1), 0.38, 0.78, 0.24, 0.04, 0.018)
	}},
	"headphones": {720, 720, func(e easel) {
		e.studio(0xe4e7f5, 0xd2d7ec, 0.83)
		e.disc(tone(0x3c4470, 1), 0.5, 0.47, 0.27)
		e.disc(tone(0xe6e9f6, 1), 0.5, 0.47, 0.225)
		e.poly(tone(0xe6e9f6, 1), 0.2, 0.5, 0.8, 0.5, 0.8, 0.77, 0.2, 0.77)
		e.box(tone(0x2a3056, 1), 0.215, 0.46, 0.13, 0.28, 0.06)
		e.box(tone(0x2a3056, 1), 0.655, 0.46, 0.13, 0.28, 0.06)
		e.box(tone(0x6a76b8, 1), 0.31, 0.49, 0.05, 0.22, 0.024)
		e.box(tone(0x6a76b8, 1), 0.64, 0.49, 0.05, 0.22, 0.024)
	}},
	"plant": {720, 720, func(e easel) {
		e.studio(0xf5efe0, 0xe8ddc4, 0.84)
		for i, a := range []float64{-2.5, -2.1, -1.75, -1.4, -1.05, -0.65} {
			s, c := math.Sincos(a)
			green := []uint32{0x3f7d55, 0x2f6a48, 0x57966a}[i%3]
			e.poly(tone(green, 1), 0.5, 0.6, 0.5+0.17*c-0.055*s, 0.6+0.22*s+0.055*c, 0.5+0.34*c, 0.6+0.42*s, 0.5+0.17*c+0.055*s, 0.6+0.22*s-0.055*c)
		}
		e.poly(tone(0xc4694a, 1), 0.36, 0.58, 0.64, 0.58, 0.6, 0.83, 0.4, 0.83)
		e.poly(tone(0xd98261, 1), 0.345, 0.56, 0.655, 0.56, 0.645, 0.62, 0.355, 0.62)
	}},
	"tea": {720, 720, func(e easel) {
		e.studio(0xeae6db, 0xd8cfbb, 0.8)
		e.disc(tone(0x6f8a4c, 1), 0.5, 0.58, 0.21)
		e.disc(tone(0x86a35f, 1), 0.46, 0.54, 0.12)
		e.poly(tone(0x6f8a4c, 1), 0.66, 0.5, 0.83, 0.4, 0.85, 0.43, 0.7, 0.64)
		e.oval(tone(0x546b38, 1), 0.5, 0.38, 0.12, 0.025)
		e.disc(tone(0x546b38, 1), 0.5, 0.345, 0.026)
		e.box(tone(0xf8f4ea, 1), 0.12, 0.68, 0.14, 0.11, 0.03)
		e.oval(tone(0xb98a3c, 1), 0.19, 0.69, 0.055, 0.014)
	}},
	"leaf": {320, 320, func(e easel) {
		e.sky(0x1f8a5f, 0x137a52)
		e.poly(tone(0xffffff, 1), 0.28, 0.72, 0.26, 0.46, 0.42, 0.28, 0.74, 0.26, 0.72, 0.56, 0.56, 0.72)
		e.poly(tone(0x17805a, 1), 0.24, 0.78, 0.22, 0.75, 0.6, 0.38, 0.62, 0.41)
	}},
	"gift": {320, 320, func(e easel) {
		e.sky(0xffb04a, 0xf08a24)
		e.box(tone(0xffffff, 1), 0.24, 0.4, 0.52, 0.36, 0.04)
		e.box(tone(0xffffff, 1), 0.2, 0.32, 0.6, 0.14, 0.03)
		e.box(tone(0xe5532d, 1), 0.455, 0.32, 0.09, 0.44, 0.001)
		e.disc(tone(0xe5532d, 1), 0.42, 0.26, 0.075)
		e.disc(tone(0xe5532d, 1), 0.58, 0.26, 0.075)
		e.disc(tone(0xfca23e, 1), 0.42, 0.26, 0.04)
		e.disc(tone(0xfca23e, 1), 0.58, 0.26, 0.04)
	}},
	"wing": {320, 320, func(e easel) {
		e.sky(0x1b57c9, 0x0f3f9e)
		e.poly(tone(0xffffff, 1), 0.18, 0.6, 0.84, 0.2, 0.62, 0.74, 0.5, 0.6)
		e.poly(tone(0x9fc1ff, 1), 0.5, 0.6, 0.84, 0.2, 0.44, 0.56, 0.42, 0.76)
	}},
	"letter": {320, 320, func(e easel) {
		e.sky(0x3b6ff2, 0x2450c8)
		e.box(tone(0xffffff, 1), 0.2, 0.3, 0.6, 0.42, 0.05)
		e.poly(tone(0xbcd0ff, 1), 0.22, 0.32, 0.78, 0.32, 0.5, 0.55)
	}},
	"moonrise": {780, 1040, func(e easel) {
		e.sky(0x16204a, 0x33407c, 0xa9748c, 0xf2b48a)
		e.glow(0xfff0c8, 0.9, 0.56, 0.42, 0.38, 0.38)
		e.disc(tone(0xfff3d0, 1), 0.56, 0.42, 0.19)
		e.disc(tone(0xf7e2b0, 1), 0.52, 0.38, 0.035)
		e.disc(tone(0xf7e2b0, 1), 0.62, 0.47, 0.05)
		e.ridge(tone(0x5d5484, 1), 0.86, 0.09, 0.7)
		e.ridge(tone(0x3b3a68, 1), 0.98, 0.08, 2.9)
		e.ridge(tone(0x1f2247, 1), 1.12, 0.06, 5.1)
		for i, at := range [][3]float64{{0.2, 0.3, 0.05}, {0.82, 0.22, 0.04}, {0.1, 0.62, 0.035}, {0.88, 0.62, 0.05}} {
			e.glow(0xffc46b, 0.8, at[0], at[1], at[2]*2.2, at[2]*2.2)
			e.oval(tone([]uint32{0xf0743e, 0xf59a4a}[i%2], 1), at[0], at[1], at[2], at[2]*1.15)
			e.box(tone(0x7c2f1e, 1), at[0]-at[2]*0.45, at[1]-at[2]*1.3, at[2]*0.9, at[2]*0.22, 0.002)
			e.box(tone(0x7c2f1e, 1), at[0]-at[2]*0.45, at[1]+at[2]*1.1, at[2]*0.9, at[2]*0.22, 0.002)
		}
	}},
	"rain": {780, 1040, func(e easel) {
		e.sky(0x0b1128, 0x1b2650, 0x45376a)
		e.towers(tone(0x141c40, 1), tone(0xffce7a, 0.35), 1.0, 0.3, 0.7, 12)
		e.glow(0xffb870, 0.5, 0.5, 0.85, 0.5, 0.4)
		e.poly(tone(0x0a0e20, 1), 0, 1.18, 1, 1.14, 1, 2, 0, 2)
		for _, x := range []float64{0.4, 0.6} {
			e.disc(tone(0x080b1a, 1), x, 0.79, 0.045)
			e.box(tone(0x080b1a, 1), x-0.062, 0.845, 0.124, 0.36, 0.05)
		}
		e.shape(tone(0xb3263a, 1), func(z *vector.Rasterizer, k float32) {
			z.MoveTo(0.22*k, 0.72*k)
			z.CubeTo(0.26*k, 0.5*k, 0.74*k, 0.5*k, 0.78*k, 0.72*k)
			z.QuadTo(0.64*k, 0.66*k, 0.5*k, 0.72*k)
			z.QuadTo(0.36*k, 0.66*k, 0.22*k, 0.72*k)
		})
		e.box(tone(0x2a0f18, 1), 0.496, 0.7, 0.008, 0.3, 0.002)
		dice := rand.New(rand.NewPCG(8, 1))
		for range 120 {
			x, y, n := dice.Float64(), 1.3*dice.Float64(), 0.02+0.03*dice.Float64()
			e.poly(tone(0xbccbff, 0.28), x, y, x+0.002, y, x-n*0.2+0.002, y+n, x-n*0.2, y+n)
		}
	}},
	"arches": {720, 975, func(e easel) {
		e.sky(0xf1ddd0, 0xe9c9b4)
		e.shape(tone(0xd39a7c, 1), arch(0.16, 0.2, 0.46, 1.4))
		e.shape(tone(0xb8734f, 1), arch(0.46, 0.42, 0.4, 1.4))
		e.disc(tone(0xfff3e4, 1), 0.74, 0.2, 0.1)
		e.poly(tone(0xc98a66, 1), 0, 1.16, 1, 1.1, 1, 2, 0, 2)
		e.box(tone(0x5d3a2e, 1), 0.28, 0.82, 0.2, 0.34, 0.09)
		e.box(tone(0x5d3a2e, 1), 0.345, 0.74, 0.07, 0.12, 0.02)
	}},
	"dunes": {720, 975, func(e easel) {
		e.sky(0x9fc8d8, 0xd9e7e2, 0xf8e7cc)
		e.disc(tone(0xffffff, 0.9), 0.3, 0.3, 0.09)
		e.ridge(tone(0xe8bf8d, 1), 0.86, 0.06, 1.2)
		e.ridge(tone(0xd69c66, 1), 1.0, 0.07, 3.4)
		e.ridge(tone(0xb97748, 1), 1.17, 0.06, 5.2)
	}},
	"garden": {720, 975, func(e easel) {
		e.sky(0xdfeee2, 0xf2f4e4)
		e.shape(tone(0x9cc3a5, 1), arch(0.24, 0.24, 0.52, 1.4))
		e.shape(tone(0xe9f3ea, 1), arch(0.3, 0.32, 0.4, 1.4))
		e.ridge(tone(0x6aa37d, 1), 1.05, 0.05, 0.5)
		dice := rand.New(rand.NewPCG(5, 1))
		for range 60 {
			x, y := dice.Float64(), 1.04+0.3*dice.Float64()
			e.disc(tone([]uint32{0xf2a1b3, 0xfbd27c, 0xffffff}[dice.IntN(3)], 1), x, y, 0.009+0.008*dice.Float64())
		}
	}},
	"sparks": {780, 1040, func(e easel) {
		e.sky(0xe2432c, 0xb81f18, 0x8d1410)
		for i := range 22 {
			s, c := math.Sincos(float64(i) * 2 * math.Pi / 22)
			e.poly(tone(0xffd98b, 0.14), 0.5, 0.4, 0.5+1.4*c-0.06*s, 0.4+1.4*s+0.06*c, 0.5+1.4*c+0.06*s, 0.4+1.4*s-0.06*c)
		}
		dice := rand.New(rand.NewPCG(6, 1))
		for range 60 {
			e.disc(tone(0xffe3a1, 0.8), dice.Float64(), 1.33*dice.Float64(), 0.003+0.008*dice.Float64())
		}
	}},
}

// arch is a round-headed door from y down to the bottom.
func arch(x, y, w, bottom float32) func(*vector.Rasterizer, float32) {
	return func(z *vector.Rasterizer, k float32) {
		const round = 0.5523
		r := w / 2
		z.MoveTo(x*k, bottom*k)
		z.LineTo(x*k, (y+r)*k)
		z.CubeTo(x*k, (y+r-r*round)*k, (x+r-r*round)*k, y*k, (x+r)*k, y*k)
		z.CubeTo((x+r+r*round)*k, y*k, (x+w)*k, (y+r-r*round)*k, (x+w)*k, (y+r)*k)
		z.LineTo((x+w)*k, bottom*k)
	}
}

// paint makes a painting as a JPEG. Its width is the unit of its shapes, so it may be made in other shapes too.
func paint(t testing.TB, name string, w, h int) []byte {
	t.Helper()
	p, ok := paintings[name]
	if !ok {
		t.Fatalf("no painting %q", name)
	}
	if w == 0 {
		w, h = p.w, p.h
	}
	e := easel{image.NewRGBA(image.Rect(0, 0, w, h)), float64(w), float64(h)}
	p.paint(e)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, e, &jpeg.Options{Quality: 82}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegURL(b []byte) string {
	return "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b)
}
