package render

import (
	"slices"
	"strings"
	"testing"

	"cardlink/templates"
)

// drawn are a card's elements, one a line: role, words or picture, action.
func drawn(c *wireCard) (out []string) {
	for _, e := range c.Card.Elements {
		s := e.Role + " " + e.Text
		if e.Value != "" {
			s += " | " + e.Value
		}
		if e.Src != "" {
			s = e.Role + " " + e.Src[strings.LastIndex(e.Src, "/")+1:]
		}
		if e.Action != nil {
			s += " → " + e.Action.Type
		}
		out = append(out, s)
	}
	return out
}

// What belongs together in the source stays together on the layout that stands in.
func TestStandInsKeepItemsTogether(t *testing.T) {
	for _, c := range []struct {
		layout string
		target Target
		want   []string // among the card's lines, in this order
	}{
		{"Carousel", Xiaomi, []string{ // each swiped card is an article: its picture does what its button did
			"banner square1.png → OPEN_URL", "title 王小明专享：城市通勤双肩包；十六寸电脑可放，防泼水面料，背负轻松，出差也够用",
			"item_title 静音行李箱：二十寸登机，万向轮", "thumbnail square2.png → OPEN_BROWSER",
			"item_title 旅行颈枕：记忆棉，拒收请回复R", "thumbnail square3.png → DIAL_PHONE",
		}},
		{"VideoImageAndText", Meizu, []string{ // a card without buttons: the button's action goes to the picture that has none
			"banner cover.jpg → OPEN_APP", "title 王小明，新品发布会回放已上线；三分钟看完全部重点，杭州门店本周起可试用。拒收请回复R", "item_title 旗舰手机：轻了两成，续航多半天",
		}},
		{"CardVouchers", Samsung, []string{"body 早餐券：满15减5，12/31前；午餐券：满40减12，工作日可用；下午茶券：第二杯半价，拒收请回复R"}},
		{"CardVoucher", Xiaomi, []string{"body 15元；满30可用，12/31前有效，拒收请回复R"}},
		{"ECImageAndText", Meizu, []string{"body ¥1299.00；精选澳洲羊毛，双面手工缝制，经典翻领，三色可选；支持七天无理由退换，门店与线…拒收请回复R"}},
		{"Trip2", Xiaomi, []string{"pair 北京南 | 12-01 09:00", "pair G1", "pair 检票口 | 14A；退订：拒收请回复R"}},
		{"ShortVideo", Meizu, []string{"banner drama.jpg → OPEN_APP", "button 接着看 → OPEN_APP"}},
		{"RedPacketPersonal", Oppo, []string{"logo logo.png → OPEN_BROWSER", "name 示例商城"}},
	} {
		card, _ := cardFor(t, fixtures()[c.layout], c.target)
		got, at := drawn(&card), 0
		for _, want := range c.want {
			i := slices.Index(got[at:], want)
			if i < 0 {
				t.Errorf("%s for %s: no %q from line %d on:\n%s", c.layout, c.target, want, at, strings.Join(got, "\n"))
				break
			}
			at += i + 1
		}
	}
}

// A hidden item leaves no gap, and an item without one of its texts does not get its neighbour's.
func TestItemsAreTheirOwn(t *testing.T) {
	tpl := fixtures()["CardVouchers"]
	for i := range tpl.Pages[0].Contents[5:9] { // the second voucher
		tpl.Pages[0].Contents[5+i].Visible = new(0)
	}
	out, _, err := builtin().fit(catalogue(t), tpl, H5)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range out.elements {
		want := map[string]int{"早餐券": 0, "下午茶券": 1}
		if n, ok := want[e.content.Text]; ok && e.index != n {
			t.Errorf("%s is item %d, want %d", e.content.Text, e.index, n)
		}
	}

	tpl = fixtures()["VideoImageAndText"]
	cs := &tpl.Pages[0].Contents
	*cs = slices.DeleteFunc(*cs, func(c templates.Content) bool { return c.Position == 6 }) // what is said about the first item
	card, _ := cardFor(t, tpl, Xiaomi)
	got := drawn(&card)
	for _, want := range []string{"item_title 旗舰手机", "item_title 运动手表：两周一充，泳池也能戴"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q:\n%s", want, strings.Join(got, "\n"))
		}
	}
}

// A variant is kept under its name, noted if it is lost, and no loss where it only says what is hidden.
func TestVariantsOnStandIns(t *testing.T) {
	_, notes := cardFor(t, fixtures()["EcommerceCouponHorizontal"], Oppo)
	if n := noteOf(notes, "sub_type"); n.Field != "" {
		t.Errorf("a hidden coupon zone is no loss: %+v", n)
	}
	cat, err := templates.LoadCatalogue([]byte(`{"layouts":{"RedPacket":{"sub_type":{"values":{"2":{"vendors":["HUAWEI","XIAOMI"]}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	c, notes, err := builtin().fit(cat, fixtures()["RedPacketPersonal"], Xiaomi)
	if err != nil || c.layout.CardID != "RedPacket" || c.subType != 2 || noteOf(notes, "sub_type").Field != "" {
		t.Errorf("%v %s %d %+v", err, c.layout.CardID, c.subType, noteOf(notes, "sub_type"))
	}
}

// A text to copy is never longer than the vendor takes.
func TestTextToCopyIsCut(t *testing.T) {
	tpl := fixtures()["PureText"]
	p, _, err := Compile(catalogue(t), tpl, Huawei)
	if err != nil {
		t.Fatal(err)
	}
	v := SampleValues(tpl)
	v.Params[3] = strings.Repeat("7", 30)
	card, err := parseCard(p.Append(nil, &v))
	if err != nil {
		t.Fatal(err)
	}
	if got := card.Card.Elements[3].Action.Target; got != strings.Repeat("7", 19)+"…" {
		t.Error(got)
	}
}
