package templates

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"cardlink/fault"
)

// Every rule that this package reports is said in Chinese too, whatever is filled in: a new rule needs a form in fault/chinese_templates.go.
func TestRulesInChinese(t *testing.T) {
	formats := ruleFormats(t)
	if len(formats) < 90 {
		t.Errorf("only %d rules found", len(formats))
	}
	for format := range formats {
		rule := fill(format)
		zh, ok := strings.CutPrefix(fault.In(fault.Parameter, "f", rule).Text(fault.Chinese), "f：")
		if !ok || !strings.ContainsFunc(zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%q is not said in Chinese", rule)
		}
	}
}

// What the rules name is carried over.
func TestRulesInChineseCarryTheirValues(t *testing.T) {
	for rule, want := range map[string]string{
		"must be 1-17 characters, not 20":                                                     "长度须为1-17个字符，现为20个",
		"RedPacket needs a merchant logo (image) at position_number 1":                        "RedPacket须在position_number 1处有image",
		"EcommerceCouponVertical takes 1-3 of product image (carousel) (image), not 4":        "EcommerceCouponVertical须有1-3个image，现为4个",
		"is 9, but the parameter pair (gate, seat, boarding) (text) of PlaneTrip stands at 4": "现为9，而PlaneTrip的text应在4",
		"OPPO does not support floor_type 3":                                                  "OPPO不支持floor_type 3",
		"OPPO does not support Trip1":                                                         "OPPO不支持Trip1",
		"OPPO does not support Trip1 and is left out":                                         "OPPO不支持Trip1，已略过该厂商",
		"2 (animated button) is shown by HUAWEI only":                                         "仅HUAWEI展示2",
		"the picture is 10×20; OPPO needs at least 30×40":                                     "图片尺寸为10×20，OPPO要求至少30×40",
		"the cover is 10×20; Video needs 16:9 or 1:1 here":                                    "尺寸为10×20，Video此处要求16:9或1:1",
		"must not hold 测试 when use_id is 1":                                                   "use_id为1时不能包含“测试”",
		"must be letters and digits in its wrapper, a letter first, such as ${param1}":        "包裹符内须为以字母开头的字母和数字，例如${param1}",
		"the video takes 40s; at most 33s is advised":                                         "视频时长40s，建议不超过33s",
		"must be 1-16 characters for OPEN_SMS, not 0":                                         "用于OPEN_SMS时长度须为1-16个字符，现为0个",
	} {
		if got := fault.In(fault.Parameter, "", rule).Text(fault.Chinese); got != want {
			t.Errorf("%q: %q, want %q", rule, got, want)
		}
	}
}

// ruleFormats reads the formats of all rules from this package's source.
func ruleFormats(t *testing.T) map[string]bool {
	t.Helper()
	at := map[string]int{"hard": 1, "mismatch": 1, "say": 1, "soft": 2, "figure": 3, "vendor": 4} // which argument is the format
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	add := func(e ast.Expr) {
		if call, ok := e.(*ast.CallExpr); ok && len(call.Args) > 0 { // fmt.Sprintf, fmt.Errorf
			e = call.Args[0]
		}
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil && s != "%s" {
				out[s] = true
			}
		}
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				called := ""
				switch f := n.Fun.(type) {
				case *ast.SelectorExpr:
					called = f.Sel.Name
					if id, ok := f.X.(*ast.Ident); ok && (id.Name == "fmt" && name == "smspattern.go") {
						add(n)
					}
				case *ast.Ident:
					called = f.Name
				}
				if i, ok := at[called]; ok && len(n.Args) > i {
					add(n.Args[i])
				}
			case *ast.CompositeLit:
				if id, ok := n.Type.(*ast.Ident); ok && id.Name != "Problem" {
					return true
				}
				for _, e := range n.Elts {
					if kv, ok := e.(*ast.KeyValueExpr); ok {
						if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Rule" {
							add(kv.Value)
						}
					}
				}
			}
			return true
		})
	}
	return out
}

var verb = regexp.MustCompile(`%[.0-9]*[a-z]`)

// fill puts something into each verb of a format.
func fill(format string) string {
	return verb.ReplaceAllStringFunc(format, func(v string) string {
		switch v[len(v)-1] {
		case 'd', 'f':
			return "7"
		case 'q':
			return fmt.Sprintf("%q", `a "b" c`)
		}
		return "OTHER"
	})
}
