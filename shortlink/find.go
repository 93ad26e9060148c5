package shortlink

import (
	"context"
	"errors"
	"fmt"

	"github.com/cespare/xxhash/v2"

	"cardlink/templates"
)

// Errors of Find.
var (
	ErrUnknown = errors.New("no such link")
	ErrLimited = errors.New("too many unknown codes from this client")
)

// Domain finds the domain of a visitor: the host with the longest registered path prefix of path, and what is left of path as the code.
// path begins with "/". ok is false if nobody serves that address. It does not allocate.
func (r *Resolver) Domain(host, path []byte) (d *Domain, code []byte, ok bool) {
	all := *r.domains.Load()
	var buf [maxDomain + 8]byte
	key := appendHost(buf[:0], host)
	if key == nil || len(path) < 2 {
		return nil, nil, false
	}
	hostEnd := len(key)
	// The code is what follows the last slash; the levels before it belong to the domain.
	cut := len(path) - 1
	for path[cut] != '/' {
		cut--
	}
	code = path[cut+1:]
	if len(key)+cut > cap(buf) {
		return nil, nil, false
	}
	key = append(key, path[:cut]...)
	if d = all[string(key)]; d != nil {
		return d, code, true
	}
	// A request for a port may be meant for the host without it.
	for i := hostEnd - 1; i >= 0; i-- {
		if c := key[i]; c == ':' {
			key = append(key[:i], path[:cut]...)
			if d = all[string(key)]; d != nil {
				return d, code, true
			}
			break
		} else if c < '0' || c > '9' {
			break
		}
	}
	if r.o.AnyHost && cut == 0 {
		return anyHost, code, true
	}
	return nil, nil, false
}

// anyHost stands for hosts that are not registered; its name is empty.
var anyHost = &Domain{Generation: Standard}

