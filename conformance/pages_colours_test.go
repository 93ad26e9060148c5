package conformance

import (
	"image"
	"image/color"
	"slices"

	"golang.org/x/image/draw"
)

// reduce draws a picture with at most n colours: the box of its colours is cut in two at its longest side's median until there are n boxes.
func reduce(m *image.RGBA, n int) *image.Paletted {
	var all [][3]uint8
	for i := 0; i < len(m.Pix); i += 4 {
		all = append(all, [3]uint8(m.Pix[i:i+3]))
	}
	boxes := [][][3]uint8{all}
	for len(boxes) < n {
		best, side, longest := -1, 0, 0
		for i, b := range boxes {
			if s, l := longestSide(b); l > 0 && l*ilog(len(b)) > longest {
				best, side, longest = i, s, l*ilog(len(b))
			}
		}
		if best < 0 {
			break
		}
		b := boxes[best]
		slices.SortFunc(b, func(x, y [3]uint8) int { return int(x[side]) - int(y[side]) })
		cut := len(b) / 2
		for cut < len(b)-1 && b[cut][side] == b[0][side] { // one colour stays in one box
			cut++
		}
		boxes[best] = b[:cut]
		boxes = append(boxes, b[cut:])
	}
	var palette color.Palette
	for _, b := range boxes {
		if len(b) > 0 {
			palette = append(palette, middle(b))
		}
	}
	out := image.NewPaletted(m.Bounds(), palette)
	draw.FloydSteinberg.Draw(out, out.Bounds(), m, image.Point{})
	return out
}

// middle is the colour that stands for a box: the one that most of its pixels have, so that plain grounds stay plain, else the mean.
func middle(b [][3]uint8) color.Color {
	count := map[[3]uint8]int{}
	var sum [3]int
	for _, c := range b {
		count[c]++
		for i := range sum {
			sum[i] += int(c[i])
		}
	}
	for c, n := range count {
		if 2*n > len(b) {
			return color.RGBA{c[0], c[1], c[2], 255}
		}
	}
	k := len(b)
	return color.RGBA{uint8(sum[0] / k), uint8(sum[1] / k), uint8(sum[2] / k), 255}
}

func longestSide(b [][3]uint8) (side, length int) {
	lo, hi := [3]uint8{255, 255, 255}, [3]uint8{}
	for _, c := range b {
		for i := range c {
			lo[i], hi[i] = min(lo[i], c[i]), max(hi[i], c[i])
		}
	}
	for i := range lo {
		if l := int(hi[i]) - int(lo[i]); l > length {
			side, length = i, l
		}
	}
	return side, length
}

// ilog counts n's binary digits: large boxes are cut before small ones of the same extent.
func ilog(n int) (k int) {
	for ; n > 0; n >>= 1 {
		k++
	}
	return k
}
