package render

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"slices"
	"strings"
)

//go:embed h5/*.css
var h5Files embed.FS

// h5Sheets are the parts of the pages' style in the order of the cascade. A page carries the first and those that its card has a use for: a sheet's
// name is a feature that the page's writer notes (htmlBuilder.use) or the layout's group.
var h5Sheets = []string{
	"base", "head", "list", "grid", "strip", "hero", "route", "price", "coupon", "copy", "pop", "zoom", "text", "hypertext", "commerce", "carousel",
	"voucher", "red_packet", "poster", "short_drama", "trip", "last",
}

// always are the sheets of every page.
var always = []string{"base", "last"}

// h5Parts are the squeezed sheets by place in h5Sheets.
var h5Parts = func() []string {
	parts := make([]string, len(h5Sheets))
	for i, name := range h5Sheets {
		css, err := h5Files.ReadFile("h5/" + name + ".css")
		if err != nil {
			panic(err) // embedded: a build without it is no build
		}
		parts[i] = squeeze(string(css))
	}
	return parts
}()

// h5Style is the whole style, for the preview, which shows the same card as several layouts.
var h5Style = strings.Join(h5Parts, "")

// styleOf is the style of a page that uses these sheets.
func styleOf(used []string) string {
	var b strings.Builder
	for i, name := range h5Sheets {
		if slices.Contains(always, name) || slices.Contains(used, name) {
			b.WriteString(h5Parts[i])
		}
	}
	return b.String()
}

// policy is the Content-Security-Policy of a page with the given styles: nothing runs, nothing is framed, pictures and videos come from the edge or over
// TLS from the customer's server, and clicks are reported to the edge (without a script nothing else connects).
func policy(styles ...string) string {
	hashes := ""
	for _, s := range styles {
		hashes += " " + hashOf(s)
	}
	return "default-src 'none'; style-src" + hashes +
		"; img-src 'self' https:; media-src 'self' https:; connect-src 'self' https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

func hashOf(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// squeeze strips our own sheets of comments and of blanks that mean nothing. It knows no more of CSS than these sheets use: strings are kept as they are,
// the signs of calc() keep the blanks around them.
func squeeze(css string) string {
	out := make([]byte, 0, len(css))
	blank := false
	for i := 0; i < len(css); i++ {
		c := css[i]
		switch {
		case strings.HasPrefix(css[i:], "/*"):
			end := strings.Index(css[i:], "*/")
			if end < 0 {
				return string(out)
			}
			i += end + 1
			blank = true
			continue
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			blank = true
			continue
		}
		if blank && len(out) > 0 && !strings.ContainsRune("{};:,>", rune(out[len(out)-1])) && !strings.ContainsRune("{};,>", rune(c)) {
			out = append(out, ' ')
		}
		blank = false
		if c == '}' && out[len(out)-1] == ';' {
			out = out[:len(out)-1]
		}
		if c != '"' {
			out = append(out, c)
			continue
		}
		end := i + 1 + strings.IndexByte(css[i+1:], '"')
		if end == i { // unclosed
			end = len(css) - 1
		}
		out = append(out, css[i:end+1]...)
		i = end
	}
	return string(out)
}
