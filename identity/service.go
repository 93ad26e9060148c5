package identity

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"golang.org/x/sync/singleflight"

	"cardlink/fault"
)

// Bounds of what a service remembers.
const (
	// accountsKept is how long an account read for a credential is used again. A key, user or tenant that is disabled on one node is
	// refused there at once and on all others within this time.
	accountsKept = 5 * time.Second
	accountsHeld = 20_000 // accounts in memory; the oldest go first
	unknownHeld  = 20_000 // credentials known to lead nowhere; apart, so that guessing does not push accounts out
	readLimit    = 5 * time.Second
)

// Options configure a Service. Store and Vault are required.
type Options struct {
	Store   Store
	Vault   *Vault
	Now     func() time.Time // default time.Now
	Log     *slog.Logger     // default: none
	Metrics *metrics.Set     // default: none
	// PasswordRounds is the cost of new password hashes; default 600,000. Tests lower it.
	PasswordRounds int
}

// Service says who is calling and what they may do, and administers tenants, users and keys. It starts no goroutines and needs no stop.
// Its methods are safe for concurrent use.
type Service struct {
	store    Store
	vault    *Vault
	now      func() time.Time
	log      *slog.Logger
	rounds   int
	decoy    string // password hash that is checked when there is no user
	outcomes map[outcome]*metrics.Counter

	accounts *cache[Account]
	unknown  *cache[struct{}]
	reads    singleflight.Group
	replays  replays
	logins   logins
	refusals refusals
}

// NewService builds a service. It fails only if Store or Vault is missing.
func NewService(o Options) (*Service, error) {
	if o.Store == nil || o.Vault == nil {
		return nil, errors.New("identity: a store and a vault are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.PasswordRounds <= 0 {
		o.PasswordRounds = passwordRounds
	}
	if o.Metrics == nil {
		o.Metrics = metrics.NewSet()
	}
	decoy, err := hashPassword("", o.PasswordRounds)
	if err != nil {
		return nil, err
	}
	s := &Service{
		store: o.Store, vault: o.Vault, now: o.Now, log: o.Log, rounds: o.PasswordRounds, decoy: decoy,
		outcomes: make(map[outcome]*metrics.Counter),
		accounts: newCache[Account](accountsKept, accountsHeld),
		unknown:  newCache[struct{}](accountsKept, unknownHeld),
		logins:   newLogins(max(1, runtime.GOMAXPROCS(0)/2)),
		refusals: newRefusals(),
	}
	for _, out := range allOutcomes {
		s.outcomes[out] = o.Metrics.GetOrCreateCounter(`cardlink_authentications_total{outcome="` + string(out) + `"}`)
	}
	return s, nil
}

// CheckVault makes sure that the master key opens this installation's data keys, so that a wrong or lost key is found at start and not at the first
// message. It opens one tenant's key; without tenants there is nothing to check.
func (s *Service) CheckVault(ctx context.Context) error {
	ts, err := s.store.Tenants(ctx, "", 1)
	if err != nil || len(ts) == 0 {
		return err
	}
	t := ts[0]
	_, err = s.vault.Sealer(ctx, t.ID, func(context.Context, string) ([]byte, error) { return t.DataKey, nil })
	return err
}

// outcome is the metric's label: how an authentication ended.
type outcome string

const (
	byKey     outcome = "key"
	byToken   outcome = "token"
	refused   outcome = "refused"
	replayed  outcome = "replayed"
	expired   outcome = "token_expired"
	foreign   outcome = "foreign_project"
	throttled outcome = "throttled"
	broken    outcome = "error"
)

var allOutcomes = [...]outcome{byKey, byToken, refused, replayed, expired, foreign, throttled, broken}

// Identify checks the credential of a request: an access-key signature, or else a token (api.md §2.1, §2.3). Its failures are *fault.Error of
// Unauthorized (wrong, missing, replayed), TokenExpired or Forbidden (X-Project-Id names a project that is not the caller's); anything
// else is internal, such as a store that does not answer: then nobody is let in.
func (s *Service) Identify(ctx context.Context, c Credential) (Principal, error) {
	var (
		a    Account
		err  error
		kind = byKey
	)
	switch {
	case c.header("Authorization") != "":
		a, err = s.verify(ctx, c)
	case c.header("X-Auth-Token") != "":
		kind = byToken
		a, err = s.redeem(ctx, c.header("X-Auth-Token"))
	default:
		err = refuse("the request carries neither a signature nor a token")
	}
	if project := c.header("X-Project-Id"); err == nil && project != "" && project != a.Tenant.Project.ID {
		err = &refusal{foreign, fault.New(fault.Forbidden, "X-Project-Id is not a project of this credential")}
	}
	if err != nil {
		return Principal{}, s.refused(ctx, a, c.Remote, err)
	}
	s.outcomes[kind].Inc()
	return a.principal(), nil
}

// account finds an account through the cache. found is false if the store knows none.
func (s *Service) account(ctx context.Context, key string, read func(context.Context) (Account, error)) (a Account, found bool, err error) {
	now := s.now()
	if a, ok := s.accounts.get(key, now); ok {
		return a, true, nil
	}
	if _, ok := s.unknown.get(key, now); ok {
		return Account{}, false, nil
	}
	// One read serves all who miss at once, so it must not end with the one who happened to be first.
	v, err, _ := s.reads.Do(key, func() (any, error) { // always an Account
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readLimit)
		defer cancel()
		a, err := read(ctx)
		switch {
		case err == nil:
			s.accounts.put(key, a, now)
		case errors.Is(err, ErrUnknown):
			s.unknown.put(key, struct{}{}, now)
		}
		return a, err
	})
	if errors.Is(err, ErrUnknown) {
		return Account{}, false, nil
	}
	if err != nil {
		return Account{}, false, err
	}
	a, found = v.(Account)
	return a, found, nil
}

// forget makes this node read accounts anew; called after every change.
func (s *Service) forget() {
	s.accounts.clear()
	s.unknown.clear()
}
