package main

import (
	"image"
	"math"

	"cardlink/templates/gallery/draw/clip"
)

// film is a clip of the gallery: a drawing that moves, and one moment of it as its cover.
type film struct {
	id, cover string  // aim_resource_id of the mp4 and of the cover
	w, h      int     // units of the drawing, and pixels of the cover
	wide      int     // pixels of the clip's width
	moment    float64 // of the cover
	draw      func(c canvas, t float64)
}

// Pictures of a film.
const (
	filmRate   = 10 // each second
	filmLength = 40 // in all
)

var films = []film{
	{"600000000000000050", "600000000000000046", 1248, 702, 640, 0.5, balloons},
	{"600000000000000051", "600000000000000047", 1248, 702, 640, 0.75, pouring},
	{"600000000000000052", "600000000000000048", 1248, 702, 640, 0.4, camp},
	{"600000000000000053", "600000000000000049", 900, 1200, 480, 0.62, lastTram},
}

// poster draws the cover.
func (f film) poster() canvas {
	c := newCanvas(f.w, f.h)
	f.draw(c, f.moment)
	return c
}

// covers are the films' covers.
func covers() (out []picture) {
	for _, f := range films {
		out = append(out, picture{f.cover, f.poster})
	}
	return out
}

// frames draws the clip's pictures, from time 0 to 1.
func (f film) frames() (out []*image.RGBA) {
	for i := range filmLength {
		c := newZoomed(f.w, f.h, float64(f.wide)/float64(f.w))
		f.draw(c, float64(i)/(filmLength-1))
		out = append(out, c.RGBA)
	}
	return out
}

// encode makes the mp4.
func (f film) encode() ([]byte, error) {
	return clip.Encode(f.frames(), clip.Options{Rate: filmRate, Quantizer: 24})
}

// balloons: a morning over hills; three balloons rise, clouds go by. 16:9.
func balloons(c canvas, t float64) {
	c.sky(0x5b8fd6, 0xa9cdf0, 0xffe3c4, 0xffd0a1)
	c.disc(glass(0xfff6dc, 0.4), point{930, 400}, 150)
	c.disc(rgb(0xfff6dc), point{930, 400}, 92)
	c.cloud(rgb(0xf7fbff), point{190 + 70*t, 150}, 1.5)
	c.cloud(rgb(0xeaf3fc), point{1020 + 40*t, 110}, 1.1)
	c.hills(rgb(0xc9a6b8), 500, 90, 1.2, 0.5)
	balloon(c, point{980 + 20*math.Sin(3*t), 420 - 90*t}, 0.55, t, 0x3a86c8, 0xffd166)
	c.hills(rgb(0x9a7fa6), 560, 80, 1.6, 2.3)
	balloon(c, point{690 + 16*math.Sin(4*t+1), 470 - 240*t}, 0.8, t, 0xf4a261, 0xfff3cf)
	c.hills(rgb(0x5f6f8f), 620, 70, 2.0, 4.2)
	balloon(c, point{390 + 24*math.Sin(3*t+2), 400 - 130*t}, 1.35, t, 0xe63946, 0xfff3cf)
	c.hills(rgb(0x34495e), 680, 50, 1.4, 1.1)
	for i := range 26 {
		x := 10 + float64(i)*50
		h := 46 + 20*math.Sin(float64(i)*2.1)
		c.polygon(rgb(0x263644), point{x, 690 - h}, point{x + 18, 702}, point{x - 18, 702})
	}
}

// balloon is a balloon of two colours; its flame comes and goes.
func balloon(c canvas, at point, k, t float64, cover, stripe uint32) {
	p := place(at, k)
	for _, x := range []float64{-22, 22} {
		c.stroke(rgb(0x5b4636), p(x*1.5, 92), p(x, 146), 3*k)
	}
	c.blob(rgb(cover), p(0, -120), p(92, -66), p(96, 22), p(36, 104), p(-36, 104), p(-96, 22), p(-92, -66))
	c.oval(rgb(stripe), p(0, -4), 34*k, 112*k, 0)
	c.blob(glass(0xffffff, 0.22), p(-62, -74), p(-50, -30), p(-62, 30), p(-84, -10))
	c.box(rgb(0x5b4636), p(0, 106), 76*k, 12*k, 5*k, 0)
	if math.Sin(20*t+k*7) > 0 {
		c.leaf(rgb(0xffd166), p(0, 142), p(0, 108), 9*k)
	}
	c.box(rgb(0x8d5b3a), p(0, 162), 56*k, 40*k, 8*k, 0)
	c.box(rgb(0x6d4326), p(0, 148), 62*k, 10*k, 5*k, 0)
}

