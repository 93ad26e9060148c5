package fault

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// Every Code constant of this package stands in the table, with a status of the wire contract and a text in both languages.
func TestEveryCodeIsInTheTable(t *testing.T) {
	codes := declaredCodes(t)
	for name, code := range codes {
		e, ok := table[code]
		switch {
		case !ok:
			t.Errorf("%s (%s) is not in the table", name, code)
		case e.en == "" || e.zh == "":
			t.Errorf("%s (%s) lacks a text: %q, %q", name, code, e.en, e.zh)
		case e.status < 400 || e.status > 599:
			t.Errorf("%s (%s) has status %d", name, code, e.status)
		}
	}
	if len(table) != len(codes) {
		t.Errorf("%d entries for %d codes: two constants share a code, or the table knows one that has no name", len(table), len(codes))
	}
}

// declaredCodes reads the constants from the source, since a program cannot list its own.
func declaredCodes(t *testing.T) map[string]Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "table.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]Code{}
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			if id, ok := v.Type.(*ast.Ident); !ok || id.Name != "Code" {
				continue
			}
			text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes[v.Names[0].Name] = Code(text)
		}
	}
	if len(codes) < 50 {
		t.Fatalf("found only %d codes in table.go", len(codes))
	}
	return codes
}

func TestWhatCallersRead(t *testing.T) {
	cause := errors.New("secret detail")
	for _, c := range []struct {
		in     *Error
		en, zh string
		status int
	}{
		{New(Parameter, ""), "request parameter error", "请求参数错误", 400},
		{In(Parameter, "limit", "must be 1-100"), "limit: must be 1-100", "limit：须为1-100", 400},
		{Inf(Parameter, "limit", "must be 1-%d", 100), "limit: must be 1-100", "limit：须为1-100", 400},
		{Newf(Forbidden, "no %s", "right"), "no right", "没有操作权限：no right", 403},
		{Wrap(Internal, cause), "internal error", "内部错误", 500},
		{Of(fmt.Errorf("read: %w", cause)), "internal error", "内部错误", 500},
		{Of(fmt.Errorf("create: %w", In(UnknownTemplate, "tpl_id", ""))), "tpl_id: template does not exist", "模板不存在（tpl_id）", 400},
		{New("KM.99999999", "odd"), "odd", "：odd", 500},
		{New(Parameter, ""), "request parameter error", "请求参数错误", 400},
		{In(Parameter, "tpl_id", "is older than the moon"), "tpl_id: is older than the moon", "请求参数错误（tpl_id）：is older than the moon", 400},
	} {
		if en, zh := c.in.Text(English), c.in.Text(Chinese); en != c.en || zh != c.zh || c.in.Status() != c.status {
			t.Errorf("%v: %q, %q, %d; want %q, %q, %d", c.in.Code, en, zh, c.in.Status(), c.en, c.zh, c.status)
		}
		for _, l := range []Language{English, Chinese} {
			if strings.Contains(c.in.Text(l), cause.Error()) {
				t.Errorf("the cause is shown: %q", c.in.Text(l))
			}
		}
	}
	if Of(nil) != nil {
		t.Error("Of(nil) is a failure")
	}
}

func TestIsAndHas(t *testing.T) {
	err := fmt.Errorf("create: %w", In(UnknownTemplate, "tpl_id", "gone"))
	for name, c := range map[string]struct{ got, want bool }{
		"Is by code":         {errors.Is(err, New(UnknownTemplate, "")), true},
		"Is by field":        {errors.Is(err, In(UnknownTemplate, "tpl_id", "")), true},
		"Is not other field": {errors.Is(err, In(UnknownTemplate, "sign", "")), false},
		"Is not other code":  {errors.Is(err, New(Parameter, "")), false},
		"Has":                {Has(err, UnknownTemplate), true},
		"Has not":            {Has(err, Parameter), false},
		"Has of another":     {Has(errors.New("x"), Parameter), false},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v", name, c.got)
		}
	}
	cause := errors.New("cause")
	if w := Wrap(Internal, cause); !errors.Is(w, cause) || !strings.Contains(w.Error(), "cause") {
		t.Errorf("the log does not see the cause: %v", w)
	}
}
