package main

import "math"

// shelf: books, a plant and a lamp's light. 16:9.
func shelf() canvas {
	c := newCanvas(1248, 702)
	c.sky(0x2f3e46, 0x354f52, 0x52796f)
	c.disc(glass(0xffe8a3, 0.18), point{1010, 250}, 300)
	c.disc(glass(0xffe8a3, 0.22), point{1010, 250}, 210)
	r := dice(81)
	colours := []uint32{0xe76f51, 0xf4a261, 0xe9c46a, 0x2a9d8f, 0x84a98c, 0xcad2c5, 0xd62246, 0x457b9d}
	row := func(foot, from, to float64) {
		x := from
		for i := 0; x < to; i++ {
			w, h := 34+r.Float64()*34, 150+r.Float64()*80
			col := colours[r.IntN(len(colours))]
			angle := 0.0
			if i%7 == 6 {
				angle = 0.16
				x += 26
			}
			c.box(rgb(col), point{x + w/2, foot - h/2 - angle*20}, w, h, 5, angle)
			if angle == 0 {
				c.box(glass(0xffffff, 0.55), point{x + w/2, foot - h*0.78}, w*0.6, 8, 3, 0)
				c.box(glass(0x000000, 0.22), point{x + w/2, foot - h*0.24}, w, 10, 0, 0)
			}
			x += w + 5 + angle*60
		}
	}
	row(330, 90, 740)
	c.box(rgb(0x8d5b3a), point{624, 342}, 1120, 26, 6, 0)
	row(612, 300, 1120)
	c.box(rgb(0x8d5b3a), point{624, 626}, 1120, 28, 6, 0)
	// Lamp.
	c.polygon(rgb(0xffd166), point{930, 250}, point{1090, 250}, point{1058, 160}, point{962, 160})
	c.box(rgb(0x6b4423), point{1010, 288}, 14, 80, 4, 0)
	c.box(rgb(0x6b4423), point{1010, 324}, 96, 14, 7, 0)
	// Plant.
	c.polygon(rgb(0xd9825b), point{150, 530}, point{254, 530}, point{238, 612}, point{166, 612})
	for i := range 7 {
		sin, cos := math.Sincos(-0.95 + float64(i)*0.317)
		l := 150 - 16*math.Abs(float64(i)-3)
		c.leaf(rgb([]uint32{0x6a994e, 0xa7c957}[i%2]), point{202, 534}, point{202 + l*sin, 534 - l*cos}, 18)
	}
	return c
}

// book is a cover that lies before a coloured wall.
func book(wallTop, wallBottom, cover, spine uint32, motif func(c canvas, m point)) canvas {
	c := newCanvas(640, 640)
	c.sky(wallTop, wallBottom)
	c.box(glass(0x000000, 0.22), point{334, 338}, 344, 464, 14, 0)
	c.box(rgb(0xfffaf0), point{328, 324}, 344, 464, 12, 0)
	c.box(rgb(cover), point{320, 318}, 344, 464, 12, 0)
	c.box(rgb(spine), point{166, 318}, 36, 464, 12, 0)
	motif(c, point{338, 290})
	c.box(glass(0xffffff, 0.9), point{338, 470}, 190, 14, 7, 0)
	c.box(glass(0xffffff, 0.6), point{338, 500}, 120, 10, 5, 0)
	return c
}

// bookMoon, bookLeaf, bookWave: three covers. 1:1.
func bookMoon() canvas {
	return book(0xcfd8f5, 0xa9b8ea, 0x27306b, 0x1b2250, func(c canvas, m point) {
		c.disc(rgb(0xffe8a3), m, 86)
		c.disc(rgb(0x27306b), point{m.x + 36, m.y - 22}, 74)
		r := dice(91)
		for range 16 {
			c.star(rgb(0xffe8a3), point{m.x - 110 + 220*r.Float64(), m.y - 140 + 260*r.Float64()}, 5+5*r.Float64(), 2.5, 4, 0)
		}
	})
}

