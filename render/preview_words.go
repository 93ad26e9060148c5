package render

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"cardlink/fault"
	"cardlink/templates"
)

// previewWords are the texts of the page with all targets.
type previewWords struct {
	lang                        string
	page, draft, version, until string
	theme, values, apply, reset string
	themes                      [len(themeNames)]string
	scan, alone, json, sms      string
	same, changes, none, noCard string // "%d" in changes
	rest                        string // "%d": of notes
	source, nothing, comma      string
	active, waiting, off, never string // a vendor's state
	targets                     [Targets + 1]string
	reviews                     [4]string // by audit_state
	disabled                    string
	fields                      map[string]string // of the template as a whole
}

var previewEnglish = previewWords{
	lang: "en", page: "Preview", draft: "Draft, not yet a template", version: "version", until: "This address works until",
	theme: "Colours", values: "Sample values", apply: "Show", reset: "Examples", themes: [...]string{"System", "Light", "Dark"},
	scan: "Scan to open on a phone", alone: "Open alone", json: "Card as sent (JSON)", sms: "No card: handsets show the text message and its link",
	same: "As written", changes: "%d differences", none: "No differences: shown as written", noCard: "No card", rest: "%d more differences", source: "source", nothing: "nothing", comma: ", ",
	active: "active", waiting: "in review", off: "not active", never: "not submitted",
	targets:  [...]string{"Huawei", "Xiaomi", "OPPO", "vivo", "Meizu", "Samsung", "H5 page", "Honor"},
	reviews:  [...]string{"not submitted", "in review", "approved", "rejected"},
	disabled: "disabled",
	fields:   map[string]string{"card_id": "Layout", "sub_type": "Variant", "params": "Parameters"},
}

var previewChinese = previewWords{
	lang: "zh-CN", page: "模板预览", draft: "草稿，尚未创建模板", version: "版本", until: "预览地址有效期至",
	theme: "外观", values: "示例参数", apply: "预览", reset: "恢复示例", themes: [...]string{"跟随系统", "浅色", "深色"},
	scan: "用手机扫码预览", alone: "单独打开", json: "下发的卡片（JSON）", sms: "不支持卡片：终端显示短信原文与短链",
	same: "原样展示", changes: "%d 处差异", none: "没有差异，原样展示", noCard: "无卡片", rest: "另有 %d 处差异", source: "依据", nothing: "不展示", comma: "，",
	active: "已激活", waiting: "审核中", off: "未激活", never: "未提交",
	targets:  [...]string{"华为", "小米", "OPPO", "vivo", "魅族", "三星", "H5 页面", "荣耀"},
	reviews:  [...]string{"未提交审核", "审核中", "审核通过", "审核未通过"},
	disabled: "已停用",
	fields:   map[string]string{"card_id": "版式", "sub_type": "样式", "params": "动态参数"},
}

func previewWordsIn(l fault.Language) *previewWords {
	if l == fault.Chinese {
		return &previewChinese
	}
	return &previewEnglish
}

// state tells how far a vendor is with the template.
func (w *previewWords) state(t *templates.Template, v templates.Vendor) string {
	for _, f := range t.Factories {
		switch {
		case f.Vendor != v:
		case f.State == templates.VendorActive:
			return w.active
		case f.Pending:
			return w.waiting
		default:
			return w.off
		}
	}
	return w.never
}

// time writes a moment for people.
func (w *previewWords) time(at time.Time) string {
	zone := zones[0]
	if w == &previewChinese {
		zone = zones[1]
	}
	return at.In(zone.at).Format("2006-01-02 15:04") + zone.suffix
}

// place says where a field of the template is: "Page 1, content 4 (button)".
func (w *previewWords) place(t *templates.Template, field string) string {
	p, c, ok := contentAt(t, field)
	if !ok {
		if name, known := w.fields[field]; known {
			return name
		}
		return field
	}
	kind := t.Pages[p].Contents[c].Type
	if w != &previewChinese {
		return fmt.Sprintf("Page %d, content %d (%s)", p+1, c+1, kind)
	}
	return fmt.Sprintf("第 %d 页第 %d 个内容（%s）", p+1, c+1, named(kindsZH, kind))
}

// contentAt reads the indices of "pages[0].contents[3].src".
func contentAt(t *templates.Template, field string) (page, content int, ok bool) {
	rest, found := strings.CutPrefix(field, "pages[")
	if !found {
		return 0, 0, false
	}
	a, rest, found1 := strings.Cut(rest, "].contents[")
	b, _, found2 := strings.Cut(rest, "]")
	page, err1 := strconv.Atoi(a)
	content, err2 := strconv.Atoi(b)
	ok = found1 && found2 && err1 == nil && err2 == nil && page >= 0 && page < len(t.Pages) && content >= 0 && content < len(t.Pages[page].Contents)
	return page, content, ok
}

// say picks the page's language.
func (w *previewWords) say(p phrase) string {
	if w == &previewChinese {
		return p.zh
	}
	return p.en
}
