package render

import (
	"cmp"
	"fmt"
	"strconv"
	"unicode/utf8"

	"cardlink/fault"
	"cardlink/templates"
)

// NoteText is what a degrade note says to people, in one language. What the template's author wrote stands in it as written.
type NoteText struct {
	Lost  string // what is not shown as written
	Shown string // what stands in its place; empty: nothing
	Why   string // the rule
}

// In is the note's text in a language.
func (n *Note) In(l fault.Language) NoteText {
	if l == fault.Chinese {
		return n.Chinese
	}
	return NoteText{n.Lost, n.Shown, n.Why}
}

// phrase says one thing in English and in Chinese.
type phrase struct{ en, zh string }

// verbatim is what needs no translation: the author's own words, or nothing.
func verbatim(s string) phrase { return phrase{s, s} }

// ruled is a phrase of a rules file. An operator may leave the Chinese out; then the English stands in.
func ruled(en, zh string) phrase { return phrase{en, cmp.Or(zh, en)} }

// after puts a phrase of a rules file behind what it explains.
func (p phrase) after(en, zh string) phrase { return phrase{en + ": " + p.en, zh + "：" + p.zh} }

// kindsZH are the component types; rolesZH the roles of the catalogue's slots. An operator's own are named as they are spelt.
var (
	kindsZH = map[string]string{"text": "文本", "image": "图片", "video": "视频", "button": "按钮"}
	rolesZH = map[string]string{
		"amount": "面额", "arrival": "到达地", "background": "背景图", "banner": "头图", "body": "正文", "button": "按钮", "condition": "使用条件", "coupon_button": "领券按钮",
		"departure": "出发地", "image": "图片", "item_body": "条目正文", "item_button": "条目按钮", "item_price": "商品价格", "item_title": "条目标题", "logo": "图标", "name": "名称",
		"number": "班次号", "pair": "信息项", "poster": "海报", "price": "价格", "product": "商品图", "slide": "轮播图", "subtitle": "副标题", "thumbnail": "缩略图", "title": "标题",
		"validity": "有效期", "video": "视频",
	}
	floorsZH  = map[int]string{0: "应用商店", 1: "收件箱内打开网页", 2: "浏览器打开网页", 3: "快应用"}
	buttonsZH = map[string]string{"static": "静态按钮", "dynamic": "动效按钮"}
)

func named(names map[string]string, s string) string { return cmp.Or(names[s], s) }

// nameZH is the target's name before a verb: one that ends in Latin letters is set off by a blank.
func (t Target) nameZH() string {
	s := previewChinese.targets[t]
	if last, _ := utf8.DecodeLastRuneInString(s); last < utf8.RuneSelf {
		s += " "
	}
	return s
}

// layoutZH names a layout within a sentence.
func layoutZH(l *templates.Layout) string { return "“" + cmp.Or(l.NameZH, l.CardID) + "”版式" }

// layoutPhrase names a layout by its id, in Chinese with its name before it.
func layoutPhrase(l *templates.Layout) phrase {
	if l.NameZH == "" {
		return verbatim(l.CardID)
	}
	return phrase{l.CardID, l.NameZH + " · " + l.CardID}
}

// actionZH names an action within a sentence.
func (f *fitter) actionZH(typ string) string {
	if rule, ok := f.cat.Action(typ); ok && rule.NameZH != "" {
		return rule.NameZH
	}
	return typ
}

// actionPhrase names an action by its type, in Chinese with its name before it.
func (f *fitter) actionPhrase(typ string) phrase {
	if zh := f.actionZH(typ); zh != typ {
		return phrase{typ, zh + "（" + typ + "）"}
	}
	return verbatim(typ)
}

// floorPhrase names a floor_type.
func floorPhrase(n int) phrase {
	s := strconv.Itoa(n)
	if zh, ok := floorsZH[n]; ok {
		return phrase{s, zh + "（" + s + "）"}
	}
	return verbatim(s)
}

// ratePhrase names a proportion: by its name, in Chinese by its figures.
func (f *fitter) ratePhrase(name string) phrase {
	zh := name
	if r, ok := f.cat.Rate(name); ok {
		zh = fmt.Sprintf("%d:%d", r.W, r.H)
	}
	return phrase{"shape " + name, "比例 " + zh}
}

// Phrases that several rules say.
var (
	noMaterial = phrase{"the material is not among the template's", "模板里找不到这个素材"}
	noOpening  = phrase{"not an address that may be opened", "这个地址不允许打开"}
)
