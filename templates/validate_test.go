package templates

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cardlink/fault"
)

func ptr[T any](v T) *T { return &v }

const (
	wide   = "700000000000000001" // 1248×702
	square = "700000000000000002" // 640×640
	banner = "700000000000000003" // 1120×372
	small  = "700000000000000004" // 640×360
	clip   = "700000000000000005" // video with a cover
	mute   = "700000000000000006" // video without
	tiny   = "700000000000000007" // 200×200
)

// shelf is what the drafts of the tests refer to.
func shelf() map[string]*Material {
	cover := &Material{ID: "c", ResourceID: "700000000000000009", Kind: kindThumbnail, Width: 1248, Height: 702}
	return map[string]*Material{
		wide:   {ResourceID: wide, Kind: kindImage, Width: 1248, Height: 702},
		square: {ResourceID: square, Kind: kindImage, Width: 640, Height: 640},
		banner: {ResourceID: banner, Kind: kindImage, Width: 1120, Height: 372},
		small:  {ResourceID: small, Kind: kindImage, Width: 640, Height: 360},
		tiny:   {ResourceID: tiny, Kind: kindImage, Width: 200, Height: 200},
		clip:   {ResourceID: clip, Kind: kindVideo, Thumbnail: cover},
		mute:   {ResourceID: mute, Kind: kindVideo},

		cover.ResourceID: cover,
	}
}

func everywhere() []Factory {
	var fs []Factory
	for _, v := range Vendors() {
		fs = append(fs, Factory{Vendor: v, State: 1})
	}
	return fs
}

func at(vs ...Vendor) []Factory {
	var fs []Factory
	for _, v := range vs {
		fs = append(fs, Factory{Vendor: v, State: 1})
	}
	return fs
}

func open() (string, *Action) {
	return "OPEN_BROWSER", &Action{Target: "https://shop.example.com/a?b=1&c=2"}
}

func pictureAt(n int, src string) Content {
	c := Content{Type: typeImage, Position: n, SrcType: srcMaterial, Src: src}
	c.ActionType, c.Action = open()
	return c
}

func textAt(n int, s string) Content { return Content{Type: typeText, Position: n, Text: s} }

func buttonAt(n int, s string) Content {
	c := Content{Type: typeButton, Position: n, Text: s}
	c.ActionType, c.Action = open()
	return c
}

func standard() Draft {
	return Draft{
		CardID: "StandardImageAndText", Name: "spring sale", UseID: 1, SMSSigns: []string{"示例商城"}, SMSPattern: "点击 [文本1-30] 查看",
		Pages: []Page{{Order: 1, Contents: []Content{
			pictureAt(1, wide), textAt(2, "春季上新"), textAt(3, "尊敬的${param1}，券${param2}已到账，拒收请回复R"), buttonAt(4, "立即领取"),
		}}},
		Params:    []Param{{1, "${param1}", "张先生"}, {1, "${param2}", "VIP88"}},
		Factories: everywhere(),
	}
}

func redPacketDraft() Draft {
	return Draft{
		CardID: "RedPacket", SubType: 1, Name: "red packet", UseID: 1,
		Pages: []Page{{Order: 1, Contents: []Content{
			pictureAt(1, square), textAt(2, "示例商城"), textAt(3, "周年庆"), textAt(4, "红包待领取，拒收请回复R"), buttonAt(5, "领取"),
		}}},
		Factories: at(Huawei, Xiaomi, Oppo),
	}
}

func notification() Draft {
	return Draft{
		CardID: "Notification1", Name: "parcel", UseID: 1,
		Pages: []Page{{Order: 1, Contents: []Content{
			pictureAt(1, banner), textAt(2, "您的包裹已到站"), {Type: typeText, Position: 3, Text: "取件码", Child: "${code}"}, {Type: typeText, Position: 4, Text: "退订", Child: "拒收请回复R"}, buttonAt(5, "查看"),
		}}},
		Params:    []Param{{1, "${code}", "8-2-1024"}},
		Factories: at(Huawei, Xiaomi),
	}
}

func pureText() Draft {
	return Draft{
		CardID: "PureText", Name: "letter", UseID: 1,
		Pages: []Page{{Order: 1, Contents: []Content{
			textAt(2, "感谢一路同行"), textAt(3, "亲爱的会员，拒收请回复R"), buttonAt(4, "查看权益"),
		}}},
		Factories: at(Huawei, Oppo, Samsung),
	}
}

func video() Draft {
	v := Content{Type: typeVideo, Position: 1, SrcType: srcMaterial, Src: clip}
	return Draft{
		CardID: "Video", Name: "video", UseID: 1,
		Pages:     []Page{{Order: 1, Contents: []Content{v, textAt(2, "新品"), textAt(3, "看一看，拒收请回复R"), buttonAt(4, "查看")}}},
		Factories: at(Huawei, Oppo),
	}
}

func verdict(t testing.TB, d Draft, alter ...func(*checks)) []Problem {
	c := checks{catalogue: catalogue(t), materials: shelf()}
	for _, a := range alter {
		a(&c)
	}
	_, problems := c.validate(&d)
	return problems
}