// appendHost appends host in lower case without a final dot; nil if it is empty or too long for any domain.
func appendHost(dst, host []byte) []byte {
	if len(host) == 0 || len(host) > maxDomain {
		return nil
	}
	for _, c := range host {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	if dst[len(dst)-1] == '.' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// Find gives the link of a code on a domain that Domain found. client identifies who asks, for the budget of unknown codes. The error is
// ErrUnknown, ErrLimited, or what kept the store from answering. It does not allocate if the link is in memory.
func (r *Resolver) Find(ctx context.Context, d *Domain, code []byte, client uint64) (*Entry, error) {
	slot := r.front.slot(code)
	if e := slot.Load(); e != nil && e.at(d, code) {
		return e, nil
	}
	key, lk, ok := r.linkKey(d, code)
	if !ok {
		return nil, ErrUnknown
	}
	if e, hit := r.cache.Get(key); hit && e.at(d, code) {
		slot.Store(e)
		return e, nil
	}
	nowMs := r.o.Now().UnixMilli()
	if r.unknown.has(key, nowMs) {
		r.stats.unknownHits.Inc()
		return nil, ErrUnknown
	}
	if !r.budget.allows(client, nowMs) {
		r.stats.limited.Inc()
		return nil, ErrLimited
	}
	if lk.Code != "" {
		lk.Code = string(code) // it lived in the request
	}
	e, err := r.look(ctx, key, lk)
	if err == nil && !e.at(d, code) {
		err = ErrUnknown // a link of another domain, or of another code length
	}
	if errors.Is(err, ErrUnknown) {
		r.unknown.add(key, nowMs)
		r.budget.charge(client, nowMs)
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// ByID gives the link with an id that the caller has proof of: it came with a token of ours. Whether the link has ended makes no difference. The error is
// ErrUnknown, or what kept the store from answering. It does not allocate if a link with a standard code is in memory.
func (r *Resolver) ByID(ctx context.Context, id int64) (*Entry, error) {
	if e, hit := r.cache.Get(uint64(id)); hit && e.id == id {
		return e, nil
	}
	return r.look(ctx, uint64(id), LinkKey{ID: id})
}

// TemplateOf gives the template of a link whatever its state; nil if it was deleted.
func (r *Resolver) TemplateOf(ctx context.Context, e *Entry) (*templates.Template, error) {
	st, err := r.slots.current(ctx, e.tpl, r.o.Now().UnixMilli())
	if err != nil {
		return nil, err
	}
	return st.template, nil
}

// linkKey gives the cache key and the store key of a code. Ids are below 2^60, so the top bit tells custom codes apart.
func (r *Resolver) linkKey(d *Domain, code []byte) (key uint64, lk LinkKey, ok bool) {
	if d.Generation == Standard {
		id, err := r.o.Codec.ParseCode(code)
		return uint64(id), LinkKey{ID: id}, err == nil && id > 0
	}
	if !IsCustom(code) {
		return 0, lk, false
	}
	return customKey(d.Name, text(code)), LinkKey{Domain: d.Name, Code: text(code)}, true
}

func customKey(domain, code string) uint64 {
	var h xxhash.Digest
	h.Reset()
	_, _ = h.WriteString(domain)
	_, _ = h.WriteString("/")
	_, _ = h.WriteString(code)
	return h.Sum64() | 1<<63
}

// at reports whether e is the link of code on d: a hash may have met another, and a standard code of another length names the same id.
func (e *Entry) at(d *Domain, code []byte) bool {
	n := len(e.url) - len(code)
	if n < 1 || e.url[n-1] != '/' || e.url[n:] != string(code) {
		return false
	}
	return d.Name == "" || e.url[:n-1] == d.Name
}

type flight struct {
	done chan struct{}
	e    *Entry
	err  error
}

// look reads a link from the store, once for all who ask at the same time.
func (r *Resolver) look(ctx context.Context, key uint64, lk LinkKey) (*Entry, error) {
	r.flightMu.Lock()
	if f := r.flights[key]; f != nil {
		r.flightMu.Unlock()
		select {
		case <-f.done:
			return f.e, f.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	f := &flight{done: make(chan struct{})}
	r.flights[key] = f
	r.flightMu.Unlock()
	f.e, f.err = r.read(ctx, key, lk)
	r.flightMu.Lock()
	delete(r.flights, key)
	r.flightMu.Unlock()
	close(f.done)
	return f.e, f.err
}

func (r *Resolver) read(ctx context.Context, key uint64, lk LinkKey) (*Entry, error) {
	r.stats.misses.Inc()
	l, err := r.finds.ask(ctx, lk)
	if err != nil {
		return nil, fmt.Errorf("find a link: %w", err)
	}
	if l == nil {
		return nil, ErrUnknown
	}
	slot := r.slots.slot(l.TplID, l.TplVersion)
	st, err := r.slots.current(ctx, slot, r.o.Now().UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("load the template of a link: %w", err)
	}
	var params []string
	if st.template != nil && len(st.template.Params) > 0 {
		params = make([]string, len(st.template.Params))
		for i, p := range st.template.Params {
			params[i] = l.Params[p.Bare()]
		}
	}
	e, cost := newEntry(l, slot, params)
	if e.values != nil && r.o.Measure != nil {
		e.values.measures = r.o.Measure(make([]uint32, 0, len(params)), params)
	}
	r.cache.Set(key, e, cost)
	return e, nil
}

// findLinks answers a batch of look-ups; nil stands for an unknown link.
func (r *Resolver) findLinks(ctx context.Context, keys []LinkKey) ([]*Link, error) {
	links, err := r.o.Store.FindLinks(ctx, keys)
	if err != nil {
		return nil, err
	}
	byKey := make(map[LinkKey]*Link, len(links))
	for i := range links {
		l := &links[i]
		if l.Custom {
			byKey[LinkKey{Domain: l.Domain, Code: l.Code}] = l
		}
		byKey[LinkKey{ID: l.ID}] = l
	}
	found := make([]*Link, len(keys))
	for i, k := range keys {
		found[i] = byKey[k]
	}
	return found, nil
}
