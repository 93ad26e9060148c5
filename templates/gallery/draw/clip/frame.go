package clip

import "image"

// plane is one component of a picture; its sides are multiples of a macroblock's.
type plane struct {
	pix    []uint8
	stride int
}

func newPlane(w, h int) plane { return plane{make([]uint8, w*h), w} }

// frame is a picture in brightness and two colours of half its resolution.
type frame struct {
	across, down int // macroblocks
	planes       [3]plane
}

func emptyFrame(across, down int) *frame {
	w, h := across*block, down*block
	return &frame{across, down, [3]plane{newPlane(w, h), newPlane(w/2, h/2), newPlane(w/2, h/2)}}
}

// newFrame turns a picture into BT.709 of limited range. What lies outside of it repeats its edge.
func newFrame(m *image.RGBA) *frame {
	b := m.Bounds()
	f := emptyFrame((b.Dx()+block-1)/block, (b.Dy()+block-1)/block)
	at := func(x, y int) (r, g, b int) {
		p := m.Pix[m.PixOffset(m.Rect.Min.X+min(x, m.Rect.Dx()-1), m.Rect.Min.Y+min(y, m.Rect.Dy()-1)):]
		return int(p[0]), int(p[1]), int(p[2])
	}
	luma := f.planes[0]
	for y := range f.down * block {
		for x := range f.across * block {
			r, g, b := at(x, y)
			luma.pix[y*luma.stride+x] = uint8(16 + (11966*r+40254*g+4064*b+1<<15)>>16)
		}
	}
	for y := range f.down * block / 2 {
		for x := range f.across * block / 2 {
			var r, g, b int // sums of four pixels
			for i := range 4 {
				r1, g1, b1 := at(2*x+i%2, 2*y+i/2)
				r, g, b = r+r1, g+g1, b+b1
			}
			i := y*f.planes[1].stride + x
			f.planes[1].pix[i] = uint8((128<<18 - 6596*r - 22189*g + 28785*b + 1<<17) >> 18)
			f.planes[2].pix[i] = uint8((128<<18 + 28784*r - 26145*g - 2639*b + 1<<17) >> 18)
		}
	}
	return f
}

// sides of a macroblock in a plane.
func sideOf(p int) int {
	if p == 0 {
		return block
	}
	return block / 2
}

// same reports whether a macroblock is the same in both frames.
func (f *frame) same(o *frame, mx, my int) bool {
	for p := range f.planes {
		side, stride := sideOf(p), f.planes[p].stride
		for y := my * side; y < (my+1)*side; y++ {
			from := y*stride + mx*side
			if string(f.planes[p].pix[from:from+side]) != string(o.planes[p].pix[from:from+side]) {
				return false
			}
		}
	}
	return true
}

// pixels are those of one macroblock: brightness, then the two colours.
type pixels [3][]uint8

func newPixels() pixels {
	return pixels{make([]uint8, block*block), make([]uint8, block*block/4), make([]uint8, block*block/4)}
}

// take copies a macroblock out of a frame.
func (f *frame) take(mx, my int) pixels {
	out := newPixels()
	for p := range out {
		side, stride := sideOf(p), f.planes[p].stride
		for y := range side {
			copy(out[p][y*side:(y+1)*side], f.planes[p].pix[(my*side+y)*stride+mx*side:])
		}
	}
	return out
}

// set copies a macroblock into a frame.
func (f *frame) set(mx, my int, m pixels) {
	for p := range m {
		side, stride := sideOf(p), f.planes[p].stride
		for y := range side {
			copy(f.planes[p].pix[(my*side+y)*stride+mx*side:], m[p][y*side:(y+1)*side])
		}
	}
}

// distance is the sum of the squares of what differs.
func (m pixels) distance(o pixels) (sum int) {
	for p := range m {
		for i, v := range m[p] {
			d := int(v) - int(o[p][i])
			sum += d * d
		}
	}
	return sum
}
