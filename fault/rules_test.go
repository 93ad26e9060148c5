package fault

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRulesInBothLanguages(t *testing.T) {
	f := func(e *Error, status int, en, zh string) {
		t.Helper()
		if e.Text(English) != en || e.Text(Chinese) != zh || e.Status() != status {
			t.Errorf("%d %q, %q; want %d %q, %q", e.Status(), e.Text(English), e.Text(Chinese), status, en, zh)
		}
	}
	f(Required("sign"), 400, "sign: is required", "sign：必填")
	f(Length("sign", 1, 18), 400, "sign: must be 1-18 characters", "sign：长度须为1-18个字符")
	f(Length("sign", 0, 18), 400, "sign: must be at most 18 characters", "sign：长度不能超过18个字符")
	f(Range("limit", 1, 100), 400, "limit: must be an integer from 1 to 100", "limit：须为1到100之间的整数")
	f(Integer("limit"), 400, "limit: must be an integer", "limit：须为整数")
	f(Digits("tpl_id"), 400, "tpl_id: must be digits", "tpl_id：须为数字")
	f(OneOf("kind", "a"), 400, "kind: must be a", "kind：须为a")
	f(OneOf("kind", "a", "b", "c"), 400, "kind: must be a, b or c", "kind：须为a、b或c")
	f(Boolean("on"), 400, "on: must be true or false", "on：须为true或false")
	f(Time("to"), 400, "to: must be a time such as 2026-01-02T03:04:05Z", "to：须为时间，例如2026-01-02T03:04:05Z")
	f(Count("ids", 1, 20), 400, "ids: must hold 1-20 values", "ids：须为1-20项")
	f(Count("ids", 0, 20), 400, "ids: must hold at most 20 values", "ids：最多20项")
	f(NotFound("id").Coded(UnknownSMSTemplate), 400, "id: does not exist", "id：不存在")
	f(Taken("name"), 400, "name: exists already", "name：已存在")
	f(Type("pages", Array), 400, "pages: must be a JSON array", "pages：须为JSON数组")
	f(Said("x", "is odd", "奇怪"), 400, "x: is odd", "x：奇怪")
	f(MethodNotAllowed("PATCH", "GET, POST"), 405, "the API does not know PATCH here; it knows GET, POST", "该API不支持PATCH，支持GET, POST")
	f(MediaType("application/json"), 415, "Content-Type: must be application/json", "Content-Type：须为application/json")
	f(KeyReused(), 422, "Idempotency-Key: was used with another request", "Idempotency-Key：已用于另一个请求")
	if e := NotFound("id").Coded(UnknownSMSTemplate); e.Code != UnknownSMSTemplate || TimedOut().Code != "APIGW.0201" || Busy().Code != Throttled {
		t.Error("codes of rules")
	}
}

func TestForeignRulesInChinese(t *testing.T) {
	f := func(rule, zh string) {
		t.Helper()
		if got := In(Parameter, "f", rule).Text(Chinese); got != zh {
			t.Errorf("%q: %q, want %q", rule, got, zh)
		}
	}
	f("must be Success or Fail", "f：须为Success或Fail")
	f("must be 0, 1 or 2", "f：须为0, 1或2")
	f("must be PHONE, NEWTEXT, CHARDIGIT, DATETIME, MONEY or TEXT", "f：须为PHONE, NEWTEXT, CHARDIGIT, DATETIME, MONEY或TEXT")
	f("must be 1-7 for aim_code_type individual", "f：aim_code_type为individual时须为1-7")
	f("must be individual", "f：须为individual")
	f("is required with end_time", "f：与end_time须同时提供")
	f("the video does not exist", "f：不存在")
	f("template does not exist: 600000001", "f：不存在")
	f("is beautiful", "请求参数错误（f）：is beautiful")
	f(strings.Repeat("x", longestRule+1)+" does not exist", "请求参数错误（f）："+strings.Repeat("x", longestRule+1)+" does not exist")
}

// Every phrase keeps what the rule says about values: each group of the form stands in the Chinese text.
func TestPhrasesCarryTheirValues(t *testing.T) {
	for _, p := range phrases {
		for n := 1; n <= p.form.NumSubexp(); n++ {
			if !regexp.MustCompile(`\$\{` + string(rune('0'+n)) + `\}`).MatchString(p.text) {
				t.Errorf("%q loses $%d of %q", p.text, n, p.form)
			}
		}
	}
}

// Whatever the rule and the field, both languages name the field and neither is empty.
func TestTextNamesTheField(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := In(Parameter, rapid.StringMatching(`[a-z]{1,8}(\[[0-9]\])?`).Draw(t, "field"), rapid.String().Draw(t, "rule"))
		for _, l := range []Language{English, Chinese} {
			if s := e.Text(l); s == "" || !strings.Contains(s, e.Field) {
				t.Fatalf("%q of %+v", s, e)
			}
		}
	})
}
