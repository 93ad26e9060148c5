package templates

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var loadEmbedded = sync.OnceValues(func() (*Catalogue, error) { return LoadCatalogue(nil) })

func catalogue(t testing.TB) *Catalogue {
	t.Helper()
	c, err := loadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func layout(t testing.TB, id string) *Layout {
	t.Helper()
	l, ok := catalogue(t).Layout(id)
	if !ok {
		t.Fatalf("no layout %s", id)
	}
	return l
}

func TestEmbeddedCatalogue(t *testing.T) {
	c := catalogue(t)
	if n := len(c.Layouts()); n != 30 || c.Layouts()[1] != "StandardImageAndText" {
		t.Errorf("%d layouts, second %s", n, c.Layouts()[1])
	}
	// How many layouts each vendor's own list names; two more are assumed for HUAWEI.
	want := map[Vendor]int{Huawei: 28 + 2, Xiaomi: 5, Oppo: 11, Vivo: 12, Meizu: 4, Samsung: 17}
	got := map[Vendor]int{}
	for _, id := range c.Layouts() {
		l, _ := c.Layout(id)
		for _, v := range l.Vendors() {
			got[v]++
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for action, lacking := range map[string][]Vendor{
		"OPEN_URL": nil, "OPEN_BROWSER": nil, "OPEN_QUICK": nil, "OPEN_APP": nil,
		"DIAL_PHONE": {Oppo}, "OPEN_SMS": {Oppo}, "OPEN_EMAIL": {Oppo, Vivo}, "OPEN_SCHEDULE": {Oppo, Samsung}, "OPEN_MAP": {Oppo, Vivo},
		"OPEN_POPUP": {Oppo}, "COPY_PARAMETER": {Oppo}, "VIEW_PIC": {Oppo, Meizu, Samsung},
	} {
		a, ok := c.Action(action)
		if !ok {
			t.Errorf("no action %s", action)
			continue
		}
		var without []Vendor
		for _, v := range Vendors() {
			if !a.Supports(v) {
				without = append(without, v)
			}
		}
		if d := cmp.Diff(lacking, without); d != "" {
			t.Errorf("%s: %s", action, d)
		}
	}
	if _, ok := c.Action("OPEN_DOOR"); ok {
		t.Error("an action that does not exist was found")
	}
	if d := cmp.Diff([]int{0, 2, 3}, c.Floor(Xiaomi)); d != "" {
		t.Error(d)
	}
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		card, role string
		v          Vendor
		want       Limit
		ok         bool
	}{
		{"StandardImageAndText", "title", Huawei, Limit{Chars: 17, Lines: 1, Hard: true, Source: "faq"}, true},
		{"StandardImageAndText", "body", Meizu, Limit{Chars: 54, Lines: 3, Hard: true, Source: "faq"}, true},
		{"StandardImageAndText", "title", Samsung, Limit{Chars: 17, Lines: 1, Default: true, Source: "assumed"}, true},
		{"StandardImageAndText", "button", Oppo, Limit{Chars: 8, Source: "assumed"}, true},
		{"StandardImageAndText", "banner", Huawei, Limit{}, false},
		{"RedPacket", "name", Xiaomi, Limit{Chars: 12, Source: "sibling"}, true},
		{"RedPacket", "body", Oppo, Limit{Chars: 38, Lines: 2, Source: "faq-inferred"}, true},
		{"Notification1", "pair", Huawei, Limit{Chars: 20, Lines: 1, Hard: true, Source: "faq"}, true},
		{"PureText", "body", Oppo, Limit{Chars: 350, Hard: true, Source: "faq"}, true},
	} {
		got, ok := layout(t, c.card).Limit(c.role, c.v)
		if d := cmp.Diff(c.want, got); d != "" || ok != c.ok {
			t.Errorf("%s %s %s: %v %s", c.card, c.role, c.v, ok, d)
		}
	}
	if _, known := layout(t, "StandardImageAndText").Known("title", Samsung); known {
		t.Error("a default passes for a known figure")
	}
}

func TestImageRules(t *testing.T) {
	r, ok := layout(t, "StandardImageAndText").Image("banner")
	if !ok || !r.Hard || len(r.Rates) != 1 || r.Rates[0] != "sixteenToNine" || r.Recommended != (Size{1248, 702}) {
		t.Errorf("%+v %v", r, ok)
	}
	if least, ok := r.Min(Vivo); !ok || least != (Size{1088, 612}) {
		t.Errorf("VIVO min %v %v", least, ok)
	}
	if _, ok := r.Min(Samsung); ok {
		t.Error("SAMSUNG has a minimum nobody knows of")
	}
	c := catalogue(t)
	for _, p := range []struct {
		w, h int
		want string
	}{
		{1248, 702, "sixteenToNine"}, {1120, 372, "threeToOne"}, {320, 320, "oneToOne"}, {960, 1300, "fortyEightToSixtyFive"}, {300, 400, "threeToFour"},
		{327, 320, ""}, {326, 320, "oneToOne"}, {313, 320, ""}, {314, 320, "oneToOne"}, // 2 % either way
		{0, 10, ""}, {640, 480, ""},
	} {
		if got := c.RateOf(p.w, p.h); got != p.want {
			t.Errorf("%d×%d is %q, want %q", p.w, p.h, got, p.want)
		}
	}
}

func TestSubTypes(t *testing.T) {
	red := layout(t, "RedPacket")
	if s, ok := red.SubType(0); !ok || s.Number != 1 || !s.Honoured(Oppo) {
		t.Errorf("%+v %v", s, ok)
	}
	if s, ok := red.SubType(2); !ok || s.Honoured(Oppo) || !s.Honoured(Huawei) {
		t.Errorf("%+v %v", s, ok)
	}
	if _, ok := red.SubType(3); ok {
		t.Error("sub_type 3 exists")
	}
	if n := len(layout(t, "CarouselVerticalImage").SubTypes()); n != 6 {
		t.Errorf("%d colours", n)
	}
}

func TestOverrideWinsPerFact(t *testing.T) {
	c, err := LoadCatalogue([]byte(`{"date":"2027-01-01","layouts":{"PureText":{"vendors":{"VIVO":true},
		"text_limits":{"body":{"VIVO":{"chars":300,"source":"operator"},"OPPO":null}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	l, _ := c.Layout("PureText")
	if c.Date() != "2027-01-01" || !l.Supports(Vivo) || !l.Supports(Huawei) {
		t.Errorf("%s %v", c.Date(), l.Vendors())
	}
	if got, _ := l.Limit("body", Vivo); got.Chars != 300 || !got.Hard {
		t.Errorf("%+v", got)
	}
	if got, _ := l.Limit("body", Oppo); !got.Default {
		t.Errorf("null did not remove the figure: %+v", got)
	}
	if got, _ := l.Limit("body", Huawei); got.Chars != 350 {
		t.Errorf("an untouched figure changed: %+v", got)
	}
	if layout(t, "PureText").Supports(Vivo) {
		t.Error("the override reached the embedded catalogue")
	}
}

func TestOverrideIsReadStrictly(t *testing.T) {
	for name, c := range map[string]struct{ override, says string }{
		"not JSON":         {`{`, "unexpected end"},
		"not an object":    {`[]`, "must be a JSON object"},
		"unknown name":     {`{"layout":{}}`, `unknown field "layout"`},
		"unknown below":    {`{"layouts":{"PureText":{"vendor":{}}}}`, `layouts.PureText: json: unknown field "vendor"`},
		"unknown vendor":   {`{"layouts":{"PureText":{"vendors":{"NOKIA":true}}}}`, `"NOKIA" is unknown`},
		"unknown source":   {`{"layouts":{"PureText":{"vendors_source":"hearsay"}}}`, `"hearsay" is not declared`},
		"wrong type":       {`{"layouts":{"PureText":{"order":"x"}}}`, "layouts.PureText"},
		"bad position":     {`{"layouts":{"PureText":{"slots":[{"position":"x","component":"text","role":"body","source":"assumed"}]}}}`, "layouts.PureText.slots[0].position"},
		"no characters":    {`{"layouts":{"PureText":{"text_limits":{"body":{"OPPO":{"chars":0,"source":"faq"}}}}}}`, "chars must be above 0"},
		"bad date":         {`{"date":"soon"}`, "date: must be a day"},
		"other schema":     {`{"schema":"layouts/9"}`, "this program reads"},
		"unknown format":   {`{"actions":{"OPEN_URL":{"fields":{"body":{"format":"verse"}}}}}`, `"verse" is unknown`},
		"unknown field":    {`{"actions":{"OPEN_URL":{"fields":{"colour":{}}}}}`, `"colour" is not a field`},
		"no default":       {`{"layouts":{"RedPacket":{"sub_type":{"default":7}}}}`, "7 is not among"},
		"unknown rate":     {`{"layouts":{"RedPacket":{"images":{"logo":{"rates":["round"]}}}}}`, `"round" is not among`},
		"too many repeats": {`{"layouts":{"PureText":{"slots":[{"position":"1..2","component":"text","role":"body","source":"assumed","repeat":{"min":1,"max":3,"source":"faq"}}]}}}`, "has 2 numbers"},
	} {
		_, err := LoadCatalogue([]byte(c.override))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want it to say %q", name, err, c.says)
		}
	}
	_, err := LoadCatalogue([]byte(`{"date":"x","schema":"y"}`))
	if err == nil || !strings.Contains(err.Error(), "date:") || !strings.Contains(err.Error(), "schema:") {
		t.Errorf("not all complaints at once: %v", err)
	}
}

func FuzzLoadCatalogue(f *testing.F) {
	f.Add([]byte(`{"layouts":{"PureText":{"vendors":{"VIVO":true},"slots":[{"position":"2n+1","component":"text","role":"x","source":"faq"}]}}}`))
	f.Add([]byte(`{"layouts":{"New":{}},"actions":null}`))
	f.Fuzz(func(t *testing.T, override []byte) {
		c, err := LoadCatalogue(override)
		if err != nil {
			return
		}
		page := []Content{{Type: typeImage, Position: 1}, {Type: typeText, Position: 3}, {Type: typeButton, Position: 2}}
		for _, id := range c.Layouts() {
			l, ok := c.Layout(id)
			if !ok {
				t.Fatalf("layout %q is listed but not there", id)
			}
			l.Bind(page)
		}
	})
}
