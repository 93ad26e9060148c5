package edge

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"strings"
	"testing"

	"cardlink/previewlink"
	"cardlink/videosms"
)

// videoShelf is one template of video messages.
type videoShelf struct{ shown int }

func (v *videoShelf) Show(_ context.Context, id int64) (*videosms.Template, error) {
	v.shown++
	if id != 800000001 {
		return nil, videosms.ErrUnknown
	}
	picture := &videosms.Media{Digest: strings.Repeat("ab", 32), Type: "image/jpeg", Size: 10}
	lost := &videosms.Media{Digest: strings.Repeat("cd", 32), Type: "video/3gpp", Size: 10}
	return &videosms.Template{ID: id, Title: "春<季>", Sign: "商城", Frames: []videosms.Frame{
		{Elements: []videosms.Element{{Type: "jpg", Name: `a"b.jpg`, Media: picture}, {Type: "txt", Text: "【商城】Hi #p_1# & <you>"}}},
		{Elements: []videosms.Element{{Type: "3gp", Name: "clip", Media: lost}}},
		{Elements: []videosms.Element{{Type: "png", Name: "own", Var: "p_2"}}},
	}}, nil
}

type shelfBody struct{ *bytes.Reader }

func (shelfBody) Close() error { return nil }

func (*videoShelf) Media(_ context.Context, digest string) (io.ReadSeekCloser, error) {
	if digest != strings.Repeat("ab", 32) {
		return nil, fs.ErrNotExist
	}
	return shelfBody{bytes.NewReader([]byte("0123456789"))}, nil
}

func TestVideoPreview(t *testing.T) {
	shelf := &videoShelf{}
	h := newHouse(t, func(o *Options) { o.Videos, o.Previews = shelf, looks(t) })
	type answer struct {
		status int
		body   string
		header func(string) string
	}
	get := func(path string, headers ...string) answer {
		r := h.get(path, headers...)
		return answer{r.StatusCode(), string(r.Body()), func(name string) string { return string(r.Header.Peek(name)) }}
	}

	a := looks(t)
	name := a.Name(previewlink.Video, 800000001, 0)
	page := get("/v/" + name)
	if page.status != 200 || page.header("Content-Security-Policy") != videosms.PreviewCSP || page.header("X-Robots-Tag") == "" {
		t.Errorf("page: %d, policy %q", page.status, page.header("Content-Security-Policy"))
	}
	for _, want := range []string{`<html lang="zh-CN">`, `<title>春&lt;季&gt;</title>`, `Hi <mark>#p_1#</mark> &amp; &lt;you&gt;`, `<img src="/v/` + name + `/1-1.jpg" alt="a&#34;b.jpg">`,
		`<video controls playsinline preload="metadata" src="/v/` + name + `/2-1.3gp"`, `<mark>#p_2#</mark>`} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %s:\n%s", want, page.body)
		}
	}
	if strings.Contains(page.body, "<script") || strings.Contains(page.body, "style=") {
		t.Error("the page holds what its policy forbids")
	}
	picture := get("/v/" + name + "/1-1.jpg")
	if picture.status != 200 || picture.body != "0123456789" || picture.header("Content-Type") != "image/jpeg" || !strings.Contains(picture.header("Cache-Control"), "immutable") {
		t.Errorf("picture: %d %q", picture.status, picture.body)
	}
	if part := get("/v/"+name+"/1-1.jpg", "Range: bytes=2-4"); part.status != 206 || part.body != "234" {
		t.Errorf("part: %d %q", part.status, part.body)
	}
	if shelf.shown != 1 {
		t.Errorf("the template was read %d times, want 1", shelf.shown)
	}
	for _, path := range []string{"/v/800000001", "/v/800000001/1-1.jpg", "/v/800000002", "/v/600000101", "/v/80000000x", "/v/" + a.Name(previewlink.Video, 800000002, 0), "/v/" + a.Name(previewlink.Template, 800000001, 0), "/v/" + name + "a", "/v/" + name + "/", "/v/" + name + "/1-2.txt", "/v/" + name + "/1-1.png", "/v/" + name + "/9-1.jpg",
		"/v/" + name + "/1-3.jpg", "/v/" + name + "/2-1.3gp", "/v/" + name + "/3-1.png", "/v/" + name + "/1-1.jpg/x"} {
		if got := get(path); got.status != 404 {
			t.Errorf("%s: %d, want 404", path, got.status)
		}
	}
	none := newHouse(t, nil)
	if got := none.get("/v/" + name); got.StatusCode() != 404 {
		t.Errorf("without video messages: %d, want 404", got.StatusCode())
	}
}
