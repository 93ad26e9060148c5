package render

import (
	"testing"

	"cardlink/templates"
)

func catalogue(t testing.TB) *templates.Catalogue {
	t.Helper()
	c, err := templates.LoadCatalogue(nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ptr[T any](v T) *T { return &v }

func param(name, example string) templates.Param {
	return templates.Param{Type: 1, Name: "${" + name + "}", Example: example}
}

// fixtures are one template per specified layout. Their names are those of the goldens. Between them they use every action type.
func fixtures() map[string]*templates.Template {
	assets := map[string]templates.Asset{
		"700000000000000001": {Path: "/m/banner.jpg", ContentType: "image/jpeg", Width: 1248, Height: 702},
		"700000000000000002": {Path: "/m/logo.png", ContentType: "image/png", Width: 320, Height: 320},
		"700000000000000003": {Path: "/m/oppo.png", ContentType: "image/png", Width: 984, Height: 1200},
		"700000000000000004": {Path: "/m/vivo.png", ContentType: "image/png", Width: 984, Height: 1312},
		"700000000000000005": {Path: "/m/wide.jpg", ContentType: "image/jpeg", Width: 1120, Height: 372},
	}
	open := func(c templates.Content, typ string, a *templates.Action) templates.Content {
		c.ActionType, c.Action = typ, a
		return c
	}
	image := func(pos int, src string) templates.Content {
		return templates.Content{Type: "image", Position: pos, SrcType: 1, Src: src}
	}
	title := func(pos int, s string) templates.Content {
		return templates.Content{Type: "text", Position: pos, Text: s, IsTitle: "true"}
	}
	text := func(pos int, s string) templates.Content {
		return templates.Content{Type: "text", Position: pos, Text: s, IsTitle: "false"}
	}
	pair := func(pos int, label, value string) templates.Content {
		return templates.Content{Type: "text", Position: pos, Text: label, Child: value, IsTitle: "false"}
	}
	button := func(pos int, s string) templates.Content {
		return templates.Content{Type: "button", Position: pos, Text: s}
	}
	one := func(id int64, cardID, name string, cs ...templates.Content) *templates.Template {
		return &templates.Template{
			ID: id, Version: 1, Name: name, UseID: 1, CardID: cardID, Pages: []templates.Page{{Order: 1, Contents: cs}},
			Assets: assets, State: templates.StateEnabled, Audit: templates.AuditApproved,
		}
	}

	standard := one(600000101, "StandardImageAndText", "秋季会员日",
		open(image(1, "700000000000000001"), "OPEN_URL", &templates.Action{Target: "https://shop.example.com/autumn?u=${uid}&from=card"}),
		title(2, "${name}，秋季会员日专属礼遇已到账，请查收"),
		text(3, "您有 ${points} 积分可用，全场低至 ${discount}，会员加赠一份当季好礼。线上线下门店通用，数量有限，先到先得，先兑先享。拒收请回复R"),
		open(button(4, "马上去看"), "OPEN_APP", &templates.Action{
			Target: "shopapp://member/day?u=${uid}", PackageName: "com.example.shop", FloorType: ptr(1), FloorURL: "https://shop.example.com/app",
		}),
		open(button(5, "加入日历"), "OPEN_SCHEDULE", &templates.Action{
			Target: "秋季会员日", Description: "会员日当天 10 点开抢；凭积分兑换", BeginTime: "2026-12-01 10:00:00", EndTime: "2026-12-01 22:00:00",
		}),
	)
	standard.SMSSigns = []string{"示例商城"}
	standard.Params = []templates.Param{param("name", "王小明"), param("points", "1280"), param("discount", "5折"), param("uid", "u8842")}

	red := one(600000102, "RedPacket", "周年庆红包",
		open(image(1, "700000000000000002"), "VIEW_PIC", &templates.Action{Target: "700000000000000002"}),
		text(2, "示例商城"),
		text(3, "${amount}元周年庆红包"),
		text(4, "送给 ${name} 的周年庆心意，满 100 元可用，三十天内到店或线上领取均有效，逾期自动退回，拒收请回复R"),
		open(button(5, "领取"), "OPEN_QUICK", &templates.Action{Target: "hap://app/com.example.shop/packet?id=${packet}"}),
	)
	red.SubType = 2
	red.Pages[0].Contents[0].OppoBackground = "700000000000000003"
	red.Pages[0].Contents[0].VivoBackground = "700000000000000004"
	red.SMSSigns = []string{"示例商城"}
	red.Params = []templates.Param{param("name", "王小明"), param("amount", "8.88"), param("packet", "P2026"), param("unused", "x")}

	notice := one(600000103, "Notification1", "取餐通知",
		open(image(1, "700000000000000005"), "OPEN_MAP", &templates.Action{
			Target: "示例餐厅", Address: "示例路 1 号", Longitude: "116.397", Latitude: "39.908",
		}),
		title(2, "您的订单${order}正在配送途中请留意电话"),
		pair(3, "订单编号", "${order}"),
		pair(4, "预计送达", "${time}"),
		pair(5, "配送地址", "${place}"),
		pair(6, "温馨提示", "拒收请回复R"),
		open(button(7, "联系骑手"), "DIAL_PHONE", &templates.Action{Target: "4000000000"}),
		open(button(8, "配送说明"), "OPEN_POPUP", &templates.Action{Target: "配送说明", Content: "骑手到达后会与您电话联系。\n请保持手机畅通。", TextButton: "知道了", Mode: ptr(0)}),
	)
	notice.Params = []templates.Param{param("order", "A20261122"), param("time", "12:30"), param("place", "示例大厦 3 层前台")}

	plain := one(600000104, "PureText", "Privacy update",
		open(image(1, "700000000000000002"), "OPEN_EMAIL", &templates.Action{Target: "help@example.com", Subject: "Terms & privacy", Body: "Hello,"}),
		title(2, "Our terms are changing"),
		text(3, "Dear ${name},\n\nfrom 1 December we keep less of your data, for a shorter time. Your plan ${plan} stays as it is. "+
			"You need not do anything. If you do not agree, tell us before ${until} and we will close the account without a fee. "+
			"Thank you for being with us. Reply R to unsubscribe"),
		open(button(4, "Copy code"), "COPY_PARAMETER", &templates.Action{Target: "${code}"}),
		open(button(5, "Text us"), "OPEN_SMS", &templates.Action{Target: "10690000", Body: "HELP & more"}),
	)
	plain.Params = []templates.Param{param("name", "Alex"), param("plan", "Family"), param("until", "30 November"), param("code", "KX7-29Q")}

	return map[string]*templates.Template{
		"StandardImageAndText": standard, "RedPacket": red, "Notification1": notice, "PureText": plain,
	}
}

// values are the ways each fixture is rendered.
func valuesOf(t *templates.Template) map[string]Values {
	v := Values{
		Origin: "https://s.example.com", Link: "https://s.example.com/Ab3dE6gH", ResolveID: "8d7c1f2e-6b7a-4c3d-9e8f-0a1b2c3d4e5f",
		Beacon: "AI18Hy5rekw9no8KGyw9Tl8AAAAAAAAAUWnCnLl3qohVRd3MuwAR_-nTzMxNQWN4",
		Expire: "2026-12-31T15:59:59Z",
	}
	sample, longest, hostile := v, v, v
	sample.Params = Examples(t)
	for i := range t.Params {
		longest.Params = append(longest.Params, longText[i%len(longText)])
		hostile.Params = append(hostile.Params, hostileText[i%len(hostileText)])
	}
	hostile.Origin = `https://s.example.com"><b>`
	hostile.Link = "https://s.example.com/\"</script>\u2028"
	return map[string]Values{"sample": sample, "longest": longest, "hostile": hostile}
}

// longText are values of a hundred characters and more.
var longText = []string{
	"一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十",
	"👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦",
	"The quick brown fox jumps over the lazy dog. The quick brown fox jumps over the lazy dog. The quick brown fox.",
	"e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301",
}

// hostileText are values that try to leave the place they are put in.
var hostileText = []string{
	`"></script><script>alert(1)</script>'` + "`" + ` onload=x`,
	"a\\\"b\u2028c\u2029d\x00e\nf\rg\th\x7f<!--]]>&amp;${name}",
	"\u202egnp.exe\u202c \u2066مرحبا\u2069 👩‍🚀\xff\xfe\xc0\xaf",
	"javascript:alert(document.domain)//?a=b&c=d#e /../%2e%2e",
}