func firstHard(ps []Problem) (code fault.Code, field string) {
	if !slices.ContainsFunc(ps, func(p Problem) bool { return p.Hard }) {
		return "", ""
	}
	var f *fault.Error
	errors.As(&Refused{ps}, &f)
	return f.Code, f.Field
}

func TestGoodDraftsPass(t *testing.T) {
	for name, d := range map[string]Draft{
		"standard": standard(), "red packet": redPacketDraft(), "notification": notification(), "pure text": pureText(), "video": video(),
	} {
		if ps := verdict(t, d); len(ps) > 0 {
			t.Errorf("%s: %+v", name, ps)
		}
		d.Factories = nil
		if code, field := firstHard(verdict(t, d)); code != "" {
			t.Errorf("%s without factorys: %s %s", name, code, field)
		}
	}
}

// each rule: what breaks it, the code and the field of the answer. An empty code is a warning.
var broken = []struct {
	name  string
	from  func() Draft
	alter func(*Draft)
	code  fault.Code
	field string
}{
	{"no card", standard, func(d *Draft) { d.CardID = "" }, fault.Parameter, "card_id"},
	{"unknown card", standard, func(d *Draft) { d.CardID = "standardimageandtext" }, fault.Parameter, "card_id"},
	{"no name", standard, func(d *Draft) { d.Name = "" }, fault.Parameter, "tpl_name"},
	{"long name", standard, func(d *Draft) { d.Name = strings.Repeat("名", 18) }, fault.Parameter, "tpl_name"},
	{"markup in name", standard, func(d *Draft) { d.Name = "a<b" }, fault.Parameter, "tpl_name"},
	{"ampersand in name", standard, func(d *Draft) { d.Name = "a&b" }, fault.Parameter, "tpl_name"},
	{"repeated blanks", standard, func(d *Draft) { d.Name = "a  b" }, fault.Parameter, "tpl_name"},
	{"repeated wide blanks", standard, func(d *Draft) { d.Name = "a\u3000 b" }, fault.Parameter, "tpl_name"},
	{"control character", standard, func(d *Draft) { d.Scene = "a\x00b" }, fault.Parameter, "scene"},
	{"long scene", standard, func(d *Draft) { d.Scene = strings.Repeat("场", 11) }, fault.Parameter, "scene"},
	{"no use", standard, func(d *Draft) { d.UseID = 0 }, fault.Parameter, "use_id"},
	{"unknown use", standard, func(d *Draft) { d.UseID = 3 }, fault.Parameter, "use_id"},
	{"long example", standard, func(d *Draft) { d.SMSExample = strings.Repeat("字", 71) }, fault.Parameter, "sms_example"},
	{"four signatures", standard, func(d *Draft) { d.SMSSigns = []string{"a", "b", "c", "d"} }, fault.Parameter, "sms_signs"},
	{"empty signature", standard, func(d *Draft) { d.SMSSigns = []string{"a", ""} }, fault.Parameter, "sms_signs[1]"},
	{"long signature", standard, func(d *Draft) { d.SMSSigns = []string{strings.Repeat("签", 21)} }, fault.Parameter, "sms_signs[0]"},
	{"signature in brackets", standard, func(d *Draft) { d.SMSSigns = []string{"【示例】"} }, fault.Parameter, "sms_signs[0]"},
	{"VIVO without signature", standard, func(d *Draft) { d.SMSSigns = nil }, fault.Parameter, "sms_signs"},
	{"VIVO without pattern", standard, func(d *Draft) { d.SMSPattern = "" }, fault.Parameter, "sms_template"},
	{"bad pattern", standard, func(d *Draft) { d.SMSPattern = "[文本9-1]" }, fault.Parameter, "sms_template"},

	{"unknown vendor", standard, func(d *Draft) { d.Factories[1].Vendor = "NOKIA" }, fault.Parameter, "factorys[1].factory_type"},
	{"HONOR", standard, func(d *Draft) { d.Factories[1].Vendor = "HONOR" }, fault.Parameter, "factorys[1].factory_type"},
	{"vendor twice", redPacketDraft, func(d *Draft) { d.Factories[1].Vendor = Huawei }, fault.Parameter, "factorys[1].factory_type"},
	{"vendor in any case", redPacketDraft, func(d *Draft) { d.Factories[1].Vendor = "XiaoMi" }, "", ""},
	{"vendor state", redPacketDraft, func(d *Draft) { d.Factories[1].State = 2 }, fault.Parameter, "factorys[1].state"},
	{"nobody", redPacketDraft, func(d *Draft) { d.Factories = []Factory{{Vendor: Huawei}} }, fault.Parameter, "factorys"},
	{"unsupported vendor", redPacketDraft, func(d *Draft) { d.Factories = append(d.Factories, Factory{Vendor: Meizu, State: 1}) }, fault.Parameter, "factorys[3].factory_type"},
	{"unsupported vendor not asked for", redPacketDraft, func(d *Draft) { d.Factories = append(d.Factories, Factory{Vendor: Meizu}) }, "", ""},
	{"OPPO on Notification1", notification, func(d *Draft) { d.Factories = at(Oppo) }, fault.Parameter, "factorys[0].factory_type"},

	{"unknown sub_type", redPacketDraft, func(d *Draft) { d.SubType = 3 }, fault.Parameter, "sub_type"},
	{"animated without HUAWEI", redPacketDraft, func(d *Draft) { d.SubType, d.Factories = 2, at(Oppo) }, fault.Parameter, "sub_type"},
	{"animated with others", redPacketDraft, func(d *Draft) { d.SubType = 2 }, "", "sub_type"},
	{"sub_type without meaning", standard, func(d *Draft) { d.SubType = 4 }, "", "sub_type"},

	{"no pages", standard, func(d *Draft) { d.Pages = nil }, fault.Parameter, "pages"},
	{"eleven pages", standard, func(d *Draft) { d.Pages = make([]Page, 11) }, fault.Parameter, "pages"},
	{"page_order 0", standard, func(d *Draft) { d.Pages[0].Order = 0 }, fault.Parameter, "pages[0].page_order"},
	{"page_order twice", standard, func(d *Draft) { d.Pages = append(d.Pages, d.Pages[0]) }, fault.Parameter, "pages[1].page_order"},
	{"two pages of a red packet", redPacketDraft, func(d *Draft) { d.Pages = append(d.Pages, Page{2, d.Pages[0].Contents}) }, fault.Parameter, "pages"},
	{"empty page", standard, func(d *Draft) { d.Pages[0].Contents = nil }, fault.Parameter, "pages[0].contents"},
	{"too many contents", standard, func(d *Draft) { d.Pages[0].Contents = make([]Content, 51) }, fault.Parameter, "pages[0].contents"},

	{"no type", standard, func(d *Draft) { d.Pages[0].Contents[1].Type = "" }, fault.Parameter, "pages[0].contents[1].type"},
	{"unknown type", standard, func(d *Draft) { d.Pages[0].Contents[1].Type = "TEXT" }, fault.Parameter, "pages[0].contents[1].type"},
	{"followPub", standard, func(d *Draft) {
		d.Pages[0].Contents = append(d.Pages[0].Contents, Content{Type: "followPub", Position: 6})
	}, fault.Parameter, "pages[0].contents[4].type"},
	{"video on a picture card", standard, func(d *Draft) {
		d.Pages[0].Contents = append(d.Pages[0].Contents, Content{Type: typeVideo, Position: 6, SrcType: 1, Src: clip})
	}, fault.Parameter, "pages[0].contents[4].type"},
	{"no picture", standard, func(d *Draft) { d.Pages[0].Contents = d.Pages[0].Contents[1:] }, fault.Parameter, "pages[0].contents"},
	{"no button", standard, func(d *Draft) { d.Pages[0].Contents = d.Pages[0].Contents[:3] }, fault.Parameter, "pages[0].contents"},
	{"no position", standard, func(d *Draft) { d.Pages[0].Contents[1].Position = 0 }, fault.Parameter, "pages[0].contents[1].position_number"},
	{"odd position", standard, func(d *Draft) { d.Pages[0].Contents[3].Position = 9 }, "", "pages[0].contents[3].position_number"},
	{"red packet without body", redPacketDraft, func(d *Draft) { d.Pages[0].Contents = slices.Delete(d.Pages[0].Contents, 3, 4) }, fault.Parameter, "pages[0].contents"},
	{"one pair", notification, func(d *Draft) {
		d.Pages[0].Contents = slices.Delete(d.Pages[0].Contents, 3, 4)
		d.Pages[0].Contents[3].Position = 4
	}, fault.Parameter, "pages[0].contents"},
	{"no text", standard, func(d *Draft) { d.Pages[0].Contents[1].Text = "" }, fault.Parameter, "pages[0].contents[1].content"},
	{"no label", standard, func(d *Draft) { d.Pages[0].Contents[3].Text = "" }, fault.Parameter, "pages[0].contents[3].content"},
	{"1001 characters", pureText, func(d *Draft) { d.Pages[0].Contents[1].Text = strings.Repeat("字", 1001) }, fault.Parameter, "pages[0].contents[1].content"},
	{"markup in text", standard, func(d *Draft) { d.Pages[0].Contents[1].Text = "a>b" }, fault.Parameter, "pages[0].contents[1].content"},
	{"title flag", standard, func(d *Draft) { d.Pages[0].Contents[1].IsTitle = "yes" }, fault.Parameter, "pages[0].contents[1].is_text_title"},
	{"visible 2", standard, func(d *Draft) { d.Pages[0].Contents[1].Visible = ptr(2) }, fault.Parameter, "pages[0].contents[1].visible"},
	{"visible without meaning", standard, func(d *Draft) { d.Pages[0].Contents[1].Visible = ptr(0) }, "", "pages[0].contents[1].visible"},
	{"currency 2", standard, func(d *Draft) { d.Pages[0].Contents[1].Currency = ptr(2) }, fault.Parameter, "pages[0].contents[1].currency_display"},
	{"button type", standard, func(d *Draft) { d.Pages[0].Contents[3].ButtonType = "round" }, fault.Parameter, "pages[0].contents[3].button_type"},
	{"line break", standard, func(d *Draft) { d.Pages[0].Contents[1].Text = "a\nb" }, "", "pages[0].contents[1].content"},

	{"no src_type", standard, func(d *Draft) { d.Pages[0].Contents[0].SrcType = 0 }, fault.Parameter, "pages[0].contents[0].src_type"},
	{"no src", standard, func(d *Draft) { d.Pages[0].Contents[0].Src = "" }, fault.Parameter, "pages[0].contents[0].src"},
	{"unknown material", standard, func(d *Draft) { d.Pages[0].Contents[0].Src = "799999999999999999" }, fault.Parameter, "pages[0].contents[0].src"},
	{"video as picture", standard, func(d *Draft) { d.Pages[0].Contents[0].Src = clip }, fault.Parameter, "pages[0].contents[0].src"},
	{"wrong proportion", standard, func(d *Draft) { d.Pages[0].Contents[0].Src = square }, fault.Parameter, "pages[0].contents[0].src"},
	{"too few pixels", standard, func(d *Draft) { d.Pages[0].Contents[0].Src = small }, fault.Parameter, "pages[0].contents[0].src"},
	{"too few pixels, no vendors named", standard, func(d *Draft) { d.Pages[0].Contents[0].Src, d.Factories = small, nil }, "", "pages[0].contents[0].src"},
	{"too few pixels for VIVO alone", redPacketDraft, func(d *Draft) {
		d.Pages[0].Contents[0].Src, d.Factories, d.SMSSigns, d.SMSPattern = tiny, at(Vivo), []string{"a"}, "x"
	}, fault.Parameter, "pages[0].contents[0].src"},
	{"few pixels without VIVO", redPacketDraft, func(d *Draft) { d.Pages[0].Contents[0].Src = tiny }, "", ""},
	{"picture by URL", standard, func(d *Draft) {
		d.Pages[0].Contents[0].SrcType, d.Pages[0].Contents[0].Src = srcURL, "https://cdn.example.com/a.png?x=1&y=2"
	}, "", ""},
	{"picture by long URL", standard, func(d *Draft) {
		d.Pages[0].Contents[0].SrcType, d.Pages[0].Contents[0].Src = srcURL, "https://cdn.example.com/"+strings.Repeat("a", 1000)
	}, fault.Parameter, "pages[0].contents[0].src"},
	{"picture by file URL", standard, func(d *Draft) {
		d.Pages[0].Contents[0].SrcType, d.Pages[0].Contents[0].Src = srcURL, "file:///etc/passwd"
	}, fault.Parameter, "pages[0].contents[0].src"},
	{"parameter in a picture", standard, func(d *Draft) {
		d.Pages[0].Contents[0].SrcType, d.Pages[0].Contents[0].Src = srcURL, "https://cdn.example.com/${param1}.png"
	}, fault.Parameter, "pages[0].contents[0].src"},
	{"background", redPacketDraft, func(d *Draft) { d.Pages[0].Contents[0].OppoBackground = square }, "", ""},
	{"unknown background", redPacketDraft, func(d *Draft) { d.Pages[0].Contents[0].OppoBackground = "799999999999999999" }, fault.Parameter, "pages[0].contents[0].oppo_background"},
	{"background without meaning", standard, func(d *Draft) { d.Pages[0].Contents[0].VivoBackground = square }, "", "pages[0].contents[0].vivo_background"},
	{"video without cover", video, func(d *Draft) { d.Pages[0].Contents[0].Src = mute }, fault.Parameter, "pages[0].contents[0].cover"},
	{"cover of wrong proportion", video, func(d *Draft) { d.Pages[0].Contents[0].Cover = square }, fault.Parameter, "pages[0].contents[0].cover"},

	{"undeclared parameter", standard, func(d *Draft) { d.Pages[0].Contents[1].Text = "${other}" }, fault.ParameterMismatch, "pages[0].contents[1].content"},
	{"unused parameter", standard, func(d *Draft) { d.Params = append(d.Params, Param{1, "${other}", "x"}) }, fault.ParameterMismatch, "params[2].name"},
	{"parameters without declaration", standard, func(d *Draft) { d.Params = nil }, fault.ParameterMismatch, "pages[0].contents[2].content"},
	{"open parameter", standard, func(d *Draft) { d.Pages[0].Contents[1].Text = "a${b" }, fault.ParameterMismatch, "pages[0].contents[1].content"},
	{"parameter twice", standard, func(d *Draft) { d.Params = append(d.Params, d.Params[0]) }, fault.Parameter, "params[2].name"},
	{"parameter without wrapper", standard, func(d *Draft) { d.Params[0].Name = "param1" }, fault.Parameter, "params[0].name"},
	{"parameter with underscore", standard, func(d *Draft) { d.Params[0].Name = "${a_b}" }, fault.Parameter, "params[0].name"},
	{"long parameter name", standard, func(d *Draft) { d.Params[0].Name = "${" + strings.Repeat("a", 18) + "}" }, fault.Parameter, "params[0].name"},
	{"parameter without example", standard, func(d *Draft) { d.Params[0].Example = "" }, fault.Parameter, "params[0].example"},
	{"long example value", pureText, func(d *Draft) { d.Params = []Param{{1, "${a}", strings.Repeat("字", 101)}} }, fault.Parameter, "params[0].example"},
	{"parameter type", standard, func(d *Draft) { d.Params[0].Type = -1 }, fault.Parameter, "params[0].type"},
	{"21 parameters", pureText, func(d *Draft) {
		for i := range 21 {
			d.Params = append(d.Params, Param{1, fmt.Sprintf("${p%d}", i), "x"})
			d.Pages[0].Contents[1].Text += fmt.Sprintf("${p%d}", i)
		}
	}, fault.Parameter, "params"},
	{"parameters in a title and a target", standard, func(d *Draft) {
		d.Pages[0].Contents[1].Text = "${param1}"
		d.Pages[0].Contents[3].Action = &Action{Target: "https://shop.example.com/${param2}"}
	}, "", ""},

	{"long title at HUAWEI", standard, func(d *Draft) {
		d.Pages[0].Contents[1].Text, d.Factories = strings.Repeat("字", 18), at(Huawei)
	}, fault.Parameter, "pages[0].contents[1].content"},
	{"the same at XIAOMI", standard, func(d *Draft) {
		d.Pages[0].Contents[1].Text, d.Factories = strings.Repeat("字", 18), at(Xiaomi)
	}, "", ""},
	{"the smallest vendor counts", standard, func(d *Draft) { d.Pages[0].Contents[1].Text = strings.Repeat("字", 15) }, fault.Parameter, "pages[0].contents[1].content"},
	{"no vendors named: warned", standard, func(d *Draft) {
		d.Pages[0].Contents[1].Text, d.Factories = strings.Repeat("字", 15), nil
	}, "", "pages[0].contents[1].content"},
	{"no vendors named: too long for all", standard, func(d *Draft) {
		d.Pages[0].Contents[1].Text, d.Factories = strings.Repeat("字", 41), nil
	}, fault.Parameter, "pages[0].contents[1].content"},
	{"examples count", standard, func(d *Draft) {
		d.Pages[0].Contents[1].Text, d.Params[0].Example, d.Factories = "${param1}", strings.Repeat("字", 18), at(Huawei)
	}, fault.Parameter, "pages[0].contents[1].content"},
	{"inferred figure warns", redPacketDraft, func(d *Draft) { d.Pages[0].Contents[3].Text = strings.Repeat("字", 39) }, "", "pages[0].contents[3].content"},
	{"long label warns", standard, func(d *Draft) { d.Pages[0].Contents[3].Text = strings.Repeat("字", 9) }, "", "pages[0].contents[3].content"},
	{"351 characters of PureText", pureText, func(d *Draft) { d.Pages[0].Contents[1].Text = strings.Repeat("字", 351) }, fault.Parameter, "pages[0].contents[1].content"},
	{"a long label of a pair", notification, func(d *Draft) { d.Pages[0].Contents[2].Text = strings.Repeat("字", 21) }, fault.Parameter, "pages[0].contents[2].content"},
	{"a long value of a pair", notification, func(d *Draft) { d.Params[0].Example = strings.Repeat("字", 21) }, fault.Parameter, "pages[0].contents[2].content_child"},
	{"a long pair", notification, func(d *Draft) { d.Params[0].Example = strings.Repeat("字", 19) }, "", "pages[0].contents[2]"},

	{"no action", standard, func(d *Draft) { d.Pages[0].Contents[3].ActionType = "" }, fault.Parameter, "pages[0].contents[3].action_type"},
	{"no action on a picture", standard, func(d *Draft) { d.Pages[0].Contents[0].ActionType = "" }, fault.Parameter, "pages[0].contents[0].action_type"},
	{"unknown action", standard, func(d *Draft) { d.Pages[0].Contents[3].ActionType = "OPEN_DOOR" }, fault.Parameter, "pages[0].contents[3].action_type"},
	{"action without object", standard, func(d *Draft) { d.Pages[0].Contents[3].Action = nil }, fault.Parameter, "pages[0].contents[3].action"},
	{"action on text", standard, func(d *Draft) { d.Pages[0].Contents[1].ActionType = "OPEN_URL" }, "", "pages[0].contents[1].action_type"},
	{"no target", standard, func(d *Draft) { d.Pages[0].Contents[3].Action = &Action{} }, fault.Parameter, "pages[0].contents[3].action.target"},
}

