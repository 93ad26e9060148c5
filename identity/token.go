package identity

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

// tokenLife is how long a token is good for (api.md §2.3).
const tokenLife = 24 * time.Hour

// maxToken bounds a token in characters; ours have about 130.
const maxToken = 2000

// token is what X-Auth-Token carries. It is kept nowhere: a MAC under a key derived from the master key vouches for it on every node and after
// every restart. What it points at is looked up at each use, so a user who is disabled, or whose TokensFrom has moved on, has none left.
type token struct {
	user            string
	issued, expires time.Time // millisecond resolution
}

// seal writes "user.issued.expires.mac", the MAC over all before it.
func (t token) seal(key []byte) string {
	text := t.user + "." + strconv.FormatInt(t.issued.UnixMilli(), 36) + "." + strconv.FormatInt(t.expires.UnixMilli(), 36)
	return text + "." + base64.RawURLEncoding.EncodeToString(tokenMAC(key, text))
}

func tokenMAC(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

var errToken = errors.New("the token is not one of ours")

// openToken checks the MAC. It does not look at the times.
func openToken(key []byte, s string) (token, error) {
	if len(s) > maxToken {
		return token{}, errToken
	}
	cut := strings.LastIndexByte(s, '.')
	if cut < 0 {
		return token{}, errToken
	}
	mac, err := base64.RawURLEncoding.Strict().DecodeString(s[cut+1:])
	if err != nil || !hmac.Equal(mac, tokenMAC(key, s[:cut])) {
		return token{}, errToken
	}
	parts := strings.Split(s[:cut], ".")
	if len(parts) != 3 {
		return token{}, errToken
	}
	issued, err1 := strconv.ParseInt(parts[1], 36, 64)
	expires, err2 := strconv.ParseInt(parts[2], 36, 64)
	if err1 != nil || err2 != nil {
		return token{}, errToken
	}
	return token{parts[0], time.UnixMilli(issued), time.UnixMilli(expires)}, nil
}
