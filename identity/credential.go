package identity

// Credential is the part of a request that authentication looks at. Byte slices are only read and not kept.
type Credential struct {
	Method string
	Path   string // as received, still percent-encoded
	Query  string // raw query string, without "?"
	Host   string
	Header func(name string) []string // all values of a header in order of appearance, nil if absent
	Body   []byte
	Remote string // address of the peer, for the audit log
	// Safe says that repeating the request changes nothing (a GET, or a POST that only reads). An exact repeat of a signed request that is
	// not safe is refused as a replay.
	Safe bool
}

// header is the first value of a header, "" if absent.
func (c Credential) header(name string) string {
	if vs := c.Header(name); len(vs) > 0 {
		return vs[0]
	}
	return ""
}
