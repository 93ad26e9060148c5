package edge

import (
	"testing"

	"github.com/valyala/fasthttp"
)

func TestAgents(t *testing.T) {
	f := func(want class, agent string) {
		t.Helper()
		if got := classifyAgent([]byte(agent)); got != want {
			t.Errorf("%q is %s, want %s", agent, classNames[got], classNames[want])
		}
	}
	// People, among them those whose handset only sounds like a robot.
	f(human, "Mozilla/5.0 (Linux; Android 14; ALN-AL00) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36")
	f(human, "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1")
	f(human, "Mozilla/5.0 (Linux; Android 9; CUBOT_X18_Plus) AppleWebKit/537.36 Chrome/80 Mobile Safari/537.36")
	f(human, "Mozilla/5.0 (Linux; Android 9; CUBOT) AppleWebKit/537.36 Chrome/80 Mobile Safari/537.36")
	f(human, "Mozilla/5.0 (Linux; Android 13; M2102J2SC) AppleWebKit/537.36 MicroMessenger/8.0.40 WeChat/arm64 Weixin")
	f(human, "Mozilla/5.0 (Linux; Android 12; Robotics-Tab) AppleWebKit/537.36 Chrome/100 Safari/537.36")
	f(human, "Opera/9.80 (J2ME/MIDP; Opera Mini/9.80) Presto/2.12")
	// Previews.
	f(preview, "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)")
	f(preview, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0")
	f(preview, "WhatsApp/2.23.20.0 A")
	f(preview, "TelegramBot (like TwitterBot)")
	f(preview, "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)")
	f(preview, "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)")
	// Scanners.
	f(scanner, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
	f(scanner, "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)")
	f(scanner, "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.0)")
	f(scanner, "curl/8.4.0")
	f(scanner, "python-requests/2.31")
	f(scanner, "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/119.0 Safari/537.36")
	// Nothing to tell by.
	f(unknown, "")
	f(unknown, "SomeApp/1.0")
	f(unknown, "bo t")
}

func TestClasses(t *testing.T) {
	f := func(want class, method string, headers ...string) {
		t.Helper()
		var c fasthttp.RequestCtx
		c.Request.Header.SetMethod(method)
		c.Request.Header.SetUserAgent("Mozilla/5.0 Chrome/120")
		for i := 0; i+1 < len(headers); i += 2 {
			c.Request.Header.Set(headers[i], headers[i+1])
		}
		if got := classify(&c, &agentMemo{}); got != want {
			t.Errorf("%s %v is %s, want %s", method, headers, classNames[got], classNames[want])
		}
	}
	f(human, "GET")
	f(human, "GET", "Sec-Fetch-Mode", "navigate")
	f(unknown, "GET", "Sec-Fetch-Mode", "no-cors")
	f(head, "HEAD")
	f(prefetch, "GET", "Sec-Purpose", "prefetch")
	f(prefetch, "GET", "Sec-Purpose", "prefetch;prerender")
	f(prefetch, "GET", "Purpose", "prefetch")
	f(prefetch, "GET", "X-Moz", "prefetch")
	f(prefetch, "GET", "X-Purpose", "preview")
	f(scanner, "GET", "User-Agent", "Googlebot")
}

func TestClassifyingDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	agent := []byte("Mozilla/5.0 (Linux; Android 14; ALN-AL00) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36")
	if n := testing.AllocsPerRun(1000, func() { classifyAgent(agent) }); n != 0 {
		t.Fatalf("%v allocations, want 0", n)
	}
}

func FuzzClassifyAgent(f *testing.F) {
	f.Add([]byte("Mozilla/5.0 (compatible; Googlebot/2.1)"))
	f.Fuzz(func(t *testing.T, agent []byte) {
		if k := classifyAgent(agent); k >= classes || k == head || k == prefetch {
			t.Fatalf("class %d", k)
		}
	})
}

func FuzzSign(f *testing.F) {
	f.Add([]byte("%E7%A4%BA"))
	f.Add([]byte("【x】"))
	f.Fuzz(func(t *testing.T, sign []byte) {
		if got := appendSign(nil, sign); len(got) > len(sign) {
			t.Fatalf("%q became longer: %q", sign, got)
		}
	})
}

func BenchmarkClassify(b *testing.B) {
	agent := []byte("Mozilla/5.0 (Linux; Android 14; ALN-AL00) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36")
	b.ReportAllocs()
	for b.Loop() {
		classifyAgent(agent)
	}
}
