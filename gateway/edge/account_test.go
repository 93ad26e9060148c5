package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"cardlink/event"
	"cardlink/fault"
	"cardlink/serviceaccount"
)

const (
	pubID  = "5467ec75eb974f508cee2cee10a7cccc"
	nobody = "00000000000000000000000000000000"
)

// shelf is a room of one account.
type shelf struct {
	mu    sync.Mutex
	a     serviceaccount.Account
	err   error
	reads int
}

func (s *shelf) LiveAccount(_ context.Context, id string) (serviceaccount.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	if s.err != nil {
		return serviceaccount.Account{}, s.err
	}
	if id != pubID || !s.a.Pub.Live() {
		return serviceaccount.Account{}, serviceaccount.ErrUnknown
	}
	return s.a, nil
}

func (s *shelf) OpenMedia(_ context.Context, id, expires, sign string) (*serviceaccount.MediaFile, error) {
	switch {
	case id == "11111111111111111111111111111111":
		return &serviceaccount.MediaFile{Body: nopSeeker{bytes.NewReader([]byte("picture"))}, ContentType: "image/png", Size: 7, ETag: `"d1"`}, nil
	case id == "22222222222222222222222222222222" && expires == "9" && sign == "s":
		return &serviceaccount.MediaFile{Body: nopSeeker{bytes.NewReader([]byte("letter"))}, ContentType: "image/png", Size: 6, ETag: `"d2"`, Private: true}, nil
	}
	return nil, fmt.Errorf("open: %w", serviceaccount.ErrUnknown)
}

type nopSeeker struct{ io.ReadSeeker }

func (nopSeeker) Close() error { return nil }

// notebook keeps clicks.
type notebook struct {
	mu     sync.Mutex
	clicks []event.MenuClick
	err    error
}

func (n *notebook) Record(_ context.Context, tenant string, d event.MenuClick) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err != nil {
		return n.err
	}
	if tenant != "t-1" {
		return errors.New("wrong tenant")
	}
	n.clicks = append(n.clicks, d)
	return nil
}

func (n *notebook) take() []event.MenuClick {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := n.clicks
	n.clicks = nil
	return out
}

// exampleAccount has an item of each kind.
func exampleAccount() serviceaccount.Account {
	life := serviceaccount.Life{Version: 3, ApproveState: serviceaccount.Approved}
	return serviceaccount.Account{
		Pub: serviceaccount.Pub{ID: pubID, Tenant: "t-1", Life: life, CompanyName: "示例商城有限公司", PubContent: serviceaccount.PubContent{
			Name: "示例商城", Abstract: "好物不贵，天天示例", LogoImg: "11111111111111111111111111111111", Industry: 5,
		}},
		Menu: serviceaccount.Menu{ID: "b1323ef35b8f4ee3a6767fa5b6cbcccc", PubID: pubID, Tenant: "t-1", Life: life, MenuContent: serviceaccount.MenuContent{Items: []serviceaccount.MenuItem{
			{Name: "商城", ActionType: serviceaccount.OpenSubmenu, SubItems: []serviceaccount.MenuItem{
				{Name: "今日特惠", ActionType: serviceaccount.OpenURL, Content: "https://shop.example.com/sale?a=1&b=2"},
				{Name: "打开应用", ActionType: serviceaccount.OpenApp, Content: "exampleshop://home", Ext: serviceaccount.MenuExt{PackageName: "com.example.shop", BrowserFloorURL: "https://shop.example.com/m"}},
				{Name: "快应用", ActionType: serviceaccount.OpenQuick, Content: "hap://app/com.example.shop/"},
			}},
			{Name: "会员", ActionType: serviceaccount.OpenURL, Content: "http://会员.example.com/中"},
			{Name: "客服", ActionType: serviceaccount.Calling, Content: "400-800-8800"},
		}}},
		Portal: serviceaccount.Portal{ID: "71233b4208194db991e0ec091f23cccc", PubID: pubID, Tenant: "t-1", Life: life, PortalContent: serviceaccount.PortalContent{
			BackgroundImg: "33333333333333333333333333333333", Summary: "示例商城官方服务号，订单、物流、优惠一站直达。",
			Tels:     []serviceaccount.Tel{{Tel: "400-800-8800", Usage: "客服热线"}, {Tel: "010-12345678", Usage: "企业采购"}},
			FastApps: []serviceaccount.FastApp{{Name: "示例快应用", LogoImg: "44444444444444444444444444444444", Description: "即点即用", Deeplink: "hap://app/com.example.shop/home"}},
		}},
	}
}

