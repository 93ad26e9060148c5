package dispatch

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"cardlink/fault"
)

// Review states of an SMS template (api.md §14).
const (
	FlowReviewing = "Reviewing"
	FlowAdopted   = "Adopted"
	FlowReject    = "Reject"
)

// firstSMSTemplate is where template ids begin: 8 digits (api.md D-35).
const firstSMSTemplate = 10_000_000

// Variable is a declared variable of an SMS template. Index counts from 1.
type Variable struct {
	Index int    `json:"index"`
	Type  string `json:"type"`
	Desc  string `json:"desc,omitempty"`
}

// Length is the most characters a value of the variable may have (api.md §14, §15.3).
func (v Variable) Length() int { return variableTypes[v.Type].max }

// SMSTemplate is the text of an SMS with variables. The fields after Revision are those of its signature and application, filled when it is read.
type SMSTemplate struct {
	ID                 int64
	Tenant             string
	AppID, SignatureID string
	Name, Description  string
	Kind, Content      string
	FlowStatus         string
	ReviewDesc         string
	CreatedAt          time.Time
	Variables          []Variable
	Revision           int // counts the changes, so that nobody overwrites or approves what he has not seen

	AppName, AppStatus, SignatureName, SignatureStatus, ChannelNumber string
}

// SMSTemplateFilter narrows ListSMSTemplates. Empty fields do not.
type SMSTemplateFilter struct {
	AppName, Name    string // match in part
	SignatureID      string
	ID               int64
	FlowStatus, Kind string
	Created          Span
	Page             Page
}

// CreateSMSTemplate makes a template under an approved signature (api.md §14.1). Application and kind default to the signature's.
// Unless reviews are manual it is adopted at once.
func (s *Service) CreateSMSTemplate(ctx context.Context, tenant string, t SMSTemplate) (SMSTemplate, error) {
	t.Tenant, t.CreatedAt, t.Revision = tenant, s.now(), 0
	err := s.checkSMSTemplate(ctx, &t)
	if err != nil {
		return SMSTemplate{}, err
	}
	if t.ID, err = s.store.LeaseIDs(ctx, "sms_templates", firstSMSTemplate, 1); err != nil {
		return SMSTemplate{}, err
	}
	s.submitSMSTemplate(&t)
	return t, unknownRow(s.store.AddSMSTemplate(ctx, t), "signature_id")
}

// UpdateSMSTemplate hands a rejected template in again, changed (api.md §14.2). It goes through review like a new one.
func (s *Service) UpdateSMSTemplate(ctx context.Context, tenant string, id int64, t SMSTemplate) (SMSTemplate, error) {
	old, err := s.SMSTemplate(ctx, tenant, id)
	if err != nil {
		return SMSTemplate{}, err
	}
	if old.FlowStatus != FlowReject {
		return SMSTemplate{}, fault.In(fault.OnlyRejectedTemplate, "template_id", "")
	}
	t.ID, t.Tenant, t.CreatedAt, t.Revision = old.ID, old.Tenant, old.CreatedAt, old.Revision
	if err := s.checkSMSTemplate(ctx, &t); err != nil {
		return SMSTemplate{}, err
	}
	s.submitSMSTemplate(&t)
	err = s.store.UpdateSMSTemplate(ctx, t)
	if errors.Is(err, ErrChanged) { // another update was quicker: it waits for review now
		return SMSTemplate{}, fault.In(fault.OnlyRejectedTemplate, "template_id", "")
	}
	return t, unknownTemplate(err)
}

// submitSMSTemplate puts a checked template into review, or adopts it at once.
func (s *Service) submitSMSTemplate(t *SMSTemplate) {
	t.FlowStatus, t.ReviewDesc = FlowReviewing, ""
	if !s.manual {
		t.FlowStatus = FlowAdopted
	}
}

