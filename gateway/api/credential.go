package api

import (
	"bytes"
	"net/netip"
	"strings"

	"github.com/valyala/fasthttp"

	"cardlink/identity"
)

// credential hands the parts of a request that a signature covers to identity, without copying the body.
func credential(c *fasthttp.RequestCtx, rt *route, remote netip.Addr) identity.Credential {
	return identity.Credential{
		Method: string(c.Method()),
		Path:   string(c.URI().PathOriginal()),
		Query:  string(c.URI().QueryString()),
		Host:   string(c.Host()),
		Header: func(name string) []string {
			var vs []string
			for _, v := range c.Request.Header.PeekAll(name) {
				vs = append(vs, string(v))
			}
			return vs
		},
		Body:   c.Request.Body(),
		Remote: remote.String(),
		Safe:   rt.safe(),
	}
}

// safe reports whether an operation only reads. Some of those are POSTs (report queries, capability checks); their rights say what they are.
func (rt *route) safe() bool {
	if rt == nil {
		return false
	}
	return rt.method == fasthttp.MethodGet || strings.HasSuffix(rt.action, ":list") || strings.HasSuffix(rt.action, ":check")
}

// remote is the client's address: the peer, or behind proxies that are trusted the last address of X-Forwarded-For that is none of them.
func remote(c *fasthttp.RequestCtx, proxies []netip.Prefix) netip.Addr {
	addr, _ := netip.AddrFromSlice(c.RemoteIP())
	addr = addr.Unmap()
	if !within(addr, proxies) {
		return addr
	}
	lines := c.Request.Header.PeekAll("X-Forwarded-For")
	for i := len(lines) - 1; i >= 0; i-- {
		parts := bytes.Split(lines[i], []byte(","))
		for j := len(parts) - 1; j >= 0; j-- {
			a, err := netip.ParseAddr(string(bytes.TrimSpace(parts[j])))
			if err != nil {
				return addr // not written by ours from here on
			}
			if addr = a.Unmap().WithZone(""); !within(addr, proxies) {
				return addr
			}
		}
	}
	return addr
}

func within(a netip.Addr, ps []netip.Prefix) bool {
	for _, p := range ps {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