// actions are tried on the button of a red packet for HUAWEI and XIAOMI, or the vendors given.
var actions = []struct {
	name   string
	kind   string
	action Action
	at     []Vendor
	code   fault.Code
	field  string // below "action."
}{
	{"http page", "OPEN_URL", Action{Target: "http://shop.example.com"}, nil, fault.Parameter, "target"},
	{"no host", "OPEN_URL", Action{Target: "https:///x"}, nil, fault.Parameter, "target"},
	{"page with query", "OPEN_URL", Action{Target: "https://shop.example.com/?a=1&b=2"}, nil, "", ""},
	{"blank in address", "OPEN_URL", Action{Target: "https://shop.example.com/a b"}, nil, fault.Parameter, "target"},
	{"markup in address", "OPEN_URL", Action{Target: "https://shop.example.com/<b>"}, nil, fault.Parameter, "target"},
	{"long address", "OPEN_URL", Action{Target: "https://shop.example.com/" + strings.Repeat("a", 1000)}, nil, fault.Parameter, "target"},
	{"browser over http", "OPEN_BROWSER", Action{Target: "HTTP://shop.example.com"}, nil, "", ""},
	{"browser with script", "OPEN_BROWSER", Action{Target: "javascript:alert(1)"}, nil, fault.Parameter, "target"},
	{"quick app", "OPEN_QUICK", Action{Target: "hap://app/com.x"}, at2(Oppo), "", ""},
	{"app without package", "OPEN_APP", Action{Target: "app://x"}, nil, fault.Parameter, "package_name"},
	{"app", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x"}, nil, "", ""},
	{"long package", "OPEN_APP", Action{Target: "app://x", PackageName: strings.Repeat("x", 51)}, nil, fault.Parameter, "package_name"},
	{"floor 4", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: ptr(4)}, nil, fault.Parameter, "floor_type"},
	{"floor 1 at XIAOMI", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: ptr(1), FloorURL: "https://x.example"}, nil, fault.Parameter, "floor_type"},
	{"floor 3 at OPPO", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: ptr(3), FloorURL: "hap://x"}, at2(Huawei, Oppo), fault.Parameter, "floor_type"},
	{"floor 2 without address at OPPO", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: ptr(2)}, at2(Oppo), fault.Parameter, "floor_url"},
	{"floor 2 without address elsewhere", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: ptr(2)}, at2(Huawei), "", "floor_url"},
	{"floor 2 at SAMSUNG alone", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: ptr(2), FloorURL: "https://x.example"}, at2(Samsung), fault.Parameter, "floor_type"},
	{"floor 2 at SAMSUNG with others", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: ptr(2), FloorURL: "https://x.example"}, at2(Samsung, Huawei), "", ""},
	{"http floor", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: ptr(1), FloorURL: "http://x.example"}, at2(Huawei), fault.Parameter, "floor_url"},
	{"parameter in the floor", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: ptr(2), FloorURL: "https://x.example/${a}"}, nil, fault.Parameter, "floor_url"},
	{"phone", "DIAL_PHONE", Action{Target: "95588"}, nil, "", ""},
	{"long phone", "DIAL_PHONE", Action{Target: strings.Repeat("1", 21)}, nil, fault.Parameter, "target"},
	{"parameter as phone", "DIAL_PHONE", Action{Target: "${a}"}, nil, fault.Parameter, "target"},
	{"SMS without body", "OPEN_SMS", Action{Target: "10086"}, nil, fault.Parameter, "body"},
	{"SMS", "OPEN_SMS", Action{Target: "10086", Body: "hi"}, nil, "", ""},
	{"e-mail without subject", "OPEN_EMAIL", Action{Target: "a@b.example", Body: "x"}, nil, fault.Parameter, "subject"},
	{"e-mail", "OPEN_EMAIL", Action{Target: "a@b.example", Body: "x", Subject: "s"}, nil, "", ""},
	{"schedule without end", "OPEN_SCHEDULE", Action{Target: "t", Description: "d", BeginTime: "2026-01-02 03:04:05"}, nil, fault.Parameter, "end_time"},
	{"schedule of another form", "OPEN_SCHEDULE", Action{Target: "t", Description: "d", BeginTime: "2026-01-02T03:04:05", EndTime: "2026-01-02 04:04:05"}, nil, fault.Parameter, "begin_time"},
	{"schedule backwards warns", "OPEN_SCHEDULE", Action{Target: "t", Description: "d", BeginTime: "2026-01-02 03:04:05", EndTime: "2026-01-01 04:04:05"}, nil, "", "end_time"},
	{"schedule", "OPEN_SCHEDULE", Action{Target: "t", Description: "d", BeginTime: "2026-01-02 03:04:05", EndTime: "2026-01-02 04:04:05"}, nil, "", ""},
	{"map without latitude", "OPEN_MAP", Action{Target: "p", Address: "a", Longitude: "113.94"}, nil, fault.Parameter, "latitude"},
	{"map in words", "OPEN_MAP", Action{Target: "p", Address: "a", Longitude: "east", Latitude: "22"}, nil, fault.Parameter, "longitude"},
	{"map off the globe warns", "OPEN_MAP", Action{Target: "p", Address: "a", Longitude: "113.94", Latitude: "91"}, nil, "", "latitude"},
	{"map", "OPEN_MAP", Action{Target: "p", Address: "a", Longitude: "113.94", Latitude: "-22.5"}, nil, "", ""},
	{"popup without button", "OPEN_POPUP", Action{Target: "p", Content: "c", Mode: ptr(0)}, nil, fault.Parameter, "text_button"},
	{"popup non-modal", "OPEN_POPUP", Action{Target: "p", Content: "c", TextButton: "ok", Mode: ptr(1)}, nil, fault.Parameter, "mode"},
	{"popup", "OPEN_POPUP", Action{Target: "p", Content: "c", TextButton: "ok"}, nil, "", ""},
	{"copy", "COPY_PARAMETER", Action{Target: "83721"}, nil, "", ""},
	{"long copy", "COPY_PARAMETER", Action{Target: strings.Repeat("8", 21)}, nil, fault.Parameter, "target"},
	{"large picture of the card", "VIEW_PIC", Action{Target: square}, nil, "", ""},
	{"large picture from elsewhere", "VIEW_PIC", Action{Target: wide}, nil, fault.Parameter, "target"},
}

