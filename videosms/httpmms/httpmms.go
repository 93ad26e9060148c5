// Package httpmms speaks to an operator's video-message gateway over HTTP and takes its reports. docs/video-sms.md is the protocol, which is ours: an adapter of a
// few hundred lines stands between it and a carrier's own interface. The package refuses to know what is queued, retried or billed.
package httpmms

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cardlink/videosms"
)

// Options configure a Gateway. URL, Secret and Media are required.
type Options struct {
	URL    string // base address: "https://mms.example.net/cardlink"
	Secret string // whsec_ and the base64 form of 24 to 64 bytes; signs both directions
	// Media opens a content by its digest.
	Media func(ctx context.Context, digest string) (io.ReadSeekCloser, error)
	// Transport is nil for one of our own: TLS 1.2 or later, no proxy.
	Transport http.RoundTripper
	Now       func() time.Time
}

// Gateway is a videosms.Gateway over HTTP. Its methods are safe for concurrent use.
type Gateway struct {
	o      Options
	base   string
	sign   *standardwebhooks.Webhook
	client *http.Client
}

var _ videosms.Gateway = (*Gateway)(nil)

// New builds a gateway; nothing is asked yet.
func New(o Options) (*Gateway, error) {
	u, err := url.Parse(o.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("httpmms: the address must be http(s)://host, with a path at most")
	}
	if o.Media == nil {
		return nil, errors.New("httpmms: Media is required")
	}
	sign, err := newWebhook(o.Secret)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Transport == nil {
		o.Transport = &http.Transport{
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: 5 * time.Second, ForceAttemptHTTP2: true,
			MaxIdleConns: 16, MaxIdleConnsPerHost: 16, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		}
	}
	return &Gateway{o, strings.TrimRight(o.URL, "/"), sign, &http.Client{
		Transport: o.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func newWebhook(secret string) (*standardwebhooks.Webhook, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) < 24 || len(key) > 64 {
		return nil, errors.New("the secret must be whsec_ and the base64 form of 24 to 64 bytes")
	}
	return standardwebhooks.NewWebhookRaw(key)
}

// Close lets go of idle connections.
func (g *Gateway) Close() error {
	g.client.CloseIdleConnections()
	return nil
}

// Repeatable is true: the protocol asks gateways to recognise the ids of messages they have taken.
func (g *Gateway) Repeatable() bool { return true }

// Words of the protocol. A content is named by its SHA-256.
type (
	wireBatch struct {
		Template wireTemplate  `json:"template"`
		Messages []wireMessage `json:"messages"`
	}
	wireTemplate struct {
		ID     string      `json:"id"`
		Title  string      `json:"title"`
		Sign   string      `json:"sign"`
		Frames []wireFrame `json:"frames"`
	}
	wireFrame struct {
		Elements []wireElement `json:"elements"`
	}
	wireElement struct {
		Type string `json:"type"`
		Name string `json:"name"`
		Text string `json:"text,omitempty"`
		Var  string `json:"var,omitempty"`
		*wireMedia
	}
	wireMedia struct {
		SHA256    string `json:"sha256"`
		MediaType string `json:"media_type"`
		Size      int64  `json:"size"`
	}
	wireMessage struct {
		ID       string               `json:"id"`
		To       string               `json:"to"`
		Carrier  string               `json:"carrier"`
		ExpireAt time.Time            `json:"expire_at"`
		Values   map[string]wireValue `json:"values,omitempty"`
	}
	wireValue struct {
		Text *string `json:"text,omitempty"` // nil for a picture; a text may be empty
		*wireMedia
	}
	wireAnswer struct {
		Results []wireResult `json:"results"`
		Missing []string     `json:"missing"`
	}
	wireResult struct {
		ID        string `json:"id"`
		Status    string `json:"status"` // taken, refused, later
		CarrierID string `json:"carrier_id"`
		Code      string `json:"code"`
	}
)

func mediaOf(m *videosms.Media) *wireMedia {
	if m == nil {
		return nil
	}
	return &wireMedia{m.Digest, m.Type, m.Size}
}

// Submit posts a batch. Contents travel once: when the gateway says which it does not have, they are put there and the batch is posted again.
func (g *Gateway) Submit(ctx context.Context, b videosms.Batch) ([]videosms.Outcome, error) {
	known := map[string]string{} // media type by digest: only contents of this batch are ever given out
	body, err := json.Marshal(batchOf(b, known))
	if err != nil {
		return nil, unsent(err)
	}
	for round := 0; ; round++ {
		status, header, answer, err := g.post(ctx, body)
		if err != nil {
			return nil, err
		}
		switch {
		case status/100 == 2:
			return outcomes(b, answer)
		case status == http.StatusUnprocessableEntity:
			var a wireAnswer
			if err := json.Unmarshal(answer, &a); err != nil || len(a.Missing) == 0 {
				return refused(b, status), nil //nolint:nilerr // an answer that names nothing is a refusal
			}
			if round == 2 {
				return nil, unsent(errors.New("the gateway goes on asking for contents"))
			}
			if err := g.give(ctx, a.Missing, known); err != nil {
				return nil, unsent(err)
			}
		case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
			return nil, &videosms.Pause{For: retryAfter(header, g.o.Now()), Err: fmt.Errorf("it answered %d", status)}
		case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge:
			return refused(b, status), nil
		case status >= 300 && status < 500: // it is not there, or does not know us: nothing was taken, and it is nothing about the messages
			return nil, unsent(fmt.Errorf("the gateway answered %d", status))
		default:
			return nil, fmt.Errorf("the gateway answered %d", status)
		}
	}
}

func unsent(err error) error { return fmt.Errorf("%w: %w", videosms.ErrUnsent, err) }

func batchOf(b videosms.Batch, known map[string]string) wireBatch {
	note := func(m *videosms.Media) *wireMedia {
		if m != nil {
			known[m.Digest] = m.Type
		}
		return mediaOf(m)
	}
	t := b.Template
	out := wireBatch{Template: wireTemplate{ID: strconv.FormatInt(t.ID, 10), Title: t.Title, Sign: t.Sign}}
	for _, f := range t.Frames {
		var wf wireFrame
		for _, e := range f.Elements {
			wf.Elements = append(wf.Elements, wireElement{e.Type, e.Name, e.Text, e.Var, note(e.Media)})
		}
		out.Template.Frames = append(out.Template.Frames, wf)
	}
	for _, m := range b.Messages {
		wm := wireMessage{ID: m.ID, To: m.Phone, Carrier: m.Carrier, ExpireAt: m.ExpireAt.UTC()}
		for name, v := range m.Values {
			if wm.Values == nil {
				wm.Values = make(map[string]wireValue, len(m.Values))
			}
			value := wireValue{wireMedia: note(v.Media)}
			if v.Media == nil {
				value.Text = &v.Text
			}
			wm.Values[name] = value
		}
		out.Messages = append(out.Messages, wm)
	}
	return out
}

// outcomes reads the answer to a batch that was taken up. Ids that were not asked about are ignored, and so are repeated ones.
func outcomes(b videosms.Batch, answer []byte) ([]videosms.Outcome, error) {
	var a wireAnswer
	if err := json.Unmarshal(answer, &a); err != nil {
		return nil, fmt.Errorf("the gateway's answer is not readable: %w", err)
	}
	open := make(map[string]bool, len(b.Messages))
	for _, m := range b.Messages {
		open[m.ID] = true
	}
	var out []videosms.Outcome
	for _, r := range a.Results {
		if !open[r.ID] {
			continue
		}
		delete(open, r.ID)
		o := videosms.Outcome{ID: r.ID, CarrierID: cut(r.CarrierID), Code: cut(r.Code), Verdict: videosms.Unknown}
		switch r.Status {
		case "taken":
			o.Verdict = videosms.Taken
		case "refused":
			o.Verdict = videosms.Refused
		case "later":
			o.Verdict = videosms.Later
		}
		out = append(out, o)
	}
	return out, nil
}

// cut bounds what the gateway gives us to keep.
func cut(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s[:min(len(s), 128)], "\x00", ""), "")
}

