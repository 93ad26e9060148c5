package templates

import (
	"fmt"
	"strings"
	"testing"
)

func TestSMSPattern(t *testing.T) {
	const parcel = "您的订单[数字4-12]已发货，点击 [文本0-30] 查看。拒收请回复R"
	for _, c := range []struct {
		pattern, text string
		size          int
		match         bool
	}{
		{parcel, "您的订单20240601已发货，点击 km2g.cn/PDiWqc 查看。拒收请回复R", 63, true},
		{parcel, "您的订单2024A已发货，点击 km2g.cn/PDiWqc 查看。拒收请回复R", 63, false},
		{parcel, "您的订单202已发货，点击 km2g.cn/PDiWqc 查看。拒收请回复R", 63, false},
		{parcel, "X您的订单20240601已发货，点击 km2g.cn/PDiWqc 查看。拒收请回复R", 63, false},
		{parcel, "您的订单20240601已发货，点击 km2g.cn/PDiWqc 查看。拒收请回复R。", 63, false},
		{"a.b*[字母2-3]", "a.b*xyz", 7, true},
		{"a.b*[字母2-3]", "aXb*xyz", 7, false},
		{"a.b*[字母2-3]", "a.b*x1z", 7, false},
		{"[文本1-5]", "a\nb", 5, true},
		{"[文本0-0]x", "x", 1, true},
		{"plain", "plain", 5, true},
	} {
		p, err := CompileSMSPattern(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if p.Size() != c.size || p.Match(c.text) != c.match {
			t.Errorf("%s: size %d want %d; match %v want %v for %s", c.pattern, p.Size(), c.size, p.Match(c.text), c.match, c.text)
		}
	}
	for _, pattern := range []string{
		"", "[文本5-1]", "[文本0-100]", "[汉字0-5]", "[文本0-5", "文本0-5]", "[文本05]", "[文本-5]", "[文本 0-5]", "[]", "［文本0-5］", "【示例商城】您好", "[文本0-20",
		strings.Repeat("字", 371), strings.Repeat("[文本0-99]", 4), "[文本0-0]",
	} {
		if p, err := CompileSMSPattern(pattern); err == nil {
			t.Errorf("%s is accepted with size %d", pattern, p.Size())
		}
	}
	if _, err := CompileSMSPattern(strings.Repeat("[文本0-99]", 3) + strings.Repeat("字", 73)); err != nil {
		t.Errorf("370 characters: %v", err)
	}
}

// What the grammar lets through matches a text built from it.
func FuzzSMSPattern(f *testing.F) {
	f.Add("您的订单[数字4-12]已发货，点击 [文本0-30] 查看。")
	f.Add("[字母1-1][数字0-9]x[文本99-99]")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := CompileSMSPattern(s)
		if err != nil {
			return
		}
		var text strings.Builder
		for rest := s; rest != ""; {
			i := strings.IndexByte(rest, '[')
			if i < 0 {
				text.WriteString(rest)
				break
			}
			text.WriteString(rest[:i])
			end := strings.IndexByte(rest, ']')
			inside := []rune(rest[i+1 : end])
			var low, high int
			if _, err := fmt.Sscanf(string(inside[2:]), "%d-%d", &low, &high); err != nil {
				t.Fatal(err)
			}
			text.WriteString(strings.Repeat(map[rune]string{'文': "中", '字': "x", '数': "7"}[inside[0]], low))
			rest = rest[end+1:]
		}
		if strings.ToValidUTF8(s, "") == s && !p.Match(text.String()) {
			t.Errorf("%q does not match %q", s, text.String())
		}
	})
}
