package cmpp

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"time"
)

// gatewayZone is the zone of every time on the wire: UTC+8 without daylight saving.
var gatewayZone = time.FixedZone("UTC+8", 8*3600)

// Statuses of CONNECT_RESP (carriers.md §4.2).
const (
	ConnectOK          uint32 = 0
	ConnectStructure   uint32 = 1
	ConnectAddress     uint32 = 2 // id or our address not registered
	ConnectAuth        uint32 = 3 // wrong secret, or our clock too far off
	ConnectVersion     uint32 = 4 // version too high
	ConnectTooMany     uint32 = 5 // other; in the field mostly too many connections
	connectBody               = 27
	connectRespBody2          = 18
	connectRespBody3          = 21
	authenticatorWidth        = 16
)

// Connect is a CONNECT, the login.
type Connect struct {
	SourceAddr string   // service provider id, at most 6 characters
	Auth       [16]byte // AuthSource(SourceAddr, secret, Timestamp)
	Version    Version
	Timestamp  uint32 // MMDDhhmmss of the gateway's zone, read as a number
}

// ConnectResp is a CONNECT_RESP.
type ConnectResp struct {
	Status  uint32
	Auth    [16]byte // AuthGateway over the status, the request's Auth and the secret; zeros when the login failed
	Version Version  // highest that the gateway speaks
}

// Timestamp is the MDhms number of a moment.
func Timestamp(t time.Time) uint32 {
	t = t.In(gatewayZone)
	return uint32((((int(t.Month())*100+t.Day())*100+t.Hour())*100+t.Minute())*100 + t.Second())
}

// AuthSource is AuthenticatorSource: the id as it is, nine zeros, the secret, and the time in ten digits, leading zero included.
func AuthSource(spid, secret string, timestamp uint32) [16]byte {
	b := make([]byte, 0, 64)
	b = append(b, spid...)
	b = append(b, zeros[:9]...)
	b = append(b, secret...)
	return md5.Sum(fmt.Appendf(b, "%010d", timestamp))
}

// AuthGateway is AuthenticatorISMG over a status of width 1 or 4.
func AuthGateway(status uint32, width int, source [16]byte, secret string) [16]byte {
	b := make([]byte, 0, 64)
	if width == 1 {
		b = append(b, byte(status))
	} else {
		b = binary.BigEndian.AppendUint32(b, status)
	}
	b = append(b, source[:]...)
	return md5.Sum(append(b, secret...))
}

// Verify reports whether the gateway proved that it knows the secret. Implementations differ on the width of the status in the
// hash, whatever their version, so either counts.
func (r ConnectResp) Verify(source [16]byte, secret string) bool {
	one, four := AuthGateway(r.Status, 1, source, secret), AuthGateway(r.Status, 4, source, secret)
	return subtle.ConstantTimeCompare(r.Auth[:], one[:])|subtle.ConstantTimeCompare(r.Auth[:], four[:]) == 1
}

// AppendConnect appends a CONNECT.
func AppendConnect(dst []byte, seq uint32, c Connect) ([]byte, error) {
	if err := fits("Source_Addr", c.SourceAddr, 6); err != nil {
		return dst, err
	}
	start := len(dst)
	dst = begin(dst, CmdConnect, seq)
	dst = appendStr(dst, c.SourceAddr, 6)
	dst = append(dst, c.Auth[:]...)
	dst = append(dst, byte(c.Version))
	dst = binary.BigEndian.AppendUint32(dst, c.Timestamp)
	return finish(dst, start), nil
}

// ParseConnect reads the body of a CONNECT.
func ParseConnect(body []byte) (c Connect, err error) {
	if len(body) != connectBody {
		return c, fmt.Errorf("%w: CONNECT of %d bytes", ErrBody, len(body))
	}
	c.SourceAddr = string(cut(body[:6]))
	copy(c.Auth[:], body[6:22])
	c.Version = Version(body[22])
	c.Timestamp = binary.BigEndian.Uint32(body[23:])
	return c, nil
}

// AppendConnectResp appends a CONNECT_RESP in the form of version v, which need not be r.Version.
func AppendConnectResp(dst []byte, v Version, seq uint32, r ConnectResp) []byte {
	start := len(dst)
	dst = begin(dst, CmdConnect|Response, seq)
	dst = v.layout().appendResult(dst, r.Status)
	dst = append(dst, r.Auth[:]...)
	return finish(append(dst, byte(r.Version)), start)
}

// ParseConnectResp reads the body of a CONNECT_RESP by its length, because some gateways answer in their own version.
func ParseConnectResp(body []byte) (r ConnectResp, err error) {
	if len(body) != connectRespBody2 && len(body) != connectRespBody3 {
		return r, fmt.Errorf("%w: CONNECT_RESP of %d bytes", ErrBody, len(body))
	}
	width := len(body) - authenticatorWidth - 1
	r.Status = readResult(body[:width])
	copy(r.Auth[:], body[width:])
	r.Version = Version(body[len(body)-1])
	return r, nil
}

// Authentic reports whether c.Auth was made with the secret.
func (c Connect) Authentic(secret string) bool {
	want := AuthSource(c.SourceAddr, secret, c.Timestamp)
	return subtle.ConstantTimeCompare(c.Auth[:], want[:]) == 1
}
