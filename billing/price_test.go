package billing

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func bands(m Model) Price {
	d := decimal.RequireFromString
	return Price{Model: m, Bands: []Band{{10_000, d("0.050")}, {50_000, d("0.045")}, {0, d("0.040")}}}
}

// Worked example 10 of billing.md: three models on the same quantities.
func TestPriceModels(t *testing.T) {
	f := func(quantity int64, fixed, tiered, volume string) {
		t.Helper()
		for _, c := range []struct {
			price Price
			want  string
		}{{FixedPrice("0.050"), fixed}, {bands(Tiered), tiered}, {bands(Volume), volume}} {
			if got := c.price.Total(quantity); !got.Equal(decimal.RequireFromString(c.want)) {
				t.Errorf("%s %d = %s, want %s", c.price.Model, quantity, got, c.want)
			}
		}
	}
	f(8_000, "400", "400", "400")
	f(10_000, "500", "500", "500")
	f(10_001, "500.05", "500.045", "450.045")
	f(62_500, "3125", "2800", "2500")
	f(0, "0", "0", "0")
}

func TestTieredHourContinuesTheMonth(t *testing.T) {
	if got := bands(Tiered).Hour(9_800, 500); !got.Equal(decimal.RequireFromString("23.50")) {
		t.Errorf("500 after 9,800 cost %s, want 23.50", got)
	}
	if got := bands(Volume).Hour(9_800, 500); !got.Equal(decimal.RequireFromString("25")) {
		t.Errorf("a volume price looks at the record alone: %s, want 25", got)
	}
}

// However a month is cut into hours, the hours of a tiered price add up to the price of the month.
func TestTieredHoursAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hours := rapid.SliceOfN(rapid.Int64Range(0, 30_000), 1, 50).Draw(t, "hours")
		p, used, sum := bands(Tiered), int64(0), decimal.Zero
		for _, q := range hours {
			sum = sum.Add(p.Hour(used, q))
			used += q
		}
		if want := p.Total(used); !sum.Equal(want) {
			t.Fatalf("hours %s, month %s", sum, want)
		}
	})
}

func TestCentsRoundHalfAwayFromZero(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := Cents(decimal.RequireFromString(in)); got.StringFixed(2) != want {
			t.Errorf("Cents(%s) = %s, want %s", in, got, want)
		}
	}
	f("541.395", "541.40")
	f("1413.155", "1413.16")
	f("0.004999", "0.00")
	f("-541.395", "-541.40")
}

// Worked example 2: one hour of every meter at the demo prices.
func TestDemoPricesGiveTheWorkedExample(t *testing.T) {
	plans := DemoPlans()
	if err := plans.Validate(); err != nil {
		t.Fatal(err)
	}
	hour := time.Date(2026, 1, 2, 8, 0, 0, 0, time.UTC)
	exact, sum := decimal.Zero, decimal.Zero
	for item, c := range map[Item]struct {
		quantity int64
		exact    string
	}{
		{AimSend, Notify}: {12_031, "541.395"}, {AimSend, Marketing}: {4_870, "253.24"}, {AimParse, ""}: {9_644, "289.32"},
		{AimBasicSend, ""}: {1_200, "144"}, {MenuClick, ""}: {2_315, "185.2"},
	} {
		plan, _ := plans.For("t", hour)
		l := plan.rate(Bucket{Tenant: "t", Item: item, Hour: hour, Quantity: c.quantity, Segments: 3 * c.quantity}, plans.Currency(), hour)
		if !l.Exact.Equal(decimal.RequireFromString(c.exact)) {
			t.Errorf("%s: %s, want %s", item, l.Exact, c.exact)
		}
		exact, sum = exact.Add(l.Exact), sum.Add(l.Amount)
	}
	if exact.String() != "1413.155" || sum.StringFixed(2) != "1413.16" {
		t.Errorf("exact %s, deducted %s; want 1413.155 and 1413.16", exact, sum)
	}
}

func TestPlanOfAnHour(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	ps := Plans{{Version: "2"}, {Version: "own", Tenant: "a", From: day(5)}, {Version: "1"}, {Version: "own2", Tenant: "a", From: day(9)}}
	ps[0].From, ps[2].From = day(3), day(1)
	f := func(tenant string, at time.Time, want string) {
		t.Helper()
		got := "none"
		if p, ok := ps.For(tenant, at); ok {
			got = p.Version
		}
		if got != want {
			t.Errorf("For(%s, %s) = %s, want %s", tenant, at.Format(time.DateOnly), got, want)
		}
	}
	f("a", day(1).Add(-time.Hour), "none")
	f("a", day(1), "1")
	f("a", day(4), "2")
	f("a", day(5), "own")
	f("b", day(30), "2")
	f("a", day(30), "own2")
}

func TestSegmentsAreBilledIfThePlanSaysSo(t *testing.T) {
	p := DemoPlans()[0]
	p.BillBySegment = true
	b := Bucket{Item: Item{AimSend, Notify}, Quantity: 10, Segments: 25}
	if l := p.rate(b, "CNY", time.Time{}); l.Quantity != 25 {
		t.Errorf("units = %d, want 25", l.Quantity)
	}
	b.Item = Item{Meter: AimParse}
	if l := p.rate(b, "CNY", time.Time{}); l.Quantity != 10 {
		t.Errorf("parses have no segments: units = %d, want 10", l.Quantity)
	}
}

func TestPlansComplainAboutEverythingAtOnce(t *testing.T) {
	bad := DemoPlans()
	bad[0].From = time.Date(2026, 1, 1, 0, 30, 0, 0, time.UTC)
	delete(bad[0].Prices, "aim_parse")
	bad[0].Prices["aim_prase"] = FixedPrice("1")
	bad[0].Prices["aim_send.notify"] = Price{Model: Tiered, Bands: []Band{{UpTo: 10}, {UpTo: 5}}}
	bad[0].Prices["sa_menu_click"] = FixedPrice("-1")
	err := bad.Validate()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"full hour", "no price for aim_parse", "aim_prase is not a meter", "last band", "negative"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	if (Plans{}).Validate() == nil {
		t.Error("an empty price list was accepted")
	}
}

func TestOldestOpen(t *testing.T) {
	f := func(now, want string) {
		t.Helper()
		at, _ := time.Parse("15:04:05", now)
		if got := OldestOpen(at).Format("15:04"); got != want {
			t.Errorf("OldestOpen(%s) = %s, want %s", now, got, want)
		}
	}
	f("09:44:59", "08:00")
	f("09:45:00", "09:00")
	f("10:00:00", "09:00")
}
