// Command draw makes the pictures and films of the built-in gallery: go generate ./templates. The same program always writes the same files. Pictures that were
// released keep their number and their look for ever; a new look is a new number.
package main

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
)

func main() {
	if err := run("gallery"); err != nil {
		fmt.Fprintln(os.Stderr, "draw:", err)
		os.Exit(1)
	}
}

// picture is a picture of the gallery, named by its aim_resource_id.
type picture struct {
	id   string
	draw func() canvas
}

var pictures = append([]picture{
	{"600000000000000001", spring},
	{"600000000000000002", coupons},
	{"600000000000000003", redPacket},
	{"600000000000000004", parcel},
	{"600000000000000005", member},
	{"600000000000000006", seaside},
	{"600000000000000007", appointment},
	{"600000000000000008", lantern},
	{"600000000000000009", shelf},
	{"600000000000000010", bookMoon},
	{"600000000000000011", bookLeaf},
	{"600000000000000012", bookWave},
	{"600000000000000013", mug},
	{"600000000000000014", deskLamp},
	{"600000000000000015", armchair},
	{"600000000000000016", envelope},
	{"600000000000000017", plum},
	{"600000000000000018", bill},
	{"600000000000000019", orange},
	{"600000000000000020", strawberry},
	{"600000000000000021", avocado},
	{"600000000000000022", cupcake},
	{"600000000000000023", iceCream},
	{"600000000000000024", donut},
	{"600000000000000025", sunflower},
	{"600000000000000026", tulips},
	{"600000000000000027", rose},
	{"600000000000000028", snow},
	{"600000000000000029", dunes},
	{"600000000000000030", lake},
	{"600000000000000031", circles},
	{"600000000000000032", waves},
	{"600000000000000033", paperCut},
	{"600000000000000034", coffeeLogo},
	{"600000000000000035", cakeLogo},
	{"600000000000000036", juiceLogo},
	{"600000000000000037", flight},
	{"600000000000000038", train},
	{"600000000000000039", coach},
	{"600000000000000040", airline},
	{"600000000000000041", nightMarket},
	{"600000000000000042", skyline},
	{"600000000000000043", umbrella},
	{"600000000000000044", perfume},
	{"600000000000000045", suitcase},
}, covers()...)

