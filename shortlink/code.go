package shortlink

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
)

// Lengths of codes (api.md D-06 and §1.2).
const (
	MinCode     = 6 // shortest standard code
	MaxCode     = 10
	DefaultCode = 8
	MinCustom   = 3 // shortest custom code
)

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// digit[c] is the value of a base-62 digit plus one, or 0 for any other byte.
var digit = func() (t [256]uint8) {
	for i := range len(alphabet) {
		t[alphabet[i]] = uint8(i) + 1
	}
	return t
}()

// feistelRounds: the halves are 18 to 30 bits wide, small enough that a distinguisher on few rounds would be practical; ten is what FF1 uses.
const feistelRounds = 10

// Codec maps link ids to standard codes and back. A code of n characters is base 62 of a keyed permutation of the id over 62^n: codes need
// no uniqueness check, follow no order, and give the id without a look-up. Each length is a permutation of its own, so a deployment may change
// its length: old codes still decode. Methods are safe for concurrent use and do not allocate beyond the code itself.
type Codec struct {
	block   cipher.Block
	scratch sync.Pool // *codecScratch: arguments of an interface's method would be moved to the heap on every call
}

type codecScratch struct{ in, out [aes.BlockSize]byte }

// NewCodec makes a codec from a key of 32 bytes. The key is part of the deployment's data: with another key every code in the field is dead.
func NewCodec(key []byte) (*Codec, error) {
	if len(key) != 32 {
		return nil, fmt.Errorf("the code key must be 32 bytes, not %d", len(key))
	}
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return &Codec{block: b, scratch: sync.Pool{New: func() any { return new(codecScratch) }}}, nil
}

// Space is 62^n, the number of ids that codes of n characters can carry; ids are 0 … Space(n)-1.
func Space(n int) int64 {
	s := int64(1)
	for range n {
		s *= 62
	}
	return s
}

// AppendCode appends the code of id with n characters. It fails if n or id is out of range: the ids of a length are used up.
func (c *Codec) AppendCode(dst []byte, id int64, n int) ([]byte, error) {
	if n < MinCode || n > MaxCode {
		return dst, fmt.Errorf("a standard code has %d to %d characters, not %d", MinCode, MaxCode, n)
	}
	if id < 0 || id >= Space(n) {
		return dst, fmt.Errorf("id %d does not fit in a code of %d characters; raise the code length", id, n)
	}
	x := c.permute(uint64(id), n, true)
	var digits [MaxCode]byte
	for i := n - 1; i >= 0; i-- {
		digits[i] = alphabet[x%62]
		x /= 62
	}
	return append(dst, digits[:n]...), nil
}

// ErrNotCode is returned by ParseCode for text that no codec writes.
var ErrNotCode = errors.New("not a standard code")

// ParseCode gives the id of a standard code. Any text of 6 to 10 base-62 digits has one; whether such a link exists is another question.
func (c *Codec) ParseCode(code []byte) (id int64, err error) {
	n := len(code)
	if n < MinCode || n > MaxCode {
		return 0, ErrNotCode
	}
	var x uint64
	for _, b := range code {
		d := digit[b]
		if d == 0 {
			return 0, ErrNotCode
		}
		x = x*62 + uint64(d-1)
	}
	return int64(c.permute(x, n, false)), nil
}

// permute runs the Feistel network over the smallest even number of bits that holds 62^n, again and again until the result is inside 62^n
// (cycle walking; at most 1.4 passes on average, since 62^n fills between 73 % and 82 % of its bits).
func (c *Codec) permute(x uint64, n int, forward bool) uint64 {
	half := halfBits[n]
	mask := uint64(1)<<half - 1
	limit := uint64(Space(n))
	s := c.scratch.Get().(*codecScratch) //nolint:errcheck // the pool holds nothing else
	for {
		l, r := x>>half, x&mask
		if forward {
			for i := range feistelRounds {
				l, r = r, l^c.round(s, i, n, r)&mask
			}
		} else {
			for i := feistelRounds - 1; i >= 0; i-- {
				l, r = r^c.round(s, i, n, l)&mask, l
			}
		}
		if x = l<<half | r; x < limit {
			c.scratch.Put(s)
			return x
		}
	}
}

// halfBits[n] is half of the smallest even number of bits that holds 62^n.
var halfBits = [MaxCode + 1]uint{6: 18, 7: 21, 8: 24, 9: 27, 10: 30}

func (c *Codec) round(s *codecScratch, i, n int, half uint64) uint64 {
	s.in[0], s.in[1] = byte(i), byte(n)
	binary.LittleEndian.PutUint64(s.in[8:], half)
	c.block.Encrypt(s.out[:], s.in[:])
	return binary.LittleEndian.Uint64(s.out[:])
}

// IsCustom reports whether code has the form of a custom code: 3 to 10 letters and digits.
func IsCustom[T ~string | ~[]byte](code T) bool {
	if len(code) < MinCustom || len(code) > MaxCode {
		return false
	}
	for i := range len(code) {
		if digit[code[i]] == 0 {
			return false
		}
	}
	return true
}

// reserved are the custom codes that nobody may take, in lower case: paths the edge or an operator's proxy serves on the same host. Longer
// reserved paths hold a dot and shorter ones (/r, /m, /e, /p) are too short for a code.
var reserved = map[string]bool{
	"api": true, "healthz": true, "readyz": true, "metrics": true, "robots": true, "favicon": true, "console": true, "static": true, "assets": true,
}
