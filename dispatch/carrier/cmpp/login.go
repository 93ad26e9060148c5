package cmpp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// errUnproven is a gateway that, under VerifyStrict, did not prove that it knows the secret.
var errUnproven = errors.New("cmpp: gateway's authenticator is wrong")

// loginError is a CONNECT that the gateway refused.
type loginError struct {
	status uint32
	sent   uint32 // our time stamp: a wrong clock looks like a wrong secret
}

func (e *loginError) Error() string {
	var what string
	switch e.status {
	case ConnectStructure:
		what = "message structure wrong"
	case ConnectAddress:
		what = "SP id or our address is not registered"
	case ConnectAuth:
		what = fmt.Sprintf("authentication failed (secret, or our clock: we said %010d)", e.sent)
	case ConnectVersion:
		what = "version too high"
	default:
		what = "refused, often for too many connections"
	}
	return fmt.Sprintf("cmpp: CONNECT status %d: %s", e.status, what)
}

// connect dials and logs in. The connection it returns is not yet serving.
func (s *Session) connect(ctx context.Context, index int) (*conn, error) {
	dialing, cancel := context.WithTimeout(ctx, s.opts.DialTimeout)
	nc, err := s.opts.Dial(dialing, "tcp", s.opts.Addr)
	cancel()
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { nc.Close() })
	c, err := s.login(nc, index)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		nc.Close()
		return nil, err
	}
	return c, nil
}

// login exchanges CONNECT and CONNECT_RESP on a fresh connection.
func (s *Session) login(nc net.Conn, index int) (*conn, error) {
	if err := nc.SetDeadline(time.Now().Add(s.opts.LoginTimeout)); err != nil {
		return nil, err
	}
	asked, stamp := Version(s.asked.Load()), Timestamp(s.opts.Now())
	c := newConn(s, index, nc)
	auth := AuthSource(s.opts.SPID, s.opts.Secret, stamp)
	seq := c.number()
	pdu, err := AppendConnect(nil, seq, Connect{SourceAddr: s.opts.SPID, Auth: auth, Version: asked, Timestamp: stamp})
	if err != nil {
		return nil, err
	}
	if _, err := nc.Write(pdu); err != nil {
		return nil, fmt.Errorf("send CONNECT: %w", err)
	}
	h, body, err := c.in.Next()
	if err != nil {
		return nil, fmt.Errorf("wait for CONNECT_RESP: %w", err)
	}
	if h.Command != CmdConnect|Response || h.Seq != seq {
		return nil, fmt.Errorf("%w: %v instead of CONNECT_RESP", ErrBody, h.Command)
	}
	r, err := ParseConnectResp(body)
	if err != nil {
		return nil, err
	}
	if r.Status != ConnectOK {
		return nil, &loginError{status: r.Status, sent: stamp}
	}
	if s.opts.Verify != VerifyOff && !r.Verify(auth, s.opts.Secret) {
		if s.opts.Verify == VerifyStrict {
			return nil, errUnproven
		}
		s.opts.Log.Warn("gateway's authenticator is wrong, going on", "connection", index)
	}
	c.version = asked
	if r.Version != 0 && r.Version < asked {
		c.version = r.Version
	}
	return c, nc.SetDeadline(time.Time{})
}
