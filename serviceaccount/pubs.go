package serviceaccount

import (
	"context"
	"fmt"
)

// Pub reads an account of a tenant. An unknown id, or another tenant's, is ErrUnknown.
func (s *Service) Pub(ctx context.Context, tenant, id string) (Pub, error) {
	a, err := s.account(ctx, Ref{tenant, KindPub, id})
	return a.Pub, err
}

// account reads an account with its company.
func (s *Service) account(ctx context.Context, ref Ref) (Account, error) {
	a, err := s.o.Store.Account(ctx, ref)
	if err != nil {
		return Account{}, err
	}
	c, err := s.Company(ctx, a.Pub.Tenant)
	if err != nil {
		return Account{}, fmt.Errorf("the company of an account: %w", err)
	}
	a.Pub.CompanyID, a.Pub.CompanyName = c.ID, c.Name
	return a, nil
}

// LiveAccount reads what the public may see of an account: it is in force and not frozen, else ErrUnknown. Its menu and portal say with Live whether they are in
// force themselves.
func (s *Service) LiveAccount(ctx context.Context, pubID string) (Account, error) {
	a, err := s.account(ctx, Ref{Kind: KindPub, ID: pubID})
	if err == nil && !a.Pub.Live() {
		return Account{}, ErrUnknown
	}
	return a, err
}