// pouring: a glass fills with coffee over milk. 16:9.
func pouring(c canvas, t float64) {
	c.sky(0xf7e7d3, 0xf1d9bd)
	c.disc(glass(0xffffff, 0.5), point{624, 300}, 280)
	c.box(rgb(0x9c6b4a), point{624, 660}, 1260, 130, 0, 0)
	c.box(rgb(0x87593c), point{624, 602}, 1260, 14, 0, 0)
	for i := range 3 { // beans
		p := place(point{250 + 62*float64(i), 636 + 10*float64(i%2)}, 1)
		c.oval(rgb(0x4a2c1d), p(0, 0), 26, 17, 0.4)
		c.stroke(rgb(0x7a4e33), p(-15, -6), p(15, 6), 4)
	}
	const left, right, top, foot = 484.0, 764.0, 250.0, 592.0
	c.oval(glass(0x4a2c1d, 0.3), point{624, 604}, 190, 16, 0)
	full := min(1, t*1.25)  // the pot is away at the end
	milk := foot - 14 - 120 // where milk ends and coffee begins
	level := milk - 24 - 126*full
	if full < 1 {
		c.box(rgb(0x5b3423), point{624, (150 + level) / 2}, 13+2*math.Sin(40*t), level-150, 6, 0)
	}
	c.box(rgb(0xfdf6ec), point{624, (milk + foot - 14) / 2}, 260, 120, 10, 0)
	c.box(rgb(0x7a4a2e), point{624, (level + milk) / 2}, 260, milk-level, 0, 0)
	c.box(rgb(0xd7b08c), point{624, milk}, 260, 26, 0, 0)
	for i := range 5 { // foam
		x := 530 + 47*float64(i)
		c.oval(rgb(0xe9cfae), point{x, level + 2*math.Sin(18*t+float64(i)*2)}, 30, 11, 0)
	}
	c.box(glass(0xffffff, 0.35), point{left + 34, 430}, 20, 280, 10, 0)
	for _, x := range []float64{left, right} {
		c.stroke(rgb(0xc8dbe6), point{x, top}, point{x, foot - 12}, 12)
	}
	c.box(rgb(0xc8dbe6), point{624, foot - 6}, 292, 22, 10, 0)
	if full < 1 {
		kettle(c, point{800 + 4*math.Sin(9*t), 104})
	} else {
		kettle(c, point{800 + 420*(t-0.8), 104 - 180*(t-0.8)})
		for i := -1; i <= 1; i++ {
			x, rise := 624+float64(i)*70, 60*(t-0.8)
			c.arc(glass(0xffffff, 0.8), point{x, 190 - rise}, 24, 9, math.Pi/2, math.Pi*3/2)
			c.arc(glass(0xffffff, 0.8), point{x, 142 - rise}, 24, 9, -math.Pi/2, math.Pi/2)
		}
	}
}

// kettle is a pot with a long spout at its left, tilted; its tip is 176 left and 46 below at.
func kettle(c canvas, at point) {
	p := place(at, 1)
	c.stroke(rgb(0x2d3748), p(-66, 30), p(-124, -10), 20)
	c.stroke(rgb(0x2d3748), p(-124, -10), p(-172, 40), 16)
	c.ring(rgb(0x1a202c), p(108, 2), 50, 17)
	c.polygon(rgb(0x2d3748), p(-52, -76), p(84, -50), p(96, 92), p(-92, 56))
	c.box(rgb(0x1a202c), p(18, -66), 150, 18, 9, 0.19)
	c.disc(rgb(0xd9a066), p(24, -86), 14)
}

