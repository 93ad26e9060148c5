package templates

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
)

// Bounds of a picture that is decoded: a 2 MiB file can unfold to gigabytes of pixels.
const (
	maxSide   = 8192       // pixels
	maxPixels = 24_000_000 // about 100 MB decoded
)

var (
	errFormat = errors.New("the content is not of the format")
	errPixels = errors.New("the picture has too many pixels")
)

// decodePicture decodes the whole of a png or jpeg and tells what it is. Content that only begins like a picture is errFormat.
func decodePicture(data []byte) (contentType, ext string, size Size, err error) {
	config, decode := png.DecodeConfig, png.Decode
	contentType, ext = "image/png", "png"
	if bytes.HasPrefix(data, []byte{0xFF, 0xD8, 0xFF}) {
		config, decode = jpeg.DecodeConfig, jpeg.Decode
		contentType, ext = "image/jpeg", "jpg"
	} else if !bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")) {
		return "", "", Size{}, errFormat
	}
	c, err := config(bytes.NewReader(data))
	if err != nil {
		return "", "", Size{}, errFormat
	}
	if c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels {
		return "", "", Size{}, errPixels
	}
	var m image.Image
	if m, err = decode(bytes.NewReader(data)); err != nil {
		return "", "", Size{}, errFormat
	}
	return contentType, ext, Size{m.Bounds().Dx(), m.Bounds().Dy()}, nil
}
