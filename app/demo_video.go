package app

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"

	"cardlink/videosms"
)

// demoVideo is the demo's video message: a drawn picture and two texts, one with a placeholder.
func demoVideo() videosms.Draft {
	return videosms.Draft{
		Days: "365", Name: "demo", Title: "春季上新", Resources: []videosms.Resource{
			{Index: "1-1", Type: "png", Name: "sunrise.png", Source: "file", Content: base64.StdEncoding.EncodeToString(demoSunrise())},
			{Index: "1-2", Type: "txt", Name: "greeting", Source: "txt", Content: "【" + demoSign + "】尊敬的#p_1#，春季新品已到店，全场五折。"},
			{Index: "2-1", Type: "txt", Name: "details", Source: "txt", Content: "活动时间：即日起至月底\n地点：各门店\n拒收请回复R"},
		},
	}
}

// demoSunrise is a picture of a few kilobytes.
func demoSunrise() []byte {
	const w, h = 480, 270
	m := image.NewPaletted(image.Rect(0, 0, w, h), nil)
	for i := range 64 { // from night blue to morning gold
		m.Palette = append(m.Palette, color.RGBA{uint8(40 + 3*i), uint8(50 + 2*i), uint8(120 - i), 255})
	}
	sun := uint8(len(m.Palette))
	m.Palette = append(m.Palette, color.RGBA{255, 236, 179, 255})
	for y := range h {
		for x := range w {
			c := uint8(y * 64 / h)
			if dx, dy := x-w/2, y-h*3/4; dx*dx+dy*dy < 50*50 {
				c = sun
			}
			m.SetColorIndex(x, y, c)
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, m) // a picture in memory cannot fail to encode
	return b.Bytes()
}
