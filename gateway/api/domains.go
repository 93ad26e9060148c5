package api

import (
	"context"

	"cardlink/fault"
	"cardlink/shortlink"
)

// domainHandlers let tenants register short-link domains and the hosts their links may jump to (api.md §7.2, §21).
type domainHandlers struct{ room *shortlink.Service }

func (h domainHandlers) routes() []route {
	return []route{
		{"GET", "/x/v1/domains", "ListDomains", "kooMessage:domain:list", plain, h.list},
		{"POST", "/x/v1/domains", "RegisterDomain", "kooMessage:domain:create", plain, h.register},
		{"GET", "/x/v1/jump-domains", "ListJumpDomains", "kooMessage:domain:list", plain, h.listJumps},
		{"POST", "/x/v1/jump-domains", "RegisterJumpDomain", "kooMessage:domain:create", plain, h.registerJump},
		{"POST", "/x/v1/jump-domains/delete", "DeleteJumpDomain", "kooMessage:domain:delete", plain, h.deleteJump},
	}
}

type domainRow struct {
	Domain         string `json:"domain"`
	GenerationType string `json:"generation_type"`
	Shared         bool   `json:"shared"` // every tenant may use it
	Frozen         bool   `json:"frozen"`
	State          string `json:"state"`
	ReviewDesc     string `json:"review_desc,omitempty"`
	CreateTime     string `json:"create_time,omitempty"`
}

func newDomainRow(d shortlink.Domain) domainRow {
	row := domainRow{Domain: d.Name, GenerationType: d.Generation, Shared: d.Tenant == "", Frozen: d.Frozen, State: d.State, ReviewDesc: d.Words}
	if !d.CreatedAt.IsZero() {
		row.CreateTime = zulu(d.CreatedAt)
	}
	return row
}

func (h domainHandlers) list(ctx context.Context, r *Request) (any, error) {
	list, err := h.room.Domains(ctx, r.Principal.Tenant)
	if err != nil {
		return nil, err
	}
	rows := make([]domainRow, len(list))
	for i, d := range list {
		rows[i] = newDomainRow(d)
	}
	return struct {
		Domains []domainRow `json:"domains"`
	}{rows}, nil
}

func (h domainHandlers) register(ctx context.Context, r *Request) (any, error) {
	body, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	name, generation := body.text("domain"), body.text("generation_type")
	if err := body.complaint(); err != nil {
		return nil, err
	}
	d, err := h.room.RequestDomain(ctx, r.Principal.Tenant, name, generation)
	if err != nil {
		return nil, err
	}
	return newDomainRow(d), nil
}

type jumpRow struct {
	Host       string `json:"host"`
	State      string `json:"state"`
	ReviewDesc string `json:"review_desc,omitempty"`
	CreateTime string `json:"create_time,omitempty"`
}

func newJumpRow(j shortlink.JumpHost) jumpRow {
	row := jumpRow{Host: j.Host, State: j.State, ReviewDesc: j.Words}
	if !j.CreatedAt.IsZero() {
		row.CreateTime = zulu(j.CreatedAt)
	}
	return row
}

func (h domainHandlers) listJumps(ctx context.Context, r *Request) (any, error) {
	list, err := h.room.Jumps(ctx, r.Principal.Tenant)
	if err != nil {
		return nil, err
	}
	rows := make([]jumpRow, len(list))
	for i, j := range list {
		rows[i] = newJumpRow(j)
	}
	return struct {
		Hosts []jumpRow `json:"jump_domains"`
	}{rows}, nil
}

func (h domainHandlers) registerJump(ctx context.Context, r *Request) (any, error) {
	host, err := hostOf(r)
	if err != nil {
		return nil, err
	}
	j, err := h.room.RegisterJump(ctx, r.Principal.Tenant, host)
	if err != nil {
		return nil, err
	}
	return newJumpRow(j), nil
}

func (h domainHandlers) deleteJump(ctx context.Context, r *Request) (any, error) {
	host, err := hostOf(r)
	if err != nil {
		return nil, err
	}
	if err := h.room.DeleteJump(ctx, r.Principal.Tenant, host); err != nil {
		return nil, err
	}
	return ok(nil), nil
}

func hostOf(r *Request) (string, error) {
	body, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return "", err
	}
	host := body.text("host")
	if err := body.complaint(); err != nil {
		return "", err
	}
	if host == "" {
		return "", fault.In(fault.Parameter, "host", "is required")
	}
	return host, nil
}
