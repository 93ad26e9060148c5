package main

import (
	"image"
	"image/color"
	"image/draw"
	"math"
)

// circles: quarters and discs on a grid. 48:65.
func circles() canvas {
	c := newCanvas(960, 1300)
	c.sky(0xf4ecd8, 0xefe3c6)
	colours := []uint32{0xe63946, 0x1d3557, 0xf4a261, 0x2a9d8f, 0xe9c46a}
	r := dice(131)
	const s = 200.0
	for row := range 6 {
		for col := range 4 {
			at := point{180 + s*float64(col), 150 + s*float64(row)}
			ink, other := rgb(colours[r.IntN(5)]), rgb(colours[r.IntN(5)])
			switch r.IntN(5) {
			case 0:
				c.disc(ink, at, s*0.46)
				c.disc(other, at, s*0.2)
			case 1:
				a := math.Pi / 2 * float64(r.IntN(4))
				sin, cos := math.Sincos(a + math.Pi/4)
				c.wedge(ink, point{at.x - cos*s*0.65, at.y - sin*s*0.65}, s*0.92, a, a+math.Pi/2)
			case 2:
				c.box(ink, at, s*0.92, s*0.92, 0, 0)
				c.disc(other, at, s*0.36)
			case 3:
				for i := range 4 {
					c.box(ink, point{at.x, at.y - s*0.36 + s*0.24*float64(i)}, s*0.92, s*0.12, 0, 0)
				}
			default:
				c.polygon(ink, point{at.x - s*0.46, at.y + s*0.46}, point{at.x + s*0.46, at.y + s*0.46}, point{at.x + s*0.46, at.y - s*0.46})
				c.disc(other, point{at.x - s*0.2, at.y - s*0.2}, s*0.2)
			}
		}
	}
	return c
}

// waves: the sea in bands. 48:65.
func waves() canvas {
	c := newCanvas(960, 1300)
	c.sky(0xf7c59f, 0xefefd0, 0xbfe0e2)
	c.disc(rgb(0xff6b35), point{640, 330}, 160)
	for i := range 8 {
		t := float64(i) / 7
		c.hills(mix(rgb(0x7fc8d8), rgb(0x062f4f), t), 470+110*float64(i), 120-8*float64(i), 1.1+0.2*float64(i), float64(i)*1.3)
	}
	for i := range 5 {
		p := place(point{160 + 90*float64(i), 180 + 60*math.Sin(float64(i)*2)}, 1)
		c.stroke(rgb(0x22333b), p(0, 0), p(-24, -14), 6)
		c.stroke(rgb(0x22333b), p(0, 0), p(24, -14), 6)
	}
	return c
}

// paperCut: layers of cut paper around a moon. 48:65.
func paperCut() canvas {
	c := newCanvas(960, 1300)
	c.sky(0x3a0ca3, 0x480ca8)
	for i, col := range []uint32{0x560bad, 0x7209b7, 0xb5179e, 0xf72585, 0xff6fa5} {
		layer, hole := image.NewUniform(rgb(col)), 1-0.15*float64(i)
		var edge []point
		for k := range 14 {
			sin, cos := math.Sincos(2 * math.Pi * float64(k) / 14)
			wob := 1 + 0.1*math.Sin(float64(k)*2.1+float64(i)*1.7)
			edge = append(edge, point{480 + 450*cos*wob*(2-hole)*0.62, 600 + 600*sin*wob*(2-hole)*0.62})
		}
		mask := newMask(960, 1300, edge)
		draw.DrawMask(c, c.Bounds(), layer, image.Point{}, mask, image.Point{}, draw.Over)
	}
	c.disc(rgb(0xffe5ec), point{480, 470}, 120)
	c.disc(glass(0xff6fa5, 0.25), point{520, 440}, 30)
	c.disc(glass(0xff6fa5, 0.25), point{440, 510}, 20)
	c.hills(rgb(0x2b0a6b), 960, 130, 1.2, 0.4)
	c.hills(rgb(0x1b0548), 1090, 110, 1.6, 2.1)
	return c
}

// newMask lets through what lies outside the smooth outline.
func newMask(w, h int, edge []point) *image.Alpha {
	inside := newCanvas(w, h)
	inside.blob(color.RGBA{255, 255, 255, 255}, edge...)
	m := image.NewAlpha(inside.Bounds())
	for i := range m.Pix {
		m.Pix[i] = 255 - inside.Pix[4*i+3]
	}
	return m
}

