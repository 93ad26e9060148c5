package edge

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"

	"cardlink/event"
	"cardlink/serviceaccount"
)

func TestTapsOnThePage(t *testing.T) {
	h, _, n := accountHouse(t)
	at := "/m/" + pubID + "/"
	follow := func(path string, headers ...string) *fasthttp.Response {
		return h.get(at+path, append([]string{browser}, headers...)...)
	}
	r := follow("1.1?url=https://evil.example.com&target=https://evil.example.com", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: same-origin")
	h.expect("a web page", r, 302, "")
	if to := string(r.Header.Peek("Location")); to != "https://shop.example.com/sale?a=1&b=2" {
		t.Errorf("leads to %s", to)
	}
	if cc := string(r.Header.Peek("Cache-Control")); cc != "private, no-store" {
		t.Errorf("cache control %s", cc)
	}
	clicks := n.take()
	want := []event.MenuClick{{
		PubID: pubID, MenuID: "b1323ef35b8f4ee3a6767fa5b6cbcccc", MenuVersion: 3, ItemPath: "1.1", Level: 2, Surface: event.SurfacePortalMenu, ActionType: "OPEN_URL", ClickedAt: h.clock(),
	}}
	if d := cmp.Diff(want, clicks, cmpopts.IgnoreFields(event.MenuClick{}, "EventID", "DeviceRef")); d != "" {
		t.Errorf("click (-want +got):\n%s", d)
	}
	if len(clicks) == 1 && (len(clicks[0].DeviceRef) != 32 || len(clicks[0].EventID) != 36 || strings.Contains(clicks[0].DeviceRef, "203")) {
		t.Errorf("device %q, event %q", clicks[0].DeviceRef, clicks[0].EventID)
	}
	if to := string(follow("2").Header.Peek("Location")); to != "http://%E4%BC%9A%E5%91%98.example.com/%E4%B8%AD" {
		t.Errorf("leads to %s", to)
	}
	for path, part := range map[string]string{
		"3": `href="tel:400-800-8800"`, "1.2": `href="exampleshop://home"`, "1.3": `href="hap://app/com.example.shop/"`, "1": `href="/m/` + pubID + `/1.3"`,
	} {
		r := follow(path)
		h.expect(path, r, 200, "")
		if !strings.Contains(string(r.Body()), part) {
			t.Errorf("%s: no %s in %s", path, part, r.Body())
		}
	}
	if !strings.Contains(string(follow("1.2").Body()), `href="https://shop.example.com/m"`) {
		t.Error("no way on without the app")
	}
	if c := n.take(); len(c) != 5 { // the second tap on 1.2 came within the second
		t.Errorf("%d clicks: %+v", len(c), c)
	}
	for _, path := range []string{"4", "1.4", "2.1", "0", "1.", "1.1.1", "x", "01", "1%2e1x"} {
		h.expect(path, follow(path), 404, "")
	}
	if c := n.take(); len(c) != 0 {
		t.Errorf("clicks on nothing: %+v", c)
	}
}

// Robots, looking ahead and other people's pages are served, and never billed.
func TestNobodyPaysForRobots(t *testing.T) {
	h, _, n := accountHouse(t)
	path := "/m/" + pubID + "/1.1"
	for _, headers := range [][]string{
		{"User-Agent: Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
		{"User-Agent: WhatsApp/2.23"}, {"User-Agent: curl/8.5"}, {}, {browser, "Sec-Purpose: prefetch"}, {browser, "Purpose: prefetch"}, {browser, "X-Moz: prefetch"},
		{browser, "Sec-Fetch-Mode: no-cors"}, {browser, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: cross-site"}, {browser, "Sec-Fetch-Site: none"},
	} {
		h.expect(fmt.Sprint(headers), h.get(path, headers...), 302, "")
		h.pass(2 * time.Second)
	}
	h.expect("HEAD", h.do("HEAD", path, browser), 302, "")
	report := func(id string, headers ...string) {
		t.Helper()
		body := `{"client_event_id":"` + id + `","surface":"custom_menu","item_path":"2","vendor":"HUAWEI","device":"d"}`
		h.expect(fmt.Sprint(headers), h.post("/m/"+pubID, body, headers...), 204, "")
		h.pass(2 * time.Second)
	}
	report("b1", "User-Agent: Googlebot/2.1")
	report("b2", "User-Agent: curl/8.5")
	report("b3", "User-Agent: okhttp/4.9", "Purpose: prefetch")
	report("b4", "User-Agent: okhttp/4.9 YandexBot/3.0")
	if c := n.take(); len(c) != 0 {
		t.Errorf("billed: %+v", c)
	}
	report("p1", "User-Agent: okhttp/4.9")
	report("p2", "User-Agent: Dalvik/2.1.0 (Linux; U; Android 14) java")
	report("p3")
	if c := n.take(); len(c) != 3 {
		t.Errorf("message apps: %+v", c)
	}
}

func TestReportedClicks(t *testing.T) {
	h, _, n := accountHouse(t)
	report := func(body string, status int, answer string, headers ...string) {
		t.Helper()
		h.expect(body, h.post("/m/"+pubID, body, headers...), status, answer)
	}
	const bad, gone = `{"error":"bad_request"}`, `{"error":"not_found"}`
	type m = map[string]any
	body := func(change m) string {
		in := m{"client_event_id": "e-1", "surface": "custom_menu", "item_path": "1.1", "vendor": "HuaWei", "device": "9b1f6c1e0f5d4a6f"}
		for k, v := range change {
			if v == nil {
				delete(in, k)
			} else {
				in[k] = v
			}
		}
		b, err := json.Marshal(in)
		must(t, err)
		return string(b)
	}
	report(body(nil), 204, "")
	want := []event.MenuClick{{
		EventID: "e-1", PubID: pubID, MenuID: "b1323ef35b8f4ee3a6767fa5b6cbcccc", MenuVersion: 3, ItemPath: "1.1", Level: 2, Surface: event.SurfaceCustomMenu, ActionType: "OPEN_URL",
		Vendor: "HUAWEI", DeviceRef: serviceaccount.DeviceRef([]byte(strings.Repeat("\x05", 32)), "t-1", "9b1f6c1e0f5d4a6f"), ClickedAt: h.clock(),
	}}
	if d := cmp.Diff(want, n.take()); d != "" {
		t.Errorf("click (-want +got):\n%s", d)
	}
	h.pass(time.Second)
	for _, c := range []struct {
		change        m
		surface, does string
		level         int
	}{
		{m{"item_path": "1"}, event.SurfaceCustomMenu, "OPEN_SUBMENU", 1},
		{m{"surface": "portal_marketing_menu", "item_path": "3", "menu_version": 3}, event.SurfacePortalMenu, "CALLING", 1},
		{m{"surface": "brand_area", "item_path": nil, "element": "logo"}, event.SurfaceBrandArea, "OPEN_PORTAL", 0},
		{m{"surface": "brand_area", "item_path": nil, "element": "phone"}, event.SurfaceBrandArea, "CALLING", 0},
		{m{"surface": "brand_area", "item_path": nil, "element": "sms"}, event.SurfaceBrandArea, "SEND_SMS", 0},
		{m{"surface": "portal", "item_path": nil, "element": "tel", "unknown": []int{1}}, event.SurfacePortal, "CALLING", 0},
		{m{"surface": "portal", "item_path": nil, "element": "fastapp"}, event.SurfacePortal, "OPEN_QUICK", 0},
		{m{"surface": "portal", "item_path": nil, "element": "other"}, event.SurfacePortal, "OTHER", 0},
	} {
		report(body(c.change), 204, "")
		got := n.take()
		if len(got) != 1 || got[0].Surface != c.surface || got[0].ActionType != c.does || got[0].Level != c.level {
			t.Errorf("%v: %+v", c.change, got)
		}
	}
	for _, change := range []m{
		{"client_event_id": nil}, {"client_event_id": "a b"}, {"client_event_id": strings.Repeat("x", 65)}, {"client_event_id": 7}, {"surface": nil}, {"surface": "portal_menu"},
		{"item_path": nil}, {"element": "logo"}, {"surface": "brand_area"}, {"surface": "brand_area", "item_path": nil, "element": "menu"}, {"surface": "portal", "item_path": nil},
		{"vendor": nil}, {"vendor": "NOKIA"}, {"vendor": "H5"}, {"device": nil}, {"device": strings.Repeat("x", 129)}, {"menu_version": -1}, {"menu_version": "3"},
	} {
		report(body(change), 400, bad)
	}
	for _, text := range []string{"", "x", "[]", "null", "{}", body(nil) + body(nil), "{\"device\":"} {
		report(text, 400, bad)
	}
	report(body(m{"item_path": "9"}), 404, gone)
	report(body(m{"item_path": "1.9"}), 404, gone)
	report(body(m{"menu_version": 2}), 409, `{"error":"stale_menu"}`)
	h.expect("another account", h.post("/m/"+nobody, body(nil)), 404, gone)
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", ""} {
		h.expect(kind, h.send("POST", "/m/"+pubID, body(nil), "Content-Type: "+kind), 415, `{"error":"unsupported_media_type"}`)
	}
	h.expect("with a charset", h.send("POST", "/m/"+pubID, body(m{"client_event_id": "cs", "item_path": "2"}), "Content-Type: Application/JSON; charset=utf-8"), 204, "")
	for _, path := range []string{"/m/" + pubID + "/1", "/sa/" + pubID, "/m/", "/", "/PDiWqcA8", "/m/700000000000000001.png"} {
		h.expect("POST "+path, h.post(path, body(nil)), 405, `{"error":"method_not_allowed"}`)
	}
	h.expect("PUT", h.send("PUT", "/m/"+pubID, body(nil), "Content-Type: application/json"), 405, "")
	if c := n.take(); len(c) != 1 {
		t.Errorf("refused reports were counted: %+v", c)
	}
}

// Taps of one device on one item within a second are one; the second begins with the tap that counts.
func TestDoubleTaps(t *testing.T) {
	h, _, n := accountHouse(t)
	tap := func(id, device, item string, want int) {
		t.Helper()
		h.expect("tap", h.post("/m/"+pubID, fmt.Sprintf(`{"client_event_id":%q,"surface":"custom_menu","item_path":%q,"vendor":"OPPO","device":%q}`, id, item, device)), 204, "")
		if got := len(n.take()); got != want {
			t.Errorf("%s: %d clicks, want %d", id, got, want)
		}
	}
	tap("a", "d1", "2", 1)
	tap("b", "d1", "2", 0)
	tap("c", "d2", "2", 1) // another device
	tap("d", "d1", "3", 1) // another item
	h.pass(700 * time.Millisecond)
	tap("e", "d1", "2", 0)
	h.pass(299 * time.Millisecond)
	tap("f", "d1", "2", 0)
	h.pass(time.Millisecond)
	tap("g", "d1", "2", 1)
	h.pass(999 * time.Millisecond)
	tap("h", "d1", "2", 0)
	h.pass(time.Millisecond)
	tap("i", "d1", "2", 1)
	h.pass(time.Hour)
	tap("j", "d1", "2", 1)

	// Of many taps at once, one counts.
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			h.post("/m/"+pubID, fmt.Sprintf(`{"client_event_id":"r%d","surface":"custom_menu","item_path":"2","vendor":"OPPO","device":"racer"}`, i))
		})
	}
	wg.Wait()
	if c := n.take(); len(c) != 1 {
		t.Errorf("%d of 64 taps at once count", len(c))
	}
}

