package templates_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cardlink/fault"
	"cardlink/templates"
)

func film(size int) []byte { return templates.Film(640, 360, size) }

func TestUploadRules(t *testing.T) {
	h, ctx := newHouse(t), context.Background()
	square := dataURL("image/png", picture(t, 100, 100))
	good := templates.Upload{Kind: "image", FileType: "stream", FileStream: square, Rate: "oneToOne", FileName: "a.png"}
	for _, c := range []struct {
		name  string
		alter func(*templates.Upload)
		code  fault.Code
		field string
	}{
		{"kind", func(u *templates.Upload) { u.Kind = "audio" }, fault.Parameter, "resource_type"},
		{"no rate", func(u *templates.Upload) { u.Rate = "" }, fault.Parameter, "image_rate"},
		{"unknown rate", func(u *templates.Upload) { u.Rate = "round" }, fault.Parameter, "image_rate"},
		{"wrong rate", func(u *templates.Upload) { u.Rate = "sixteenToNine" }, fault.Parameter, "image_rate"},
		{"file type", func(u *templates.Upload) { u.FileType = "file" }, fault.Parameter, "file_type"},
		{"no stream", func(u *templates.Upload) { u.FileStream = "" }, fault.Parameter, "file_stream"},
		{"no prefix", func(u *templates.Upload) { u.FileStream = strings.SplitN(square, ",", 2)[1] }, fault.Parameter, "file_stream"},
		{"no name", func(u *templates.Upload) { u.FileName = "" }, fault.Parameter, "file_name"},
		{"long name", func(u *templates.Upload) { u.FileName = strings.Repeat("名", 201) }, fault.Parameter, "file_name"},
		{"markup", func(u *templates.Upload) { u.FileName = "<a>.png" }, fault.Parameter, "file_name"},
		{"ampersand is fine", func(u *templates.Upload) { u.FileName = "a&b.png" }, "", ""},
		{"long description", func(u *templates.Upload) { u.Description = strings.Repeat("x", 51) }, fault.Parameter, "description"},
		{"gif", func(u *templates.Upload) { u.FileStream = dataURL("image/gif", []byte("GIF89a")) }, fault.ImageFormat, "file_stream"},
		{"text called png", func(u *templates.Upload) { u.FileStream = dataURL("image/png", []byte("hello")) }, fault.ImageFormat, "file_stream"},
		{"too large", func(u *templates.Upload) { u.FileStream = dataURL("image/png", make([]byte, 2<<20+1)) }, fault.FileSize, "file_stream"},
		{"video called image", func(u *templates.Upload) { u.FileStream = dataURL("video/mp4", film(1)) }, fault.ImageFormat, "file_stream"},
		{"picture called video", func(u *templates.Upload) { u.Kind = "video" }, fault.VideoFormat, "file_stream"},
		{"text called mp4", func(u *templates.Upload) { u.Kind, u.FileStream = "video", dataURL("video/mp4", []byte("hello mp4")) }, fault.VideoFormat, "file_stream"},
		{"video", func(u *templates.Upload) { u.Kind, u.FileStream, u.Rate = "video", dataURL("video/mp4", film(9)), "" }, "", ""},
		{"video too large", func(u *templates.Upload) { u.Kind, u.FileStream = "video", dataURL("video/mp4", film(7<<20)) }, fault.FileSize, "file_stream"},
		{"thumbnail without video", func(u *templates.Upload) { u.Kind = "thumbnail" }, fault.Parameter, "material_id"},
		{"thumbnail of nothing", func(u *templates.Upload) { u.Kind, u.Video = "thumbnail", "nobody" }, fault.Parameter, "material_id"},
		{"no url", func(u *templates.Upload) { u.FileType = "url" }, fault.Parameter, "file_url"},
		{"ftp", func(u *templates.Upload) { u.FileType, u.FileURL = "url", "ftp://x.example/a.png" }, fault.FileURLScheme, "file_url"},
		{"long url", func(u *templates.Upload) {
			u.FileType, u.FileURL = "url", "https://x.example/"+strings.Repeat("a", 1000)+".png"
		}, fault.FileURLLength, "file_url"},
		{"url without suffix", func(u *templates.Upload) { u.FileType, u.FileURL = "url", "https://x.example/a" }, fault.ImageFormat, "file_url"},
		{"url of another kind", func(u *templates.Upload) { u.Kind, u.FileType, u.FileURL = "video", "url", "https://x.example/a.png" }, fault.VideoFormat, "file_url"},
	} {
		u := good
		c.alter(&u)
		m, err := h.materials.Upload(ctx, tenant, u)
		if c.code == "" {
			if err != nil || len(m.ResourceID) != 18 || len(m.ID) != 36 {
				t.Errorf("%s: %+v %v", c.name, m, err)
			}
			continue
		}
		answered(t, c.name, err, c.code, c.field)
	}
}

