package callback

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// SignFunc signs a request with an access key (api.md §2.1): it sets X-Sdk-Date and Authorization. identity offers one.
type SignFunc func(r *http.Request, body []byte, access, secret string, at time.Time) error

// poster makes one attempt.
type poster struct {
	client  *http.Client
	timeout time.Duration
	sign    SignFunc
	now     func() time.Time
}

// attempt is what came of a request.
type attempt struct {
	ok    bool
	gone  bool          // 410: the customer wants no more calls
	pause time.Duration // what the receiver asked for
	busy  bool          // 429 or 503: the pause is meant for everything that goes there
	took  time.Duration
	text  string // for the dead-letter list: a status or a class of failure
}

// newClient follows no redirect, uses no proxy of the environment and reaches allowed targets only.
func newClient(g *guard, roots *x509.CertPool, perHost, total int) *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            g.dial,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
			TLSHandshakeTimeout:    5 * time.Second,
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           total,
			MaxIdleConnsPerHost:    perHost,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true,
		},
	}
}

// answerLimit is how much of an answer is read, only to keep the connection usable; its content means nothing (api.md §18).
const answerLimit = 64 << 10

func (p *poster) post(ctx context.Context, e Endpoint, s Signing, id, contentType string, body []byte) attempt {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return attempt{text: "the address is not a URL"}
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("User-Agent", "cardlink-callback/1")
	r.Header.Set("X-Request-Id", id)
	if err := p.signed(r, s, id, body); err != nil {
		return attempt{text: "could not be signed: " + err.Error()}
	}
	answer, err := p.client.Do(r)
	if err != nil {
		return attempt{text: failure(err)}
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, answerLimit) // what remains unread costs the connection, nothing else
	a := attempt{text: strconv.Itoa(answer.StatusCode), ok: answer.StatusCode/100 == 2, gone: answer.StatusCode == http.StatusGone}
	if !a.ok {
		a.pause = retryAfter(answer.Header, p.now())
		a.busy = answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == http.StatusServiceUnavailable
	}
	return a
}

func (p *poster) signed(r *http.Request, s Signing, id string, body []byte) error {
	now := p.now()
	switch s.Mode {
	case Unsigned:
		return nil
	case StandardWebhooks:
		w, err := standardwebhooks.NewWebhook(s.Secret)
		if err != nil {
			return errors.New("the secret is not readable")
		}
		sig, err := w.Sign(id, now, body)
		if err != nil {
			return err
		}
		r.Header.Set(standardwebhooks.HeaderWebhookID, id)
		r.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
		r.Header.Set(standardwebhooks.HeaderWebhookSignature, sig)
		return nil
	case AccessKey:
		if p.sign == nil {
			return errors.New("access-key signatures are not configured")
		}
		return p.sign(r, body, s.Access, s.Secret, now)
	}
	return fmt.Errorf("mode %q is unknown", s.Mode)
}

// failure names the class of a transport error. The error's own text may hold the address with its query, so it is not kept.
func failure(err error) string {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, errTarget):
		return errTarget.Error()
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.As(err, &dns):
		return "the name does not resolve"
	case errors.As(err, &cert):
		return "the certificate is not valid"
	case errors.Is(err, context.Canceled):
		return "stopped"
	}
	return "no connection"
}
