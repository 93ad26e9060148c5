package edge

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
)

// agentMemo remembers the classes of recent agents: phones of one model and browser version send the same text, so reading it word by word again is
// rarely needed. A slot holds the hash of an agent with the class in its lowest four bits; a wrong answer needs two agents that agree in 60
// bits. The zero value is ready; it is safe for concurrent use and allocates nothing.
type agentMemo [2048]atomic.Uint64

func (m *agentMemo) class(agent []byte) class {
	const low = 0xF
	h := xxhash.Sum64(agent) &^ low
	slot := &m[(h>>4)%uint64(len(m))]
	if v := slot.Load(); v != 0 && v&^low == h {
		return class(v&low) - 1
	}
	k := classifyAgent(agent)
	slot.Store(h | uint64(k+1))
	return k
}

// clientMemo remembers the keyed hashes of recent address blocks. A slot is replaced whole; a miss allocates one.
type clientMemo [4096]atomic.Pointer[clientSlot]

type clientSlot struct {
	block netip.Addr
	who   client
}

func (m *clientMemo) slot(block netip.Addr) *atomic.Pointer[clientSlot] {
	a := block.As16()
	h := binary.LittleEndian.Uint64(a[8:])*0x9E3779B97F4A7C15 ^ binary.LittleEndian.Uint64(a[:8])*0xC2B2AE3D27D4EB4F
	return &m[(h>>32)%uint64(len(m))]
}
