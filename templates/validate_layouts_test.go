package templates

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"cardlink/fault"
)

// built is a plain card of any layout: every place filled, the repeated ones n times, nothing that any vendor minds.
type built struct {
	Draft
	layout    *Layout
	materials map[string]*Material
	at        map[string][]int // role → indexes in the contents of each page
}

// build makes a card of a layout from the catalogue alone. n below 0 is the least that the repeated places take.
func build(t *testing.T, l *Layout, n int) *built {
	t.Helper()
	cat := catalogue(t)
	if c := l.counter(); c != nil && n < 0 {
		n = c.Repeat.Min
	}
	b := &built{layout: l, materials: map[string]*Material{}, at: map[string][]int{}}
	b.Draft = Draft{CardID: l.CardID, Name: "plain", UseID: useCommercial, SMSSigns: []string{"示例商城"}, SMSPattern: "点击 [文本1-30] 查看"}
	var contents []Content
	for i := range l.slots {
		r := &l.slots[i]
		if c := l.counter(); c != nil && r != c && !r.pos.many() && len(r.pos.list) == 1 && r.pos.list[0] == c.pos.list[0] {
			continue // the other thing that may stand there
		}
		count := 1
		if r.pos.many() {
			count = n
		}
		for j := range count {
			number := r.pos.at(j, n)
			if r.pos.many() && j >= len(r.pos.list) { // one more than there is room for
				number = r.pos.list[0] + j*(r.pos.list[1]-r.pos.list[0])
			}
			b.at[r.Role] = append(b.at[r.Role], len(contents))
			contents = append(contents, b.fill(cat, r, number, len(contents)))
		}
	}
	for page := range max(1, l.Pages.Min) {
		b.Pages = append(b.Pages, Page{page + 1, slices.Clone(contents)})
	}
	return b
}

// fill makes a content for a place.
func (b *built) fill(cat *Catalogue, r *SlotRule, number, at int) Content {
	c := Content{Type: r.Component, Position: number}
	id := func(n int) string { return fmt.Sprintf("7%017d", 100*at+n) }
	switch r.Component {
	case typeText:
		c.Text = "字"
		return c
	case typeButton:
		c.Text = "看"
	case typeImage:
		c.SrcType, c.Src = srcMaterial, id(1)
		b.materials[c.Src] = &Material{ResourceID: c.Src, Kind: kindImage}
		rule, _ := b.layout.Image(r.Role)
		b.shape(cat, c.Src, rule)
	case typeVideo:
		c.SrcType, c.Src, c.Cover = srcMaterial, id(1), id(2)
		if rates := b.layout.videoRates; len(rates) > 0 {
			c.Ratio = rates[0]
		}
		b.materials[c.Src], b.materials[c.Cover] = &Material{ResourceID: c.Src, Kind: kindVideo}, &Material{ResourceID: c.Cover, Kind: kindThumbnail}
		b.shape(cat, c.Src, b.layout.video)
		rule, _ := b.layout.Image("cover")
		b.shape(cat, c.Cover, rule)
		return c
	}
	if !r.NoAction {
		c.ActionType, c.Action = open()
	}
	return c
}

// shape gives a material the first proportion of a rule, large enough for everybody.
func (b *built) shape(cat *Catalogue, id string, rule ImageRule) {
	rate := Rate{1, 1}
	if len(rule.Rates) > 0 {
		rate, _ = cat.Rate(rule.Rates[0])
	}
	k := (1400 + min(rate.W, rate.H) - 1) / min(rate.W, rate.H)
	b.materials[id].Width, b.materials[id].Height = rate.W*k, rate.H*k
}

// first is the first content of a role on the first page.
func (b *built) first(role string) *Content { return &b.Pages[0].Contents[b.at[role][0]] }

