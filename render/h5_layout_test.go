package render

import (
	"strings"
	"testing"

	"cardlink/templates"
)

// h5Of renders one template's page as text.
func h5Of(t *testing.T, tpl *templates.Template) string {
	t.Helper()
	p, _, err := Compile(catalogue(t), tpl, H5)
	if err != nil {
		t.Fatal(err)
	}
	v := SampleValues(tpl)
	v.Beacon = ""
	_, body, _ := strings.Cut(string(p.Append(nil, &v)), "<body")
	return body
}

// cardOf is a template of a layout with these contents, positions given in order.
func cardOf(layout string, contents ...templates.Content) *templates.Template {
	for i := range contents {
		contents[i].Position = i + 1
	}
	return &templates.Template{
		ID: 600000001, Version: 1, Name: "n", CardID: layout, Pages: []templates.Page{{Order: 1, Contents: contents}}, Params: []templates.Param{param("p", "9.90")},
		Assets: map[string]templates.Asset{"1": {Path: "/m/1.png", ContentType: "image/png", Width: 640, Height: 640}},
	}
}

func textContent(s, child string) templates.Content {
	return templates.Content{Type: "text", Text: s, Child: child}
}

func pictureContent(typ, target string) templates.Content {
	return templates.Content{Type: "image", SrcType: 1, Src: "1", ActionType: typ, Action: &templates.Action{Target: target, Address: "Road 1", Longitude: "116.4", Latitude: "39.9"}}
}

func buttonContent(label, typ string, a templates.Action) templates.Content {
	return templates.Content{Type: "button", Text: label, ActionType: typ, Action: &a}
}

var visit = templates.Action{Target: "https://shop.example.com"}

// A price shows its sign unless the author hides it; its second text is a unit, or the former price, struck out, if it has a figure.
func TestPrices(t *testing.T) {
	for _, c := range []struct {
		text, child string
		currency    *int
		want        string
	}{
		{"899", "", nil, `<p class="price"><small>¥</small>899</p>`},
		{"899", "", new(0), `<p class="price">899</p>`},
		{"899", "1299", new(1), `<p class="price"><small>¥</small>899 <s>¥1299</s></p>`},
		{"899", "¥1299", nil, `<p class="price"><small>¥</small>899 <s>¥1299</s></p>`},
		{"$899", "$1299", new(0), `<p class="price">$899 <s>$1299</s></p>`},
		{"899", "元起", new(0), `<p class="price">899 <small>元起</small></p>`},
		{"${p}", "${p}", nil, `<p class="price"><small>¥</small><bdi>9.90</bdi> <s>¥<bdi>9.90</bdi></s></p>`},
	} {
		price := textContent(c.text, c.child)
		price.Currency = c.currency
		got := h5Of(t, cardOf("ECImageAndText", pictureContent("OPEN_URL", "https://a.example"), textContent("title", ""), textContent("body", ""), price,
			buttonContent("a", "OPEN_URL", visit), buttonContent("b", "OPEN_URL", visit)))
		if !strings.Contains(got, c.want) {
			t.Errorf("%+v: no %s in %s", c, c.want, got)
		}
	}
}

