package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/valyala/fasthttp"
	"go.uber.org/goleak"

	"cardlink/event"
	"cardlink/event/journal"
	"cardlink/identity"
	"cardlink/render"
	"cardlink/shortlink"
	"cardlink/store"
	"cardlink/templates"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, // fasthttp's clock runs for ever, its idle-worker cleaner ends with its next look
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"), goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

// house is an edge over a real store and a real journal.
type house struct {
	t       testing.TB
	db      *store.DB
	tenant  string
	service *shortlink.Service
	journal *journal.Journal
	server  *Server
	metrics *metrics.Set
	tpl     *library
	mu      sync.Mutex
	now     time.Time
}

// library is a template room of one card.
type library struct {
	mu    sync.Mutex
	t     templates.Template
	open  int // bodies not closed
	loads int
}

func (l *library) ForLinks(context.Context, string, string) (*templates.Template, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.t
	return &t, nil
}

func (l *library) Load(_ context.Context, id int64, version int) (*templates.Template, error) {
	l.loads++
	if id != l.t.ID || version > l.t.Version {
		return nil, templates.ErrUnknown
	}
	return l.ForLinks(context.Background(), "", "")
}

func (l *library) Open(_ context.Context, id string) (*templates.Stored, error) {
	if id != "700000000000000001" {
		return nil, templates.ErrUnknown
	}
	l.open++
	return &templates.Stored{Body: &closing{Reader: bytes.NewReader([]byte("0123456789")), lib: l}, ContentType: "image/png", Size: 10, ETag: `"abc"`}, nil
}

// closing is a body that is counted until it is closed.
type closing struct {
	*bytes.Reader
	lib *library
}

func (c *closing) Close() error {
	c.lib.open--
	return nil
}

