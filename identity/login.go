package identity

import (
	"context"
	"errors"
	"net/netip"
	"regexp"
	"time"

	"cardlink/fault"
)

// Login asks for a token (api.md §2.3). Names are exact.
type Login struct {
	Domain, User, Password string // tenant's name, user's name
	Project                string // name or id of the project the token is for; empty = the tenant's
	Remote                 string // address of the peer
}

// Session is a token and what it stands for.
type Session struct {
	Token           string
	Issued, Expires time.Time
	Account         Account
}

// logins bounds password guessing. Every attempt takes a token from three buckets, and a good one gives them back.
type logins struct {
	pair   *limiter // one user from one network: 10 at once, then one a minute
	user   *limiter // one user from everywhere: 100 at once, then one in 10 s. Wide, or anybody could lock anybody out
	remote *limiter // one network: 100 at once, then one in 2 s
	hashes chan struct{}
}

func newLogins(parallel int) logins {
	return logins{
		pair: newLimiter(10, time.Minute), user: newLimiter(100, 10*time.Second), remote: newLimiter(100, 2*time.Second),
		hashes: make(chan struct{}, parallel), // hashing is slow on purpose; more callers than this wait, bounded by their context
	}
}

// Login checks a password and issues a token for 24 hours. Its failures are Unauthorized (and never say which part was wrong), Throttled, and
// Parameter for a login that is not complete.
func (s *Service) Login(ctx context.Context, in Login) (Session, error) {
	switch {
	case in.Domain == "" || len(in.Domain) > maxName:
		return Session{}, fault.In(fault.Parameter, "auth.identity.password.user.domain.name", "is required")
	case in.User == "" || len(in.User) > maxName:
		return Session{}, fault.In(fault.Parameter, "auth.identity.password.user.name", "is required")
	case in.Password == "" || len(in.Password) > maxPassword:
		return Session{}, fault.In(fault.Parameter, "auth.identity.password.user.password", "is required")
	}
	a, err := s.login(ctx, in)
	if err != nil {
		return Session{}, s.refused(ctx, a, in.Remote, err)
	}
	now := s.now()
	t := token{user: a.User.ID, issued: now, expires: now.Add(tokenLife)}
	return Session{Token: t.seal(s.vault.tokens), Issued: t.issued, Expires: t.expires, Account: a}, nil
}

func (s *Service) login(ctx context.Context, in Login) (Account, error) {
	now := s.now()
	user, net := in.Domain+"\x00"+in.User, network(in.Remote)
	attempts := []struct {
		in  *limiter
		key string
	}{{s.logins.pair, user + "\x00" + net}, {s.logins.user, user}, {s.logins.remote, net}}
	for _, at := range attempts {
		if !at.in.take(at.key, now) {
			return Account{}, &refusal{throttled, fault.New(fault.Throttled, "too many login attempts; wait a minute")}
		}
	}
	// The account is read past the cache: a password is checked against what is stored now.
	a, err := s.store.AccountByName(ctx, in.Domain, in.User)
	found := err == nil
	if err != nil && !errors.Is(err, ErrUnknown) {
		return Account{}, err
	}
	stored := a.User.PasswordHash
	if stored == "" {
		stored, found = s.decoy, false
	}
	select {
	case s.logins.hashes <- struct{}{}:
	case <-ctx.Done():
		return a, ctx.Err()
	}
	good, err := checkPassword(in.Password, stored)
	<-s.logins.hashes
	if err != nil {
		return a, err
	}
	if !good || !found || !a.active() {
		return a, refuse("the user name or password is wrong")
	}
	for _, at := range attempts {
		at.in.give(at.key)
	}
	if in.Project != "" && in.Project != a.Tenant.Project.ID && len(ProjectsNamed(a.Tenant.Project, in.Project)) == 0 {
		return a, refuse("the project is not the user's")
	}
	return a, nil
}

var regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+){1,2}-[0-9]{1,3}$`)

// ProjectsNamed is what a listing of projects by name answers (api.md §2.2): the one project under its own name or none, with two kindnesses. An
// empty name lists it, and so does the name of any region, under that name: an installation is no region, and the SDKs insist on finding exactly
// one project called like the region their program was written for.
func ProjectsNamed(p Project, name string) []Project {
	switch {
	case name == "" || name == p.Name:
		return []Project{p}
	case regionName.MatchString(name):
		return []Project{{ID: p.ID, Name: name}}
	}
	return nil
}

// network is the part of a peer's address that one customer line holds: an IPv4 address or the first 64 bits of an IPv6 one.
func network(remote string) string {
	a, err := netip.ParseAddr(remote)
	if err != nil {
		return remote
	}
	a = a.Unmap()
	if a.Is6() {
		p, _ := a.Prefix(64) // 64 is in range
		return p.String()
	}
	return a.String()
}
