package api

import (
	"context"

	"cardlink/fault"
	"cardlink/serviceaccount"
)

// companyRoutes are the tenant's company filing (api.md §21).
func (h accountHandlers) companyRoutes() []route {
	return []route{
		{"GET", "/x/v1/company", "ShowCompany", "kooMessage:company:list", plain, h.showCompany},
		{"PUT", "/x/v1/company", "FileCompany", "kooMessage:company:update", plain, h.fileCompany},
	}
}

type filingBody struct {
	Name         string                   `json:"name"`
	LicenceNo    string                   `json:"licence_no"`
	LicenceFiles []string                 `json:"licence_files"`
	Industry     int                      `json:"industry"`
	Products     []serviceaccount.Product `json:"products"`
}

func newFilingBody(f serviceaccount.Filing) filingBody {
	b := filingBody{f.Name, f.LicenceNo, f.LicenceFiles, f.Industry, f.Products}
	if b.LicenceFiles == nil {
		b.LicenceFiles = []string{}
	}
	return b
}

// companyBody is the filing in force and, if one is in review, the newest.
type companyBody struct {
	CompanyID string `json:"company_id"`
	filingBody
	ApproveState int         `json:"approve_state"`
	ReviewDesc   string      `json:"review_desc,omitempty"`
	SubmitTime   string      `json:"submit_time"`
	InReview     *filingBody `json:"in_review,omitempty"`
}

func newCompanyBody(c serviceaccount.Company) companyBody {
	b := companyBody{CompanyID: c.ID, filingBody: newFilingBody(c.Filing), ApproveState: c.ApproveState, ReviewDesc: c.Words, SubmitTime: zulu(c.SubmittedAt)}
	if c.Pending != nil {
		p := newFilingBody(*c.Pending)
		b.InReview = &p
	}
	return b
}

func (h accountHandlers) showCompany(ctx context.Context, r *Request) (any, error) {
	c, err := h.room.Company(ctx, r.Principal.Tenant)
	if err != nil {
		return nil, err
	}
	return newCompanyBody(c), nil
}

// fileCompany serves PUT /x/v1/company: the whole filing anew. What is left out of industry and products keeps the value in force.
func (h accountHandlers) fileCompany(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	b.require("name")
	now, err := h.room.Company(ctx, r.Principal.Tenant)
	if err != nil {
		return nil, err
	}
	f := serviceaccount.Filing{Name: b.text("name"), LicenceNo: b.text("licence_no"), LicenceFiles: b.texts("licence_files"), Industry: b.integer("industry", now.Industry), Products: now.Products}
	if b.has("products") {
		f.Products = nil
		for _, p := range b.texts("products") {
			f.Products = append(f.Products, serviceaccount.Product(p))
		}
	}
	if err := b.complaint(); err != nil {
		return nil, err
	}
	c, err := h.room.SubmitCompany(ctx, serviceaccount.Caller{Tenant: r.Principal.Tenant, User: r.Principal.UserID}, f)
	if err != nil {
		return nil, err
	}
	return newCompanyBody(c), nil
}
