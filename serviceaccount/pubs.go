package serviceaccount

import (
	"context"
	"log/slog"

	"cardlink/fault"
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
		return Account{}, err
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

// Where the three parts of CreatePubInfo stand in its body.
const (
	inPub    = "pub_request_body."
	inPortal = "portal_request_body."
	inMenu   = "menu_request_body.menu.menu_items"
)

// CreateAccount makes an account with its home page and its menu (api.md §17.2). Industry 0 is the company's. The three are reviewed each by itself; the log_id is of
// the account's review.
func (s *Service) CreateAccount(ctx context.Context, by Caller, pub PubContent, portal PortalContent, menu MenuContent) (a Account, logID string, err error) {
	company, err := s.Company(ctx, by.Tenant)
	if err != nil {
		return Account{}, "", err
	}
	if pub.Industry == 0 {
		pub.Industry = company.Industry
	}
	pub.tidy()
	for _, check := range []error{checkPub(inPub, &pub), checkPortal(inPortal, &portal), CheckMenu(inMenu, menu.Items)} {
		if check != nil {
			return Account{}, "", check
		}
	}
	pictures := append([]picture{{inPub + "logo_img", pub.LogoImg, FilePubLogo}}, portal.pictures(inPortal)...)
	if err := s.checkPictures(ctx, by.Tenant, pictures); err != nil {
		return Account{}, "", err
	}
	if err := s.checkLetters(ctx, by.Tenant, inPub+"authorization_files", pub.AuthorizationFiles); err != nil {
		return Account{}, "", err
	}
	id := newID()
	a.Pub = Pub{ID: id, Tenant: by.Tenant, CompanyID: company.ID, CompanyName: company.Name}
	a.Menu = Menu{ID: newID(), PubID: id, Tenant: by.Tenant}
	a.Portal = Portal{ID: newID(), PubID: id, Tenant: by.Tenant}
	lines := []*Change{
		s.line(by, KindPub, id, id, "", nil, pub), s.line(by, KindMenu, a.Menu.ID, id, "", nil, menu), s.line(by, KindPortal, a.Portal.ID, id, "", nil, portal),
	}
	for i, l := range []*Life{&a.Pub.Life, &a.Menu.Life, &a.Portal.Life} {
		l.Creator, l.CreatedAt = by.User, lines[i].At
	}
	submit(&a.Pub.Life, &a.Pub.PubContent, &a.Pub.Pending, pub, lines[0])
	submit(&a.Menu.Life, &a.Menu.MenuContent, &a.Menu.Pending, menu, lines[1])
	submit(&a.Portal.Life, &a.Portal.PortalContent, &a.Portal.Pending, portal, lines[2])
	if err := s.o.Store.AddAccount(ctx, &Edit{Account: a, Lines: lines}); err != nil {
		return Account{}, "", refusal(err, "pub_id", inPub)
	}
	s.o.Log.LogAttrs(ctx, slog.LevelInfo, "service account created", slog.String("tenant", by.Tenant), slog.String("pub", id), slog.Int("approve_state", a.Pub.ApproveState))
	return a, lines[0].LogID(), nil
}

// PubPatch is a change of an account (api.md §17.3): nil fields stay as they are.
type PubPatch struct {
	LogoImg, Name, Abstract, Remark  *string
	AutoGetPort                      *bool
	Industry                         *int
	Signs, Areas, AuthorizationFiles []string
}

// apply gives the content with the patch on it.
func (p *PubPatch) apply(c PubContent) PubContent {
	for _, f := range []struct{ to, from *string }{{&c.LogoImg, p.LogoImg}, {&c.Name, p.Name}, {&c.Abstract, p.Abstract}, {&c.Remark, p.Remark}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	for _, f := range []struct {
		to   *[]string
		from []string
	}{{&c.Signs, p.Signs}, {&c.Areas, p.Areas}, {&c.AuthorizationFiles, p.AuthorizationFiles}} {
		if f.from != nil {
			*f.to = f.from
		}
	}
	if p.AutoGetPort != nil {
		c.AutoGetPort = *p.AutoGetPort
	}
	if p.Industry != nil {
		c.Industry = *p.Industry
	}
	c.tidy()
	return c
}

// UpdatePub submits a revision of an account and returns its log_id (api.md §17.3). The version in force stays until the revision is approved.
func (s *Service) UpdatePub(ctx context.Context, by Caller, id string, patch PubPatch, reason string) (logID string, err error) {
	if err := checkReason(reason, 1, 200); err != nil {
		return "", err
	}
	if patch.LogoImg != nil {
		if err := checkImageID("logo_img", *patch.LogoImg); err != nil {
			return "", err
		}
		if err := s.checkPictures(ctx, by.Tenant, []picture{{"logo_img", *patch.LogoImg, FilePubLogo}}); err != nil {
			return "", err
		}
	}
	if patch.AuthorizationFiles != nil {
		if err := checkLetterIDs("authorization_files", patch.AuthorizationFiles); err != nil {
			return "", err
		}
		if err := s.checkLetters(ctx, by.Tenant, "authorization_files", patch.AuthorizationFiles); err != nil {
			return "", err
		}
	}
	line, err := s.change(ctx, by, Ref{by.Tenant, KindPub, id}, "pub_id", func(e *Edit) (*Change, error) {
		p := &e.Pub
		if err := p.changeable("pub_id"); err != nil {
			return nil, err
		}
		next := patch.apply(p.PubContent)
		if err := checkPub("", &next); err != nil {
			return nil, err
		}
		c := s.line(by, KindPub, p.ID, p.ID, reason, p.PubContent, next)
		submit(&p.Life, &p.PubContent, &p.Pending, next, c)
		return c, nil
	})
	if err != nil {
		return "", err
	}
	return line.LogID(), nil
}

// change runs one change of an account with its line in the change log, and tells callers what a store refused. field names the account, menu or portal.
func (s *Service) change(ctx context.Context, by Caller, ref Ref, field string, alter func(*Edit) (*Change, error)) (line *Change, err error) {
	err = s.o.Store.ChangeAccount(ctx, ref, func(e *Edit) error {
		c, err := alter(e)
		if err != nil {
			return err
		}
		line, e.Lines = c, append(e.Lines, c)
		return nil
	})
	if err != nil {
		return nil, refusal(err, field, "")
	}
	s.o.Log.LogAttrs(ctx, slog.LevelInfo, "service account changed", slog.String("tenant", by.Tenant), slog.String("user", by.User), slog.String("kind", line.Kind),
		slog.String("id", line.ObjectID), slog.Int64("log_id", line.ID), slog.Int("approve_state", line.Verdict))
	return line, nil
}

// FreezePub takes an account and everything below it out of force, at once and without review (api.md §17.3).
func (s *Service) FreezePub(ctx context.Context, by Caller, id, reason string) error {
	if err := checkReason(reason, 1, 200); err != nil {
		return err
	}
	_, err := s.change(ctx, by, Ref{by.Tenant, KindPub, id}, "pub_id", func(e *Edit) (*Change, error) {
		p := &e.Pub
		switch {
		case p.Frozen:
			return nil, fault.Said("pub_id", "is frozen already", "已冻结")
		case p.Version == 0:
			return nil, fault.Said("pub_id", "is not in force yet, so there is nothing to freeze", "尚未生效，不能冻结")
		}
		c := s.line(by, KindFreeze, p.ID, p.ID, reason, nil, nil)
		c.Verdict, c.DecidedAt = Approved, c.At
		p.Frozen, p.Reason, p.OperAt = true, reason, c.At
		return c, nil
	})
	return err
}

// UnfreezePub asks for an account to be put into force again; it is when that is approved (api.md §17.3).
func (s *Service) UnfreezePub(ctx context.Context, by Caller, id, reason string) error {
	if err := checkReason(reason, 1, 200); err != nil {
		return err
	}
	_, err := s.change(ctx, by, Ref{by.Tenant, KindPub, id}, "pub_id", func(e *Edit) (*Change, error) {
		p := &e.Pub
		switch {
		case !p.Frozen:
			return nil, fault.Said("pub_id", "is not frozen", "未冻结")
		case p.ApproveState == InReview:
			return nil, Life{ApproveState: InReview}.changeable("pub_id")
		}
		c := s.line(by, KindUnfreeze, p.ID, p.ID, reason, nil, nil)
		p.ApproveState, p.Reason, p.OperAt = c.Verdict, reason, c.At
		p.Frozen = c.Verdict == InReview
		return c, nil
	})
	return err
}

// ListPubs gives one window of a tenant's accounts, newest first, and how many match in all.
func (s *Service) ListPubs(ctx context.Context, f PubFilter) ([]Pub, int, error) {
	list, total, err := s.o.Store.ListPubs(ctx, f)
	if err != nil || len(list) == 0 {
		return nil, total, err
	}
	c, err := s.Company(ctx, f.Tenant)
	for i := range list {
		list[i].CompanyID, list[i].CompanyName = c.ID, c.Name
	}
	return list, total, err
}
