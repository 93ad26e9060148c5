package main

import (
	"math"
)

// stage is a pastel room for one thing to sell: a circle behind it and a shadow under it.
func stage(w, h int, top, bottom, ring uint32) canvas {
	c := newCanvas(w, h)
	c.sky(top, bottom)
	k := float64(min(w, h))
	m := point{float64(w) / 2, float64(h) / 2}
	c.disc(glass(ring, 0.35), point{m.x, m.y - k*0.02}, k*0.42)
	c.disc(glass(ring, 0.55), point{m.x, m.y - k*0.02}, k*0.34)
	return c
}

// mug: a stoneware mug with steam. 1:1.
func mug() canvas {
	c := stage(1088, 1088, 0xfdf0e3, 0xf6dcc4, 0xffffff)
	p := place(point{544, 560}, 1.9)
	c.oval(glass(0x8a5a3c, 0.22), p(10, 138), 150*1.9, 18*1.9, 0)
	c.ring(rgb(0xc9653f), p(118, 12), 50*1.9, 20*1.9)
	c.box(rgb(0xc9653f), p(0, 20), 210*1.9, 220*1.9, 34*1.9, 0)
	c.box(rgb(0xdb7c54), p(-34, 20), 110*1.9, 220*1.9, 34*1.9, 0)
	c.box(rgb(0xf7e8d6), p(0, 40), 210*1.9, 54*1.9, 0, 0)
	for i := range 7 {
		c.leaf(rgb(0x7d9b76), p(-93+31*float64(i), 60), p(-77+31*float64(i), 20), 8*1.9)
	}
	c.oval(rgb(0xb4552f), p(0, -84), 105*1.9, 20*1.9, 0)
	c.oval(rgb(0x5b3423), p(0, -82), 92*1.9, 14*1.9, 0)
	for i := -1; i <= 1; i++ {
		x := float64(i) * 42
		c.arc(glass(0xffffff, 0.85), p(x, -130), 20*1.9, 9*1.9, math.Pi/2, math.Pi*3/2)
		c.arc(glass(0xffffff, 0.85), p(x, -170), 20*1.9, 9*1.9, -math.Pi/2, math.Pi/2)
	}
	return c
}

// deskLamp: a lamp in its own light. 1:1.
func deskLamp() canvas {
	c := stage(1088, 1088, 0x24324f, 0x3d5278, 0x56709c)
	p := place(point{544, 560}, 1.9)
	c.polygon(glass(0xffe9a8, 0.34), p(-60, -62), p(36, -120), p(150, 128), p(-190, 128))
	c.oval(glass(0xffe9a8, 0.4), p(-20, 130), 175*1.9, 26*1.9, 0)
	c.stroke(rgb(0xf2c14e), p(108, 120), p(140, -40), 12*1.9)
	c.stroke(rgb(0xf2c14e), p(140, -40), p(24, -128), 12*1.9)
	c.disc(rgb(0xffffff), p(140, -40), 13*1.9)
	c.box(rgb(0xf2c14e), p(108, 132), 120*1.9, 20*1.9, 10*1.9, 0)
	c.polygon(rgb(0xf6a623), p(-8, -152), p(34, -178), p(54, -114), p(-72, -40), p(-88, -72))
	c.oval(rgb(0xfff3cf), p(-17, -76), 64*1.9, 17*1.9, -0.53)
	c.box(rgb(0xe3e9f3), p(-92, 110), 96*1.9, 15*1.9, 5*1.9, 0)
	c.box(rgb(0xe4604e), p(-88, 95), 86*1.9, 14*1.9, 5*1.9, 0)
	c.box(rgb(0x5fb3a1), p(-96, 126), 104*1.9, 15*1.9, 5*1.9, 0)
	return c
}

// armchair: an armchair and a plant. 1:1.
func armchair() canvas {
	c := stage(1088, 1088, 0xe6f1ec, 0xc7dfd4, 0xffffff)
	p := place(point{520, 570}, 1.9)
	c.oval(glass(0x24503f, 0.2), p(10, 140), 175*1.9, 18*1.9, 0)
	for _, x := range []float64{-92, 92} {
		c.stroke(rgb(0x8a5a3c), p(x, 100), p(x*1.14, 138), 12*1.9)
	}
	c.box(rgb(0x2f7f6b), p(0, -40), 196*1.9, 190*1.9, 54*1.9, 0)
	c.box(rgb(0x3b937d), p(0, -46), 160*1.9, 150*1.9, 44*1.9, 0)
	c.box(rgb(0x256a59), p(0, 78), 216*1.9, 60*1.9, 20*1.9, 0)
	c.box(rgb(0x46a68e), p(0, 44), 178*1.9, 48*1.9, 22*1.9, 0)
	for _, x := range []float64{-112, 112} {
		c.box(rgb(0x2f7f6b), p(x, 48), 52*1.9, 116*1.9, 26*1.9, 0)
	}
	c.box(rgb(0xf4c95d), p(-22, -2), 78*1.9, 70*1.9, 16*1.9, -0.2)
	c.polygon(rgb(0xd9825b), p(168, 90), p(222, 90), p(213, 140), p(177, 140))
	for i, a := range []float64{-0.9, -0.45, 0, 0.45, 0.9} {
		sin, cos := math.Sincos(a)
		l := 96 - 14*math.Abs(float64(i)-2)
		c.leaf(rgb([]uint32{0x3f8f6b, 0x57a77f}[i%2]), p(195, 92), p(195+l*sin, 92-l*cos), 12*1.9)
	}
	return c
}

