package edge

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"time"

	"cardlink/render"
)

// view is a card that was handed out or a page that was shown: what its beacons may speak for. A token is a view, signed; whoever holds one was given the
// card or the page, and can report about nothing else. The template is not in it: a link keeps its version for life.
type view struct {
	id      [16]byte // resolve id of a card, request id of a page view
	link    int64
	visitor uint64
	issued  time.Time // to the second
	target  render.Target
	counted bool // the resolution or the page view itself counts as the first exposure
}

// tokenLife is how long beacons of a view are taken. It is shorter than reports remember what they have counted (docs/reports.md); a handset that draws the
// card again asks for it again, and gets a new token.
const tokenLife = 14 * 24 * time.Hour

// A token is 48 bytes, 64 characters of URL-safe base 64:
//
//	0       bits 0-2 target, bit 3 counted, bits 4-7 version 0
//	1…16    id
//	17…24   link
//	25…28   issued, Unix seconds
//	29…36   visitor
//	37…47   the first 88 bits of HMAC-SHA-256 over the bytes before
const (
	tokenSigned = 37
	tokenBytes  = 48
	tokenChars  = 64

	flagCounted = 1 << 3
	maskTarget  = 7
)

// signer makes and opens tokens. It belongs to one visit at a time; it allocates when it is made and never again.
type signer struct {
	mac hash.Hash
	raw [tokenBytes]byte
	sum [sha256.Size]byte
	out [tokenChars]byte
}

func (g *signer) seal(key []byte) []byte {
	if g.mac == nil {
		g.mac = hmac.New(sha256.New, key)
	}
	g.mac.Reset()
	g.mac.Write(g.raw[:tokenSigned])
	return g.mac.Sum(g.sum[:0])[:tokenBytes-tokenSigned]
}

// sign makes v's token; it is valid until the signer is used again.
func (g *signer) sign(key []byte, v *view) []byte {
	g.raw[0] = byte(v.target)
	if v.counted {
		g.raw[0] |= flagCounted
	}
	copy(g.raw[1:], v.id[:])
	binary.BigEndian.PutUint64(g.raw[17:], uint64(v.link))
	binary.BigEndian.PutUint32(g.raw[25:], uint32(v.issued.Unix()))
	binary.BigEndian.PutUint64(g.raw[29:], v.visitor)
	copy(g.raw[tokenSigned:], g.seal(key))
	base64.RawURLEncoding.Encode(g.out[:], g.raw[:])
	return g.out[:]
}

// open reads a token of ours into v; false for anything else.
func (g *signer) open(key, token []byte, v *view) bool {
	if len(token) != tokenChars {
		return false
	}
	if n, err := base64.RawURLEncoding.Decode(g.raw[:], token); err != nil || n != tokenBytes {
		return false
	}
	if !hmac.Equal(g.raw[tokenSigned:], g.seal(key)) || g.raw[0]>>4 != 0 {
		return false
	}
	copy(v.id[:], g.raw[1:])
	v.target, v.counted = render.Target(g.raw[0]&maskTarget), g.raw[0]&flagCounted != 0
	v.link = int64(binary.BigEndian.Uint64(g.raw[17:]))
	v.issued = time.Unix(int64(binary.BigEndian.Uint32(g.raw[25:])), 0).UTC()
	v.visitor = binary.BigEndian.Uint64(g.raw[29:])
	return v.target <= render.Honor
}

// uuidDigits are the places of a UUID's digits in its text.
var uuidDigits = [16]int{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34}

// setUUID reads the text of a UUID that we have made.
func (v *view) setUUID(text *[36]byte) {
	for i, at := range uuidDigits {
		v.id[i] = unhex(text[at])<<4 | unhex(text[at+1])
	}
}

// uuid writes the id as text.
func (v *view) uuid(text *[36]byte) {
	const digits = "0123456789abcdef"
	for i, at := range uuidDigits {
		text[at], text[at+1] = digits[v.id[i]>>4], digits[v.id[i]&15]
	}
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
}
