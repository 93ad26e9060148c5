package videosms

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"cardlink/fault"
)

// varList is the placeholders met so far, in order of appearance.
type varList []Var

// meet notes a placeholder. It is false if the name has been met as another kind: text and picture never share one.
func (v *varList) meet(name, kind string) bool {
	for _, x := range *v {
		if x.Name == name {
			return (x.Type == "txt") == (kind == "txt")
		}
	}
	*v = append(*v, Var{name, kind})
	return true
}

// element checks a resource by itself. at is its path with a dot behind it. The first text gives the template its signature.
func (r *Resource) element(at string, t *Template, vars *varList) (Element, *content, error) {
	refuse := func(field, format string, args ...any) (Element, *content, error) {
		return Element{}, nil, fault.Inf(fault.Parameter, at+field, format, args...)
	}
	picture, known := types[r.Type]
	switch n := utf8.RuneCountInString(r.Name); {
	case !known:
		return refuse("type", "must be txt, jpg, jpeg, png, gif, mp3, wav, 3gp or mp4")
	case n == 0 || n > maxResName || !clean(r.Name):
		return refuse("name", "must be 1-%d characters", maxResName)
	case strings.TrimSpace(r.Content) == "":
		return refuse("content", "is required")
	}
	e := Element{Type: r.Type, Name: r.Name}
	if r.Type == "txt" {
		e.Text = r.Content
		return e, nil, r.text(at, t, vars)
	}
	if picture {
		name, whole := "", false
		wrong := placeholders(r.Content, func(n string, from, to int) { name, whole = n, from == 0 && to == len(r.Content) })
		switch {
		case wrong == r.Content:
			return refuse("content", "%s: placeholders are #p_1# to #p_%d#", wrong, maxVar)
		case whole && !vars.meet(name, r.Type):
			return refuse("content", "#%s# is a placeholder of a text already", name)
		case whole:
			e.Var = name
			return e, nil, nil
		}
	}
	switch r.Source {
	case "file":
	case "url":
		if len(r.Content) > maxURLBytes {
			return refuse("content", "must be at most %d bytes", maxURLBytes)
		}
		if !webAddress(r.Content) {
			return Element{}, nil, fault.In(fault.FileURLScheme, at+"content", "must be an address that begins with http:// or https://")
		}
	case "txt":
		return refuse("source", "must be file or url for a %s, unless its content is a placeholder such as #p_1#", r.Type)
	default:
		return refuse("source", "must be txt, file or url")
	}
	return e, &content{field: at + "content", kind: r.Type, source: r.Source, text: r.Content}, nil
}

// text checks a text.
func (r *Resource) text(at string, t *Template, vars *varList) error {
	field := at + "content"
	switch {
	case r.Source != "txt":
		return fault.In(fault.Parameter, at+"source", "must be txt for a text")
	case utf8.RuneCountInString(r.Content) > maxText:
		return fault.Inf(fault.Parameter, field, "must be at most %d characters", maxText)
	case !clean(r.Content):
		return fault.In(fault.Parameter, field, "must not hold control characters")
	}
	rest := r.Content
	if t.Sign == "" {
		body, ok := strings.CutPrefix(rest, "【")
		sign, after, closed := strings.Cut(body, "】")
		if n := utf8.RuneCountInString(sign); !ok || !closed || n < 1 || n > maxSign || strings.TrimSpace(sign) != sign || strings.ContainsAny(sign, "【#<>\r\n\t") {
			return fault.Inf(fault.Parameter, field, "is the first text and must begin with 【signature】, a signature of 1-%d characters", maxSign)
		}
		t.Sign, rest = sign, after
	}
	if strings.ContainsAny(rest, "【】") {
		return fault.In(fault.Parameter, field, "must not hold 【 or 】 apart from the signature")
	}
	var clash string
	wrong := placeholders(rest, func(name string, _, _ int) {
		if !vars.meet(name, "txt") && clash == "" {
			clash = name
		}
	})
	switch {
	case wrong != "":
		return fault.Inf(fault.Parameter, field, "%s: placeholders are #p_1# to #p_%d#", wrong, maxVar)
	case clash != "":
		return fault.Inf(fault.Parameter, field, "#%s# is a placeholder of a picture already", clash)
	}
	return nil
}

// webAddress reports whether s is an http or https address with a host and nothing in it that a log or a header would stumble over.
func webAddress(s string) bool {
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}
