package app

import (
	"errors"
	"fmt"
	"net"
	"strings"
)

// faces are the bound listeners; nil for roles that are not played.
type faces struct{ edge, api, ops net.Listener }

// listen binds the addresses and fills in what follows from them: the edge's origin and the default domain.
func listen(o *Options) (f *faces, err error) {
	f = &faces{}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close())
		}
	}()
	bind := func(what, addr string) net.Listener {
		if err != nil {
			return nil
		}
		var ln net.Listener
		if ln, err = net.Listen("tcp", addr); err != nil {
			err = fmt.Errorf("%s: %w; give another address with --%s", what, err, what)
		}
		return ln
	}
	if o.plays(RoleEdge) {
		f.edge = bind("edge", o.Edge)
	}
	if o.plays(RoleAPI) {
		f.api = bind("api", o.API)
	}
	f.ops = bind("ops", o.Ops)
	if err != nil {
		return f, err
	}
	if o.EdgeOrigin == "" {
		if f.edge != nil {
			o.EdgeOrigin = baseURL(f.edge)
		} else {
			o.EdgeOrigin = "http://" + visitable(o.Edge)
		}
	}
	o.EdgeOrigin = strings.TrimRight(o.EdgeOrigin, "/")
	if len(o.Domains) == 0 {
		_, host, _ := strings.Cut(o.EdgeOrigin, "://")
		o.Domains = []string{host}
	}
	return f, nil
}

func (f *faces) addresses() (a Addresses) {
	for _, x := range []struct {
		ln net.Listener
		to *string
	}{{f.edge, &a.Edge}, {f.api, &a.API}, {f.ops, &a.Ops}} {
		if x.ln != nil {
			*x.to = baseURL(x.ln)
		}
	}
	return a
}

func (f *faces) close() (err error) {
	for _, ln := range []net.Listener{f.edge, f.api, f.ops} {
		if ln != nil {
			if e := ln.Close(); e != nil && !errors.Is(e, net.ErrClosed) {
				err = errors.Join(err, e)
			}
		}
	}
	return err
}

// baseURL is the address of a listener as somebody on this machine would type it.
func baseURL(ln net.Listener) string { return "http://" + visitable(ln.Addr().String()) }

// visitable replaces an unspecified host by localhost.
func visitable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
