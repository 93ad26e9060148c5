package sim

import (
	"fmt"
	"time"

	"cardlink/dispatch/carrier/cmpp"
)

// login answers a CONNECT.
func (c *conn) login(seq uint32, body []byte) error {
	if c.account != nil {
		return fmt.Errorf("sim: second CONNECT")
	}
	r, err := cmpp.ParseConnect(body)
	if err != nil {
		return err
	}
	status, a := c.srv.admit(r)
	if status == cmpp.ConnectOK {
		status, err = a.join(c, r, seq)
	} else {
		err = c.welcome(r, seq, cmpp.ConnectResp{Status: status})
	}
	if status != cmpp.ConnectOK && err == nil {
		c.srv.count.refusedLogins.Add(1)
		err = errDone
	}
	return err
}

// join adds a connection, unless there are too many, and answers the login before anything else can be sent over it.
func (a *account) join(c *conn, r cmpp.Connect, seq uint32) (status uint32, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if most := a.srv.opts.MaxConnections; most > 0 && len(a.conns) >= most {
		return cmpp.ConnectTooMany, c.welcome(r, seq, cmpp.ConnectResp{Status: cmpp.ConnectTooMany})
	}
	width := 1
	if r.Version >= cmpp.V30 {
		width = 4
	}
	resp := cmpp.ConnectResp{Auth: cmpp.AuthGateway(cmpp.ConnectOK, width, r.Auth, a.secret)}
	if a.srv.faults.Load().BadProof {
		resp.Auth[0] ^= 0xff
	}
	if err := c.welcome(r, seq, resp); err != nil {
		return cmpp.ConnectOK, err
	}
	c.version, c.account = r.Version, a
	c.joined.Store(a)
	a.conns = append(a.conns, c)
	a.srv.count.logins.Add(1)
	a.pump() // what waited for a connection
	return cmpp.ConnectOK, nil
}

// welcome appends a CONNECT_RESP.
func (c *conn) welcome(r cmpp.Connect, seq uint32, resp cmpp.ConnectResp) error {
	resp.Version = c.srv.opts.Version
	return c.out.Answer(func(b []byte) []byte { return cmpp.AppendConnectResp(b, r.Version, seq, resp) })
}

// admit decides on a login.
func (s *Server) admit(r cmpp.Connect) (status uint32, a *account) {
	a = s.accounts[r.SourceAddr]
	switch f := s.faults.Load(); {
	case f.ConnectStatus != 0:
		return f.ConnectStatus, a
	case r.Version>>4 > s.opts.Version>>4:
		return cmpp.ConnectVersion, a
	case a == nil:
		return cmpp.ConnectAddress, nil
	case !r.Authentic(a.secret), s.opts.ClockTolerance > 0 && !near(r.Timestamp, time.Now(), s.opts.ClockTolerance):
		return cmpp.ConnectAuth, a
	}
	return cmpp.ConnectOK, a
}

// near reports whether a time stamp without a year is within tolerance of now.
func near(stamp uint32, now time.Time, tolerance time.Duration) bool {
	zone := time.FixedZone("UTC+8", 8*3600)
	now = now.In(zone)
	for year := now.Year() - 1; year <= now.Year()+1; year++ {
		n := int(stamp)
		t := time.Date(year, time.Month(n/1e8), n/1e6%100, n/1e4%100, n/100%100, n%100, 0, zone)
		if d := now.Sub(t); d.Abs() <= tolerance {
			return true
		}
	}
	return false
}
