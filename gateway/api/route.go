package api

import (
	"context"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"cardlink/identity"
)

// family decides the body of an error (api.md §3.5).
type family uint8

const (
	aim     family = iota // error_code, error_msg, error_message
	plain                 // error_code, error_msg
	iam                   // IAM endpoints: gateway style
	gateway               // error_code, error_msg, request_id
)

// route is one operation as data.
type route struct {
	method string
	path   string // segments in braces are parameters: /v1/sms/templates/{template_id}
	op     string // SDK method name
	action string // right needed (identity policy action); "te_admin" = administrators only; "" = any authenticated caller; public = nobody is asked
	family family
	handle handler
}

// public marks a route that is served without a credential.
const public = "-"

// handler serves one operation. The value it returns becomes the JSON body with status 200; a nil value with a nil error is an empty
// body. Handlers that write the response themselves return written.
type handler func(ctx context.Context, r *Request) (any, error)

// Request is what a handler sees of a call. It must not be kept after the handler returned: its bytes belong to the server.
type Request struct {
	*fasthttp.RequestCtx
	Principal identity.Principal
	RequestID string
	params    [2]string // values of the path's braces, decoded
	at        time.Time
}

// now is the moment the request came.
func (r *Request) now() time.Time { return r.at }

// Param is the n-th path parameter.
func (r *Request) Param(n int) string { return r.params[n] }

// writtenBody is the value of written.
type writtenBody struct{}

// written tells the pipeline that the handler has set status and body itself.
var written writtenBody

// match finds the route of a request. A literal segment beats a parameter. ok is false if the path is unknown or knows another method only.
func match(routes []route, method, path string) (rt *route, params [2]string, ok bool) {
	best := -1
	for i := range routes {
		if routes[i].method != method {
			continue
		}
		p, literals, hit := matchPath(routes[i].path, path)
		if hit && literals > best {
			best, rt, params, ok = literals, &routes[i], p, true
		}
	}
	return rt, params, ok
}

func matchPath(pattern, path string) (params [2]string, literals int, ok bool) {
	n := 0
	for {
		ph, pr, pmore := strings.Cut(pattern, "/")
		vh, vr, vmore := strings.Cut(path, "/")
		if strings.HasPrefix(ph, "{") {
			if vh == "" || n == len(params) {
				return params, 0, false
			}
			params[n] = vh
			n++
		} else if ph == vh {
			literals++
		} else {
			return params, 0, false
		}
		if !pmore || !vmore {
			return params, literals, pmore == vmore
		}
		pattern, path = pr, vr
	}
}
