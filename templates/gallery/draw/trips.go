package main

import "math"

// planeShape is an airliner from the side, flying right.
func planeShape(c canvas, at point, k float64, body, accent uint32) {
	p := place(at, k)
	c.polygon(rgb(accent), p(-130, -6), p(-176, -74), p(-140, -74), p(-84, -10))
	c.fill(rgb(body), func(q path) {
		q.move(p(-150, -8))
		q.curve(p(-60, -34), p(90, -34), p(130, -20))
		q.curve(p(168, -8), p(168, 14), p(126, 18))
		q.curve(p(60, 26), p(-90, 26), p(-150, -8))
		q.close()
	})
	for i := range 8 {
		c.box(rgb(accent), p(-76+22*float64(i), -10), 11*k, 12*k, 4*k, 0)
	}
	c.polygon(rgb(accent), p(10, 4), p(56, 4), p(-44, 86), p(-76, 86))
	c.polygon(glass(accent, 0.8), p(20, -24), p(44, -24), p(-14, -66), p(-36, -66))
}

// flight: an airliner over clouds. 3:1.
func flight() canvas {
	c := newCanvas(1120, 372)
	c.sky(0x1d6fb8, 0x4ea8de, 0xa9dcf7)
	c.disc(rgb(0xfff3bf), point{960, 92}, 48)
	for i := range 26 {
		t := float64(i) / 25
		c.disc(glass(0xffffff, 0.7), point{70 + 370*t, 300 - 120*math.Sin(t*math.Pi/2)}, 4)
	}
	c.cloud(rgb(0xffffff), point{190, 110}, 1.2)
	c.cloud(rgb(0xffffff), point{860, 300}, 1.7)
	c.cloud(rgb(0xe3f3fc), point{420, 330}, 1.3)
	planeShape(c, point{610, 176}, 1.3, 0xffffff, 0x1b4f8a)
	return c
}

// train: a fast train past hills. 3:1.
func train() canvas {
	c := newCanvas(1120, 372)
	c.sky(0xbde0fe, 0xe6f4ff, 0xfff6e6)
	c.disc(rgb(0xffd166), point{190, 100}, 46)
	c.hills(rgb(0xa3d9b1), 240, 60, 1.3, 0.8)
	c.hills(rgb(0x74c394), 284, 44, 1.9, 2.7)
	c.box(rgb(0x6b7280), point{560, 334}, 1140, 10, 0, 0)
	for x := 10.0; x < 1120; x += 46 {
		c.box(rgb(0x4b5563), point{x, 350}, 28, 12, 3, 0)
	}
	c.fill(rgb(0xffffff), func(p path) {
		p.move(point{0, 186})
		p.line(point{800, 186})
		p.curve(point{930, 190}, point{1010, 250}, point{1050, 300})
		p.curve(point{1056, 316}, point{1046, 326}, point{1024, 326})
		p.line(point{0, 326})
		p.close()
	})
	c.fill(rgb(0x24466b), func(p path) {
		p.move(point{850, 204})
		p.curve(point{918, 214}, point{960, 240}, point{984, 262})
		p.line(point{880, 262})
		p.close()
	})
	for i := range 12 {
		c.box(rgb(0x24466b), point{54 + 66*float64(i), 234}, 46, 34, 8, 0)
	}
	c.box(rgb(0xd62246), point{420, 284}, 860, 12, 0, 0)
	c.polygon(rgb(0xd62246), point{840, 278}, point{1010, 278}, point{1022, 290}, point{840, 290})
	c.disc(rgb(0xffe8a3), point{1024, 300}, 9)
	return c
}

// coach: a coach on a country road. 3:1.
func coach() canvas {
	c := newCanvas(1120, 372)
	c.sky(0xffd6a5, 0xffe8cc, 0xfff7ea)
	c.cloud(rgb(0xffffff), point{880, 86}, 1.2)
	c.hills(rgb(0xd4b483), 226, 50, 1.1, 0.3)
	c.hills(rgb(0xb5c99a), 270, 40, 1.7, 2.0)
	for i := range 9 {
		x := 40 + float64(i)*134
		c.box(rgb(0x6b4423), point{x, 262}, 8, 40, 3, 0)
		c.disc(rgb(0x709f6b), point{x, 232}, 26)
	}
	c.box(rgb(0x4a4e69), point{560, 336}, 1140, 76, 0, 0)
	for x := 30.0; x < 1120; x += 110 {
		c.box(rgb(0xf2e9e4), point{x, 338}, 56, 7, 3, 0)
	}
	m := point{560, 214}
	c.box(glass(0x000000, 0.25), point{m.x, m.y + 104}, 480, 14, 7, 0)
	c.box(rgb(0x2a9d8f), m, 480, 176, 26, 0)
	c.box(rgb(0xf4f1de), point{m.x, m.y + 32}, 480, 16, 0, 0)
	for i := range 5 {
		c.box(rgb(0xd7f0ee), point{m.x - 186 + 76*float64(i), m.y - 34}, 62, 66, 10, 0)
	}
	c.box(rgb(0xd7f0ee), point{m.x + 202, m.y - 24}, 50, 86, 10, 0)
	for _, x := range []float64{-140, 140} {
		c.disc(rgb(0x22223b), point{m.x + x, m.y + 88}, 38)
		c.disc(rgb(0xc9ada7), point{m.x + x, m.y + 88}, 17)
	}
	c.disc(rgb(0xffd166), point{m.x + 228, m.y + 52}, 11)
	return c
}

// airline: a bird in a ring. 1:1.
func airline() canvas {
	c := badge(0x0d3b66, 0x14578f, 0xf4d35e)
	p := place(point{192, 200}, 1)
	c.leaf(rgb(0xf4d35e), p(-104, 50), p(112, -66), 24)
	c.leaf(rgb(0xffffff), p(-10, 4), p(-58, -112), 26)
	c.leaf(rgb(0xfaf0ca), p(10, 0), p(64, 92), 24)
	c.polygon(rgb(0xffffff), p(-104, 50), p(-128, 10), p(-74, 32))
	return c
}

// bill: a bank card and the bars of a month. 3:1.
func bill() canvas {
	c := newCanvas(1120, 372)
	c.sky(0x13254b, 0x1f3f7a, 0x3568b5)
	c.ring(glass(0xffffff, 0.08), point{980, 60}, 190, 40)
	c.ring(glass(0xffffff, 0.06), point{80, 350}, 150, 34)
	c.box(glass(0x050d22, 0.4), point{368, 206}, 380, 230, 26, -0.08)
	c.box(rgb(0xf4c95d), point{360, 190}, 380, 230, 26, -0.08)
	c.box(rgb(0xd9a63a), point{354, 128}, 380, 40, 0, -0.08)
	c.box(rgb(0xfff3cf), point{250, 206}, 62, 46, 8, -0.08)
	for i := range 4 {
		c.box(rgb(0x9a7320), point{242 + 74*float64(i), 262 - 6*float64(i)}, 54, 12, 6, -0.08)
	}
	for i, h := range []float64{70, 120, 96, 164, 132, 206} {
		x := 690 + 62*float64(i)
		c.box(glass(0xffffff, 0.16), point{x, 206}, 38, 216, 10, 0)
		c.box(rgb([]uint32{0x7ae0c3, 0x4cc9f0}[i%2]), point{x, 314 - h/2}, 38, h, 10, 0)
	}
	return c
}
