package api

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"cardlink/billing"
	"cardlink/fault"
)

type usageHandlers struct{ room *billing.Service }

func (h usageHandlers) routes() []route {
	return []route{
		{"GET", "/x/v1/usage", "ShowUsage", "kooMessage:usage:list", plain, h.show},
	}
}

type usageEntry struct {
	Meter    billing.Meter `json:"meter"`
	Kind     string        `json:"kind"`
	Hour     string        `json:"hour,omitempty"` // begin of the period; absent in totals and with group=none
	Quantity int64         `json:"quantity"`
	Rated    bool          `json:"rated"`
	Amount   string        `json:"amount"`
}

type usageTotals struct {
	Items    []usageEntry `json:"items"`
	Amount   string       `json:"amount"`
	Currency string       `json:"currency"`
	Rated    bool         `json:"rated"`
}

type usageAnswer struct {
	From   string       `json:"from"`
	To     string       `json:"to"`
	Group  string       `json:"group"`
	Usage  []usageEntry `json:"usage"`
	Totals usageTotals  `json:"totals"`
}

// show serves GET /x/v1/usage?from=&to=&group=hour|day|none (docs/billing.md). Without a range the last 24 hours are meant.
func (h usageHandlers) show(ctx context.Context, r *Request) (any, error) {
	to, err := usageTime(r, "to", r.now().UTC())
	if err != nil {
		return nil, err
	}
	from, err := usageTime(r, "from", to.Add(-24*time.Hour))
	if err != nil {
		return nil, err
	}
	group := billing.Granularity(queryText(r, "group"))
	if group == "" {
		group = billing.ByHour
	}
	rep, err := h.room.Usage(ctx, r.Principal.Tenant, from, to, group)
	if err != nil {
		return nil, err
	}
	return usageAnswer{
		From: zulu(rep.From), To: zulu(rep.To), Group: string(group), // what is counted, so that ranges that follow one another count no hour twice
		Usage: usageEntries(rep.Entries, group != billing.Sum),
		Totals: usageTotals{
			Items: usageEntries(rep.Totals, false), Amount: money(rep.Total), Currency: rep.Currency, Rated: rep.Rated,
		},
	}, nil
}

// usageTime reads one end of the range.
func usageTime(r *Request, field string, def time.Time) (time.Time, error) {
	s := queryText(r, field)
	if s == "" {
		return def, nil
	}
	t, err := parseTime(field, s)
	if err == nil && (t.Year() < 1971 || t.Year() > 9998) {
		err = fault.Said(field, "must be a year from 1971 to 9998", "年份须为1971到9998")
	}
	return t, err
}

func usageEntries(es []billing.Entry, withHour bool) []usageEntry {
	out := make([]usageEntry, len(es))
	for i, e := range es {
		out[i] = usageEntry{Meter: e.Meter, Kind: e.Kind, Quantity: e.Quantity, Rated: e.Rated, Amount: money(e.Amount)}
		if withHour {
			out[i].Hour = zulu(e.Begin)
		}
	}
	return out
}

// money is an amount as decimal text with two digits: clients must not read it into a binary float.
func money(d decimal.Decimal) string { return d.StringFixed(2) }
