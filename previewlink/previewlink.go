// Package previewlink owns the addresses under which whoever holds one may look at something that belongs to a tenant: a template before anybody approved it. An address
// names what it shows and carries a signature over that name, so it can be neither guessed nor derived from another one.
//
// It refuses to know what is shown and who asks: templates and videosms give addresses out, gateway/edge opens them. Addresses of drafts, which end after an hour and are
// kept in the store, are the business of templates.
package previewlink

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Kind is what an address shows. A signature for one kind is none for another. The values are signed, so they never change.
type Kind byte

// The kinds.
const (
	Template Kind = 't' // a version of a card's template
	Video    Kind = 'v' // a video message's template, which has no versions: version 0
)

// Addresses signs names and opens them. It is safe for concurrent use.
type Addresses struct{ key []byte }

// KeyBytes is how long the key is.
const KeyBytes = 32

// New builds it. The key must be the same on all nodes and over restarts; with another key all addresses that were given out are unknown ones.
func New(key []byte) (*Addresses, error) {
	if len(key) != KeyBytes {
		return nil, fmt.Errorf("previewlink: the key must be %d bytes, not %d", KeyBytes, len(key))
	}
	return &Addresses{append([]byte(nil), key...)}, nil
}

// A name is "{id}-{version}-{signature}" in decimal digits and 24 characters of the 120 bits of HMAC-SHA-256 that are kept: 24 characters of base 32 have no
// spare bits, so a name can be spelt in one way only, and no character that a chat program could take for markup or for the end of an address.
const (
	macBytes = 15
	macChars = macBytes * 8 / 5
	maxName  = 20 + 1 + 10 + 1 + macChars
)

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Name is the part of the address that follows "/p/" or "/v/": about 36 characters that need no escaping.
func (a *Addresses) Name(k Kind, id int64, version int) string {
	return strconv.FormatInt(id, 10) + "-" + strconv.Itoa(version) + "-" + letters.EncodeToString(a.mac(k, id, version))
}

// Open reads a name that Name gave for this kind; ok is false for everything else, after the same work for all that have the form of a name. Nothing but the signature
// decides: whether there is such a template is not asked.
func (a *Addresses) Open(k Kind, name string) (id int64, version int, ok bool) {
	if len(name) > maxName {
		return 0, 0, false
	}
	first, rest, _ := strings.Cut(name, "-")
	second, said, _ := strings.Cut(rest, "-")
	id, ok1 := number(first)
	v, ok2 := number(second)
	if !ok1 || !ok2 || len(said) != macChars || v > 1<<31-1 {
		return 0, 0, false
	}
	mac, err := letters.DecodeString(said)
	if err != nil || !hmac.Equal(mac, a.mac(k, id, int(v))) {
		return 0, 0, false
	}
	return id, int(v), true
}

// number reads digits as strconv writes them: no sign, no leading zero.
func number(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && strconv.FormatInt(n, 10) == s
}

// mac signs what a name says. The tenant is not in it: an id is given once, to one tenant, and never again, and so a forged name is refused before anything is read.
func (a *Addresses) mac(k Kind, id int64, version int) []byte {
	raw := append(make([]byte, 0, 17), byte(k))
	raw = binary.BigEndian.AppendUint64(raw, uint64(id))
	raw = binary.BigEndian.AppendUint64(raw, uint64(version))
	h := hmac.New(sha256.New, a.key)
	h.Write(raw)
	return h.Sum(nil)[:macBytes]
}