// checkSMSTemplate checks every rule of §14 and fills in what the signature decides.
func (s *Service) checkSMSTemplate(ctx context.Context, t *SMSTemplate) error {
	if t.SignatureID == "" {
		return fault.In(fault.EmptySignatureID, "signature_id", "")
	}
	if n := utf8.RuneCountInString(t.Name); n < 1 || n > 30 || strings.TrimSpace(t.Name) == "" {
		return fault.In(fault.Parameter, "template_name", "must be 1-30 characters and not blank")
	}
	if err := textRule("template_name", t.Name, 30); err != nil {
		return err
	}
	if err := textRule("template_desc", t.Description, 100); err != nil {
		return err
	}
	if t.Kind != "" && t.Kind != KindNotify && t.Kind != KindPromotion {
		return fault.In(fault.Parameter, "template_type", "must be PROMOTION_TYPE or NOTIFY_TYPE")
	}
	if len(t.Variables) > 20 {
		return fault.In(fault.Parameter, "variable_attributes", "must be at most 20")
	}
	if err := checkContent(t.Content, t.Variables); err != nil {
		return err
	}
	sign, err := s.Signature(ctx, t.Tenant, t.SignatureID)
	if err != nil {
		return err
	}
	// One that is being configured is approved; what it lacks is a number, and sends look at that.
	if sign.Status != SignaturePassed && sign.Status != SignatureProcessing {
		return fault.In(fault.Parameter, "signature_id", "is not approved")
	}
	if t.AppID == "" {
		t.AppID = sign.AppID
	}
	if t.AppID != sign.AppID {
		return fault.In(fault.Parameter, "app_id", "must be the signature's application")
	}
	if t.Kind == "" {
		t.Kind = sign.Kind
	}
	if t.Kind != sign.Kind {
		return fault.In(fault.Parameter, "template_type", "must be the signature's type")
	}
	return nil
}

// SMSTemplate is one template of the tenant (api.md §14.5). Another tenant's is as unknown as one that never was.
func (s *Service) SMSTemplate(ctx context.Context, tenant string, id int64) (SMSTemplate, error) {
	t, err := s.store.SMSTemplate(ctx, id)
	if fault.Has(err, fault.UnknownSMSTemplate) || err == nil && t.Tenant != tenant {
		return SMSTemplate{}, unknownTemplate(ErrNoRow)
	}
	return t, err
}

func unknownTemplate(err error) error {
	if errors.Is(err, ErrNoRow) {
		return fault.In(fault.UnknownSMSTemplate, "template_id", "")
	}
	return err
}

// DeleteSMSTemplate forgets a template in any state (api.md §14.3). Messages made from it go out.
func (s *Service) DeleteSMSTemplate(ctx context.Context, tenant string, id int64) error {
	return unknownTemplate(s.store.DeleteSMSTemplate(ctx, tenant, id))
}

// ReviewSMSTemplate decides a waiting template, or takes an approval back. A rejected one carries the reviewer's words and serves no new sends.
func (s *Service) ReviewSMSTemplate(ctx context.Context, tenant string, id int64, pass bool, words string) error {
	t, err := s.SMSTemplate(ctx, tenant, id)
	if err != nil {
		return err
	}
	if revoke := t.FlowStatus == FlowAdopted && !pass; t.FlowStatus != FlowReviewing && !revoke {
		return fault.In(fault.Parameter, "template_id", "is not waiting for review")
	}
	if err := textRule("review_desc", words, reviewWords); err != nil {
		return err
	}
	t.FlowStatus, t.ReviewDesc = FlowReject, words
	if pass {
		t.FlowStatus = FlowAdopted
	}
	err = s.store.UpdateSMSTemplate(ctx, t)
	if errors.Is(err, ErrChanged) {
		return fault.In(fault.Parameter, "template_id", "was decided or changed meanwhile")
	}
	return unknownTemplate(err)
}

// PendingSMSTemplates lists templates of all tenants that wait for review, oldest first; limit is 1-1000.
func (s *Service) PendingSMSTemplates(ctx context.Context, limit int) ([]SMSTemplate, error) {
	return s.store.PendingSMSTemplates(ctx, min(max(limit, 1), 1000))
}

// ListSMSTemplates lists templates, newest first, and counts all that fit the filter (api.md §14.4).
func (s *Service) ListSMSTemplates(ctx context.Context, tenant string, f SMSTemplateFilter) ([]SMSTemplate, int, error) {
	return s.store.SMSTemplates(ctx, tenant, f)
}
