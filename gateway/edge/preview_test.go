package edge

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"image/png"
	"strings"
	"testing"
	"time"

	"cardlink/fault"
	"cardlink/previewlink"
	"cardlink/render"
	"cardlink/templates"
)

// draftDesk has one draft.
type draftDesk struct {
	h     *house
	token string
	until time.Time
	err   error
	opens int
}

func (d *draftDesk) Open(_ context.Context, token string) (*templates.Template, time.Time, error) {
	d.opens++
	if d.err != nil {
		return nil, time.Time{}, d.err
	}
	if token != d.token || !d.h.clock().Before(d.until) {
		return nil, time.Time{}, templates.ErrUnknown
	}
	t := d.h.tpl.t
	t.ID, t.Version, t.Name = 0, 0, "a draft"
	return &t, d.until, nil
}

// looks signs the preview addresses of every house.
func looks(t testing.TB) *previewlink.Addresses {
	t.Helper()
	a, err := previewlink.New(bytes.Repeat([]byte{9}, previewlink.KeyBytes))
	must(t, err)
	return a
}

const draftToken = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func newPreviewHouse(t *testing.T) (*house, *draftDesk) {
	t.Helper()
	d := &draftDesk{token: draftToken}
	h := newHouse(t, func(o *Options) { o.Previews, o.Drafts = looks(t), d })
	d.h, d.until = h, h.clock().Add(time.Hour)
	return h, d
}

func (h *house) shows(what, target string, want ...string) string {
	h.t.Helper()
	r := h.get(target, browser)
	body := string(r.Body())
	h.expect(what, r, 200, "")
	for _, w := range want {
		if not, ok := strings.CutPrefix(w, "!"); ok == strings.Contains(body, not) {
			h.t.Errorf("%s: %q in\n%s", what, w, body)
		}
	}
	return body
}

