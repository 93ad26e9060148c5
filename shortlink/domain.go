package shortlink

import (
	"errors"
	"strings"
	"time"

	"cardlink/fault"
)

// Domain is a registered short-link domain. It serves one kind of code, so a host tells how to read a path.
type Domain struct {
	Name       string // host, optional port, up to two path levels, no trailing slash: "s.example.com", "s.example.com/a1/b2". Lower-case host
	Tenant     string // who may make links on it; empty: every tenant
	Generation string // "1" standard codes, "2" custom codes
	Frozen     bool   // no new links, and its links answer as gone
	State      string // of its review; only approved ones take links (empty = approved)
	Words      string // the reviewer's
	CreatedAt  time.Time
}

// The states of a domain's or jump host's review.
const (
	Approved = "approved"
	Pending  = "pending"
	Rejected = "rejected"
)

// The generation types of codes (api.md §7.1).
const (
	Standard = "1"
	Custom   = "2"
)

// ErrNoDomain is returned by stores for a name that is not registered, or not for this tenant.
var ErrNoDomain = errors.New("short-link domain is not registered")

// ErrDomainTaken is what a caller reads when a domain belongs to another tenant or generation type.
var ErrDomainTaken = fault.In(fault.Parameter, "domain", "is registered already, for another tenant or generation_type")

// maxDomain is the longest domain name of the wire (api.md §7.2).
const maxDomain = 100

// ParseDomain checks the form of a domain name and gives it its canonical spelling: the host in lower case, paths as they are (codes and
// paths are case-sensitive), no final dot. A port is allowed for deployments that are reached by one.
func ParseDomain(name string) (string, error) {
	if len(name) == 0 || len(name) > maxDomain {
		return "", errors.New("must be 1-100 characters")
	}
	host, path, hasPath := strings.Cut(name, "/")
	h, port, hasPort := strings.Cut(host, ":")
	if hasPort && !isDigits(port, 5) {
		return "", errors.New("has a malformed port")
	}
	h = strings.ToLower(strings.TrimSuffix(h, "."))
	if !isHost(h) && (h != "localhost" || !hasPort) { // localhost:8080 is what a server on one's own machine is called
		return "", errors.New("must be a domain name such as s.example.com, optionally with up to two path levels")
	}
	if hasPort {
		h += ":" + port
	}
	if !hasPath {
		return h, nil
	}
	levels := strings.Split(path, "/")
	if len(levels) > 2 {
		return "", errors.New("must have at most two path levels")
	}
	for _, l := range levels {
		if !isWord(l) {
			return "", errors.New("must have path levels of letters and digits and no trailing slash")
		}
	}
	if servedPath[levels[0]] {
		return "", errors.New("must not begin its path with a level that the gateway serves itself")
	}
	return h + "/" + path, nil
}

// servedPath are first path levels that the edge answers itself.
var servedPath = map[string]bool{"r": true, "m": true, "e": true, "p": true, "v": true}

// isHost is the wire's pattern [a-zA-Z0-9][-a-zA-Z0-9]{0,62}(\.[a-zA-Z0-9][-a-zA-Z0-9]{0,62})+ (api.md §7.2).
func isHost(s string) bool {
	labels := 0
	for label := range strings.SplitSeq(s, ".") {
		labels++
		if len(label) == 0 || len(label) > 63 || label[0] == '-' {
			return false
		}
		for i := range len(label) {
			if digit[label[i]] == 0 && label[i] != '-' {
				return false
			}
		}
	}
	return labels >= 2
}

func isDigits(s string, most int) bool {
	if len(s) == 0 || len(s) > most {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func isWord(s string) bool {
	for i := range len(s) {
		if digit[s[i]] == 0 {
			return false
		}
	}
	return s != ""
}

// JumpList is a tenant's registered jump hosts: "shop.example.com", or "*.example.com" for every host below example.com.
type JumpList []string

// Allows reports whether a host may be jumped to.
func (l JumpList) Allows(host string) bool {
	host = strings.ToLower(host)
	for _, j := range l {
		if j == host || (strings.HasPrefix(j, "*.") && len(host) > len(j)-1 && strings.HasSuffix(host, j[1:])) {
			return true
		}
	}
	return false
}

// jumpHost gives the host of a custom_url, or ok = false if the URL does not match the wire's pattern
// ^http[s]{0,1}://([\w-]+\.)+[\w-]+(/[\w-./?%&=]*)?$ (api.md §7.1). It is written out because it runs once per link.
func jumpHost(url string) (host string, ok bool) {
	rest, found := strings.CutPrefix(url, "http://")
	if !found {
		if rest, found = strings.CutPrefix(url, "https://"); !found {
			return "", false
		}
	}
	host, path, _ := strings.Cut(rest, "/")
	labels, length := 1, 0
	for i := range len(host) {
		switch c := host[i]; {
		case c == '.':
			if length == 0 {
				return "", false
			}
			labels, length = labels+1, 0
		case digit[c] != 0 || c == '_' || c == '-':
			length++
		default:
			return "", false
		}
	}
	if labels < 2 || length == 0 {
		return "", false
	}
	for i := range len(path) {
		if c := path[i]; digit[c] == 0 && strings.IndexByte("_-./?%&=", c) < 0 {
			return "", false
		}
	}
	return host, true
}