func newHouse(t testing.TB, change func(*Options), resolver ...func(*shortlink.ResolverOptions)) *house {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	vault, err := identity.NewVault(bytes.Repeat([]byte{1}, 32))
	must(t, err)
	db, err := store.Open(ctx, store.Options{File: filepath.Join(dir, "test.db"), Vault: vault})
	must(t, err)
	_, err = db.Migrate(ctx)
	must(t, err)
	people, err := identity.NewService(identity.Options{Store: db, Vault: vault})
	must(t, err)
	tenant, _, err := people.CreateTenant(ctx, identity.Actor{}, "shop", "")
	must(t, err)
	h := &house{t: t, db: db, tenant: tenant.ID, metrics: metrics.NewSet(), now: time.Now().UTC().Truncate(time.Second)}
	h.tpl = &library{t: templates.Template{
		ID: 600000101, Version: 1, Name: "card", UseID: 1, CardID: "StandardImageAndText", State: templates.StateEnabled, Audit: templates.AuditApproved,
		Params: []templates.Param{{Type: 1, Name: "${name}", Example: "Ann"}},
		Pages: []templates.Page{{Order: 1, Contents: []templates.Content{
			{Type: "image", Position: 1, SrcType: 1, Src: "700000000000000001", ActionType: "OPEN_URL", Action: &templates.Action{Target: "https://shop.example.com/a"}},
			{Type: "text", Position: 2, Text: "Hello ${name}", IsTitle: "true"},
			{Type: "text", Position: 3, Text: "Something for ${name}, reply R to refuse", IsTitle: "false"},
			{Type: "button", Position: 4, Text: "Go", ActionType: "OPEN_BROWSER", Action: &templates.Action{Target: "https://shop.example.com/b"}},
		}}},
		Assets:    map[string]templates.Asset{"700000000000000001": {Path: "/m/700000000000000001.png", ContentType: "image/png", Width: 1248, Height: 702}},
		Factories: []templates.Factory{{Vendor: templates.Huawei, State: templates.VendorActive}, {Vendor: templates.Xiaomi, State: templates.VendorActive}},
	}}
	codec, err := shortlink.NewCodec(bytes.Repeat([]byte{2}, 32))
	must(t, err)
	h.service, err = shortlink.NewService(shortlink.Options{Store: db, Templates: h.tpl, Codec: codec, DefaultDomain: "s.example.com", AnyJump: true, Now: h.clock})
	must(t, err)
	must(t, h.service.RegisterDomain(ctx, shortlink.Domain{Name: "s.example.com", Generation: shortlink.Standard}))
	must(t, h.service.RegisterDomain(ctx, shortlink.Domain{Name: "c.example.com/go", Generation: shortlink.Custom}))
	h.journal, err = journal.Open(filepath.Join(dir, "journal"), journal.Options{})
	must(t, err)
	ro := shortlink.ResolverOptions{Store: db, Journal: h.journal, Templates: h.tpl, Codec: codec, Node: "n1",
		DeviceKey: bytes.Repeat([]byte{3}, 32), Measure: render.Measures, CacheBytes: 1 << 22, Devices: 1 << 10, Now: h.clock, Metrics: h.metrics}
	for _, change := range resolver {
		change(&ro)
	}
	r, err := shortlink.OpenResolver(ctx, ro)
	must(t, err)
	catalogue, err := templates.LoadCatalogue(nil)
	must(t, err)
	o := Options{Resolver: r, Journal: h.journal, Catalogue: catalogue, Templates: h.tpl, Materials: h.tpl, Origin: "https://s.example.com",
		ClientKey: bytes.Repeat([]byte{4}, 32), BeaconKey: bytes.Repeat([]byte{5}, 32), Now: h.clock, Metrics: h.metrics}
	if change != nil {
		change(&o)
	}
	h.server, err = New(o)
	must(t, err)
	t.Cleanup(func() {
		must(t, errors.Join(r.Close(ctx), h.journal.Close(), db.Close()))
	})
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// link makes one link and returns its path on s.example.com.
func (h *house) link(times int64, change func(*shortlink.Request)) string {
	h.t.Helper()
	r := shortlink.Request{Tenant: h.tenant, User: "u", TplID: "600000101", Signs: []string{"示例商城"}, Times: times, CodeType: "individual", Days: 7,
		Items: []shortlink.Item{{CustFlag: "x", Params: map[string]string{"name": "Bob"}}}}
	if times > 1 {
		r.CodeType, r.Items[0].Params = "group", nil
		h.tpl.mu.Lock()
		saved := h.tpl.t.Params
		h.tpl.t.Params = nil
		h.tpl.mu.Unlock()
		defer func() {
			h.tpl.mu.Lock()
			h.tpl.t.Params = saved
			h.tpl.mu.Unlock()
		}()
	}
	if change != nil {
		change(&r)
	}
	b, _, err := h.service.CreateResolveTask(context.Background(), r, "")
	must(h.t, err)
	if len(b.Links) != 1 {
		h.t.Fatalf("%+v", b.Failed)
	}
	return "/" + b.Links[0].Code
}

// get serves one request; headers are "Name: value".
func (h *house) get(target string, headers ...string) *fasthttp.Response {
	return h.do("GET", target, headers...)
}

func (h *house) do(method, target string, headers ...string) *fasthttp.Response {
	h.t.Helper()
	var c fasthttp.RequestCtx
	c.Init(&fasthttp.Request{}, &net.TCPAddr{IP: net.IPv4(203, 0, 113, 7)}, nil)
	c.Request.Header.SetMethod(method)
	c.Request.SetRequestURI(target)
	c.Request.Header.SetHost("s.example.com")
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		c.Request.Header.Add(name, value)
	}
	h.server.serve(&c)
	var out fasthttp.Response
	c.Response.CopyTo(&out)
	if c.Response.IsBodyStream() {
		b, err := io.ReadAll(c.Response.BodyStream())
		must(h.t, err)
		must(h.t, c.Response.CloseBodyStream())
		out.SetBody(b)
	}
	return &out
}

const (
	asks    = "Accept: application/vnd.cardlink.card+json"
	huawei  = "X-AIM-Vendor: HuaWei"
	browser = "User-Agent: Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36"
)

