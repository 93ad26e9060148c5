package dispatch

import (
	"errors"
	"strings"
	"testing"

	"cardlink/fault"
)

// code is the fault code of err, "" for none.
func code(err error) fault.Code {
	if err == nil {
		return ""
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		return fault.Internal
	}
	return f.Code
}

// The rules of api.md §15.3.
func TestVariableValues(t *testing.T) {
	for kind, cases := range map[string]map[string]fault.Code{
		VarPhone: {
			"13800138000": "", "+8613800138000": "", "010-12345678": "", "95588": "", "400-800-8800": "", "10086": "",
			"": fault.SMSParameter, "1234567890123456": fault.SMSParameter, "138 0013": fault.SMSParameter, "call me": fault.SMSParameter, "-1": fault.SMSParameter,
		},
		VarCharDigit: {
			"A1b2": "", "20260102XYZ": "", "00000000000000000001": "",
			"": fault.SMSParameter, "123456789012345678901": fault.SMSParameter,
			"A-1": fault.SMSParameterNumber, "订单": fault.SMSParameterNumber, "13800138000": fault.SMSParameterNumber, "QQ12345": fault.SMSParameterNumber,
			"wechat1234": fault.SMSParameterNumber, "a.cn": fault.SMSParameterNumber, "qq123456789": fault.SMSParameterNumber,
			"9QQX1A2B": "", "QQ0123": "", "AWWW12": "", "HTTP2026": "", // codes that hold letters by chance
		},
		VarDateTime: {
			"20260102": "", "2026-01-02": "", "2026/01/02": "", "2026年01月02日": "", "15:04:05": "", "15:04": "", "15点04分": "", "15点04": "",
			"2026-13-02": fault.SMSParameterDate, "2026-02-30": fault.SMSParameterDate, "25:00": fault.SMSParameterDate, "2026-01-02 15:04": fault.SMSParameterDate,
			"5:04": fault.SMSParameterDate, "2026年1月2日": fault.SMSParameterDate, "tomorrow": fault.SMSParameterDate, "": fault.SMSParameter,
		},
		VarMoney: {
			"12.50": "", "壹佰元"[:6]: "", "一千二百": "", "192.168.0.1": "",
			"￥12": fault.SMSParameter, "12元": fault.SMSParameter, "$5": fault.SMSParameter, "": fault.SMSParameter, "1,000": fault.SMSParameter,
		},
		VarText: {
			"张先生": "", "order 7": "", strings.Repeat("字", 20): "",
			strings.Repeat("字", 21): fault.SMSParameter, "a.b": fault.SMSParameter, "完。": fault.SMSParameter, "it's": fault.SMSParameter, "<b>": fault.SMSParameter,
			"{1}": fault.SMSParameter, "call 13800138000": fault.SMSParameter, "微信号 abcd": fault.SMSParameter, "qq:12345": fault.SMSParameter,
			"https://x": fault.SMSParameter, "www x": fault.SMSParameter, "\xff": fault.SMSParameter,
			"021-12345678": fault.SMSParameter, "电话0755 1234567": fault.SMSParameter, "请拨400-800-8800": fault.SMSParameter, "400-8008800": fault.SMSParameter,
			"QQ号 10001": fault.SMSParameter, "QQ音乐会员": "", "QQ music": "", "2026-1234567": "", "帐号01234567890": "", "1400-800": "",
		},
	} {
		for value, want := range cases {
			if got := code(checkVariable("sms_params[0]", kind, value)); got != want {
				t.Errorf("%s %q: %q, want %q", kind, value, got, want)
			}
		}
	}
}

