package clip

// square is a block of four by four, row by row.
type square [16]int

// zigzag is the order in which coefficients are written (figure 8-8).
var zigzag = [16]int{0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15}

// Multipliers of quantizing and of its inverse by quantizer modulo 6, for the three kinds of places in a block: both indices even, both odd, others (8.5.9).
var (
	shrink = [6][3]int{{13107, 5243, 8066}, {11916, 4660, 7490}, {10082, 4194, 6554}, {9362, 3647, 5825}, {8192, 3355, 5243}, {7282, 2893, 4559}}
	grow   = [6][3]int{{10, 16, 13}, {11, 18, 14}, {13, 20, 16}, {14, 23, 18}, {16, 25, 20}, {18, 29, 23}}
)

func kindOf(i int) int {
	switch x, y := i%4, i/4; {
	case x%2 == 0 && y%2 == 0:
		return 0
	case x%2 == 1 && y%2 == 1:
		return 1
	}
	return 2
}

// forward is the core transform.
func (s *square) forward() {
	step := func(at, by int) {
		a, b, c, d := s[at], s[at+by], s[at+2*by], s[at+3*by]
		p, q, r, t := a+d, b+c, b-c, a-d
		s[at], s[at+by], s[at+2*by], s[at+3*by] = p+q, 2*t+r, p-q, t-2*r
	}
	for i := range 4 {
		step(4*i, 1)
	}
	for i := range 4 {
		step(i, 4)
	}
}

// inverse is the inverse transform as a decoder does it, to the bit (8.5.12.2).
func (s *square) inverse() {
	step := func(at, by int) {
		a, b, c, d := s[at], s[at+by], s[at+2*by], s[at+3*by]
		e, f, g, h := a+c, a-c, b>>1-d, b+d>>1
		s[at], s[at+by], s[at+2*by], s[at+3*by] = e+h, f+g, f-g, e-h
	}
	for i := range 4 {
		step(4*i, 1)
	}
	for i := range 4 {
		step(i, 4)
	}
	for i, v := range s {
		s[i] = (v + 32) >> 6
	}
}

// hadamard transforms the DC coefficients of brightness; but for the scale it is its own inverse.
func (s *square) hadamard() {
	step := func(at, by int) {
		a, b, c, d := s[at], s[at+by], s[at+2*by], s[at+3*by]
		s[at], s[at+by], s[at+2*by], s[at+3*by] = a+b+c+d, a+b-c-d, a-b-c+d, a-b+c-d
	}
	for i := range 4 {
		step(4*i, 1)
	}
	for i := range 4 {
		step(i, 4)
	}
}

// hadamard2 transforms the DC coefficients of a colour; but for the scale it is its own inverse.
func hadamard2(v [4]int) [4]int {
	return [4]int{v[0] + v[1] + v[2] + v[3], v[0] - v[1] + v[2] - v[3], v[0] + v[1] - v[2] - v[3], v[0] - v[1] - v[2] + v[3]}
}

// quantizer is a quantization parameter at work.
type quantizer struct {
	qp   int
	dead int // what is rounded to zero grows with it: rounding adds 1/dead
}

// scale quantizes a coefficient of the kind; more is by how many bits it is larger than one of a plain block.
func (q quantizer) scale(v, kind, more int) int {
	bits := 15 + q.qp/6 + more
	l := (max(v, -v)*shrink[q.qp%6][kind] + 1<<bits/q.dead) >> bits
	if v < 0 {
		return -l
	}
	return l
}

// quantize replaces coefficients by levels.
func (q quantizer) quantize(s *square) {
	for i, v := range s {
		s[i] = q.scale(v, kindOf(i), 0)
	}
}

// restore replaces levels by what a decoder takes for the coefficients.
func (q quantizer) restore(s *square) {
	for i, v := range s {
		s[i] = v * grow[q.qp%6][kindOf(i)] << (q.qp / 6)
	}
}

// restoreDC is restore for the transformed DC levels of brightness (8.5.10).
func (q quantizer) restoreDC(v int) int {
	shift := 6 - q.qp/6
	return (v*16*grow[q.qp%6][0] + 1<<(shift-1)) >> shift
}

// restoreDC2 is restore for the transformed DC levels of a colour (8.5.11.2).
func (q quantizer) restoreDC2(v int) int { return v * 16 * grow[q.qp%6][0] << (q.qp / 6) >> 5 }
