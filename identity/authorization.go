package identity

import (
	"encoding/hex"
	"errors"
	"strings"
)

// Bounds of an Authorization header; longer or fuller ones are refused unread.
const (
	maxAuthorization = 4 << 10 // bytes
	maxSignedHeaders = 64
	maxAccessKey     = 64 // characters
)

// authorization is the parsed header of a signed request.
type authorization struct {
	access  string
	headers string // as sent: "host;x-sdk-date"
	mac     [32]byte
}

// parseAuthorization reads "SDK-HMAC-SHA256 Access=…, SignedHeaders=a;b, Signature=…". Blanks around the commas are optional, the order of
// the three is free, each comes once.
func parseAuthorization(s string) (a authorization, err error) {
	if len(s) > maxAuthorization {
		return a, errors.New("the Authorization header is too long")
	}
	name, rest, _ := strings.Cut(s, " ")
	if name != algorithm {
		return a, errors.New("the signing algorithm is not supported; use " + algorithm)
	}
	var sig string
	for part := range strings.SplitSeq(rest, ",") {
		k, v, ok := strings.Cut(strings.TrimSpace(part), "=")
		var field *string
		switch k {
		case "Access":
			field = &a.access
		case "SignedHeaders":
			field = &a.headers
		case "Signature":
			field = &sig
		}
		if !ok || field == nil || *field != "" || v == "" {
			return authorization{}, errors.New("the Authorization header must hold Access, SignedHeaders and Signature once each")
		}
		*field = v
	}
	if a.access == "" || a.headers == "" || sig == "" {
		return authorization{}, errors.New("the Authorization header must hold Access, SignedHeaders and Signature once each")
	}
	if !isAccessKey(a.access) {
		return authorization{}, errors.New("the access key is not one of ours")
	}
	if strings.Count(a.headers, ";") >= maxSignedHeaders {
		return authorization{}, errors.New("too many signed headers")
	}
	if n, err := hex.Decode(a.mac[:], limited(sig, 2*len(a.mac))); err != nil || n != len(a.mac) || len(sig) != 2*len(a.mac) || sig != strings.ToLower(sig) {
		return authorization{}, errors.New("the signature must be 64 lower-case hex digits")
	}
	return a, nil
}

func limited(s string, n int) []byte { return []byte(s[:min(len(s), n)]) }

// isAccessKey keeps what can not be a key away from the store and the logs.
func isAccessKey(s string) bool {
	if s == "" || len(s) > maxAccessKey {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// signs reports whether a header is in the signed list.
func (a authorization) signs(header string) bool {
	for name := range strings.SplitSeq(a.headers, ";") {
		if strings.EqualFold(name, header) {
			return true
		}
	}
	return false
}
