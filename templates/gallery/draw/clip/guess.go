package clip

// guess is what a decoder expects in a macroblock that stands by itself, from the pixels around it.
type guess struct {
	mode   int
	pixels []uint8
}

// Modes of Intra_16x16 prediction (table 8-4).
const (
	modeVertical   = 0
	modeHorizontal = 1
	modeMean       = 2
)

// colourModes are the same modes as colours number them (table 8-5).
var colourModes = [3]int{modeVertical: 2, modeHorizontal: 1, modeMean: 0}

// edge is the line above a macroblock, or the column left of it; nil if the picture ends there.
func (p plane) above(mx, my, side int) []uint8 {
	if my == 0 {
		return nil
	}
	at := (my*side-1)*p.stride + mx*side
	return p.pix[at : at+side]
}

func (p plane) left(mx, my, side int) []uint8 {
	if mx == 0 {
		return nil
	}
	out := make([]uint8, side)
	for y := range out {
		out[y] = p.pix[(my*side+y)*p.stride+mx*side-1]
	}
	return out
}

// straight are the guesses that go on with the line above or with the column at the left.
func straight(above, left []uint8, side int) (out []guess) {
	if above != nil {
		g := guess{modeVertical, nil}
		for range side {
			g.pixels = append(g.pixels, above...)
		}
		out = append(out, g)
	}
	if left != nil {
		g := guess{modeHorizontal, make([]uint8, side*side)}
		for i := range g.pixels {
			g.pixels[i] = left[i/side]
		}
		out = append(out, g)
	}
	return out
}

// guesses are those for the brightness of a macroblock.
func guesses(p plane, mx, my int) []guess {
	above, left := p.above(mx, my, block), p.left(mx, my, block)
	g := guess{modeMean, make([]uint8, block*block)}
	m := mean(above, left)
	for i := range g.pixels {
		g.pixels[i] = m
	}
	return append(straight(above, left, block), g)
}

// mean is that of all pixels, rounded; 128 without any.
func mean(lists ...[]uint8) uint8 {
	sum, n := 0, 0
	for _, l := range lists {
		for _, v := range l {
			sum, n = sum+int(v), n+1
		}
	}
	if n == 0 {
		return 128
	}
	return uint8((sum + n/2) / n)
}

// colourGuesses are those for a colour of a macroblock. Each quarter has a mean of its own (8.3.4).
func colourGuesses(p plane, mx, my int) []guess {
	const side, half = block / 2, block / 4
	above, left := p.above(mx, my, side), p.left(mx, my, side)
	part := func(line []uint8, i int) []uint8 {
		if line == nil {
			return nil
		}
		return line[i*half : (i+1)*half]
	}
	g := guess{modeMean, make([]uint8, side*side)}
	for q := range 4 {
		x, y := q%2, q/2
		a, l := part(above, x), part(left, y)
		switch { // the quarters off the diagonal look only at the nearer side, if there is one
		case x > y && a != nil:
			l = nil
		case y > x && l != nil:
			a = nil
		}
		m := mean(a, l)
		for i := range half * half {
			g.pixels[(y*half+i/half)*side+x*half+i%half] = m
		}
	}
	return append(straight(above, left, side), g)
}

// bestGuess copies the guess that is nearest to want to out and returns its mode.
func bestGuess(want, out []uint8, from []guess) int {
	best, least := guess{}, -1
	for _, g := range from {
		if d := far(want, g.pixels); least < 0 || d < least {
			best, least = g, d
		}
	}
	copy(out, best.pixels)
	return best.mode
}

// guessColours puts the best guess for both colours, which have one mode, into out and returns the mode.
func (e *encoder) guessColours(mx, my int, want, out pixels) int {
	blue, red := colourGuesses(e.shown.planes[1], mx, my), colourGuesses(e.shown.planes[2], mx, my)
	best, least := 0, -1
	for i := range blue {
		if d := far(want[1], blue[i].pixels) + far(want[2], red[i].pixels); least < 0 || d < least {
			best, least = i, d
		}
	}
	copy(out[1], blue[best].pixels)
	copy(out[2], red[best].pixels)
	return colourModes[blue[best].mode]
}

// far is the sum of the differences.
func far(a, b []uint8) (sum int) {
	for i, v := range a {
		d := int(v) - int(b[i])
		sum += max(d, -d)
	}
	return sum
}
