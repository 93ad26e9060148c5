// Package fault owns the failures callers are told about: every documented code with its HTTP status and
// its English and Chinese text in one table, and the error type that carries one of them through the rooms.
// It refuses to know HTTP bodies, handlers or any room's rules; gateway renders what it finds here.
package fault

import (
	"errors"
	"fmt"
)

// Code is a documented failure code such as "KM.90016803" (api.md §19). The zero Code is no failure.
type Code string

// Error is a failure a caller may see. Anything that is not an *Error is internal: it is logged and answered as
// Internal, and its text never leaves the process.
type Error struct {
	Code  Code
	Field string // the wire name of the offending field ("params[3].custom_url"); empty if the request as a whole is at fault
	Rule  string // what is wrong and what would be right, in English; empty = the table's text
	Err   error  // the cause, for the log only; never shown

	rule   string // Rule in Chinese; empty = what chinese.go makes of Rule
	status int    // HTTP status where it is not the code's own; 0 = the table's
}

// New returns a failure without a field. An empty rule means the table's own text.
func New(c Code, rule string) *Error { return &Error{Code: c, Rule: rule} }

// Newf is New with a formatted rule.
func Newf(c Code, format string, args ...any) *Error {
	return &Error{Code: c, Rule: fmt.Sprintf(format, args...)}
}

// In returns a failure of one field: In(Parameter, "expiration_time", "must be 1-7").
func In(c Code, field, rule string) *Error { return &Error{Code: c, Field: field, Rule: rule} }

// Inf is In with a formatted rule.
func Inf(c Code, field, format string, args ...any) *Error {
	return &Error{Code: c, Field: field, Rule: fmt.Sprintf(format, args...)}
}

// Wrap returns a failure of code c caused by err; err's text is logged, never shown.
func Wrap(c Code, err error) *Error { return &Error{Code: c, Err: err} }

// Error is the log form: code, field, rule and cause.
func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Text(English)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports equality by code, so errors.Is(err, fault.New(fault.UnknownTemplate, "")) works with any field or rule.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code && (t.Field == "" || t.Field == e.Field)
}

// Of returns the *Error in err's chain, or an Internal failure around err. Of(nil) is nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: Internal, Err: err}
}

// Has reports whether err's chain holds a failure of code c.
func Has(err error, c Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == c
}

// Language selects a column of the table.
type Language uint8

// The two languages of the texts.
const (
	English Language = iota
	Chinese
)

// Text is what the caller reads: "field: rule", or the table's text where no rule is named. In Chinese a rule that nobody has translated stands in English behind
// the table's text.
func (e *Error) Text(l Language) string {
	entry := table[e.Code]
	if l != Chinese {
		rule := e.Rule
		if rule == "" {
			rule = entry.en
		}
		if e.Field != "" {
			return e.Field + ": " + rule
		}
		return rule
	}
	rule := e.RuleZH()
	switch {
	case rule != "" && e.Field != "":
		return e.Field + "：" + rule
	case rule != "":
		return rule
	}
	s := entry.zh
	if e.Field != "" {
		s += "（" + e.Field + "）"
	}
	if e.Rule != "" {
		s += "：" + e.Rule
	}
	return s
}

// RuleZH is the rule in Chinese; empty if there is none, or one that nobody has translated.
func (e *Error) RuleZH() string {
	if e.rule != "" {
		return e.rule
	}
	return translate(e.Rule)
}

// Status is the HTTP status of the failure: its own, or its code's; 500 for a code that is not in the table.
func (e *Error) Status() int {
	if e.status != 0 {
		return e.status
	}
	if entry, ok := table[e.Code]; ok {
		return entry.status
	}
	return 500
}
