package billing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"cardlink/fault"
)

// Service answers what a tenant used and owes, and takes corrections.
type Service struct {
	store Store
	plans Plans
	now   func() time.Time
}

// NewService builds a service. now may be nil.
func NewService(s Store, plans Plans, now func() time.Time) (*Service, error) {
	if s == nil {
		return nil, errors.New("billing: a service needs a store")
	}
	if err := plans.Validate(); err != nil {
		return nil, err
	}
	if now == nil {
		now = time.Now
	}
	return &Service{s, plans, now}, nil
}

// Granularity says how usage is summed up.
type Granularity string

// Granularities of a report.
const (
	ByHour Granularity = "hour"
	ByDay  Granularity = "day"
	Sum    Granularity = "none" // one entry per item
)

// Entry is usage of one item in one period. While Rated is false a part of the period is not on the ledger yet and Amount is partly an
// estimate by the plan that would price it now.
type Entry struct {
	Item
	Begin    time.Time // of the period
	Quantity int64
	Rated    bool
	Amount   decimal.Decimal // 2 digits
}

// Report is usage in the order of time, then item.
type Report struct {
	From, To time.Time // what is reported: the range asked for, widened to full hours
	Entries  []Entry
	Totals   []Entry // one per item, over the whole range
	Total    decimal.Decimal
	Rated    bool // everything in it is final
	Currency string
}

// The longest ranges of a report; together with the number of items they bound the answer.
const (
	longestByHour = 31 * 24 * time.Hour
	longest       = 366 * 24 * time.Hour
)

// Usage reports a tenant's usage of the buckets from … to (exclusive); from is cut to the hour and to is rounded up to one. A bucket is the hour in which usage is billed.
func (s *Service) Usage(ctx context.Context, tenant string, from, to time.Time, by Granularity) (Report, error) {
	limit := longest
	switch by {
	case ByHour:
		limit = longestByHour
	case ByDay, Sum:
	default:
		return Report{}, fault.In(fault.Parameter, "group", "must be hour, day or none")
	}
	from, to = HourOf(from), HourOf(to.Add(time.Hour-1))
	if !from.Before(to) {
		return Report{}, fault.In(fault.Parameter, "from", "must be before to")
	}
	if to.Sub(from) > limit {
		return Report{}, fault.Inf(fault.Parameter, "to", "must be at most %d days after from for group %s", int(limit.Hours()/24), by)
	}
	buckets, err := s.store.Buckets(ctx, tenant, from, to)
	if err != nil {
		return Report{}, fmt.Errorf("read usage: %w", err)
	}
	lines, err := s.store.Lines(ctx, tenant, from, to)
	if err != nil {
		return Report{}, fmt.Errorf("read the ledger: %w", err)
	}
	r := Report{From: from, To: to, Rated: true, Currency: s.plans.Currency()}
	var entries, totals tally
	add := func(e Entry) {
		r.Total = r.Total.Add(e.Amount)
		r.Rated = r.Rated && e.Rated
		total := e
		total.Begin = from
		totals.add(total)
		switch by {
		case ByDay:
			e.Begin = e.Begin.Truncate(24 * time.Hour)
		case Sum:
			e.Begin = from
		}
		entries.add(e)
	}
	for _, b := range buckets {
		e := Entry{Item: b.Item, Begin: b.Hour, Quantity: b.Quantity, Rated: b.Rated}
		if plan, ok := s.plans.For(tenant, b.Hour); ok && !b.Rated {
			e.Amount = plan.rate(b, r.Currency, s.now()).Amount
		}
		add(e)
	}
	for _, l := range lines { // money, and the quantity of corrections; the quantity of revision 0 is its bucket's
		e := Entry{Item: l.Item, Begin: l.Hour, Rated: true, Amount: l.Amount}
		if l.Revision > 0 {
			e.Quantity = l.Quantity
		}
		add(e)
	}
	r.Entries, r.Totals = entries.list, totals.list
	slices.SortFunc(r.Entries, compareEntries)
	slices.SortFunc(r.Totals, compareEntries)
	return r, nil
}

// tally sums entries of the same item and period.
type tally struct {
	list []Entry
	at   map[tallyKey]int
}

type tallyKey struct {
	Item
	begin int64
}

func (t *tally) add(e Entry) {
	key := tallyKey{e.Item, e.Begin.Unix()}
	i, ok := t.at[key]
	if !ok {
		if t.at == nil {
			t.at = make(map[tallyKey]int)
		}
		t.at[key] = len(t.list)
		t.list = append(t.list, e)
		return
	}
	sum := &t.list[i]
	sum.Quantity += e.Quantity
	sum.Amount = sum.Amount.Add(e.Amount)
	sum.Rated = sum.Rated && e.Rated
}

func compareEntries(a, b Entry) int {
	if c := a.Begin.Compare(b.Begin); c != 0 {
		return c
	}
	return strings.Compare(a.Item.String(), b.Item.String())
}
