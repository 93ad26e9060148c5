package templates

import (
	"encoding/binary"
	"slices"
	"time"
)

// videoFacts is what the boxes of an mp4 say about its picture. Frames are not decoded: that would take an H.264 decoder, which is no part of this program.
type videoFacts struct {
	size     Size          // as shown: a rotated track counts upright
	duration time.Duration // 0: a fragmented file that does not say
}

// Bounds of what a header may claim.
const (
	maxVideoSide     = 16384 // pixels
	maxVideoDuration = 24 * time.Hour
	maxTracks        = 64
)

// mp4Brands begin the names of the file types that players take for mp4; QuickTime ("qt  ") is not among them.
var mp4Brands = []string{"iso", "mp4", "avc", "M4V", "MSN", "das", "cmf"}

// probeMP4 walks the boxes of an ISO media file (ISO/IEC 14496-12). It must begin with ftyp of an mp4 brand, hold one moov with a movie header and a video
// track whose sample description says what is in it, hold media data, and end where its last box ends. Any other content is errFormat. It allocates nothing that
// grows with the file.
func probeMP4(data []byte) (videoFacts, error) {
	var (
		moov             []byte
		moovs, boxes     int
		media, fragments bool
	)
	err := eachBox(data, func(kind [4]byte, body []byte) error {
		boxes++
		switch string(kind[:]) {
		case "ftyp":
			if boxes != 1 || !mp4Brand(body) {
				return errFormat
			}
		case "moov":
			moov, moovs = body, moovs+1
		case "moof":
			fragments = true
		case "mdat":
			media = media || len(body) > 0
		}
		if boxes == 1 && string(kind[:]) != "ftyp" {
			return errFormat
		}
		return nil
	})
	if err != nil || moovs != 1 || !media {
		return videoFacts{}, errFormat
	}
	return probeMovie(moov, fragments)
}

// eachBox visits the boxes of one level in order. A box that reaches over the end is errFormat, and so are bytes behind the last box. kind is four letters, not a
// string: a hostile file has a million boxes, and each string would be allocated.
func eachBox(data []byte, visit func(kind [4]byte, body []byte) error) error {
	for rest := data; len(rest) > 0; {
		if len(rest) < 8 {
			return errFormat
		}
		size, kind, header := uint64(binary.BigEndian.Uint32(rest)), [4]byte(rest[4:8]), uint64(8)
		switch size {
		case 0: // to the end
			size = uint64(len(rest))
		case 1: // a 64-bit size follows
			if len(rest) < 16 {
				return errFormat
			}
			size, header = binary.BigEndian.Uint64(rest[8:]), 16
		}
		if size < header || size > uint64(len(rest)) {
			return errFormat
		}
		if err := visit(kind, rest[header:size]); err != nil {
			return err
		}
		rest = rest[size:]
	}
	return nil
}

// child is the only box of a kind in its parent; nil if there is none or more than one.
func child(parent []byte, kind string) (body []byte) {
	n := 0
	if err := eachBox(parent, func(k [4]byte, b []byte) error {
		if string(k[:]) == kind {
			body, n = b, n+1
		}
		return nil
	}); err != nil || n != 1 {
		return nil
	}
	return body
}

// mp4Brand reads ftyp: major brand, minor version, compatible brands.
func mp4Brand(body []byte) bool {
	if len(body) < 8 {
		return false
	}
	for i := 0; i+4 <= len(body); i += 4 {
		if i != 4 && slices.Contains(mp4Brands, string(body[i:i+3])) {
			return true
		}
	}
	return false
}