// A click that could not be written is no click, and its repetition is not a double tap.
func TestUnwrittenClicks(t *testing.T) {
	h, _, n := accountHouse(t)
	n.err = errors.New("disk full")
	body := `{"client_event_id":"e","surface":"custom_menu","item_path":"2","vendor":"OPPO","device":"d"}`
	r := h.post("/m/"+pubID, body)
	h.expect("report", r, 503, `{"error":"unavailable"}`)
	if string(r.Header.Peek("Retry-After")) != "1" {
		t.Error("nothing says when to come back")
	}
	h.expect("a person goes on", h.get("/m/"+pubID+"/1.1", browser), 302, "")
	n.err = nil
	h.expect("again", h.post("/m/"+pubID, body), 204, "")
	if c := n.take(); len(c) != 1 || c[0].EventID != "e" {
		t.Errorf("clicks %+v", c)
	}
}

func TestClicksOfOneNetworkAreBounded(t *testing.T) {
	h, _, n := accountHouse(t)
	refused := 0
	for i := range clickBurst + 50 {
		r := h.post("/m/"+pubID, fmt.Sprintf(`{"client_event_id":"e","surface":"custom_menu","item_path":"2","vendor":"OPPO","device":"d%d"}`, i))
		if r.StatusCode() == 429 {
			refused++
		}
	}
	if got := len(n.take()); got != clickBurst || refused != 50 {
		t.Errorf("%d clicks, %d refused", got, refused)
	}
	h.expect("a person is served all the same", h.get("/m/"+pubID+"/1.1", browser), 302, "")
	if got := len(n.take()); got != 0 {
		t.Errorf("%d clicks beyond the budget", got)
	}
	h.pass(time.Second)
	h.expect("later", h.get("/m/"+pubID+"/1.1", browser), 302, "")
	if got := len(n.take()); got != 1 {
		t.Errorf("%d clicks later", got)
	}
}

