package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp"
	"pgregory.net/rapid"

	"cardlink/event"
	"cardlink/event/journal"
	"cardlink/render"
	"cardlink/shortlink"
	"cardlink/templates"
)

func anyView() *rapid.Generator[view] {
	return rapid.Custom(func(t *rapid.T) view {
		v := view{
			link: rapid.Int64Min(1).Draw(t, "link"), visitor: rapid.Uint64().Draw(t, "visitor"), issued: time.Unix(int64(rapid.Uint32().Draw(t, "issued")), 0).UTC(),
			target: render.Target(rapid.IntRange(0, int(render.Targets)-1).Draw(t, "target")), counted: rapid.Bool().Draw(t, "counted"),
		}
		copy(v.id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		return v
	})
}

// A token says what was signed, and one that differs in a single bit, or was made with another key, is none.
func TestTokens(t *testing.T) {
	key, other := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	rapid.Check(t, func(t *rapid.T) {
		var g, h signer // of two visits
		want := anyView().Draw(t, "view")
		token := slices.Clone(g.sign(key, &want))
		if len(token) != tokenChars || strings.Trim(string(token), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Fatalf("token %q", token)
		}
		var got view
		if !h.open(key, token, &got) || got != want {
			t.Fatalf("opened %+v, want %+v", got, want)
		}
		if (&signer{}).open(other, token, &got) {
			t.Fatal("another key opens it")
		}
		changed := slices.Clone(token)
		at := rapid.IntRange(0, tokenChars-1).Draw(t, "at")
		changed[at] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[rapid.IntRange(0, 63).Draw(t, "to")]
		if h.open(key, changed, &got) && !bytes.Equal(changed, token) {
			t.Fatalf("%q opens, which is not %q", changed, token)
		}
		var id [36]byte
		want.uuid(&id)
		var again view
		if again.setUUID(&id); again.id != want.id {
			t.Fatalf("%s is read as %x, want %x", id, again.id, want.id)
		}
	})
}

func FuzzOpenToken(f *testing.F) {
	key := bytes.Repeat([]byte{1}, 32)
	var g signer
	f.Add(slices.Clone(g.sign(key, &view{link: 7, target: render.H5})))
	f.Add([]byte("x"))
	f.Add(bytes.Repeat([]byte{'='}, tokenChars))
	f.Fuzz(func(t *testing.T, token []byte) {
		var g signer
		var v view
		if g.open(key, token, &v) && !bytes.Equal(g.sign(key, &v), token) {
			t.Fatalf("%q opens and is not what its view signs to", token)
		}
	})
}

// patience is how long a test waits for a disk or a connection of a busy machine before it fails.
const patience = time.Minute

// records reads what the journal holds, once there are n records of it.
func (h *house) records(n int) (list []event.Record) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for next := h.journal.First(); ; {
		must(h.t, h.journal.Read(next, 0, func(_, after journal.Position, rec []byte) error {
			r, err := event.ParseRecord(bytes.Clone(rec))
			list, next = append(list, r), after
			return err
		}))
		if len(list) >= n || ctx.Err() != nil || h.journal.Wait(ctx, next) != nil {
			break
		}
	}
	if len(list) != n {
		h.t.Fatalf("%d records, want %d: %q", len(list), n, list)
	}
	return list
}

// facts are the beacons and taps of the journal, once there are n of them.
func (h *house) facts(n int) (list []event.Fact) {
	h.t.Helper()
	for _, r := range h.records(n) {
		f, err := event.Decode(r.Value)
		must(h.t, err)
		if f.Tenant != h.tenant || r.Topic != event.TopicOf(f.Type) {
			h.t.Errorf("fact %s on %s", r.Value, r.Topic)
		}
		list = append(list, f)
	}
	return list
}

func dataOf[D any](t testing.TB, f event.Fact) (d D) {
	t.Helper()
	must(t, json.Unmarshal(f.Data, &d))
	return d
}

var (
	pixelOf = regexp.MustCompile(`<img class="seen" src="https://s\.example\.com([^"]+)"`)
	pingsOf = regexp.MustCompile(`<a [^>]*href="([^"]*)"[^>]* ping="https://s\.example\.com([^"]+)"`)
)

