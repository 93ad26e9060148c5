package templates

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"code.dny.dev/ssrf"
)

// FetchOptions configure how materials are fetched from customers' addresses. The zero value reaches public addresses only.
type FetchOptions struct {
	AllowPrivate bool           // reach any address; for installations inside one network
	Allowed      []netip.Prefix // reach these networks although they are not public
	Timeout      time.Duration  // of one fetch, redirects included; default 20 s
}

// errFetchSize says that the answer is longer than the limit.
var errFetchSize = errors.New("the file is too large")

// fetcher gets files from outside. The guard looks at the address a connection is really made to, after the name was resolved and on every redirect, so
// neither a name nor a redirect can lead inside.
type fetcher struct{ client *http.Client }

// maxRedirects bounds how often a fetch is sent on.
const maxRedirects = 3

func newFetcher(o FetchOptions) *fetcher {
	if o.Timeout <= 0 {
		o.Timeout = 20 * time.Second
	}
	d := &net.Dialer{Timeout: 5 * time.Second}
	if !o.AllowPrivate {
		var v4, v6 []netip.Prefix
		for _, p := range o.Allowed {
			if p.Addr().Is4() {
				v4 = append(v4, p)
			} else {
				v6 = append(v6, p)
			}
		}
		guard := ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))
		d.Control = guard.Safe
	}
	return &fetcher{&http.Client{
		Timeout: o.Timeout,
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would connect where the guard cannot see
			DialContext:            d.DialContext,
			TLSHandshakeTimeout:    5 * time.Second,
			ResponseHeaderTimeout:  10 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConns:           4,
			IdleConnTimeout:        30 * time.Second,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			if r.URL.Scheme != via[0].URL.Scheme {
				return errors.New("redirect to another scheme")
			}
			return nil
		},
	}}
}

// get fetches at most limit bytes.
func (f *fetcher) get(ctx context.Context, address string, limit int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "cardlink-materials/1")
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answered %d", resp.StatusCode)
	}
	if resp.ContentLength > limit {
		return nil, errFetchSize
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, errFetchSize
	}
	return data, nil
}

// ErrFetchSize says that a file is longer than the limit.
var ErrFetchSize = errFetchSize

// Fetch gets a file of at most limit bytes from a customer's address under the guard of uploads. What it is, is for the caller to find out. The error wraps ErrFetchSize
// for a longer one; others name the address and are for the log.
func (m *Materials) Fetch(ctx context.Context, address string, limit int64) ([]byte, error) {
	return m.fetch.get(ctx, address, limit)
}

// close lets go of idle connections.
func (f *fetcher) close() { f.client.CloseIdleConnections() }
