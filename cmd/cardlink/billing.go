package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/shopspring/decimal"

	"cardlink/app"
	"cardlink/billing"
	"cardlink/fault"
	"cardlink/identity"
)

type billingCmd struct {
	Correct     billingCorrectCmd     `cmd:"" help:"Add a correction to an hour that is on the ledger; the line it corrects stays."`
	Corrections billingCorrectionsCmd `cmd:"" help:"List a tenant's corrections, the newest hour first."`
}

type billingCorrectCmd struct {
	engines  `embed:""`
	Tenant   string `help:"Whose bill: tenant id." required:""`
	Meter    string `help:"aim_send, aim_parse, aim_basic_send or sa_menu_click." required:""`
	Kind     string `help:"Of aim_send: notify or marketing."`
	Hour     string `help:"Hour of the bill, 2026-01-02T08:00:00Z." required:""`
	Quantity int64  `help:"By how much the quantity changes: --quantity=-1."`
	Amount   string `help:"By how much the amount changes: --amount=-1.50." default:"0"`
	Reason   string `help:"Why; the tenant reads it." required:""`
	Key      string `help:"Names this order, such as a ticket: the same order twice is one correction."`
	JSON     bool   `help:"Print JSON."`
}

// correctionJSON is a correction as the commands print it.
type correctionJSON struct {
	Tenant   string    `json:"tenant_id"`
	Meter    string    `json:"meter"`
	Kind     string    `json:"kind"`
	Hour     time.Time `json:"hour"`
	Revision int       `json:"revision"`
	Quantity int64     `json:"quantity"`
	Amount   string    `json:"amount"`
	Currency string    `json:"currency"`
	Reason   string    `json:"reason"`
	Key      string    `json:"key,omitempty"`
	Created  time.Time `json:"create_time"`
	Repeated bool      `json:"repeated,omitempty"`
}

func newCorrectionJSON(l billing.Line) correctionJSON {
	return correctionJSON{l.Tenant, string(l.Meter), l.Kind, l.Hour, l.Revision, l.Quantity, l.Amount.StringFixed(2), l.Currency, l.Reason, l.Key, l.RatedAt, l.Repeated}
}

// Run adds the correction.
func (c billingCorrectCmd) Run(ctx context.Context, s streams) error {
	hour, err := time.Parse(time.RFC3339, c.Hour)
	if err != nil {
		return fault.Time("hour")
	}
	amount, err := decimal.NewFromString(c.Amount)
	if err != nil || amount.Exponent() < -2 || amount.Exponent() > 10 {
		return fault.In(fault.Parameter, "amount", "must be decimal text with at most two digits behind the point, such as -1.50")
	}
	return inOffice(ctx, c.engines, func(o *app.Office, by identity.Actor) error {
		l, err := o.Usage().Correct(ctx, billing.Correction{
			Tenant: c.Tenant, Item: billing.Item{Meter: billing.Meter(c.Meter), Kind: c.Kind}, Hour: hour, Quantity: c.Quantity, Amount: amount, Reason: c.Reason, Key: c.Key,
		})
		if err != nil {
			return err
		}
		if !l.Repeated {
			if err := o.Identity().Record(ctx, by, c.Tenant, "CorrectUsage", l.Item.String()+" "+l.Hour.Format(time.RFC3339)+" "+l.Amount.StringFixed(2)); err != nil {
				return err
			}
		}
		if c.JSON {
			return writeJSON(s.out, newCorrectionJSON(l))
		}
		_, err = fmt.Fprintf(s.out, "%s of %s: correction %d, quantity %+d, amount %s %s\n", l.Item, l.Hour.Format(time.RFC3339), l.Revision, l.Quantity, l.Amount.StringFixed(2), l.Currency)
		return err
	})
}

type billingCorrectionsCmd struct {
	engines `embed:""`
	Tenant  string    `help:"Tenant id." required:""`
	From    time.Time `help:"First hour; 31 days before the end by default."`
	To      time.Time `help:"End; now by default."`
	JSON    bool      `help:"Print JSON."`
}

// Run lists corrections.
func (c billingCorrectionsCmd) Run(ctx context.Context, s streams) error {
	if c.To.IsZero() {
		c.To = time.Now()
	}
	if c.From.IsZero() {
		c.From = c.To.Add(-31 * 24 * time.Hour)
	}
	return inOffice(ctx, c.engines, func(o *app.Office, _ identity.Actor) error {
		lines, err := o.Usage().Corrections(ctx, c.Tenant, c.From, c.To)
		if err != nil {
			return err
		}
		if c.JSON {
			rows := make([]correctionJSON, len(lines))
			for i, l := range lines {
				rows[i] = newCorrectionJSON(l)
			}
			return writeJSON(s.out, rows)
		}
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "HOUR\tITEM\tREVISION\tQUANTITY\tAMOUNT\tKEY\tREASON")
		for _, l := range lines {
			fmt.Fprintf(w, "%s\t%s\t%d\t%+d\t%s %s\t%s\t%s\n", l.Hour.Format(time.RFC3339), l.Item, l.Revision, l.Quantity, l.Amount.StringFixed(2), l.Currency, l.Key, l.Reason)
		}
		return w.Flush()
	})
}
