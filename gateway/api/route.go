package api

import (
	"context"
	"net/netip"
	"slices"
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

// handler serves one operation. The value it returns becomes the JSON body with status 200 unless it set another; a nil value with a nil error is an empty
// body. Handlers that write the response themselves return written.
type handler func(ctx context.Context, r *Request) (any, error)

// Request is what a handler sees of a call. It must not be kept after the handler returned: its bytes belong to the server.
type Request struct {
	*fasthttp.RequestCtx
	Principal identity.Principal
	RequestID string
	params    [2]string // values of the path's braces, decoded
	at        time.Time
	remote    netip.Addr
	spend     func(recipients int) error // nil: no limit
}

// now is the moment the request came.
func (r *Request) now() time.Time { return r.at }

// Param is the n-th path parameter.
func (r *Request) Param(n int) string { return r.params[n] }

// spendRecipients takes the handsets of a send from the tenant's budget, before the send is accepted. It fails with Throttled.
func (r *Request) spendRecipients(n int) error {
	if r.spend == nil || n <= 0 {
		return nil
	}
	return r.spend(n)
}

// writtenBody is the value of written.
type writtenBody struct{}

// written tells the pipeline that the handler has set status and body itself.
var written writtenBody

// uploads are the operations whose body is a multipart form (api.md §3.1).
var uploads = []string{"UploadMedia", "UploadAimMsgSignatureFile"}

func (rt *route) uploads() bool { return slices.Contains(uploads, rt.op) }

// table finds routes.
type table struct {
	literal  map[string][]*route // paths without parameters
	patterns []*route
}

func newTable(routes []route) table {
	t := table{literal: make(map[string][]*route)}
	for i := range routes {
		rt := &routes[i]
		if strings.Contains(rt.path, "{") {
			t.patterns = append(t.patterns, rt)
		} else {
			t.literal[rt.path] = append(t.literal[rt.path], rt)
		}
	}
	return t
}

// match finds the route of a request. A literal segment beats a parameter; HEAD is served by GET's route. Without a route, allow names the methods that the path
// knows, as the Allow header wants them; it is empty for an unknown path.
func (t table) match(method, path string) (rt *route, params [2]string, allow string) {
	if method == fasthttp.MethodHead {
		method = fasthttp.MethodGet
	}
	var known []string
	for _, r := range t.literal[path] {
		if r.method == method {
			return r, params, ""
		}
		known = append(known, r.method)
	}
	best := -1
	for _, r := range t.patterns {
		p, literals, hit := matchPath(r.path, path)
		switch {
		case !hit:
		case r.method != method:
			known = append(known, r.method)
		case literals > best:
			best, rt, params = literals, r, p
		}
	}
	if rt != nil || len(known) == 0 {
		return rt, params, ""
	}
	return nil, params, allowed(known)
}

// allowed is the Allow header of a path with routes for the given methods.
func allowed(known []string) string {
	var out []string
	for _, m := range []string{fasthttp.MethodGet, fasthttp.MethodPost, fasthttp.MethodPut, fasthttp.MethodDelete, fasthttp.MethodPatch} {
		if !slices.Contains(known, m) {
			continue
		}
		out = append(out, m)
		if m == fasthttp.MethodGet {
			out = append(out, fasthttp.MethodHead)
		}
	}
	return strings.Join(append(out, fasthttp.MethodOptions), ", ")
}

func matchPath(pattern, path string) (params [2]string, literals int, ok bool) {
	n := 0
	for {
		ph, pr, pmore := strings.Cut(pattern, "/")
		vh, vr, vmore := strings.Cut(path, "/")
		switch {
		case strings.HasPrefix(ph, "{"):
			if vh == "" || n == len(params) {
				return params, 0, false
			}
			params[n] = vh
			n++
		case ph == vh:
			literals++
		default:
			return params, 0, false
		}
		if !pmore || !vmore {
			return params, literals, pmore == vmore
		}
		pattern, path = pr, vr
	}
}