func (h *house) expect(what string, r *fasthttp.Response, status int, body string) {
	h.t.Helper()
	if r.StatusCode() != status || (body != "" && string(r.Body()) != body) {
		h.t.Errorf("%s: %d %s, want %d %s", what, r.StatusCode(), r.Body(), status, body)
	}
}

func TestAHandsetGetsItsCardOnce(t *testing.T) {
	h := newHouse(t, nil)
	link := h.link(1, nil)
	r := h.get(link, asks, huawei, "X-AIM-Device: d1", "X-AIM-Sign: %E7%A4%BA%E4%BE%8B%E5%95%86%E5%9F%8E")
	h.expect("first", r, 200, "")
	if ct := string(r.Header.ContentType()); ct != "application/vnd.cardlink.card+json" {
		t.Errorf("content type %s", ct)
	}
	if cc := string(r.Header.Peek("Cache-Control")); cc != "private, no-store" {
		t.Errorf("cache control %s", cc)
	}
	if !json.Valid(r.Body()) || !bytes.Contains(r.Body(), []byte("Hello Bob")) || !bytes.Contains(r.Body(), []byte("https://s.example.com/m/700000000000000001.png")) {
		t.Errorf("card %s", r.Body())
	}
	id := string(r.Header.Peek("X-Aim-Resolve-Id"))
	if !bytes.Contains(r.Body(), []byte(id)) || len(id) != 36 {
		t.Errorf("resolve id %q is not in the card", id)
	}
	again := h.get("/r" + link + "?vendor=huawei&device=d1&sign=%E7%A4%BA%E4%BE%8B%E5%95%86%E5%9F%8E")
	h.expect("again", again, 200, string(r.Body()))
	if string(again.Header.Peek("X-Aim-Repeat")) != "true" {
		t.Error("the repeat is not marked")
	}
	h.expect("another device", h.get(link, asks, huawei, "X-AIM-Device: d2"), 410, `{"error":"gone"}`)
}

func TestRefusalsOfAHandset(t *testing.T) {
	h := newHouse(t, nil)
	link := h.link(5, nil)
	h.expect("no vendor", h.get(link, asks), 406, `{"error":"vendor_not_supported"}`)
	h.expect("unknown vendor", h.get(link, asks, "X-AIM-Vendor: NOKIA"), 406, `{"error":"vendor_not_supported"}`)
	h.expect("vendor not active", h.get(link, asks, "X-AIM-Vendor: OPPO"), 406, `{"error":"vendor_not_supported"}`)
	h.expect("wrong sign", h.get(link, asks, huawei, "X-AIM-Sign: other"), 403, `{"error":"sign_mismatch"}`)
	h.expect("bracketed sign", h.get(link, asks, huawei, "X-AIM-Sign: 【示例商城】"), 200, "")
	h.expect("unknown code", h.get("/AAAAAAAA", asks, huawei), 404, `{"error":"not_found"}`)
	h.expect("no code", h.get("/nothing-here", asks, huawei), 404, `{"error":"not_found"}`)
	h.expect("unknown host", h.get(link, asks, huawei, "Host: x.example"), 404, `{"error":"not_found"}`)
	h.expect("HEAD uses nothing up", h.do("HEAD", link, asks, huawei), 200, "")
	for range 4 {
		h.expect("card", h.get(link, asks, huawei), 200, "")
	}
	h.expect("exhausted", h.get(link, asks, huawei), 410, `{"error":"gone"}`)
	h.expect("a tap on a used-up link", h.get(link, browser), 200, "")
	h.pass(7 * 24 * time.Hour)
	h.expect("expired", h.get(link, asks, huawei), 410, `{"error":"gone"}`)
	h.expect("expired, tapped", h.get(link, browser), 410, "")
	h.expect("expired, HEAD", h.do("HEAD", link, asks, huawei), 410, "")
}