func run(folder string) error {
	for _, p := range pictures {
		var b bytes.Buffer
		e := png.Encoder{CompressionLevel: png.BestCompression}
		if err := e.Encode(&b, p.draw()); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, p.id+".png"), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	for _, f := range films {
		data, err := f.encode()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, f.id+".mp4"), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// dice gives every picture its own repeatable chance.
func dice(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// spring: morning hills, petals, a shopping bag. 16:9.
func spring() canvas {
	c := newCanvas(1248, 702)
	c.sky(0xffd9e2, 0xffe9d6, 0xfff6e6)
	c.disc(glass(0xffffff, 0.35), point{930, 230}, 210)
	c.disc(glass(0xffffff, 0.45), point{930, 230}, 150)
	c.disc(rgb(0xfff3c4), point{930, 230}, 96)
	c.hills(rgb(0xf7b7c5), 500, 90, 1.3, 0.6)
	c.hills(rgb(0xf08fa9), 560, 80, 1.7, 2.1)
	c.hills(rgb(0xd9688a), 630, 60, 2.2, 4.0)
	r := dice(7)
	for range 46 {
		at := point{r.Float64() * 1248, r.Float64() * 600}
		size := 7 + r.Float64()*13
		c.oval(glass(0xf2849e, 0.55+0.4*r.Float64()), at, size, size*0.55, r.Float64()*math.Pi)
	}
	bag(c, point{360, 400}, 1.25, 0xffffff, 0xe85d75)
	bag(c, point{575, 470}, 0.85, 0xe85d75, 0xfff3c4)
	return c
}

// bag is a shopping bag with a heart-shaped sign, its bottom middle near at.
func bag(c canvas, at point, k float64, body, sign uint32) {
	w, h := 190*k, 220*k
	c.oval(glass(0x8a2f4b, 0.25), point{at.x, at.y + h/2 + 4*k}, w*0.62, 16*k, 0)
	c.ring(rgb(sign), point{at.x, at.y - h/2}, 44*k, 11*k)
	c.polygon(rgb(body), point{at.x - w*0.46, at.y - h*0.5}, point{at.x + w*0.46, at.y - h*0.5}, point{at.x + w*0.55, at.y + h*0.5}, point{at.x - w*0.55, at.y + h*0.5})
	c.polygon(glass(0x000000, 0.06), point{at.x + w*0.2, at.y - h*0.5}, point{at.x + w*0.46, at.y - h*0.5}, point{at.x + w*0.55, at.y + h*0.5}, point{at.x + w*0.26, at.y + h*0.5})
	m := point{at.x - w*0.04, at.y + h*0.06}
	c.disc(rgb(sign), point{m.x - 19*k, m.y - 12*k}, 22*k)
	c.disc(rgb(sign), point{m.x + 19*k, m.y - 12*k}, 22*k)
	c.polygon(rgb(sign), point{m.x - 40*k, m.y - 4*k}, point{m.x + 40*k, m.y - 4*k}, point{m.x, m.y + 42*k})
}

// coupons: two tickets in a night sky of confetti. 16:9.
func coupons() canvas {
	c := newCanvas(1248, 702)
	c.sky(0x2b1a6b, 0x4a2fb0, 0x7b54e0)
	c.disc(glass(0x9d7bff, 0.25), point{1050, 120}, 280)
	c.disc(glass(0x9d7bff, 0.2), point{160, 640}, 320)
	confetti(c, dice(11), 60, 0xffd166, 0xff7aa2, 0x7ef0d4, 0xffffff)
	ticket(c, point{690, 330}, 620, 250, 0.16, 0xff7aa2, 0xffffff)
	ticket(c, point{570, 390}, 680, 280, -0.09, 0xffffff, 0xff5c8a)
	return c
}

func confetti(c canvas, r *rand.Rand, n int, colours ...uint32) {
	b := c.Bounds()
	for range n {
		at := point{r.Float64() * float64(b.Dx()), r.Float64() * float64(b.Dy())}
		col := glass(colours[r.IntN(len(colours))], 0.85)
		if r.IntN(3) == 0 {
			c.disc(col, at, 4+r.Float64()*5)
		} else {
			c.box(col, at, 10+r.Float64()*16, 7, 3, r.Float64()*math.Pi)
		}
	}
}

// ticket is a voucher with notches, a tear line and the currency sign.
func ticket(c canvas, mid point, w, h, angle float64, paper, ink uint32) {
	sin, cos := math.Sincos(angle)
	to := func(x, y float64) point { return point{mid.x + x*cos - y*sin, mid.y + x*sin + y*cos} }
	c.box(glass(0x12083a, 0.3), to(8, 18), w, h, 26, angle)
	tear := w * 0.2
	c.fill(rgb(paper), func(p path) {
		x, y, r := w/2, h/2, 24.0
		p.move(to(-x+26, -y))
		p.line(to(tear-r, -y))
		p.curve(to(tear-r, -y+r*1.3), to(tear+r, -y+r*1.3), to(tear+r, -y))
		p.line(to(x-26, -y))
		p.curve(to(x-10, -y), to(x, -y+10), to(x, -y+26))
		p.line(to(x, y-26))
		p.curve(to(x, y-10), to(x-10, y), to(x-26, y))
		p.line(to(tear+r, y))
		p.curve(to(tear+r, y-r*1.3), to(tear-r, y-r*1.3), to(tear-r, y))
		p.line(to(-x+26, y))
		p.curve(to(-x+10, y), to(-x, y-10), to(-x, y-26))
		p.line(to(-x, -y+26))
		p.curve(to(-x, -y+10), to(-x+10, -y), to(-x+26, -y))
		p.close()
	})
	for i := -4; i <= 4; i++ {
		c.box(glass(ink, 0.5), to(tear, float64(i)*h*0.08), 5, h*0.045, 2.5, angle)
	}
	c.disc(rgb(ink), to(-w*0.24, 0), h*0.3)
	c.yen(rgb(paper), to(-w*0.24, 0), h*0.32)
	for i, width := range []float64{0.22, 0.15, 0.18} {
		c.stroke(glass(ink, 0.8-0.22*float64(i)), to(-w*0.08, h*(-0.17+0.17*float64(i))), to(-w*0.08+w*width, h*(-0.17+0.17*float64(i))), 15)
	}
	c.star(rgb(ink), to(w*0.35, 0), h*0.17, h*0.08, 5, angle)
}

// redPacket: an envelope with a coin. 1:1.
func redPacket() canvas {
	c := newCanvas(640, 640)
	c.sky(0xff8a5c, 0xf2553d, 0xd7263d)
	for i := range 12 {
		a := float64(i) * math.Pi / 6
		sin, cos := math.Sincos(a)
		sin2, cos2 := math.Sincos(a + 0.16)
		c.polygon(glass(0xffe3a3, 0.14), point{320, 330}, point{320 + 600*cos, 330 + 600*sin}, point{320 + 600*cos2, 330 + 600*sin2})
	}
	c.box(glass(0x6d0b1a, 0.35), point{326, 352}, 330, 430, 34, 0)
	c.box(rgb(0xe0243b), point{320, 335}, 330, 430, 34, 0)
	c.fill(rgb(0xf4455a), func(p path) {
		p.move(point{155, 154})
		p.curve(point{155, 136}, point{171, 120}, point{189, 120})
		p.line(point{451, 120})
		p.curve(point{469, 120}, point{485, 136}, point{485, 154})
		p.line(point{485, 240})
		p.curve(point{420, 330}, point{220, 330}, point{155, 240})
		p.close()
	})
	c.disc(glass(0x6d0b1a, 0.3), point{320, 312}, 78)
	c.disc(rgb(0xffd166), point{320, 304}, 78)
	c.ring(rgb(0xf6b93b), point{320, 304}, 64, 6)
	c.yen(rgb(0xc8671b), point{320, 304}, 70)
	for i := range 3 {
		c.stroke(glass(0xffd9a0, 0.55), point{255 + 16*float64(i), 440 + 30*float64(i)}, point{385 - 16*float64(i), 440 + 30*float64(i)}, 9)
	}
	return c
}

// parcel: a box on its way to a pin. 3:1.
func parcel() canvas {
	c := newCanvas(1120, 372)
	c.sky(0x0f766e, 0x14a098, 0x5eead4)
	c.hills(glass(0xffffff, 0.14), 300, 50, 1.6, 0.5)
	c.hills(glass(0xffffff, 0.18), 340, 36, 2.4, 2.6)
	for i := range 22 {
		t := float64(i) / 21
		at := point{390 + 440*t, 235 - 150*math.Sin(t*math.Pi)*0.8}
		c.disc(glass(0xffffff, 0.85), at, 5)
	}
	m := point{270, 215}
	c.oval(glass(0x04302c, 0.3), point{m.x, m.y + 92}, 120, 14, 0)
	c.polygon(rgb(0xd9a066), point{m.x - 105, m.y - 50}, point{m.x, m.y - 14}, point{m.x, m.y + 92}, point{m.x - 105, m.y + 52})
	c.polygon(rgb(0xb97f45), point{m.x + 105, m.y - 50}, point{m.x, m.y - 14}, point{m.x, m.y + 92}, point{m.x + 105, m.y + 52})
	c.polygon(rgb(0xedc08b), point{m.x - 105, m.y - 50}, point{m.x, m.y - 88}, point{m.x + 105, m.y - 50}, point{m.x, m.y - 14})
	c.polygon(rgb(0xfff1d6), point{m.x - 66, m.y - 64}, point{m.x - 40, m.y - 73}, point{m.x + 66, m.y - 36}, point{m.x + 40, m.y - 27})
	c.polygon(glass(0xfff1d6, 0.8), point{m.x + 40, m.y - 27}, point{m.x + 66, m.y - 36}, point{m.x + 66, m.y + 4}, point{m.x + 40, m.y + 14})
	pin := point{860, 150}
	c.oval(glass(0x04302c, 0.3), point{pin.x, pin.y + 148}, 58, 11, 0)
	c.polygon(rgb(0xff6b6b), point{pin.x - 62, pin.y + 28}, point{pin.x + 62, pin.y + 28}, point{pin.x, pin.y + 146})
	c.disc(rgb(0xff6b6b), pin, 70)
	c.disc(rgb(0xffffff), pin, 30)
	return c
}

// member: a crown in a badge. 1:1.
func member() canvas {
	c := newCanvas(480, 480)
	c.sky(0x0b3b2e, 0x0f5a45, 0x14785a)
	c.disc(glass(0xf3d27a, 0.16), point{240, 240}, 215)
	c.ring(rgb(0xf3d27a), point{240, 240}, 176, 8)
	c.ring(glass(0xf3d27a, 0.6), point{240, 240}, 158, 3)
	c.polygon(rgb(0xf3d27a), point{140, 300}, point{122, 182}, point{186, 238}, point{240, 150}, point{294, 238}, point{358, 182}, point{340, 300})
	c.box(rgb(0xe0b64f), point{240, 320}, 204, 26, 10, 0)
	for _, p := range []point{{122, 176}, {240, 142}, {358, 176}} {
		c.disc(rgb(0xfff1c9), p, 14)
	}
	for _, p := range []point{{186, 320}, {240, 320}, {294, 320}} {
		c.disc(rgb(0x0f5a45), p, 7)
	}
	return c
}

// seaside: sunset, mountains and a sail. 16:9.
func seaside() canvas {
	c := newCanvas(1248, 702)
	c.sky(0x1d3b73, 0x6a4c93, 0xf08a8b, 0xffc56e, 0xffe2a8)
	c.disc(glass(0xfff0c2, 0.3), point{624, 430}, 170)
	c.disc(rgb(0xfff0c2), point{624, 430}, 104)
	c.hills(rgb(0x7d5a8f), 430, 130, 0.9, 1.1)
	c.hills(rgb(0x54406f), 450, 70, 1.9, 3.3)
	sea := color.RGBA{0x1f, 0x5f, 0x8b, 255}
	for y := 452; y < 702; y++ {
		row := mix(sea, rgb(0x0b2a4a), float64(y-452)/250)
		c.box(row, point{624, float64(y) + 0.5}, 1260, 1, 0, 0)
	}
	r := dice(23)
	for range 34 {
		y := 470 + r.Float64()*200
		spread := 40 + (y-460)*0.9
		x := 624 + (r.Float64()-0.5)*2*spread
		c.stroke(glass(0xffdf9e, 0.55), point{x - 14 - r.Float64()*26, y}, point{x + 14 + r.Float64()*26, y}, 5)
	}
	b := point{870, 520}
	c.polygon(rgb(0xffffff), point{b.x, b.y - 190}, point{b.x, b.y - 20}, point{b.x - 104, b.y - 20})
	c.polygon(rgb(0xffe3d1), point{b.x + 12, b.y - 158}, point{b.x + 12, b.y - 20}, point{b.x + 84, b.y - 20})
	c.polygon(rgb(0xe85d4a), point{b.x - 118, b.y}, point{b.x + 108, b.y}, point{b.x + 70, b.y + 42}, point{b.x - 82, b.y + 42})
	c.stroke(glass(0xffffff, 0.4), point{b.x - 150, b.y + 56}, point{b.x + 130, b.y + 56}, 6)
	for _, g := range []point{{300, 180}, {372, 140}, {430, 204}} {
		c.stroke(rgb(0x2a2a4a), g, point{g.x - 22, g.y - 12}, 5)
		c.stroke(rgb(0x2a2a4a), g, point{g.x + 22, g.y - 12}, 5)
	}
	return c
}

// appointment: a calendar page and a clock. 3:1.
func appointment() canvas {
	c := newCanvas(1120, 372)
	c.sky(0x1e3a8a, 0x2563eb, 0x60a5fa)
	c.disc(glass(0xffffff, 0.08), point{120, 60}, 190)
	c.disc(glass(0xffffff, 0.08), point{1010, 340}, 230)
	m := point{440, 192}
	c.box(glass(0x0b1d4d, 0.35), point{m.x + 6, m.y + 12}, 270, 252, 24, 0)
	c.box(rgb(0xffffff), m, 270, 252, 24, 0)
	c.box(rgb(0xff6b6b), point{m.x, m.y - 98}, 270, 56, 24, 0)
	c.box(rgb(0xff6b6b), point{m.x, m.y - 84}, 270, 28, 0, 0)
	for _, x := range []float64{-70, 70} {
		c.box(rgb(0xdbeafe), point{m.x + x, m.y - 126}, 16, 48, 8, 0)
	}
	for i := range 12 {
		at := point{m.x - 84 + 56*float64(i%4), m.y - 34 + 52*float64(i/4)}
		col := rgb(0xdbeafe)
		if i == 6 {
			col = rgb(0x2563eb)
		}
		c.box(col, at, 36, 34, 8, 0)
	}
	k := point{730, 206}
	c.disc(glass(0x0b1d4d, 0.35), point{k.x + 5, k.y + 10}, 104)
	c.disc(rgb(0xffffff), k, 104)
	c.ring(rgb(0xfbbf24), k, 92, 12)
	c.stroke(rgb(0x1e3a8a), k, point{k.x, k.y - 58}, 11)
	c.stroke(rgb(0x1e3a8a), k, point{k.x + 42, k.y + 26}, 11)
	c.disc(rgb(0xff6b6b), k, 11)
	return c
}

// lantern: a festive lantern. 1:1.
func lantern() canvas {
	c := newCanvas(640, 640)
	c.sky(0x7a0f1f, 0xb3172e, 0xe2483d)
	r := dice(31)
	for range 40 {
		c.star(glass(0xffe3a3, 0.25+0.5*r.Float64()), point{r.Float64() * 640, r.Float64() * 640}, 5+r.Float64()*7, 2.4, 4, 0)
	}
	m := point{320, 300}
	c.disc(glass(0xffc861, 0.16), m, 250)
	c.disc(glass(0xffc861, 0.18), m, 205)
	c.stroke(rgb(0xf3c04f), point{m.x, 0}, point{m.x, m.y - 140}, 7)
	c.oval(rgb(0xff5a3c), m, 185, 138, 0)
	c.oval(rgb(0xff7b4f), m, 128, 138, 0)
	c.oval(rgb(0xff9d66), m, 64, 138, 0)
	c.box(rgb(0xf3c04f), point{m.x, m.y - 136}, 150, 28, 10, 0)
	c.box(rgb(0xf3c04f), point{m.x, m.y + 136}, 150, 28, 10, 0)
	for i := -3; i <= 3; i++ {
		x := m.x + float64(i)*18
		c.stroke(rgb(0xf3c04f), point{x, m.y + 150}, point{x, m.y + 230 + 16*math.Cos(float64(i))}, 6)
	}
	c.yen(rgb(0xfff1c9), m, 110)
	return c
}