// judge validates for the vendors named, or without naming any. What reviewers look for in the words is another test's.
func (b *built) judge(t *testing.T, vendors ...Vendor) []Problem {
	t.Helper()
	d := b.Draft.clone()
	d.Factories = at(vendors...)
	c := checks{catalogue: catalogue(t), materials: maps.Clone(b.materials)}
	_, ps := c.validate(&d)
	return slices.DeleteFunc(ps, func(p Problem) bool { return p.Field == "pages" && strings.Contains(p.Rule, "opt-out") })
}

// verdictAt is what is said about a field: nothing, "warned" or "refused".
func verdictAt(ps []Problem, field string) string {
	out := ""
	for _, p := range ps {
		if rest, ok := strings.CutPrefix(p.Field, field); !ok || rest != "" && rest[0] != '.' && rest[0] != '[' {
			continue
		}
		if p.Hard {
			return "refused"
		}
		out = "warned"
	}
	return out
}

func saidIf(hard bool) string {
	if hard {
		return "refused"
	}
	return "warned"
}

func everyLayout(t *testing.T, f func(t *testing.T, l *Layout)) {
	cat := catalogue(t)
	for _, id := range cat.Layouts() {
		l, _ := cat.Layout(id)
		t.Run(id, func(t *testing.T) { f(t, l) })
	}
}

func contentField(i int, name string) string {
	f := fmt.Sprintf("pages[0].contents[%d]", i)
	if name != "" {
		f += "." + name
	}
	return f
}

// templates.md §2.1: each vendor takes the layouts it supports and is refused the others, as sure as the list is; without factorys nobody is asked.
func TestLayoutsAndVendors(t *testing.T) {
	everyLayout(t, func(t *testing.T, l *Layout) {
		for _, v := range Vendors() {
			b := build(t, l, -1)
			if ps := b.judge(t, v); l.Supports(v) {
				if len(ps) > 0 {
					t.Errorf("a plain card at %s: %+v", v, ps)
				}
			} else if got := verdictAt(ps, "factorys[0].factory_type"); got != saidIf(l.vendorsHard) {
				t.Errorf("%s does not support it and it is %q", v, got)
			}
		}
		if ps := build(t, l, -1).judge(t); len(ps) > 0 {
			t.Errorf("a plain card without factorys: %+v", ps)
		}
	})
}

// §2.4: every required place that is left empty is missed, every repetition out of its range is counted, one button too many has no place.
func TestLayoutsAndPlaces(t *testing.T) {
	everyLayout(t, func(t *testing.T, l *Layout) {
		for i := range l.slots {
			r := &l.slots[i]
			b := build(t, l, -1)
			if r.pos.many() || len(b.at[r.Role]) == 0 {
				continue
			}
			for _, at := range b.at[r.Role] {
				if b.Pages[0].Contents[at].Position != r.pos.at(0, len(b.at[roleOf(l.counter())])) {
					continue
				}
				for p := range b.Pages {
					b.Pages[p].Contents = slices.Delete(b.Pages[p].Contents, at, at+1)
				}
				none := !slices.ContainsFunc(b.Pages[0].Contents, func(c Content) bool { return c.Type == r.Component })
				want := ""
				switch {
				case r.Component == typeButton && l.Buttons.MinHard && len(b.at[r.Role]) <= l.Buttons.Min:
					want = "refused"
				case none && slices.Contains(l.components.required, r.Component):
					want = saidIf(l.components.hard || r.Required && r.Hard)
				case r.Required:
					want = saidIf(r.Hard)
				}
				if got := verdictAt(b.judge(t), "pages[0].contents"); got != want {
					t.Errorf("without the %s it is %q, want %q", r.Label, got, want)
				}
				break
			}
		}
		if c := l.counter(); c != nil {
			for n := c.Repeat.Min; n <= c.Repeat.Max; n++ {
				if ps := build(t, l, n).judge(t); len(ps) > 0 {
					t.Errorf("%d of %s: %+v", n, c.Label, ps)
				}
			}
			if got := verdictAt(build(t, l, c.Repeat.Max+1).judge(t), "pages[0]"); got != saidIf(c.Repeat.MaxHard) && got != "refused" || c.Repeat.MaxHard && got != "refused" {
				t.Errorf("%d of %s is %q", c.Repeat.Max+1, c.Label, got)
			}
			if n := c.Repeat.Min - 1; n >= 0 && c.Required {
				if got := verdictAt(build(t, l, n).judge(t), "pages[0]"); got == "" || c.Repeat.MinHard && got != "refused" {
					t.Errorf("%d of %s is %q", n, c.Label, got)
				}
			}
		}
		b := build(t, l, -1)
		for range l.Buttons.Max + 1 {
			extra := buttonAt(40, "多")
			b.Pages[0].Contents = append(b.Pages[0].Contents, extra)
		}
		if got := verdictAt(b.judge(t), "pages[0].contents"); got != saidIf(l.Buttons.MaxHard) && got != saidIf(l.components.hard) {
			t.Errorf("%d buttons too many are %q", l.Buttons.Max+1, got)
		}
	})
}

