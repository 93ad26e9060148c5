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
	s.preview(list)
	return list, err
}

// Review tells what a carrier says about a template: cmcc, cucc, ctcc, or "" for all that have not spoken yet. Words are kept on a pass, too. The customer's
// callbackurl is told of each review. A template that is not in review at the carrier is a fault.
func (s *Service) Review(ctx context.Context, tenant string, tplID int64, carrier string, pass bool, words string) (*Template, error) {
	if carrier != "" && !slices.Contains(carriers[:], carrier) {
		return nil, fault.In(fault.Parameter, "carrier", "must be cmcc, cucc, ctcc or empty for all")
	}
	if utf8.RuneCountInString(words) > maxAuditDesc || !clean(words) {
		return nil, fault.Inf(fault.Parameter, "audit_desc", "must be at most %d characters", maxAuditDesc)
	}
	return s.change(ctx, tenant, tplID, func(t *Template) error {
		switch {
		case t.Draft:
			return fault.In(fault.Parameter, "tpl_id", "the template is a draft")
		case t.StateAt(s.o.Now()) == Expired:
			return fault.In(fault.Parameter, "tpl_id", "the template has expired")
		}
		to := Rejected
		if pass {
			to = Usable
		}
		n := 0
		for i := range t.Carriers {
			if c := &t.Carriers[i]; (carrier == "" || c.Carrier == carrier) && c.State == InReview {
				c.State, c.Desc = to, words
				n++
			}
		}
		if n == 0 {
			return fault.In(fault.Parameter, "tpl_id", "the template is not in review")
		}
		t.sum()
		return nil
	})
}

// SubmitDraft hands a draft in for review.
func (s *Service) SubmitDraft(ctx context.Context, tenant string, tplID int64) (*Template, error) {
	return s.change(ctx, tenant, tplID, func(t *Template) error {
		switch {
		case !t.Draft:
			return fault.In(fault.Parameter, "tpl_id", "the template is not a draft")
		case t.StateAt(s.o.Now()) == Expired:
			return fault.In(fault.Parameter, "tpl_id", "the template has expired")
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
	if utf8.RuneCountInString(words) > maxAuditDesc || !clean(words) {
		return nil, fault.Inf(fault.Parameter, "audit_desc", "must be at most %d characters", maxAuditDesc)
	}
	return s.change(ctx, tenant, tplID, func(t *Template) error {
		if t.State == Disabled || t.State == Expired {
			return fault.In(fault.Parameter, "tpl_id", "the template is out of use already")
		}
		t.Draft = false
		t.setAll(Disabled, words)
		return nil
	})
}

// Expire notes that the time of at most limit templates is over and tells their customers. It returns how many there were.
func (s *Service) Expire(ctx context.Context, limit int) (int, error) {
	now := s.o.Now()
	list, err := s.o.Store.OutdatedVideoTemplates(ctx, now, limit)
	if err != nil {
		return 0, err
	}
	for i, t := range list {
		_, err := s.change(ctx, t.Tenant, t.ID, func(t *Template) error {
			if t.State == Expired { // another node was here
				return errUnchanged
			}
			t.setAll(Expired, "")
			return nil
		})
		if err != nil && !errors.Is(err, errUnchanged) {
			return i, err
		}
	}
	return len(list), nil
}

// errUnchanged leaves a template as it is.
var errUnchanged = errors.New("nothing to change")

// change alters a template's review in one transaction with the news for its customer.
func (s *Service) change(ctx context.Context, tenant string, tplID int64, alter func(*Template) error) (*Template, error) {
	t, err := s.o.Store.ChangeVideoTemplate(ctx, tenant, tplID, s.o.Now(), func(t *Template) error {
		if err := alter(t); err != nil {
			return err
		}
		t.Sequence++
		t.PreviewURL = s.o.Origin + PreviewPath(t.ID)
		return nil
	})
	if errors.Is(err, ErrUnknown) {
		return nil, fault.In(fault.Parameter, "tpl_id", "the template does not exist")
	}
	if err != nil {
		return nil, err
	}
	s.o.WakeNews()
	return t, nil
}
