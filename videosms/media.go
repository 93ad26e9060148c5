package videosms

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
	"strings"
)

// Bounds of a picture that is decoded: a file of some kilobytes can unfold to gigabytes of pixels.
const (
	maxSide   = 8192
	maxPixels = 16_000_000 // some 64 MB decoded
)

var (
	errFormat = errors.New("is not what its type says")
	errPixels = errors.New("has too many pixels")
	errSize   = errors.New("is too large")
	errBase64 = errors.New("must be base64 without a prefix")
)

// decodeBase64 reads a file in the wire's form, at most limit bytes of it. Line breaks and missing padding are accepted: encoders make both.
func decodeBase64(s string, limit int64) ([]byte, error) {
	if strings.ContainsAny(s, " \t\r\n") {
		s = strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(s)
	}
	s = strings.TrimRight(s, "=")
	if int64(base64.RawStdEncoding.DecodedLen(len(s))) > limit {
		return nil, errSize
	}
	data, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil || len(data) == 0 {
		return nil, errBase64
	}
	return data, nil
}

// checkMedia tells the media type of a file that must be of the given resource type. Pictures are decoded, of sounds and videos the structure is walked.
func checkMedia(kind string, data []byte) (mediaType string, err error) {
	switch kind {
	case "jpg", "jpeg":
		return "image/jpeg", checkPicture(data, "\xFF\xD8\xFF", jpeg.DecodeConfig, jpeg.Decode)
	case "png":
		return "image/png", checkPicture(data, "\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode)
	case "gif":
		return "image/gif", checkGIF(data)
	case "mp3":
		return "audio/mpeg", checkMP3(data)
	case "wav":
		return "audio/wav", checkWAV(data)
	case "3gp":
		return "video/3gpp", checkISO(data, true)
	case "mp4":
		return "video/mp4", checkISO(data, false)
	}
	return "", errFormat
}

func checkPicture(data []byte, magic string, config func(io.Reader) (image.Config, error), decode func(io.Reader) (image.Image, error)) error {
	if !bytes.HasPrefix(data, []byte(magic)) {
		return errFormat
	}
	c, err := config(bytes.NewReader(data))
	if err != nil {
		return errFormat
	}
	if c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels {
		return errPixels
	}
	if _, err := decode(bytes.NewReader(data)); err != nil {
		return errFormat
	}
	return nil
}

// checkGIF walks the blocks: a header, and pictures and extensions up to the trailer. The pictures themselves are not unfolded, so a long animation costs
// nothing.
func checkGIF(data []byte) error {
	c, err := gif.DecodeConfig(bytes.NewReader(data))
	if err != nil || c.Width == 0 || c.Height == 0 {
		return errFormat
	}
	if c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels {
		return errPixels
	}
	at := 13
	table := func(flags byte) int {
		if flags&0x80 == 0 {
			return 0
		}
		return 3 << (flags&7 + 1)
	}
	at += table(data[10])
	// blocks skips data blocks: a length, that many bytes, and so on to a length of 0.
	blocks := func() bool {
		for at < len(data) {
			n := int(data[at])
			at += 1 + n
			if n == 0 {
				return true
			}
		}
		return false
	}
	for frames := 0; at < len(data); {
		kind := data[at]
		at++
		switch kind {
		case 0x3B: // trailer
			if frames == 0 {
				return errFormat
			}
			return nil
		case 0x21: // extension: its label, then blocks
			at++
			if !blocks() {
				return errFormat
			}
		case 0x2C: // picture: 9 bytes, a table of colours, the width of codes, blocks
			if at+9 > len(data) {
				return errFormat
			}
			at += 9 + table(data[at+8]) + 1
			if !blocks() {
				return errFormat
			}
			frames++
		default:
			return errFormat
		}
	}
	return errFormat
}

// checkMP3 wants three frames in a row behind the tags, each where the one before it ends: random bytes look like one frame quite often.
func checkMP3(data []byte) error {
	if len(data) >= 10 && string(data[:3]) == "ID3" {
		size := 0
		for _, b := range data[6:10] {
			if b >= 0x80 {
				return errFormat
			}
			size = size<<7 | int(b)
		}
		size += 10
		if data[5]&0x10 != 0 { // footer
			size += 10
		}
		if size > len(data) {
			return errFormat
		}
		data = data[size:]
		data = data[len(data)-len(bytes.TrimLeft(data, "\x00")):] // padding
	}
	for frames := 0; ; frames++ {
		n := mp3Frame(data)
		switch {
		case frames >= 3, frames > 0 && len(data) == 0:
			return nil
		case n == 0 || n > len(data):
			return errFormat
		}
		data = data[n:]
	}
}

// Bit rates in kbit/s of MPEG audio layer III by index; 0 = free or bad.
var (
	mp3Rates1 = [16]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0} // MPEG 1
	mp3Rates2 = [16]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}     // MPEG 2 and 2.5
	mp3Hertz  = [4]int{44100, 48000, 32000, 0}
)