// A browser that shows a page loads the picture at its end and reports what is touched; each is a fact about the page view, by the person the link was sent
// to, and counts once.
func TestAPageReportsWhatIsSeenAndTouched(t *testing.T) {
	h := newHouse(t, nil)
	page := h.get(h.link(1, nil), browser, "Accept: text/html")
	h.expect("page", page, 200, "")
	src := pixelOf.FindSubmatch(page.Body())
	pings := pingsOf.FindAllSubmatch(page.Body(), -1)
	if src == nil || len(pings) != 2 || string(pings[1][1]) != "https://shop.example.com/b" {
		t.Fatalf("the page reports nothing:\n%s", page.Body())
	}
	see, touch := html.UnescapeString(string(src[1])), html.UnescapeString(string(pings[1][2]))
	for range 3 {
		r := h.get(see, browser, "Accept: image/avif,image/webp,*/*", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image")
		h.expect("picture", r, 200, string(pixel))
		if got := r.Header.String(); !strings.Contains(got, "Content-Type: image/gif") || !strings.Contains(got, "Cache-Control: private, no-store") || strings.Contains(got, "Location") ||
			strings.Contains(got, "Set-Cookie") {
			t.Errorf("headers %s", got)
		}
		r = h.do("POST", touch, browser, "Content-Type: text/ping", "Ping-To: https://shop.example.com/b")
		h.expect("ping", r, 204, "")
	}
	facts := h.facts(3)
	view := dataOf[event.LinkClick](t, facts[0])
	if view.Target != "h5" || len(view.VisitorRef) != 16 || view.VisitorRef == "0000000000000000" {
		t.Errorf("page view %s", facts[0].Data)
	}
	if diff := cmp.Diff(event.CardExpose{ResolveID: view.RequestID, ClientSeq: 1, AimCode: view.AimCode, AimURL: view.AimURL, TplID: "600000101", Vendor: "H5", Page: 1, Implied: true,
		VisitorRef: view.VisitorRef, ExposedAt: h.now}, dataOf[event.CardExpose](t, facts[1])); diff != "" || facts[1].ID != "exp:"+view.RequestID+":1" {
		t.Errorf("%s %s", facts[1].ID, diff)
	}
	if diff := cmp.Diff(event.CardClick{ResolveID: view.RequestID, ClientSeq: 4, AimURL: view.AimURL, TplID: "600000101", Vendor: "H5", PositionNumber: 4, PageOrder: 1,
		ActionType: "OPEN_BROWSER", VisitorRef: view.VisitorRef, ClickedAt: h.now}, dataOf[event.CardClick](t, facts[2])); diff != "" || facts[2].ID != "cck:"+view.RequestID+":4" {
		t.Errorf("%s %s", facts[2].ID, diff)
	}
	var out bytes.Buffer
	h.metrics.WritePrometheus(&out)
	for _, line := range []string{`cardlink_beacons_total{kind="expose",result="recorded"} 1`, `cardlink_beacons_total{kind="click",result="repeated"} 2`, `cardlink_edge_facts_lost_total{fact="beacon"} 0`} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("metrics lack %s", line)
		}
	}
}

// A page that an unknown agent fetched is no exposure by itself; its picture makes it one. What loads pages for others reports nothing.
func TestOnlyWhatIsShownIsSeen(t *testing.T) {
	h := newHouse(t, nil)
	link := h.link(5, nil)
	see := func(body []byte) string { return html.UnescapeString(string(pixelOf.FindSubmatch(body)[1])) }
	odd := h.get(link, "User-Agent: SomeBrowser/1")
	h.expect("loaded by whoever", h.get(see(odd.Body()), "User-Agent: SomeBrowser/1"), 204, "") // takes no pictures
	bot := h.get(link, "User-Agent: WhatsApp/2.23 A")
	h.expect("loaded by a robot", h.get(see(bot.Body()), "User-Agent: WhatsApp/2.23 A", "Accept: image/*"), 200, string(pixel))
	ahead := h.get(link, browser, "Sec-Purpose: prefetch;prerender")
	h.expect("loaded ahead", h.get(see(ahead.Body()), browser, "Sec-Purpose: prefetch;prerender"), 204, "")
	h.expect("asked for its head", h.do("HEAD", see(ahead.Body()), browser), 204, "")
	facts := h.facts(4) // the three views, and one exposure
	var exposed []event.CardExpose
	for _, f := range facts {
		if f.Type == event.TypeCardExpose {
			exposed = append(exposed, dataOf[event.CardExpose](t, f))
		}
	}
	if len(exposed) != 1 || exposed[0].Implied || exposed[0].ResolveID != dataOf[event.LinkClick](t, facts[0]).RequestID {
		t.Errorf("exposed %+v", exposed)
	}
}

