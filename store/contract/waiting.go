package contract

import (
	"context"
	"errors"
	"time"

	"cardlink/dispatch"
)

// WaitingStore is what messages wait in.
type WaitingStore interface {
	DispatchStore
	VideoStores
	dispatch.WaitingCounter
}

// Waiting are the promises about counts of what waits to be sent. They need a fresh store with the tenants "a" and "b".
var Waiting = []struct {
	Name  string
	Check func(context.Context, WaitingStore) error
}{
	{"SMS and video messages wait until they are claimed, each tenant's by itself, and again when they are given back", func(ctx context.Context, s WaitingStore) error {
		wait := func(what, tenant string, most, want int) error {
			n, err := s.WaitingMessages(ctx, tenant, most)
			return errors.Join(err, same(what, n, want))
		}
		tasks, messages := plainRequest() // three messages
		if err := errors.Join(wait("at first", "a", 9, 0), s.CreateMessages(ctx, tasks, messages, nil)); err != nil {
			return err
		}
		if _, err := videoTask(ctx, s, "a", 2, nil); err != nil {
			return err
		}
		if _, err := videoTask(ctx, s, "b", 1, nil); err != nil {
			return err
		}
		if err := errors.Join(wait("both", "a", 9, 5), wait("up to a number", "a", 4, 4), wait("of the other tenant", "b", 9, 1), wait("of nobody", "c", 9, 0)); err != nil {
			return err
		}
		owner, err := s.OpenOwner(ctx, "node", dispatchNow, time.Minute)
		if err != nil {
			return err
		}
		ws, err := s.ClaimMessages(ctx, dispatch.Claim{Owner: owner, Route: "r", Class: dispatch.Marketing, Tenants: []string{"a"}, PerTenant: 2, Now: dispatchNow})
		if err != nil {
			return err
		}
		if _, err := videoClaim(ctx, s, "node", 9); err != nil {
			return err
		}
		if err := errors.Join(wait("after claims", "a", 9, 1), wait("after claims of the other", "b", 9, 0)); err != nil {
			return err
		}
		return errors.Join(s.ReleaseMessages(ctx, owner, []dispatch.Held{{ID: ws[0].ID}}), wait("given back", "a", 9, 2))
	}},
}
