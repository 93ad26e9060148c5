package edge

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/sync/singleflight"

	"cardlink/fault"
	"cardlink/serviceaccount"
	"cardlink/shortlink"
)

// Accounts reads what the public may see of service accounts. *serviceaccount.Service implements it.
type Accounts interface {
	// LiveAccount reads an account that is in force and not frozen; serviceaccount.ErrUnknown for any other.
	LiveAccount(ctx context.Context, pubID string) (serviceaccount.Account, error)
	// OpenMedia opens a picture. The error wraps serviceaccount.ErrUnknown if there is none, or none for a request like this.
	OpenMedia(ctx context.Context, id, expires, sign string) (*serviceaccount.MediaFile, error)
}

// Freshness and size of the cache.
const (
	accountTTL  = 2 * time.Second // a change is seen after this and the time of a read
	unknownTTL  = 5 * time.Second // an id without an account is not looked up again for this long
	maxAccounts = 4096            // in memory; beyond it all are dropped and read again as visitors come
	readAccount = 5 * time.Second // longest look-up
)

// accounts keeps the accounts that visitors asked for. Visitors at once share a read, and while the store fails what was read last is shown.
type accounts struct {
	source  Accounts
	reads   singleflight.Group
	unknown [1 << 12]atomic.Pointer[unknownAccount]

	mu   sync.RWMutex
	live map[string]*account
}

type unknownAccount struct {
	id    string
	until time.Time
}

// account is an account in memory. It is replaced, never changed, but for the time of its next read.
type account struct {
	serviceaccount.Account
	readAt atomic.Int64 // Unix milliseconds; of the last look-up, also of one that failed
	pages  [2]struct {  // the home page by language, made when it is first asked for
		once sync.Once
		body []byte
		err  error
	}
}

// page is the home page.
func (a *account) page(l fault.Language) ([]byte, error) {
	p := &a.pages[l&1]
	p.once.Do(func() { p.body, p.err = accountPage(&a.Account, l) })
	return p.body, p.err
}

func newAccounts(source Accounts) *accounts {
	return &accounts{source: source, live: make(map[string]*account)}
}

// find gives an account by its id, serviceaccount.ErrUnknown if the public may not see it, or shortlink.ErrLimited if the client has asked for too many that do
// not exist.
func (a *accounts) find(ctx context.Context, id string, misses *budget, client uint64, now time.Time) (*account, error) {
	a.mu.RLock()
	have := a.live[id]
	a.mu.RUnlock()
	if have != nil && now.UnixMilli()-have.readAt.Load() < accountTTL.Milliseconds() {
		return have, nil
	}
	slot := &a.unknown[xxhash.Sum64String(id)%uint64(len(a.unknown))]
	if have == nil {
		if u := slot.Load(); u != nil && u.id == id && now.Before(u.until) {
			return nil, serviceaccount.ErrUnknown
		}
		if !misses.allows(client, now.UnixMilli()) {
			return nil, shortlink.ErrLimited
		}
	}
	v, err, _ := a.reads.Do(id, func() (any, error) {
		limited, cancel := context.WithTimeout(ctx, readAccount)
		defer cancel()
		return a.read(limited, id, have, now)
	})
	if errors.Is(err, serviceaccount.ErrUnknown) {
		misses.take(client, now.UnixMilli())
		slot.Store(&unknownAccount{id, now.Add(unknownTTL)})
	}
	if err != nil {
		return nil, err
	}
	return v.(*account), nil //nolint:errcheck // the flight returns nothing else
}

// read looks an account up and keeps it. have is what was known of it, nil for nothing.
func (a *accounts) read(ctx context.Context, id string, have *account, now time.Time) (*account, error) {
	fresh, err := a.source.LiveAccount(ctx, id)
	switch {
	case errors.Is(err, serviceaccount.ErrUnknown):
		a.mu.Lock()
		delete(a.live, id)
		a.mu.Unlock()
		return nil, err
	case err != nil && have != nil:
		have.readAt.Store(now.UnixMilli()) // not at once again
		return have, nil
	case err != nil:
		return nil, err
	}
	next := &account{Account: fresh}
	next.readAt.Store(now.UnixMilli())
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.live) >= maxAccounts && a.live[id] == nil {
		clear(a.live)
	}
	a.live[id] = next
	return next, nil
}