// A handset reports by the addresses in its card. Its first exposure is the resolution; what comes after counts. A repeat of the resolution has the same id, so
// its beacons are the same facts.
func TestAHandsetReportsByItsCard(t *testing.T) {
	h := newHouse(t, nil)
	group := h.link(10, nil)
	var card struct {
		ResolveID string `json:"resolve_id"`
		Beacons   struct{ Expose, Click string }
	}
	read := func(headers ...string) {
		t.Helper()
		r := h.get(group, append(headers, asks, huawei)...)
		h.expect("card", r, 200, "")
		must(t, json.Unmarshal(r.Body(), &card))
	}
	const app = "User-Agent: okhttp/4.12" // a message app uses the libraries that scanners use
	path := func(address, more string) string { return strings.TrimPrefix(address, "https://s.example.com") + more }
	read("X-AIM-Device: d1")
	h.expect("first", h.get(path(card.Beacons.Expose, "?seq=1"), app), 204, "")
	h.expect("second page", h.do("POST", path(card.Beacons.Expose, "?seq=2&page=2"), app), 204, "")
	h.expect("click", h.do("POST", path(card.Beacons.Click, "?seq=1&page=1&position=4"), app), 204, "")
	h.expect("a text is touched", h.get(path(card.Beacons.Click, "?seq=2&position=2"), app), 400, `{"error":"bad_request"}`)
	first := card.ResolveID
	h.pass(time.Minute)
	read("X-AIM-Device: d1")
	if card.ResolveID != first {
		t.Fatal("the repeat has another id")
	}
	h.expect("after a repeat", h.get(path(card.Beacons.Expose, "?seq=3"), app), 204, "")
	facts := h.facts(6) // resolution, its repeat, four beacons
	parsed := dataOf[event.ParseResult](t, facts[0])
	var got []string
	for _, f := range facts {
		switch f.Type {
		case event.TypeCardExpose:
			d := dataOf[event.CardExpose](t, f)
			got = append(got, fmt.Sprintf("seen %d page %d implied %v %s %v", d.ClientSeq, d.Page, d.Implied, d.Vendor, d.VisitorRef == parsed.VisitorRef && d.ResolveID == first))
		case event.TypeCardClick:
			d := dataOf[event.CardClick](t, f)
			got = append(got, fmt.Sprintf("touched %d %s %d/%d %s %v", d.ClientSeq, d.ActionType, d.PageOrder, d.PositionNumber, d.Vendor, d.VisitorRef == parsed.VisitorRef && d.ResolveID == first))
		}
	}
	if diff := cmp.Diff([]string{"seen 1 page 1 implied true HUAWEI true", "seen 2 page 2 implied false HUAWEI true", "touched 1 OPEN_BROWSER 1/4 HUAWEI true",
		"seen 3 page 1 implied false HUAWEI true"}, got); diff != "" {
		t.Error(diff)
	}
}

// Visitors of a group link are told apart by network and agent; the recipient of individual links is one person in all of them.
func TestVisitorsOfPages(t *testing.T) {
	h := newHouse(t, nil)
	group, one, two := h.link(5, nil), h.link(1, nil), h.link(1, nil)
	other := "User-Agent: Mozilla/5.0 (iPhone) Mobile/15E148"
	for _, ask := range [][2]string{{group, browser}, {group, browser}, {group, other}, {one, browser}, {two, other}} {
		h.expect("page", h.get(ask[0], ask[1]), 200, "")
	}
	var who []string
	for _, f := range h.facts(5) {
		who = append(who, dataOf[event.LinkClick](t, f).VisitorRef)
	}
	if who[0] != who[1] || who[0] == who[2] || who[3] != who[4] || who[0] == who[3] || len(who[0]) != 16 {
		t.Errorf("visitors %v", who)
	}
}

