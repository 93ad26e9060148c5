package render

import (
	"strings"
	"unicode"
)

// words are the page's own texts.
type words struct {
	lang, until          string
	store, page, quick   string // the way on if an app is missing
	phone, runs          string // what to do on a computer; what a quick app needs
	hold, close          string
	place, number, swipe string
	maps                 [3]string // a map on the web: before, between and after latitude and longitude
	swapped              bool      // that map wants longitude first
	zone                 int       // index of zones
}

var chinese = words{
	lang: "zh-CN", until: "有效期至", store: "未安装应用？前往应用市场", page: "未安装应用？打开网页", quick: "未安装应用？打开快应用",
	phone: "在电脑上？请用手机打开本页后再点按钮", runs: "快应用免安装，在支持快应用的手机上打开", hold: "长按上方文字即可复制", close: "关闭", place: "地址：", number: "号码：", swipe: "左右滑动查看更多",
	maps: [3]string{"https://uri.amap.com/marker?position=", ",", ""}, swapped: true, zone: 1,
}

var english = words{
	lang: "en", until: "Valid until", store: "No app yet? Get it from the store", page: "No app yet? Open the web page", quick: "No app yet? Open the quick app",
	phone: "On a computer? Open this page on your phone and tap there", runs: "Quick apps open without installing, on phones that support them", hold: "Press and hold the text to copy it", close: "Close",
	place: "Address: ", number: "Number: ", swipe: "Swipe sideways for more",
	maps: [3]string{"https://www.openstreetmap.org/?mlat=", "&mlon=", "&zoom=17"},
}

// wordsOf follows the language the template is written in: any Chinese character makes it Chinese.
func wordsOf(c *card) *words {
	for i := range c.elements {
		for _, t := range []*text{&c.elements[i].text, &c.elements[i].child} {
			for _, p := range t.pieces {
				if strings.ContainsFunc(p.lit, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
					return &chinese
				}
			}
		}
	}
	return &english
}