func at2(vs ...Vendor) []Vendor { return vs }

func check(t *testing.T, name string, ps []Problem, code fault.Code, field string) {
	t.Helper()
	gotCode, gotField := firstHard(ps)
	if gotCode != code || code != "" && gotField != field {
		t.Errorf("%s: answered %q %q, want %q %q\n%+v", name, gotCode, gotField, code, field, ps)
		return
	}
	if code == "" && field != "" && !slices.ContainsFunc(ps, func(p Problem) bool { return p.Field == field }) {
		t.Errorf("%s: no warning about %s\n%+v", name, field, ps)
	}
	if code == "" && field == "" && len(ps) > 0 {
		t.Errorf("%s: warned %+v", name, ps)
	}
	for _, p := range ps {
		if p.Field == "" || p.Rule == "" {
			t.Errorf("%s: a problem without field or rule: %+v", name, p)
		}
	}
}

func TestEachRule(t *testing.T) {
	for _, c := range broken {
		d := c.from()
		c.alter(&d)
		check(t, c.name, verdict(t, d), c.code, c.field)
	}
}

func TestEachAction(t *testing.T) {
	for _, c := range actions {
		d := redPacketDraft()
		d.Factories = at(Huawei, Xiaomi)
		if c.at != nil {
			d.Factories = at(c.at...)
		}
		b := &d.Pages[0].Contents[4]
		b.ActionType, b.Action = c.kind, &c.action
		field := ""
		if c.field != "" {
			field = "pages[0].contents[4].action." + c.field
		}
		check(t, c.name, verdict(t, d), c.code, field)
	}
}