func TestThumbnails(t *testing.T) {
	h, ctx := newHouse(t), context.Background()
	video, err := h.materials.Upload(ctx, tenant, templates.Upload{Kind: "video", FileType: "stream", FileStream: dataURL("video/mp4", film(9)), FileName: "a.mp4"})
	if err != nil {
		t.Fatal(err)
	}
	u := templates.Upload{Kind: "thumbnail", Video: video.ID, FileType: "stream", FileStream: dataURL("image/png", picture(t, 160, 90)), FileName: "c.png"}
	thumb, err := h.materials.Upload(ctx, tenant, u)
	if err != nil || !thumb.Primary {
		t.Fatalf("%+v %v", thumb, err)
	}
	_, err = h.materials.Upload(ctx, stranger, u)
	answered(t, "another tenant's video", err, fault.Parameter, "material_id")
	u.FileStream = dataURL("image/png", make([]byte, 100<<10+1))
	_, err = h.materials.Upload(ctx, tenant, u)
	answered(t, "over 100 KiB", err, fault.ThumbnailSize, "file_stream")
	list, total, err := h.materials.List(ctx, templates.MaterialFilter{Tenant: tenant, Kind: "video", Limit: 10})
	if err != nil || total != 1 || list[0].Thumbnail == nil || list[0].Thumbnail.ID != thumb.ID {
		t.Errorf("%+v %v", list, err)
	}
	_, _, err = h.materials.List(ctx, templates.MaterialFilter{Tenant: tenant, Kind: "thumbnail", Limit: 10})
	answered(t, "listing thumbnails", err, fault.Parameter, "resource_type")
}

