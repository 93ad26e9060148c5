package render

import (
	"encoding/binary"
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// valid is s as every escaping understands it: one U+FFFD for each invalid byte.
func valid(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
	}
	return b.String()
}

// legalHTML is valid without the characters HTML forbids.
func legalHTML(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r >= 0x7f && r < 0xa0 || r == 0xFFFE || r == 0xFFFF {
			return utf8.RuneError
		}
		return r
	}, valid(s))
}

func checkEscapes(t *testing.T, s string) {
	t.Helper()
	want, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if got := `"` + string(appendJSON(nil, s)) + `"`; got != string(want) {
		t.Errorf("JSON of %q\n got %s\nwant %s", s, got, want)
	}
	if chars, ok := scanJSON(s); ok != (string(want) == `"`+s+`"`) || ok && chars != utf8.RuneCountInString(s) {
		t.Errorf("scanJSON(%q) = %d, %v", s, chars, ok)
	}
	text := string(appendHTML(nil, s))
	if strings.ContainsAny(text, "<>\"'`\x00") {
		t.Errorf("HTML of %q holds markup: %s", s, text)
	}
	if got, want := html.UnescapeString(text), legalHTML(s); got != want {
		t.Errorf("HTML of %q\n reads %q\n  want %q", s, got, want)
	}
	component := string(appendURL(nil, s))
	if plainURL(s) != (component == s) {
		t.Errorf("plainURL(%q) = %v, as a component it is %q", s, plainURL(s), component)
	}
	if i := strings.IndexFunc(component, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("%-._~", r))
	}); i >= 0 {
		t.Errorf("URL component of %q holds %q", s, component[i])
	}
	if got, err := url.PathUnescape(component); err != nil || got != valid(s) {
		t.Errorf("URL component of %q reads %q, %v", s, got, err)
	}
}

var escapeCases = append([]string{
	"", "a", "plain ascii text of some length", "exactly8", "exactly8+8 bytes", "ends with quote\"", "seven\\7", "1234567<", "中文", "中", "a中b", "\xff", "a\xffb", "\xe4\xb8",
	"\xed\xa0\x80", "\xf4\x90\x80\x80", "\u2028", "\u2029\u202a", "\uFFFE\uFFFF\uFFFD", "\u0080\u009f\u00a0", "\x00\x01\x1f\x7f", "\b\f\n\r\t", "`'\"&<>", "👩‍🚀",
	"e\u0301", "\xc2", "\xe2\x80", "\xef\xbf", "\xe1\x80\x80",
}, append(hostileText, longText...)...)

func TestEscapes(t *testing.T) {
	for _, s := range escapeCases {
		checkEscapes(t, s)
	}
}

func FuzzEscapes(f *testing.F) {
	for _, s := range escapeCases {
		f.Add(s)
	}
	f.Fuzz(checkEscapes)
}

func TestWholeAddress(t *testing.T) {
	for s, want := range map[string]bool{
		"https://a.example": true, "HTTP://a.example": true, "hap://app/x": true,
		"": false, "https://": false, "https:/a": false, "//a.example": false, "javascript:alert(1)": false, "java\nscript:x": false, " https://a": false,
		"data:text/html,x": false, "weixin://x": false, "httpsx://a": false,
	} {
		if got := web(s); got != want {
			t.Errorf("web(%q) = %v, want %v", s, got, want)
		}
	}
}

func TestWholeDeepLink(t *testing.T) {
	for s, want := range map[string]bool{
		"https://a.example": true, "hap://app/x": true, "weixin://dl/x": true, "WeiXin://": true, "com.example.shop:pay?id=1": true, "a+b-c.1:x": true,
		"": false, ":x": false, "weixin:": false, "weixin": false, "//a.example": false, "1x:y": false, " weixin://x": false, "wei xin://x": false, "中文:x": false, "[x:y": false,
		"javascript:alert(1)": false, "JavaScript:alert(1)": false, "java\tscript:x": false, "\x01javascript:x": false, "data:text/html,x": false, "vbscript:x": false,
		"file:///etc/passwd": false, "blob:https://a.example/1": false, "filesystem:x": false, "about:blank": false, "view-source:https://a.example": false,
		"javascripts:x": true,
	} {
		if got := deepLink(s); got != want {
			t.Errorf("deepLink(%q) = %v, want %v", s, got, want)
		}
	}
}

func TestDeepLinkDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	if n := testing.AllocsPerRun(100, func() { deepLink("com.example.shop://open") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestOpenable(t *testing.T) {
	params := fixtures()["StandardImageAndText"].Params
	for _, c := range []struct {
		target    string
		page, app bool // on a page, on a handset
	}{
		{"https://a.example/x", true, true}, {"https://a.example/?q=${name}", true, true}, {"${name}", true, true}, {"weixin://dl/x", true, true},
		{"com.example.app/page", false, true}, {"", false, false}, {"${name}/x", false, false}, {"http${name}", false, false},
		{"javascript:alert(1)", false, false}, {" JavaScript:alert(1)", false, false}, {"java\tscript:alert(1)", false, false}, {"\x01javascript:x", false, false},
		{"data:text/html,<script>", false, false}, {"vbscript:x", false, false}, {"file:///etc/passwd", false, false}, {"javascript:${name}", false, false},
		{"1x:y", false, false},
	} {
		text := parseText(c.target, params, "")
		if got := openable(&text, true); got != c.page {
			t.Errorf("on a page openable(%q) = %v", c.target, got)
		}
		if got := openable(&text, false); got != c.app {
			t.Errorf("on a handset openable(%q) = %v", c.target, got)
		}
	}
}

// Each test of eight bytes at a time agrees with the table of single bytes: for any byte at any place among harmless ones, and for any two side by side.
func TestWordsAgreeWithBytes(t *testing.T) {
	word := binary.LittleEndian.Uint64
	for place := range 8 {
		for a := range 256 {
			for c := range 256 {
				b := []byte("a0Z_9-x.")
				b[place], b[(place+1)%8] = byte(a), byte(c)
				json, url := false, false
				for _, x := range b {
					json = json || special[x]&1 != 0
					url = url || special[x]&4 != 0
				}
				w := word(b)
				if got := exactJSON(w)&msb != 0; got != json {
					t.Fatalf("exactJSON(%q) = %v", b, got)
				}
				if json && suspectJSON(w)&msb == 0 {
					t.Fatalf("suspectJSON does not suspect %q", b)
				}
				if url && suspectURL(w)&msb == 0 {
					t.Fatalf("suspectURL does not suspect %q", b)
				}
			}
		}
	}
	for _, s := range []string{"8d7c1f2e", "-0a1b2c3", "https://", "AZaz09-_", "?a=1:.5Z"} {
		if suspectJSON(word([]byte(s)))&msb != 0 {
			t.Errorf("suspectJSON suspects %q, which is usual", s)
		}
	}
	if suspectURL(word([]byte("AZaz09mM")))&msb != 0 {
		t.Error("suspectURL suspects letters and digits")
	}
}
