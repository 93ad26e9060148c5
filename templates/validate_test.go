package templates

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"cardlink/fault"
)

const (
	wide   = "700000000000000001" // 1248×702
	square = "700000000000000002" // 640×640
	banner = "700000000000000003" // 1120×372
	small  = "700000000000000004" // 640×360
	clip   = "700000000000000005" // video with a cover
	mute   = "700000000000000006" // video without
	tiny   = "700000000000000007" // 200×200
	tall   = "700000000000000010" // upright video
	dim    = "700000000000000011" // video with a small cover
	long   = "700000000000000012" // video of 34 s
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
		clip:   {ResourceID: clip, Kind: kindVideo, Width: 1280, Height: 720, Duration: 33 * time.Second, Thumbnail: cover},
		tall:   {ResourceID: tall, Kind: kindVideo, Width: 720, Height: 1280, Thumbnail: cover},
		dim:    {ResourceID: dim, Kind: kindVideo, Width: 1280, Height: 720, Thumbnail: &Material{ResourceID: "700000000000000013", Kind: kindThumbnail, Width: 640, Height: 360}},
		long:   {ResourceID: long, Kind: kindVideo, Width: 1280, Height: 720, Duration: 34 * time.Second, Thumbnail: cover},
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
	d.Pages[0].Contents[3].Action = &Action{Target: "https://shop.example.com", Body: strings.Repeat("<", 5000), FloorType: new(9)}
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
