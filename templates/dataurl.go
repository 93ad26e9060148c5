package templates

import (
	"encoding/base64"
	"errors"
	"strings"
)

// errDataURL says what a file_stream must look like.
var errDataURL = errors.New("must be a data URL such as data:image/jpeg;base64,…")

// errDataSize says that the content is longer than asked for.
var errDataSize = errors.New("the content is too large")

// decodeDataURL reads a base64 data URL (RFC 2397) of at most limit bytes of content. Line breaks in the base64 and missing padding are accepted: uploaders make both.
func decodeDataURL(s string, limit int) (mediaType string, data []byte, err error) {
	rest, ok := cutPrefixFold(s, "data:")
	if !ok {
		return "", nil, errDataURL
	}
	meta, body, ok := strings.Cut(rest, ",")
	if !ok || len(meta) > 200 {
		return "", nil, errDataURL
	}
	params := strings.Split(meta, ";")
	if len(params) < 2 || !strings.EqualFold(strings.TrimSpace(params[len(params)-1]), "base64") {
		return "", nil, errDataURL
	}
	mediaType = strings.ToLower(strings.TrimSpace(params[0]))
	if mediaType == "" {
		return "", nil, errDataURL
	}
	if strings.ContainsAny(body, " \t\r\n") {
		body = strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(body)
	}
	body = strings.TrimRight(body, "=")
	if base64.RawStdEncoding.DecodedLen(len(body)) > limit {
		return mediaType, nil, errDataSize
	}
	data, err = base64.RawStdEncoding.DecodeString(body)
	if err != nil || len(data) == 0 {
		return "", nil, errDataURL
	}
	return mediaType, data, nil
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
