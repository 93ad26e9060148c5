package api

import (
	"hash/maphash"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// guessSlots is the size of each of a guard's tables. Two keys may share a slot (under a seed nobody outside knows) and then share its bucket.
const guessSlots = 1 << 14

// goodFor is how long a credential that was good from a network is not held up by what others do there.
const goodFor = time.Hour

// guessGuard makes guessing credentials slow. Refused credentials are counted per client network; a network that has used up its bucket is turned away before anything
// is computed. Networks are shared, above all behind a proxy that is not configured as trusted, so a credential that was good from there within the hour goes on as long
// as its own bucket lasts: one program with a stale key does not lock out its neighbours, and who guesses at a known key locks out that key only.
type guessGuard struct {
	limit Limit // none: no guard
	seed  maphash.Seed

	mu   sync.Mutex
	nets [guessSlots]time.Time // when the network's bucket will be whole
	keys [guessSlots]time.Time // the same of a credential from a network
	good [guessSlots]goodMark
}

// goodMark remembers a credential by its hash.
type goodMark struct {
	sum   uint64
	until time.Time
}

// guess is a credential as it is presented: not yet known to be anybody's.
type guess struct{ net, key uint64 }

func newGuessGuard(l Limit) *guessGuard { return &guessGuard{limit: l, seed: maphash.MakeSeed()} }

// of names a presented credential: the access key that a signature claims, or a token.
func (g *guessGuard) of(remote netip.Addr, authorization, token string) guess {
	net := network(remote)
	if _, rest, signed := strings.Cut(authorization, "Access="); signed {
		token, _, _ = strings.Cut(rest, ",")
	}
	return guess{maphash.String(g.seed, net), maphash.String(g.seed, net+"\x00"+token)}
}

// held reports whether a presented credential is to be turned away, and until when.
func (g *guessGuard) held(at guess, now time.Time) (wait time.Duration, held bool) {
	if g.limit.none() {
		return 0, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	bucket := g.nets[at.net%guessSlots]
	if m := g.good[at.key%guessSlots]; m.sum == at.key && now.Before(m.until) {
		bucket = g.keys[at.key%guessSlots]
	}
	grant, _ := gcra(now, bucket, g.limit, 1)
	return grant.Retry, !grant.Allowed
}

// failed counts a refused credential.
func (g *guessGuard) failed(at guess, now time.Time) {
	if g.limit.none() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	_, g.nets[at.net%guessSlots] = gcra(now, g.nets[at.net%guessSlots], g.limit, 1)
	_, g.keys[at.key%guessSlots] = gcra(now, g.keys[at.key%guessSlots], g.limit, 1)
}

// passed remembers a credential that was good.
func (g *guessGuard) passed(at guess, now time.Time) {
	if g.limit.none() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.good[at.key%guessSlots] = goodMark{at.key, now.Add(goodFor)}
}

// network is the part of an address that one customer line holds: an IPv4 address or the first 64 bits of an IPv6 one.
func network(a netip.Addr) string {
	a = a.Unmap()
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
