package clip

import (
	"bytes"
	"encoding/binary"
)

// ticks is how many units of time a picture lasts.
const ticks = 100

// file is the mp4: type, movie header, media.
func (s *stream) file() []byte {
	ftyp := box("ftyp", []byte("isom"), u32(0x200), []byte("isomiso2avc1mp41"))
	moov := s.moov(0)
	moov = s.moov(len(ftyp) + len(moov) + 8)
	return bytes.Join([][]byte{ftyp, moov, box("mdat", s.samples...)}, nil)
}

// moov is the movie header (ISO/IEC 14496-12) of a file whose media begin at a place.
func (s *stream) moov(media int) []byte {
	n := uint32(len(s.samples))
	scale, length := uint32(s.rate*ticks), n*ticks
	matrix := u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
	w, h := uint32(s.width), uint32(s.height)
	sizes := u32(0, 0, n)
	for _, sample := range s.samples {
		sizes = append(sizes, u32(uint32(len(sample)))...)
	}
	stbl := box("stbl",
		box("stsd", u32(0, 1), s.entry()),
		box("stts", u32(0, 1, n, ticks)),
		box("stss", u32(0, 1, 1)), // only the first stands by itself
		box("stsc", u32(0, 1, 1, n, 1)),
		box("stsz", sizes),
		box("stco", u32(0, 1, uint32(media))))
	minf := box("minf", box("vmhd", u32(1, 0, 0)), box("dinf", box("dref", u32(0, 1), box("url ", u32(1)))), stbl)
	mdia := box("mdia",
		box("mdhd", u32(0, 0, 0, scale, length), u16(0x55c4, 0)), // no language
		box("hdlr", u32(0, 0), []byte("vide"), u32(0, 0, 0), []byte("VideoHandler\x00")),
		minf)
	trak := box("trak", box("tkhd", u32(3, 0, 0, 1, 0, length, 0, 0), u16(0, 0, 0, 0), matrix, u32(w<<16, h<<16)), mdia)
	mvhd := box("mvhd", u32(0, 0, 0, scale, length, 0x10000), u16(0x100, 0), u32(0, 0), matrix, u32(0, 0, 0, 0, 0, 0, 2))
	return box("moov", mvhd, trak)
}

// entry says how the samples are coded (ISO/IEC 14496-15).
func (s *stream) entry() []byte {
	avcC := box("avcC",
		[]byte{1, s.sps[1], s.sps[2], s.sps[3], 0xFF, 0xE1}, // version, profile and level, lengths of four bytes, one set of each kind
		u16(uint16(len(s.sps))), s.sps, []byte{1}, u16(uint16(len(s.pps))), s.pps)
	return box("avc1", make([]byte, 6), u16(1), make([]byte, 16), u16(uint16(s.width), uint16(s.height)), u32(0x480000, 0x480000, 0), u16(1),
		make([]byte, 32), u16(24, 0xFFFF), avcC,
		box("colr", []byte("nclx"), u16(bt709, srgb, bt709), []byte{0}), // limited range
		box("pasp", u32(1, 1)))
}

func box(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), kind...), body...)
}

func u32(vs ...uint32) (b []byte) {
	for _, v := range vs {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

func u16(vs ...uint16) (b []byte) {
	for _, v := range vs {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}