func TestBeaconsThatAreNone(t *testing.T) {
	h := newHouse(t, nil)
	var g signer
	sign := func(change func(*view)) string {
		e, err := h.server.o.Resolver.Find(context.Background(), &shortlink.Domain{Name: "s.example.com", Generation: shortlink.Standard}, []byte(h.link(5, nil)[1:]), 1)
		must(t, err)
		v := view{id: [16]byte{1}, link: e.LinkID(), visitor: 7, issued: h.now, target: render.Huawei, counted: true}
		change(&v)
		return string(g.sign(h.server.o.BeaconKey, &v))
	}
	as := func(change func(*view)) string { return "/e/x/" + sign(change) + "?seq=1" }
	good := as(func(*view) {})
	forged := []byte(good)
	forged[20] ^= 1
	for _, c := range []struct {
		what, method, target string
		status               int
	}{
		{"forged", "GET", string(forged), 404},
		{"no token", "GET", "/e/x/?seq=1", 404},
		{"short token", "GET", "/e/c/abc?seq=1", 404},
		{"two tokens", "GET", strings.Replace(good, "?", "/"+good[5:], 1), 404},
		{"another kind", "GET", strings.Replace(good, "/e/x/", "/e/y/", 1), 404},
		{"no number", "GET", strings.TrimSuffix(good, "?seq=1"), 400},
		{"number 0", "GET", strings.Replace(good, "seq=1", "seq=0", 1), 400},
		{"number 256", "GET", strings.Replace(good, "seq=1", "seq=256", 1), 400},
		{"a number too long to be one", "GET", strings.Replace(good, "seq=1", "seq=99999999999999999999", 1), 400},
		{"a number that is none", "GET", strings.Replace(good, "seq=1", "seq=+1", 1), 400},
		{"page 0", "GET", good + "&page=0", 400},
		{"page 100", "GET", good + "&page=100", 400},
		{"a touch of nothing", "GET", strings.Replace(good, "/e/x/", "/e/c/", 1), 400},
		{"a touch of a text", "GET", strings.Replace(good, "/e/x/", "/e/c/", 1) + "&position=2", 400},
		{"a touch where nothing is", "POST", strings.Replace(good, "/e/x/", "/e/c/", 1) + "&position=99", 400},
		{"a vendor without this card", "GET", "/e/c/" + sign(func(v *view) { v.target = render.Huawei }) + "?seq=1&page=2&position=1", 400},
		{"too old", "GET", as(func(v *view) { v.issued = h.now.Add(-tokenLife - time.Second) }), 204},
		{"from far ahead", "GET", as(func(v *view) { v.issued = h.now.Add(tokenLife + time.Second) }), 204},
		{"a link that is gone", "GET", as(func(v *view) { v.link = 1 << 50 }), 204},
		{"PUT", "PUT", good, 405},
		{"DELETE", "DELETE", good, 405},
	} {
		r := h.do(c.method, c.target)
		if r.StatusCode() != c.status || len(r.Header.Peek("Location")) > 0 {
			t.Errorf("%s: %d %s, want %d", c.what, r.StatusCode(), r.Header.String(), c.status)
		}
	}
	must(t, h.journal.Close()) // whatever was waiting is on disk; nothing was recorded, and nothing can be
	if h.journal.First() != h.journal.Durable() {
		t.Error("a beacon that is none was recorded")
	}
	h.expect("the journal is closed", h.get(good), 503, `{"error":"unavailable"}`)
	h.expect("and again", h.get(good), 503, `{"error":"unavailable"}`)
}

// Nothing of a beacon's parameters can lead anywhere, whatever they are.
func TestBeaconsNeverRedirect(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Journal = nowhere{} })
	page := h.get(h.link(5, nil), browser)
	touch := html.UnescapeString(string(pingsOf.FindSubmatch(page.Body())[2]))
	rapid.Check(t, func(rt *rapid.T) {
		q := fasthttp.AcquireArgs()
		defer fasthttp.ReleaseArgs(q)
		for _, name := range rapid.SliceOfN(rapid.SampledFrom([]string{"seq", "page", "position", "url", "target", "u", "to"}), 0, 5).Draw(rt, "names") {
			q.Add(name, rapid.OneOf(rapid.SampledFrom([]string{"https://evil.example/", "//evil.example", "1", "4"}), rapid.String()).Draw(rt, "value"))
		}
		base, _, _ := strings.Cut(touch, "?")
		r := h.do(rapid.SampledFrom([]string{"GET", "POST"}).Draw(rt, "method"), base+"?"+q.String(), browser)
		if s := r.StatusCode(); s/100 == 3 || len(r.Header.Peek("Location")) > 0 || bytes.Contains(r.Body(), []byte("evil")) || s == 500 {
			rt.Fatalf("%d %s %s", s, r.Header.String(), r.Body())
		}
	})
}

