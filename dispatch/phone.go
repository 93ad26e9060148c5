package dispatch

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Networks of a number, as events name them.
const (
	CMCC    = "cmcc" // China Mobile
	CUCC    = "cucc" // China Unicom
	CTCC    = "ctcc" // China Telecom
	Unknown = "unknown"
)

// ParsePhone reads a recipient in the forms of api.md D-58 (131…, 86131…, 0086131…, +86131…, or another country's with its prefix) and
// returns it as +86131…. Blanks and dashes are ignored. It reports false for what cannot be a mobile number.
func ParsePhone(s string) (e164 string, ok bool) {
	if chineseMobile(s) {
		return "+86" + s, true // by far the usual form
	}
	s = strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(s))
	for _, prefix := range [...]string{"", "+86", "0086", "86"} {
		if rest, cut := strings.CutPrefix(s, prefix); cut && chineseMobile(rest) {
			return "+86" + rest, true
		}
	}
	if rest, cut := strings.CutPrefix(s, "00"); cut {
		s = "+" + rest
	}
	if !strings.HasPrefix(s, "+") || len(s) > 20 || !digits(s[1:]) {
		return "", false
	}
	n, err := phonenumbers.Parse(s, "ZZ")
	if err != nil || n.GetCountryCode() == 86 || !phonenumbers.IsValidNumber(n) {
		return "", false // a Chinese number that is not a mobile one was refused above
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE:
		return phonenumbers.Format(n, phonenumbers.E164), true
	}
	return "", false
}

// chineseMobile reports whether s is an 11-digit number of a range that is given to mobile networks.
func chineseMobile(s string) bool {
	return len(s) == 11 && s[0] == '1' && s[1] >= '3' && s[1] <= '9' && digits(s)
}

// networks are the number ranges of mainland China by network: the first three digits, and four where a range is shared. A longer entry wins.
// Ported numbers answer "wrong network", which the dispatcher learns from (class ROUTE).
var networks = map[string]string{
	"134": CMCC, "135": CMCC, "136": CMCC, "137": CMCC, "138": CMCC, "139": CMCC, "147": CMCC, "148": CMCC, "150": CMCC, "151": CMCC,
	"152": CMCC, "157": CMCC, "158": CMCC, "159": CMCC, "165": CMCC, "172": CMCC, "178": CMCC, "182": CMCC, "183": CMCC, "184": CMCC,
	"187": CMCC, "188": CMCC, "195": CMCC, "197": CMCC, "198": CMCC, "1703": CMCC, "1705": CMCC, "1706": CMCC, "1440": CMCC,

	"130": CUCC, "131": CUCC, "132": CUCC, "145": CUCC, "146": CUCC, "155": CUCC, "156": CUCC, "166": CUCC, "167": CUCC, "171": CUCC,
	"175": CUCC, "176": CUCC, "185": CUCC, "186": CUCC, "196": CUCC, "1704": CUCC, "1707": CUCC, "1708": CUCC, "1709": CUCC,

	"133": CTCC, "149": CTCC, "153": CTCC, "162": CTCC, "173": CTCC, "177": CTCC, "180": CTCC, "181": CTCC, "189": CTCC, "190": CTCC,
	"191": CTCC, "193": CTCC, "199": CTCC, "1349": CTCC, "1700": CTCC, "1701": CTCC, "1702": CTCC, "1740": CTCC,
}

// Network is the network that a number in the form +86… was given to, or Unknown.
func Network(e164 string) string {
	local, ok := strings.CutPrefix(e164, "+86")
	if !ok || len(local) < 4 {
		return Unknown
	}
	if n, ok := networks[local[:4]]; ok {
		return n
	}
	if n, ok := networks[local[:3]]; ok {
		return n
	}
	return Unknown
}
