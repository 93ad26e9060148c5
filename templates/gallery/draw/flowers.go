package main

import (
	"image/color"
	"math"
)

// petals is one ring of a flower.
func (c canvas) petals(col color.RGBA, mid point, from, to, width float64, n int, turn float64) {
	for i := range n {
		sin, cos := math.Sincos(turn + 2*math.Pi*float64(i)/float64(n))
		c.leaf(col, point{mid.x + from*cos, mid.y + from*sin}, point{mid.x + to*cos, mid.y + to*sin}, width)
	}
}

// sunflower: one blossom that fills the frame. 1:1.
func sunflower() canvas {
	c := newCanvas(1088, 1088)
	c.sky(0x8ecae6, 0xbfe3f2, 0xe8f6fb)
	c.hills(rgb(0x8cc084), 960, 60, 1.2, 0.5)
	c.stroke(rgb(0x4f8a4a), point{544, 540}, point{560, 1088}, 34)
	c.leaf(rgb(0x5fa257), point{556, 900}, point{800, 780}, 64)
	c.leaf(rgb(0x4f8a4a), point{556, 960}, point{310, 830}, 64)
	m := point{544, 440}
	c.petals(rgb(0xf6a609), m, 110, 360, 46, 20, 0.157)
	c.petals(rgb(0xffc62b), m, 110, 340, 44, 20, 0)
	c.disc(rgb(0x6b4423), m, 150)
	for ring := range 5 {
		n := 6 + ring*7
		for i := range n {
			sin, cos := math.Sincos(2*math.Pi*float64(i)/float64(n) + float64(ring)*0.4)
			d := 18 + 27*float64(ring)
			c.disc(rgb([]uint32{0x8d5b3a, 0x4a2f1a}[ring%2]), point{m.x + d*cos, m.y + d*sin}, 9)
		}
	}
	return c
}

// tulips: three in a row. 1:1.
func tulips() canvas {
	c := newCanvas(1088, 1088)
	c.sky(0xfde2e4, 0xfff1e6, 0xe2ece9)
	c.dots(glass(0xffffff, 0.6), 90, 10)
	tulip := func(at point, k float64, dark, light uint32) {
		p := place(at, k)
		c.stroke(rgb(0x4c956c), p(0, 60), p(0, 420), 15*k)
		c.leaf(rgb(0x5fb07f), p(0, 380), p(120, 150), 36*k)
		c.leaf(rgb(0x4c956c), p(0, 400), p(-120, 190), 36*k)
		c.blob(rgb(dark), p(0, 96), p(-76, 60), p(-92, -20), p(-78, -104), p(-40, -40), p(0, -112), p(40, -40), p(78, -104), p(92, -20), p(76, 60))
		c.blob(rgb(light), p(0, 96), p(-44, 40), p(-46, -30), p(0, -108), p(46, -30), p(44, 40))
	}
	tulip(point{270, 520}, 1.15, 0xf4a261, 0xf9c489)
	tulip(point{820, 500}, 1.2, 0x9d4edd, 0xc77dff)
	tulip(point{544, 400}, 1.5, 0xe63960, 0xff758f)
	return c
}

// rose: rings of petals. 1:1.
func rose() canvas {
	c := newCanvas(1088, 1088)
	c.sky(0x2b2d42, 0x3d2645, 0x5c2a4d)
	r := dice(121)
	for range 60 {
		c.disc(glass(0xffd6e0, 0.12+0.25*r.Float64()), point{1088 * r.Float64(), 1088 * r.Float64()}, 3+9*r.Float64())
	}
	m := point{544, 500}
	for i, a := range []float64{0.5, 1.5, 2.6} {
		sin, cos := math.Sincos(a)
		c.leaf(rgb([]uint32{0x3f8f6b, 0x57a77f}[i%2]), point{m.x + 180*cos, m.y + 180*sin}, point{m.x + 470*cos, m.y + 470*sin}, 84)
	}
	for ring, col := range []uint32{0xa4133c, 0xc9184a, 0xe63960, 0xff4d6d, 0xff758f, 0xff8fa3} {
		n, d, size := 7-ring/2, 215-44*float64(ring), 150-19*float64(ring)
		for i := range n {
			sin, cos := math.Sincos(2*math.Pi*float64(i)/float64(n) + float64(ring)*0.55)
			c.oval(glass(0x590d22, 0.25), point{m.x + (d+7)*cos, m.y + (d+7)*sin + 6}, size, size*0.82, math.Atan2(sin, cos))
			c.oval(rgb(col), point{m.x + d*cos, m.y + d*sin}, size, size*0.82, math.Atan2(sin, cos))
		}
	}
	c.arc(rgb(0xc9184a), m, 30, 10, 0, math.Pi*1.4)
	c.arc(rgb(0xc9184a), m, 12, 8, math.Pi, math.Pi*2.2)
	return c
}