func TestFetchingIsGuarded(t *testing.T) {
	data := picture(t, 160, 90)
	var asked []string
	mux := http.NewServeMux()
	mux.HandleFunc("/a.PNG", func(w http.ResponseWriter, r *http.Request) { asked = append(asked, r.URL.Path); w.Write(data) })
	mux.HandleFunc("/hop.png", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/a.PNG", http.StatusFound) })
	mux.HandleFunc("/loop.png", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop.png", http.StatusFound) })
	mux.HandleFunc("/scheme.png", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://"+r.Host+"/a.PNG", http.StatusFound)
	})
	mux.HandleFunc("/large.png", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/png") // chunked: the length is not announced
		for range 3 {
			w.Write(make([]byte, 1<<20))
			w.(http.Flusher).Flush()
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	u := func(path string) templates.Upload {
		return templates.Upload{Kind: "image", FileType: "url", FileURL: server.URL + path, Rate: "sixteenToNine"}
	}
	ctx := context.Background()

	closed := newHouse(t)
	_, err := closed.materials.Upload(ctx, tenant, u("/a.PNG"))
	answered(t, "a loopback address", err, fault.Parameter, "file_url")
	if len(asked) > 0 {
		t.Error("the server inside was asked")
	}
	if f := fault.Of(err); strings.Contains(f.Text(fault.English), "127.0.0.1") || strings.Contains(f.Text(fault.English), "prohibited") {
		t.Errorf("the answer tells what is inside: %s", f.Text(fault.English))
	}

	open := newHouse(t, func(_ *templates.Options, o *templates.MaterialOptions) {
		o.Fetch.Allowed = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	})
	m, err := open.materials.Upload(ctx, tenant, u("/a.PNG?v=1"))
	if err != nil || m.Size != int64(len(data)) || m.FileName != "a.PNG" {
		t.Fatalf("%+v %v", m, err)
	}
	if _, err := open.materials.Upload(ctx, tenant, u("/hop.png")); err != nil {
		t.Errorf("a redirect: %v", err)
	}
	for _, path := range []string{"/loop.png", "/scheme.png", "/missing.png"} {
		_, err := open.materials.Upload(ctx, tenant, u(path))
		answered(t, path, err, fault.Parameter, "file_url")
	}
	_, err = open.materials.Upload(ctx, tenant, u("/large.png"))
	answered(t, "a large file", err, fault.FileSize, "file_url")
}

func TestQuota(t *testing.T) {
	h, ctx := newHouse(t, func(_ *templates.Options, o *templates.MaterialOptions) { o.Quota = 30_000 }), context.Background()
	u := templates.Upload{Kind: "video", FileType: "stream", FileStream: dataURL("video/mp4", film(20_000)), FileName: "a.mp4"}
	m, err := h.materials.Upload(ctx, tenant, u)
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.materials.Upload(ctx, tenant, u)
	answered(t, "over the quota", err, fault.Parameter, "")
	if _, err := h.materials.Upload(ctx, stranger, u); err != nil {
		t.Errorf("another tenant: %v", err)
	}
	if err := h.materials.Delete(ctx, tenant, []string{m.ID, m.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.materials.Upload(ctx, tenant, u); err != nil {
		t.Errorf("after deleting: %v", err)
	}
	answered(t, "no ids", h.materials.Delete(ctx, tenant, nil), fault.Parameter, "material_ids")
	answered(t, "21 ids", h.materials.Delete(ctx, tenant, make([]string, 21)), fault.Parameter, "material_ids")
	answered(t, "unknown id", h.materials.Delete(ctx, tenant, []string{"nobody"}), fault.Parameter, "material_ids")
	answered(t, "odd id", h.materials.Delete(ctx, tenant, []string{"a\x00"}), fault.Parameter, "material_ids[0]")
}

func TestOpenServesWhatWasUploaded(t *testing.T) {
	h, ctx := newHouse(t), context.Background()
	m := h.upload(t, 160, 90, "sixteenToNine")
	id, ok := templates.ParseAssetPath(m.Path())
	if !ok || id != m.ResourceID {
		t.Fatal(m.Path(), id, ok)
	}
	s, err := h.materials.Open(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Body.Close()
	got, err := io.ReadAll(s.Body)
	if err != nil || !bytes.Equal(got, picture(t, 160, 90)) || s.ContentType != "image/png" || s.Size != int64(len(got)) || len(s.ETag) != 34 || !s.ModTime.Equal(h.now) {
		t.Errorf("%+v, %d bytes, %v", s, len(got), err)
	}
	for _, path := range []string{"", "/m/", "/m/700000000000000001", "/m/70000000000000000.png", "/m/7000000000000000011.png", "/m/700000000000000001.exe",
		"/m/../../etc/passwd.png", "/x/700000000000000001.png", "/m/070000000000000001.png", "/m/700000000000000001.png.png"} {
		if id, ok := templates.ParseAssetPath(path); ok {
			t.Errorf("%q is material %s", path, id)
		}
	}
	for _, id := range []string{"700000000000000001", "", "../etc"} {
		if _, err := h.materials.Open(ctx, id); !errors.Is(err, templates.ErrUnknown) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestSweepRemovesOnlyWhatNobodyHas(t *testing.T) {
	h, ctx := newHouse(t), context.Background()
	kept, gone := h.upload(t, 160, 90, "sixteenToNine"), h.upload(t, 320, 180, "sixteenToNine")
	if err := h.materials.Delete(ctx, tenant, []string{gone.ID}); err != nil {
		t.Fatal(err)
	}
	stray := filepath.Join(h.blobs, kept.Digest[:2], kept.Digest+".new-X")
	if err := os.WriteFile(stray, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.now = time.Now()
	if n, err := h.materials.Sweep(ctx, h.now.Add(-time.Hour)); n != 0 || err != nil {
		t.Errorf("swept %d young files, %v", n, err)
	}
	h.now = time.Now().Add(2 * time.Hour)
	if n, err := h.materials.Sweep(ctx, h.now.Add(-time.Hour)); n != 1 || err != nil {
		t.Errorf("swept %d, %v; want 1", n, err)
	}
	if _, err := os.Stat(stray); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the stray is there: %v", err)
	}
	s, err := h.materials.Open(ctx, kept.ResourceID)
	if err != nil {
		t.Fatal(err)
	}
	s.Body.Close()
}

func TestFolderRefusesOtherNames(t *testing.T) {
	f, err := templates.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "../../x", strings.Repeat("A", 64), strings.Repeat("a", 63)} {
		if err := f.Put(context.Background(), name, []byte("x")); err == nil {
			t.Errorf("%q was kept", name)
		}
		if _, err := f.Open(context.Background(), name); err == nil {
			t.Errorf("%q was opened", name)
		}
	}
}
