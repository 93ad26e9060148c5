package clip

import "math/bits"

// bitWriter writes a bit stream, the highest bit first.
type bitWriter struct {
	data []byte
	n    int // bits
}

// put writes the low n bits of v; n is at most 32.
func (w *bitWriter) put(v uint32, n int) {
	for n > 0 {
		if w.n%8 == 0 {
			w.data = append(w.data, 0)
		}
		free := 8 - w.n%8
		take := min(free, n)
		part := byte(v >> (n - take) & (1<<take - 1))
		w.data[len(w.data)-1] |= part << (free - take)
		n -= take
		w.n += take
	}
}

// flag writes one bit.
func (w *bitWriter) flag(v bool) {
	if v {
		w.put(1, 1)
	} else {
		w.put(0, 1)
	}
}

// word writes a code word.
func (w *bitWriter) word(c code) { w.put(c.bits, c.n) }

// ue writes an Exp-Golomb code (9.1).
func (w *bitWriter) ue(v int) {
	n := bits.Len32(uint32(v + 1))
	w.put(0, n-1)
	w.put(uint32(v+1), n)
}

// se writes a signed Exp-Golomb code: 0, 1, -1, 2, -2, …
func (w *bitWriter) se(v int) {
	if v > 0 {
		w.ue(2*v - 1)
	} else {
		w.ue(-2 * v)
	}
}

// align fills the byte with zeros.
func (w *bitWriter) align() { w.put(0, -w.n&7) }

// end closes a unit: a one, then zeros to the end of the byte.
func (w *bitWriter) end() {
	w.put(1, 1)
	w.align()
}

// add copies what another writer has written.
func (w *bitWriter) add(o *bitWriter) {
	for i := range o.n / 8 {
		w.put(uint32(o.data[i]), 8)
	}
	if rest := o.n % 8; rest > 0 {
		w.put(uint32(o.data[len(o.data)-1])>>(8-rest), rest)
	}
}

// Kinds of NAL unit, with nal_ref_idc 3: all of them are needed.
const (
	unitSlice    = 3<<5 | 1
	unitIDR      = 3<<5 | 5
	unitSequence = 3<<5 | 7
	unitPicture  = 3<<5 | 8
)

// unit makes a NAL unit: two zeros are followed by an escaping 3 where a decoder could take what follows for a start code (7.4.1).
func unit(kind byte, payload []byte) []byte {
	out := append(make([]byte, 0, len(payload)+8), kind)
	zeros := 0
	for _, b := range payload {
		if zeros == 2 && b <= 3 {
			out = append(out, 3)
			zeros = 0
		}
		if zeros++; b != 0 {
			zeros = 0
		}
		out = append(out, b)
	}
	return out
}
