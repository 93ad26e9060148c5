package videosms

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html"
	"strconv"
	"strings"
	"unicode"
)

// The page is one column, as wide as a phone.
//
//go:embed preview.css
var previewCSS string

var previewStyle = strings.TrimSpace(previewCSS)

// PreviewCSP is the Content-Security-Policy to send with a preview: nothing runs, nothing is framed, the style is the one known sheet, contents come from the edge.
var PreviewCSP = "default-src 'none'; style-src " + styleHash() + "; img-src 'self'; media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func styleHash() string {
	sum := sha256.Sum256([]byte(previewStyle))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// MediaPath is where the edge serves the content of an element to whoever has the preview of that name; frame and element count from 0.
func MediaPath(name string, t *Template, frame, element int) string {
	return PreviewPath(name) + "/" + strconv.Itoa(frame+1) + "-" + strconv.Itoa(element+1) + "." + t.Frames[frame].Elements[element].Type
}

// MediaAt finds the content that a path's last segment names, such as "2-1.jpg"; nil if there is none.
func (t *Template) MediaAt(name string) *Media {
	index, ext, found := strings.Cut(name, ".")
	frame, element, ok := parseIndex(index)
	if !found || !ok || frame > len(t.Frames) || element > len(t.Frames[frame-1].Elements) {
		return nil
	}
	if e := t.Frames[frame-1].Elements[element-1]; e.Type == ext {
		return e.Media
	}
	return nil
}

// previewWords are the page's own texts.
type previewWords struct{ lang, about, frame, after, picture, open string }

var (
	previewChinese = previewWords{"zh-CN", "视频短信预览", "第 ", " 帧", "每位接收者的图片", "打开文件"}
	previewEnglish = previewWords{"en", "Preview of a video message", "Frame ", "", "a picture of each recipient's own", "Open the file"}
)

// AppendPreview appends the page that shows a template's frames; placeholders are marked. The name is that of the preview, below which its contents are. It does no I/O and works without JavaScript.
func AppendPreview(b []byte, name string, t *Template) []byte {
	w := &previewEnglish
	if strings.ContainsFunc(t.Title+t.Sign, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		w = &previewChinese
	}
	put := func(parts ...string) {
		for _, p := range parts {
			b = append(b, p...)
		}
	}
	title := html.EscapeString(t.Title)
	put(`<!DOCTYPE html><html lang="`, w.lang, `"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">`,
		`<meta name="robots" content="noindex"><title>`, title, `</title><style>`, previewStyle, `</style></head><body><main><h1>`, title, `</h1><p class="about">`,
		html.EscapeString(t.Sign), ` · `, w.about, `</p>`)
	for i, f := range t.Frames {
		n := strconv.Itoa(i + 1)
		put(`<section class="frame" aria-labelledby="f`, n, `"><h2 id="f`, n, `">`, w.frame, n, w.after, `</h2>`)
		for j := range f.Elements {
			b = appendElement(b, name, t, w, i, j)
		}
		put(`</section>`)
	}
	put(`</main></body></html>`)
	return b
}

func appendElement(b []byte, preview string, t *Template, w *previewWords, frame, element int) []byte {
	e := &t.Frames[frame].Elements[element]
	put := func(parts ...string) {
		for _, p := range parts {
			b = append(b, p...)
		}
	}
	if e.Type == "txt" {
		put(`<p class="text">`)
		last := 0
		placeholders(e.Text, func(_ string, from, to int) {
			put(html.EscapeString(e.Text[last:from]), `<mark>`, html.EscapeString(e.Text[from:to]), `</mark>`)
			last = to
		})
		put(html.EscapeString(e.Text[last:]), `</p>`)
		return b
	}
	if e.Media == nil {
		put(`<div class="hole"><span><mark>#`, html.EscapeString(e.Var), `#</mark> `, w.picture, `</span></div>`)
		return b
	}
	src, name := MediaPath(preview, t, frame, element), html.EscapeString(e.Name)
	switch kind, _, _ := strings.Cut(e.Media.Type, "/"); kind {
	case "image":
		put(`<img src="`, src, `" alt="`, name, `">`)
	case "audio":
		put(`<audio controls preload="none" src="`, src, `" aria-label="`, name, `"></audio>`)
	default: // not every browser plays 3gp: the file itself is there as well
		put(`<video controls playsinline preload="metadata" src="`, src, `" aria-label="`, name, `"></video><p class="file"><a href="`, src, `">`, w.open, `</a></p>`)
	}
	return b
}
