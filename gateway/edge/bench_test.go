package edge

import (
	"net"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"cardlink/shortlink"
)

// benchVisit measures one request through the handler, without the network.
func benchVisit(b *testing.B, h *house, link string, status int, headers ...string) {
	var req fasthttp.Request
	req.Header.SetMethod("GET")
	req.SetRequestURI(link)
	req.Header.SetHost("s.example.com")
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		var c fasthttp.RequestCtx
		c.Init(&fasthttp.Request{}, &net.TCPAddr{IP: net.IPv4(203, 0, 113, 7)}, nil)
		req.CopyTo(&c.Request)
		for pb.Next() {
			c.Response.Reset()
			h.server.serve(&c)
			if c.Response.StatusCode() != status {
				b.Fatalf("%d %s", c.Response.StatusCode(), c.Response.Body())
			}
		}
	})
}

func BenchmarkTap(b *testing.B) {
	for name, o := range map[string]func(*Options){"journal": nil, "no journal": func(o *Options) { o.Journal = nowhere{} }} {
		b.Run(name, func(b *testing.B) {
			h := newHouse(b, o)
			link := h.link(1, func(r *shortlink.Request) { r.Items[0].CustomURL = "https://shop.example.com/spring?a=1" })
			benchVisit(b, h, link, 302, browser)
		})
	}
}

func BenchmarkResolveGroup(b *testing.B) {
	for name, o := range map[string]func(*shortlink.ResolverOptions){"journal": func(*shortlink.ResolverOptions) {},
		"no journal": func(o *shortlink.ResolverOptions) { o.Journal = nowhere{o.Journal} }} {
		b.Run(name, func(b *testing.B) {
			h := newHouse(b, nil, o)
			b.SetParallelism(64)
			benchVisit(b, h, h.link(10_000_000, nil), 200, asks, huawei)
		})
	}
}