// camp: a tent in its own light at a lake; the fire burns and a star falls. 16:9.
func camp(c canvas, t float64) {
	c.sky(0x0b132b, 0x1c2b55, 0x3a4f86, 0x7d7fb0)
	r := dice(161)
	for i := range 70 {
		at, size, phase := point{r.Float64() * 1248, r.Float64() * 330}, 1.4+2*r.Float64(), r.Float64()*6
		light := 0.75
		if i%9 == 0 { // some twinkle
			light = 0.55 + 0.45*math.Sin(phase+14*t)
		}
		c.disc(glass(0xffffff, light), at, size)
	}
	if fall := (t - 0.25) / 0.3; fall > 0 && fall < 1 {
		head := point{980 - 420*fall, 60 + 190*fall}
		tail := min(1, fall*3) * 110
		c.stroke(glass(0xffffff, 0.35), head, point{head.x + tail, head.y - tail*0.45}, 5)
		c.disc(rgb(0xffffff), head, 6)
	}
	c.peak(rgb(0x27375e), rgb(0x1f2c4e), rgb(0x9fb0d6), point{300, 230}, 360, 480)
	c.peak(rgb(0x22315a), rgb(0x1a2646), rgb(0x8fa2cc), point{860, 270}, 400, 480)
	c.box(rgb(0x24386b), point{624, 590}, 1260, 230, 0, 0)
	for i := range 8 {
		x := 120 + 150*float64(i) + 12*math.Sin(6*t+float64(i))
		c.stroke(glass(0xaebbe6, 0.3), point{x, 500 + 11*float64(i%4)}, point{x + 60, 500 + 11*float64(i%4)}, 4)
	}
	c.hills(rgb(0x101a33), 610, 40, 1.1, 0.4)
	c.disc(glass(0xffb84d, 0.16), point{450, 560}, 210)
	c.polygon(rgb(0xf2a541), point{430, 400}, point{600, 640}, point{270, 640})
	c.polygon(rgb(0xc97b2c), point{430, 400}, point{640, 620}, point{600, 640})
	c.polygon(rgb(0xffe3a3), point{430, 452}, point{486, 640}, point{374, 640})
	c.stroke(rgb(0x5b3a1b), point{430, 400}, point{430, 640}, 5)
	m := point{800, 630} // the fire
	c.disc(glass(0xff9d3c, 0.15), point{m.x, m.y - 40}, 150+6*math.Sin(22*t))
	flicker := func(i float64) float64 { return 14 * math.Sin(26*t+2.2*i) }
	c.leaf(rgb(0xe4572e), point{m.x - 26, m.y}, point{m.x - 34 + flicker(0)/2, m.y - 80 + flicker(1)}, 26)
	c.leaf(rgb(0xe4572e), point{m.x + 26, m.y}, point{m.x + 36 + flicker(2)/2, m.y - 86 + flicker(3)}, 26)
	c.leaf(rgb(0xf79824), point{m.x, m.y + 4}, point{m.x + flicker(4), m.y - 120 + flicker(5)}, 34)
	c.leaf(rgb(0xffe08a), point{m.x, m.y + 4}, point{m.x + flicker(4)/2, m.y - 70 + flicker(6)}, 18)
	c.stroke(rgb(0x4a2f1b), point{m.x - 60, m.y + 16}, point{m.x + 60, m.y - 2}, 17)
	c.stroke(rgb(0x5b3a1b), point{m.x - 60, m.y - 2}, point{m.x + 60, m.y + 16}, 17)
	for i := range 4 { // sparks
		up := math.Mod(t*2.2+float64(i)*0.27, 1)
		c.disc(glass(0xffd98a, 1-up), point{m.x + 36*math.Sin(float64(i)*2+5*up), m.y - 90 - 150*up}, 4)
	}
}