func roleOf(r *SlotRule) string {
	if r == nil {
		return ""
	}
	return r.Role
}

// §2.1: an e-commerce card has a left and a right button, whose colours sub_type names; the SDK is the source, so one alone is refused.
func TestBothButtonsOfAnECommerceCard(t *testing.T) {
	l := layoutIn(catalogue(t), "ECImageAndText")
	b := build(t, l, -1)
	if ps := b.judge(t); len(ps) > 0 {
		t.Fatalf("%+v", ps)
	}
	at := b.at["button"][1]
	b.Pages[0].Contents = slices.Delete(b.Pages[0].Contents, at, at+1)
	if code, field := firstHard(b.judge(t)); code != fault.Parameter || field != "pages[0].contents" {
		t.Errorf("one button: %q %q", code, field)
	}
}

// §1.2, §2.1: the number of pages.
func TestLayoutsAndPages(t *testing.T) {
	everyLayout(t, func(t *testing.T, l *Layout) {
		more, fewer := build(t, l, -1), build(t, l, -1)
		for len(more.Pages) <= l.Pages.Max {
			more.Pages = append(more.Pages, Page{len(more.Pages) + 1, more.Pages[0].Contents})
		}
		if got := verdictAt(more.judge(t), "pages"); l.Pages.Max >= 10 && got != "refused" || l.Pages.Max < 10 && got != saidIf(l.Pages.MaxHard) {
			t.Errorf("%d pages are %q", len(more.Pages), got)
		}
		fewer.Pages = fewer.Pages[:l.Pages.Min-1]
		if got := verdictAt(fewer.judge(t), "pages"); len(fewer.Pages) == 0 && got != "refused" || len(fewer.Pages) > 0 && got != saidIf(l.Pages.MinHard) {
			t.Errorf("%d pages are %q", len(fewer.Pages), got)
		}
	})
}

// §2.2: each vendor's figure holds for its text to the character; a sure one refuses, another warns, and the catalogue's own default only warns.
func TestLayoutsAndTexts(t *testing.T) {
	everyLayout(t, func(t *testing.T, l *Layout) {
		for role := range build(t, l, -1).at {
			for _, v := range l.Vendors() {
				lim, ok := l.Limit(role, v)
				if !ok {
					continue
				}
				b := build(t, l, -1)
				c, field := b.first(role), contentField(b.at[role][0], "content")
				c.Text = strings.Repeat("字", lim.Chars)
				if ps := b.judge(t, v); len(ps) > 0 {
					t.Errorf("%d characters of %s at %s: %+v", lim.Chars, role, v, ps)
				}
				c.Text += "多"
				if got := verdictAt(b.judge(t, v), field); got != saidIf(lim.Hard && !lim.Default) {
					t.Errorf("%d characters of %s at %s are %q", lim.Chars+1, role, v, got)
				}
				c.Text = strings.Repeat("字", lim.Chars-1) + "${p}"
				b.Params = []Param{{1, "${p}", "两字"}}
				if got := verdictAt(b.judge(t, v), field); got != saidIf(lim.Hard && !lim.Default) {
					t.Errorf("a parameter's example in %s at %s is not counted: %q", role, v, got)
				}
			}
		}
	})
}