func TestPreviewOfATemplateOnEveryVendor(t *testing.T) {
	h, _ := newPreviewHouse(t)
	body := h.shows("page", "/p/600000101", `id="HUAWEI"`, `id="SAMSUNG"`, `id="H5"`, "Hello <bdi>Ann</bdi>", `<svg `, "Card as sent", "!ping=", "!/e/")
	r := h.get("/p/600000101", browser)
	_, rest, _ := strings.Cut(body, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	csp := string(r.Header.Peek("Content-Security-Policy"))
	if !strings.Contains(csp, "style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"';") || !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %s", csp)
	}
	for name, want := range map[string]string{"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex, nofollow", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
		if got := string(r.Header.Peek(name)); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	h.shows("values", "/p/600000101?p.name=%3Cscript%3EBob&p.other=x", "Hello <bdi>&lt;script&gt;Bob</bdi>", `value="&lt;script&gt;Bob"`, "!<script", "!p.other")
	h.shows("a long value", "/p/600000101?p.name="+strings.Repeat("a", 99)+"bc", strings.Repeat("a", 99)+"b<", "!"+strings.Repeat("a", 99)+"bc")
	h.shows("dark", "/p/600000101?theme=dark", "color-scheme:dark", "!prefers-color-scheme")
	h.shows("a theme nobody has", "/p/600000101?theme=%22%3E", "prefers-color-scheme")
}

func TestPreviewLanguage(t *testing.T) {
	houses := map[fault.Language]*house{}
	for _, l := range []fault.Language{fault.English, fault.Chinese} {
		houses[l] = newHouse(t, func(o *Options) { o.Previews, o.Language = looks(t), l })
	}
	for _, c := range []struct {
		query, accept string
		server        fault.Language
		want          string
	}{
		{"", "", fault.English, "Sample values"}, {"", "", fault.Chinese, "示例参数"}, {"?lang=zh", "en", fault.English, "示例参数"}, {"?lang=en", "zh-CN", fault.Chinese, "Sample values"},
		{"", "zh-CN,zh;q=0.9,en;q=0.8", fault.English, "示例参数"}, {"", "en-GB, zh", fault.Chinese, "Sample values"}, {"?lang=xx", "fr", fault.Chinese, "示例参数"},
	} {
		r := houses[c.server].get("/p/600000101"+c.query, "Accept-Language: "+c.accept)
		if !bytes.Contains(r.Body(), []byte(c.want)) {
			t.Errorf("%+v: %.300s", c, r.Body())
		}
	}
}

// Below a preview are each target's card alone, as a page that says its policy itself, and the code of the address.
func TestPartsOfAPreview(t *testing.T) {
	h, _ := newPreviewHouse(t)
	h.tpl.t.Pages[0].Contents[3].ActionType = "OPEN_SCHEDULE"
	h.tpl.t.Pages[0].Contents[3].Action = &templates.Action{Target: "Sale", BeginTime: "2026-12-01 10:00:00", EndTime: "2026-12-01 22:00:00"}
	for _, target := range []string{"HUAWEI", "XIAOMI", "OPPO", "VIVO", "MEIZU", "SAMSUNG", "H5"} {
		h.shows(target, "/p/600000101/"+target+"?width=320&theme=light&p.name=Eve", "Something for ", "Eve", "width=320", "color-scheme:light", "Content-Security-Policy", "!Card as sent", "!Valid until")
	}
	if r := h.get("/p/600000101/OPPO"); string(r.Header.Peek("Content-Security-Policy")) != render.DocumentCSP {
		t.Errorf("%v", &r.Header)
	}
	// What OPPO cannot do leads to the page, and the page has it.
	h.shows("a stand-in", "/p/600000101/OPPO", "https://s.example.com/p/600000101/H5#c1-4")
	h.shows("a width nobody has", "/p/600000101/H5?width=99999", "width=device-width", "https://s.example.com/p/600000101/H5?ics=1-4")
	if r := h.get("/p/600000101/H5?ics=1-4"); string(r.Header.ContentType()) != render.CalendarType || !bytes.HasPrefix(r.Body(), []byte("BEGIN:VCALENDAR")) {
		t.Errorf("calendar entry: %s", r.Body())
	}

	plain, valued := h.get("/p/600000101/qr.png"), h.get("/p/600000101/qr.png?p.name=Eve")
	for _, r := range [][]byte{plain.Body(), valued.Body()} {
		if _, err := png.Decode(bytes.NewReader(r)); err != nil {
			t.Error(err)
		}
	}
	want, err := render.QRPNG("https://s.example.com/p/600000101")
	if err != nil || !bytes.Equal(plain.Body(), want) || bytes.Equal(plain.Body(), valued.Body()) || string(plain.Header.ContentType()) != "image/png" {
		t.Errorf("the code is not that of the address: %v", err)
	}
	for _, path := range []string{"/p/600000101/", "/p/600000101/oppo", "/p/600000101/NOKIA", "/p/600000101/OPPO/x", "/p/600000101/qr.PNG", "/p/600000102/qr.png", "/p/600000102/OPPO", "/p/6000001011", "/p/700000101"} {
		h.expect(path, h.get(path, browser), 404, "")
	}
}

// A draft is shown by its token until the token ends, and nothing else is.
func TestPreviewOfADraftByItsToken(t *testing.T) {
	h, d := newPreviewHouse(t)
	h.shows("draft", "/p/"+draftToken, "a draft", "Draft, not yet a template", "This address works until", "https://s.example.com/p/"+draftToken)
	h.shows("its card", "/p/"+draftToken+"/VIVO", "Hello Ann")
	h.expect("its code", h.get("/p/"+draftToken+"/qr.png"), 200, "")
	if d.opens != 1 {
		t.Errorf("opened %d times within %v", d.opens, previewFor)
	}
	other := "B" + draftToken[1:]
	h.expect("another token", h.get("/p/"+other), 404, "")
	h.expect("half a token", h.get("/p/"+draftToken[:42]), 404, "")
	if d.opens != 2 {
		t.Errorf("%d opened", d.opens)
	}
	h.pass(time.Hour - time.Second)
	h.shows("in its last second", "/p/"+draftToken, "a draft")
	h.pass(time.Second) // still in memory
	h.expect("expired", h.get("/p/"+draftToken), 404, "")
	d.err = errors.New("the store is away")
	h.pass(previewFor)
	h.expect("failure", h.get("/p/"+draftToken), 503, "")

	closed := newHouse(t, func(o *Options) { o.Previews = looks(t) })
	closed.expect("an edge without drafts", closed.get("/p/"+draftToken), 404, "")
}

// Drawing costs some milliseconds, so an address block gets a number of them, then one in a while.
func TestPreviewsAreLimited(t *testing.T) {
	h, _ := newPreviewHouse(t)
	for range previewBurst {
		h.expect("within the burst", h.get("/p/600000102"), 404, "") // unknown ones count: they cost a read
	}
	r := h.get("/p/600000101")
	h.expect("beyond", r, 429, string(errLimited))
	if string(r.Header.Peek("Retry-After")) != "1" {
		t.Error("not told when to come back")
	}
	h.pass(previewInterval * time.Millisecond)
	h.expect("a moment later", h.get("/p/600000101"), 200, "")
	h.expect("and again beyond", h.get("/p/600000101"), 429, "")
}

// What was read is remembered for a moment, an unknown address too, and not for long.
func TestPreviewsAreRememberedForAMoment(t *testing.T) {
	h, _ := newPreviewHouse(t)
	h.shows("first", "/p/600000101", "<h1>card</h1>")
	h.tpl.mu.Lock()
	h.tpl.t.Name = "renamed"
	h.tpl.mu.Unlock()
	h.shows("within the moment", "/p/600000101", "<h1>card</h1>")
	h.pass(previewFor)
	h.shows("after it", "/p/600000101", "<h1>renamed</h1>")
}

// A tenant's template is shown to who was given its address. Everybody else gets what an address gets that never was one, byte for byte, and nothing is read for him.
func TestPreviewOfATenantsTemplateIsACapability(t *testing.T) {
	h, _ := newPreviewHouse(t)
	const id = 600001001
	h.tpl.t.ID, h.tpl.t.Version, h.tpl.t.Tenant = id, 2, h.tenant
	a := looks(t)
	name := a.Name(previewlink.Template, id, 2)
	h.shows("page", "/p/"+name, "Hello <bdi>Ann</bdi>", "https://s.example.com/p/"+name+"/H5", `href="/p/`+name+`/OPPO?lang=en"`)
	h.shows("card", "/p/"+name+"/OPPO", "Hello Ann", "!/p/600001001")
	want, err := render.QRPNG("https://s.example.com/p/" + name)
	must(t, err)
	if r := h.get("/p/" + name + "/qr.png"); !bytes.Equal(r.Body(), want) {
		t.Error("the code is not that of the address")
	}
	h.shows("an older version", "/p/"+a.Name(previewlink.Template, id, 1), "Hello <bdi>Ann</bdi>")

	unknown := func(path string) string {
		h.pass(previewFor)
		r := h.get(path, browser)
		r.Header.Del("Date")
		return string(r.Header.Header()) + string(r.Body())
	}
	other, err := previewlink.New(bytes.Repeat([]byte{8}, previewlink.KeyBytes))
	must(t, err)
	never := unknown("/p/nothing")
	if !strings.HasPrefix(never, "HTTP/1.1 404 ") {
		t.Fatal(never)
	}
	guesses := map[string]string{
		"the bare id": "600001001", "an id nobody has": "600001002", "the bare id's card": "600001001/OPPO", "its code": "600001001/qr.png",
		"a video's signature": a.Name(previewlink.Video, id, 2), "another template's": "600001001-2-" + a.Name(previewlink.Template, id+1, 2)[12:],
		"another version's": "600001001-2-" + a.Name(previewlink.Template, id, 1)[12:], "another installation's": other.Name(previewlink.Template, id, 2),
		"no signature": "600001001-2-", "a short one": name[:len(name)-1], "a long one": name + "a", "capitals": strings.ToUpper(name), "zeroes": "600001001-02-" + name[12:],
		"its code by a forged name": "600001001-1-" + name[12:] + "/qr.png",
	}
	h.tpl.loads = 0
	for what, guess := range guesses {
		if got := unknown("/p/" + guess); got != never {
			t.Errorf("%s: %s\nan address nobody has: %s", what, got, never)
		}
	}
	if h.tpl.loads != 0 {
		t.Errorf("guesses cost %d reads", h.tpl.loads)
	}
	// Signed, and not there: a template that was deleted, a version that never was.
	for what, gone := range map[string]string{"deleted": a.Name(previewlink.Template, id+1, 1), "no such version": a.Name(previewlink.Template, id, 3)} {
		if got := unknown("/p/" + gone); got != never {
			t.Errorf("%s: %s", what, got)
		}
	}
	// The gallery's ids are open because its cards are everybody's, not because of their numbers.
	h.tpl.t.ID = 600000999
	if got := unknown("/p/600000999"); got != never {
		t.Errorf("a tenant's template among the gallery's ids: %s", got)
	}
}

func TestGuessesAreLimited(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Previews, o.Videos = looks(t), &videoShelf{} })
	for i := range previewBurst {
		h.expect("a guess", h.get([]string{"/p/600001001", "/v/800000001"}[i%2]), 404, "")
	}
	h.expect("one more", h.get("/p/600001001"), 429, string(errLimited))
	h.expect("of a video", h.get("/v/800000001"), 429, string(errLimited))
	h.expect("and a page that exists", h.get("/v/"+looks(t).Name(previewlink.Video, 800000001, 0)), 429, string(errLimited))
}