// probeMovie reads moov: mvhd, one trak per track, mvex in a fragmented file.
func probeMovie(moov []byte, fragments bool) (videoFacts, error) {
	scale, units, ok := timing(child(moov, "mvhd"))
	if !ok {
		return videoFacts{}, errFormat
	}
	if units == 0 && fragments { // fragments follow; mehd may say how long they are in all
		if mehd := child(child(moov, "mvex"), "mehd"); len(mehd) >= 8 {
			units = uint64(binary.BigEndian.Uint32(mehd[4:]))
			if mehd[0] == 1 && len(mehd) >= 12 {
				units = binary.BigEndian.Uint64(mehd[4:])
			}
		}
	}
	v := videoFacts{duration: length(scale, units)}
	if v.duration > maxVideoDuration || v.duration == 0 && !fragments {
		return videoFacts{}, errFormat
	}
	tracks := 0
	err := eachBox(moov, func(kind [4]byte, trak []byte) error {
		if string(kind[:]) != "trak" {
			return nil
		}
		if tracks++; tracks > maxTracks {
			return errFormat
		}
		size, shown, err := probeTrack(trak)
		if err == nil && shown && v.size == (Size{}) {
			v.size = size // the first video track is the one that players show
		}
		return err
	})
	if err != nil || v.size == (Size{}) {
		return videoFacts{}, errFormat
	}
	return v, nil
}

// timing reads time scale and duration, which stand alike in mvhd and mdhd. ok is false without a scale.
func timing(body []byte) (scale uint32, units uint64, ok bool) {
	switch {
	case len(body) >= 20 && body[0] == 0:
		scale, units = binary.BigEndian.Uint32(body[12:]), uint64(binary.BigEndian.Uint32(body[16:]))
		if units == 1<<32-1 { // "not known"
			units = 0
		}
	case len(body) >= 32 && body[0] == 1:
		scale, units = binary.BigEndian.Uint32(body[20:]), binary.BigEndian.Uint64(body[24:])
		if units == 1<<64-1 {
			units = 0
		}
	}
	return scale, units, scale > 0
}

// length is units of 1/scale second; more than maxVideoDuration is just that, lest the product overflow.
func length(scale uint32, units uint64) time.Duration {
	seconds := units / uint64(scale)
	if seconds > uint64(maxVideoDuration/time.Second) {
		return maxVideoDuration + 1
	}
	return time.Duration(seconds)*time.Second + time.Duration(units%uint64(scale))*time.Second/time.Duration(scale)
}

// probeTrack reads one trak. shown is false for a track that is not video.
func probeTrack(trak []byte) (size Size, shown bool, err error) {
	mdia := child(trak, "mdia")
	hdlr := child(mdia, "hdlr")
	if len(hdlr) < 12 {
		return Size{}, false, errFormat
	}
	if string(hdlr[8:12]) != "vide" {
		return Size{}, false, nil
	}
	if _, _, ok := timing(child(mdia, "mdhd")); !ok {
		return Size{}, false, errFormat
	}
	coded, ok := sampleSize(child(child(child(mdia, "minf"), "stbl"), "stsd"))
	if !ok {
		return Size{}, false, errFormat
	}
	tkhd := child(trak, "tkhd")
	at := 76 // of width, behind the matrix
	if len(tkhd) > 0 && tkhd[0] == 1 {
		at = 88
	}
	if len(tkhd) < at+8 {
		return Size{}, false, errFormat
	}
	size = Size{int(binary.BigEndian.Uint32(tkhd[at:]) >> 16), int(binary.BigEndian.Uint32(tkhd[at+4:]) >> 16)} // 16.16 fixed point
	if size.W == 0 || size.H == 0 {
		size = coded
	}
	if matrix := tkhd[at-36:]; binary.BigEndian.Uint32(matrix) == 0 && binary.BigEndian.Uint32(matrix[4:]) != 0 { // a quarter turn: a = 0, b ≠ 0
		size.W, size.H = size.H, size.W
	}
	if size.W < 1 || size.H < 1 || size.W > maxVideoSide || size.H > maxVideoSide {
		return Size{}, false, errFormat
	}
	return size, true, nil
}

// sampleSize reads the first entry of a video track's stsd: 8 bytes of header and count, then a box whose width and height stand 24 bytes behind its own header.
func sampleSize(stsd []byte) (Size, bool) {
	if len(stsd) < 8+8+28 || binary.BigEndian.Uint32(stsd[4:]) == 0 {
		return Size{}, false
	}
	entry := stsd[8:]
	if n := uint64(binary.BigEndian.Uint32(entry)); n < 8+28 || n > uint64(len(entry)) {
		return Size{}, false
	}
	return Size{int(binary.BigEndian.Uint16(entry[8+24:])), int(binary.BigEndian.Uint16(entry[8+26:]))}, true
}
