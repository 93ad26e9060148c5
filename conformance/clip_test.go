package conformance

import (
	"bytes"
	"encoding/base64"
	be "encoding/binary"
)

// clip is a small mp4: one video track of the given size and one second, with headers as an encoder writes them and no frame worth seeing.
func clip(w, h uint16) []byte {
	box := func(kind string, parts ...[]byte) []byte {
		body := bytes.Join(parts, nil)
		return append(append(be.BigEndian.AppendUint32(nil, uint32(8+len(body))), kind...), body...)
	}
	u16 := func(v ...uint16) (b []byte) {
		for _, x := range v {
			b = be.BigEndian.AppendUint16(b, x)
		}
		return b
	}
	u32 := func(v ...uint32) (b []byte) {
		for _, x := range v {
			b = be.BigEndian.AppendUint32(b, x)
		}
		return b
	}
	matrix := u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
	zeros := func(n int) []byte { return make([]byte, n) }

	mvhd := box("mvhd", u32(0, 0, 0, 1000, 1000, 0x10000), u16(0x100, 0), zeros(8), matrix, zeros(24), u32(2))
	tkhd := box("tkhd", u32(7, 0, 0, 1, 0, 1000), zeros(8), u16(0, 0, 0, 0), matrix, u32(uint32(w)<<16, uint32(h)<<16))
	mdhd := box("mdhd", u32(0, 0, 0, 1000, 1000), u16(0x55c4, 0))
	hdlr := box("hdlr", u32(0, 0), []byte("vide"), zeros(12), []byte("video\x00"))
	avcC := box("avcC", []byte{1, 66, 0, 30, 0xff, 0xe1, 0, 4, 0x67, 66, 0, 30, 1, 0, 2, 0x68, 0xce})
	avc1 := box("avc1", zeros(6), u16(1), zeros(16), u16(w, h), u32(0x480000, 0x480000, 0), u16(1), zeros(32), u16(24, 0xffff), avcC)
	stbl := box("stbl",
		box("stsd", u32(0, 1), avc1),
		box("stts", u32(0, 1, 1, 1000)), box("stsc", u32(0, 1, 1, 1, 1)), box("stsz", u32(0, 0, 1, 16)), box("stco", u32(0, 1, 48)))
	dinf := box("dinf", box("dref", u32(0, 1), box("url ", u32(1))))
	minf := box("minf", box("vmhd", u32(1, 0, 0)), dinf, stbl)
	moov := box("moov", mvhd, box("trak", tkhd, box("mdia", mdhd, hdlr, minf)))
	return bytes.Join([][]byte{box("ftyp", []byte("isom\x00\x00\x02\x00isomiso2avc1mp41")), box("mdat", zeros(16)), moov}, nil)
}

func clipURL(w, h uint16) string {
	return "data:video/mp4;base64," + base64.StdEncoding.EncodeToString(clip(w, h))
}