func TestReportersAreBounded(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Journal = nowhere{} })
	page := h.get(h.link(5, nil), browser)
	see, _, _ := strings.Cut(html.UnescapeString(string(pixelOf.FindSubmatch(page.Body())[1])), "?")
	limited := 0
	for n := range beaconBurst + 100 {
		switch r := h.get(fmt.Sprintf("%s?seq=%d", see, 1+n%maxSeq), browser); r.StatusCode() {
		case 429:
			if limited++; string(r.Header.Peek("Retry-After")) == "" {
				t.Error("no Retry-After")
			}
		case 204:
		default:
			t.Fatal(r.StatusCode())
		}
	}
	if limited != 100 {
		t.Errorf("%d of %d refused", limited, beaconBurst+100)
	}
	h.pass(time.Second)
	h.expect("a second later", h.get(see+"?seq=1", browser), 204, "")
}

// Over the wire: a ping's word is read, a longer body is refused, and one whose length is told in two ways ends the connection.
func TestBodiesOfBeacons(t *testing.T) {
	h := newHouse(t, nil)
	ln := h.listen(t)
	page := h.get(h.link(5, nil), browser)
	touch := html.UnescapeString(string(pingsOf.FindSubmatch(page.Body())[2]))
	start := "POST " + touch + " HTTP/1.1\r\nHost: s.example.com\r\n"
	for name, c := range map[string]struct{ request, want string }{
		"a ping":      {start + "Content-Type: text/ping\r\nContent-Length: 4\r\nConnection: close\r\n\r\nPING", "HTTP/1.1 204"},
		"no body":     {start + "Connection: close\r\n\r\n", "HTTP/1.1 204"},
		"a long body": {start + "Content-Length: 2000\r\n\r\n" + strings.Repeat("x", 2000), "HTTP/1.1 413"},
		"chunks":      {start + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},
		"two lengths": {start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},
		"an upload":   {start + "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 10\r\nConnection: close\r\n\r\n--x--\r\n123", "HTTP/1.1 204"},
	} {
		t.Run(name, func(t *testing.T) {
			got := raw(t, ln, c.request)
			if !strings.HasPrefix(got, c.want) || strings.Count(got, "HTTP/1.1 ") != 1 {
				t.Errorf("answer %.300q, want %s", got, c.want)
			}
		})
	}
}

// A preview reports nothing: nobody's card is shown.
func TestPreviewsReportNothing(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Previews = looks(t) })
	r := h.get("/p/600000101", browser)
	h.expect("preview", r, 200, "")
	if bytes.Contains(r.Body(), []byte("/e/")) || bytes.Contains(r.Body(), []byte(" ping=")) {
		t.Errorf("preview %s", r.Body())
	}
}

// A template that is disabled no longer resolves; what was shown before may still be reported.
func TestBeaconsOutliveTheLink(t *testing.T) {
	h := newHouse(t, nil)
	page := h.get(h.link(5, nil), browser)
	touch := html.UnescapeString(string(pingsOf.FindSubmatch(page.Body())[2]))
	h.tpl.mu.Lock()
	h.tpl.t.State = templates.StateDisabled
	h.tpl.mu.Unlock()
	h.pass(8 * 24 * time.Hour) // the link has expired as well
	h.expect("touched", h.do("POST", touch, browser), 204, "")
	if f := h.facts(2)[1]; f.Type != event.TypeCardClick || !f.Time.Equal(h.now) {
		t.Errorf("fact %+v", f)
	}
}

func TestBeaconsDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	h := newHouse(t, func(o *Options) { o.Journal = nowhere{} })
	page := h.get(h.link(5, nil), browser)
	see := html.UnescapeString(string(pixelOf.FindSubmatch(page.Body())[1]))
	touch := html.UnescapeString(string(pingsOf.FindSubmatch(page.Body())[2]))
	for what, target := range map[string]string{"seen": see, "touched": touch, "forged": strings.Replace(see, "/e/x/A", "/e/x/_", 1)} {
		var c fasthttp.RequestCtx
		var req fasthttp.Request
		req.SetRequestURI(target)
		req.Header.SetHost("s.example.com")
		name, value, _ := strings.Cut(browser, ": ")
		req.Header.Set(name, value)
		c.Init(&req, &net.TCPAddr{IP: net.IPv4(203, 0, 113, 7)}, nil)
		report := func() {
			h.server.recent = recent{} // as if it were new
			h.server.beacons = budget{burst: 1 << 30, interval: 1}
			c.Response.Reset()
			h.server.serve(&c)
		}
		for range 100 {
			report()
		}
		if n := testing.AllocsPerRun(500, report); n != 0 {
			t.Errorf("%s: %v allocations, want 0", what, n)
		}
	}
}
