package identity_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardlink/fault"
	"cardlink/identity"
)

func TestReplays(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	identify := func(s *identity.Service, r request) error {
		_, err := s.Identify(ctx, r.credential())
		return err
	}
	post := h.post(t, h.key)
	if err := identify(h.Service, post); err != nil {
		t.Fatal(err)
	}
	wantCode(t, identify(h.Service, post), fault.Unauthorized)
	wantCode(t, identify(h.node(t, h.store), post), fault.Unauthorized) // another node, or this one after a crash
	h.clock.add(14 * time.Minute)
	wantCode(t, identify(h.Service, post), fault.Unauthorized)
	h.clock.add(2 * time.Minute) // now its date is too old
	wantCode(t, identify(h.Service, post), fault.Unauthorized)

	get := h.get(t, h.key)
	for range 3 {
		if err := identify(h.Service, get); err != nil {
			t.Fatalf("a repeated read: %v", err)
		}
	}
	query := h.post(t, h.key)
	query.safe = true
	for range 3 {
		if err := identify(h.Service, query); err != nil {
			t.Fatalf("a repeated POST that only reads: %v", err)
		}
	}
	for _, nonce := range []string{"1", "2"} {
		r := h.signed(t, h.key, "POST", "/v1/aim/resolve-tasks", "", "{}", [2]string{"X-Sdk-Nonce", nonce})
		if err := identify(h.Service, r); err != nil {
			t.Fatalf("the same call with nonce %s: %v", nonce, err)
		}
	}
}

// Two files uploaded within one second have one signature, which does not cover them: each is taken once.
func TestUploadsOfOneSecond(t *testing.T) {
	h := newHouse(t)
	upload := func(body string) error {
		r := h.signed(t, h.key, "POST", "/v1/aim-sa/media/upload", "", body,
			[2]string{"X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD"}, [2]string{"Content-Type", "multipart/form-data; boundary=x"})
		_, err := h.Identify(context.Background(), r.credential())
		return err
	}
	for _, file := range []string{"one", "another"} {
		if err := upload(file); err != nil {
			t.Fatalf("%s file: %v", file, err)
		}
		wantCode(t, upload(file), fault.Unauthorized)
	}
}

func TestOneOfManyReplaysIsServed(t *testing.T) {
	h := newHouse(t)
	nodes := []*identity.Service{h.Service, h.node(t, h.store)}
	post := h.post(t, h.key)
	var served atomic.Int32
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			if _, err := nodes[i%2].Identify(context.Background(), post.credential()); err == nil {
				served.Add(1)
			}
		})
	}
	wg.Wait()
	if n := served.Load(); n != 1 {
		t.Fatalf("%d served, want 1", n)
	}
}

// A forged request must not use up the memory, nor may it spoil the genuine one.
func TestForgeriesAreNotRemembered(t *testing.T) {
	h := newHouse(t)
	spy := &spyStore{Store: h.store}
	s := h.node(t, spy)
	forged := h.key
	forged.Secret = "guessed"
	if _, err := s.Identify(context.Background(), h.post(t, forged).credential()); err == nil {
		t.Fatal("a forgery passed")
	}
	if spy.used != 0 {
		t.Fatal("a forgery was remembered")
	}
}

func TestNobodyEntersWhileTheStoreIsDown(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	down := &spyStore{Store: h.store}
	s := h.node(t, down)
	if _, err := s.Identify(ctx, h.get(t, h.key).credential()); err != nil {
		t.Fatal(err)
	}
	down.err = errors.New("disk full")
	for name, err := range map[string]error{
		"replay memory": second(s.Identify(ctx, h.post(t, h.key).credential())),
		"account":       second(h.node(t, down).Identify(ctx, h.get(t, h.key).credential())),
	} {
		if !errors.Is(err, down.err) {
			t.Errorf("%s: err = %v, want the store's", name, err)
		}
		if got := fault.Of(err).Code; got != fault.Internal {
			t.Errorf("%s: answered as %s", name, got)
		}
	}
}

func second(_ identity.Principal, err error) error { return err }

func TestOldSignaturesAreDropped(t *testing.T) {
	h := newHouse(t)
	spy := &spyStore{Store: h.store}
	s := h.node(t, spy)
	for range 120 {
		if _, err := s.Identify(context.Background(), h.post(t, h.key).credential()); err != nil {
			t.Fatal(err)
		}
		h.clock.add(10 * time.Second)
	}
	if spy.used != 120 || spy.pruned < 19 || spy.pruned > 21 {
		t.Fatalf("%d signatures remembered and %d prunings in 20 minutes, want 120 and one a minute", spy.used, spy.pruned)
	}
	if spy.soonest < 15*time.Minute {
		t.Fatalf("dropped signatures of %v ago: they could still be replayed", spy.soonest)
	}
}

// spyStore counts and fails on demand.
type spyStore struct {
	identity.Store
	err          error
	used, pruned int
	soonest      time.Duration
}

func (s *spyStore) UseSignature(ctx context.Context, made time.Time, sig int64, forget time.Time) (bool, error) {
	if s.err != nil {
		return false, s.err
	}
	s.used++
	if !forget.IsZero() {
		if age := made.Sub(forget); s.pruned == 0 || age < s.soonest {
			s.soonest = age
		}
		s.pruned++
	}
	return s.Store.UseSignature(ctx, made, sig, forget)
}

func (s *spyStore) AccountByKey(ctx context.Context, access string) (identity.Account, error) {
	if s.err != nil {
		return identity.Account{}, s.err
	}
	return s.Store.AccountByKey(ctx, access)
}