// §2.3: the proportion of every picture, cover and video, and the least pixels per vendor.
func TestLayoutsAndPictures(t *testing.T) {
	cat := catalogue(t)
	everyLayout(t, func(t *testing.T, l *Layout) {
		try := func(field string, rule ImageRule, pick func(b *built) *Material) {
			if len(rule.Rates) > 0 {
				b := build(t, l, -1)
				m := pick(b)
				m.Width, m.Height = 2000, 2100 // near to none
				if got := verdictAt(b.judge(t), field); got != saidIf(rule.Hard) {
					t.Errorf("a wrong proportion of %s is %q", field, got)
				}
				rate, _ := cat.Rate(rule.Rates[0])
				m.Width, m.Height = rate.W*1500*1019/1000, rate.H*1500 // 1.9 % off
				if ps := b.judge(t); len(ps) > 0 {
					t.Errorf("a proportion within the tolerance: %+v", ps)
				}
			}
			for v, least := range rule.min {
				if !l.Supports(v) {
					continue
				}
				b := build(t, l, -1)
				m := pick(b)
				m.Width, m.Height = least.W, least.H
				if ps := b.judge(t, v); len(ps) > 0 {
					t.Errorf("the least picture of %s: %+v", v, ps)
				}
				m.Width, m.Height = least.W-1, least.H-1
				if got := verdictAt(b.judge(t, v), field); got != saidIf(least.hard) {
					t.Errorf("one pixel less in %s at %s is %q", field, v, got)
				}
				if got := verdictAt(b.judge(t), field); got != "warned" {
					t.Errorf("without factorys it is %q", got)
				}
			}
		}
		for role, places := range build(t, l, -1).at {
			field := contentField(places[0], "src")
			switch build(t, l, -1).first(role).Type {
			case typeImage:
				rule, _ := l.Image(role)
				try(field, rule, func(b *built) *Material { return b.materials[b.first(role).Src] })
			case typeVideo:
				rule, _ := l.Image("cover")
				try(contentField(places[0], "cover"), rule, func(b *built) *Material { return b.materials[b.first(role).Cover] })
				try(field, l.video, func(b *built) *Material { return b.materials[b.first(role).Src] })
			}
		}
	})
}

// The smallest pictures that VIVO takes, as the SDK's comments list them.
func TestSmallestPicturesOfVIVO(t *testing.T) {
	cat := catalogue(t)
	for _, c := range []struct {
		layout, role string
		w, h         int
	}{
		{"StandardImageAndText", "banner", 1088, 612}, {"MultipleImageAndText", "banner", 1088, 612}, {"MultipleImageAndText", "thumbnail", 320, 320},
		{"Video", "cover", 1088, 612}, {"RedPacket", "logo", 320, 320}, {"CarouselImageSixteenToNine", "slide", 1088, 612},
		{"CarouselSquareImage", "slide", 1088, 1088}, {"CarouselVerticalImage", "slide", 960, 1300}, {"Notification1", "banner", 576, 192},
		{"Notification2", "banner", 576, 192}, {"ECImageAndText", "product", 1088, 1088},
	} {
		l, _ := cat.Layout(c.layout)
		rule, _ := l.Image(c.role)
		if got := rule.min[Vivo]; got.Size != (Size{c.w, c.h}) || !got.hard {
			t.Errorf("%s %s: %+v", c.layout, c.role, got)
		}
	}
}

