package templates

import (
	"slices"
	"testing"

	"cardlink/fault"
)

func TestImagesThatFollowTheButton(t *testing.T) {
	card := func(order int) Page {
		p := pictureAt(1, square)
		p.ActionType, p.Action = "", nil
		return Page{order, []Content{p, textAt(2, "一"), textAt(3, "二，拒收请回复R"), buttonAt(4, "看")}}
	}
	d := Draft{CardID: "Carousel", Name: "swipe", UseID: 1, Pages: []Page{card(2), card(1)}, Factories: at(Huawei)}
	check(t, "swipe cards", verdict(t, d), "", "")
	if d.Pages[0].Order != 1 {
		t.Error("pages are not in order")
	}
	d.Pages[1].Contents[0].ActionType = "OPEN_URL"
	check(t, "an action of its own", verdict(t, d), fault.Parameter, "pages[1].contents[0].action_type")
}

func TestCouponZone(t *testing.T) {
	coupon := func(sub, visible int, button string) Draft {
		c := []Content{pictureAt(1, wide), textAt(2, "商品，拒收请回复R"), textAt(4, "20元"), textAt(5, "满100"), textAt(6, "本周"), buttonAt(7, "领"), buttonAt(8, "买")}
		for i := 2; i < 6; i++ {
			c[i].Visible = new(visible)
		}
		c[5].ButtonType = button
		return Draft{CardID: "EcommerceCouponHorizontal", Name: "coupon", UseID: 1, SubType: sub, Pages: []Page{{1, c}}, Factories: at(Huawei)}
	}
	check(t, "shown", verdict(t, coupon(1, 1, "static")), "", "")
	check(t, "hidden", verdict(t, coupon(2, 0, "")), "", "")
	check(t, "shown but invisible", verdict(t, coupon(1, 0, "static")), fault.Parameter, "pages[0].contents[2].visible")
	check(t, "shown without a button type", verdict(t, coupon(1, 1, "")), fault.Parameter, "pages[0].contents[5].button_type")
	without := func(sub, from int, more ...Content) Draft { // what stands in the zone from a position on is left out
		d := coupon(sub, 1, "static")
		cs := &d.Pages[0].Contents
		*cs = append(slices.DeleteFunc(*cs, func(c Content) bool { return c.Position >= from && c.Position <= 7 }), more...)
		return d
	}
	check(t, "shown without its button", verdict(t, without(1, 7)), fault.Parameter, "pages[0].contents")
	outside := coupon(1, 1, "static")
	outside.Pages[0].Contents[1].Visible = new(0)
	check(t, "hidden outside the zone", verdict(t, outside), "", "pages[0].contents[1].visible")
	button := buttonAt(7, "领")
	button.Visible, button.ButtonType = new(1), "dynamic"
	check(t, "shown without its texts", verdict(t, without(1, 4, button)), "", "pages[0].contents")
	check(t, "hidden and left out", verdict(t, without(2, 4)), "", "")
	check(t, "not said and left out", verdict(t, without(0, 4)), "", "")
	check(t, "hidden with a button type", verdict(t, coupon(2, 0, "dynamic")), fault.Parameter, "pages[0].contents[5].button_type")
}

// hiddenPhrase is a card whose only opt-out phrase stands in a text that nobody sees.
func hiddenPhrase() Draft {
	c := []Content{pictureAt(1, wide), textAt(2, "商品"), textAt(4, "20元，拒收请回复R"), buttonAt(8, "买")}
	c[2].Visible = new(0)
	return Draft{CardID: "EcommerceCouponHorizontal", Name: "coupon", UseID: 1, SubType: 2, Pages: []Page{{1, c}}, Factories: at(Huawei)}
}

func TestWording(t *testing.T) {
	strict := func(c *checks) { c.strict = true }
	d := standard()
	d.Pages[0].Contents[2].Text = "${param1}${param2}"
	check(t, "no opt-out phrase", verdict(t, d), "", "pages")
	check(t, "an opt-out phrase that is hidden", verdict(t, hiddenPhrase(), strict), fault.Parameter, "pages")
	check(t, "no opt-out phrase, strict", verdict(t, d, strict), fault.Parameter, "pages")
	d = standard()
	d.Pages[0].Contents[1].Text = "测试"
	check(t, "test word on a commercial card", verdict(t, d), "", "pages[0].contents[1].content")
	check(t, "the same, strict", verdict(t, d, strict), fault.Parameter, "pages[0].contents[1].content")
	d.UseID, d.Name = 2, "测试模板"
	check(t, "a trial card", verdict(t, d, strict), "", "")
	d.Name = "x"
	check(t, "a trial card's name", verdict(t, d, strict), fault.Parameter, "tpl_name")
	d = redPacketDraft()
	d.UseID, d.Name = 2, "测试红包模板"
	d.Pages[0].Contents[2].Text = "测试周年庆"
	check(t, "a trial red packet: the title by position", verdict(t, d, strict), "", "")
	check(t, "a sensitive word", verdict(t, redPacketDraft(), func(c *checks) { c.sensitive = []string{"", "周年"} }), fault.SensitiveWords, "pages[0].contents[2].content")
}

func TestUnsupportedVendorMayBeLeftOut(t *testing.T) {
	d := redPacketDraft()
	d.Factories = at(Huawei, Meizu)
	c := checks{catalogue: catalogue(t), materials: shelf(), skip: true}
	vendors, ps := c.validate(&d)
	if len(vendors) != 1 || vendors[0] != Huawei || len(ps) != 1 || ps[0].Hard || ps[0].Vendor != Meizu {
		t.Errorf("%v %+v", vendors, ps)
	}
	d.Factories = at(Meizu)
	if _, ps := c.validate(&d); !slices.ContainsFunc(ps, func(p Problem) bool { return p.Hard && p.Field == "factorys" }) {
		t.Errorf("nobody is left and it is accepted: %+v", ps)
	}
}
