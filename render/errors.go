package render

import (
	"strings"

	"cardlink/fault"
)

// AppendGone appends the page for a link that has expired or whose template is disabled (410). It says no more than that.
func AppendGone(dst []byte, lang fault.Language) []byte { return append(dst, gonePages[lang&1]...) }

// AppendNotFound appends the page for a code that nobody has (404). It costs what AppendGone costs and is as long.
func AppendNotFound(dst []byte, lang fault.Language) []byte {
	return append(dst, lostPages[lang&1]...)
}

// The finished pages by language, all of one length.
var (
	gonePages = [2]string{
		fault.English: errorPage("en", "This message has ended", "The link has expired or is no longer offered. Please ask the sender for a new one."),
		fault.Chinese: errorPage("zh-CN", "此消息已结束", "链接已过期或已下线，如有需要请联系发送方。"),
	}
	lostPages = [2]string{
		fault.English: errorPage("en", "Nothing here", "Please check the address in the message: capitals and small letters differ."),
		fault.Chinese: errorPage("zh-CN", "页面不存在", "请核对短信中的链接，注意区分字母大小写。"),
	}
)

func errorPage(lang, title, advice string) string {
	const words = 160 // bytes of language, titles and advice; a test keeps the texts below it
	page := "<!doctype html>\n<html lang=\"" + lang + "\">\n<head>\n<meta charset=\"utf-8\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta name=\"robots\" content=\"noindex,nofollow\">\n" +
		"<meta name=\"referrer\" content=\"no-referrer\">\n<title>" + title + "</title>\n<style>" + errorStyle + "</style>\n</head>\n<body>\n<main><i></i><h1>" +
		title + "</h1><p>" + advice + "</p></main>\n</body>\n</html>\n"
	return page + strings.Repeat("\n", max(0, words-len(lang)-2*len(title)-len(advice)))
}
