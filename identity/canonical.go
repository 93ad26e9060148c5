package identity

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// algorithm is the one signing algorithm served; the SDK's others are opt-in and answered 401 (api.md §2.1).
const algorithm = "SDK-HMAC-SHA256"

// unsigned stands for the body's hash where the body is not signed.
const unsigned = "UNSIGNED-PAYLOAD"

// dateForm is the Go layout of X-Sdk-Date.
const dateForm = "20060102T150405Z"

// canonical is the text whose hash is signed: six parts joined by line feeds (api.md §2.1). bodyHash is the sixth part.
func canonical(c Credential, signedHeaders string, bodyHash string) (string, error) {
	path, err := canonicalPath(c.Path)
	if err != nil {
		return "", err
	}
	query, err := canonicalQuery(c.Query)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(strings.ToUpper(c.Method))
	b.WriteByte('\n')
	b.WriteString(path)
	b.WriteByte('\n')
	b.WriteString(query)
	b.WriteByte('\n')
	for name := range strings.SplitSeq(signedHeaders, ";") {
		values := c.Header(name)
		if strings.EqualFold(name, "host") {
			values = []string{c.Host}
		}
		for _, v := range slices.Sorted(slices.Values(values)) {
			b.WriteString(strings.ToLower(name))
			b.WriteByte(':')
			b.WriteString(strings.TrimSpace(v))
			b.WriteByte('\n')
		}
	}
	b.WriteByte('\n')
	b.WriteString(signedHeaders)
	b.WriteByte('\n')
	b.WriteString(bodyHash)
	return b.String(), nil
}

// signature is the HMAC over algorithm, date and the canonical request's hash.
func signature(secret, date, canonical string) []byte {
	sum := sha256.Sum256([]byte(canonical))
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(algorithm + "\n" + date + "\n" + hex.EncodeToString(sum[:])))
	return m.Sum(nil)
}

// canonicalPath encodes the decoded path segment by segment and ends it with a slash.
func canonicalPath(raw string) (string, error) {
	decoded, ok := decodeText(raw, false)
	if !ok {
		return "", errors.New("the path is not percent-encoded correctly")
	}
	var b strings.Builder
	b.Grow(len(raw) + 1)
	for i := range len(decoded) {
		if decoded[i] == '/' {
			b.WriteByte('/')
		} else {
			encodeByte(&b, decoded[i])
		}
	}
	if !strings.HasSuffix(decoded, "/") {
		b.WriteByte('/')
	}
	return b.String(), nil
}

// canonicalQuery sorts the decoded parameters by key, then by value, and encodes them again. A "+" in a query is a blank, as in forms.
func canonicalQuery(raw string) (string, error) {
	type pair struct{ key, value string }
	var pairs []pair
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		key, ok1 := decodeText(k, true)
		value, ok2 := decodeText(v, true)
		if !ok1 || !ok2 {
			return "", errors.New("the query is not percent-encoded correctly")
		}
		pairs = append(pairs, pair{key, value})
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if c := strings.Compare(a.key, b.key); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	var b strings.Builder
	b.Grow(len(raw))
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		encodeText(&b, p.key)
		b.WriteByte('=')
		encodeText(&b, p.value)
	}
	return b.String(), nil
}

func encodeText(b *strings.Builder, s string) {
	for i := range len(s) {
		encodeByte(b, s[i])
	}
}

func encodeByte(b *strings.Builder, c byte) {
	const digits = "0123456789ABCDEF"
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~':
		b.WriteByte(c)
	default:
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
}

// decodeText undoes percent-encoding. ok is false for a "%" that two hex digits do not follow.
func decodeText(s string, plusIsBlank bool) (_ string, ok bool) {
	if !strings.ContainsAny(s, "%+") {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '%':
			if i+2 >= len(s) {
				return "", false
			}
			high, low := unhex(s[i+1]), unhex(s[i+2])
			if high > 15 || low > 15 {
				return "", false
			}
			b = append(b, high<<4|low)
			i += 2
		case s[i] == '+' && plusIsBlank:
			b = append(b, ' ')
		default:
			b = append(b, s[i])
		}
	}
	return string(b), true
}

// unhex is the value of a hex digit, 255 if it is none.
func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