// §1.1 sub_type, §1.3 visible, currency_display, backgrounds, button_type, §2.2 line breaks: what a layout does not have is warned about and its values are checked all the same.
func TestLayoutsAndTheirOwnFields(t *testing.T) {
	everyLayout(t, func(t *testing.T, l *Layout) {
		for n := 1; n <= 7; n++ {
			for _, v := range l.Vendors() {
				b := build(t, l, -1)
				b.SubType = n
				if l.coupon.to > 0 {
					b.SubType = 0 // its own test
				}
				sub, known := l.SubType(b.SubType)
				want := ""
				switch {
				case b.SubType == 0:
				case len(l.subTypes) == 0:
					want = "warned"
				case !known || !sub.Honoured(v):
					want = saidIf(l.subHard)
				}
				if got := verdictAt(b.judge(t, v), "sub_type"); got != want {
					t.Errorf("sub_type %d at %s is %q, want %q", b.SubType, v, got, want)
				}
			}
		}
		for role, places := range build(t, l, -1).at {
			field := contentField(places[0], "")
			say := func(name string, alter func(c *Content), has bool) {
				b := build(t, l, -1)
				alter(b.first(role))
				want := "warned"
				if has {
					want = ""
				}
				if got := verdictAt(b.judge(t), field+"."+name); got != want {
					t.Errorf("%s on the %s is %q, want %q", name, role, got, want)
				}
			}
			say("visible", func(c *Content) { c.Visible = new(1) }, l.MayHide(build(t, l, -1).first(role).Position))
			say("currency_display", func(c *Content) { c.Currency = new(0) }, l.Currency)
			say("button_type", func(c *Content) { c.ButtonType = "static" }, l.coupon.to > 0)
			b := build(t, l, -1)
			switch c := b.first(role); c.Type {
			case typeImage:
				say("oppo_background", func(c *Content) { c.OppoBackground = c.Src }, l.Background(Oppo))
				say("vivo_background", func(c *Content) { c.VivoBackground = c.Src }, l.Background(Vivo))
			case typeText:
				say("content", func(c *Content) { c.Text = "一\n二" }, l.LineBreaks > 0)
				if l.LineBreaks > 0 {
					say("content", func(c *Content) { c.Text = strings.Repeat("\n", l.LineBreaks) + "字" }, false)
				}
			case typeVideo:
				c.Ratio = "sixteenToNine"
				if got := verdictAt(b.judge(t), field+".ratio"); (got == "refused") != (len(l.videoRates) > 0) {
					t.Errorf("another ratio is %q", got)
				}
			}
		}
	})
}

// §1.3: a picture and a button carry an action, unless the picture follows the button; then it must not.
func TestLayoutsAndActions(t *testing.T) {
	everyLayout(t, func(t *testing.T, l *Layout) {
		for i := range l.slots {
			r := &l.slots[i]
			b := build(t, l, -1)
			if len(b.at[r.Role]) == 0 || r.Component != typeImage && r.Component != typeButton {
				continue
			}
			c, field := b.first(r.Role), contentField(b.at[r.Role][0], "action_type")
			if r.NoAction {
				c.ActionType, c.Action = open()
			} else {
				c.ActionType, c.Action = "", nil
			}
			if got := verdictAt(b.judge(t), field); got != "refused" {
				t.Errorf("%s of the %s is %q", field, r.Label, got)
			}
		}
	})
}

