package contract

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"cardlink/billing"
	"cardlink/fault"
)

var billingDay = time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)

func usage(tenant, msg string, at time.Time) billing.Usage {
	return billing.Usage{
		Key:  billing.Key{Tenant: tenant, Source: "/aim-gw/dispatch", ID: "rcp:" + msg + ":final"},
		Item: billing.Item{Meter: billing.AimSend, Kind: billing.Notify}, OccurredAt: at, Hour: billing.HourOf(at), Segments: 2,
	}
}

func quantities(ctx context.Context, s billing.Store, tenant string) (map[int]int64, error) {
	bs, err := s.Buckets(ctx, tenant, billingDay, billingDay.Add(24*time.Hour))
	got := map[int]int64{}
	for _, b := range bs {
		got[b.Hour.Hour()] += b.Quantity
		if b.Segments != 2*b.Quantity {
			return nil, fmt.Errorf("bucket %v: %d segments for %d messages of 2", b.Hour, b.Segments, b.Quantity)
		}
	}
	return got, err
}

func wantQuantities(ctx context.Context, s billing.Store, tenant string, want map[int]int64) error {
	got, err := quantities(ctx, s, tenant)
	if err == nil && fmt.Sprint(got) != fmt.Sprint(want) {
		err = fmt.Errorf("buckets %v, want %v", got, want)
	}
	return err
}

func apply(ctx context.Context, s billing.Store, want int, rows ...billing.Usage) error {
	if n, err := s.ApplyUsage(ctx, rows); err != nil || n != want {
		return fmt.Errorf("ApplyUsage = %d, %v; want %d", n, err, want)
	}
	return nil
}

// rate puts all that is closed on the ledger at 0.10 a unit.
func rate(ctx context.Context, s billing.Store, want int) error {
	bs, err := s.UnratedBuckets(ctx, billing.Cursor{}, 1000)
	if err != nil {
		return err
	}
	var lines []billing.Line
	for _, b := range bs {
		exact := decimal.New(b.Quantity, -1)
		lines = append(lines, billing.Line{
			Tenant: b.Tenant, Item: b.Item, Hour: b.Hour, PlanVersion: "1", Quantity: b.Quantity, Exact: exact, Amount: billing.Cents(exact),
			Currency: "CNY", RatedAt: b.Hour.Add(2 * time.Hour),
		})
	}
	if n, err := s.PostLines(ctx, lines); err != nil || n != want {
		return fmt.Errorf("PostLines = %d, %v; want %d", n, err, want)
	}
	if n, err := s.PostLines(ctx, lines); err != nil || n != 0 {
		return fmt.Errorf("the same lines again: PostLines = %d, %v; want 0", n, err)
	}
	return nil
}