func TestTapsAreBounded(t *testing.T) {
	var m taps
	key := func(i int) uint64 { return uint64(i) } // all in shard 0
	for i := range tapLimit {
		if got := m.claim(key(i), 1000); got != claimed {
			t.Fatalf("tap %d: %d", i, got)
		}
	}
	if got := m.claim(key(tapLimit), 1000); got != crowded {
		t.Errorf("one more: %d", got)
	}
	if got := m.claim(key(5), 1999); got != repeated {
		t.Errorf("a repetition: %d", got)
	}
	if got := m.claim(key(tapLimit), 2000); got != claimed {
		t.Errorf("a second later: %d", got)
	}
	m.release(key(tapLimit))
	if got := m.claim(key(tapLimit), 2001); got != claimed {
		t.Errorf("released: %d", got)
	}
}

// What is wrong with a request as a whole is refused on the wire, and what follows a refused body is not taken for a request.
func TestReportsOnTheWire(t *testing.T) {
	h, _, n := accountHouse(t)
	ln := fasthttputil.NewInmemoryListener()
	done := make(chan error, 1)
	go func() { done <- h.server.Serve(ln) }()
	t.Cleanup(func() {
		must(t, h.server.Shutdown(context.Background()))
		must(t, <-done)
	})
	report := `{"client_event_id":"w","surface":"custom_menu","item_path":"2","vendor":"OPPO","device":"d"}`
	head := "POST /m/" + pubID + " HTTP/1.1\r\nHost: s.example.com\r\nContent-Type: application/json\r\n"
	for _, c := range []struct {
		name, request string
		want          []int
	}{
		{"whole", head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(report), report), []int{204}},
		{"two on one connection", strings.Repeat(head+fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(report), report), 2), []int{204, 204}},
		{"too large", head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", bodyBytes+1, strings.Repeat(" ", bodyBytes+1)), []int{413}},
		{"in pieces", head + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(report), report), []int{400}},
		{"of two lengths", head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n", []int{400}},
		{"no such method", "DELETE /m/" + pubID + " HTTP/1.1\r\nHost: x\r\n\r\n", []int{405}},
		{"a body for a GET", "GET /sa/" + pubID + " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", []int{400}},
	} {
		conn, err := ln.Dial()
		must(t, err)
		_, err = conn.Write([]byte(c.request))
		must(t, err)
		must(t, conn.SetReadDeadline(time.Now().Add(patience)))
		in := bufio.NewReader(conn)
		var got []int
		for range c.want {
			var r fasthttp.Response
			if err := r.Read(in); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			got = append(got, r.StatusCode())
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
		if got[len(got)-1] >= 400 { // nothing comes after a refusal
			if rest, err := io.ReadAll(in); len(rest) > 0 || isTimeout(err) {
				t.Errorf("%s: the connection goes on: %q %v", c.name, rest, err)
			}
		}
		must(t, conn.Close())
		h.pass(2 * time.Second)
	}
	if c := n.take(); len(c) != 2 {
		t.Errorf("%d clicks", len(c))
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

func FuzzReport(f *testing.F) {
	f.Add([]byte(`{"client_event_id":"e-1","surface":"custom_menu","item_path":"1.1","vendor":"HUAWEI","device":"d"}`))
	f.Add([]byte(`{"client_event_id":"e","surface":"brand_area","element":"logo","vendor":"vivo","device":"\u0000"}`))
	f.Add([]byte(`{"client_event_id":"e","client_event_id":"f","surface":"portal"}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := parseReport(body)
		if err != nil {
			return
		}
		menu := r.Surface == event.SurfaceCustomMenu || r.Surface == event.SurfacePortalMenu
		if !isEventID(r.EventID) || r.Device == "" || len(r.Device) > 128 || r.MenuVersion < 0 || menu != (r.ItemPath != "") || menu == (r.Element != "") {
			t.Fatalf("%q passes as %+v", body, r)
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := parseReport(again); err != nil || back != r {
			t.Fatalf("%+v came back as %+v, %v", r, back, err)
		}
		k := click{MenuClick: event.MenuClick{EventID: r.EventID, PubID: pubID, DeviceRef: serviceaccount.DeviceRef(nil, "t", r.Device), ClickedAt: time.Unix(1, 0)}}
		if _, err := k.Record("t"); err != nil {
			t.Fatalf("%+v is no fact: %v", r, err)
		}
	})
}