func bookLeaf() canvas {
	return book(0xf6ead2, 0xe8d3a8, 0x3f7d58, 0x2d5c40, func(c canvas, m point) {
		c.stroke(rgb(0xe8f3d6), point{m.x, m.y + 120}, point{m.x, m.y - 110}, 6)
		for i := range 5 {
			y := m.y + 96 - 42*float64(i)
			l := 84 - 10*float64(i)
			c.leaf(rgb(0xbfe3a8), point{m.x, y}, point{m.x + l, y - 44}, 17)
			c.leaf(rgb(0xe8f3d6), point{m.x, y}, point{m.x - l, y - 44}, 17)
		}
	})
}

func bookWave() canvas {
	return book(0xffe1d2, 0xffc4a8, 0xe4572e, 0xb63f1c, func(c canvas, m point) {
		c.disc(rgb(0xffd8a8), point{m.x, m.y - 30}, 72)
		for row := range 4 {
			y := m.y + 30 + 24*float64(row)
			for i := range 5 {
				c.arc(rgb([]uint32{0x1f4e79, 0x2e78b5}[row%2]), point{m.x - 100 + 50*float64(i), y + 22}, 22, 12, math.Pi, 2*math.Pi)
			}
		}
	})
}

// snow: a ridge in the morning. 16:9.
func snow() canvas {
	c := newCanvas(1248, 702)
	c.sky(0x5aa9e6, 0xa5d8ff, 0xe7f5ff)
	c.disc(rgb(0xfff3bf), point{980, 150}, 70)
	c.cloud(rgb(0xffffff), point{260, 150}, 1.5)
	c.cloud(rgb(0xf1f8fd), point{760, 110}, 1.1)
	c.peak(rgb(0x7c93b2), rgb(0x6a80a0), rgb(0xf8fbff), point{250, 250}, 330, 610)
	c.peak(rgb(0x7c93b2), rgb(0x6a80a0), rgb(0xf8fbff), point{1020, 270}, 340, 610)
	c.peak(rgb(0x5c7699), rgb(0x4c6486), rgb(0xffffff), point{620, 150}, 430, 620)
	c.hills(rgb(0x3f7d58), 590, 50, 1.2, 0.7)
	c.hills(rgb(0x2d5c40), 650, 40, 2.1, 2.9)
	for i := range 24 {
		x := 20 + float64(i)*53
		h := 60 + 26*math.Sin(float64(i)*1.9)
		c.polygon(rgb(0x1f4630), point{x, 660 - h}, point{x + 22, 670}, point{x - 22, 670})
	}
	return c
}

// dunes: a desert in the evening. 16:9.
func dunes() canvas {
	c := newCanvas(1248, 702)
	c.sky(0x6d3b72, 0xd1495b, 0xf79256, 0xfbd1a2)
	c.disc(glass(0xfff1c9, 0.3), point{430, 330}, 150)
	c.disc(rgb(0xfff1c9), point{430, 330}, 100)
	c.hills(rgb(0xe0873f), 440, 110, 0.8, 0.2)
	c.hills(rgb(0xc96a2b), 520, 120, 1.1, 2.2)
	c.hills(rgb(0xa84f20), 610, 90, 1.3, 4.1)
	for i := range 3 { // a caravan
		p := place(point{700 + 120*float64(i), 452 + 14*float64(i)}, 1)
		c.blob(rgb(0x4a2340), p(-38, 4), p(-24, -12), p(-6, -32), p(14, -10), p(34, -8), p(30, 12), p(-30, 14))
		c.stroke(rgb(0x4a2340), p(32, -6), p(46, -36), 8)
		c.stroke(rgb(0x4a2340), p(46, -36), p(58, -34), 8)
		for _, x := range []float64{-26, -18, 18, 26} {
			c.stroke(rgb(0x4a2340), p(x, 8), p(x, 44), 5)
		}
	}
	return c
}