func TestATapOpensThePageOrTheCustomersAddress(t *testing.T) {
	h := newHouse(t, nil)
	page := h.get(h.link(1, nil), browser, "Accept: text/html,application/json;q=0.9,*/*;q=0.8")
	h.expect("page", page, 200, "")
	for _, want := range []string{"Hello Bob", "<html", "s.example.com/"} {
		if !bytes.Contains(page.Body(), []byte(want)) {
			t.Errorf("the page has no %q:\n%s", want, page.Body())
		}
	}
	for name, want := range map[string]string{"Content-Type": "text/html; charset=utf-8", "Cache-Control": "private, no-store", "X-Robots-Tag": "noindex, nofollow",
		"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"} {
		if got := string(page.Header.Peek(name)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !strings.HasPrefix(string(page.Header.Peek("Content-Security-Policy")), "default-src 'none'") {
		t.Error("the page has no policy")
	}
	jump := h.get(h.link(1, func(r *shortlink.Request) { r.Items[0].CustomURL = "https://shop.example.com/spring?a=1" }), browser)
	h.expect("jump", jump, 302, "")
	if got := string(jump.Header.Peek("Location")); got != "https://shop.example.com/spring?a=1" {
		t.Errorf("location %q", got)
	}
	if got := string(jump.Header.Peek("Cache-Control")); got != "private, no-store" {
		t.Errorf("cache control %q", got)
	}
	custom := h.link(1, func(r *shortlink.Request) {
		r.GenerationType, r.Domain = shortlink.Custom, "c.example.com/go"
		r.Items[0].CustomCode, r.Items[0].CustomURL = "abc", "https://ignored.example/"
	})
	h.expect("custom", h.get("/go"+custom, browser, "Host: C.example.com"), 200, "")
	h.expect("custom card", h.get("/r/go"+custom, huawei, "Host: c.example.com:8080"), 200, "")

	h.tpl.mu.Lock()
	h.tpl.t.State = templates.StateDisabled
	h.tpl.mu.Unlock()
	h.pass(time.Minute)
	h.expect("disabled", h.get("/go"+custom, browser, "Host: c.example.com"), 410, "")
}

func TestEveryTapIsRecordedWithItsClass(t *testing.T) {
	h := newHouse(t, nil)
	link := h.link(1, nil)
	jump := h.link(1, func(r *shortlink.Request) { r.Items[0].CustomURL = "https://shop.example.com/" })
	h.get(link, browser, "Referer: https://user@news.example.org:8443/a?b#c")
	h.get(jump, "User-Agent: WhatsApp/2.23 A")
	h.do("HEAD", jump, browser)
	h.get(jump, browser, "Sec-Purpose: prefetch;prerender")
	h.pass(7 * 24 * time.Hour)
	h.get(jump, "User-Agent: curl/8")
	type row struct {
		Target, Class, Referrer string
		Bot                     bool
	}
	var got []row
	var hash string
	for _, r := range h.records(5) {
		f, err := event.Decode(r.Value)
		must(t, err)
		d := dataOf[event.LinkClick](t, f)
		if f.Type != event.TypeLinkClick || f.Tenant != h.tenant || string(r.Key) != d.AimURL || len(d.IPPrefixHash) != 16 {
			t.Errorf("fact %s", r.Value)
		}
		if hash == "" {
			hash = d.IPPrefixHash
		}
		if d.IPPrefixHash != hash {
			t.Error("one address, two hashes")
		}
		if want := d.Target != "gone"; (d.VisitorRef != "") != want { // reports count who tapped
			t.Errorf("visitor %q of %s", d.VisitorRef, d.Target)
		}
		got = append(got, row{d.Target, d.UAClass, d.ReferrerHost, d.Bot})
	}
	want := []row{{"h5", "human", "news.example.org:8443", false}, {"custom_url", "preview", "", true}, {"custom_url", "head", "", true},
		{"custom_url", "prefetch", "", true}, {"gone", "scanner", "", true}}
	if len(got) != len(want) {
		t.Fatalf("recorded %+v\nwant %+v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("recorded %+v, want %+v", got[i], want[i])
		}
	}
	var out bytes.Buffer
	h.metrics.WritePrometheus(&out)
	for _, line := range []string{`cardlink_visits_total{class="human"} 1`, `cardlink_visits_total{class="scanner"} 1`, `cardlink_edge_facts_lost_total{fact="click"} 0`} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("metrics lack %s", line)
		}
	}
}

