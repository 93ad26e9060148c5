package serviceaccount

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cardlink/fault"
)

// Product is one of the services a company is filed for (api.md §21, company filing).
type Product string

// The products.
const (
	ProductSending  Product = "aim_send"        // smart messages sent by us
	ProductLinks    Product = "aim_link"        // links for messages the customer sends
	ProductBasic    Product = "aim_basic"       // video messages
	ProductAccounts Product = "service_account" // service accounts
)

// Products lists them all.
func Products() []Product {
	return []Product{ProductSending, ProductLinks, ProductBasic, ProductAccounts}
}

// Filing is what a company says of itself.
type Filing struct {
	Name         string    `json:"name"`                    // 1-64 characters
	LicenceNo    string    `json:"licence_no,omitempty"`    // of its business licence, at most 32 letters and digits
	LicenceFiles []string  `json:"licence_files,omitempty"` // resource ids of the licence and of letters, at most 6
	Industry     int       `json:"industry"`                // 1-11, the default of its accounts (api.md §17.2)
	Products     []Product `json:"products"`                // what it is filed for
}

// Company is a tenant's filing. Its filing is the one in force.
type Company struct {
	ID     string // company_id, 32 lower-case hex digits
	Tenant string
	Filing
	Pending      *Filing   // in review; nil = nothing is
	ApproveState int       // of the newest filing: InReview, Approved or Rejected
	Words        string    // of the reviewer
	User         string    // who submitted the newest filing; empty for the one made by default
	SubmittedAt  time.Time // the newest filing
	ReviewedAt   time.Time // zero = nobody has reviewed one
	CreatedAt    time.Time
}

// Filed reports whether the company's filing in force names a product.
func (c Company) Filed(p Product) bool { return slices.Contains(c.Products, p) }

// ErrNotPending says that a company has no filing in review, or another one than the reviewer saw.
var ErrNotPending = errors.New("the company has no such filing in review")

// CompanyStore keeps filings.
type CompanyStore interface {
	// Company reads a tenant's filing. If there is none, the one that first makes of the tenant's name is stored and returned; ErrUnknown if there is no such tenant.
	Company(ctx context.Context, tenant string, first func(name string) Company) (Company, error)
	// ChangeCompany lets change alter a tenant's filing; nobody else changes it meanwhile, and nothing is stored if change fails. change may be called again
	// after a conflict. ErrUnknown if there is none.
	ChangeCompany(ctx context.Context, tenant string, change func(*Company) error) error
	// PendingCompanies reads the filings in review of all tenants, the oldest first, at most limit.
	PendingCompanies(ctx context.Context, limit int) ([]Company, error)
}

// otherIndustry is the industry of who told none.
const otherIndustry = 11

// Company is the filing of a tenant. A tenant that never filed has one by its own name, for all products, so that nothing has to be filed before the first
// account can be made.
func (s *Service) Company(ctx context.Context, tenant string) (Company, error) {
	c, err := s.o.Store.Company(ctx, tenant, func(name string) Company {
		now := s.o.Now().UTC()
		return Company{
			ID: newID(), Tenant: tenant, Filing: Filing{Name: name, Industry: otherIndustry, Products: Products()}, ApproveState: Approved, SubmittedAt: now, CreatedAt: now,
		}
	})
	if err != nil {
		return Company{}, fmt.Errorf("the company of a tenant: %w", err)
	}
	return c, nil
}

// SubmitCompany files a company anew. The filing in force stays until this one is approved, which it is at once unless reviews are by hand; another one in review is
// replaced.
func (s *Service) SubmitCompany(ctx context.Context, by Caller, f Filing) (Company, error) {
	if err := checkFiling(f); err != nil {
		return Company{}, err
	}
	if err := s.checkLetters(ctx, by.Tenant, "licence_files", f.LicenceFiles); err != nil {
		return Company{}, err
	}
	if _, err := s.Company(ctx, by.Tenant); err != nil { // there is one to change
		return Company{}, err
	}
	var out Company
	err := s.o.Store.ChangeCompany(ctx, by.Tenant, func(c *Company) error {
		now := s.o.Now().UTC().Truncate(time.Millisecond)
		if next := c.SubmittedAt.Add(time.Millisecond); now.Before(next) {
			now = next // the moment tells filings apart
		}
		filing := f
		c.Pending, c.ApproveState, c.Words, c.User, c.SubmittedAt = &filing, InReview, "", by.User, now
		if !s.o.ManualReview {
			c.decide(true, "", now)
		}
		out = *c
		return nil
	})
	return out, err
}

// ReviewCompany decides about the filing of a tenant that waits since submitted, so that nobody approves what he has not seen. ErrNotPending if that one does not wait.
func (s *Service) ReviewCompany(ctx context.Context, tenant string, submitted time.Time, approve bool, words string) (Company, error) {
	if utf8.RuneCountInString(words) > 200 {
		return Company{}, fault.Length("words", 0, 200)
	}
	var out Company
	err := s.o.Store.ChangeCompany(ctx, tenant, func(c *Company) error {
		if c.Pending == nil || c.SubmittedAt.UnixMilli() != submitted.UnixMilli() {
			return ErrNotPending
		}
		c.decide(approve, words, s.o.Now().UTC())
		out = *c
		return nil
	})
	return out, err
}

// decide ends the review of the pending filing.
func (c *Company) decide(approve bool, words string, at time.Time) {
	c.ApproveState = Rejected
	if approve {
		c.Filing, c.ApproveState = *c.Pending, Approved
	}
	c.Pending, c.Words, c.ReviewedAt = nil, words, at
}

// PendingCompanies lists the filings of all tenants that wait for a review, the oldest first, at most limit.
func (s *Service) PendingCompanies(ctx context.Context, limit int) ([]Company, error) {
	return s.o.Store.PendingCompanies(ctx, limit)
}

func checkFiling(f Filing) error {
	switch n := utf8.RuneCountInString(f.Name); {
	case n < 1 || n > 64:
		return fault.Length("name", 1, 64)
	case !isClean(f.Name):
		return clean("name")
	case len(f.LicenceNo) > 32 || strings.ContainsFunc(f.LicenceNo, notAlphanumeric):
		return fault.Said("licence_no", "must be at most 32 letters and digits", "须为不超过32位的字母或数字")
	case len(f.LicenceFiles) > 6:
		return fault.Count("licence_files", 0, 6)
	case f.Industry < 1 || f.Industry > 11:
		return fault.Range("industry", 1, 11)
	case len(f.Products) == 0:
		return fault.Required("products")
	}
	for i, p := range f.Products {
		if !slices.Contains(Products(), p) {
			return fault.OneOf(at("products", i), "aim_send", "aim_link", "aim_basic", "service_account")
		}
		if slices.Contains(f.Products[:i], p) {
			return twice("products", string(p))
		}
	}
	return nil
}

func notAlphanumeric(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}
