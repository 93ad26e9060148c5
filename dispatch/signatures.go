package dispatch

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"cardlink/fault"
)

// States of a signature (api.md §13). TO_BE_ACTIVATED and PENDING_ACTIVATE belong to the original's billing and do not occur here.
const (
	SignaturePending    = "PENDING_REVIEW"
	SignatureProcessing = "PROCESSING" // approved, and no configured channel carries its kind yet: it has no number
	SignaturePassed     = "REVIEW_PASSED"
	SignatureRejected   = "REVIEW_NOT_PASS"
)

// Signature is the sender's name that opens an SMS in brackets. AppName is filled by lists.
type Signature struct {
	ID, Tenant, AppID, AppName, Name, Kind string
	Source                                 int    // 0-5, api.md §13
	InvolvedThird                          string // yes, no
	FileID, PowerFileID                    string
	ApplyDesc, SourceTitle                 string
	Status, ReviewDesc                     string
	ChannelNumber                          string // empty until approved and configured
	CreatedAt                              time.Time
	Revision                               int // counts the changes, so that nobody overwrites or approves what he has not seen
}

// SignatureFilter narrows ListSignatures. Empty fields do not.
type SignatureFilter struct {
	AppName, ID, Name, Kind, Status string // names match in part
	Created                         Span
	Page                            Page
}

// AddSignature asks for a signature; Tenant, state, number and times of n are set here (api.md §13.1). Unless reviews are manual
// it is approved at once.
func (s *Service) AddSignature(ctx context.Context, tenant string, n Signature) (Signature, error) {
	n.ID, n.Tenant, n.CreatedAt, n.Revision = uuid.NewString(), tenant, s.now(), 0
	if err := s.checkSignature(ctx, &n); err != nil {
		return Signature{}, err
	}
	s.submitSignature(&n)
	return n, s.store.AddSignature(ctx, n)
}

// UpdateSignature hands a rejected signature in again, changed (api.md §13.2). It goes through review like a new one.
func (s *Service) UpdateSignature(ctx context.Context, tenant, id string, n Signature) (Signature, error) {
	old, err := s.Signature(ctx, tenant, id)
	if err != nil {
		return Signature{}, err
	}
	if old.Status != SignatureRejected {
		return Signature{}, onlyRejectedSignature()
	}
	n.ID, n.Tenant, n.CreatedAt, n.Revision = old.ID, old.Tenant, old.CreatedAt, old.Revision
	if err := s.checkSignature(ctx, &n); err != nil {
		return Signature{}, err
	}
	if err := s.checkTexts(ctx, &old, &n); err != nil {
		return Signature{}, err
	}
	s.submitSignature(&n)
	err = s.store.UpdateSignature(ctx, n)
	if errors.Is(err, ErrChanged) { // another update was quicker: it waits for review now
		return Signature{}, onlyRejectedSignature()
	}
	return n, unknownRow(err, "signature_id")
}

// checkTexts keeps a signature whose approval was taken back from being moved away from under its templates, which share its application and type.
func (s *Service) checkTexts(ctx context.Context, old, n *Signature) error {
	if old.AppID == n.AppID && old.Kind == n.Kind {
		return nil
	}
	_, texts, err := s.store.SMSTemplates(ctx, n.Tenant, SMSTemplateFilter{SignatureID: n.ID})
	if err != nil || texts == 0 {
		return err
	}
	field := "app_id"
	if old.Kind != n.Kind {
		field = "signature_type"
	}
	return fault.In(fault.Parameter, field, "must stay as it is while SMS templates stand under the signature")
}

func onlyRejectedSignature() error {
	return fault.In(fault.Parameter, "signature_id", "only a rejected signature may be changed")
}

// submitSignature puts a checked signature into review, or approves it at once.
func (s *Service) submitSignature(n *Signature) {
	n.Status, n.ReviewDesc, n.ChannelNumber = SignaturePending, "", ""
	if !s.manual {
		s.approve(n)
	}
}

func (s *Service) checkSignature(ctx context.Context, n *Signature) error {
	if c := utf8.RuneCountInString(n.Name); c < 2 || c > 16 {
		return fault.In(fault.SignatureNameLength, "signature_name", "")
	}
	if strings.ContainsAny(n.Name, "【】[]()（）<>{}《》〈〉〔〕［］｛｝＜＞「」『』") || strings.TrimSpace(n.Name) != n.Name {
		return fault.In(fault.Parameter, "signature_name", "must not hold brackets, nor blanks at its ends")
	}
	if err := textRule("signature_name", n.Name, 16); err != nil {
		return err
	}
	if n.Kind != KindNotify && n.Kind != KindPromotion {
		return fault.In(fault.Parameter, "signature_type", "must be PROMOTION_TYPE or NOTIFY_TYPE")
	}
	if err := textRule("apply_desc", n.ApplyDesc, 80); err != nil {
		return err
	}
	if n.Source < 0 || n.Source > 5 {
		return fault.In(fault.Parameter, "signature_source", "must be 0-5")
	}
	if what := sourceTitles[n.Source]; what != "" && strings.TrimSpace(n.SourceTitle) == "" {
		return fault.Inf(fault.Parameter, "source_title_content", "is required for signature_source %d: %s", n.Source, what)
	}
	if err := textRule("source_title_content", n.SourceTitle, 180); err != nil {
		return err
	}
	if n.InvolvedThird != "yes" && n.InvolvedThird != "no" {
		return fault.In(fault.Parameter, "is_involved_third", "must be yes or no")
	}
	if n.InvolvedThird == "yes" && n.PowerFileID == "" {
		return fault.In(fault.Parameter, "power_attorney_file_id", "is required when is_involved_third is yes")
	}
	return s.checkSignatureRows(ctx, n)
}

