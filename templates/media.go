package templates

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"time"
)

// Bounds of a picture that is decoded. A 2 MiB file can unfold to gigabytes, and a JPEG of some kilobytes can ask for hours of passes over its pixels.
const (
	maxSide    = 8192            // pixels
	maxPixels  = 24_000_000      // of any picture
	maxUnfold  = 160 << 20       // bytes that the decoder takes for the pixels
	decodeTime = 5 * time.Second // of one picture
)

var (
	errFormat = errors.New("the content is not of the format")
	errPixels = errors.New("the picture has too many pixels")
	errSlow   = errors.New("the picture takes too long to decode")
)

// pictureFacts is what a picture turned out to be.
type pictureFacts struct {
	contentType, ext string
	size             Size
}

// decodePicture decodes the whole of a png or jpeg and tells what it is. Content that only begins like a picture is errFormat; one that unfolds to too much is errPixels before
// a pixel is made; one that is not done within the time is errSlow. If ctx ends first, its error is returned.
func decodePicture(ctx context.Context, data []byte, within time.Duration) (pictureFacts, error) {
	config, decode := png.DecodeConfig, png.Decode
	facts := pictureFacts{contentType: "image/png", ext: "png"}
	var passes bool
	switch {
	case bytes.HasPrefix(data, []byte{0xFF, 0xD8, 0xFF}):
		config, decode = jpeg.DecodeConfig, jpeg.Decode
		facts, passes = pictureFacts{contentType: "image/jpeg", ext: "jpg"}, progressive(data)
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		passes = len(data) > 28 && data[28] != 0 // IHDR's last byte: interlaced
	default:
		return pictureFacts{}, errFormat
	}
	c, err := config(bytes.NewReader(data))
	switch {
	case err != nil || c.Width < 1 || c.Height < 1:
		return pictureFacts{}, errFormat
	case c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels || c.Width*c.Height*pixelBytes(c.ColorModel, facts.ext, passes) > maxUnfold:
		return pictureFacts{}, errPixels
	}
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var m image.Image
	m, err = decode(patient{limited, bytes.NewReader(data)})
	switch {
	case ctx.Err() != nil:
		return pictureFacts{}, ctx.Err()
	case err != nil && limited.Err() != nil:
		return pictureFacts{}, errSlow
	case err != nil:
		return pictureFacts{}, errFormat
	}
	facts.size = Size{m.Bounds().Dx(), m.Bounds().Dy()}
	return facts, nil
}

// pixelBytes is what the decoder holds for one pixel. A JPEG of several passes keeps a coefficient of four bytes per component beside the picture; an interlaced PNG
// keeps the picture and its largest pass, half as big.
func pixelBytes(model color.Model, ext string, passes bool) int {
	n := 1 // grey, or a palette
	switch model {
	case color.YCbCrModel:
		n = 3
	case color.RGBAModel, color.NRGBAModel, color.CMYKModel:
		n = 4
	case color.Gray16Model:
		n = 2
	case color.RGBA64Model, color.NRGBA64Model:
		n = 8
	}
	switch {
	case passes && ext == "jpg":
		return 5 * n
	case passes:
		return n + (n+1)/2
	}
	return n
}

// progressive reports whether a JPEG's first frame is one of several passes (SOF2). It reads markers only.
func progressive(data []byte) bool {
	for at := 2; at+4 <= len(data) && data[at] == 0xFF; {
		switch kind := data[at+1]; {
		case kind == 0xFF: // a fill byte
			at++
			continue
		case kind == 0xC2:
			return true
		case kind == 0xC0 || kind == 0xC1 || kind == 0xDA:
			return false
		case kind == 0x01 || kind >= 0xD0 && kind <= 0xD7: // markers without a length
			at += 2
			continue
		}
		at += 2 + int(data[at+2])<<8 + int(data[at+3])
	}
	return true // what cannot be told counts as the costlier kind
}

// patient reads until ctx ends, a little at a time, so that a decoder asks often: 512 bytes hold some thirty passes.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b[:min(len(b), 512)])
}