func TestGuessersAreTurnedAway(t *testing.T) {
	h := newHouse(t, nil)
	link := h.link(5, nil)
	h.get(link, browser)
	limited := 0
	for n := range 200 {
		code := []byte("/AAAAAAAA")
		code[3], code[4] = byte('a'+n%26), byte('a'+n/26)
		if r := h.get(string(code)); r.StatusCode() == 429 {
			limited++
			if string(r.Header.Peek("Retry-After")) == "" {
				t.Error("no Retry-After")
			}
		}
	}
	if limited != 200-101 {
		t.Errorf("%d of 200 guesses refused", limited)
	}
}

func TestMaterials(t *testing.T) {
	h := newHouse(t, nil)
	const path = "/m/700000000000000001.png"
	r := h.get(path)
	h.expect("whole", r, 200, "0123456789")
	if string(r.Header.Peek("ETag")) != `"abc"` || string(r.Header.Peek("Cache-Control")) != "public, max-age=31536000, immutable" || string(r.Header.ContentType()) != "image/png" {
		t.Errorf("headers %s", r.Header.String())
	}
	h.expect("known", h.get(path, `If-None-Match: "abc"`), 304, "")
	r = h.get(path, "Range: bytes=2-4")
	h.expect("part", r, 206, "234")
	if got := string(r.Header.Peek("Content-Range")); got != "bytes 2-4/10" {
		t.Errorf("content range %q", got)
	}
	h.expect("rest", h.get(path, "Range: bytes=7-", `If-Range: "abc"`), 206, "789")
	h.expect("range of another version", h.get(path, "Range: bytes=7-", `If-Range: "old"`), 200, "0123456789")
	h.expect("beyond", h.get(path, "Range: bytes=10-"), 416, "")
	h.expect("unknown", h.get("/m/700000000000000002.png"), 404, "")
	h.expect("no id", h.get("/m/../etc/passwd"), 404, "")
	if h.tpl.open != 0 {
		t.Errorf("%d bodies were not closed", h.tpl.open)
	}
}

func TestPreviewsAreShownOnlyIfAllowed(t *testing.T) {
	closed := newHouse(t, nil)
	closed.expect("off", closed.get("/p/600000101"), 404, "")
	h := newHouse(t, func(o *Options) { o.Previews = looks(t) })
	r := h.get("/p/600000101", browser)
	h.expect("on", r, 200, "")
	if !bytes.Contains(r.Body(), []byte("Hello Ann")) {
		t.Errorf("preview %s", r.Body())
	}
	h.expect("unknown", h.get("/p/600000102"), 404, "")
	h.expect("no id", h.get("/p/60000010x"), 404, "")
}

func TestOtherPaths(t *testing.T) {
	h := newHouse(t, nil)
	h.expect("robots", h.get("/robots.txt"), 200, "User-agent: *\nDisallow: /\n")
	h.expect("favicon", h.get("/favicon.ico"), 204, "")
	h.expect("root", h.get("/"), 404, "")
	h.expect("beacons", h.get("/e/x"), 404, "")
	h.expect("depth", h.get("/a/b/c/d/e/f"), 404, "")
	lost, gone := h.get("/AAAAAAAA"), func() *fasthttp.Response {
		link := h.link(1, nil)
		h.pass(8 * 24 * time.Hour)
		return h.get(link)
	}()
	if len(lost.Body()) != len(gone.Body()) {
		t.Error("the pages for unknown and ended links differ in length")
	}
}