// refused is the answer to a batch that the gateway cannot read: repeating it would change nothing.
func refused(b videosms.Batch, status int) []videosms.Outcome {
	out := make([]videosms.Outcome, len(b.Messages))
	for i, m := range b.Messages {
		out[i] = videosms.Outcome{ID: m.ID, Verdict: videosms.Refused, Code: "GW:" + strconv.Itoa(status)}
	}
	return out
}

// answerLimit bounds the bytes of an answer that are read.
const answerLimit = 4 << 20

// post sends the batch. An error before there was a connection is ErrUnsent. What is written to one is written by a goroutine of its own, which may be a step ahead of
// what it tells, so a call that ends then may have been taken.
func (g *Gateway) post(ctx context.Context, body []byte) (status int, header http.Header, answer []byte, err error) {
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.base+"/messages", bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, unsent(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if err := g.signed(r, body); err != nil {
		return 0, nil, nil, unsent(err)
	}
	resp, err := g.client.Do(r)
	if err != nil {
		if !connected.Load() {
			err = unsent(err)
		}
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	if err != nil && resp.StatusCode/100 != 2 {
		err = nil // the status says all
	}
	return resp.StatusCode, resp.Header, answer, err
}

// signed adds the Standard Webhooks headers over a body.
func (g *Gateway) signed(r *http.Request, body []byte) error {
	id, now := "msg_"+rand.Text(), g.o.Now()
	sig, err := g.sign.Sign(id, now, body)
	if err != nil {
		return err
	}
	r.Header.Set("User-Agent", "cardlink-video-sms/1")
	r.Header.Set(standardwebhooks.HeaderWebhookID, id)
	r.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	r.Header.Set(standardwebhooks.HeaderWebhookSignature, sig)
	return nil
}

// give puts contents of the batch to the gateway.
func (g *Gateway) give(ctx context.Context, digests []string, known map[string]string) error {
	given := map[string]bool{}
	for _, d := range digests {
		mediaType, ours := known[d]
		if !ours || given[d] {
			continue
		}
		given[d] = true
		if err := g.put(ctx, d, mediaType); err != nil {
			return fmt.Errorf("give the content %s: %w", d, err)
		}
	}
	if len(given) == 0 {
		return errors.New("the gateway asks for contents that are not of this batch")
	}
	return nil
}

func (g *Gateway) put(ctx context.Context, digest, mediaType string) error {
	f, err := g.o.Media(ctx, digest)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, g.base+"/media/"+digest, bytes.NewReader(data))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", mediaType)
	if err := g.signed(r, data); err != nil {
		return err
	}
	resp, err := g.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // only to keep the connection usable
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the gateway answered %d", resp.StatusCode)
	}
	return nil
}

// retryAfter reads the header of an answer: seconds or a date; 0 if there is none that makes sense. The worker bounds it.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.ParseInt(v, 10, 32); err == nil {
		return time.Duration(max(s, 0)) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}
