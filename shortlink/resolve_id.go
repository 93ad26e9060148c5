package shortlink

import (
	"encoding/hex"
	"math/rand/v2"
)

// NewID writes a random UUID (version 4) over dst. The generator is the runtime's ChaCha8, seeded by the operating system: unique and
// unpredictable, and free of system calls and allocations, which crypto/rand per request is not. Ids name facts; they are no secrets.
func NewID(dst *[36]byte) {
	hi, lo := rand.Uint64(), rand.Uint64()
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(0xc<<60) | 0x8<<60
	var b [16]byte
	for i := range 8 {
		b[i], b[8+i] = byte(hi>>(56-8*i)), byte(lo>>(56-8*i))
	}
	hex.Encode(dst[0:8], b[0:4])
	hex.Encode(dst[9:13], b[4:6])
	hex.Encode(dst[14:18], b[6:8])
	hex.Encode(dst[19:23], b[8:10])
	hex.Encode(dst[24:36], b[10:16])
	dst[8], dst[13], dst[18], dst[23] = '-', '-', '-', '-'
}
