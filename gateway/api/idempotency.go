package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"github.com/valyala/fasthttp"

	"cardlink/fault"
	"cardlink/idempotency"
)

// keepThemselves are the operations whose room keeps the first answer in the transaction of the effect (docs/api.md): no lease, no doubt.
var keepThemselves = []string{"CreateAimSendTask", "SendAimBatchMessages", "SendAimBatchDifferentMessages", "CorrectUsage"}

// Headers of answers under an Idempotency-Key.
const (
	headerReplayed = "Idempotent-Replayed" // this is the first answer once more
	headerRetried  = "Idempotent-Retried"  // an earlier run under the key left no answer and may have had its effect
)

// keyed reports whether an Idempotency-Key has a meaning for the route: POSTs that change something. PUT and DELETE may be repeated by nature.
func (rt *route) keyed() bool {
	return rt.method == fasthttp.MethodPost && !rt.safe() && rt.action != public
}

// idempotencyKey is the header's value, "" if there is none or it has no meaning here.
func idempotencyKey(c *fasthttp.RequestCtx, rt *route) (string, error) {
	if !rt.keyed() {
		return "", nil
	}
	lines := c.Request.Header.PeekAll("Idempotency-Key")
	if len(lines) == 0 {
		return "", nil
	}
	key := string(lines[0])
	if len(lines) > 1 || key == "" || len(key) > idempotency.MaxKey {
		return "", fault.KeyForm(idempotency.MaxKey)
	}
	for i := range len(key) {
		if key[i] < ' ' || key[i] > '~' {
			return "", fault.KeyForm(idempotency.MaxKey)
		}
	}
	return key, nil
}

// once runs a call under its key, if it has one: run answers the request, in c, also when it fails. What is kept is what was answered; nothing is kept of a call
// that was turned away for the moment (429, 503) or failed inside (500), so a repeat runs. Of a call that ran out of time or panicked it is not known what it did: its
// repeats wait for the lease.
func (s *Server) once(ctx context.Context, rt *route, r *Request, run func() error) error {
	key, err := idempotencyKey(r.RequestCtx, rt)
	if err != nil {
		return err
	}
	if key == "" || slices.Contains(keepThemselves, rt.op) || s.keys == nil {
		return run()
	}
	found, hold, err := s.keys.Begin(ctx, idempotency.Call{Tenant: r.Principal.Tenant, Op: rt.op, Key: key, Fingerprint: fingerprint(r.RequestCtx)})
	if err != nil {
		return err
	}
	h := &r.Response.Header
	switch found.State {
	case idempotency.Reused:
		return fault.KeyReused()
	case idempotency.Running:
		h.Set("Retry-After", seconds(max(found.Until.Sub(s.now()), time.Second)))
		return fault.KeyRunning()
	case idempotency.Answered:
		h.Set(headerReplayed, "true")
		r.SetStatusCode(found.Answer.Status)
		if found.Answer.Type != "" {
			r.SetContentType(found.Answer.Type)
		}
		r.SetBody(found.Answer.Body)
		return nil
	}
	if hold.Again {
		h.Set(headerRetried, "true")
	}
	ended := false
	defer func() {
		if !ended { // a panic passes through
			hold.Abandon(context.WithoutCancel(ctx)) // it only says so in the log
		}
	}()
	err = run()
	ended = true
	// The answer is kept even if the call used up its time, so the time to keep it begins now.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	switch status := r.Response.StatusCode(); {
	case status == fasthttp.StatusGatewayTimeout || errors.Is(err, context.DeadlineExceeded):
		hold.Abandon(after)
	case status >= 500 || status == fasthttp.StatusTooManyRequests:
		hold.Release(after)
	default:
		hold.Answer(after, idempotency.Answer{Status: status, Type: string(h.ContentType()), Body: bytes.Clone(r.Response.Body())})
	}
	return err
}

// fingerprint is a hash of all that a request asks for: path, query and body. The boundary of a multipart body is left out, because clients make a new one each time.
func fingerprint(c *fasthttp.RequestCtx) string {
	body := c.Request.Body()
	if b := c.Request.Header.MultipartFormBoundary(); len(b) > 0 {
		body = bytes.ReplaceAll(body, b, nil)
	}
	sum := sha256.New()
	for _, part := range [][]byte{c.Path(), c.URI().QueryString(), body} {
		one := sha256.Sum256(part)
		sum.Write(one[:])
	}
	return hex.EncodeToString(sum.Sum(nil))
}
