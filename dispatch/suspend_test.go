package dispatch_test

import (
	"context"
	"testing"

	"cardlink/dispatch"
	"cardlink/fault"
)

// A suspended application takes no business; another tenant's is unknown; resumed, it is as before.
func TestSuspendedApp(t *testing.T) {
	s := openShop(t)
	ctx := context.Background()
	apps, _, err := s.ListApps(ctx, "t0", dispatch.AppFilter{Page: dispatch.Page{Limit: 1}})
	if err != nil {
		t.Fatal(err)
	}
	id := apps[0].ID
	if _, err := s.SuspendApp(ctx, "t1", id, true); !fault.Has(err, fault.Parameter) {
		t.Errorf("another tenant's: %v", err)
	}
	for range 2 {
		if a, err := s.SuspendApp(ctx, "t0", id, true); err != nil || a.Status != dispatch.AppSuspended {
			t.Fatalf("%+v, %v", a, err)
		}
	}
	if _, err := s.CreateSendTask(ctx, "t0", "api", s.request()); fault.Of(err) == nil || fault.Of(err).Field != "sms_channel.sms_app_name" {
		t.Errorf("a send task: %v", err)
	}
	if _, err := s.SendMessages(ctx, "t0", "api", s.same()); fault.Of(err) == nil || fault.Of(err).Field != "template_id" {
		t.Errorf("one text: %v", err)
	}
	res, err := s.SendMessages(ctx, "t0", "api", s.different())
	if err != nil || res.Accepted() != 0 || res.Numbers[0].Status != dispatch.SendInactive {
		t.Errorf("different texts: %+v, %v", res, err)
	}
	if _, err := s.SuspendApp(ctx, "t0", id, false); err != nil {
		t.Fatal(err)
	}
	if res, err := s.SendMessages(ctx, "t0", "api", s.same()); err != nil || res.Accepted() != 2 {
		t.Errorf("resumed: %+v, %v", res, err)
	}
}