// accountHouse is a house with one service account.
func accountHouse(t testing.TB) (*house, *shelf, *notebook) {
	s, n := &shelf{a: exampleAccount()}, &notebook{}
	h := newHouse(t, func(o *Options) {
		o.Accounts, o.Clicks, o.DeviceKey = s, n, bytes.Repeat([]byte{5}, 32)
	})
	return h, s, n
}

// send serves one request with a body.
func (h *house) send(method, target, body string, headers ...string) *fasthttp.Response {
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
	c.Request.SetBodyString(body)
	h.server.serve(&c)
	var out fasthttp.Response
	c.Response.CopyTo(&out)
	return &out
}

// elementsOf lists the elements of a page.
func elementsOf(t *testing.T, page []byte) (all []xml.StartElement) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%v in %s", err, page)
		}
		if e, ok := token.(xml.StartElement); ok {
			all = append(all, e.Copy())
		}
	}
}

// post reports a click.
func (h *house) post(path, body string, headers ...string) *fasthttp.Response {
	h.t.Helper()
	return h.send("POST", path, body, append([]string{"Content-Type: application/json"}, headers...)...)
}

func TestHomePage(t *testing.T) {
	h, s, _ := accountHouse(t)
	r := h.get("/sa/"+pubID, browser, "Accept-Language: zh-CN,en;q=0.5")
	h.expect("home page", r, 200, "")
	links, scripts, styles := map[string]bool{}, 0, 0
	var lang string
	for _, n := range elementsOf(t, r.Body()) {
		if n.Name.Local == "script" {
			scripts++
		}
		for _, a := range n.Attr {
			switch key := a.Name.Local; {
			case key == "href" || key == "src":
				links[a.Value] = true
			case key == "style" || strings.HasPrefix(key, "on"):
				styles++
			case n.Name.Local == "html" && key == "lang":
				lang = a.Value
			}
		}
	}
	if scripts != 0 || styles != 0 || lang != "zh-CN" {
		t.Errorf("%d scripts, %d inline styles or handlers, language %s", scripts, styles, lang)
	}
	for _, want := range []string{"/media/11111111111111111111111111111111", "/media/33333333333333333333333333333333", "/media/44444444444444444444444444444444", "tel:400-800-8800",
		"tel:010-12345678", "hap://app/com.example.shop/home", "/m/" + pubID + "/1.1", "/m/" + pubID + "/1.3", "/m/" + pubID + "/2", "/m/" + pubID + "/3"} {
		if !links[want] {
			t.Errorf("no link to %s in %v", want, links)
		}
	}
	if links["/m/"+pubID+"/1"] || links["https://shop.example.com/sale?a=1&b=2"] {
		t.Error("the page leads past the counter, or to an item that only opens others")
	}
	csp := string(r.Header.Peek("Content-Security-Policy"))
	_, rest, _ := bytes.Cut(r.Body(), []byte("<style>"))
	style, _, _ := bytes.Cut(rest, []byte("</style>"))
	if !strings.HasPrefix(csp, "default-src 'none'; style-src "+styleHash(string(style))+";") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "script") {
		t.Errorf("policy %s", csp)
	}
	for name, want := range map[string]string{"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Content-Type": "text/html; charset=utf-8", "X-Robots-Tag": "noindex, nofollow", "Vary": "Accept-Language"} {
		if got := string(r.Header.Peek(name)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	english := h.get("/sa/"+pubID, browser, "Accept-Language: en-GB")
	if !bytes.Contains(english.Body(), []byte(`lang="en"`)) || !bytes.Contains(english.Body(), []byte("Hotlines")) {
		t.Error("no English page")
	}
	if !bytes.Contains(h.get("/sa/"+pubID).Body(), []byte(`lang="zh-CN"`)) {
		t.Error("without a preference the page speaks the account's language")
	}
	if s.reads != 1 {
		t.Errorf("%d reads for three pages", s.reads)
	}
}

func TestUnknownFrozenAndUnapprovedAccountsLookAlike(t *testing.T) {
	h, s, n := accountHouse(t)
	unknown := h.get("/sa/"+nobody, browser)
	h.expect("unknown", unknown, 404, "")
	h.expect("a stranger's code of the same length", h.get("/sa/"+pubID+"0", browser), 404, string(unknown.Body()))
	h.expect("capital letters", h.get("/sa/"+strings.ToUpper(pubID), browser), 404, string(unknown.Body()))
	body := `{"client_event_id":"e","surface":"custom_menu","item_path":"2","vendor":"huawei","device":"d"}`
	for name, change := range map[string]func(*serviceaccount.Account){
		"frozen":                   func(a *serviceaccount.Account) { a.Pub.Frozen = true },
		"never approved":           func(a *serviceaccount.Account) { a.Pub.Version = 0 },
		"home page never approved": func(a *serviceaccount.Account) { a.Portal.Version = 0 },
	} {
		s.mu.Lock()
		s.a = exampleAccount()
		change(&s.a)
		s.mu.Unlock()
		h.pass(accountTTL)
		h.expect(name, h.get("/sa/"+pubID, browser), 404, string(unknown.Body()))
		h.expect(name+": item", h.get("/m/"+pubID+"/2", browser), 404, string(unknown.Body()))
		if name == "home page never approved" {
			continue // handsets have the menu without it
		}
		h.expect(name+": menu", h.get("/sa/"+pubID+"/menu"), 404, `{"error":"not_found"}`)
		h.expect(name+": report", h.post("/m/"+pubID, body), 404, `{"error":"not_found"}`)
	}
	if c := n.take(); len(c) != 0 {
		t.Errorf("clicks %+v", c)
	}
}

// A name may be anything a reviewer lets through; it stays a name.
func TestHostileNames(t *testing.T) {
	a := exampleAccount()
	evil := `</style></title><script>alert(1)</script>"'><img src=x onerror=alert(1)>`
	a.Pub.Name, a.Pub.Abstract, a.Pub.CompanyName, a.Portal.Summary = evil, evil, evil, evil
	a.Pub.LogoImg, a.Portal.BackgroundImg = `x" onload="alert(1)`, "javascript:alert(1)"
	a.Portal.Tels = []serviceaccount.Tel{{Tel: `1" onclick="alert(1)`, Usage: evil}}
	a.Portal.FastApps = []serviceaccount.FastApp{{Name: evil, LogoImg: evil, Description: evil, Deeplink: "javascript:alert(1)//hap://app/"}, {Deeplink: `hap://app/"><script>alert(1)</script>`}}
	a.Menu.Items = []serviceaccount.MenuItem{{Name: evil, ActionType: serviceaccount.OpenSubmenu, SubItems: []serviceaccount.MenuItem{{Name: evil, ActionType: evil}}}, {Name: evil, ActionType: serviceaccount.OpenURL}}
	var pages [][]byte
	add := func(page []byte, err error) {
		must(t, err)
		pages = append(pages, page)
	}
	add(accountPage(&a, fault.English))
	for _, action := range []string{serviceaccount.Calling, serviceaccount.OpenApp, serviceaccount.OpenQuick, serviceaccount.OpenURL, serviceaccount.OpenSubmenu} {
		for _, content := range []string{"javascript:alert(1)", "data:text/html,<script>alert(1)</script>", `x://"><script>alert(1)</script>`, evil, "JaVaScRiPt://%0aalert(1)"} {
			item := serviceaccount.MenuItem{Name: evil, ActionType: action, Content: content, SubItems: a.Menu.Items[0].SubItems, Ext: serviceaccount.MenuExt{BrowserFloorURL: content}}
			add(itemPage(&a, &item, "1", fault.Chinese))
		}
	}
	for _, page := range pages {
		for _, n := range elementsOf(t, page) {
			if n.Name.Local == "script" {
				t.Fatalf("a script in %s", page)
			}
			for _, at := range n.Attr {
				if strings.HasPrefix(at.Name.Local, "on") {
					t.Errorf("handler %s=%q", at.Name.Local, at.Value)
				}
				if at.Name.Local != "href" && at.Name.Local != "src" {
					continue
				}
				u, err := url.Parse(at.Value)
				if err != nil {
					t.Errorf("address %q: %v", at.Value, err)
					continue
				}
				switch strings.ToLower(u.Scheme) {
				case "", "tel", "hap", "x", "https":
				default:
					t.Errorf("address %q", at.Value)
				}
			}
		}
		if bytes.Count(page, []byte("<style>")) != 1 {
			t.Errorf("the style was ended early: %s", page)
		}
	}
}

func TestMenuForHandsets(t *testing.T) {
	h, _, _ := accountHouse(t)
	r := h.get("/sa/"+pubID+"/menu", "Accept: application/json")
	h.expect("menu", r, 200, "")
	var got struct {
		PubID   string `json:"pub_id"`
		PubName string `json:"pub_name"`
		Logo    string `json:"logo_url"`
		Home    string `json:"home_url"`
		Version int    `json:"menu_version"`
		Items   []struct {
			Path    string `json:"item_path"`
			Action  string `json:"action_type"`
			Content string
			Sub     []struct {
				Path string `json:"item_path"`
				Name string
			} `json:"sub_menu_items"`
		} `json:"menu_items"`
	}
	must(t, json.Unmarshal(r.Body(), &got))
	if got.PubID != pubID || got.PubName != "示例商城" || got.Logo != "/media/11111111111111111111111111111111" || got.Home != "/sa/"+pubID || got.Version != 3 || len(got.Items) != 3 ||
		got.Items[0].Path != "1" || got.Items[0].Sub[2].Path != "1.3" || got.Items[0].Sub[2].Name != "快应用" || got.Items[2].Content != "400-800-8800" {
		t.Errorf("menu %s", r.Body())
	}
	if cc := string(r.Header.Peek("Cache-Control")); cc != "private, max-age=10" {
		t.Errorf("cache control %s", cc)
	}
	h.expect("the same again", h.get("/sa/"+pubID+"/menu", "If-None-Match: "+string(r.Header.Peek("Etag"))), 304, "")
}

func TestAccountPictures(t *testing.T) {
	h, _, _ := accountHouse(t)
	r := h.get("/media/11111111111111111111111111111111")
	h.expect("picture", r, 200, "picture")
	for name, want := range map[string]string{"Cache-Control": "public, max-age=31536000, immutable", "Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Etag": `"d1"`,
		"Content-Security-Policy": "default-src 'none'; sandbox"} {
		if got := string(r.Header.Peek(name)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	h.expect("known", h.get("/media/11111111111111111111111111111111", `If-None-Match: "d1"`), 304, "")
	letter := h.get("/media/22222222222222222222222222222222?expires=9&sign=s")
	h.expect("letter", letter, 200, "letter")
	if cc := string(letter.Header.Peek("Cache-Control")); cc != "private, no-store" {
		t.Errorf("a letter is kept by caches: %s", cc)
	}
	h.expect("letter without its signature", h.get("/media/22222222222222222222222222222222"), 404, "")
	// Guessing ends.
	status := 0
	for range missBurst + 1 {
		status = h.get("/media/" + nobody).StatusCode()
	}
	if status != 429 {
		t.Errorf("after %d guesses: %d", missBurst+1, status)
	}
}

func TestAccountCache(t *testing.T) {
	h, s, _ := accountHouse(t)
	page := func() int { return h.get("/sa/"+pubID, browser).StatusCode() }
	for range 50 {
		page()
	}
	if s.reads != 1 {
		t.Errorf("%d reads of one account", s.reads)
	}
	h.pass(accountTTL)
	s.mu.Lock()
	s.err = errors.New("the database is away")
	s.mu.Unlock()
	for range 10 {
		if got := page(); got != 200 {
			t.Fatalf("while the database is away: %d", got)
		}
	}
	if s.reads != 2 {
		t.Errorf("%d reads while the database is away", s.reads-1)
	}
	h.expect("an account nobody asked for before", h.get("/sa/"+nobody, browser), 503, "")
	s.mu.Lock()
	s.err, s.a.Pub.Frozen = nil, true
	s.mu.Unlock()
	h.pass(accountTTL)
	if got := page(); got != 404 {
		t.Errorf("frozen: %d", got)
	}
	reads := s.reads
	for range 10 {
		page()
	}
	if s.reads != reads {
		t.Error("what does not exist is looked up each time")
	}
	s.mu.Lock()
	s.a.Pub.Frozen = false
	s.mu.Unlock()
	h.pass(unknownTTL)
	if got := page(); got != 200 {
		t.Errorf("unfrozen: %d", got)
	}
	// Many accounts do not fill memory.
	c := newAccounts(&everything{})
	var misses budget
	misses.burst = 1
	for i := range maxAccounts + 10 {
		if _, err := c.find(context.Background(), fmt.Sprintf("%032x", i), &misses, 1, time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(c.live); n > maxAccounts {
		t.Errorf("%d accounts in memory", n)
	}
}

// everything is a room in which every account exists.
type everything struct{ shelf }

func (*everything) LiveAccount(context.Context, string) (serviceaccount.Account, error) {
	return exampleAccount(), nil
}
