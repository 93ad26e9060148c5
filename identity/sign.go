package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"net/textproto"
	"slices"
	"strings"
	"time"
)

// Signing is a request to be signed with an access key, as the KooMessage SDKs sign theirs (api.md §2.1).
type Signing struct {
	Access, Secret string
	At             time.Time // second resolution
	Method         string
	Path           string // as it will be sent, percent-encoded
	Query          string // raw, without "?"
	Host           string // signed if not empty
	// Headers are further headers the signature is to cover. A verifier refuses the request if one of them arrives changed.
	Headers [][2]string
	Body    []byte
}

// Sign returns the values of the two headers that make a request a signed one: X-Sdk-Date and Authorization. The error says that path or
// query is not percent-encoded correctly.
func Sign(in Signing) (date, authorization string, err error) {
	date = in.At.UTC().Format(dateForm)
	headers := map[string][]string{"X-Sdk-Date": {date}}
	names := []string{"x-sdk-date"}
	if in.Host != "" {
		names = append(names, "host")
	}
	for _, h := range in.Headers {
		key := textproto.CanonicalMIMEHeaderKey(h[0])
		if headers[key] == nil {
			names = append(names, strings.ToLower(h[0]))
		}
		headers[key] = append(headers[key], h[1])
	}
	slices.Sort(names)
	list := strings.Join(names, ";")
	hash := sha256.Sum256(in.Body)
	bodyHash := hex.EncodeToString(hash[:])
	if v := headers["X-Sdk-Content-Sha256"]; v != nil {
		bodyHash = v[0]
	}
	text, err := canonical(Credential{
		Method: in.Method, Path: in.Path, Query: in.Query, Host: in.Host,
		Header: func(name string) []string { return headers[textproto.CanonicalMIMEHeaderKey(name)] },
	}, list, bodyHash)
	if err != nil {
		return "", "", err
	}
	sig := hex.EncodeToString(signature(in.Secret, date, text))
	return date, algorithm + " Access=" + in.Access + ", SignedHeaders=" + list + ", Signature=" + sig, nil
}
