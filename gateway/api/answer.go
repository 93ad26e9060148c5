package api

import (
	"encoding/json"
	"errors"
	"net"
	"strings"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"cardlink/fault"
)

// fail writes the error body of the route's family (api.md §3.5). Text that is not one of our faults never leaves.
func (s *Server) fail(c *fasthttp.RequestCtx, rt *route, id string, err error) {
	f := fault.Of(err)
	if timedOut(err) {
		f = fault.TimedOut()
	}
	text := f.Text(s.lang)
	body := map[string]string{"error_code": string(f.Code), "error_msg": text}
	switch {
	case rt == nil || rt.family == gateway || rt.family == iam || strings.HasPrefix(string(f.Code), "APIGW."):
		body["request_id"] = id
	case rt.family == aim:
		body["error_message"] = text
	}
	status := f.Status()
	if h := &c.Response.Header; (status == fasthttp.StatusTooManyRequests || status == fasthttp.StatusServiceUnavailable) && len(h.Peek("Retry-After")) == 0 {
		h.Set("Retry-After", "1")
	}
	c.Response.ResetBody()
	c.SetStatusCode(status)
	c.SetContentType(mediaJSON)
	b, _ := json.Marshal(body) // a map of strings cannot fail
	c.SetBody(b)
}

// silent reports whether a connection ended, or was given up, before it brought anything. A client opens some before it needs them: an answer to nothing would be taken for the
// answer to the request that it is just sending, so such a connection is closed without a word. What ends within a request comes wrapped, or after its headers.
func silent(c *fasthttp.RequestCtx, err error) bool {
	_, bare := err.(*net.OpError) //nolint:errorlint // wrapped is another case
	return bare && len(c.Request.Header.RawHeaders()) == 0
}

// refuse answers what fasthttp could not read as a request.
func (s *Server) refuse(c *fasthttp.RequestCtx, err error) {
	if silent(c, err) {
		_ = c.Conn().Close()
		return
	}
	id := uuid.NewString()
	c.Response.Header.Set("X-Request-Id", id)
	c.Response.Header.Set("Cache-Control", "no-store")
	f := fault.Unreadable()
	var (
		small *fasthttp.ErrSmallBuffer
		late  net.Error
	)
	switch {
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		f = fault.Newf(fault.BodyTooLarge, "a request body is at most %d bytes if it is signed and %d with a token", signedBody, tokenBody)
	case errors.As(err, &small):
		f = fault.HeadersTooLarge(headerBytes)
	case errors.As(err, &late) && late.Timeout():
		f = fault.ReadTimedOut()
	}
	s.fail(c, nil, id, f)
	s.gauges.served("-", c.Response.StatusCode(), 0)
}
