package serviceaccount

import (
	"context"
	"time"
)

// UpdateMenu submits a revision of a menu and returns its log_id (api.md §17.4). The version in force stays until the revision is approved.
func (s *Service) UpdateMenu(ctx context.Context, by Caller, id string, next MenuContent, reason string) (logID string, err error) {
	if err := checkReason(reason, 1, 1000); err != nil {
		return "", err
	}
	if err := CheckMenu("menu.menu_items", next.Items); err != nil {
		return "", err
	}
	line, err := s.change(ctx, by, Ref{by.Tenant, KindMenu, id}, "menu_id", func(e *Edit) (*Change, error) {
		m := &e.Menu
		if err := m.changeable("menu_id"); err != nil {
			return nil, err
		}
		c := s.line(by, KindMenu, m.ID, e.Pub.ID, reason, m.MenuContent, next)
		s.hold(c, &e.Pub)
		submit(&m.Life, &m.MenuContent, &m.Pending, next, c)
		return c, nil
	})
	if err != nil {
		return "", err
	}
	return line.LogID(), nil
}

// hold leaves a change of a menu or home page to review while its account was never approved: what is below an account comes into force after it.
func (s *Service) hold(c *Change, p *Pub) {
	if p.Version == 0 && c.Verdict == Approved {
		c.Verdict, c.DecidedAt = InReview, time.Time{}
	}
}

// PushMenu asks the reviewers to hurry with a menu (api.md §17.4). message is for the caller.
func (s *Service) PushMenu(ctx context.Context, by Caller, id string) (logID, message string, err error) {
	return s.urge(ctx, Ref{by.Tenant, KindMenu, id}, "menu_id")
}

// ListMenus gives one window of a tenant's menus, newest first, how many match in all, and the company they are of.
func (s *Service) ListMenus(ctx context.Context, f MenuFilter) ([]ListedMenu, int, Company, error) {
	list, total, err := s.o.Store.ListMenus(ctx, f)
	if err != nil {
		return nil, 0, Company{}, err
	}
	c, err := s.Company(ctx, f.Tenant)
	return list, total, c, err
}
