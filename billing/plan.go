package billing

import (
	"errors"
	"fmt"
	"time"
)

// Plan is a version of the price list. A change of prices is a new plan with a later From, never an edit: lines on the ledger name the
// version they were made with.
type Plan struct {
	Version string    `yaml:"version"`
	Tenant  string    `yaml:"tenant"`   // the tenant it was agreed with; empty = everybody without a plan of their own
	From    time.Time `yaml:"from"`     // the first hour it prices; zero = since ever
	Curr    string    `yaml:"currency"` // default CNY; all plans have the same
	// BillBySegment bills the parts of a long message instead of the message.
	BillBySegment bool             `yaml:"bill_by_segment"`
	Prices        map[string]Price `yaml:"prices"` // by Item.String()
}

// Plans is the price list with its history.
type Plans []Plan

// DemoPlans are invented prices for trying things out; an operator replaces them in the configuration.
func DemoPlans() Plans {
	return Plans{{
		Version: "demo prices",
		Prices: map[string]Price{
			"aim_send.notify": FixedPrice("0.045"), "aim_send.marketing": FixedPrice("0.052"), "aim_parse": FixedPrice("0.030"),
			"aim_basic_send": FixedPrice("0.120"), "sa_menu_click": FixedPrice("0.080"),
		},
	}}
}

// Currency is the one currency of the price list.
func (ps Plans) Currency() string {
	for _, p := range ps {
		if p.Curr != "" {
			return p.Curr
		}
	}
	return "CNY"
}

// For finds the plan that prices an hour of a tenant: the tenant's own newest one that has begun, else the newest for everybody.
func (ps Plans) For(tenant string, hour time.Time) (*Plan, bool) {
	var best *Plan
	for i := range ps {
		p := &ps[i]
		if p.From.After(hour) || (p.Tenant != "" && p.Tenant != tenant) {
			continue
		}
		if best == nil || (p.Tenant != "") && best.Tenant == "" || (p.Tenant == best.Tenant && p.From.After(best.From)) {
			best = p
		}
	}
	return best, best != nil
}

// Validate reports everything that makes the list unusable.
func (ps Plans) Validate() error {
	var errs []error
	if len(ps) == 0 {
		errs = append(errs, errors.New("at least one price plan is needed"))
	}
	seen := map[string]bool{}
	for i, p := range ps {
		complain := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("price plan %d (%q): %w", i+1, p.Version, fmt.Errorf(format, args...)))
		}
		if p.Version == "" {
			complain("a version is required")
		}
		if id := p.Tenant + "\x00" + p.Version; seen[id] {
			complain("the version exists twice")
		} else {
			seen[id] = true
		}
		if from := p.Tenant + "\x01" + HourOf(p.From).String(); seen[from] {
			complain("another plan for the same tenant begins at the same hour")
		} else {
			seen[from] = true
		}
		if !p.From.Equal(HourOf(p.From)) {
			complain("from must be a full hour in UTC")
		}
		if p.Curr != "" && p.Curr != ps.Currency() {
			complain("currency %s differs from %s of an earlier plan", p.Curr, ps.Currency())
		}
		known := map[string]bool{}
		for _, item := range Items() {
			known[item.String()] = true
			price, ok := p.Prices[item.String()]
			if !ok {
				complain("no price for %s (0 is a price)", item)
			}
			if err := price.Validate(); err != nil {
				complain("%s: %w", item, err)
			}
		}
		for name := range p.Prices {
			if !known[name] {
				complain("%s is not a meter", name)
			}
		}
	}
	return errors.Join(errs...)
}

// units is what the plan counts of an hour.
func (p *Plan) units(item Item, quantity, segments int64) int64 {
	if p.BillBySegment && item.Meter == AimSend {
		return segments
	}
	return quantity
}

// rate prices a bucket.
func (p *Plan) rate(b Bucket, currency string, at time.Time) Line {
	units := p.units(b.Item, b.Quantity, b.Segments)
	exact := p.Prices[b.Item.String()].Hour(p.units(b.Item, b.QuantityBefore, b.SegmentsBefore), units)
	return Line{
		Tenant: b.Tenant, Item: b.Item, Hour: b.Hour, PlanVersion: p.Version,
		Quantity: units, Exact: exact, Amount: Cents(exact), Currency: currency, RatedAt: at,
	}
}
