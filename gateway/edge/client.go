package edge

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net"
	"net/netip"

	"github.com/valyala/fasthttp"
)

// client is who asks, as far as the edge remembers: a keyed hash of the address block (IPv4 /24, IPv6 /48). Addresses themselves are neither
// logged nor recorded.
type client struct {
	id  uint64   // for the budget of unknown codes
	ref [16]byte // hex, for facts
}

func (s *Server) client(c *fasthttp.RequestCtx) (who client) {
	addr := peer(c.RemoteAddr())
	if len(s.o.Proxies) > 0 && s.trusts(addr) {
		addr = s.forwarded(c, addr)
	}
	bits := 24
	if addr.Is6() {
		bits = 48
	}
	block, err := addr.Prefix(bits)
	if err != nil {
		block = netip.Prefix{} // no address, as of a test's connection: all such are one client
	}
	slot := s.clients.slot(block.Addr())
	if m := slot.Load(); m != nil && m.block == block.Addr() {
		return m.who
	}
	who = s.hashed(block.Addr())
	slot.Store(&clientSlot{block.Addr(), who})
	return who
}

func (s *Server) hashed(block netip.Addr) (who client) {
	var b [32 + 16]byte
	copy(b[:], s.key[:])
	a := block.As16()
	copy(b[32:], a[:])
	sum := sha256.Sum256(b[:])
	who.id = binary.LittleEndian.Uint64(sum[8:])
	hex.Encode(who.ref[:], sum[:8])
	return who
}

func peer(a net.Addr) netip.Addr {
	if t, ok := a.(*net.TCPAddr); ok {
		addr, _ := netip.AddrFromSlice(t.IP)
		return addr.Unmap()
	}
	return netip.Addr{}
}

func (s *Server) trusts(a netip.Addr) bool {
	for _, p := range s.o.Proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// forwarded walks X-Forwarded-For from its end, where our own proxies write, to the first address that is none of them.
func (s *Server) forwarded(c *fasthttp.RequestCtx, addr netip.Addr) netip.Addr {
	lines := c.Request.Header.PeekAll("X-Forwarded-For")
	for i := len(lines) - 1; i >= 0; i-- {
		rest := lines[i]
		for len(rest) > 0 {
			part := rest
			if cut := bytes.LastIndexByte(rest, ','); cut >= 0 {
				part, rest = rest[cut+1:], rest[:cut]
			} else {
				rest = nil
			}
			a, err := netip.ParseAddr(text(bytes.TrimSpace(part)))
			if err != nil {
				return addr // not ours from here on
			}
			if addr = a.Unmap().WithZone(""); !s.trusts(addr) {
				return addr
			}
		}
	}
	return addr
}
