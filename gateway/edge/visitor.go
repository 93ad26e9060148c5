package edge

import (
	"bytes"

	"github.com/valyala/fasthttp"
)

// class is what kind of visitor follows a link. Every visit has one; it changes nothing about the answer.
type class uint8

const (
	human    class = iota
	preview        // a messenger or network that fetches a link to show a preview of it
	scanner        // crawlers, security scanners, programs
	prefetch       // a browser that looks ahead
	head           // asked for the headers only
	unknown        // nothing to tell by
	classes
)

var classNames = [classes]string{"human", "preview", "scanner", "prefetch", "head", "unknown"}

// classify looks at the method, the fetch metadata and the words of the agent, in this order.
func classify(c *fasthttp.RequestCtx, agents *agentMemo) class {
	h := &c.Request.Header
	switch {
	case h.IsHead():
		return head
	case looksAhead(h):
		return prefetch
	}
	k := agents.class(h.UserAgent())
	if k == human {
		// A page that embeds the link, or a script that fetches it, is not somebody who follows it.
		if mode := h.Peek("Sec-Fetch-Mode"); len(mode) > 0 && string(mode) != "navigate" {
			return unknown
		}
	}
	return k
}

func looksAhead(h *fasthttp.RequestHeader) bool {
	return bytes.Contains(h.Peek("Sec-Purpose"), wordPrefetch) || bytes.Contains(h.Peek("Purpose"), wordPrefetch) ||
		bytes.Contains(h.Peek("X-Moz"), wordPrefetch) || bytes.Contains(h.Peek("X-Purpose"), wordPreview)
}

var (
	wordPrefetch = []byte("prefetch")
	wordPreview  = []byte("preview")
)

// classifyAgent reads a User-Agent word by word: a word is a run of letters and digits, compared without regard to case. It does not allocate.
func classifyAgent(agent []byte) class {
	var (
		word    [24]byte
		n       int // bytes of the current word, counted beyond the array's end
		browser bool
		k       = unknown
	)
	for i := 0; i <= len(agent); i++ {
		var b byte
		if i < len(agent) {
			b = agent[i]
		}
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		if ('a' <= b && b <= 'z') || ('0' <= b && b <= '9') {
			if n < len(word) {
				word[n] = b
			}
			n++
			continue
		}
		if n >= 3 && n <= len(word) {
			switch wordClass(word[:n]) {
			case preview:
				return preview // a preview fetcher may also name a crawler it is compatible with
			case scanner:
				k = scanner
			case human:
				browser = true
			}
		}
		n = 0
	}
	if k == unknown && browser {
		return human
	}
	return k
}

// wordClass is what one word of an agent says: preview or scanner name the visitor, human that it calls itself a browser, unknown nothing.
func wordClass(w []byte) class {
	switch string(w) {
	case "mozilla", "opera":
		return human
	case "cubot": // a maker of handsets
		return unknown
	case "facebookexternalhit", "facebookcatalog", "facebot", "whatsapp", "telegrambot", "slackbot", "discordbot", "twitterbot", "linkedinbot",
		"skypeuripreview", "redditbot", "embedly", "iframely", "vkshare", "dingtalkbot", "bitlybot", "snapchatbot", "zalobot", "yahoolinkpreview",
		"microsoftpreview", "googlemessages", "linkpreview", "whatweb", "mastodon", "pleroma", "flipboard", "tumblr", "outbrain":
		return preview
	case "curl", "wget", "python", "scrapy", "httpclient", "okhttp", "libwww", "perl", "java", "guzzlehttp", "axios", "undici", "postmanruntime",
		"insomnia", "headlesschrome", "phantomjs", "puppeteer", "playwright", "selenium", "lighthouse", "nmap", "masscan", "zgrab", "nikto",
		"sqlmap", "nuclei", "censysinspect", "expanse", "virustotal", "urlscan", "barracuda", "proofpoint", "mimecast", "trendmicro",
		"googleimageproxy", "mediapartners", "chatgpt", "ia_archiver", "archiver", "slurp", "bingpreview", "scanner", "monitoring", "uptime", "pingdom":
		return scanner
	}
	for _, end := range [...]string{"bot", "spider", "crawler", "crawl"} {
		if len(w) >= len(end) && string(w[len(w)-len(end):]) == end {
			return scanner
		}
	}
	return unknown
}

// referrer is the host of the Referer header, as it came, at most 100 bytes.
func referrer(h *fasthttp.RequestHeader) []byte {
	r := h.Referer()
	_, rest, ok := bytes.Cut(r, []byte("://"))
	if !ok {
		return nil
	}
	if i := bytes.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	if i := bytes.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	return rest[:min(len(rest), 100)]
}
