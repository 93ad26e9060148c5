package conformance

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/draw"

	"cardlink/templates"
)

var updateGallery = flag.Bool("update-gallery", false, "rewrite docs/gallery with the pages as they look now")

// TestPages opens the page of every layout on a phone's screen, in light and dark: no complaint of the browser, nothing wider than the screen, every text
// to be seen and with contrast, every picture loaded.
func TestPages(t *testing.T) {
	tool(t, "chromium", "chromium-browser", "google-chrome")
	cat, err := templates.LoadCatalogue(nil)
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	a := newAccount(t, engine{}, data, "Example Mall")
	s := start(t, engine{}, data, "--api-rate=-1", "--api-write-rate=-1", "--allow-any-jump")
	links := publish(t, s, a, sampleCards())
	b := startChromium(t)
	for _, scheme := range []string{"light", "dark"} {
		t.Run(scheme, func(t *testing.T) {
			seen := map[string]bool{}
			for _, l := range links {
				seen[l.layout] = true
				t.Run(l.name, func(t *testing.T) { lookAt(t, b, s, l, scheme) })
			}
			for _, layout := range cat.Layouts() {
				if !seen[layout] {
					t.Errorf("no page of %s was opened", layout)
				}
			}
		})
	}
	t.Run("actions", func(t *testing.T) { touch(t, b, links) })
}

// touch does what a reader does with what a page offers: opens and closes a dialog and a picture, unfolds a text to copy, fetches a calendar entry.
func touch(t *testing.T, b *chromium, links []shown) {
	url := map[string]string{}
	for _, l := range links {
		if l.full {
			url[l.layout] = l.url
		}
	}
	p := b.phoneTab(t, "light")
	defer p.close(t)
	for _, c := range []struct{ layout, script, want string }{
		{"Trip2", `document.querySelector('a[href^="#d"]').click(); [getComputedStyle(document.querySelector('.pop')).display, document.querySelector('.pop p').innerText].join(' ')`,
			"flex 发车前可免费改签一次，改签后的车票不再退款，请提前三十分钟到站。"},
		{"Trip2", `document.querySelector('a[href^="#d"]').click(); document.querySelector('.pop .btn').click(); getComputedStyle(document.querySelector('.pop')).display`, "none"},
		{"PureText", `document.querySelector('a[href^="#z"]').click(); getComputedStyle(document.querySelector('.zoom')).display`, "flex"},
		{"PureText", `document.querySelector('a[href^="#z"]').click(); document.querySelector('.zoom').click(); getComputedStyle(document.querySelector('.zoom')).display`, "none"},
		{"PureText", `document.querySelector('summary').click(); document.querySelector('code').innerText`, "KX7-29Q"},
		{"PureText", `document.querySelector('a[href^="mailto"]').href`, "mailto:help@example.com?subject=%E6%9D%A1%E6%AC%BE%E4%B8%8E%E9%9A%90%E7%A7%81&body=%E6%82%A8%E5%A5%BD%EF%BC%8C"},
		{"Notification2", `document.querySelector('a[href^="sms"]').href`, "sms:10690000?body=%E8%B4%A6%E5%8D%95"},
		{"CarouselSquareImage", `(async () => { const s = document.querySelector('.strip'); s.scrollLeft = 700; const begun = Date.now(), on = () => s.scrollLeft % s.clientWidth === 0 && s.scrollLeft > 0; while (!on() && Date.now() - begun < 60000) await new Promise(requestAnimationFrame); return on() ? 'on a slide' : 'at ' + s.scrollLeft; })()`, "on a slide"},
	} {
		var got string
		p.open(t, "about:blank")
		p.open(t, url[c.layout])
		if p.eval(t, c.script, &got); got != c.want {
			t.Errorf("%s: %s gives %q, want %q", c.layout, c.script, got, c.want)
		}
	}
	var ics string
	p.open(t, url["StandardImageAndText"])
	p.eval(t, `document.querySelector('a[download]').href`, &ics)
	file := fetch(t, ics, "Accept", "text/html,*/*")
	if file.Status != 200 || !strings.HasPrefix(file.Header.Get("Content-Type"), "text/calendar") || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment") ||
		!strings.Contains(file.Body, "DTSTART:20261201T100000\r\n") {
		t.Errorf("%s: %d %v %s", ics, file.Status, file.Header, file.Body)
	}
	if c := p.complaints(); c != "" {
		t.Errorf("the browser complains: %s", c)
	}
}

