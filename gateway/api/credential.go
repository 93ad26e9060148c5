package api

import (
	"github.com/valyala/fasthttp"

	"cardlink/identity"
)

// credential hands the parts of a request that a signature covers to identity, without copying the body.
func credential(c *fasthttp.RequestCtx) identity.Credential {
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
	}
}