// nightMarket: lanterns over roofs. 3:4.
func nightMarket() canvas {
	c := newCanvas(960, 1280)
	c.sky(0x14143c, 0x2d1b5a, 0x7b2d68, 0xe26d5c)
	r := dice(141)
	for range 70 {
		c.disc(glass(0xffffff, 0.3+0.6*r.Float64()), point{960 * r.Float64(), 560 * r.Float64()}, 1+2*r.Float64())
	}
	c.disc(glass(0xfff3c4, 0.2), point{690, 270}, 190)
	c.disc(rgb(0xfff3c4), point{690, 270}, 126)
	roof := func(at point, w, h float64, col, trim uint32) {
		c.fill(rgb(col), func(p path) {
			p.move(point{at.x - w*0.62, at.y + 10})
			p.curve(point{at.x - w*0.4, at.y}, point{at.x - w*0.3, at.y - h*0.6}, point{at.x - w*0.26, at.y - h})
			p.line(point{at.x + w*0.26, at.y - h})
			p.curve(point{at.x + w*0.3, at.y - h*0.6}, point{at.x + w*0.4, at.y}, point{at.x + w*0.62, at.y + 10})
			p.line(point{at.x + w*0.5, at.y + 34})
			p.line(point{at.x - w*0.5, at.y + 34})
			p.close()
		})
		c.box(rgb(trim), point{at.x, at.y + 30}, w*1.02, 12, 6, 0)
	}
	house := func(x, top, w, foot float64, wall uint32) {
		c.box(rgb(wall), point{x, (top + foot) / 2}, w*0.86, foot-top, 0, 0)
		for i := -1; i <= 1; i++ {
			c.box(rgb(0xffd98a), point{x + float64(i)*w*0.25, top + 90}, w*0.16, 84, 4, 0)
			c.box(rgb(wall), point{x + float64(i)*w*0.25, top + 90}, 5, 84, 0, 0)
			c.box(rgb(wall), point{x + float64(i)*w*0.25, top + 90}, w*0.16, 5, 0, 0)
		}
		roof(point{x, top}, w, 92, 0x1d2b53, 0xf2a65a)
	}
	house(200, 780, 380, 1280, 0x5a2348)
	house(760, 740, 420, 1280, 0x6b2a4b)
	house(480, 930, 420, 1280, 0x8a3550)
	for row, y := range []float64{520, 640} {
		sag := 60.0
		n := 7
		for i := range 60 {
			t := float64(i) / 59
			c.disc(rgb(0x12122f), point{960 * t, y - 90 + sag*math.Sin(t*math.Pi)}, 2.5)
		}
		for i := range n {
			t := (float64(i) + 0.5 + 0.2*float64(row)) / float64(n)
			at := point{960 * t, y - 90 + sag*math.Sin(t*math.Pi) + 52}
			c.disc(glass(0xffb347, 0.2), at, 62)
			c.oval(rgb([]uint32{0xff5a3c, 0xff8c42}[i%2]), at, 38, 32, 0)
			c.oval(glass(0xffffff, 0.2), at, 16, 32, 0)
			c.box(rgb(0xf3c04f), point{at.x, at.y - 32}, 28, 8, 3, 0)
			c.box(rgb(0xf3c04f), point{at.x, at.y + 32}, 28, 8, 3, 0)
			c.stroke(rgb(0xf3c04f), point{at.x, at.y + 38}, point{at.x, at.y + 62}, 4)
		}
	}
	for range 26 { // people
		x, k := 40+880*r.Float64(), 0.9+0.5*r.Float64()
		y := 1230 + 40*r.Float64()
		c.disc(rgb(0x1a0f2e), point{x, y - 58*k}, 15*k)
		c.box(rgb(0x1a0f2e), point{x, y}, 40*k, 92*k, 18*k, 0)
	}
	return c
}