// Billing is what billing.Store promises. Each check gets an empty store.
var Billing = []struct {
	Name  string
	Check func(context.Context, billing.Store) error
}{
	{"a usage row counts once, however often and with whatever company it comes", func(ctx context.Context, s billing.Store) error {
		at := billingDay.Add(8 * time.Hour)
		if err := apply(ctx, s, 2, usage("a", "m1", at), usage("a", "m2", at)); err != nil {
			return err
		}
		if err := apply(ctx, s, 1, usage("a", "m2", at), usage("a", "m3", at.Add(time.Hour))); err != nil {
			return err
		}
		if err := apply(ctx, s, 0, usage("a", "m1", at), usage("a", "m2", at), usage("a", "m3", at.Add(time.Hour))); err != nil {
			return err
		}
		if err := apply(ctx, s, 0); err != nil {
			return err
		}
		return wantQuantities(ctx, s, "a", map[int]int64{8: 2, 9: 1})
	}},
	{"the same id of another tenant is another fact", func(ctx context.Context, s billing.Store) error {
		at := billingDay.Add(8 * time.Hour)
		if err := apply(ctx, s, 2, usage("a", "m1", at), usage("b", "m1", at)); err != nil {
			return err
		}
		known, err := s.KnownUsage(ctx, []billing.Key{usage("a", "m1", at).Key, usage("c", "m1", at).Key})
		if err != nil || len(known) != 1 || !known[usage("a", "m1", at).Key] {
			return fmt.Errorf("KnownUsage = %v, %v; want a's row alone", known, err)
		}
		return wantQuantities(ctx, s, "b", map[int]int64{8: 1})
	}},
	{"text that JSON has to escape comes back as it was", func(ctx context.Context, s billing.Store) error {
		u := usage("a", "m\"\\\n\u2028示例", billingDay)
		if err := apply(ctx, s, 1, u); err != nil {
			return err
		}
		if known, err := s.KnownUsage(ctx, []billing.Key{u.Key}); err != nil || !known[u.Key] {
			return fmt.Errorf("KnownUsage = %v, %v", known, err)
		}
		return apply(ctx, s, 0, u)
	}},
	{"a closed hour takes nothing more; late facts go into the oldest open one", func(ctx context.Context, s billing.Store) error {
		at := billingDay.Add(8 * time.Hour)
		if err := apply(ctx, s, 1, usage("a", "m1", at)); err != nil {
			return err
		}
		if err := s.CloseHours(ctx, at.Add(time.Hour)); err != nil {
			return err
		}
		if err := rate(ctx, s, 1); err != nil {
			return err
		}
		if err := s.CloseHours(ctx, at.Add(-time.Hour)); err != nil { // a clock that went back opens nothing
			return err
		}
		if err := apply(ctx, s, 2, usage("a", "m2", at), usage("a", "m3", at.Add(30*time.Minute))); err != nil {
			return err
		}
		return wantQuantities(ctx, s, "a", map[int]int64{8: 1, 9: 2})
	}},
	{"closed buckets are listed page by page in order, with what the month used before", func(ctx context.Context, s billing.Store) error {
		last := time.Date(2025, 12, 31, 23, 0, 0, 0, time.UTC) // another month: must not count
		rows := []billing.Usage{usage("a", "december", last)}
		for i := range 6 {
			rows = append(rows, usage("a", strconv.Itoa(i), billingDay.Add(time.Duration(i/2)*time.Hour)))
		}
		rows = append(rows, usage("b", "x", billingDay))
		if err := apply(ctx, s, len(rows), rows...); err != nil {
			return err
		}
		if err := s.CloseHours(ctx, billingDay.Add(2*time.Hour)); err != nil {
			return err
		}
		var got string
		for after := (billing.Cursor{}); ; {
			page, err := s.UnratedBuckets(ctx, after, 2)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			for _, b := range page {
				got += fmt.Sprintf("%s %s %d before %d/%d; ", b.Tenant, b.Hour.Format("01-02T15"), b.Quantity, b.QuantityBefore, b.SegmentsBefore)
				after = billing.Cursor{Hour: b.Hour, Tenant: b.Tenant, Item: b.Item}
			}
		}
		if want := "a 12-31T23 1 before 0/0; a 01-02T00 2 before 0/0; b 01-02T00 1 before 0/0; a 01-02T01 2 before 2/4; "; got != want {
			return fmt.Errorf("got  %s\nwant %s", got, want)
		}
		return nil
	}},
	{"corrections are lines of their own under rising revisions", func(ctx context.Context, s billing.Store) error {
		u := usage("a", "m1", billingDay)
		if err := apply(ctx, s, 1, u); err != nil {
			return err
		}
		fix := billing.Line{
			Tenant: "a", Item: u.Item, Hour: u.Hour, Quantity: -1, Exact: decimal.New(-45, -3), Amount: decimal.New(-5, -2), Currency: "CNY", Reason: "goodwill",
			PlanVersion: "correction", RatedAt: billingDay.Add(3 * time.Hour),
		}
		if _, err := s.Correct(ctx, fix); !fault.Has(err, fault.Parameter) {
			return fmt.Errorf("correcting an hour that is not rated: %v", err)
		}
		if err := s.CloseHours(ctx, billingDay.Add(time.Hour)); err != nil {
			return err
		}
		if err := rate(ctx, s, 1); err != nil {
			return err
		}
		for want := 1; want <= 2; want++ {
			if l, err := s.Correct(ctx, fix); err != nil || l.Revision != want {
				return fmt.Errorf("Correct = revision %d, %v; want %d", l.Revision, err, want)
			}
		}
		keyed := fix
		keyed.Key, keyed.Reason = "order 7", "by order"
		for _, repeated := range []bool{false, true, true} {
			if l, err := s.Correct(ctx, keyed); err != nil || l.Revision != 3 || l.Repeated != repeated {
				return fmt.Errorf("Correct under a key = %+v, %v; want revision 3, repeated %v", l, err, repeated)
			}
		}
		another := keyed
		another.Quantity--
		if _, err := s.Correct(ctx, another); fault.Of(err).Status() != 422 {
			return fmt.Errorf("another correction under a used key: %v", err)
		}
		listed, err := s.Corrections(ctx, "a", billingDay, billingDay.Add(time.Hour), 2)
		if err != nil || len(listed) != 2 || listed[0].Revision != 3 || listed[0].Key != "order 7" || listed[0].Tenant != "a" || listed[1].Revision != 2 {
			return fmt.Errorf("corrections %+v, %v", listed, err)
		}
		if listed, err := s.Corrections(ctx, "b", billingDay, billingDay.Add(time.Hour), 9); err != nil || len(listed) != 0 {
			return fmt.Errorf("another tenant's corrections: %+v, %v", listed, err)
		}
		lines, err := s.Lines(ctx, "a", billingDay, billingDay.Add(time.Hour))
		if err != nil || len(lines) != 4 {
			return fmt.Errorf("%d lines, %v; want 4", len(lines), err)
		}
		if l := lines[2]; !l.Amount.Equal(fix.Amount) || !l.Exact.Equal(fix.Exact) || l.Reason != "goodwill" || l.Quantity != -1 || !l.RatedAt.Equal(fix.RatedAt) {
			return fmt.Errorf("read back %+v", l)
		}
		if l := lines[0]; l.Revision != 0 || l.Amount.StringFixed(2) != "0.10" {
			return fmt.Errorf("the corrected line changed: %+v", l)
		}
		if other, err := s.Lines(ctx, "b", billingDay, billingDay.Add(time.Hour)); err != nil || len(other) != 0 {
			return fmt.Errorf("another tenant sees %d lines, %v", len(other), err)
		}
		return nil
	}},
}
