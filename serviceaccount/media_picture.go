package serviceaccount

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
	"time"

	"golang.org/x/image/bmp"

	"cardlink/fault"
)

// mediaRule is what a kind of picture must be (api.md §17.1).
type mediaRule struct {
	bytes         int // at most
	width, height int // pixels, at least
	rateW, rateH  int // proportion; 0 = any
}

// mediaRules are the kinds. The size of OTHER is the limit of all letters together, so one may use it up.
var mediaRules = map[string]mediaRule{
	FilePubLogo:     {100 << 10, 240, 240, 1, 1},
	FileBackground:  {MediaLimit, 1440, 810, 16, 9},
	FileFastAppLogo: {MediaLimit, 192, 192, 1, 1},
	FileOther:       {maxLetterBytes, 1, 1, 0, 0},
}

// check refuses a decoded picture whose file name lies about it, or that is too small or of another proportion for its kind. A proportion holds if no other height would be nearer to it.
func (r mediaRule) check(p decoded, kind, suffix string) error {
	switch {
	case !slices.Contains(p.format.suffixes, suffix):
		return fault.Said("file", "must have a name that ends as its content demands: "+p.format.suffixes[0], "文件名后缀须与内容一致："+p.format.suffixes[0])
	case p.width < r.width || p.height < r.height:
		least := fmt.Sprintf("%d×%d", r.width, r.height)
		return fault.Said("file", "must be at least "+least+" pixels for file_type "+kind, "file_type为"+kind+"时分辨率不能小于"+least)
	}
	if d := p.width*r.rateH - p.height*r.rateW; r.rateW > 0 && 2*max(d, -d) > r.rateW {
		rate := fmt.Sprintf("%d:%d", r.rateW, r.rateH)
		return fault.Said("file", "must have the proportion "+rate+" for file_type "+kind, "file_type为"+kind+"时比例须为"+rate)
	}
	return nil
}

// Bounds of a picture that is decoded: a small file can unfold to gigabytes of pixels.
const (
	maxSide   = 8192       // pixels
	maxPixels = 24_000_000 // about 100 MB decoded
)

// notPicture refuses content that is no picture, or only begins like one.
func notPicture() error {
	return fault.Said("file", "must be a whole jpg, png or bmp picture", "须为完整的jpg、png或bmp图片")
}

// pictureFormat is a format of pictures and how to read it.
type pictureFormat struct {
	contentType string
	magic       string
	suffixes    []string
	config      func(io.Reader) (image.Config, error)
	decode      func(io.Reader) (image.Image, error)
}

var pictureFormats = [...]pictureFormat{
	{"image/png", "\x89PNG\r\n\x1a\n", []string{"png"}, png.DecodeConfig, png.Decode},
	{"image/jpeg", "\xff\xd8\xff", []string{"jpg", "jpeg"}, jpeg.DecodeConfig, jpeg.Decode},
	{"image/bmp", "BM", []string{"bmp"}, bmp.DecodeConfig, bmp.Decode},
}

// decoded is what a picture turned out to be.
type decoded struct {
	format        *pictureFormat
	width, height int // pixels
}

// decodeTime bounds the decoding of one picture: a JPEG of some kilobytes can ask for hours of passes over its pixels.
const decodeTime = 5 * time.Second

// patient reads until ctx ends, a little at a time, so that a decoder asks often.
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

// decodePicture decodes the whole of a picture. Content that only begins like one is refused.
func decodePicture(ctx context.Context, data []byte) (decoded, error) {
	for i := range pictureFormats {
		f := &pictureFormats[i]
		if !bytes.HasPrefix(data, []byte(f.magic)) {
			continue
		}
		c, err := f.config(bytes.NewReader(data))
		switch {
		case err != nil || c.Width < 1 || c.Height < 1:
			return decoded{}, notPicture()
		case c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels:
			return decoded{}, fault.Said("file", "must be at most 8192 pixels wide and high and 24 million in all", "宽和高不能超过8192像素，总像素不能超过2400万")
		case f.contentType == "image/bmp" && len(data) < c.Width*c.Height/8: // not compressed: a pixel is a bit or more
			return decoded{}, notPicture()
		}
		limited, cancel := context.WithTimeout(ctx, decodeTime)
		m, err := f.decode(patient{limited, bytes.NewReader(data)})
		cancel()
		switch {
		case ctx.Err() != nil:
			return decoded{}, ctx.Err()
		case err != nil:
			return decoded{}, notPicture()
		}
		return decoded{f, m.Bounds().Dx(), m.Bounds().Dy()}, nil
	}
	return decoded{}, notPicture()
}
