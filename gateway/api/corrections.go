package api

import (
	"context"
	"regexp"
	"time"

	"github.com/shopspring/decimal"

	"cardlink/billing"
	"cardlink/fault"
	"cardlink/identity"
)

// correctionHandlers put bills right, for operators; `cardlink billing` is the same at the command line.
type correctionHandlers struct {
	room *billing.Service
	log  actLog
}

// actLog keeps who did what; *identity.Service is the one engine.
type actLog interface {
	Record(ctx context.Context, by identity.Actor, tenant, action, object string) error
}

func (h correctionHandlers) routes() []route {
	return []route{
		{"GET", "/x/v1/usage/corrections", "ListUsageCorrections", identity.Operate, plain, h.list},
		{"POST", "/x/v1/usage/corrections", "CorrectUsage", identity.Operate, plain, h.correct},
	}
}

type correctionRow struct {
	TenantID string        `json:"tenant_id"`
	Meter    billing.Meter `json:"meter"`
	Kind     string        `json:"kind"`
	Hour     string        `json:"hour"`
	Revision int           `json:"revision"`
	Quantity int64         `json:"quantity"`
	Amount   string        `json:"amount"`
	Currency string        `json:"currency"`
	Reason   string        `json:"reason"`
	Key      string        `json:"key,omitempty"`
	Time     string        `json:"create_time"`
}

func newCorrectionRow(l billing.Line) correctionRow {
	return correctionRow{l.Tenant, l.Meter, l.Kind, zulu(l.Hour), l.Revision, l.Quantity, money(l.Amount), l.Currency, l.Reason, l.Key, zulu(l.RatedAt)}
}

// list serves GET /x/v1/usage/corrections?tenant_id=&from=&to=, the newest hour first. Without a range the hours of the last 31 days are meant, without a tenant the
// operator's own.
func (h correctionHandlers) list(ctx context.Context, r *Request) (any, error) {
	to, err := usageTime(r, "to", r.now().UTC())
	if err != nil {
		return nil, err
	}
	from, err := usageTime(r, "from", to.Add(-31*24*time.Hour))
	if err != nil {
		return nil, err
	}
	tenant := queryText(r, "tenant_id")
	if tenant == "" {
		tenant = r.Principal.Tenant
	}
	lines, err := h.room.Corrections(ctx, tenant, from, to)
	if err != nil {
		return nil, err
	}
	rows := make([]correctionRow, len(lines))
	for i, l := range lines {
		rows[i] = newCorrectionRow(l)
	}
	return struct {
		Corrections []correctionRow `json:"corrections"`
	}{rows}, nil
}

// amountForm is decimal text: a number in a program's binary floating point has no place in a bill, and an exponent none in a ledger.
var amountForm = regexp.MustCompile(`^-?[0-9]{1,10}(\.[0-9]{1,2})?$`)

// correct serves POST /x/v1/usage/corrections {tenant_id, meter, kind, hour, quantity, amount, reason} under an Idempotency-Key, which it keeps with the line for ever.
func (h correctionHandlers) correct(ctx context.Context, r *Request) (any, error) {
	body, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	c := billing.Correction{
		Tenant: body.text("tenant_id"), Item: billing.Item{Meter: billing.Meter(body.text("meter")), Kind: body.text("kind")}, Reason: body.text("reason"),
		Quantity: int64(body.integer("quantity", 0)), Key: string(r.Request.Header.Peek("Idempotency-Key")),
	}
	hour, amount := body.text("hour"), body.text("amount")
	if err := body.complaint(); err != nil {
		return nil, err
	}
	if c.Key == "" {
		return nil, fault.Required("Idempotency-Key")
	}
	if hour == "" {
		return nil, fault.Required("hour")
	}
	if c.Hour, err = parseTime("hour", hour); err != nil {
		return nil, err
	}
	if amount != "" {
		if !amountForm.MatchString(amount) {
			return nil, fault.Said("amount", "must be decimal text with at most two digits behind the point, such as -1.50", "须为最多两位小数的十进制文本，例如-1.50")
		}
		c.Amount = decimal.RequireFromString(amount)
	}
	line, err := h.room.Correct(ctx, c)
	if err != nil {
		return nil, err
	}
	if line.Repeated {
		r.Response.Header.Set(headerReplayed, "true")
		return newCorrectionRow(line), nil
	}
	by := identity.Actor{Name: r.Principal.UserName, Remote: r.RemoteIP().String()}
	if err := h.log.Record(ctx, by, c.Tenant, "CorrectUsage", line.Item.String()+" "+zulu(line.Hour)+" "+money(line.Amount)); err != nil {
		return nil, err
	}
	return newCorrectionRow(line), nil
}
