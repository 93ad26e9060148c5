package clip

import "image"

// profile is constrained baseline: profile_idc 66, and constraint_set0 and 1 hold.
const (
	profile     = 66
	constraints = 0xC0
)

// Colours as H.264 and mp4 number them: the primaries and the matrix of BT.709, the curve of sRGB.
const (
	bt709 = 1
	srgb  = 13
)

// sequence is the sequence parameter set (7.3.2.1.1 and annex E).
func sequence(size image.Point, rate, level int) []byte {
	var w bitWriter
	w.put(profile, 8)
	w.put(constraints, 8)
	w.put(uint32(level), 8)
	w.ue(0)                // its id
	w.ue(frameNumBits - 4) // log2_max_frame_num
	w.ue(2)                // pictures are shown in the order in which they come
	w.ue(1)                // one reference picture
	w.put(0, 1)            // no gaps in frame_num
	across, down := (size.X+block-1)/block, (size.Y+block-1)/block
	w.ue(across - 1)
	w.ue(down - 1)
	w.put(1, 1) // frames, not fields
	w.put(1, 1) // direct_8x8_inference
	cut := image.Point{across*block - size.X, down*block - size.Y}
	w.flag(cut != image.Point{})
	if cut != (image.Point{}) { // in units of two pixels, as colours have half the resolution
		w.ue(0)
		w.ue(cut.X / 2)
		w.ue(0)
		w.ue(cut.Y / 2)
	}
	w.put(1, 1) // VUI follows
	w.put(1, 1)
	w.put(1, 8) // pixels are square
	w.put(0, 1) // nothing about overscan
	w.put(1, 1)
	w.put(5, 3) // no video format
	w.put(0, 1) // limited range
	w.put(1, 1)
	w.put(bt709, 8)
	w.put(srgb, 8)
	w.put(bt709, 8)
	w.put(1, 1) // colours lie in the middle of four pixels
	w.ue(1)
	w.ue(1)
	w.put(1, 1)
	w.put(1, 32) // a tick is a field, half a picture
	w.put(uint32(2*rate), 32)
	w.put(1, 1) // at a fixed rate
	w.put(0, 2) // no HRD parameters
	w.put(0, 1) // no pic_struct
	w.put(1, 1)
	w.put(1, 1) // motion_vectors_over_pic_boundaries
	w.ue(0)     // no bound of bytes in a picture
	w.ue(0)     // or of bits in a macroblock, other than the level's
	w.ue(0)     // no motion
	w.ue(0)
	w.ue(0) // nothing is reordered:
	w.ue(1) // a picture is shown at once
	w.end()
	return unit(unitSequence, w.data)
}

// pictureSet is the picture parameter set (7.3.2.2).
func pictureSet(quantizer int) []byte {
	var w bitWriter
	w.ue(0)     // its id
	w.ue(0)     // that of the sequence
	w.put(0, 1) // CAVLC
	w.put(0, 1)
	w.ue(0) // one slice group
	w.ue(0) // one reference
	w.ue(0)
	w.put(0, 1) // no weights
	w.put(0, 2)
	w.se(quantizer - 26)
	w.se(0)
	w.se(0)     // colours are quantized as brightness is
	w.put(1, 1) // slices say whether edges are smoothed
	w.put(0, 1)
	w.put(0, 1)
	w.end()
	return unit(unitPicture, w.data)
}

// frameNumBits is the size of frame_num, which counts pictures.
const frameNumBits = 8

// slice begins the only slice of a picture (7.3.3). Edges are not smoothed: drawings have hard ones.
func slice(number int) *bitWriter {
	w := &bitWriter{}
	first := number == 0
	w.ue(0) // begins with the first macroblock
	if first {
		w.ue(7) // I, like all slices of the picture
	} else {
		w.ue(5) // P
	}
	w.ue(0)
	w.put(uint32(number)%(1<<frameNumBits), frameNumBits)
	if first {
		w.ue(0)     // idr_pic_id
		w.put(0, 2) // nothing of before is shown, no long-term reference
	} else {
		w.put(0, 1) // as many references as usual,
		w.put(0, 1) // in their usual order,
		w.put(0, 1) // and the newest replaces the oldest
	}
	w.se(0) // quantized as the picture parameter set says
	w.ue(1) // no smoothing
	return w
}