// lastTram: a street at night; a tram comes and stops, and someone waits under a red umbrella. 3:4.
func lastTram(c canvas, t float64) {
	c.sky(0x101a33, 0x22335c, 0x4d4a7d, 0xb8728a)
	c.crescent(rgb(0xf6ead0), point{670, 210}, 66, 0.6)
	r := dice(171)
	lit := func(int) bool { return r.IntN(5) == 0 }
	for i := range 7 {
		c.tower(rgb(0x1a2646), glass(0xffd98a, 0.85), float64(i)*136-20, 380+150*math.Abs(math.Sin(float64(i)*1.9+0.6)), 112, 800, lit)
	}
	c.box(rgb(0x141d38), point{450, 990}, 920, 440, 0, 0)
	c.box(rgb(0x2b365c), point{450, 862}, 920, 8, 0, 0) // rails
	c.box(rgb(0x2b365c), point{450, 896}, 920, 8, 0, 0)
	c.stroke(rgb(0x0b1226), point{-10, 520}, point{910, 520}, 4) // the wire

	stop := 1 - (1-min(1, t/0.7))*(1-min(1, t/0.7)) // it slows down
	tram(c, point{-560 + 980*stop, 740})

	c.box(rgb(0x202b4d), point{450, 1070}, 920, 280, 0, 0) // the platform
	c.box(rgb(0x3a4672), point{450, 936}, 920, 12, 0, 0)
	const lamp = 130
	c.disc(glass(0xffe8a3, 0.22), point{lamp, 560}, 96)
	c.disc(rgb(0xffe8a3), point{lamp, 560}, 26)
	c.box(rgb(0x0b1226), point{lamp, 790}, 13, 420, 4, 0)
	sway := 5 * math.Sin(7*t)
	m := point{640 + sway, 720}
	c.dome(rgb(0xd62246), m, 170)
	for _, i := range []float64{-1, 1} {
		c.leaf(glass(0xff8fa3, 0.5), point{m.x, m.y - 170}, point{m.x + i*82, m.y - 8}, 15)
	}
	c.stroke(rgb(0x0b1226), point{m.x, m.y - 180}, point{m.x - sway, m.y + 160}, 8)
	p := place(point{600, 880}, 1)
	c.box(rgb(0xf2c9a8), p(0, -60), 20, 40, 8, 0)
	c.disc(rgb(0x3b2416), p(0, -92), 36)
	c.polygon(rgb(0xf4d6a0), p(-38, -50), p(38, -50), p(62, 130), p(-62, 130))
	c.stroke(rgb(0xf4d6a0), p(30, -36), p(42, -6), 22)
	for _, d := range []float64{-22, 22} {
		c.stroke(rgb(0x0b1226), p(d, 130), p(d, 206), 20)
	}
	for range 28 { // rain, in the light of the lamp and the tram
		x, fall := 900*r.Float64(), math.Mod(r.Float64()+t*3, 1)
		c.stroke(glass(0xcfe3f7, 0.5), point{x - 40*fall, 240 + 680*fall}, point{x - 40*fall - 7, 270 + 680*fall}, 3)
	}
}

// tram is seen from its side, its middle at.
func tram(c canvas, at point) {
	p := place(at, 1)
	c.stroke(rgb(0x0b1226), p(-40, -128), p(10, -220), 7)
	c.box(rgb(0xf2efe6), p(0, -40), 560, 176, 34, 0)
	c.box(rgb(0x2f6f8f), p(0, 42), 560, 96, 20, 0)
	c.box(rgb(0xe4a83a), p(0, 2), 560, 14, 0, 0)
	for i := range 5 {
		c.box(rgb(0xffe9ad), p(-212+106*float64(i), -52), 82, 88, 12, 0)
	}
	for _, x := range []float64{-159, 159} { // people
		c.disc(rgb(0x56455e), p(x-50, -40), 17)
		c.box(rgb(0x56455e), p(x-50, -16), 48, 30, 12, 0)
	}
	c.disc(rgb(0xfff6cf), p(262, 36), 17)
	c.box(rgb(0x0b1226), p(0, 92), 500, 16, 6, 0)
	for _, x := range []float64{-170, 170} {
		c.disc(rgb(0x0b1226), p(x, 104), 30)
		c.disc(rgb(0x8fa3bd), p(x, 104), 11)
	}
}
