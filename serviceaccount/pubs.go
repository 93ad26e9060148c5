package serviceaccount

import (
	"context"
	"fmt"
)

// Pub reads an account of a tenant. An unknown id, or another tenant's, is ErrUnknown.
func (s *Service) Pub(ctx context.Context, tenant, id string) (Pub, error) {
	p, err := s.o.Store.Pub(ctx, tenant, id)
	if err != nil {
		return Pub{}, err
	}
	c, err := s.Company(ctx, tenant)
	if err != nil {
		return Pub{}, fmt.Errorf("the company of an account: %w", err)
	}
	p.CompanyID, p.CompanyName = c.ID, c.Name
	return p, nil
}

// LiveAccount reads what the public may see of an account: it is in force and not frozen, else ErrUnknown. Its menu and portal say with Live whether they are in
// force themselves.
func (s *Service) LiveAccount(ctx context.Context, pubID string) (Account, error) {
	a, err := s.o.Store.AccountByPub(ctx, pubID)
	if err != nil {
		return Account{}, err
	}
	if !a.Pub.Live() {
		return Account{}, ErrUnknown
	}
	c, err := s.Company(ctx, a.Pub.Tenant)
	if err != nil {
		return Account{}, fmt.Errorf("the company of an account: %w", err)
	}
	a.Pub.CompanyID, a.Pub.CompanyName = c.ID, c.Name
	return a, nil
}
