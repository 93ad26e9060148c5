package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"testing"

	"cardlink/fault"
	"cardlink/templates"
)

func page(t *testing.T, tpl *templates.Template, v Values) []node {
	t.Helper()
	p, _, err := Compile(catalogue(t), tpl, H5)
	if err != nil {
		t.Fatal(err)
	}
	if p.ContentType() != PageType {
		t.Errorf("content type %q", p.ContentType())
	}
	nodes, err := parsePage(p.Append(nil, &v))
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}

func (n node) attr(name string) string {
	for _, a := range n.attrs {
		if a[0] == name {
			return a[1]
		}
	}
	return ""
}

func find(nodes []node, name, attr, value string) node {
	for _, n := range nodes {
		if n.name == name && (attr == "" || n.attr(attr) == value) {
			return n
		}
	}
	return node{}
}

// The policy allows exactly the styles that the pages carry, and nothing that runs.
func TestPolicyMatchesThePages(t *testing.T) {
	v := SampleValues(fixtures()["RedPacket"])
	p, _, err := Compile(catalogue(t), fixtures()["RedPacket"], H5)
	if err != nil {
		t.Fatal(err)
	}
	for csp, pages := range map[string][][]byte{
		p.CSP(): {p.Append(nil, &v)}, ErrorCSP: {AppendGone(nil, fault.Chinese), AppendNotFound(nil, fault.English)},
	} {
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "script-src") || !strings.HasPrefix(csp, "default-src 'none'") {
			t.Errorf("policy %s", csp)
		}
		for _, page := range pages {
			_, rest, _ := bytes.Cut(page, []byte("<style>"))
			style, _, _ := bytes.Cut(rest, []byte("</style>"))
			sum := sha256.Sum256(style)
			if !strings.Contains(csp, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
				t.Errorf("the style of %.60s… is not allowed by %s", page, csp)
			}
		}
	}
}

func TestPageActions(t *testing.T) {
	for _, c := range []struct {
		typ    string
		action templates.Action
		want   string
	}{
		{"OPEN_URL", templates.Action{Target: "https://a.example/?u=${uid}&x=1"}, "https://a.example/?u=u8842&x=1"},
		{"OPEN_BROWSER", templates.Action{Target: "${uid}"}, "#"},
		{"OPEN_BROWSER", templates.Action{Target: "javascript:alert(1)"}, "#"},
		{"OPEN_BROWSER", templates.Action{Target: "www.example.com"}, "#"},
		{"OPEN_QUICK", templates.Action{Target: "hap://app/x"}, "hap://app/x"},
		{"DIAL_PHONE", templates.Action{Target: "+86 (10) 1234-5678"}, "tel:+86101234-5678"},
		{"DIAL_PHONE", templates.Action{Target: "*100#"}, "tel:*100%23"},
		{"DIAL_PHONE", templates.Action{Target: "10086#1"}, "tel:10086%231"},
		{"OPEN_SMS", templates.Action{Target: "1069", Body: "退订 & 更多"}, "sms:1069?body=%E9%80%80%E8%AE%A2%20%26%20%E6%9B%B4%E5%A4%9A"},
		{"OPEN_EMAIL", templates.Action{Target: "a?b@c.example", Subject: "s&t", Body: "x"}, "mailto:a%3Fb@c.example?subject=s%26t&body=x"},
		{"OPEN_MAP", templates.Action{Target: "门店", Address: "路", Longitude: "116.40", Latitude: "39.9"}, "geo:39.9,116.4?q=39.9,116.4(%E9%97%A8%E5%BA%97)"},
		{"OPEN_MAP", templates.Action{Target: "a", Address: "b", Longitude: "x", Latitude: "91"}, "geo:0,0?q=a%20b"},
		{"OPEN_POPUP", templates.Action{Target: "t", Content: "c", TextButton: "ok"}, "#d1-4"},
	} {
		tpl := fixtures()["StandardImageAndText"]
		b := &tpl.Pages[0].Contents[3]
		b.ActionType, b.Action = c.typ, &c.action
		nodes := page(t, tpl, SampleValues(tpl))
		if got := find(nodes, "a", "id", "c1-4").attr("href"); got != c.want {
			t.Errorf("%s: %s, want %s", c.typ, got, c.want)
		}
		if c.typ == "OPEN_POPUP" && find(nodes, "div", "id", "d1-4").attr("role") != "dialog" {
			t.Error("no dialog")
		}
	}
}

