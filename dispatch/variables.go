package dispatch

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cardlink/fault"
)

// Types of a variable of an SMS template (api.md §14).
const (
	VarPhone     = "PHONE"
	VarLink      = "NEWTEXT" // the short link
	VarCharDigit = "CHARDIGIT"
	VarDateTime  = "DATETIME"
	VarMoney     = "MONEY"
	VarText      = "TEXT"
)

// variableType is what §14 and §15.3 say about one type.
type variableType struct {
	max   int // characters of a value
	code  fault.Code
	rule  string
	valid func(value string) bool
}

var variableTypes = map[string]variableType{
	VarPhone:     {15, fault.SMSParameter, "must be a phone number: digits, dashes between them, perhaps a leading +", phoneShape.MatchString},
	VarLink:      {99, fault.SMSParameter, "must be a short link", func(string) bool { return true }},
	VarCharDigit: {20, fault.SMSParameterNumber, "must be letters and digits only, and no phone number, QQ or WeChat number", validCharDigit},
	VarDateTime:  {20, fault.SMSParameterDate, "must be a date such as 2026-01-02 or a time such as 15:04, not both", validDateTime},
	VarMoney:     {20, fault.SMSParameter, "must be digits, a point or Chinese numerals, without currency sign", validMoney},
	VarText:      {20, fault.SMSParameter, "must hold none of . 。 ' < > { } and no phone number, QQ, WeChat or web address", validText},
}

// checkVariable checks one value against the rules of its type. field is its wire name.
func checkVariable(field, kind, value string) error {
	t := variableTypes[kind]
	if n := utf8.RuneCountInString(value); n < 1 || n > t.max || !utf8.ValidString(value) {
		return fault.Inf(fault.SMSParameter, field, "must be 1-%d characters for type %s", t.max, kind)
	}
	if strings.ContainsFunc(value, unicode.IsControl) {
		return fault.In(fault.SMSParameter, field, "must be text without control characters")
	}
	if !t.valid(value) {
		return fault.In(t.code, field, t.rule)
	}
	return nil
}

var (
	// Mobile, landline, 95…, 400 and 800 numbers and short service numbers have no common pattern but this one.
	phoneShape = regexp.MustCompile(`^\+?[0-9]+(-[0-9]+)*$`)

	mobileInside = regexp.MustCompile(`(^|[^0-9])(\+?86)?1[3-9][0-9]{9}([^0-9]|$)`)
	// A landline or hotline shows by its dash or blank; without, it is a number like any other.
	landlineInside = regexp.MustCompile(`(^|[^0-9])(0[1-9][0-9]{1,2}[- ][0-9]{7,8}|[48]00-[0-9]{3,4}-?[0-9]{3,4})([^0-9]|$)`)
	// A QQ number is 5 digits or more: codes may hold the letters QQ.
	contactInside = regexp.MustCompile(`(?i)qq\s*(号码?)?\s*[:：]?\s*[1-9][0-9]{4,}|(微信|weixin|wechat)\s*[:：号]?\s*[a-z0-9_]{4,}`)
	webInside     = regexp.MustCompile(`(?i)https?://|www`)
)

// A web address cannot be written with letters and digits alone, so none is looked for.
func validCharDigit(v string) bool {
	for i := range len(v) {
		if c := v[i]; !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return false
		}
	}
	return !mobileInside.MatchString(v) && !contactInside.MatchString(v)
}

var dateTimeForms = []string{
	"20060102", "2006-01-02", "2006/01/02", "2006年01月02日", "15:04:05", "15:04", "15点04分", "15点04",
}

func validDateTime(v string) bool {
	for _, form := range dateTimeForms {
		// The round trip refuses one-digit hours, which Parse lets pass.
		if t, err := time.Parse(form, v); err == nil && t.Format(form) == v {
			return true
		}
	}
	return false
}

func validMoney(v string) bool {
	return strings.Trim(v, "0123456789.零〇一二三四五六七八九十百千万亿两点壹贰叁肆伍陆柒捌玖拾佰仟") == ""
}

func validText(v string) bool {
	return !strings.ContainsAny(v, ".。'<>{}") && !mobileInside.MatchString(v) && !landlineInside.MatchString(v) && !contactInside.MatchString(v) && !webInside.MatchString(v)
}