func TestForwardedAddressesAreBelievedFromProxiesOnly(t *testing.T) {
	with := newHouse(t, func(o *Options) {
		o.Proxies = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("10.0.0.0/8")}
	}).server
	without := newHouse(t, nil).server
	id := func(s *Server, forwarded ...string) uint64 {
		var c fasthttp.RequestCtx
		c.Init(&fasthttp.Request{}, &net.TCPAddr{IP: net.IPv4(203, 0, 113, 7)}, nil)
		for _, f := range forwarded {
			c.Request.Header.Add("X-Forwarded-For", f)
		}
		return s.client(&c).id
	}
	base := id(without)
	same := func(what string, a, b uint64, want bool) {
		t.Helper()
		if (a == b) != want {
			t.Errorf("%s: equal is %v, want %v", what, a == b, want)
		}
	}
	same("ignored without proxies", id(without, "198.51.100.1"), base, true)
	same("believed", id(with, "198.51.100.1"), id(with), false)
	same("block, not address", id(with, "198.51.100.1"), id(with, "198.51.100.200"), true)
	same("the last untrusted one counts", id(with, "192.0.2.1, 198.51.100.1, 10.1.1.1"), id(with, "198.51.100.1"), true)
	same("several lines", id(with, "192.0.2.1", "198.51.100.1, 10.1.1.1"), id(with, "198.51.100.1"), true)
	same("garbage ends the walk", id(with, "198.51.100.1, x"), id(with), true)
	same("v6 block", id(with, "2001:db8:1:2::1"), id(with, "2001:db8:1:ffff::2"), true)
	same("mapped v4", id(with, "::ffff:198.51.100.1"), id(with, "198.51.100.1"), true)
}

func TestAPanicHurtsOneVisitor(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Materials = panicking{} })
	h.expect("panic", h.get("/m/700000000000000001.png"), 500, `{"error":"internal"}`)
	h.expect("next", h.get("/robots.txt"), 200, "")
}

type panicking struct{}

func (panicking) Open(context.Context, string) (*templates.Stored, error) { panic("no") }

func TestVisitsFromMemoryDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	h := newHouse(t, func(o *Options) { o.Journal = nowhere{} }, func(o *shortlink.ResolverOptions) { o.Journal = nowhere{o.Journal} })
	group := h.link(1_000_000, nil)
	jump := h.link(1, func(r *shortlink.Request) { r.Items[0].CustomURL = "https://shop.example.com/spring?a=1" })
	page := h.link(1, nil)
	check := func(what, link string, status int, headers ...string) {
		t.Helper()
		var c fasthttp.RequestCtx
		var req fasthttp.Request
		req.Header.SetMethod("GET")
		req.SetRequestURI(link)
		req.Header.SetHost("s.example.com")
		for _, line := range headers {
			name, value, _ := strings.Cut(line, ": ")
			req.Header.Set(name, value)
		}
		c.Init(&req, &net.TCPAddr{IP: net.IPv4(203, 0, 113, 7)}, nil)
		visit := func() {
			c.Response.Reset()
			h.server.serve(&c)
			if c.Response.StatusCode() != status {
				t.Fatalf("%s: %d %s", what, c.Response.StatusCode(), c.Response.Body())
			}
		}
		for range 200 {
			visit()
		}
		if n := testing.AllocsPerRun(500, visit); n != 0 {
			t.Errorf("%s: %v allocations, want 0", what, n)
		}
	}
	check("redirect", jump, 302, browser, "Referer: https://news.example.org/")
	check("page", page, 200, browser)
	check("unknown", "/AAAAAAAA", 404, browser)
	check("card", group, 200, asks, huawei, "X-AIM-Sign: %E7%A4%BA%E4%BE%8B%E5%95%86%E5%9F%8E")
	check("card again", group, 200, asks, huawei, "X-AIM-Device: d")
}

// nowhere is a journal that takes everything and keeps nothing.
type nowhere struct{ shortlink.Journal }

func (nowhere) Add([]byte) (journal.Position, error)                     { return 1, nil }
func (nowhere) Append(context.Context, []byte) (journal.Position, error) { return 1, nil }
