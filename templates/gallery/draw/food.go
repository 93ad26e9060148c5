package main

import "math"

// orange: a whole orange and a half. 1:1.
func orange() canvas {
	c := stage(640, 640, 0xfff1d0, 0xffd9a0, 0xffffff)
	c.oval(glass(0xa85a10, 0.25), point{320, 486}, 210, 22, 0)
	c.disc(rgb(0xff9f1c), point{258, 340}, 138)
	c.disc(glass(0xffc46b, 0.7), point{218, 292}, 64)
	c.leaf(rgb(0x4c956c), point{262, 206}, point{372, 166}, 26)
	c.stroke(rgb(0x6b4423), point{260, 210}, point{254, 186}, 10)
	half := point{420, 372}
	c.disc(rgb(0xf77f00), half, 114)
	c.disc(rgb(0xfff3dc), half, 104)
	for i := range 9 {
		a := 2 * math.Pi * float64(i) / 9
		c.arc(rgb(0xffa62b), half, 52, 78, a+0.05, a+2*math.Pi/9-0.05)
	}
	c.disc(rgb(0xfff3dc), half, 12)
	return c
}

// strawberry: two berries. 1:1.
func strawberry() canvas {
	c := stage(640, 640, 0xffe5ec, 0xffc2d1, 0xffffff)
	c.oval(glass(0x9d1c3c, 0.22), point{320, 500}, 190, 20, 0)
	berry := func(at point, k float64, col uint32) {
		p := place(at, k)
		c.blob(rgb(col), p(0, 120), p(-74, 50), p(-96, -36), p(-58, -84), p(0, -90), p(58, -84), p(96, -36), p(74, 50))
		c.blob(glass(0xffffff, 0.18), p(-46, 20), p(-66, -30), p(-44, -62), p(-28, -30))
		for row := range 4 {
			for i := range 5 - row {
				x := (float64(i) - float64(4-row)/2) * 36
				c.oval(rgb(0xffe8a3), p(x, -44+float64(row)*38), 5*k, 8*k, 0)
			}
		}
		for i := range 5 {
			sin, cos := math.Sincos(math.Pi + math.Pi*float64(i)/4)
			c.leaf(rgb([]uint32{0x57a773, 0x3f8f5c}[i%2]), p(0, -86), p(86*cos, -86+44*sin+22), 17*k)
		}
		c.stroke(rgb(0x3f8f5c), p(0, -90), p(8, -124), 9*k)
	}
	berry(point{410, 352}, 1.02, 0xd62246)
	berry(point{254, 362}, 1.24, 0xef233c)
	return c
}

// avocado: both halves. 1:1.
func avocado() canvas {
	c := stage(640, 640, 0xeef6dc, 0xd3e8b0, 0xffffff)
	c.oval(glass(0x3a5a1c, 0.22), point{320, 502}, 220, 20, 0)
	half := func(at point, k float64, stone bool) {
		p := place(at, k)
		pear := func(col uint32, s float64) {
			c.blob(rgb(col), p(0, 130*s), p(-84*s, 92*s), p(-100*s, 20*s), p(-62*s, -64*s), p(-28*s, -128*s), p(20*s, -132*s), p(58*s, -72*s), p(98*s, 18*s), p(84*s, 92*s))
		}
		pear(0x4b6b2a, 1)
		pear(0xb5d66f, 0.9)
		pear(0xe6f0a3, 0.78)
		if stone {
			c.disc(rgb(0x7a4a24), p(0, 42), 48*k)
			c.disc(rgb(0xa0683a), p(-14, 28), 17*k)
		} else {
			c.disc(rgb(0xc9d97c), p(0, 42), 48*k)
		}
	}
	half(point{412, 356}, 1.0, false)
	half(point{246, 346}, 1.14, true)
	return c
}

// cupcake: with cream and a cherry. 1:1.
func cupcake() canvas {
	c := stage(640, 640, 0xe9e4ff, 0xcfc4fb, 0xffffff)
	p := place(point{320, 344}, 1.15)
	k := 1.15
	c.oval(glass(0x3b2a80, 0.22), p(0, 142), 130*k, 14*k, 0)
	c.polygon(rgb(0xff8fab), p(-104, 14), p(104, 14), p(76, 140), p(-76, 140))
	for i := -3; i <= 3; i++ {
		x := float64(i) * 27
		c.polygon(rgb(0xfb6f92), p(x-5, 14), p(x+5, 14), p(x*0.74+4, 140), p(x*0.74-4, 140))
	}
	for i, w := range []float64{122, 96, 66, 36} {
		y := 2 - float64(i)*42
		c.oval(rgb([]uint32{0xfff8ec, 0xfdebd3}[i%2]), p(0, y), w*k, 32*k, 0)
	}
	c.disc(rgb(0xd90429), p(0, -158), 25*k)
	c.disc(glass(0xffffff, 0.7), p(-8, -166), 7*k)
	c.arc(rgb(0x6b4423), p(34, -178), 30*k, 6*k, math.Pi, math.Pi*1.6)
	r := dice(51)
	for i := range 26 {
		c.box(rgb([]uint32{0x4cc9f0, 0xffd166, 0x80ed99, 0xf72585}[i%4]), p(-96+192*r.Float64(), -74+86*r.Float64()), 17, 6, 3, r.Float64()*math.Pi)
	}
	return c
}