// sourceTitles is what source_title_content must name, by signature_source; empty where it may be left out (api.md §13).
var sourceTitles = [6]string{
	1: "the domain of the web site", 2: "the address the app is downloaded from", 3: "the full name of the account", 4: "the address of the shop",
}

// checkSignatureRows checks what a signature refers to.
func (s *Service) checkSignatureRows(ctx context.Context, n *Signature) error {
	if n.AppID == "" {
		return fault.In(fault.Parameter, "app_id", "is required")
	}
	a, err := s.App(ctx, n.Tenant, n.AppID)
	if err != nil {
		return err
	}
	if a.Status != AppLaunched {
		return fault.In(fault.Parameter, "app_id", "the application is not in use")
	}
	n.AppName = a.Name
	if n.FileID == "" {
		return fault.In(fault.Parameter, "file_id", "is required")
	}
	for _, f := range [...]struct{ field, id string }{{"file_id", n.FileID}, {"power_attorney_file_id", n.PowerFileID}} {
		if f.id == "" {
			continue
		}
		if _, err := s.file(ctx, n.Tenant, f.field, f.id); err != nil {
			return err
		}
	}
	return nil
}

// approve passes a signature and gives it its channel number, or leaves it to ConfigureSignatures if no channel carries its kind.
func (s *Service) approve(n *Signature) {
	n.Status, n.ChannelNumber = SignatureProcessing, ""
	if number, ok := numberFor(s.channels, n.Kind); ok {
		n.Status, n.ChannelNumber = SignaturePassed, number
	}
}

// ConfigureSignatures gives numbers to approved signatures that found no channel when they were approved. Call it at start: channels change only
// with the configuration.
func (s *Service) ConfigureSignatures(ctx context.Context) (int, error) {
	total := 0
	for _, kind := range [...]string{KindNotify, KindPromotion} {
		number, ok := numberFor(s.channels, kind)
		if !ok {
			continue
		}
		n, err := s.store.ConfigureSignatures(ctx, kind, number)
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

// ReviewSignature decides a waiting signature, or takes an approval back. A rejected one carries the reviewer's words and serves no new sends.
func (s *Service) ReviewSignature(ctx context.Context, tenant, id string, pass bool, words string) error {
	n, err := s.Signature(ctx, tenant, id)
	if err != nil {
		return err
	}
	if revoke := (n.Status == SignaturePassed || n.Status == SignatureProcessing) && !pass; n.Status != SignaturePending && !revoke {
		return fault.In(fault.Parameter, "signature_id", "is not waiting for review")
	}
	if err := textRule("review_desc", words, reviewWords); err != nil {
		return err
	}
	n.Status, n.ReviewDesc, n.ChannelNumber = SignatureRejected, words, ""
	if pass {
		s.approve(&n)
	}
	err = s.store.UpdateSignature(ctx, n)
	if errors.Is(err, ErrChanged) {
		return fault.In(fault.Parameter, "signature_id", "was decided or changed meanwhile")
	}
	return unknownRow(err, "signature_id")
}

// reviewWords bounds what a reviewer may say, in characters.
const reviewWords = 200

// PendingSignatures lists signatures of all tenants that wait for review, oldest first; limit is 1-1000.
func (s *Service) PendingSignatures(ctx context.Context, limit int) ([]Signature, error) {
	return s.store.PendingSignatures(ctx, min(max(limit, 1), 1000))
}

// Signature is one signature (api.md §13.5). Another tenant's is as unknown as one that never was.
func (s *Service) Signature(ctx context.Context, tenant, id string) (Signature, error) {
	if !plainID(id) {
		return Signature{}, unknownRow(ErrNoRow, "signature_id")
	}
	n, err := s.store.Signature(ctx, tenant, id)
	return n, unknownRow(err, "signature_id")
}

// DeleteSignature forgets a signature in any state, its channel number and all SMS templates under it (api.md §13.3). Messages that are queued carry
// their text and number themselves and go out; new sends are refused, because their template is gone.
func (s *Service) DeleteSignature(ctx context.Context, tenant, id string) error {
	if !plainID(id) {
		return unknownRow(ErrNoRow, "signature_id")
	}
	return unknownRow(s.store.DeleteSignature(ctx, tenant, id), "signature_id")
}

// ListSignatures lists signatures, newest first, and counts all that fit the filter (api.md §13.4).
func (s *Service) ListSignatures(ctx context.Context, tenant string, f SignatureFilter) ([]Signature, int, error) {
	return s.store.Signatures(ctx, tenant, f)
}
