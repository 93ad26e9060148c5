package serviceaccount

import (
	"errors"
	"strings"
	"testing"

	"cardlink/fault"
)

func TestCells(t *testing.T) {
	f := func(s string, want int) {
		t.Helper()
		if got := cells(s); got != want {
			t.Errorf("cells(%q) = %d, want %d", s, got, want)
		}
	}
	f("", 0)
	f("shop-1", 6)
	f("商城", 4)
	f("商城 A", 6)
	f("ＡＢ，", 6) // full width
	f("é", 1)
	f("ｱ", 1) // half width
	f("😀", 2)
}

func TestPhones(t *testing.T) {
	f := func(s string, want bool) {
		t.Helper()
		if got := isPhone(s); got != want {
			t.Errorf("isPhone(%q) = %v", s, got)
		}
	}
	f("95599", true)
	f("0755-12345678", true)
	f("400-800-8800", true)
	f("12345678901234567890", true)
	f("", false)
	f("1", false)
	f("-12", false)
	f("12-", false)
	f("1--2", false)
	f("12 34", false)
	f("12a", false)
	f("１２３", false)
	f("123456789012345678901", false)
}

// refused checks that err is a 400 that names field, or nil if field is "".
func refused(t *testing.T, name string, err error, field string) {
	t.Helper()
	if field == "" {
		if err != nil {
			t.Errorf("%s: refused: %v", name, err)
		}
		return
	}
	var e *fault.Error
	if !errors.As(err, &e) || e.Code != fault.Parameter || e.Field != field {
		t.Errorf("%s: %v, want a complaint about %s", name, err, field)
	}
}

func TestNamesAndTexts(t *testing.T) {
	name := func(s, field string) {
		t.Helper()
		refused(t, s, checkName("x", s, chars, 1, 5), field)
	}
	name("商城商城商", "")
	name("商城商城商城", "x")
	name("", "x")
	name(" a", "x")
	name("a\nb", "x")
	name("a\u200bb", "x") // zero width: two names that look the same
	name("a\x00", "x")
	text := func(s, field string) {
		t.Helper()
		refused(t, s, checkText("x", s, cells, 2, 6), field)
	}
	text("商城商", "")
	text("商城商a", "x")
	text("a", "x")
	text("a\nb", "")
	text("a\tb", "x")
	text("   ", "x")
	if err := checkText("x", "商城商a", cells, 2, 6); !strings.Contains(err.Error(), "2-6 characters, of which a Chinese one counts 2") {
		t.Error(err)
	}
}
