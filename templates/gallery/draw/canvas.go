package main

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// canvas draws anti-aliased flat shapes over gradients. Coordinates are units of a drawing, y grows downward.
type canvas struct {
	*image.RGBA
	zoom float64 // pixels per unit
}

// point is a place on a canvas.
type point struct{ x, y float64 }

// newCanvas is one of w×h units, a pixel each.
func newCanvas(w, h int) canvas { return newZoomed(w, h, 1) }

// newZoomed is a canvas of w×h units whose pixels are larger or smaller than these.
func newZoomed(w, h int, zoom float64) canvas {
	return canvas{image.NewRGBA(image.Rect(0, 0, int(math.Round(float64(w)*zoom)), int(math.Round(float64(h)*zoom)))), zoom}
}

// size is that of the canvas in units.
func (c canvas) size() (w, h float64) {
	b := c.Bounds()
	return float64(b.Dx()) / c.zoom, float64(b.Dy()) / c.zoom
}

// rgb reads 0xRRGGBB.
func rgb(hex uint32) color.RGBA {
	return color.RGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 255}
}

// glass is a colour that lets a share of what lies beneath through; alpha 0…1.
func glass(hex uint32, alpha float64) color.RGBA {
	c := rgb(hex)
	f := func(v uint8) uint8 { return uint8(math.Round(float64(v) * alpha)) }
	return color.RGBA{f(c.R), f(c.G), f(c.B), uint8(math.Round(255 * alpha))}
}

// sky fills the canvas from top to bottom with a gradient through the colours. Rows of one colour keep the files small.
func (c canvas) sky(colours ...uint32) {
	b := c.Bounds()
	for y := range b.Dy() {
		t := float64(y) / float64(b.Dy()-1) * float64(len(colours)-1)
		i := min(int(t), len(colours)-2)
		row := mix(rgb(colours[i]), rgb(colours[i+1]), t-float64(i))
		draw.Draw(c, image.Rect(0, y, b.Dx(), y+1), image.NewUniform(row), image.Point{}, draw.Src)
	}
}

func mix(a, b color.RGBA, t float64) color.RGBA {
	f := func(x, y uint8) uint8 { return uint8(math.Round(float64(x) + (float64(y)-float64(x))*t)) }
	return color.RGBA{f(a.R, b.R), f(a.G, b.G), f(a.B, b.B), 255}
}

// path is an outline under construction: points in threes for curves, single ones for the rest.
type path struct{ steps *[]step }

type step struct {
	pen byte // 'm' move, 'l' line, 'c' curve, 'z' close
	pts [3]point
}

func (p path) add(pen byte, pts ...point) {
	s := step{pen: pen}
	copy(s.pts[:], pts)
	*p.steps = append(*p.steps, s)
}

func (p path) move(q point)          { p.add('m', q) }
func (p path) line(q point)          { p.add('l', q) }
func (p path) curve(a, b, to point)  { p.add('c', a, b, to) }
func (p path) close()                { p.add('z') }
func (s step) points() (pts []point) { return s.pts[:map[byte]int{'m': 1, 'l': 1, 'c': 3}[s.pen]] }
func (q point) minus(o image.Point) (x, y float32) {
	return float32(q.x - float64(o.X)), float32(q.y - float64(o.Y))
}

// fill draws what outline describes, touching only the pixels around it.
func (c canvas) fill(col color.RGBA, outline func(p path)) {
	var steps []step
	outline(path{&steps})
	for i := range steps {
		for k := range steps[i].pts {
			steps[i].pts[k].x *= c.zoom
			steps[i].pts[k].y *= c.zoom
		}
	}
	low, high := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, s := range steps {
		for _, q := range s.points() {
			low = point{min(low.x, q.x), min(low.y, q.y)}
			high = point{max(high.x, q.x), max(high.y, q.y)}
		}
	}
	b := image.Rect(int(math.Floor(low.x)), int(math.Floor(low.y)), int(math.Ceil(high.x)), int(math.Ceil(high.y))).Intersect(c.Bounds())
	if b.Empty() {
		return
	}
	r := vector.NewRasterizer(b.Dx(), b.Dy())
	for _, s := range steps {
		x, y := s.pts[0].minus(b.Min)
		switch s.pen {
		case 'm':
			r.MoveTo(x, y)
		case 'l':
			r.LineTo(x, y)
		case 'c':
			x1, y1 := s.pts[1].minus(b.Min)
			x2, y2 := s.pts[2].minus(b.Min)
			r.CubeTo(x, y, x1, y1, x2, y2)
		case 'z':
			r.ClosePath()
		}
	}
	r.Draw(c, b, image.NewUniform(col), image.Point{})
}

func (c canvas) polygon(col color.RGBA, pts ...point) {
	c.fill(col, func(p path) {
		p.move(pts[0])
		for _, q := range pts[1:] {
			p.line(q)
		}
		p.close()
	})
}

// kappa makes four cubic curves look like a circle.
const kappa = 0.5522847498

