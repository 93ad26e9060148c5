package videosms

import (
	"context"
	"errors"
	"slices"
	"unicode/utf8"

	"cardlink/fault"
)

// Pending lists the templates that wait for a review at some carrier, of all tenants, oldest first.
func (s *Service) Pending(ctx context.Context, limit int) ([]*Template, error) {
	list, err := s.o.Store.PendingVideoTemplates(ctx, s.o.Now(), min(max(limit, 1), 1000))
	s.present(list)
	return list, err
}

// Review tells what a carrier says about a template: cmcc, cucc, ctcc, or "" for those that have not spoken yet, and for all if there is none. A carrier may change
// its mind. Words are kept on a pass, too. The customer's callbackurl is told of each change.
func (s *Service) Review(ctx context.Context, tenant string, tplID int64, carrier string, pass bool, words string) (*Template, error) {
	if carrier != "" && !slices.Contains(carriers[:], carrier) {
		return nil, fault.OneOf("carrier", carriers[:]...)
	}
	if err := checkWords(words); err != nil {
		return nil, err
	}
	return s.change(ctx, tenant, tplID, func(t *Template) error {
		switch {
		case t.Draft:
			return fault.Said("tpl_id", "the template is a draft", "模板为草稿")
		case t.StateAt(s.o.Now()) == Expired:
			return fault.Said("tpl_id", "the template has expired", "模板已过期")
		case t.State == Disabled:
			return fault.Said("tpl_id", "the template is disabled", "模板已禁用")
		}
		to := Rejected
		if pass {
			to = Usable
		}
		waiting := slices.ContainsFunc(t.Carriers, func(c CarrierState) bool { return c.State == InReview })
		changed := false
		for i := range t.Carriers {
			c := &t.Carriers[i]
			if c.Carrier != carrier && (carrier != "" || waiting && c.State != InReview) {
				continue
			}
			changed = changed || c.State != to || c.Desc != words
			c.State, c.Desc = to, words
		}
		if !changed {
			return errUnchanged
		}
		t.sum()
		return nil
	})
}

func checkWords(words string) error {
	if utf8.RuneCountInString(words) > maxAuditDesc {
		return fault.Length("audit_desc", 0, maxAuditDesc)
	}
	if !clean(words) {
		return noControls("audit_desc")
	}
	return nil
}

// SubmitDraft hands a draft in for review.
func (s *Service) SubmitDraft(ctx context.Context, tenant string, tplID int64) (*Template, error) {
	return s.change(ctx, tenant, tplID, func(t *Template) error {
		switch {
		case !t.Draft:
			return fault.Said("tpl_id", "the template is not a draft", "模板不是草稿")
		case t.StateAt(s.o.Now()) == Expired:
			return fault.Said("tpl_id", "the template has expired", "模板已过期")
		}
		t.Draft = false
		if s.o.ManualReview {
			t.setAll(InReview, "")
		} else {
			t.setAll(Usable, "")
		}
		return nil
	})
}

// Disable takes a template out of use for good; messages that were accepted before are sent.
func (s *Service) Disable(ctx context.Context, tenant string, tplID int64, words string) (*Template, error) {
	if err := checkWords(words); err != nil {
		return nil, err
	}
	return s.change(ctx, tenant, tplID, func(t *Template) error {
		if t.State == Disabled || t.State == Expired {
			return errUnchanged
		}
		t.Draft = false
		t.setAll(Disabled, words)
		return nil
	})
}

// Expire notes that the time of at most limit templates is over and tells their customers. It returns how many there were.
func (s *Service) Expire(ctx context.Context, limit int) (int, error) {
	list, err := s.o.Store.OutdatedVideoTemplates(ctx, s.o.Now(), limit)
	if err != nil {
		return 0, err
	}
	for i, t := range list {
		if _, err := s.change(ctx, t.Tenant, t.ID, func(t *Template) error {
			if t.State == Expired { // another node was here
				return errUnchanged
			}
			t.setAll(Expired, "")
			return nil
		}); err != nil {
			return i, err
		}
	}
	return len(list), nil
}

// errUnchanged leaves a template as it is, which is no failure.
var errUnchanged = errors.New("nothing to change")

// change alters a template's review in one transaction with the news for its customer.
func (s *Service) change(ctx context.Context, tenant string, tplID int64, alter func(*Template) error) (*Template, error) {
	t, err := s.o.Store.ChangeVideoTemplate(ctx, tenant, tplID, s.o.Now(), func(t *Template) error {
		if err := alter(t); err != nil {
			return err
		}
		t.Sequence++
		t.PreviewURL = s.previewURL(t.ID)
		return nil
	})
	switch {
	case errors.Is(err, errUnchanged):
		if t, err = s.o.Store.VideoTemplate(ctx, tplID); err == nil {
			s.present([]*Template{t})
		}
		return t, err
	case errors.Is(err, ErrUnknown):
		return nil, fault.NotFound("tpl_id")
	case err != nil:
		return nil, err
	}
	s.o.WakeNews()
	return t, nil
}
