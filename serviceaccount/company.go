package serviceaccount

import "context"

// Company is a tenant's filing.
type Company struct {
	ID       string // company_id, 32 lower-case hex digits
	Tenant   string
	Name     string
	Industry int // 1-11, the default of its accounts
}

// CompanyStore keeps filings.
type CompanyStore interface {
	// Company reads a tenant's filing, making it from the tenant's name if there is none.
	Company(ctx context.Context, tenant string) (Company, error)
}

// Company is the filing of a tenant.
func (s *Service) Company(ctx context.Context, tenant string) (Company, error) {
	return s.o.Store.Company(ctx, tenant)
}
