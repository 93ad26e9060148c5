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
	picture, known := types[r.Type]
	var err error
	switch n := utf8.RuneCountInString(r.Name); {
	case r.Type == "":
		err = fault.Required(at + "type")
	case !known:
		err = fault.OneOf(at+"type", "txt", "jpg", "jpeg", "png", "gif", "mp3", "wav", "3gp", "mp4")
	case n == 0 || n > maxResName:
		err = fault.Length(at+"name", 1, maxResName)
	case !clean(r.Name):
		err = noControls(at + "name")
	case strings.TrimSpace(r.Content) == "":
		err = fault.Required(at + "content")
	}
	e := Element{Type: r.Type, Name: r.Name}
	if err != nil {
		return e, nil, err
	}
	if r.Type == "txt" {
		e.Text = r.Content
		return e, nil, r.text(at, t, vars)
	}
	if picture {
		var is bool
		if is, err = r.placeholder(at, &e, vars); is || err != nil {
			return e, nil, err
		}
	}
	switch {
	case r.Source == "file":
	case r.Source == "txt":
		err = fault.Said(at+"source", "must be file or url, unless the content is a picture's placeholder such as #p_1#", "须为file或url，图片占位符（如#p_1#）除外")
	case r.Source != "url":
		err = fault.OneOf(at+"source", "txt", "file", "url")
	case len(r.Content) > maxURLBytes:
		err = fault.Said(at+"content", "must be at most 1024 bytes", "长度不能超过1024个字节")
	case !webAddress(r.Content):
		err = fault.Said(at+"content", "must be an address that begins with http:// or https://", "须为以http或https开头的地址")
	}
	return e, &content{field: at + "content", kind: r.Type, source: r.Source, text: r.Content}, err
}

// placeholder makes e a picture that every recipient gets another of, if that is what the content says.
func (r *Resource) placeholder(at string, e *Element, vars *varList) (is bool, err error) {
	name := ""
	wrong := placeholders(r.Content, func(n string, from, to int) {
		if from == 0 && to == len(r.Content) {
			name = n
		}
	})
	switch {
	case wrong != "" && wrong == r.Content:
		return false, wrongPlaceholder(at+"content", wrong)
	case name == "":
		return false, nil
	case !vars.meet(name, r.Type):
		return false, otherKind(at+"content", name)
	}
	e.Var = name
	return true, nil
}

func wrongPlaceholder(field, what string) error {
	return fault.Said(field, what+": placeholders are #p_1# to #p_100#", what+"：参数占位符须为#p_1#至#p_100#")
}

func otherKind(field, name string) error {
	return fault.Said(field, "#"+name+"# is a placeholder of another kind of resource already", "#"+name+"#已用于其他类型的资源")
}

// text checks a text.
func (r *Resource) text(at string, t *Template, vars *varList) error {
	field := at + "content"
	switch {
	case r.Source != "txt":
		return fault.Said(at+"source", "must be txt for a text", "文字的来源须为txt")
	case utf8.RuneCountInString(r.Content) > maxText:
		return fault.Length(field, 0, maxText)
	case !clean(r.Content):
		return noControls(field)
	}
	rest := r.Content
	if t.Sign == "" {
		body, ok := strings.CutPrefix(rest, "【")
		sign, after, closed := strings.Cut(body, "】")
		if n := utf8.RuneCountInString(sign); !ok || !closed || n < 1 || n > maxSign || strings.TrimSpace(sign) != sign || strings.ContainsAny(sign, "【#<>\r\n\t") {
			return fault.Said(field, "is the first text and must begin with 【signature】, a signature of 1-18 characters", "第一个文本须以【签名】开头，签名长度1-18个字符")
		}
		t.Sign, rest = sign, after
	}
	if strings.ContainsAny(rest, "【】") {
		return fault.Said(field, "must not hold 【 or 】 apart from the signature", "不能包含除签名外的【】")
	}
	var clash string
	wrong := placeholders(rest, func(name string, _, _ int) {
		if !vars.meet(name, "txt") && clash == "" {
			clash = name
		}
	})
	switch {
	case wrong != "":
		return wrongPlaceholder(field, wrong)
	case clash != "":
		return otherKind(field, clash)
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
