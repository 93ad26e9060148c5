package main

import (
	"image/color"
	"math"
)

// place maps a drawing's own coordinates to the canvas: its middle is at, k enlarges it.
func place(at point, k float64) func(x, y float64) point {
	return func(x, y float64) point { return point{at.x + x*k, at.y + y*k} }
}

// blob is the smooth closed outline through the points (Catmull-Rom).
func (c canvas) blob(col color.RGBA, pts ...point) {
	n := len(pts)
	c.fill(col, func(p path) {
		p.move(pts[0])
		for i := range n {
			a, b, d, e := pts[(i+n-1)%n], pts[i], pts[(i+1)%n], pts[(i+2)%n]
			p.curve(point{b.x + (d.x-a.x)/6, b.y + (d.y-a.y)/6}, point{d.x - (e.x-b.x)/6, d.y - (e.y-b.y)/6}, d)
		}
		p.close()
	})
}

// leaf has two pointed ends and is width wide in its middle.
func (c canvas) leaf(col color.RGBA, from, to point, width float64) {
	d := math.Hypot(to.x-from.x, to.y-from.y)
	nx, ny := -(to.y-from.y)/d*width, (to.x-from.x)/d*width
	mx, my := (from.x+to.x)/2, (from.y+to.y)/2
	c.fill(col, func(p path) {
		p.move(from)
		p.curve(point{(from.x+mx)/2 + nx*0.8, (from.y+my)/2 + ny*0.8}, point{(to.x+mx)/2 + nx*0.8, (to.y+my)/2 + ny*0.8}, to)
		p.curve(point{(to.x+mx)/2 - nx*0.8, (to.y+my)/2 - ny*0.8}, point{(from.x+mx)/2 - nx*0.8, (from.y+my)/2 - ny*0.8}, from)
		p.close()
	})
}

// arc is a part of a circle's line, from one angle to another (radians, clockwise from the right).
func (c canvas) arc(col color.RGBA, mid point, r, width, from, to float64) {
	const steps = 48
	var outer, inner []point
	for i := range steps + 1 {
		sin, cos := math.Sincos(from + (to-from)*float64(i)/steps)
		outer = append(outer, point{mid.x + (r+width/2)*cos, mid.y + (r+width/2)*sin})
		inner = append(inner, point{mid.x + (r-width/2)*cos, mid.y + (r-width/2)*sin})
	}
	for i := len(inner) - 1; i >= 0; i-- {
		outer = append(outer, inner[i])
	}
	c.polygon(col, outer...)
}

// wedge is a slice of a disc.
func (c canvas) wedge(col color.RGBA, mid point, r, from, to float64) {
	c.arc(col, mid, r/2, r, from, to)
}

// rays go out from mid, n of them, each as wide as the gap beside it.
func (c canvas) rays(col color.RGBA, mid point, r float64, n int, turn float64) {
	for i := range n {
		a := turn + 2*math.Pi*float64(i)/float64(n)
		sin, cos := math.Sincos(a)
		sin2, cos2 := math.Sincos(a + math.Pi/float64(n))
		c.polygon(col, mid, point{mid.x + r*cos, mid.y + r*sin}, point{mid.x + r*cos2, mid.y + r*sin2})
	}
}

// dots is a pattern of discs in rows, every other one shifted.
func (c canvas) dots(col color.RGBA, gap, r float64) {
	b := c.Bounds()
	for row := 0; float64(row)*gap <= float64(b.Dy())+gap; row++ {
		for x := gap / 2 * float64(row%2); x <= float64(b.Dx())+gap; x += gap {
			c.disc(col, point{x, float64(row) * gap}, r)
		}
	}
}

// cloud is three puffs on a flat base.
func (c canvas) cloud(col color.RGBA, at point, k float64) {
	p := place(at, k)
	c.disc(col, p(-34, -4), 24*k)
	c.disc(col, p(0, -20), 34*k)
	c.disc(col, p(36, -6), 26*k)
	c.box(col, p(0, 8), 130*k, 28*k, 14*k, 0)
}

// peak is a sharp mountain with snow on its top and a side in the shade.
func (c canvas) peak(rock, shade, snow color.RGBA, top point, half, foot float64) {
	h := foot - top.y
	c.polygon(rock, top, point{top.x + half, foot}, point{top.x - half, foot})
	c.polygon(shade, top, point{top.x + half, foot}, point{top.x + half*0.12, foot})
	s := 0.34
	c.polygon(snow, top, point{top.x + half*s, top.y + h*s}, point{top.x + half*s*0.45, top.y + h*s*0.86}, point{top.x + half*0.05, top.y + h*s*1.2},
		point{top.x - half*s*0.4, top.y + h*s*0.85}, point{top.x - half*s, top.y + h*s})
}

// tower is a house with windows, of which some are lit.
func (c canvas) tower(body, pane color.RGBA, left, top, width, foot float64, lit func(i int) bool) {
	c.box(body, point{left + width/2, (top + foot) / 2}, width, foot-top, 4, 0)
	n := 0
	for y := top + 22; y < foot-16; y += 30 {
		for x := left + 16; x < left+width-10; x += 24 {
			if lit(n) {
				c.box(pane, point{x, y}, 11, 15, 2, 0)
			}
			n++
		}
	}
}

// dome is an open umbrella: half a circle, and below it four bows.
func (c canvas) dome(col color.RGBA, m point, r float64) {
	c.fill(col, func(p path) {
		p.move(point{m.x - r, m.y})
		p.curve(point{m.x - r, m.y - kappa*r}, point{m.x - kappa*r, m.y - r}, point{m.x, m.y - r})
		p.curve(point{m.x + kappa*r, m.y - r}, point{m.x + r, m.y - kappa*r}, point{m.x + r, m.y})
		for i := range 4 {
			x, up := m.x+r-r/2*float64(i), r*0.184
			p.curve(point{x - r/8, m.y - up}, point{x - r*3/8, m.y - up}, point{x - r/2, m.y})
		}
		p.close()
	})
}

// crescent is a moon that is lit from its right, turned by angle.
func (c canvas) crescent(col color.RGBA, m point, r, angle float64) {
	const steps, inner = 48, 0.42 // the inner edge is an ellipse
	turn, turned := math.Sincos(angle)
	var pts []point
	for i := range 2 * steps {
		sin, cos := math.Sincos(math.Pi * (float64(i)/steps - 0.5))
		x := cos
		if i > steps {
			x = -inner * cos
		}
		pts = append(pts, point{m.x + r*(x*turned-sin*turn), m.y + r*(x*turn+sin*turned)})
	}
	c.polygon(col, pts...)
}
