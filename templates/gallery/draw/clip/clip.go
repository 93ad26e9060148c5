// Package clip makes small films from drawn pictures: H.264 (ITU-T H.264, constrained baseline profile) in an mp4 file that every handset and browser plays.
// It is made for flat drawings in which little moves: the first picture is coded by itself, every later one by what has changed since the one before, and what has not
// changed costs nothing. It knows no motion, no sound and no rate control, and reads neither files nor clocks: the same pictures always give the same bytes.
package clip

import (
	"errors"
	"fmt"
	"image"
)

// Options say how a film is coded.
type Options struct {
	Rate int // pictures per second, 1 to 60
	// Quantizer is the quantization parameter, 12 to 29: six more is twice as coarse. Drawings look clean up to about 24. Below 12 the profile has no codes for the
	// largest coefficients, and from 30 on colours are quantized by another scale.
	Quantizer int
}

// Bounds of Options.
const (
	maxRate                    = 60
	minQuantizer, maxQuantizer = 12, 29
)

// Encode makes the mp4 of opaque pictures, which are all of one size with even sides. The header stands before the media, so that players start before they
// have all of it. Colours are BT.709 in the limited range, with the pictures' own sRGB curve; the file says so.
func Encode(pictures []*image.RGBA, o Options) ([]byte, error) {
	s, err := encode(pictures, o)
	if err != nil {
		return nil, err
	}
	return s.file(), nil
}

// stream is a coded film.
type stream struct {
	width, height int
	rate          int
	sps, pps      []byte
	samples       [][]byte // one for each picture, its NAL unit behind four bytes of length
	decoded       []*frame // what a decoder shows
}

func encode(pictures []*image.RGBA, o Options) (*stream, error) {
	if len(pictures) == 0 {
		return nil, errors.New("clip: no pictures")
	}
	if o.Rate < 1 || o.Rate > maxRate || o.Quantizer < minQuantizer || o.Quantizer > maxQuantizer {
		return nil, fmt.Errorf("clip: rate %d, quantizer %d; want 1 to %d and %d to %d", o.Rate, o.Quantizer, maxRate, minQuantizer, maxQuantizer)
	}
	size := pictures[0].Bounds().Size()
	if size.X < 2 || size.Y < 2 || size.X%2 != 0 || size.Y%2 != 0 {
		return nil, fmt.Errorf("clip: %d×%d pixels; both sides must be even", size.X, size.Y)
	}
	level, ok := levelOf(size, o.Rate)
	if !ok {
		return nil, fmt.Errorf("clip: %d×%d pixels at %d pictures per second is more than handsets must play", size.X, size.Y, o.Rate)
	}
	s := &stream{width: size.X, height: size.Y, rate: o.Rate, sps: sequence(size, o.Rate, level), pps: pictureSet(o.Quantizer)}
	var source, shown *frame // of the picture before
	for i, p := range pictures {
		if p.Bounds().Size() != size || !p.Opaque() {
			return nil, fmt.Errorf("clip: picture %d is %v, or not opaque; want %v", i, p.Bounds().Size(), size)
		}
		e := newEncoder(newFrame(p), source, shown, o.Quantizer)
		s.samples = append(s.samples, e.picture(i))
		source, shown = e.source, e.shown
		s.decoded = append(s.decoded, shown)
	}
	return s, nil
}

// block is the side of a macroblock in pixels.
const block = 16

// levels are how many macroblocks a decoder of a level must take: each second, and in a picture (table A-1). Side by side they may be √(8·picture) many.
var levels = []struct{ level, second, picture int }{{30, 40500, 1620}, {31, 108000, 3600}, {40, 245760, 8192}}

// levelOf is the lowest level of levels that allows films of a size and rate.
func levelOf(size image.Point, rate int) (int, bool) {
	w, h := (size.X+block-1)/block, (size.Y+block-1)/block
	for _, l := range levels {
		if w*h <= l.picture && w*h*rate <= l.second && max(w*w, h*h) <= 8*l.picture {
			return l.level, true
		}
	}
	return 0, false
}
