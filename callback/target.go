package callback

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"code.dny.dev/ssrf"

	"cardlink/fault"
)

// Targets says which addresses may be called. The zero value allows public ones only (D-25).
type Targets struct {
	AllowPrivate bool     // anything, for self-hosted use
	Allow        []string // exceptions: "10.1.0.0/16", "10.1.2.3", "hooks.internal:8443"
}

// maxURL is the longest callback_url in characters (api.md §10.1).
const maxURL = 1000

// guard refuses private targets twice: by name when an address is registered, and by the resolved address when a connection is made, so that a
// name which changes its mind after registration gains nothing.
type guard struct {
	open     bool
	prefixes []netip.Prefix
	hosts    map[string]bool // host:port, lower case
	public   *ssrf.Guardian
}

func newGuard(t Targets) (*guard, error) {
	g := &guard{open: t.AllowPrivate, hosts: map[string]bool{}, public: ssrf.New(ssrf.WithAnyPort())}
	var errs []error
	for _, s := range t.Allow {
		if p, err := netip.ParsePrefix(s); err == nil {
			g.prefixes = append(g.prefixes, p.Masked())
		} else if a, err := netip.ParseAddr(s); err == nil {
			g.prefixes = append(g.prefixes, netip.PrefixFrom(a, a.BitLen()))
		} else if host, port, err := net.SplitHostPort(s); err == nil && host != "" && port != "" {
			g.hosts[strings.ToLower(s)] = true
		} else {
			errs = append(errs, fmt.Errorf("allowed callback target %q is neither a network, an address nor host:port", s))
		}
	}
	return g, errors.Join(errs...)
}

func refuse(format string, args ...any) error {
	return fault.Inf(fault.Parameter, "callback_url", format, args...)
}

// check decides about an address at registration.
func (g *guard) check(raw string) error {
	switch n := utf8.RuneCountInString(raw); {
	case n == 0:
		return refuse("is required")
	case n > maxURL:
		return refuse("must be at most %d characters", maxURL)
	}
	if strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return refuse("must not contain blanks or control characters")
	}
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" {
		return refuse("is not a URL")
	}
	port := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	switch {
	case port == "":
		return refuse("must begin with http:// or https://")
	case u.Hostname() == "":
		return refuse("has no host")
	case u.User != nil:
		return refuse("must not carry a user name or password")
	case u.Fragment != "":
		return refuse("must not carry a fragment")
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return refuse("port must be 1 to 65535")
		}
		port = p
	}
	return g.checkHost(strings.ToLower(u.Hostname()), port)
}

func (g *guard) checkHost(host, port string) error {
	if g.hosts[net.JoinHostPort(host, port)] {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if !g.allows(netip.AddrPortFrom(ip, 443)) {
			return refuse("host must be a domain name or a public IP address")
		}
		return nil
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return refuse("host is not a domain name")
		}
	}
	last := labels[len(labels)-1]
	switch {
	case len(host) > 253:
		return refuse("host is not a domain name")
	case strings.Trim(last, "0123456789") == "", strings.HasPrefix(last, "0x"): // 127.1, 2130706433, 0x7f000001: addresses in disguise
		return refuse("host must be a domain name or a public IP address")
	case g.open:
		return nil
	case len(labels) == 1, last == "localhost":
		return refuse("host must be a domain name or a public IP address")
	}
	return nil
}

// allows decides about a resolved address.
func (g *guard) allows(to netip.AddrPort) bool {
	if g.open {
		return true
	}
	ip := to.Addr().Unmap()
	for _, p := range g.prefixes {
		if p.Contains(ip) {
			return true
		}
	}
	network := "tcp6"
	if ip.Is4() {
		network = "tcp4"
	}
	return ip.Zone() == "" && g.public.Safe(network, netip.AddrPortFrom(ip, to.Port()).String(), nil) == nil
}

// errTarget is what a connection to a refused address fails with.
var errTarget = errors.New("the address is not a public one")

// dial connects for the HTTP client; the check runs on each address the name resolves to, after resolution and before the connection.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	if !g.hosts[strings.ToLower(address)] {
		d.Control = func(_, resolved string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(resolved)
			if err != nil || !g.allows(to) {
				return errTarget
			}
			return nil
		}
	}
	return d.DialContext(ctx, network, address)
}
