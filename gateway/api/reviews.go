package api

import (
	"context"
	"strconv"

	"cardlink/fault"
	"cardlink/identity"
	"cardlink/review"
)

// reviewHandlers are the operator's desk over HTTP; `cardlink review` is the same at the command line.
type reviewHandlers struct{ desk *review.Desk }

func (h reviewHandlers) routes() []route {
	return []route{
		{"GET", "/x/v1/reviews", "ListReviews", identity.Operate, plain, h.list},
		{"POST", "/x/v1/reviews", "Review", identity.Operate, plain, h.decide},
	}
}

type reviewRow struct {
	Kind     string `json:"kind"`
	ID       string `json:"id"`
	Part     string `json:"part,omitempty"`
	TenantID string `json:"tenant_id"`
	Title    string `json:"title"`
	Detail   string `json:"detail,omitempty"`
	Since    string `json:"since"`
	Urged    bool   `json:"urged,omitempty"`
	UrgeDesc string `json:"urge_desc,omitempty"`
}

// list serves GET /x/v1/reviews?kind=&limit=: what waits for a verdict, oldest first.
func (h reviewHandlers) list(ctx context.Context, r *Request) (any, error) {
	limit, err := queryLimit(r, 100, 1000)
	if err != nil {
		return nil, err
	}
	items, err := h.desk.Pending(ctx, queryText(r, "kind"), limit)
	if err != nil {
		return nil, err
	}
	rows := make([]reviewRow, len(items))
	for i, it := range items {
		rows[i] = reviewRow{it.Kind, it.ID, it.Part, it.Tenant, it.Title, it.Detail, zulu(it.Since), it.Urged, it.UrgedBy}
	}
	return struct {
		Kinds   []string    `json:"kinds"`
		Reviews []reviewRow `json:"reviews"`
	}{h.desk.Kinds(), rows}, nil
}

// queryLimit reads an optional limit of the query.
func queryLimit(r *Request, def, high int) (int, error) {
	s := queryText(r, "limit")
	if s == "" {
		return def, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > high {
		return 0, fault.Inf(fault.Parameter, "limit", "must be an integer from 1 to %d", high)
	}
	return n, nil
}

// decide serves POST /x/v1/reviews {kind, id, part, tenant_id, pass, words}. Without tenant_id the operator's own tenant is meant.
func (h reviewHandlers) decide(ctx context.Context, r *Request) (any, error) {
	body, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	v := review.Decision{Kind: body.text("kind"), Tenant: body.text("tenant_id"), ID: body.text("id"), Part: body.text("part"), Words: body.text("words")}
	switch body.text("pass") {
	case "true", "1":
		v.Pass = true
	case "false", "0":
	default:
		return nil, fault.In(fault.Parameter, "pass", "is required and must be true or false")
	}
	if err := body.complaint(); err != nil {
		return nil, err
	}
	if v.Tenant == "" {
		v.Tenant = r.Principal.Tenant
	}
	if err := h.desk.Decide(ctx, identity.Actor{Name: r.Principal.UserName, Remote: r.RemoteIP().String()}, v); err != nil {
		return nil, err
	}
	return ok(nil), nil
}
