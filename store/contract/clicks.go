package contract

import (
	"context"
	"errors"
	"fmt"

	"cardlink/event"
	"cardlink/event/journal"
	"cardlink/serviceaccount"
)

// Clicks needs a fresh store.
var Clicks = []struct {
	Name  string
	Check func(context.Context, serviceaccount.ClickStore) error
}{

	{"a node's position moves with its clicks", clickPosition},
	{"clicks may come again, in one batch or in two", clickRepeats},
}

func newClick(n int, action string) serviceaccount.Click {
	c := serviceaccount.Click{Tenant: "a", MenuClick: event.MenuClick{
		EventID: fmt.Sprint("e", n), PubID: accountID("cpub"), MenuID: accountID("cmenu"), MenuVersion: 2, ItemPath: "1", Level: 1, Surface: event.SurfaceCustomMenu,
		ActionType: action, Vendor: "HUAWEI", DeviceRef: "d\"1", ClickedAt: accountsAt,
	}}
	c.FactID = "mnu:" + c.PubID + ":" + c.DeviceRef + ":" + c.EventID
	return c
}

func clickPosition(ctx context.Context, s serviceaccount.ClickStore) error {
	at, err := s.ClickPosition(ctx, "n1")
	if err := errors.Join(err, same("position of a new node", at, 0)); err != nil {
		return err
	}
	for _, want := range []journal.Position{10, 1 << 40} {
		err := s.ApplyClicks(ctx, "n1", want, []serviceaccount.Click{newClick(int(want%1000), serviceaccount.OpenURL)})
		at, err2 := s.ClickPosition(ctx, "n1")
		if err := errors.Join(err, err2, same("position", at, want)); err != nil {
			return err
		}
	}
	if err := s.ApplyClicks(ctx, "n1", 1<<41, nil); err != nil {
		return fmt.Errorf("no clicks: %w", err)
	}
	at, err = s.ClickPosition(ctx, "n2")
	return errors.Join(err, same("position of another node", at, 0))
}

func clickRepeats(ctx context.Context, s serviceaccount.ClickStore) error {
	one, two := newClick(501, serviceaccount.OpenURL), newClick(502, serviceaccount.OpenSubmenu)
	return errors.Join(
		s.ApplyClicks(ctx, "n3", 1, []serviceaccount.Click{one, two, one}),
		s.ApplyClicks(ctx, "n3", 2, []serviceaccount.Click{two, one}),
	)
}
