package dispatch

import (
	"context"
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

// SMSTemplate is the text of an SMS with variables. The fields after Variables are those of its signature and application, filled when it is read.
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

	AppName, SignatureName, SignatureStatus, ChannelNumber string
}

// SMSTemplateFilter narrows ListSMSTemplates. Empty fields do not.
type SMSTemplateFilter struct {
	AppName, Name    string // match in part
	ID               int64
	FlowStatus, Kind string
	Created          Span
	Page             Page
}

// CreateSMSTemplate makes a template under an approved signature (api.md §14.1). Application and kind default to the signature's.
// Unless reviews are manual it is adopted at once.
func (s *Service) CreateSMSTemplate(ctx context.Context, tenant string, t SMSTemplate) (SMSTemplate, error) {
	if t.SignatureID == "" {
		return SMSTemplate{}, fault.In(fault.EmptySignatureID, "signature_id", "is required")
	}
	if n := utf8.RuneCountInString(t.Name); n < 1 || n > 30 || strings.TrimSpace(t.Name) == "" {
		return SMSTemplate{}, fault.In(fault.Parameter, "template_name", "must be 1-30 characters")
	}
	if utf8.RuneCountInString(t.Description) > 100 {
		return SMSTemplate{}, fault.In(fault.Parameter, "template_desc", "must be at most 100 characters")
	}
	if t.Kind != "" && t.Kind != KindNotify && t.Kind != KindPromotion {
		return SMSTemplate{}, fault.In(fault.Parameter, "template_type", "must be PROMOTION_TYPE or NOTIFY_TYPE")
	}
	if len(t.Variables) > 20 {
		return SMSTemplate{}, fault.In(fault.Parameter, "variable_attributes", "must be at most 20")
	}
	if err := checkContent(t.Content, t.Variables); err != nil {
		return SMSTemplate{}, err
	}
	sign, err := s.store.Signature(ctx, tenant, t.SignatureID)
	if err != nil {
		return SMSTemplate{}, err
	}
	if sign.Status != SignaturePassed {
		return SMSTemplate{}, fault.In(fault.Parameter, "signature_id", "is not approved")
	}
	if t.AppID == "" {
		t.AppID = sign.AppID
	}
	if t.AppID != sign.AppID {
		return SMSTemplate{}, fault.In(fault.Parameter, "app_id", "must be the signature's application")
	}
	if t.Kind == "" {
		t.Kind = sign.Kind
	}
	if t.Kind != sign.Kind {
		return SMSTemplate{}, fault.In(fault.Parameter, "template_type", "must be the signature's type")
	}
	if t.ID, err = s.store.LeaseIDs(ctx, "sms_templates", firstSMSTemplate, 1); err != nil {
		return SMSTemplate{}, err
	}
	t.Tenant, t.CreatedAt, t.FlowStatus = tenant, s.now(), FlowReviewing
	if !s.manual {
		t.FlowStatus = FlowAdopted
	}
	return t, s.store.AddSMSTemplate(ctx, t)
}

// ReviewSMSTemplate decides a waiting template. A rejected one carries the reviewer's words.
func (s *Service) ReviewSMSTemplate(ctx context.Context, tenant string, id int64, pass bool, words string) error {
	t, err := s.store.SMSTemplate(ctx, id)
	if err != nil {
		return err
	}
	if t.Tenant != tenant {
		return fault.In(fault.ForeignSMSTemplate, "template_id", "")
	}
	if t.FlowStatus != FlowReviewing {
		return fault.In(fault.Parameter, "template_id", "is not waiting for review")
	}
	t.FlowStatus, t.ReviewDesc = FlowReject, words
	if pass {
		t.FlowStatus = FlowAdopted
	}
	return s.store.ReviewSMSTemplate(ctx, t)
}

// ListSMSTemplates lists templates, newest first, and counts all that fit the filter (api.md §14.4).
func (s *Service) ListSMSTemplates(ctx context.Context, tenant string, f SMSTemplateFilter) ([]SMSTemplate, int, error) {
	return s.store.SMSTemplates(ctx, tenant, f)
}