// lake: stars over still water. 16:9.
func lake() canvas {
	c := newCanvas(1248, 702)
	c.sky(0x0b132b, 0x1c2541, 0x3a506b, 0x5bc0be)
	r := dice(101)
	for range 90 {
		c.disc(glass(0xffffff, 0.4+0.6*r.Float64()), point{r.Float64() * 1248, r.Float64() * 330}, 1+2.2*r.Float64())
	}
	c.disc(rgb(0xf8f4d8), point{890, 150}, 62)
	c.disc(rgb(0x111b36), point{862, 134}, 52)
	c.peak(rgb(0x22344f), rgb(0x1a2940), rgb(0x8fa9c4), point{330, 220}, 340, 470)
	c.peak(rgb(0x1d2d46), rgb(0x162338), rgb(0x7f9ab8), point{780, 270}, 330, 470)
	c.box(rgb(0x16324f), point{624, 586}, 1260, 240, 0, 0)
	for i := range 11 {
		y := 480 + float64(i)*20
		c.stroke(glass(0xf8f4d8, 0.5-0.03*float64(i)), point{890 - 20 - 5*float64(i), y}, point{890 + 20 + 5*float64(i), y}, 5)
	}
	for i := range 26 {
		x, h := float64(i)*50, 40+22*math.Sin(float64(i)*2.3)
		c.polygon(rgb(0x0b1a2b), point{x, 470 - h}, point{x + 20, 474}, point{x - 20, 474})
	}
	c.fill(rgb(0xe07a5f), func(p path) { // a boat
		p.move(point{420, 560})
		p.line(point{620, 560})
		p.curve(point{600, 600}, point{440, 600}, point{420, 560})
		p.close()
	})
	c.stroke(rgb(0xf4f1de), point{520, 556}, point{520, 500}, 6)
	c.disc(glass(0xffe8a3, 0.5), point{520, 496}, 26)
	c.disc(rgb(0xffe8a3), point{520, 496}, 12)
	return c
}

// skyline: a river and a city at dusk. 16:9.
func skyline() canvas {
	c := newCanvas(1248, 702)
	c.sky(0x23285c, 0x5b3f8c, 0xc9628f, 0xffb199)
	c.disc(rgb(0xffe3c2), point{300, 250}, 76)
	r := dice(111)
	lit := func(int) bool { return r.IntN(5) < 2 }
	for i := range 13 {
		c.tower(rgb(0x4b3a78), glass(0xffd9a0, 0.55), float64(i)*100-14, 200+150*math.Abs(math.Sin(float64(i)*1.7)), 84, 520, lit)
	}
	for i := range 9 {
		c.tower(rgb(0x2a2557), rgb(0xffd98a), float64(i)*146-20, 270+130*math.Abs(math.Sin(float64(i)*2.6+1)), 100, 530, lit)
	}
	c.box(rgb(0x1b1b45), point{624, 616}, 1260, 190, 0, 0)
	for range 70 {
		y := 540 + 150*r.Float64()
		x := 1248 * r.Float64()
		c.stroke(glass([]uint32{0xffb199, 0xffd98a, 0xc9628f}[r.IntN(3)], 0.45), point{x - 14 - 22*r.Float64(), y}, point{x + 14 + 22*r.Float64(), y}, 4)
	}
	c.box(rgb(0x12122f), point{624, 530}, 1260, 14, 0, 0)
	runner := func(at point, k float64, shirt uint32) {
		p := place(at, k)
		c.disc(rgb(0xffd9b8), p(8, -86), 13*k)
		c.stroke(rgb(shirt), p(4, -64), p(-6, -26), 20*k)
		c.stroke(rgb(shirt), p(6, -60), p(30, -40), 8*k)
		c.stroke(rgb(shirt), p(0, -58), p(-24, -44), 8*k)
		c.stroke(rgb(0x0b0b22), p(-6, -22), p(20, 0), 10*k)
		c.stroke(rgb(0x0b0b22), p(20, 0), p(12, 30), 9*k)
		c.stroke(rgb(0x0b0b22), p(-8, -22), p(-28, 8), 10*k)
		c.stroke(rgb(0x0b0b22), p(-28, 8), p(-54, 2), 9*k)
	}
	c.box(rgb(0x2f6f62), point{624, 690}, 1260, 60, 0, 0)
	runner(point{470, 632}, 1.25, 0xff6b6b)
	runner(point{640, 636}, 1.15, 0x4cc9f0)
	runner(point{800, 632}, 1.2, 0xffd166)
	return c
}