// umbrella: two people in the rain. 3:4.
func umbrella() canvas {
	c := newCanvas(900, 1200)
	c.sky(0x1a2a44, 0x2f4b6e, 0x5c7ea3, 0xf0b67f)
	r := dice(151)
	lit := func(int) bool { return r.IntN(6) == 0 }
	for i := range 7 {
		c.tower(rgb(0x22364f), glass(0xffd98a, 0.8), float64(i)*136-20, 330+160*math.Abs(math.Sin(float64(i)*1.9)), 112, 980, lit)
	}
	c.box(rgb(0x16243a), point{450, 1090}, 920, 240, 0, 0)
	for _, x := range []float64{120, 780} { // street lamps
		c.disc(glass(0xffe8a3, 0.25), point{x, 430}, 110)
		c.disc(rgb(0xffe8a3), point{x, 430}, 30)
		c.box(rgb(0x0e1826), point{x, 720}, 13, 540, 4, 0)
		for i := range 8 {
			y := 1000 + 22*float64(i)
			c.stroke(glass(0xffe8a3, 0.45), point{x - 12 - 6*float64(i), y}, point{x + 12 + 6*float64(i), y}, 6)
		}
	}
	m := point{450, 620}
	c.dome(rgb(0xd62246), m, 250)
	for _, i := range []float64{-1, 1} {
		c.leaf(glass(0xff8fa3, 0.5), point{m.x, m.y - 250}, point{m.x + i*120, m.y - 10}, 22)
	}
	c.stroke(rgb(0x0e1826), point{m.x, m.y - 264}, point{m.x, m.y + 220}, 10)
	figure := func(x, k float64, coat, hair uint32, left float64) {
		p := place(point{x, 800}, k)
		c.box(rgb(0xf2c9a8), p(0, -60), 20*k, 40*k, 8*k, 0)
		c.disc(rgb(hair), p(0, -92), 36*k) // they look away from us
		c.polygon(rgb(coat), p(-40, -50), p(40, -50), p(66, 130), p(-66, 130))
		c.stroke(rgb(coat), p(left*36, -36), p(left*64, 20), 24*k)
		for _, d := range []float64{-24, 24} {
			c.stroke(rgb(0x0e1826), p(d, 130), p(d, 210), 22*k)
		}
	}
	figure(392, 1.1, 0x284b8f, 0x1b1b2f, 1)
	figure(520, 1.0, 0xf4d6a0, 0x3b2416, -1)
	for range 150 {
		x, y := 900*r.Float64(), 1180*r.Float64()
		c.stroke(glass(0xcfe3f7, 0.45), point{x, y}, point{x - 8, y + 34}, 3)
	}
	return c
}

// envelope: a festive ground for a name of one's own. 3:4.
func envelope() canvas {
	c := newCanvas(810, 1080)
	c.sky(0xb3001b, 0xd90429, 0xef3e36)
	c.rays(glass(0xffd98a, 0.13), point{405, 420}, 900, 16, 0.1)
	c.fill(rgb(0x9d0208), func(p path) {
		p.move(point{0, 700})
		p.curve(point{250, 560}, point{560, 560}, point{810, 700})
		p.line(point{810, 1080})
		p.line(point{0, 1080})
		p.close()
	})
	for i := range 3 {
		c.arc(glass(0xf3c04f, 0.8-0.2*float64(i)), point{405, 1330}, 730+22*float64(i), 6, math.Pi*1.2, math.Pi*1.8)
	}
	swirl := func(at point, k float64) {
		for i := range 3 {
			p := place(at, k)
			d := float64(i)*46 - 46
			c.ring(rgb(0xf3c04f), p(d, -10*math.Abs(float64(1-i))), 30*k, 7*k)
			c.ring(rgb(0xf3c04f), p(d, -10*math.Abs(float64(1-i))), 14*k, 6*k)
		}
	}
	swirl(point{140, 170}, 1.1)
	swirl(point{670, 250}, 1.1)
	swirl(point{180, 860}, 0.9)
	swirl(point{640, 930}, 0.9)
	r := dice(161)
	for range 26 {
		c.star(glass(0xffe3a3, 0.9), point{810 * r.Float64(), 560 * r.Float64()}, 6+10*r.Float64(), 3, 4, 0)
	}
	for i := range 9 {
		at := point{90 + 80*float64(i), 640 + 46*math.Sin(float64(i)*2.4)}
		c.disc(rgb(0xe09f3e), point{at.x, at.y + 5}, 27)
		c.disc(rgb(0xffd166), at, 26)
		c.box(rgb(0xc8871b), at, 14, 14, 2, 0)
	}
	return c
}

// plum: a blossom on gold. 1:1.
func plum() canvas {
	c := badge(0xffe3a3, 0xf3c04f, 0xb3001b)
	m := point{192, 192}
	for i := range 5 {
		sin, cos := math.Sincos(2*math.Pi*float64(i)/5 - math.Pi/2)
		c.disc(rgb(0xd90429), point{m.x + 66*cos, m.y + 66*sin}, 50)
		c.disc(rgb(0xef3e36), point{m.x + 72*cos, m.y + 72*sin}, 32)
	}
	c.disc(rgb(0xffe3a3), m, 34)
	for i := range 10 {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 10)
		c.stroke(rgb(0xb3001b), m, point{m.x + 42*cos, m.y + 42*sin}, 4)
		c.disc(rgb(0xffd166), point{m.x + 46*cos, m.y + 46*sin}, 6)
	}
	return c
}
