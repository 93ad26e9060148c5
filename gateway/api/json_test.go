package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"cardlink/fault"
)

func TestReadJSON(t *testing.T) {
	f := func(in string, want map[string]any) {
		t.Helper()
		got, err := readJSON([]byte(in), fault.Parameter)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v", in, got, err)
		}
	}
	f(`{}`, map[string]any{})
	f("\xef\xbb\xbf \n{ \"a\" : null }\n", map[string]any{"a": nil})
	f(`{"a":[],"b":{},"c":[true,false,-0.5e+10,"x"]}`, map[string]any{"a": []any{}, "b": map[string]any{},
		"c": []any{true, false, json.Number("-0.5e+10"), "x"}})
	f(`{"t":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀"}`, map[string]any{"t": "\"\\/\b\f\n\r\té😀é😀"})
	f(`{"n":`+strings.Repeat("9", maxNumber)+`}`, map[string]any{"n": json.Number(strings.Repeat("9", maxNumber))})
	f(`{"a":`+strings.Repeat("[", maxDepth-1)+strings.Repeat("]", maxDepth-1)+`}`, map[string]any{"a": nested(maxDepth - 1)})
}

func nested(n int) any {
	list := []any{}
	for range n - 1 {
		list = []any{list}
	}
	return list
}

func TestReadJSONRefuses(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		_, err := readJSON([]byte(in), fault.TemplateNotJSON)
		e := fault.Of(err)
		if e == nil || e.Text(fault.English) != want || e.Text(fault.Chinese) == "" {
			t.Errorf("%.60q: %v, want %s", in, err, want)
		}
	}
	f(`{"a":`, "body: is not valid JSON: it ends too early")
	f(`{"a":1,}`, "body: is not valid JSON at byte 7")
	f(`{a:1}`, "body: is not valid JSON at byte 1")
	f(`{"a":01}`, "body: is not valid JSON at byte 6")
	f(`{"a":1.}`, "body: is not valid JSON at byte 7")
	f(`{"a":"\x"}`, "body: is not valid JSON at byte 7")
	f("{\"a\":\"\n\"}", "body: is not valid JSON at byte 6")
	f(`{"a":nul}`, "body: is not valid JSON at byte 5")
	f(`{}{}`, "body: must be one JSON object and nothing after it")
	f(`[]`, "body: must be a JSON object")
	f(`"x"`, "body: must be a JSON object")
	f(`null`, "body: must be a JSON object")
	f(`hello`, "body: is not valid JSON at byte 0")
	f(`{"a":{"b":[{"c":1,"c":2}]}}`, "a.b[0].c: is given twice")
	f(`{"":1,"":2}`, `"": is given twice`)
	f("{\"a\":[\"x\",\"\xff\"]}", "a[1]: must be valid UTF-8")
	f("{\"a\":\"\xed\xa0\x80\"}", "a: must be valid UTF-8")
	f(`{"a":"\ud800"}`, "a: must not hold half a surrogate pair")
	f(`{"a":"x\u0000"}`, "a: must not hold the character U+0000")
	f(`{"a":"\ud800\u0041"}`, "a: must not hold half a surrogate pair")
	f(`{"a":`+strings.Repeat("9", maxNumber+1)+`}`, "a: must be a number of at most 64 characters")
	f(`{"a":`+strings.Repeat("[", maxDepth)+strings.Repeat("]", maxDepth)+`}`, "a"+strings.Repeat("[0]", maxDepth-1)+": must be nested at most 32 levels deep")
	f(`{"a":[0`+strings.Repeat(",0", maxItems)+`]}`, "a: must hold at most 10000 values")
	f(`{"`+strings.Repeat("长", 100)+`":"`+"\xff"+`"}`, strings.Repeat("长", 21)+"…: must be valid UTF-8")
	var names strings.Builder
	for i := range maxMembers + 1 {
		names.WriteString(`,"` + strings.Repeat("x", i+1) + `":0`)
	}
	f(`{"o":{`+names.String()[1:]+`}}`, "o: must hold at most 1000 names")
	row := "[0" + strings.Repeat(",0", 9_999) + "]"
	f(`{"a":[`+row+strings.Repeat(","+row, 20)+`]}`, "body: must hold at most 200000 JSON values in all")

	for _, body := range []string{`{"a":`, `[]`} {
		if _, err := readJSON([]byte(body), fault.TemplateNotJSON); !fault.Has(err, fault.TemplateNotJSON) {
			t.Errorf("%s: %v, want the operation's own code", body, err)
		}
	}
}

// A body that is nothing but brackets needs neither stack nor time.
func TestReadJSONIsBounded(t *testing.T) {
	for _, in := range []string{strings.Repeat("[", 12<<20), `{"a":` + strings.Repeat(`{"a":`, 2<<20), `{"a":[` + strings.Repeat(`0,`, 6<<20)} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := readJSON([]byte(in), fault.Parameter); err == nil {
			t.Error("accepted")
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc - uint64(len(in)); n > 32<<20 {
			t.Errorf("%.10s…: %d bytes allocated", in, n)
		}
	}
}

// FuzzReadJSON holds the reader against encoding/json: what it takes is JSON and means the same, and what it refuses is either not JSON or breaks a rule that
// encoding/json does not have.
func FuzzReadJSON(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"a":[1,2.5e-3,"x\u00e9\ud83d\ude00",null,true,{"b":{}}]}`, `{"a":"\ud800"}`, `{"a":1,"a":2}`, "{\"a\":\"\xff\"}", `[]`, `{"a":01}`, `{}x`,
		`{"tpl_id":"600000001","sms_signs":["示例商城"],"resolving_times":2,"aim_code_type":"group","expiration_time":"72","params":[{"cust_flag":"x"}]}`,
		"\xef\xbb\xbf{}", `{"":"","":`, `{"n":-0}`, `{"n":1e400}`, strings.Repeat(`{"a":`, 40), `{"a":` + strings.Repeat("[", 33) + strings.Repeat("]", 33) + `}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := readJSON(in, fault.Parameter)
		d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(in, []byte("\xef\xbb\xbf"))))
		d.UseNumber()
		var want any
		theirs := d.Decode(&want)
		if theirs == nil {
			if _, e := d.Token(); !errors.Is(e, io.EOF) {
				theirs = errors.New("more")
			}
		}
		if err == nil {
			if theirs != nil || !reflect.DeepEqual(any(got), want) {
				t.Fatalf("%q: %#v, encoding/json has %#v, %v", in, got, want, theirs)
			}
			return
		}
		e := fault.Of(err)
		if e.Status() != 400 || e.Field == "" || !utf8.ValidString(e.Text(fault.Chinese)) || !utf8.ValidString(e.Text(fault.English)) {
			t.Fatalf("%q: %v", in, err)
		}
		if theirs == nil && strings.Contains(e.Rule, "not valid JSON") {
			t.Fatalf("%q: refused as no JSON, and it is", in)
		}
	})
}

func BenchmarkReadJSON(b *testing.B) {
	item := `{"cust_flag":"13100000000","dync_params":{"param1":"示例","param2":"https://shop.example.com/a?b=1","param3":"x\ny"},"custom_url":"https://shop.example.com/landing"}`
	body := []byte(`{"tpl_id":"600000001","params":[` + item + strings.Repeat(","+item, 99) + `]}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readJSON(body, fault.Parameter); err != nil {
			b.Fatal(err)
		}
	}
}
