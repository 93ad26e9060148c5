package fault

import (
	"strconv"
	"strings"
)

// The rules that come up everywhere, said the same way everywhere and in both languages. All are of code Parameter; Coded gives another.

// Required: the field is missing or empty.
func Required(field string) *Error { return said(field, "is required", "必填") }

// Length: the text must be low to high characters; low 0 names only the upper bound.
func Length(field string, low, high int) *Error {
	if low <= 0 {
		h := strconv.Itoa(high)
		return said(field, "must be at most "+h+" characters", "长度不能超过"+h+"个字符")
	}
	r := span(int64(low), int64(high))
	return said(field, "must be "+r+" characters", "长度须为"+r+"个字符")
}

// Range: the value must be an integer from low to high.
func Range(field string, low, high int64) *Error {
	l, h := strconv.FormatInt(low, 10), strconv.FormatInt(high, 10)
	return said(field, "must be an integer from "+l+" to "+h, "须为"+l+"到"+h+"之间的整数")
}

// Integer: the value is no integer of 32 bits.
func Integer(field string) *Error { return said(field, "must be an integer", "须为整数") }

// Digits: the value must be made of digits.
func Digits(field string) *Error { return said(field, "must be digits", "须为数字") }

// OneOf: the value must be one of those given, of which there is at least one.
func OneOf(field string, values ...string) *Error {
	en, zh := values[len(values)-1], values[len(values)-1]
	if head := values[:len(values)-1]; len(head) > 0 {
		en, zh = strings.Join(head, ", ")+" or "+en, strings.Join(head, "、")+"或"+zh
	}
	return said(field, "must be "+en, "须为"+zh)
}

// Boolean: the value must be true or false.
func Boolean(field string) *Error { return OneOf(field, "true", "false") }

// Time: the value has no form of a time that is known.
func Time(field string) *Error {
	return said(field, "must be a time such as 2026-01-02T03:04:05Z", "须为时间，例如2026-01-02T03:04:05Z")
}

// Count: the list must hold low to high values; low 0 names only the upper bound.
func Count(field string, low, high int) *Error {
	if low <= 0 {
		h := strconv.Itoa(high)
		return said(field, "must hold at most "+h+" values", "最多"+h+"项")
	}
	r := span(int64(low), int64(high))
	return said(field, "must hold "+r+" values", "须为"+r+"项")
}

// NotFound: what the field names is not there, or not the caller's, which is never told apart.
func NotFound(field string) *Error { return said(field, "does not exist", "不存在") }

// Taken: the name or number is given already.
func Taken(field string) *Error { return said(field, "exists already", "已存在") }

// Kind is a JSON type as a rule names it.
type Kind uint8

// The JSON types that operations ask for.
const (
	String Kind = iota
	Object
	Array
)

var kinds = [...]struct{ en, zh string }{String: {"a string", "字符串"}, Object: {"a JSON object", "JSON对象"}, Array: {"a JSON array", "JSON数组"}}

// Type: the value is of another JSON type than k.
func Type(field string, k Kind) *Error {
	return said(field, "must be "+kinds[k].en, "须为"+kinds[k].zh)
}

// Said is a rule in words of its own, in both languages.
func Said(field, english, chinese string) *Error { return said(field, english, chinese) }

// Coded gives a rule the specific code of the operation.
func (e *Error) Coded(c Code) *Error {
	moved := *e
	moved.Code = c
	return &moved
}

func said(field, en, zh string) *Error {
	return &Error{Code: Parameter, Field: field, Rule: en, rule: zh}
}

func span(low, high int64) string {
	return strconv.FormatInt(low, 10) + "-" + strconv.FormatInt(high, 10)
}