// iceCream: three scoops. 1:1.
func iceCream() canvas {
	c := stage(640, 640, 0xdff6f5, 0xb6e6e4, 0xffffff)
	p := place(point{320, 320}, 1.1)
	k := 1.1
	c.polygon(rgb(0xe3a857), p(-76, 26), p(76, 26), p(0, 218))
	for i := -2; i <= 3; i++ {
		x := float64(i) * 28
		c.stroke(glass(0xb97a2f, 0.7), p(x-20, 30), p(x*0.3+20, 150), 4)
		c.stroke(glass(0xb97a2f, 0.7), p(x, 30), p(x*0.3-30, 150), 4)
	}
	for _, s := range []struct {
		x, y float64
		col  uint32
	}{{-58, -24, 0xffafcc}, {58, -24, 0xa0e8c0}, {0, -112, 0xfff1c9}} {
		c.disc(rgb(s.col), p(s.x, s.y), 72*k)
		c.disc(glass(0xffffff, 0.4), p(s.x-24, s.y-26), 20*k)
	}
	c.box(rgb(0xd69a4b), p(0, 34), 176*k, 24*k, 12*k, 0)
	c.stroke(rgb(0x8a5a3c), p(44, -140), p(92, -210), 15*k)
	r := dice(61)
	for i := range 22 {
		c.box(rgb([]uint32{0xff5d8f, 0x3a86ff, 0xffbe0b}[i%3]), p(-48+96*r.Float64(), -168+70*r.Float64()), 14, 5, 2.5, r.Float64()*math.Pi)
	}
	return c
}

// donut: a glazed ring. 1:1.
func donut() canvas {
	c := stage(640, 640, 0xfff0e0, 0xffd7b5, 0xffffff)
	m := point{320, 330}
	c.oval(glass(0x8a4b1c, 0.22), point{320, 506}, 180, 18, 0)
	c.disc(rgb(0xd9974b), m, 180)
	var glaze []point
	for i := range 18 {
		r := 164.0
		if i%2 == 0 {
			r = 148
		}
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 18)
		glaze = append(glaze, point{m.x + r*cos, m.y - 6 + r*sin})
	}
	c.blob(rgb(0xff6f91), glaze...)
	c.arc(glass(0xffffff, 0.4), point{m.x, m.y - 6}, 118, 16, math.Pi*1.05, math.Pi*1.5)
	c.disc(rgb(0xd9974b), m, 68)
	c.disc(rgb(0xffe6cc), point{m.x, m.y + 4}, 58)
	r := dice(71)
	for i := range 40 {
		sin, cos := math.Sincos(r.Float64() * 2 * math.Pi)
		d := 84 + 52*r.Float64()
		c.box(rgb([]uint32{0xffffff, 0xffd166, 0x06d6a0, 0x118ab2}[i%4]), point{m.x + d*cos, m.y - 6 + d*sin}, 20, 7, 3.5, r.Float64()*math.Pi)
	}
	return c
}

// badge is a round sign for a small logo.
func badge(top, bottom, line uint32) canvas {
	c := newCanvas(384, 384)
	c.sky(top, bottom)
	c.ring(glass(line, 0.75), point{192, 192}, 168, 6)
	return c
}

// coffeeLogo: a cup seen from the side. 1:1.
func coffeeLogo() canvas {
	c := badge(0x5b3a29, 0x3f271b, 0xf1d9b5)
	p := place(point{186, 206}, 1)
	c.ring(rgb(0xf1d9b5), p(74, 0), 30, 14)
	c.fill(rgb(0xf1d9b5), func(q path) {
		q.move(p(-84, -46))
		q.line(p(74, -46))
		q.curve(p(74, 60), p(46, 76), p(-5, 76))
		q.curve(p(-56, 76), p(-84, 60), p(-84, -46))
		q.close()
	})
	c.box(rgb(0xf1d9b5), p(-4, 92), 196, 12, 6, 0)
	for i := -1; i <= 1; i++ {
		x := float64(i)*34 - 5
		c.arc(rgb(0xf1d9b5), p(x, -78), 13, 7, math.Pi/2, math.Pi*3/2)
		c.arc(rgb(0xf1d9b5), p(x, -104), 13, 7, -math.Pi/2, math.Pi/2)
	}
	return c
}

// cakeLogo: a slice of cake. 1:1.
func cakeLogo() canvas {
	c := badge(0xff8fab, 0xf25f7f, 0xffffff)
	p := place(point{192, 206}, 1)
	c.polygon(rgb(0xfff3e4), p(-100, -10), p(100, -60), p(100, 70), p(-100, 70))
	c.polygon(rgb(0xe85d75), p(-100, 22), p(100, -2), p(100, 20), p(-100, 42))
	c.polygon(rgb(0xffffff), p(-100, -10), p(20, -84), p(100, -60))
	c.disc(rgb(0xd90429), p(30, -86), 22)
	c.box(rgb(0xffffff), p(0, 86), 230, 12, 6, 0)
	return c
}

// juiceLogo: a glass with a straw. 1:1.
func juiceLogo() canvas {
	c := badge(0x2ec4b6, 0x159a8c, 0xffffff)
	p := place(point{192, 204}, 1)
	c.stroke(rgb(0xff6b6b), p(18, -20), p(52, -128), 12)
	c.polygon(glass(0xffffff, 0.9), p(-74, -76), p(74, -76), p(54, 104), p(-54, 104))
	c.polygon(rgb(0xffb703), p(-64, -32), p(64, -32), p(49, 94), p(-49, 94))
	c.disc(rgb(0xfb8500), p(70, -76), 40)
	c.disc(rgb(0xffe8b8), p(70, -76), 32)
	for i := range 6 {
		a := float64(i) * math.Pi / 3
		c.arc(rgb(0xffa62b), p(70, -76), 16, 22, a+0.1, a+math.Pi/3-0.1)
	}
	for _, q := range []point{{-20, 10}, {14, 50}, {-8, 72}} {
		c.disc(glass(0xffffff, 0.6), p(q.x, q.y), 8)
	}
	return c
}