// shown is a link and what its page must show.
type shown struct {
	name, layout, url string
	texts             []string
	full              bool // belongs into the gallery
}

// publish makes a template and a link of every card; those of three cards with parameters once more with the longest values there are.
func publish(t *testing.T, s *server, a account, cards []sampleCard) (links []shown) {
	t.Helper()
	materials := map[string]string{}
	upload := func(key string, body J) string {
		if id := materials[key]; id != "" {
			return id
		}
		materials[key] = text(t, call(t, s, a, "/v1/aim/template-materials", body), "data.aim_resource_id")
		return materials[key]
	}
	picture := func(src string) string {
		name, size, _ := strings.Cut(src, ":")
		w, h := 0, 0
		fmt.Sscanf(size, "%dx%d", &w, &h)
		return upload(src, J{"resource_type": "image", "file_type": "stream", "file_stream": jpegURL(paint(t, name, w, h)), "image_rate": rateOf(name, w, h), "file_name": name + ".jpg"})
	}
	film := func(size string) string {
		var w, h uint16
		if _, err := fmt.Sscanf(size, "%dx%d", &w, &h); err != nil {
			t.Fatal(err)
		}
		return upload("film "+size, J{"resource_type": "video", "file_type": "stream", "file_stream": clipURL(w, h), "file_name": "clip.mp4"})
	}
	long := strings.Repeat("一二三四五六七八九十", 9) + "Straßenbahn"
	for n, c := range cards {
		draft := c.draft(n+1, picture, film)
		id := text(t, call(t, s, a, "/v1/aim/templates", draft), "data.tpl_id")
		link := func(values J) string {
			body := J{"tpl_id": id, "sms_signs": L{sign}, "resolving_times": 9, "aim_code_type": "group", "expiration_time": 30, "params": L{J{"cust_flag": "page"}}}
			if values != nil {
				body["aim_code_type"], body["resolving_times"], body["expiration_time"] = "individual", 1, 7
				body["params"] = L{J{"cust_flag": "page", "dync_params": values}}
			}
			return s.Edge + "/" + text(t, call(t, s, a, "/v1/aim/resolve-tasks", body), "params[0].aim_code")
		}
		links = append(links, shown{c.layout, c.layout, link(c.params), textsOf(draft, c.params), true})
		if slices.Contains([]string{"StandardImageAndText", "Notification2", "Trip1"}, c.layout) {
			longest := J{}
			for name := range c.params {
				longest[name] = long
			}
			links = append(links, shown{c.layout + " with long values", c.layout, link(longest), textsOf(draft, longest), false})
		}
	}
	return links
}

// call makes a signed call that must succeed.
func call(t *testing.T, s *server, a account, path string, body J) J {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r := signed(t, s, a, "POST", path, b)
	var got J
	if r.Status != 200 || json.Unmarshal([]byte(r.Body), &got) != nil {
		t.Fatalf("%s: %d %s\nof %s", path, r.Status, r.Body, b)
	}
	return got
}

// rateOf is the image_rate of a painting.
func rateOf(name string, w, h int) string {
	if w == 0 {
		w, h = paintings[name].w, paintings[name].h
	}
	for rate, r := range map[string]float64{"oneToOne": 1, "sixteenToNine": 16. / 9, "threeToOne": 3, "threeToFour": .75, "fortyEightToSixtyFive": 48. / 65} {
		if q := float64(w) / float64(h) / r; q > 0.985 && q < 1.015 {
			return rate
		}
	}
	return ""
}

// textsOf are all texts of a template with its parameters' values.
func textsOf(draft, values J) (texts []string) {
	for _, p := range draft["pages"].(L) {
		for _, c := range p.(J)["contents"].(L) {
			for _, field := range []string{"content", "content_child"} {
				s, _ := c.(J)[field].(string)
				for name, v := range values {
					s = strings.ReplaceAll(s, "${"+name+"}", v.(string))
				}
				if s != "" {
					texts = append(texts, s)
				}
			}
		}
	}
	return texts
}