// What a page cannot do itself it says, in its own language and once.
func TestHints(t *testing.T) {
	place := templates.Action{Target: "Shop", Address: "Road <1>", Longitude: "116.4", Latitude: "39.9"}
	nowhere := place
	nowhere.Latitude = "north"
	app := templates.Action{Target: "shop://x", PackageName: "com.example.shop", FloorType: new(2), FloorURL: "https://a.example/?a=1&b=2"}
	store, evil := app, app
	store.FloorType = nil
	evil.FloorURL = "javascript:alert(1)"
	for _, c := range []struct {
		title, typ string
		action     templates.Action
		want       []string
		not        string
	}{
		{"Hi", "OPEN_MAP", place, []string{`href="https://www.openstreetmap.org/?mlat=39.9&amp;mlon=116.4&amp;zoom=17">Address: Road &lt;1&gt;</a>`}, ""},
		{"您好", "OPEN_MAP", place, []string{`href="https://uri.amap.com/marker?position=116.4,39.9">地址：Road &lt;1&gt;</a>`}, ""},
		{"Hi", "OPEN_MAP", nowhere, []string{`<p class="hint">Address: Road &lt;1&gt;</p>`}, "openstreetmap"},
		{"Hi", "OPEN_APP", app, []string{`href="https://a.example/?a=1&amp;b=2">No app yet? Open the web page</a>`, `<p class="hint desk">On a computer?`}, "market:"},
		{"Hi", "OPEN_APP", store, []string{`href="market://details?id=com.example.shop">No app yet?`}, "a.example/?"},
		{"Hi", "OPEN_APP", evil, []string{`<p class="hint desk">`}, "javascript"},
		{"Hi", "OPEN_QUICK", templates.Action{Target: "hap://app/x"}, []string{`<p class="hint">Quick apps open without installing`, `<p class="hint desk">On a computer?`}, ""},
		{"Hi", "OPEN_QUICK", templates.Action{Target: "javascript:x"}, nil, "Quick apps"},
		{"Hi", "DIAL_PHONE", templates.Action{Target: "400 <8>"}, []string{`<p class="hint desk">Number: 400 &lt;8&gt;</p>`}, ""},
		{"Hi", "COPY_PARAMETER", templates.Action{Target: "K-${p}"}, []string{"<code>K-<bdi>9.90</bdi></code>", "Press and hold"}, "href"},
	} {
		got := h5Of(t, cardOf("PureText", textContent(c.title, ""), buttonContent("Go", c.typ, c.action), buttonContent("Again", c.typ, c.action)))
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in %s", c.typ, want, got)
			}
		}
		if c.not != "" && strings.Contains(got, c.not) {
			t.Errorf("%s: %s in %s", c.typ, c.not, got)
		}
		if strings.Count(got, "Quick apps") > 1 || strings.Count(got, "On a computer?") > 1 {
			t.Errorf("%s: a sentence is said twice: %s", c.typ, got)
		}
	}
	got := h5Of(t, cardOf("StandardImageAndText", pictureContent("COPY_PARAMETER", "K-${p}"), textContent("Hi", ""), textContent("x", ""), buttonContent("Go", "OPEN_URL", visit)))
	if !strings.Contains(got, "<code>K-<bdi>9.90</bdi></code>") {
		t.Errorf("a picture's text to copy is not shown: %s", got)
	}
}

// Each layout's own shape.
func TestShapes(t *testing.T) {
	for layout, want := range map[string][]string{
		"CarouselSquareImage":     {`<div class="strip" role="region" aria-label="`, `tabindex="0">`, `<i aria-hidden="true">1/`, `<div class="dots" aria-hidden="true"><p><i></i><i></i>`},
		"Carousel":                {`<div class="strip" role="region"`, "</article>\n<article class=\"card\">", `<div class="dots"`},
		"MultipleImageAndText":    {`<div class="hero"><a class="pic"`, `<ul class="list">`, `<li><div><h2>`},
		"VideoImageAndText":       {`<video controls="" playsinline="" preload="none"`, `poster="`, `<li><a class="thumb"`},
		"Ecommerce":               {`<ul class="grid`, `<p class="price">`},
		"CardVoucher":             {`<div class="worth">`, `<p class="amount">`, `<hr class="perf">`},
		"CardVouchers":            {`<ul class="coupons">`, `<li class="coupon"><a class="thumb"`},
		"EcommerceCouponVertical": {`<section class="coupon"><p class="amount">`},
		"Trip1":                   {`<div class="route">`, `<p class="to">`, `<p class="num">`, `<hr class="perf">`, "<dl>"},
		"PlaneTrip":               {`<div class="head"><a class="logo"`, `<div class="route">`},
		"ShortVideoImage":         {`<div class="hero">`},
		"SimplePoster":            {`<a class="pic"`},
		"RedPacket":               {`<div class="flap">`},
		"Notification2":           {"<dl>\n<div><dt>"},
	} {
		tpl := fixtures()[layout]
		if tpl == nil {
			t.Errorf("no fixture of %s", layout)
			continue
		}
		got := h5Of(t, tpl)
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %s in %s", layout, w, got)
			}
		}
		if n := strings.Count(got, "<h1>"); n > 1 {
			t.Errorf("%s: %d main headings", layout, n)
		}
		if strings.Contains(got, "autoplay") || strings.Contains(got, "<script") {
			t.Errorf("%s plays or runs by itself", layout)
		}
	}
}
