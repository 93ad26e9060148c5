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
}