// seenPage is what pageScript reports.
type seenPage struct {
	Wide     float64  // by how much the page is wider than the screen
	Text     string   // all visible text, blanks squeezed out
	Pictures []string // that are not loaded
	Hidden   []string // texts without a box, or outside of what can be scrolled to
	Faint    []string // texts whose contrast is below 4.5, or 3 if large
	Small    []string // buttons under 44 px
	Nameless []string // links and players without a name
	Dark     bool     // the background is dark
	H1       int
}

func lookAt(t *testing.T, b *chromium, s *server, l shown, scheme string) {
	p := b.phoneTab(t, scheme)
	defer p.close(t)
	p.open(t, l.url)
	var got seenPage
	p.eval(t, pageScript, &got)
	if got.Wide > 0 {
		t.Errorf("the page is %v px wider than the screen", got.Wide)
	}
	for _, want := range l.texts {
		if squeezed := strings.Join(strings.Fields(want), ""); !strings.Contains(got.Text, squeezed) {
			t.Errorf("%q is not to be seen in %q", want, got.Text)
		}
	}
	for what, list := range map[string][]string{
		"not loaded": got.Pictures, "cannot be seen": got.Hidden, "too faint": got.Faint, "too small for a finger": got.Small, "without a name": got.Nameless,
	} {
		if len(list) > 0 {
			t.Errorf("%s: %s", what, strings.Join(list, "\n\t"))
		}
	}
	if got.Dark != (scheme == "dark") && !strings.HasPrefix(l.layout, "ShortVideo") {
		t.Errorf("dark background: %v", got.Dark)
	}
	if got.H1 > 1 {
		t.Errorf("%d main headings", got.H1)
	}
	shot := p.shot(t)
	if dir := os.Getenv("CARDLINK_TEST_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, l.name+"-"+scheme+".png"), shot, 0o644); err != nil {
			t.Error(err)
		}
	}
	if l.full {
		frame(t, l.layout+"-"+scheme+".png", shot)
	}
	for _, variant := range variants[l.layout] { // sub_type of the template: only colours differ
		var got seenPage
		p.eval(t, "document.body.classList.remove('s1','s2','s3','s4','s5','s6'); document.body.classList.add('"+variant+"');"+pageScript, &got)
		if len(got.Faint) > 0 {
			t.Errorf("variant %s: too faint: %s", variant, strings.Join(got.Faint, "\n\t"))
		}
	}
	for _, width := range []int{320, 1280} {
		var got seenPage
		p.screen(t, width)
		if p.eval(t, pageScript, &got); got.Wide > 0 || len(got.Hidden) > 0 {
			t.Errorf("on %d px: %v px too wide, cannot be seen: %s", width, got.Wide, strings.Join(got.Hidden, "\n\t"))
		}
	}
	if c := p.complaints(); c != "" {
		t.Errorf("the browser complains: %s", c)
	}
}

// variants are the classes of a layout's variants by colour.
var variants = map[string][]string{
	"ECImageAndText": {"s1", "s2", "s3", "s4", "s5"}, "CarouselVerticalImage": {"s1", "s2", "s3", "s4", "s5", "s6"},
}

const gallery = "../docs/gallery/"

// frame hangs a picture into docs/gallery, if that is asked for. What hangs there must be a small picture in any case.
func frame(t *testing.T, name string, shot []byte) {
	t.Helper()
	const width, most = 240, 40 << 10
	if *updateGallery {
		full, err := png.Decode(bytes.NewReader(shot))
		if err != nil {
			t.Fatal(err)
		}
		r := full.Bounds()
		small := image.NewRGBA(image.Rect(0, 0, width, r.Dy()*width/r.Dx()))
		draw.CatmullRom.Scale(small, small.Bounds(), full, r, draw.Src, nil)
		if err := os.MkdirAll(gallery, 0o755); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		enc := png.Encoder{CompressionLevel: png.BestCompression}
		if err := enc.Encode(&out, reduce(small, 112)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(gallery+name, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.ReadFile(gallery + name)
	if err != nil {
		t.Fatalf("%v; run with -update-gallery", err)
	}
	m, err := png.DecodeConfig(bytes.NewReader(f))
	if err != nil || m.Width != width || len(f) > most {
		t.Errorf("%s: %v, %d px wide, %d bytes; want %d px and at most %d bytes", name, err, m.Width, len(f), width, most)
	}
}