func TestActionsThatAVendorLacks(t *testing.T) {
	cat := catalogue(t)
	for _, v := range Vendors() {
		for kind, a := range cat.actions {
			if a.Supports(v) {
				continue
			}
			d := standard()
			d.Factories = at(v)
			d.Pages[0].Contents[3].ActionType = kind
			ps := verdict(t, d)
			if !slices.ContainsFunc(ps, func(p Problem) bool {
				return p.Hard && p.Vendor == v && p.Field == "pages[0].contents[3].action_type"
			}) {
				t.Errorf("%s at %s is accepted: %+v", kind, v, ps)
			}
			d.Factories = nil
			if slices.ContainsFunc(verdict(t, d), func(p Problem) bool { return p.Hard && p.Field == "pages[0].contents[3].action_type" }) {
				t.Errorf("%s is refused although no vendor is named", kind)
			}
		}
	}
}

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
	make := func(sub, visible int, button string) Draft {
		c := []Content{pictureAt(1, wide), textAt(2, "商品"), textAt(4, "20元"), textAt(5, "满100"), textAt(6, "本周，拒收请回复R"), buttonAt(7, "领"), buttonAt(8, "买")}
		for i := 2; i < 6; i++ {
			c[i].Visible = ptr(visible)
		}
		c[5].ButtonType = button
		return Draft{CardID: "EcommerceCouponHorizontal", Name: "coupon", UseID: 1, SubType: sub, Pages: []Page{{1, c}}, Factories: at(Huawei)}
	}
	check(t, "shown", verdict(t, make(1, 1, "static")), "", "")
	check(t, "hidden", verdict(t, make(2, 0, "")), "", "")
	check(t, "shown but invisible", verdict(t, make(1, 0, "static")), fault.Parameter, "pages[0].contents[2].visible")
	check(t, "shown without a button type", verdict(t, make(1, 1, "")), fault.Parameter, "pages[0].contents[5].button_type")
	check(t, "hidden with a button type", verdict(t, make(2, 0, "dynamic")), fault.Parameter, "pages[0].contents[5].button_type")
}