// oval adds an ellipse turned by angle (radians) to the outline.
func (p path) oval(at point, rx, ry, angle float64) {
	sin, cos := math.Sincos(angle)
	to := func(x, y float64) point { return point{at.x + x*rx*cos - y*ry*sin, at.y + x*rx*sin + y*ry*cos} }
	p.move(to(1, 0))
	p.curve(to(1, kappa), to(kappa, 1), to(0, 1))
	p.curve(to(-kappa, 1), to(-1, kappa), to(-1, 0))
	p.curve(to(-1, -kappa), to(-kappa, -1), to(0, -1))
	p.curve(to(kappa, -1), to(1, -kappa), to(1, 0))
	p.close()
}

func (c canvas) disc(col color.RGBA, at point, r float64) {
	c.fill(col, func(p path) { p.oval(at, r, r, 0) })
}

func (c canvas) oval(col color.RGBA, at point, rx, ry, angle float64) {
	c.fill(col, func(p path) { p.oval(at, rx, ry, angle) })
}

// ring is a circle's line of the given width.
func (c canvas) ring(col color.RGBA, at point, r, width float64) {
	c.fill(col, func(p path) {
		p.oval(at, r+width/2, r+width/2, 0)
		p.ovalBack(at, r-width/2)
	})
}

// ovalBack adds a circle in the other direction, which makes a hole.
func (p path) ovalBack(at point, r float64) {
	p.move(point{at.x + r, at.y})
	p.curve(point{at.x + r, at.y - kappa*r}, point{at.x + kappa*r, at.y - r}, point{at.x, at.y - r})
	p.curve(point{at.x - kappa*r, at.y - r}, point{at.x - r, at.y - kappa*r}, point{at.x - r, at.y})
	p.curve(point{at.x - r, at.y + kappa*r}, point{at.x - kappa*r, at.y + r}, point{at.x, at.y + r})
	p.curve(point{at.x + kappa*r, at.y + r}, point{at.x + r, at.y + kappa*r}, point{at.x + r, at.y})
	p.close()
}

// box is a rectangle with rounded corners, turned by angle around its middle.
func (c canvas) box(col color.RGBA, mid point, w, h, r, angle float64) {
	sin, cos := math.Sincos(angle)
	to := func(x, y float64) point { return point{mid.x + x*cos - y*sin, mid.y + x*sin + y*cos} }
	x, y, k := w/2, h/2, r*(1-kappa)
	c.fill(col, func(p path) {
		p.move(to(-x+r, -y))
		p.line(to(x-r, -y))
		p.curve(to(x-k, -y), to(x, -y+k), to(x, -y+r))
		p.line(to(x, y-r))
		p.curve(to(x, y-k), to(x-k, y), to(x-r, y))
		p.line(to(-x+r, y))
		p.curve(to(-x+k, y), to(-x, y-k), to(-x, y-r))
		p.line(to(-x, -y+r))
		p.curve(to(-x, -y+k), to(-x+k, -y), to(-x+r, -y))
		p.close()
	})
}

// stroke is a straight line with round ends.
func (c canvas) stroke(col color.RGBA, a, b point, width float64) {
	d := math.Hypot(b.x-a.x, b.y-a.y)
	c.box(col, point{(a.x + b.x) / 2, (a.y + b.y) / 2}, d+width, width, width/2, math.Atan2(b.y-a.y, b.x-a.x))
}

// hills is a band from a wavy line down to the lower edge.
func (c canvas) hills(col color.RGBA, base, height float64, waves, phase float64) {
	w, h := c.size()
	c.fill(col, func(p path) {
		p.move(point{0, h})
		for x := 0.0; x <= w; x += 4 {
			p.line(point{x, base - height*math.Sin(phase+x/w*waves*2*math.Pi)*0.5 - height*0.3*math.Sin(phase*2.3+x/w*waves*5)})
		}
		p.line(point{w, h})
		p.close()
	})
}

// yen draws the currency sign, size high, around mid.
func (c canvas) yen(col color.RGBA, mid point, size float64) {
	u, w := size/2, size*0.13
	c.stroke(col, point{mid.x - u*0.62, mid.y - u}, point{mid.x, mid.y - u*0.1}, w)
	c.stroke(col, point{mid.x + u*0.62, mid.y - u}, point{mid.x, mid.y - u*0.1}, w)
	c.stroke(col, point{mid.x, mid.y - u*0.1}, point{mid.x, mid.y + u}, w)
	c.stroke(col, point{mid.x - u*0.5, mid.y + u*0.12}, point{mid.x + u*0.5, mid.y + u*0.12}, w)
	c.stroke(col, point{mid.x - u*0.5, mid.y + u*0.5}, point{mid.x + u*0.5, mid.y + u*0.5}, w)
}

// star has n points.
func (c canvas) star(col color.RGBA, mid point, outer, inner float64, n int, turn float64) {
	pts := make([]point, 2*n)
	for i := range pts {
		r := outer
		if i%2 == 1 {
			r = inner
		}
		sin, cos := math.Sincos(turn + float64(i)*math.Pi/float64(n) - math.Pi/2)
		pts[i] = point{mid.x + r*cos, mid.y + r*sin}
	}
	c.polygon(col, pts...)
}