func TestPageWholeAddress(t *testing.T) {
	tpl := fixtures()["StandardImageAndText"]
	b := &tpl.Pages[0].Contents[3]
	b.ActionType, b.Action = "OPEN_BROWSER", &templates.Action{Target: "${uid}"}
	for value, want := range map[string]string{
		"https://a.example/?a=1&b=\"2\"": "https://a.example/?a=1&b=\"2\"", "HAP://app/x": "HAP://app/x", "javascript:alert(1)": "#", " https://a": "#", "": "#",
	} {
		v := SampleValues(tpl)
		v.Params[3] = value
		if got := find(page(t, tpl, v), "a", "id", "c1-4").attr("href"); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

// An app's address may be one parameter as a whole: on the page and on the card it opens what the recipient's value says, unless that is a script.
func TestWholeDeepLinkOfAnApp(t *testing.T) {
	tpl := fixtures()["StandardImageAndText"]
	b := &tpl.Pages[0].Contents[3]
	for _, typ := range []string{"OPEN_APP", "OPEN_QUICK"} {
		b.ActionType, b.Action = typ, &templates.Action{Target: "${uid}", PackageName: "com.example.shop"}
		for value, want := range map[string]string{"weixin://dl/x?a=\"1\"": "weixin://dl/x?a=\"1\"", "https://a.example/1": "https://a.example/1", "javascript:alert(1)": "#", "x": "#"} {
			v := SampleValues(tpl)
			v.Params[3] = value
			if got := find(page(t, tpl, v), "a", "id", "c1-4").attr("href"); got != want {
				t.Errorf("%s %q on the page: %s, want %s", typ, value, got, want)
			}
			p, _, err := Compile(catalogue(t), tpl, Huawei)
			if err != nil {
				t.Fatal(err)
			}
			card, err := parseCard(p.Append(nil, &v))
			if err != nil {
				t.Fatal(err)
			}
			if got := card.Card.Elements[3].Action; got.Type != typ || got.Target != want {
				t.Errorf("%s %q on the card: %+v, want %s", typ, value, got, want)
			}
		}
	}
}

// The calendar entry is a well-formed iCalendar file with folded lines, escaped texts and the author's wall clock.
func TestCalendar(t *testing.T) {
	got := calendar(7, "1-5", &templates.Action{
		Target: "会员日; 全场, 五折", Description: strings.Repeat("很长的说明", 20) + "\n第二行", BeginTime: "2026-12-01 10:00:00", EndTime: "2026-12-01 22:00:00",
	})
	for _, line := range strings.SplitAfter(got, "\r\n") {
		if len(line) > 77 || line != "" && !strings.HasSuffix(line, "\r\n") {
			t.Errorf("line of %d bytes: %q", len(line), line)
		}
		if strings.ToValidUTF8(line, "?") != line {
			t.Errorf("a character is torn by folding: %q", line)
		}
	}
	flat := strings.ReplaceAll(got, "\r\n ", "")
	for _, want := range []string{"DTSTART:20261201T100000\r\n", "DTEND:20261201T220000\r\n", `SUMMARY:会员日\; 全场\, 五折`, `很长的说明\n第二行`, "UID:7-1-5@cardlink\r\n"} {
		if !strings.Contains(flat, want) {
			t.Errorf("%q is not in %s", want, flat)
		}
	}
}

// A calendar entry is a file of its own: the page leads to it on the link's address, the program holds it. No other id has one.
func TestCalendarOfAPage(t *testing.T) {
	tpl := fixtures()["StandardImageAndText"]
	v := SampleValues(tpl)
	link := find(page(t, tpl, v), "a", "id", "c1-5")
	if link.attr("href") != v.Link+"?ics=1-5" || link.attr("download") != "event.ics" {
		t.Errorf("%+v", link)
	}
	p, _, err := Compile(catalogue(t), tpl, H5)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Calendar([]byte("1-5")); !strings.HasPrefix(got, "BEGIN:VCALENDAR\r\n") {
		t.Errorf("calendar %q", got)
	}
	for _, id := range []string{"1-4", "1-6", "2-5", "", "../1-5"} {
		if got := p.Calendar([]byte(id)); got != "" {
			t.Errorf("%q has the calendar %q", id, got)
		}
	}
}

func TestPageHead(t *testing.T) {
	tpl := fixtures()["StandardImageAndText"]
	v := SampleValues(tpl)
	v.Params[0] = `"><b>`
	nodes := page(t, tpl, v)
	meta := func(kind, name string) string { return find(nodes, "meta", kind, name).attr("content") }
	title := `"><b>，秋季会员日专属礼遇已到账，请查收`
	for got, want := range map[string]string{
		find(nodes, "title", "", "").text: title, meta("property", "og:title"): title, meta("property", "og:url"): v.Link,
		meta("property", "og:image"): v.Origin + "/m/banner.jpg", meta("name", "robots"): "noindex,nofollow", meta("name", "referrer"): "no-referrer",
		find(nodes, "html", "", "").attr("lang"): "zh-CN", find(nodes, "time", "", "").text: "2030-01-02 11:04（北京时间）",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	img := find(nodes, "img", "src", v.Origin+"/m/banner.jpg")
	if img.attr("width") != "1248" || img.attr("height") != "702" {
		t.Errorf("picture %+v", img)
	}
	if lang := find(page(t, fixtures()["PureText"], v), "html", "", "").attr("lang"); lang != "en" {
		t.Errorf("an English template's page is in %q", lang)
	}
}

// Direction tricks in a value stay inside it.
func TestPageIsolatesValues(t *testing.T) {
	tpl := fixtures()["Notification1"]
	v := SampleValues(tpl)
	v.Params[2] = "\u202eevil"
	i := slices.IndexFunc(page(t, tpl, v), func(n node) bool { return n.name == "bdi" && n.text == "\u202eevil" })
	if i < 0 {
		t.Error("the value is not isolated")
	}
}

// Programs are shared by all requests.
func TestAppendIsReentrant(t *testing.T) {
	tpl := fixtures()["StandardImageAndText"]
	p, _, err := Compile(catalogue(t), tpl, Huawei)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, v := range valuesOf(tpl) {
		want := p.Append(nil, &v)
		for range 4 {
			wg.Go(func() {
				var buf []byte
				for range 200 {
					if buf = p.Append(buf[:0], &v); !bytes.Equal(buf, want) {
						t.Error("another goroutine's values")
						return
					}
				}
			})
		}
	}
	wg.Wait()
}

func TestTargetOf(t *testing.T) {
	for target := range H5 {
		for _, s := range []string{target.String(), strings.ToLower(target.String())} {
			if got, ok := TargetOf([]byte(s)); !ok || got != target {
				t.Errorf("%s: %v %v", s, got, ok)
			}
		}
	}
	for _, s := range []string{"", "H5", "HONOR", "HUAWEI "} {
		if _, ok := TargetOf([]byte(s)); ok {
			t.Errorf("%q is a vendor", s)
		}
	}
}
