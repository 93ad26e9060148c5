package contract

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"cardlink/serviceaccount"
)

// firstCompany is what a service makes of a tenant's name.
func firstCompany(tenant, word string) func(string) serviceaccount.Company {
	return func(name string) serviceaccount.Company {
		return serviceaccount.Company{ID: accountID(word), Tenant: tenant, ApproveState: serviceaccount.Approved, SubmittedAt: accountsAt, CreatedAt: accountsAt,
			Filing: serviceaccount.Filing{Name: name, Industry: 11, Products: serviceaccount.Products()}}
	}
}

func companyFirst(ctx context.Context, s serviceaccount.Store) error {
	const many = 8
	got := make([]serviceaccount.Company, many)
	errs := make([]error, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() { got[i], errs[i] = s.Company(ctx, "a", firstCompany("a", fmt.Sprint("comp", i))) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for i := range got {
		if err := same("company", got[i], got[0]); err != nil {
			return err
		}
	}
	word := strings.TrimRight(got[0].ID, "0")
	if got[0].Name == "" || word == "" {
		return fmt.Errorf("company %+v has no name", got[0])
	}
	if _, err := s.Company(ctx, "nobody", firstCompany("nobody", "x")); !errors.Is(err, serviceaccount.ErrUnknown) {
		return fmt.Errorf("the company of a tenant that does not exist: %v, want ErrUnknown", err)
	}
	return nil
}

func companyChange(ctx context.Context, s serviceaccount.Store) error {
	none := func(*serviceaccount.Company) error { return nil }
	if err := s.ChangeCompany(ctx, "nobody", none); !errors.Is(err, serviceaccount.ErrUnknown) {
		return fmt.Errorf("change a company that is not there: %v, want ErrUnknown", err)
	}
	for i, tenant := range []string{"b", "a"} { // b waits longer
		if _, err := s.Company(ctx, tenant, firstCompany(tenant, "cc"+tenant)); err != nil {
			return err
		}
		if err := s.ChangeCompany(ctx, tenant, func(c *serviceaccount.Company) error {
			c.Pending = &serviceaccount.Filing{Name: "New " + tenant, LicenceNo: "91X", LicenceFiles: []string{accountID("lic")}, Industry: 5, Products: []serviceaccount.Product{serviceaccount.ProductAccounts}}
			c.ApproveState, c.User, c.SubmittedAt = serviceaccount.InReview, "u-1", accountsAt.Add(time.Duration(i+1)*time.Hour)
			return nil
		}); err != nil {
			return err
		}
	}
	waiting, err := s.PendingCompanies(ctx, 10)
	if err != nil {
		return err
	}
	var names []string
	for _, c := range waiting {
		names = append(names, c.Pending.Name)
	}
	if err := same("waiting", names, []string{"New b", "New a"}); err != nil {
		return err
	}
	no := errors.New("no")
	if err := s.ChangeCompany(ctx, "b", func(c *serviceaccount.Company) error { c.Pending = nil; return no }); !errors.Is(err, no) {
		return fmt.Errorf("a refused change: %v", err)
	}
	if err := s.ChangeCompany(ctx, "b", func(c *serviceaccount.Company) error {
		if err := same("pending", c.Pending, waiting[0].Pending); err != nil {
			return err
		}
		c.Filing, c.Pending, c.ApproveState, c.Words, c.ReviewedAt = *c.Pending, nil, serviceaccount.Approved, "fine", accountsAt.Add(5*time.Hour)
		return nil
	}); err != nil {
		return err
	}
	want := waiting[0]
	want.Filing, want.Pending, want.ApproveState, want.Words, want.ReviewedAt = *want.Pending, nil, serviceaccount.Approved, "fine", accountsAt.Add(5*time.Hour)
	got, err := s.Company(ctx, "b", firstCompany("b", "never"))
	if err == nil {
		err = same("company", got, want)
	}
	if err != nil {
		return err
	}
	one, err := s.PendingCompanies(ctx, 1)
	return errors.Join(err, same("one waits", len(one), 1))
}
