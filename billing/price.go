package billing

import (
	"errors"
	"fmt"

	"github.com/shopspring/decimal"
)

// Model says how a quantity becomes money (billing.md §8).
type Model string

// The models. The zero Model is Fixed.
const (
	Fixed  Model = "fixed"  // quantity × unit price
	Tiered Model = "tiered" // each band's share × its price, accumulated over the calendar month
	Volume Model = "volume" // the whole quantity of a record × the price of the band it falls into; not monotonic at a band's edge
)

// digits is the internal precision of money.
const digits = 6

// Band is a range of quantities with one price. UpTo is inclusive; 0 in the last band means without end.
type Band struct {
	UpTo int64           `yaml:"up_to"`
	Unit decimal.Decimal `yaml:"price"`
}

// Price turns quantities of one item into money. In configuration a plain number is a fixed price.
type Price struct {
	Model Model           `yaml:"model"`
	Unit  decimal.Decimal `yaml:"price"` // of Fixed
	Bands []Band          `yaml:"bands"` // of Tiered and Volume, ascending
}

// FixedPrice is a price per unit; it panics if text is not a number, so it is for constants.
func FixedPrice(text string) Price { return Price{Model: Fixed, Unit: decimal.RequireFromString(text)} }

// UnmarshalText reads the short form: a number is a fixed price.
func (p *Price) UnmarshalText(text []byte) error {
	*p = Price{Model: Fixed}
	return p.Unit.UnmarshalText(text)
}

// Validate reports everything that makes the price unusable.
func (p Price) Validate() error {
	var errs []error
	switch p.Model {
	case "", Fixed:
		if len(p.Bands) > 0 {
			errs = append(errs, errors.New("a fixed price has no bands; set model to tiered or volume"))
		}
		if p.Unit.IsNegative() {
			errs = append(errs, errors.New("a price must not be negative"))
		}
		return errors.Join(errs...)
	case Tiered, Volume:
	default:
		return fmt.Errorf("model %q is unknown; fixed, tiered and volume are known", p.Model)
	}
	if len(p.Bands) == 0 || p.Bands[len(p.Bands)-1].UpTo != 0 {
		errs = append(errs, errors.New("the last band must be without end (no up_to)"))
	}
	last := int64(0)
	for i, b := range p.Bands {
		if b.Unit.IsNegative() {
			errs = append(errs, fmt.Errorf("band %d: a price must not be negative", i+1))
		}
		if i == len(p.Bands)-1 {
			break
		}
		if b.UpTo <= last {
			errs = append(errs, fmt.Errorf("band %d: up_to must be above %d", i+1, last))
		}
		last = b.UpTo
	}
	return errors.Join(errs...)
}

// Total is the price function f: what quantity costs on its own, exact.
func (p Price) Total(quantity int64) decimal.Decimal {
	switch p.Model {
	case Tiered:
		return p.tiered(quantity)
	case Volume:
		for _, b := range p.Bands {
			if b.UpTo == 0 || quantity <= b.UpTo {
				return b.Unit.Mul(decimal.NewFromInt(quantity))
			}
		}
	}
	return p.Unit.Mul(decimal.NewFromInt(quantity))
}

func (p Price) tiered(quantity int64) decimal.Decimal {
	sum, from := decimal.Zero, int64(0)
	for _, b := range p.Bands {
		to := quantity
		if b.UpTo != 0 {
			to = min(to, b.UpTo)
		}
		if to <= from {
			break
		}
		sum = sum.Add(b.Unit.Mul(decimal.NewFromInt(to - from)))
		from = to
	}
	return sum
}

// Hour prices quantity of one hour when before was used earlier in its month: f(before+quantity) − f(before) if tiered, since a band is
// filled by the month and not by the hour; f(quantity) otherwise. The result has at most 6 digits.
func (p Price) Hour(before, quantity int64) decimal.Decimal {
	if p.Model == Tiered {
		return p.Total(before + quantity).Sub(p.Total(before)).Round(digits)
	}
	return p.Total(quantity).Round(digits)
}

// Cents rounds an exact amount to what is deducted: 0.01, half away from zero.
func Cents(exact decimal.Decimal) decimal.Decimal { return exact.Round(2) }
