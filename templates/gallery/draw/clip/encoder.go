package clip

import "math"

// encoder codes one picture.
type encoder struct {
	source *frame
	before *frame // the source of the picture before; nil: there is none, and the picture stands by itself
	last   *frame // what decoders show of the picture before
	shown  *frame // what they show of this one, as far as it is coded
	qp     int
	lambda int    // what a bit is worth in squared differences
	counts counts // of coefficients
}

func newEncoder(source, before, last *frame, qp int) *encoder {
	e := &encoder{source: source, before: before, last: last, qp: qp, shown: emptyFrame(source.across, source.down), counts: newCounts(source.across, source.down)}
	e.lambda = int(math.Round(0.85 * math.Pow(2, float64(qp-12)/3)))
	return e
}

// counts are the numbers of coefficients of all blocks of four by four, by plane.
type counts struct {
	n      [3][]int
	across [3]int
}

func newCounts(across, down int) (c counts) {
	for p := range c.n {
		side := sideOf(p) / 4
		c.n[p], c.across[p] = make([]int, across*side*down*side), across*side
	}
	return c
}

// expected is nC: the mean of the left and the upper block, as far as they exist (9.2.1).
func (c *counts) expected(p, x, y int) int {
	at := y*c.across[p] + x
	switch {
	case x > 0 && y > 0:
		return (c.n[p][at-1] + c.n[p][at-c.across[p]] + 1) / 2
	case x > 0:
		return c.n[p][at-1]
	case y > 0:
		return c.n[p][at-c.across[p]]
	}
	return 0
}

// set notes the count of a block.
func (c *counts) set(p, x, y, n int) { c.n[p][y*c.across[p]+x] = n }

// fill notes the same count for all blocks of a macroblock.
func (c *counts) fill(mx, my, n int) {
	for p := range c.n {
		side := sideOf(p) / 4
		for i := range side * side {
			c.set(p, mx*side+i%side, my*side+i/side, n)
		}
	}
}

// read gives the counts of a macroblock.
func (c *counts) read(mx, my int) (out [3][]int) {
	for p := range c.n {
		side := sideOf(p) / 4
		for i := range side * side {
			out[p] = append(out[p], c.n[p][(my*side+i/side)*c.across[p]+mx*side+i%side])
		}
	}
	return out
}

func (c *counts) write(mx, my int, from [3][]int) {
	for p := range c.n {
		side := sideOf(p) / 4
		for i, n := range from[p] {
			c.set(p, mx*side+i%side, my*side+i/side, n)
		}
	}
}

// choice is a macroblock as it may be coded.
type choice struct {
	skip   bool // nothing is coded: it stays as it was
	bits   bitWriter
	pixels pixels
	counts [3][]int
	cost   int
}

// maxMacroblockBits is the most that a coded macroblock may take (annex A.3.1); what takes more is sent as it is.
const maxMacroblockBits = 3200

// picture codes the picture and returns its sample: length and NAL unit. number counts from 0.
func (e *encoder) picture(number int) []byte {
	w := slice(number)
	skipped := 0
	for my := range e.source.down {
		for mx := range e.source.across {
			c := e.choose(mx, my)
			e.shown.set(mx, my, c.pixels)
			e.counts.write(mx, my, c.counts)
			if c.skip {
				skipped++
				continue
			}
			if e.last != nil {
				w.ue(skipped)
				skipped = 0
			}
			if len(c.bits.data) == 0 { // as it is: bytes begin at the slice's next one, so it could not be written before
				e.plain(w, c.pixels)
			} else {
				w.add(&c.bits)
			}
		}
	}
	if skipped > 0 {
		w.ue(skipped)
	}
	w.end()
	kind := byte(unitSlice)
	if e.last == nil {
		kind = unitIDR
	}
	u := unit(kind, w.data)
	return append([]byte{byte(len(u) >> 24), byte(len(u) >> 16), byte(len(u) >> 8), byte(len(u))}, u...)
}

// choose finds the cheapest way to code a macroblock.
func (e *encoder) choose(mx, my int) *choice {
	want := e.source.take(mx, my)
	blank := newCounts(1, 1)
	var best *choice
	if e.last != nil {
		stay := e.last.take(mx, my)
		best = &choice{skip: true, pixels: stay, counts: blank.n}
		if e.source.same(e.before, mx, my) {
			return best
		}
		best.cost = stay.distance(want)
		e.consider(&best, e.changed(mx, my, want, stay), want)
	}
	e.consider(&best, e.intra(mx, my, want), want)
	if best == nil || best.bits.n > maxMacroblockBits {
		blank.fill(0, 0, 16)
		best = &choice{pixels: want, counts: blank.n}
	}
	return best
}

func (e *encoder) consider(best **choice, c *choice, want pixels) {
	c.cost = c.pixels.distance(want) + e.lambda*c.bits.n
	if *best == nil || c.cost < (*best).cost {
		*best = c
	}
}

// Types of macroblocks (tables 7-11 and 7-13). Those of I pictures are five higher in P pictures.
const (
	typeChanged = 0
	typeIntra   = 1
	typePlain   = 25
	typesInP    = 5
)

// kind writes mb_type of a macroblock that stands by itself.
func (e *encoder) kind(w *bitWriter, t int) {
	if e.last != nil {
		t += typesInP
	}
	w.ue(t)
}

// plain writes a macroblock as it is (I_PCM).
func (e *encoder) plain(w *bitWriter, m pixels) {
	e.kind(w, typePlain)
	w.align()
	for _, plane := range m {
		for _, v := range plane {
			w.put(uint32(v), 8)
		}
	}
}
