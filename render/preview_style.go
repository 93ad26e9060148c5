package render

import (
	_ "embed"
	"regexp"
	"strings"
)

//go:embed preview.css
var previewCSS string

// previewStyles are the sheets of the page with all targets, by theme. Cards on it are inside elements of class screen in place of main, of which a page has one.
var previewStyles = func() (styles [len(themeNames)]string) {
	whole := mainElement.ReplaceAllString(h5Style, "${1}.screen${2}") + squeeze(previewCSS)
	for i := range styles {
		styles[i] = themed(whole, Theme(i))
	}
	return styles
}()

// mainElement finds the selector of the page's main element in squeezed sheets.
var mainElement = regexp.MustCompile(`(^|[{},> ])main([{,> ])`)

const darkQuery = "@media (prefers-color-scheme:dark){"

// themed makes squeezed sheets follow a theme: what they keep for dark systems always holds, or never.
func themed(css string, theme Theme) string {
	if theme == AutoTheme {
		return css
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(css, darkQuery)
		b.WriteString(before)
		if !found {
			break
		}
		end, depth := 0, 1
		for ; depth > 0 && end < len(rest); end++ {
			switch rest[end] {
			case '{':
				depth++
			case '}':
				depth--
			}
		}
		if theme == DarkTheme {
			b.WriteString(rest[:max(0, end-1)])
		}
		css = rest[end:]
	}
	return b.String() + ":root{color-scheme:" + theme.String() + "}"
}

// pagePolicy is the policy of the page with all targets: it has one form, which asks for the page again.
func pagePolicy(style, origin string) string {
	return "default-src 'none'; style-src " + hashOf(style) + "; " + mediaPolicy(origin) + "; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
}

// documentPolicy is the policy that a single document says of itself.
func documentPolicy(style, origin string) string {
	return "default-src 'none'; style-src " + hashOf(style) + "; " + mediaPolicy(origin) + "; base-uri 'none'; form-action 'none'"
}

// mediaPolicy lets pictures and videos come from the edge, named if it does not speak TLS, and over TLS from the customer's server. The origin is the
// operator's; one that is not plainly an address is left out, since a policy cannot quote.
func mediaPolicy(origin string) string {
	from := " 'self' https:"
	if strings.HasPrefix(origin, "http://") && !strings.ContainsFunc(origin, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`;,'"<>`, r) }) {
		from += " " + origin
	}
	return "img-src" + from + "; media-src" + from
}