func TestTemplateContent(t *testing.T) {
	link, name := Variable{Index: 1, Type: VarLink}, Variable{Index: 2, Type: VarText, Desc: "name"}
	for _, c := range []struct {
		name    string
		content string
		vars    []Variable
		want    fault.Code
	}{
		{"plain", "hello", nil, ""},
		{"link and name", "${2}, look ${1}", []Variable{link, name}, ""},
		{"a variable twice", "${1} or ${1}", []Variable{link}, ""},
		{"no number is text", "${name} ${ ${1}", []Variable{link}, ""},
		{"too long", strings.Repeat("字", 501), nil, fault.Parameter},
		{"blank", "  ", nil, fault.Parameter},
		{"directly one after the other", "${1}${2}", []Variable{link, name}, fault.ConsecutiveParameters},
		{"undeclared", "${1} ${2}", []Variable{link}, fault.Parameter},
		{"declared, unused", "${1}", []Variable{link, name}, fault.Parameter},
		{"declared twice", "${1}", []Variable{link, link}, fault.Parameter},
		{"gap in the indices", "${1} ${3}", []Variable{link, {Index: 3, Type: VarMoney}}, fault.Parameter},
		{"unknown type", "${1}", []Variable{{Index: 1, Type: "LINK"}}, fault.Parameter},
		{"TEXT without description", "${1}", []Variable{{Index: 1, Type: VarText}}, fault.Parameter},
		{"description too long", "${1}", []Variable{{Index: 1, Type: VarMoney, Desc: strings.Repeat("x", 101)}}, fault.Parameter},
	} {
		if got := code(checkContent(c.content, c.vars)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestText(t *testing.T) {
	vars := []Variable{{Index: 3, Type: VarDateTime}, {Index: 1, Type: VarPhone}, {Index: 2, Type: VarLink}}
	for _, c := range []struct{ content, want string }{
		{"call ${1}, see ${2} before ${3}", "【示例】call 95588, see d.cn/abc before 15:04"},
		{"${3}看${2}，${1}", "【示例】15:04看 d.cn/abc ，95588"},
		{"${1} ${3} ${2}", "【示例】95588 15:04 d.cn/abc "},
		{"${2} ${1} ${3}", "【示例】 d.cn/abc 95588 15:04"},
	} {
		tpl := SMSTemplate{SignatureName: "示例", Content: c.content, Variables: vars}
		if got := tpl.text([]string{"95588", "15:04"}, "d.cn/abc"); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.content, got, c.want)
		}
	}
	tpl := SMSTemplate{Variables: vars}
	for want, values := range map[fault.Code][]string{
		"": {"95588", "15:04"}, fault.SMSParameterCount: {"95588"}, fault.SMSParameterDate: {"95588", "later"}, fault.SMSParameter: {"x", "15:04"},
	} {
		if got := code(tpl.checkValues("sms_params", values)); got != want {
			t.Errorf("%v: %q, want %q", values, got, want)
		}
	}
}

// Cutting loses nothing: the pieces, written back, are the content.
func FuzzParseContent(f *testing.F) {
	for _, s := range []string{"", "${1}", "a${12}b${", "${01}${+1}${1", "${99}${100}", "$${1}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		var b strings.Builder
		for _, p := range parseContent(content) {
			if p.variable == 0 {
				b.WriteString(p.text)
			} else {
				b.WriteString("${" + decimal(int64(p.variable)) + "}")
			}
		}
		if b.String() != content {
			t.Fatalf("%q became %q", content, b.String())
		}
	})
}

func TestParsePhone(t *testing.T) {
	for in, want := range map[string]string{
		"13100000000": "+8613100000000", "8613100000000": "+8613100000000", "008613100000000": "+8613100000000", "+8613100000000": "+8613100000000",
		" 131 0000-0000 ": "+8613100000000", "+6591234567": "+6591234567", "006591234567": "+6591234567",
		"": "", "12100000000": "", "1310000000": "", "131000000000": "", "01012345678": "", "+861012345678": "", "abc": "", "+": "", "+1": "", "８６131": "",
		"+86131000000001": "",
	} {
		got, ok := ParsePhone(in)
		if got != want || ok != (want != "") {
			t.Errorf("%q = %q, %v; want %q", in, got, ok, want)
		}
	}
}

func FuzzParsePhone(f *testing.F) {
	for _, s := range []string{"13100000000", "+8613100000000", "0065 9123 4567", "+++", "86"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e164, ok := ParsePhone(s)
		if !ok {
			return
		}
		if again, ok := ParsePhone(e164); !ok || again != e164 || e164[0] != '+' || !digits(e164[1:]) || len(e164) > 16 {
			t.Fatalf("%q = %q = %q", s, e164, again)
		}
	})
}

func TestNetwork(t *testing.T) {
	for in, want := range map[string]string{
		"+8613800138000": CMCC, "+8613100000000": CUCC, "+8618900189000": CTCC, "+8613490000000": CTCC, "+8613400000000": CMCC, "+8617040000000": CUCC,
		"+8617000000000": CTCC, "+8617050000000": CMCC, "+8619200000000": Unknown, "+6591234567": Unknown,
	} {
		if got := Network(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	for prefix := range networks {
		if len(prefix) != 3 && len(prefix) != 4 || prefix[0] != '1' {
			t.Errorf("prefix %q", prefix)
		}
	}
}

func TestMsgID(t *testing.T) {
	const uuid = "7e52e4fe-ef00-4826-84b6-756446c5cccc"
	id := MsgID(uuid, 595223901)
	if u, n, err := ParseMsgID(id); u != uuid || n != 595223901 || err != nil || len(id) > 50 {
		t.Errorf("%s = %s, %d, %v", id, u, n, err)
	}
	for _, bad := range []string{"", uuid, uuid + "_", uuid + "_0", uuid + "_-1", uuid + "_+1", uuid + "_01", "x_1", uuid + "_1_2"} {
		if _, _, err := ParseMsgID(bad); err == nil {
			t.Errorf("%q is a msg_id", bad)
		}
	}
	if m, try, part := SplitKey(LedgerKey(1<<40, 200, 17)); m != 1<<40 || try != 200 || part != 17 {
		t.Errorf("key: %d %d %d", m, try, part)
	}
}

func TestChannelsAreValidated(t *testing.T) {
	good := Channel{Name: "a", Number: "1069", Rate: 10}
	bad := Channel{Name: "b b", Number: "x", Carriers: []string{"cn"}, Kinds: []string{"all"}, Margin: -1}
	if err := validateChannels([]Channel{good}); err != nil {
		t.Error(err)
	}
	err := validateChannels([]Channel{bad, good, good})
	if err == nil || strings.Count(err.Error(), "\n") != 6 {
		t.Errorf("want all seven complaints at once, got:\n%v", err)
	}
}
