package billing

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"cardlink/fault"
)

// Correction changes what a rated hour costs, by a line of its own.
type Correction struct {
	Tenant string
	Item
	Hour     time.Time
	Quantity int64           // difference, may be negative or 0
	Amount   decimal.Decimal // difference, may be negative; rounded to 0.01
	Reason   string          // shown to the tenant
	Key      string          // names the order: the same one twice is one line; "" = none
}

// Bounds of a correction.
const (
	maxReason      = 500 // characters
	maxOrderKey    = 128 // bytes
	maxCorrection  = 1_000_000_000
	maxCorrections = 1000 // of a list
)

// Correct adds a correction to a rated hour. The line it corrects stays as it is. Under a Key that was used before it answers the line of that time, with Repeated, or fails with
// fault.KeyReused if that was another correction.
func (s *Service) Correct(ctx context.Context, c Correction) (Line, error) {
	switch known := false; {
	case c.Tenant == "":
		return Line{}, fault.Required("tenant_id")
	case strings.TrimSpace(c.Reason) == "":
		return Line{}, fault.In(fault.Parameter, "reason", "is required")
	case utf8.RuneCountInString(c.Reason) > maxReason:
		return Line{}, fault.Length("reason", 1, maxReason)
	case len(c.Key) > maxOrderKey:
		return Line{}, fault.KeyForm(maxOrderKey)
	case c.Quantity == 0 && Cents(c.Amount).IsZero():
		return Line{}, fault.In(fault.Parameter, "amount", "a correction must change the quantity or the amount")
	case c.Quantity > maxCorrection || c.Quantity < -maxCorrection:
		return Line{}, fault.Range("quantity", -maxCorrection, maxCorrection)
	case c.Amount.Abs().GreaterThan(decimal.New(maxCorrection, 0)):
		return Line{}, fault.Said("amount", "must be at most 1000000000", "不能超过1000000000")
	default:
		for _, i := range Items() {
			known = known || i == c.Item
		}
		if !known {
			return Line{}, fault.Said("meter", "must be, with kind, one of aim_send notify, aim_send marketing, aim_parse, aim_basic_send and sa_menu_click",
				"meter与kind须为aim_send notify、aim_send marketing、aim_parse、aim_basic_send或sa_menu_click")
		}
	}
	return s.store.Correct(ctx, Line{
		Tenant: c.Tenant, Item: c.Item, Hour: HourOf(c.Hour), PlanVersion: "correction", Quantity: c.Quantity,
		Exact: c.Amount.Round(digits), Amount: Cents(c.Amount), Currency: s.plans.Currency(), Reason: c.Reason, RatedAt: s.now().UTC(), Key: c.Key,
	})
}

// Corrections lists a tenant's corrections of hours from … to (exclusive), at most 1000, the newest hour first.
func (s *Service) Corrections(ctx context.Context, tenant string, from, to time.Time) ([]Line, error) {
	if !from.Before(to) {
		return nil, fault.In(fault.Parameter, "from", "must be before to")
	}
	return s.store.Corrections(ctx, tenant, HourOf(from), to, maxCorrections)
}

// sameOrder reports whether two lines correct the same in the same way.
func (l Line) sameOrder(o Line) bool {
	return l.Item == o.Item && l.Hour.Equal(o.Hour) && l.Quantity == o.Quantity && l.Exact.Equal(o.Exact) && l.Reason == o.Reason
}

// Again is the answer to a correction whose key has a line already: that line, or fault.KeyReused.
func (l Line) Again(asked Line) (Line, error) {
	if !l.sameOrder(asked) {
		return Line{}, fault.KeyReused()
	}
	l.Repeated = true
	return l, nil
}
