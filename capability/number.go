package capability

import (
	"crypto/sha1" //nolint:gosec // a name that the wire contract gives to numbers, not a protection of anything
	"encoding/hex"
	"errors"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// errNotANumber: the text is no phone number in any form.
var errNotANumber = errors.New("must be digits: a mobile number, or country code and number")

// ParsePhone reads a number as callers write it (131…, 86131…, 0086131…, +86131…, or another country's with its code; blanks and dashes are ignored) and
// names it. mobile is false for digits that no mobile phone has, such as a landline's; such a number has no name. The error is for text that is no number at all.
func ParsePhone(s string) (n Number, mobile bool, err error) {
	if strings.ContainsAny(s, " -") {
		s = strings.NewReplacer(" ", "", "-", "").Replace(s)
	}
	d, international := strings.CutPrefix(s, "+")
	if rest, cut := strings.CutPrefix(d, "00"); cut && !international {
		d, international = rest, true
	}
	if d == "" || !digits(d) {
		return Number{}, false, errNotANumber
	}
	if !international && chineseMobile(d) {
		return sha1.Sum([]byte("86" + d)), true, nil //nolint:gosec // as above
	}
	if rest, cut := strings.CutPrefix(d, "86"); cut {
		if !chineseMobile(rest) {
			return Number{}, false, nil
		}
		return sha1.Sum([]byte(d)), true, nil //nolint:gosec // as above
	}
	p, err := phonenumbers.Parse("+"+d, "ZZ")
	if err != nil || len(d) > 15 || !phonenumbers.IsValidNumber(p) {
		return Number{}, false, nil //nolint:nilerr // digits, but nobody's
	}
	switch phonenumbers.GetNumberType(p) {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE:
		e164 := phonenumbers.Format(p, phonenumbers.E164)
		return sha1.Sum([]byte(e164[1:])), true, nil //nolint:gosec // as above
	}
	return Number{}, false, nil
}

// ParseHash reads a number that is named already: 40 hexadecimal digits, in either case.
func ParseHash(s string) (n Number, ok bool) {
	if len(s) != hex.EncodedLen(len(n)) {
		return Number{}, false
	}
	if _, err := hex.Decode(n[:], []byte(s)); err != nil {
		return Number{}, false
	}
	return n, true
}

// chineseMobile reports whether s is an 11-digit number of a range that is given to mobile networks.
func chineseMobile(s string) bool {
	return len(s) == 11 && s[0] == '1' && s[1] >= '3' && s[1] <= '9'
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