// perfume: a bottle among leaves. 3:4.
func perfume() canvas {
	c := stage(900, 1200, 0xfbe3ea, 0xf3bccb, 0xffffff)
	k := 1.9
	p := place(point{450, 650}, k)
	r := dice(41)
	for i := range 16 {
		a := float64(i)/15*math.Pi + math.Pi
		sin, cos := math.Sincos(a)
		l := 150 + 40*r.Float64()
		c.leaf(glass([]uint32{0x7fae8e, 0x5c9474, 0xa3c7a5}[i%3], 0.95), p(cos*50, 60+sin*40), p(cos*l, 50+sin*l), 17*k)
	}
	c.oval(glass(0x8f3b55, 0.25), p(0, 148), 130*k, 14*k, 0)
	c.box(rgb(0xe9c46a), p(0, -118), 62*k, 64*k, 8*k, 0)
	c.box(rgb(0xf4dc9b), p(-14, -118), 16*k, 64*k, 4*k, 0)
	c.box(rgb(0xcfa349), p(0, -78), 46*k, 20*k, 3*k, 0)
	c.box(rgb(0xffffff), p(0, 40), 180*k, 216*k, 34*k, 0)
	c.box(rgb(0xf08aa4), p(0, 68), 156*k, 136*k, 24*k, 0)
	c.box(rgb(0xf7aabd), p(-44, 68), 40*k, 136*k, 18*k, 0)
	c.box(rgb(0xfff7f0), p(8, 66), 88*k, 66*k, 6*k, 0)
	for i := range 6 {
		a := float64(i) * math.Pi / 3
		sin, cos := math.Sincos(a)
		c.disc(rgb(0xe8637f), p(8+11*cos, 66+11*sin), 9*k)
	}
	c.disc(rgb(0xf4c95d), p(8, 66), 8*k)
	for range 18 {
		c.disc(glass(0xffffff, 0.8), p(-210+420*r.Float64(), -280+330*r.Float64()), (2+4*r.Float64())*k)
	}
	return c
}

// suitcase: a case on its way. 16:9.
func suitcase() canvas {
	c := newCanvas(1248, 702)
	c.sky(0x9ad7f5, 0xd4effc, 0xfdf3dc)
	c.cloud(rgb(0xffffff), point{230, 170}, 1.7)
	c.cloud(rgb(0xf1f8fd), point{1010, 130}, 1.4)
	c.disc(rgb(0xffd166), point{960, 250}, 84)
	c.hills(rgb(0x9fd8b4), 560, 60, 1.4, 0.4)
	c.hills(rgb(0x74c394), 620, 50, 1.9, 2.4)
	k := 1.5
	p := place(point{540, 400}, k)
	c.oval(glass(0x1f4f3c, 0.3), p(0, 178), 140*k, 13*k, 0)
	for _, x := range []float64{-46, 46} {
		c.stroke(rgb(0x6b7280), p(x, -110), p(x, -196), 9*k)
	}
	c.stroke(rgb(0x4b5563), p(-46, -198), p(46, -198), 15*k)
	for _, x := range []float64{-72, 72} {
		c.disc(rgb(0x374151), p(x, 166), 15*k)
	}
	c.box(rgb(0xf25f4c), p(0, 20), 216*k, 278*k, 32*k, 0)
	c.box(rgb(0xff8672), p(-78, 20), 34*k, 250*k, 14*k, 0)
	for _, x := range []float64{-40, 0, 40, 80} {
		c.box(glass(0xa8281a, 0.4), p(x, 20), 6*k, 240*k, 3*k, 0)
	}
	c.disc(rgb(0xfff3cf), p(20, -30), 36*k)
	c.star(rgb(0x2a9d8f), p(20, -30), 27*k, 12*k, 5, 0)
	c.box(rgb(0x2a9d8f), p(52, 74), 62*k, 40*k, 6*k, 0.2)
	planeShape(c, p(250, -120), 0.9, 0xffffff, 0x3a86c8)
	return c
}
