package serviceaccount

import "context"

// UpdatePortal submits a revision of a home page (api.md §17.4) and returns the page as it was submitted. The version in force stays until the revision is approved.
func (s *Service) UpdatePortal(ctx context.Context, by Caller, id string, next PortalContent, reason string) (ListedPortal, Company, error) {
	if err := checkReason(reason, 5, 50); err != nil {
		return ListedPortal{}, Company{}, err
	}
	if err := checkPortal("", &next); err != nil {
		return ListedPortal{}, Company{}, err
	}
	if err := s.checkPictures(ctx, by.Tenant, next.pictures("")); err != nil {
		return ListedPortal{}, Company{}, err
	}
	company, err := s.Company(ctx, by.Tenant)
	if err != nil {
		return ListedPortal{}, Company{}, err
	}
	var out ListedPortal
	_, err = s.change(ctx, by, Ref{by.Tenant, KindPortal, id}, "portal_id", func(e *Edit) (*Change, error) {
		h := &e.Portal
		if err := h.changeable("portal_id"); err != nil {
			return nil, err
		}
		c := s.line(by, KindPortal, h.ID, e.Pub.ID, reason, h.PortalContent, next)
		s.hold(c, &e.Pub)
		submit(&h.Life, &h.PortalContent, &h.Pending, next, c)
		out = ListedPortal{*h, e.Pub.Name}
		out.PortalContent = next
		return c, nil
	})
	return out, company, err
}

// PushPortal asks the reviewers to hurry with a home page (api.md §17.4). message is for the caller.
func (s *Service) PushPortal(ctx context.Context, by Caller, id string) (logID, message string, err error) {
	return s.urge(ctx, Ref{by.Tenant, KindPortal, id}, "portal_id")
}

// ListPortals gives one window of a tenant's home pages, newest first, how many match in all, and the company they are of.
func (s *Service) ListPortals(ctx context.Context, f PortalFilter) ([]ListedPortal, int, Company, error) {
	list, total, err := s.o.Store.ListPortals(ctx, f)
	if err != nil {
		return nil, 0, Company{}, err
	}
	c, err := s.Company(ctx, f.Tenant)
	return list, total, c, err
}
