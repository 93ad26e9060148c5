package api

import (
	"strings"

	"github.com/valyala/fasthttp"

	"cardlink/identity"
)

// credential hands the parts of a request that a signature covers to identity, without copying the body. rt may be nil.
func credential(c *fasthttp.RequestCtx, rt *route) identity.Credential {
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
		Remote: c.RemoteIP().String(),
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