// §5: a parameter on a vendor that fills none into the layout.
func TestLayoutsAndParameters(t *testing.T) {
	everyLayout(t, func(t *testing.T, l *Layout) {
		for _, v := range l.Vendors() {
			b := build(t, l, -1)
			at := slices.IndexFunc(b.Pages[0].Contents, func(c Content) bool { return c.Type == typeText || c.Type == typeButton })
			b.Pages[0].Contents[at].Text, b.Params = "${p}", []Param{{1, "${p}", "值"}}
			yes, known := l.Params(v)
			want := ""
			if known && !yes {
				want = saidIf(l.paramsHard)
			}
			if got := verdictAt(b.judge(t, v), "params"); got != want {
				t.Errorf("a parameter at %s is %q, want %q", v, got, want)
			}
		}
	})
	for _, c := range []struct {
		layout string
		who    Vendor
		want   string
	}{{"Carousel", Meizu, "refused"}, {"CarouselTitle", Meizu, "warned"}, {"StandardImageAndText", Meizu, ""}, {"StandardImageAndText", Vivo, ""}} {
		l, _ := catalogue(t).Layout(c.layout)
		b := build(t, l, -1)
		b.first("title").Text, b.Params = "${p}", []Param{{1, "${p}", "值"}}
		if got := verdictAt(b.judge(t, c.who), "params"); got != c.want {
			t.Errorf("%s at %s: %q, want %q", c.layout, c.who, got, c.want)
		}
	}
}

// The product images of the e-commerce card may be one video instead.
func TestOneVideoInsteadOfProductImages(t *testing.T) {
	l, _ := catalogue(t).Layout("ECImageAndText")
	b := build(t, l, 1)
	c := b.first("product")
	*c = Content{Type: typeVideo, Position: 1, SrcType: srcMaterial, Src: "700000000000000091", Cover: c.Src}
	b.materials[c.Src] = &Material{ResourceID: c.Src, Kind: kindVideo, Width: 720, Height: 720}
	if ps := b.judge(t, Huawei); len(ps) > 0 {
		t.Errorf("%+v", ps)
	}
	film := *c
	both := build(t, l, 1)
	both.materials[film.Src] = b.materials[film.Src]
	both.Pages[0].Contents = append(both.Pages[0].Contents, film)
	if got := verdictAt(both.judge(t, Huawei), "pages[0].contents"); got != "warned" {
		t.Errorf("a picture and a video in one place are %q", got)
	}
	b.materials[c.Src].Height = 1280
	if got := verdictAt(b.judge(t, Huawei), contentField(0, "src")); got != "warned" {
		t.Errorf("a tall video is %q; its proportion is nobody's word", got)
	}
}

// §4: floor types of every vendor, named alone; beside others SAMSUNG's own do not count.
func TestFloorsOfEveryVendor(t *testing.T) {
	cat := catalogue(t)
	l, _ := cat.Layout("StandardImageAndText")
	want := map[Vendor]string{Huawei: "0123", Xiaomi: "023", Oppo: "012", Vivo: "012", Meizu: "0123", Samsung: "13"}
	addresses := []string{"https://shop.example.com", "https://shop.example.com", "https://shop.example.com", "hap://app/com.example"}
	for v, kinds := range want {
		for kind := range 4 {
			judge := func(vendors ...Vendor) string {
				b := build(t, l, -1)
				c := b.first("button")
				c.ActionType, c.Action = "OPEN_APP", &Action{Target: "shop://a", PackageName: "com.example", FloorType: new(kind), FloorURL: addresses[kind]}
				return verdictAt(b.judge(t, vendors...), contentField(b.at["button"][0], "action"))
			}
			good := strings.Contains(kinds, fmt.Sprint(kind))
			if got := judge(v); got != map[bool]string{true: "", false: "refused"}[good] {
				t.Errorf("floor_type %d at %s is %q", kind, v, got)
			}
			if got := judge(); got != "" {
				t.Errorf("floor_type %d without factorys is %q", kind, got)
			}
			if v == Samsung {
				if got := judge(Samsung, Huawei); got != "" {
					t.Errorf("floor_type %d at SAMSUNG with HUAWEI is %q", kind, got)
				}
			}
		}
	}
}

// The first hard problem is what a caller is answered, whichever layout.
func TestEveryLayoutAnswersWithAFault(t *testing.T) {
	everyLayout(t, func(t *testing.T, l *Layout) {
		b := build(t, l, -1)
		b.Name = ""
		if code, field := firstHard(b.judge(t)); code != fault.Parameter || field != "tpl_name" {
			t.Errorf("%s %s", code, field)
		}
	})
}