// mp3Frame is the length in bytes of the layer III frame that data begins with, 0 if there is none.
func mp3Frame(data []byte) int {
	if len(data) < 4 || data[0] != 0xFF || data[1]&0xE0 != 0xE0 || data[1]&0x06 != 0x02 {
		return 0
	}
	hertz := mp3Hertz[data[2]>>2&3]
	padding := int(data[2] >> 1 & 1)
	switch data[1] >> 3 & 3 {
	case 3: // MPEG 1
		rate := mp3Rates1[data[2]>>4]
		if rate == 0 || hertz == 0 {
			return 0
		}
		return 144*rate*1000/hertz + padding
	case 2: // MPEG 2
		hertz /= 2
	case 0: // MPEG 2.5
		hertz /= 4
	default:
		return 0
	}
	rate := mp3Rates2[data[2]>>4]
	if rate == 0 || hertz == 0 {
		return 0
	}
	return 72*rate*1000/hertz + padding
}

// checkWAV walks the chunks of a RIFF file: a format of at least 16 bytes, then samples.
func checkWAV(data []byte) error {
	if len(data) < 12 || string(data[:4]) != "RIFF" || string(data[8:12]) != "WAVE" {
		return errFormat
	}
	if size := uint64(binary.LittleEndian.Uint32(data[4:])) + 8; size < 12 || size > uint64(len(data)) {
		return errFormat
	}
	format, samples := false, false
	for rest := data[12:]; len(rest) >= 8; {
		kind, size := string(rest[:4]), uint64(binary.LittleEndian.Uint32(rest[4:]))
		if size > uint64(len(rest)-8) {
			return errFormat
		}
		switch kind {
		case "fmt ":
			format = size >= 16 && binary.LittleEndian.Uint16(rest[10:]) > 0 && binary.LittleEndian.Uint32(rest[12:]) > 0
		case "data":
			samples = format && size > 0
		}
		rest = rest[min(8+size+size&1, uint64(len(rest))):]
	}
	if !samples {
		return errFormat
	}
	return nil
}

// checkISO walks the top-level boxes of an ISO media file: it begins with ftyp, holds a moov, and ends where its last box ends. A 3gp file names a 3GPP brand.
func checkISO(data []byte, threeGP bool) error {
	var brands []string
	moov := false
	for rest := data; len(rest) > 0; {
		if len(rest) < 8 {
			return errFormat
		}
		size, kind, header := uint64(binary.BigEndian.Uint32(rest)), string(rest[4:8]), uint64(8)
		switch size {
		case 0: // to the end of the file
			size = uint64(len(rest))
		case 1: // 64-bit size follows
			if len(rest) < 16 {
				return errFormat
			}
			size, header = binary.BigEndian.Uint64(rest[8:]), 16
		}
		if size < header || size > uint64(len(rest)) {
			return errFormat
		}
		switch box := rest[header:size]; {
		case brands == nil:
			if kind != "ftyp" || len(box) < 8 {
				return errFormat
			}
			brands = append(brands, string(box[:4])) // then the minor version, then the compatible ones
			for b := box[8:]; len(b) >= 4; b = b[4:] {
				brands = append(brands, string(b[:4]))
			}
		case kind == "moov":
			moov = true
		}
		rest = rest[size:]
	}
	if !moov || threeGP && !slices.ContainsFunc(brands, func(b string) bool { return strings.HasPrefix(b, "3g") }) {
		return errFormat
	}
	return nil
}
