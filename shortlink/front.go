package shortlink

import "sync/atomic"

// front stands before the cache: a direct-mapped table of links by their code, which saves a hit the decoding of the code and the cache's bookkeeping. A slot holds the
// last link that was found there, so it keeps at most as many links alive as it has slots, beyond the cache's own bound. It is cleared whenever a
// link is revoked. The zero value is ready; it is safe for concurrent use.
type front [1 << 16]atomic.Pointer[Entry]

func (f *front) slot(code []byte) *atomic.Pointer[Entry] {
	var h uint64
	for _, c := range code {
		h = h<<7 ^ uint64(c) ^ h>>57
	}
	return &f[h*0x9E3779B97F4A7C15>>48]
}

func (f *front) clear() {
	for i := range f {
		f[i].Store(nil)
	}
}