func TestWording(t *testing.T) {
	strict := func(c *checks) { c.strict = true }
	d := standard()
	d.Pages[0].Contents[2].Text = "${param1}${param2}"
	check(t, "no opt-out phrase", verdict(t, d), "", "pages")
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

func TestAllProblemsAreFoundAtOnce(t *testing.T) {
	d := standard()
	d.Name, d.UseID, d.Pages[0].Contents[3].ActionType = "", 9, "X"
	var fields []string
	for _, p := range verdict(t, d) {
		fields = append(fields, p.Field)
	}
	if got := strings.Join(fields, " "); got != "tpl_name use_id pages[0].contents[3].action_type" {
		t.Error(got)
	}
}

func TestWhatMeansNothingIsNotKept(t *testing.T) {
	d := standard()
	d.Pages[0].Contents[1].Src, d.Pages[0].Contents[1].SrcType = "799999999999999999", 1
	d.Pages[0].Contents[0].Text = "${nobody}"
	d.Pages[0].Contents[3].Action = &Action{Target: "https://shop.example.com", Body: strings.Repeat("<", 5000), FloorType: ptr(9)}
	given := d.Pages[0].Contents[3].Action
	check(t, "fields of other types", verdict(t, d), "", "")
	c := d.Pages[0].Contents
	if c[1].Src != "" || c[0].Text != "" || c[3].Action.Body != "" || c[3].Action.FloorType != nil {
		t.Errorf("%+v", c)
	}
	if given.Body == "" {
		t.Error("the caller's action was altered")
	}
}

// drawDraft makes a valid draft of one of the four layouts.
func drawDraft(r *rapid.T) Draft {
	text := func(name string, longest int) string {
		return rapid.StringOfN(rapid.RuneFrom([]rune("春夏秋冬abcXYZ019，。！- ")), 1, longest, -1).Filter(func(s string) bool { return !repeatedBlanks(s) }).Draw(r, name)
	}
	d := rapid.SampledFrom([]func() Draft{standard, redPacketDraft, notification, pureText}).Draw(r, "layout")()
	d.Name = text("name", 17)
	d.Scene = text("scene", 10)
	for i := range d.Params {
		d.Params[i].Example = text("example", 4)
	}
	c := d.Pages[0].Contents
	for i := range c {
		switch {
		case c[i].Type == typeButton:
			c[i].Text = text("label", 8)
		case c[i].Type == typeText && !strings.Contains(c[i].Text, "${") && !strings.Contains(c[i].Text, "拒收"):
			c[i].Text = text("text", 12)
		}
	}
	if rapid.Bool().Draw(r, "free") {
		d.Factories = nil
	}
	d.Pages[0].Contents = rapid.Permutation(c).Draw(r, "order of contents")
	return d
}

func TestValidDraftsAreAcceptedAndEachMutationIsRefused(t *testing.T) {
	cat := catalogue(t)
	rapid.Check(t, func(r *rapid.T) {
		d := drawDraft(r)
		run := func(d Draft) []Problem {
			d = d.clone()
			_, ps := checks{catalogue: cat, materials: shelf()}.validate(&d)
			return ps
		}
		if code, field := firstHard(run(d)); code != "" {
			r.Fatalf("refused: %s %s", code, field)
		}
		i := rapid.IntRange(0, len(d.Pages[0].Contents)-1).Draw(r, "content")
		mutations := map[string]func(*Draft){
			"no card":       func(d *Draft) { d.CardID += "x" },
			"long name":     func(d *Draft) { d.Name += strings.Repeat("x", 17) },
			"markup":        func(d *Draft) { d.Name = "<" },
			"no use":        func(d *Draft) { d.UseID = 5 },
			"no pages":      func(d *Draft) { d.Pages = nil },
			"unused":        func(d *Draft) { d.Params = append(d.Params, Param{1, "${unused}", "x"}) },
			"no type":       func(d *Draft) { d.Pages[0].Contents[i].Type = "" },
			"no position":   func(d *Draft) { d.Pages[0].Contents[i].Position = -1 },
			"no page order": func(d *Draft) { d.Pages[0].Order = 11 },
			"no content": func(d *Draft) {
				c := &d.Pages[0].Contents[i]
				c.Text, c.Src = "", ""
			},
			"undeclared": func(d *Draft) {
				c := &d.Pages[0].Contents[i]
				c.Text += "${undeclared}"
				if c.Action != nil {
					c.Action = &Action{Target: "https://shop.example.com/${undeclared}"}
				}
			},
			"markup in a text": func(d *Draft) {
				c := &d.Pages[0].Contents[i]
				c.Text += "<b>"
				if c.Action != nil {
					c.Action = &Action{Target: "https://shop.example.com/<b>"}
				}
			},
		}
		for name, mutate := range mutations {
			m := d.clone()
			mutate(&m)
			if code, _ := firstHard(run(m)); code == "" {
				r.Fatalf("%s is accepted: %+v", name, m)
			}
		}
	})
}

// Any JSON that reads as a draft is judged without a panic, and twice the same.
func FuzzValidate(f *testing.F) {
	cat, err := LoadCatalogue(nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, d := range []Draft{standard(), redPacketDraft(), notification(), pureText(), video()} {
		b, err := json.Marshal(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var d Draft
		if json.Unmarshal(body, &d) != nil {
			return
		}
		judge := func() []Problem {
			d := d.clone()
			_, ps := checks{catalogue: cat, materials: shelf(), strict: true}.validate(&d)
			return ps
		}
		if first := judge(); !slices.Equal(first, judge()) {
			t.Fatalf("judged differently the second time: %+v", first)
		}
	})
}
