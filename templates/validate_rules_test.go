package templates

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cardlink/fault"
)

// each rule: what breaks it, the code and the field of the answer. An empty code is a warning.
var broken = []struct {
	name  string
	from  func() Draft
	alter func(*Draft)
	code  fault.Code
	field string
}{
	// templates.md §1.1: the template
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

	// §1.1 and §2.1: vendors
	{"unknown vendor", standard, func(d *Draft) { d.Factories[1].Vendor = "NOKIA" }, fault.Parameter, "factorys[1].factory_type"},
	{"HONOR", standard, func(d *Draft) { d.Factories[1].Vendor = "HONOR" }, fault.Parameter, "factorys[1].factory_type"},
	{"vendor twice", redPacketDraft, func(d *Draft) { d.Factories[1].Vendor = Huawei }, fault.Parameter, "factorys[1].factory_type"},
	{"vendor in any case", redPacketDraft, func(d *Draft) { d.Factories[1].Vendor = "XiaoMi" }, "", ""},
	{"vendor state", redPacketDraft, func(d *Draft) { d.Factories[1].State = 2 }, fault.Parameter, "factorys[1].state"},
	{"nobody", redPacketDraft, func(d *Draft) { d.Factories = []Factory{{Vendor: Huawei}} }, fault.Parameter, "factorys"},
	{"unsupported vendor", redPacketDraft, func(d *Draft) { d.Factories = append(d.Factories, Factory{Vendor: Meizu, State: 1}) }, fault.Parameter, "factorys[3].factory_type"},
	{"unsupported vendor not asked for", redPacketDraft, func(d *Draft) { d.Factories = append(d.Factories, Factory{Vendor: Meizu}) }, "", ""},
	{"OPPO on Notification1", notification, func(d *Draft) { d.Factories = at(Oppo) }, fault.Parameter, "factorys[0].factory_type"},

	// §1.1: sub_type
	{"unknown sub_type", redPacketDraft, func(d *Draft) { d.SubType = 3 }, fault.Parameter, "sub_type"},
	{"animated without HUAWEI", redPacketDraft, func(d *Draft) { d.SubType, d.Factories = 2, at(Oppo) }, fault.Parameter, "sub_type"},
	{"animated with others", redPacketDraft, func(d *Draft) { d.SubType = 2 }, "", "sub_type"},
	{"sub_type without meaning", standard, func(d *Draft) { d.SubType = 4 }, "", "sub_type"},

	// §1.2: pages
	{"no pages", standard, func(d *Draft) { d.Pages = nil }, fault.Parameter, "pages"},
	{"eleven pages", standard, func(d *Draft) { d.Pages = make([]Page, 11) }, fault.Parameter, "pages"},
	{"page_order 0", standard, func(d *Draft) { d.Pages[0].Order = 0 }, fault.Parameter, "pages[0].page_order"},
	{"page_order twice", standard, func(d *Draft) { d.Pages = append(d.Pages, d.Pages[0]) }, fault.Parameter, "pages[1].page_order"},
	{"two pages of a red packet", redPacketDraft, func(d *Draft) { d.Pages = append(d.Pages, Page{2, d.Pages[0].Contents}) }, fault.Parameter, "pages"},
	{"empty page", standard, func(d *Draft) { d.Pages[0].Contents = nil }, fault.Parameter, "pages[0].contents"},
	{"too many contents", standard, func(d *Draft) { d.Pages[0].Contents = make([]Content, 51) }, fault.Parameter, "pages[0].contents"},

	// §1.3: contents
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
	{"visible 2", standard, func(d *Draft) { d.Pages[0].Contents[1].Visible = new(2) }, fault.Parameter, "pages[0].contents[1].visible"},
	{"visible without meaning", standard, func(d *Draft) { d.Pages[0].Contents[1].Visible = new(0) }, "", "pages[0].contents[1].visible"},
	{"currency 2", standard, func(d *Draft) { d.Pages[0].Contents[1].Currency = new(2) }, fault.Parameter, "pages[0].contents[1].currency_display"},
	{"button type without meaning", standard, func(d *Draft) { d.Pages[0].Contents[3].ButtonType = "static" }, "", "pages[0].contents[3].button_type"},
	{"long second text", standard, func(d *Draft) { d.Pages[0].Contents[1].Child = strings.Repeat("字", 1001) }, fault.Parameter, "pages[0].contents[1].content_child"},
	{"button type", standard, func(d *Draft) { d.Pages[0].Contents[3].ButtonType = "round" }, fault.Parameter, "pages[0].contents[3].button_type"},
	{"line break", standard, func(d *Draft) { d.Pages[0].Contents[1].Text = "a\nb" }, "", "pages[0].contents[1].content"},

	// §1.3, §2.3 and §6: pictures and videos
	{"no src_type", standard, func(d *Draft) { d.Pages[0].Contents[0].SrcType = 0 }, fault.Parameter, "pages[0].contents[0].src_type"},
	{"no src", standard, func(d *Draft) { d.Pages[0].Contents[0].Src = "" }, fault.Parameter, "pages[0].contents[0].src"},
	{"media without TLS", standard, func(d *Draft) {
		d.Pages[0].Contents[0].SrcType, d.Pages[0].Contents[0].Src = srcURL, "http://cdn.example.com/a.png"
	}, "", "pages[0].contents[0].src"},
	{"media over TLS", standard, func(d *Draft) {
		d.Pages[0].Contents[0].SrcType, d.Pages[0].Contents[0].Src = srcURL, "https://cdn.example.com/a.png"
	}, "", ""},
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

	{"cover that the system drew", video, func(d *Draft) { d.Factories = at(Vivo); d.SMSSigns, d.SMSPattern = []string{"a"}, "x" }, "", ""},
	{"video of wrong proportion", video, func(d *Draft) { d.Pages[0].Contents[0].Src = tall }, fault.Parameter, "pages[0].contents[0].src"},
	{"primary cover with too few pixels for VIVO", video, func(d *Draft) {
		d.Pages[0].Contents[0].Src, d.Factories, d.SMSSigns, d.SMSPattern = dim, at(Vivo), []string{"a"}, "x"
	}, fault.Parameter, "pages[0].contents[0].cover"},
	{"video of more than half a minute", video, func(d *Draft) { d.Pages[0].Contents[0].Src = long }, "", "pages[0].contents[0].src"},
	{"picture as video", video, func(d *Draft) { d.Pages[0].Contents[0].Src = wide }, fault.Parameter, "pages[0].contents[0].src"},
	{"parameter in a cover", video, func(d *Draft) {
		c := &d.Pages[0].Contents[0]
		c.SrcType, c.Src, c.Cover = srcURL, "https://cdn.example.com/a.mp4", "https://cdn.example.com/${a}.png"
	}, fault.Parameter, "pages[0].contents[0].cover"},
	{"cover by a word", video, func(d *Draft) {
		c := &d.Pages[0].Contents[0]
		c.SrcType, c.Src, c.Cover = srcURL, "https://cdn.example.com/a.mp4", "cover.png"
	}, fault.Parameter, "pages[0].contents[0].cover"},

	// §1.4 and §5: parameters
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

	// §2.2: texts and vendors
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

	// §3: actions (each of them below)
	{"no action", standard, func(d *Draft) { d.Pages[0].Contents[3].ActionType = "" }, fault.Parameter, "pages[0].contents[3].action_type"},
	{"no action on a picture", standard, func(d *Draft) { d.Pages[0].Contents[0].ActionType = "" }, fault.Parameter, "pages[0].contents[0].action_type"},
	{"unknown action", standard, func(d *Draft) { d.Pages[0].Contents[3].ActionType = "OPEN_DOOR" }, fault.Parameter, "pages[0].contents[3].action_type"},
	{"action without object", standard, func(d *Draft) { d.Pages[0].Contents[3].Action = nil }, fault.Parameter, "pages[0].contents[3].action"},
	{"action on text", standard, func(d *Draft) { d.Pages[0].Contents[1].ActionType = "OPEN_URL" }, "", "pages[0].contents[1].action_type"},
	{"no target", standard, func(d *Draft) { d.Pages[0].Contents[3].Action = &Action{} }, fault.Parameter, "pages[0].contents[3].action.target"},
}

func TestEachRule(t *testing.T) {
	for _, c := range broken {
		d := c.from()
		c.alter(&d)
		check(t, c.name, verdict(t, d), c.code, c.field)
	}
}
