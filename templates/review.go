package templates

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"cardlink/event"
	"cardlink/fault"
)

// decide writes a vendor's verdict. A vendor that was active and is no longer is disabled; one that never was is not enabled.
func (f *Factory) decide(approve bool, desc string) {
	switch {
	case approve:
		f.State = VendorActive
	case f.State == VendorActive || f.State == VendorDisabled:
		f.State = VendorDisabled
	default:
		f.State = VendorNotEnabled
	}
	f.Desc, f.Pending = desc, false
}

// verdict is the state of the whole: approved as soon as one vendor has activated it, in review while one has yet to decide, rejected when all have refused
// (api.md §5.1).
func (t *Template) verdict() int {
	pending := false
	for _, f := range t.Factories {
		if f.State == VendorActive {
			return AuditApproved
		}
		pending = pending || f.Pending
	}
	if pending {
		return AuditReview
	}
	return AuditRejected
}

// announce counts a change of t and returns it as a fact.
func announce(t *Template, now time.Time) ([]event.Record, error) {
	t.AuditSeq++
	data := event.TemplateAudit{
		TplID: t.TplID(), Version: t.Version, Sequence: t.AuditSeq, TplState: t.State, AuditState: t.Audit, AuditDesc: t.AuditDesc,
		PerVendor: make([]event.VendorState, len(t.Factories)),
	}
	for i, f := range t.Factories {
		data.PerVendor[i] = event.VendorState{Vendor: string(f.Vendor), State: f.State}
	}
	r, err := data.Record(t.Tenant, now)
	if err != nil {
		return nil, err
	}
	return []event.Record{r}, nil
}

// Review records an operator's verdict on the newest version of a tenant's template, for one vendor or, with an empty vendor, for all it was submitted to. Every verdict is announced,
// also one that repeats the last: the reviewer's words may differ. desc is at most 500 characters.
func (s *Service) Review(ctx context.Context, tplID string, vendor Vendor, approve bool, desc string) error {
	unknown := fault.In(fault.TemplateReview, "tpl_id", "does not exist")
	id, ok := ParseTplID(tplID)
	if !ok {
		return unknown
	}
	if chars(desc) > 500 {
		return fault.In(fault.Parameter, "audit_desc", "must be at most 500 characters")
	}
	t, err := s.o.Store.Template(ctx, id, 0)
	if errors.Is(err, ErrUnknown) {
		return unknown
	}
	if err != nil {
		return fmt.Errorf("review template %d: %w", id, err)
	}
	if t.Public() {
		return fault.In(fault.Parameter, "tpl_id", "public templates are not reviewed")
	}
	now := s.o.Now()
	err = s.o.Store.ChangeTemplate(ctx, t.Tenant, id, func(t *Template) ([]string, []event.Record, error) {
		hit := false
		for i := range t.Factories {
			if f := &t.Factories[i]; vendor == "" || f.Vendor == vendor {
				f.decide(approve, desc)
				hit = true
			}
		}
		if !hit {
			return nil, nil, fault.Inf(fault.Parameter, "factory_type", "the template was not submitted to %s", vendor)
		}
		t.Audit, t.AuditDesc, t.UpdatedAt = t.verdict(), desc, now
		facts, err := announce(t, now)
		return nil, facts, err
	})
	if errors.Is(err, ErrUnknown) {
		return unknown
	}
	if err != nil {
		return err
	}
	s.o.Log.LogAttrs(ctx, slog.LevelInfo, "template reviewed", slog.Int64("tpl_id", id), slog.String("vendor", string(vendor)), slog.Bool("approved", approve))
	return nil
}

// maxPending bounds what Pending reads at once.
const maxPending = 1000

// Pending lists the templates, of all tenants, on which a vendor has yet to decide, oldest first, at most limit (and 1,000).
func (s *Service) Pending(ctx context.Context, limit int) ([]*Template, error) {
	return s.o.Store.PendingTemplates(ctx, min(max(limit, 0), maxPending))
}
