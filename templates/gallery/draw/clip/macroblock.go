package clip

// changed codes what differs from the same place of the picture before (P_L0_16x16 without motion).
func (e *encoder) changed(mx, my int, want, base pixels) *choice {
	q := quantizer{e.qp, 6}
	c := &choice{pixels: newPixels()}
	var luma [16]square // in the order of writing
	pattern := 0        // coded_block_pattern
	for i := range luma {
		x, y := place(i)
		luma[i] = difference(want[0], base[0], block, x, y)
		luma[i].forward()
		q.quantize(&luma[i])
		if luma[i] != (square{}) {
			pattern |= 1 << (i / 4)
		}
	}
	col := q.colours(want, base)
	pattern |= col.pattern << 4

	w := &c.bits
	w.ue(typeChanged)
	w.se(0) // the motion is as expected: none
	w.se(0)
	w.ue(interPattern[pattern])
	if pattern != 0 {
		w.se(0) // same quantizer
	}
	for i, s := range luma {
		x, y := place(i)
		n := 0
		if pattern>>(i/4)&1 != 0 {
			n = residual(w, s.scan(0), e.counts.expected(0, mx*4+x, my*4+y))
		}
		e.counts.set(0, mx*4+x, my*4+y, n)
		q.restore(&s)
		s.add(base[0], c.pixels[0], block, x, y)
	}
	e.writeColours(w, mx, my, q, col, base, c.pixels)
	c.counts = e.counts.read(mx, my)
	return c
}

// intra codes a macroblock by what is above and left of it (I_16x16).
func (e *encoder) intra(mx, my int, want pixels) *choice {
	q := quantizer{e.qp, 3}
	c := &choice{pixels: newPixels()}
	base := newPixels()
	mode := bestGuess(want[0], base[0], guesses(e.shown.planes[0], mx, my))
	base[1], base[2] = make([]uint8, 64), make([]uint8, 64)
	colourMode := e.guessColours(mx, my, want, base)

	var luma [16]square // in the order of writing, without DC
	var dc square       // row by row
	more := 0           // whether there is more than DC
	for i := range luma {
		x, y := place(i)
		s := difference(want[0], base[0], block, x, y)
		s.forward()
		dc[y*4+x] = s[0]
		q.quantize(&s)
		s[0] = 0
		luma[i] = s
		if s != (square{}) {
			more = 1
		}
	}
	dc.hadamard()
	for i, v := range dc {
		dc[i] = q.scale(v>>1, 0, 1)
	}
	col := q.colours(want, base)

	w := &c.bits
	e.kind(w, typeIntra+mode+4*col.pattern+12*more)
	w.ue(colourMode)
	w.se(0) // same quantizer
	residual(w, dc.scan(0), e.counts.expected(0, mx*4, my*4))
	dc.hadamard()
	for i, s := range luma {
		x, y := place(i)
		n := 0
		if more != 0 {
			n = residual(w, s.scan(1), e.counts.expected(0, mx*4+x, my*4+y))
		}
		e.counts.set(0, mx*4+x, my*4+y, n)
		q.restore(&s)
		s[0] = q.restoreDC(dc[y*4+x])
		s.add(base[0], c.pixels[0], block, x, y)
	}
	e.writeColours(w, mx, my, q, col, base, c.pixels)
	c.counts = e.counts.read(mx, my)
	return c
}

// coloured are the quantized colours of a macroblock.
type coloured struct {
	dc      [2][4]int
	rest    [2][4]square
	pattern int // 0: nothing; 1: only DC; 2: more
}

func (q quantizer) colours(want, base pixels) (c coloured) {
	for k := range c.dc {
		var dc [4]int
		for i := range dc {
			s := difference(want[k+1], base[k+1], block/2, i%2, i/2)
			s.forward()
			dc[i] = s[0]
			q.quantize(&s)
			s[0] = 0
			c.rest[k][i] = s
			if s != (square{}) {
				c.pattern = 2
			}
		}
		for i, v := range hadamard2(dc) {
			if c.dc[k][i] = q.scale(v, 0, 1); c.dc[k][i] != 0 {
				c.pattern = max(c.pattern, 1)
			}
		}
	}
	return c
}

// writeColours writes the colours' coefficients and adds them to base in out.
func (e *encoder) writeColours(w *bitWriter, mx, my int, q quantizer, c coloured, base, out pixels) {
	if c.pattern > 0 {
		for k := range c.dc {
			residual(w, c.dc[k][:], -1)
		}
	}
	for k := range c.dc {
		dc := hadamard2(c.dc[k])
		for i, s := range c.rest[k] {
			x, y, n := i%2, i/2, 0
			if c.pattern == 2 {
				n = residual(w, s.scan(1), e.counts.expected(k+1, mx*2+x, my*2+y))
			}
			e.counts.set(k+1, mx*2+x, my*2+y, n)
			q.restore(&s)
			s[0] = q.restoreDC2(dc[i])
			s.add(base[k+1], out[k+1], block/2, x, y)
		}
	}
}

// place is where the i-th square of a macroblock stands: they are written by quarters (figure 6-10).
func place(i int) (x, y int) { return i>>2&1<<1 | i&1, i>>3&1<<1 | i>>1&1 }

// difference is what the square at x, y of want has more than that of base.
func difference(want, base []uint8, stride, x, y int) (s square) {
	for i := range s {
		at := (4*y+i/4)*stride + 4*x + i%4
		s[i] = int(want[at]) - int(base[at])
	}
	return s
}

// scan lists the coefficients in the order of writing, without the first ones.
func (s *square) scan(without int) []int {
	out := make([]int, 16)
	for i, at := range zigzag {
		out[i] = s[at]
	}
	return out[without:]
}

// add transforms the coefficients back and adds them to the square at x, y of base in out.
func (s *square) add(base, out []uint8, stride, x, y int) {
	s.inverse()
	for i, v := range s {
		at := (4*y+i/4)*stride + 4*x + i%4
		out[at] = uint8(min(max(int(base[at])+v, 0), 255))
	}
}

// interPattern is the code of a coded_block_pattern in a macroblock that refers to the picture before (table 9-4).
var interPattern = func() (codes [48]int) {
	for code, pattern := range [48]int{
		0, 16, 1, 2, 4, 8, 32, 3, 5, 10, 12, 15, 47, 7, 11, 13, 14, 6, 9, 31, 35, 37, 42, 44,
		33, 34, 36, 40, 39, 43, 45, 46, 17, 18, 20, 24, 19, 21, 26, 28, 23, 27, 29, 30, 22, 25, 38, 41,
	} {
		codes[pattern] = code
	}
	return codes
}()
